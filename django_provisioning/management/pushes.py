"""What a login or a push looks like in a file, for the commands that try one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from ..conf import settings
from ..jit.assertions import oidc_claims, saml_claims
from ..mapping.claims import LoginClaims, Protocol
from ..models import Connection
from ..protocol.core_schemas import GROUP_URN
from ..protocol.errors import ScimError
from ..protocol.reading import BodyLimits, read_json

_METHODS = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Push:
    """A SCIM request: ``path`` is ``/Users`` or ``/Users/{id}``."""

    method: str
    path: str
    body: Any = None
    if_match: str | None = None

    @property
    def endpoint(self) -> str:
        """The endpoint: ``/Users``."""
        return "/" + self.path.strip("/").partition("/")[0]

    @property
    def scim_id(self) -> str:
        """The id of the resource, empty for POST."""
        return self.path.strip("/").partition("/")[2]


def read_object(path: str) -> dict[str, Any]:
    """Read a JSON object from a file, under the limits of a request body.

    Raises:
        CommandError: there is no such file, or no JSON object in it.
    """
    try:
        found = read_json(
            Path(path).read_bytes(),
            BodyLimits(max_bytes=settings.MAX_BODY_BYTES, max_depth=settings.MAX_JSON_DEPTH),
        )
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except ScimError as error:
        raise CommandError(f"{path}: {error.detail}") from error
    if not isinstance(found, dict):
        raise CommandError(f"{path} holds no JSON object.")
    return found


def push_of(document: Mapping[str, Any]) -> Push:
    """Give the request of ``{"method", "path", "body"}``, or the POST of a resource that stands by itself.

    A path may begin with the SCIM prefix of the project, as an access log shows it.

    Raises:
        CommandError: it is no write of a resource.
    """
    if "method" not in document:
        is_group = GROUP_URN in document.get("schemas", ()) or "userName" not in document
        return Push("POST", "/Groups" if is_group else "/Users", document)
    method = str(document["method"]).upper()
    parts = [part for part in str(document.get("path", "")).split("/") if part]
    begin = next((index for index, part in enumerate(parts) if part[:1].isupper()), 0)
    parts = parts[begin:]
    if method not in _METHODS or len(parts) != (1 if method == "POST" else 2):
        raise CommandError(
            f"Name one of {', '.join(_METHODS)} and a path: /Users to POST, /Users/ID otherwise."
        )
    return Push(method, "/" + "/".join(parts), document.get("body"), document.get("if_match"))


def claims_of(document: Mapping[str, Any], connection: Connection, protocol: str | None) -> LoginClaims:
    """Give the claims of a file as the adapters would.

    OIDC: the claims, or ``{"id_token": {…}, "userinfo": {…}}``. SAML: ``{"name_id", "name_id_format", "attributes"}``.
    An ``iss`` or ``issuer`` in the file goes over the connection's.

    Raises:
        CommandError: the protocol is not named and the connection does not tell.
    """
    if (protocol or _protocol(document, connection)) == "saml":
        attributes = document.get("attributes", document.get("ava", {}))
        return saml_claims(
            attributes,
            issuer=str(document.get("issuer") or connection.saml_entity_id or ""),
            name_id=document.get("name_id"),
            name_id_format=document.get("name_id_format"),
        )
    id_token = document["id_token"] if isinstance(document.get("id_token"), dict) else document
    userinfo = document.get("userinfo") if id_token is not document else None
    return oidc_claims(
        id_token,
        userinfo or {},
        issuer=str(id_token.get("iss") or connection.oidc_issuer or ""),
        client_id=str(connection.oidc_client_id or ""),
    )


def _protocol(document: Mapping[str, Any], connection: Connection) -> Protocol:
    is_saml, is_oidc = bool(connection.saml_entity_id), bool(connection.oidc_issuer)
    if "name_id" in document or (is_saml and not is_oidc):
        return "saml"
    if is_oidc and not is_saml:
        return "oidc"
    raise CommandError("Say --protocol saml or --protocol oidc: the connection does not tell.", returncode=2)
