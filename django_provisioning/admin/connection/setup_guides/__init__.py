"""How to connect each identity provider, step by step: one file for one product."""

from __future__ import annotations

from collections.abc import Mapping

from . import entra, generic, google, jumpcloud, keycloak, okta, onelogin, ping
from .guide import Guide

GUIDES: Mapping[str, Guide] = {
    "entra": entra.GUIDE,
    "okta": okta.GUIDE,
    "onelogin": onelogin.GUIDE,
    "jumpcloud": jumpcloud.GUIDE,
    "google": google.GUIDE,
    "ping": ping.GUIDE,
    "keycloak": keycloak.GUIDE,
}


def guide_of(idp: str) -> Guide:
    """Give the guide of an identity provider, or the general one."""
    return GUIDES.get(idp, generic.GUIDE)
