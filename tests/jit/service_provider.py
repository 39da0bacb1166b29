"""The site as a SAML service provider: ``SAML_CONFIG_LOADER`` of the suite."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, BINDING_SOAP
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor

from example_project.identity_providers.keys import KeyPair, write_key_pair

TEST_SITE = "http://testserver"
_trusted: list[str] = []


def trust(metadata: str) -> None:
    """Trust the identity provider that this metadata describes."""
    _trusted.append(metadata)


def distrust(metadata: str) -> None:
    """Undo ``trust``."""
    _trusted.remove(metadata)


def sp_config(request: HttpRequest | None = None) -> SPConfig:
    """Give the configuration for the host that is asked."""
    site = f"{request.scheme}://{request.get_host()}" if request is not None else TEST_SITE
    return _config(site, tuple(_trusted), unsolicited=getattr(settings, "TEST_SAML_UNSOLICITED", False))


def sp_metadata(site: str = TEST_SITE) -> str:
    """Give what an identity provider has to know of this site."""
    return str(entity_descriptor(_config(site, (), unsolicited=False)))


def acs_url(site: str = TEST_SITE) -> str:
    """Give the address that takes responses."""
    return f"{site}/saml2/acs/"


def sp_entity_id(site: str = TEST_SITE) -> str:
    """Give the site's entity id."""
    return f"{site}/saml2/metadata/"


@lru_cache(maxsize=1)
def _keys() -> KeyPair:
    """Make the keys with which the site signs its answers to logout requests."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return write_key_pair(Path(folder.name))


@lru_cache(maxsize=32)
def _config(site: str, trusted: tuple[str, ...], *, unsolicited: bool) -> SPConfig:
    facts: dict[str, Any] = {
        "entityid": sp_entity_id(site),
        "xmlsec_binary": shutil.which("xmlsec1"),
        "key_file": str(_keys().key_file),
        "cert_file": str(_keys().certificate_file),
        "allow_unknown_attributes": True,
        "metadata": {"inline": list(trusted)},
        "service": {
            "sp": {
                "endpoints": {
                    "assertion_consumer_service": [(acs_url(site), BINDING_HTTP_POST)],
                    "single_logout_service": [
                        (f"{site}/saml2/ls/", BINDING_HTTP_REDIRECT),
                        (f"{site}/saml2/ls/post/", BINDING_HTTP_POST),
                        (f"{site}/saml2/ls/soap/", BINDING_SOAP),
                    ],
                },
                "allow_unsolicited": unsolicited,
                "authn_requests_signed": False,
                "logout_requests_signed": False,
                "want_assertions_signed": True,
                "want_response_signed": True,
            }
        },
    }
    return SPConfig().load(facts)
