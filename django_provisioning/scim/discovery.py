"""Discovery: what this server is and can do (RFC 7643 §5–7, RFC 7644 §4, RFC 9865 §4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request

from ..conf import settings
from ..protocol.core_schemas import RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA
from ..protocol.errors import Forbidden, NotFound
from ..protocol.messages import list_response
from ..protocol.schema import ResourceType, Schema
from .authentication import BearerTokenAuthentication
from .call import Answer
from .handlers import handlers
from .location import base_url
from .views import ScimView


def service_provider_config(url: str) -> dict[str, Any]:
    """Give the ServiceProviderConfig; every number is the limit that is really held."""
    return {
        "schemas": [SERVICE_PROVIDER_CONFIG_SCHEMA.id],
        "patch": {"supported": True},
        "bulk": {
            "supported": True,
            "maxOperations": settings.MAX_BULK_OPERATIONS,
            "maxPayloadSize": settings.MAX_BODY_BYTES,
        },
        "filter": {"supported": True, "maxResults": settings.MAX_PAGE_SIZE},
        "changePassword": {"supported": False},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "pagination": {
            "cursor": True,
            "index": True,
            "defaultPaginationMethod": "index",
            "defaultPageSize": settings.DEFAULT_PAGE_SIZE,
            "maxPageSize": settings.MAX_PAGE_SIZE,
            "cursorTimeout": settings.CURSOR_TIMEOUT_SECONDS,
        },
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "A bearer token that an administrator issues for one connection.",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{url}/ServiceProviderConfig"},
    }


def resource_types(url: str) -> dict[str, dict[str, Any]]:
    """Give each resource type by its name."""
    return {
        handler.resource_type.name: {
            **handler.resource_type.to_dict(),
            "meta": {
                "resourceType": "ResourceType",
                "location": f"{url}/ResourceTypes/{handler.resource_type.name}",
            },
        }
        for handler in handlers()
    }


def schemas(url: str) -> dict[str, dict[str, Any]]:
    """Give each schema by its URN: those of the resource types and those of the discovery resources."""
    served = [schema for handler in handlers() for schema in _schemas_of(handler.resource_type)]
    served += [SERVICE_PROVIDER_CONFIG_SCHEMA, RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA]
    return {
        schema.id: {
            **schema.to_dict(),
            "meta": {"resourceType": "Schema", "location": f"{url}/Schemas/{schema.id}"},
        }
        for schema in served
    }


def _schemas_of(resource_type: ResourceType) -> list[Schema]:
    return [resource_type.schema, *(extension.schema for extension in resource_type.extensions)]


class DiscoveryView(ScimView):
    """What the three discovery endpoints share; a setting opens them to callers without a token."""

    def get_authenticators(self) -> Any:
        """Ask for the token unless the setting says otherwise."""
        return [BearerTokenAuthentication()] if settings.DISCOVERY_REQUIRES_TOKEN else []


class ServiceProviderConfigView(DiscoveryView):
    """``/ServiceProviderConfig``."""

    def get(self, request: Request) -> Answer:
        """Give the configuration."""
        return Answer(200, service_provider_config(base_url(request)))


class _CollectionView(DiscoveryView):
    """A list of discovery resources: paging and sorting are ignored, a filter is 403 (RFC 7644 §4)."""

    collection: Callable[[str], dict[str, dict[str, Any]]]

    def get(self, request: Request, key: str | None = None) -> Answer:
        """Give all, or the one that is named; URNs and names ignore case."""
        if "filter" in {name.lower() for name in request.GET}:
            raise Forbidden("Discovery endpoints take no filter (RFC 7644 §4).")
        found = type(self).collection(base_url(request))
        if key is None:
            return Answer(200, list_response(list(found.values()), total=len(found)))
        for name, resource in found.items():
            if name.lower() == key.lower():
                return Answer(200, resource)
        raise NotFound(f"There is no {key[:100]!r} here.")


class ResourceTypesView(_CollectionView):
    """``/ResourceTypes`` and ``/ResourceTypes/User``."""

    collection = staticmethod(resource_types)


class SchemasView(_CollectionView):
    """``/Schemas`` and ``/Schemas/urn:…``."""

    collection = staticmethod(schemas)
