"""The buttons of the login page: one per identity provider that the environment names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from django_provisioning.models import Connection


@dataclass(frozen=True, slots=True)
class WayIn:
    """A button: whom it leads to, and the address of the site that starts the login."""

    label: str
    url: str


def ways_in(request: HttpRequest, next_url: str = "") -> Iterator[WayIn]:
    """Yield the buttons; ``next_url`` is where a login ends, "" for the usual page [a query per provider]."""
    after = {"next": next_url} if next_url else {}
    if apps.is_installed("mozilla_django_oidc"):
        issuer, client_id = (getattr(settings, name, "") for name in ("OIDC_OP_ISSUER", "OIDC_RP_CLIENT_ID"))
        known = Connection.objects.filter(oidc_issuer=issuer, oidc_client_id=client_id)
        label = known.values_list("name", flat=True).first() or issuer
        yield WayIn(label, _address("oidc_authentication_init", after))
    if apps.is_installed("djangosaml2"):
        from example_project.service_provider import identity_providers  # noqa: PLC0415 - an optional library

        for entity_id in identity_providers(request):
            names = Connection.objects.filter(saml_entity_id=entity_id).values_list("name", flat=True)
            yield WayIn(names.first() or entity_id, _address("saml2_login", {"idp": entity_id, **after}))


def _address(view: str, query: dict[str, str]) -> str:
    return f"{reverse(view)}?{urlencode(query)}" if query else reverse(view)
