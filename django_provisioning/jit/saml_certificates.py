"""When the signing certificates end that stand in the metadata which djangosaml2 is configured with."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from django.db import connections as databases
from djangosaml2.conf import get_config

from ..lifecycle.signing_certificates import Found, SigningKeys
from ..models import Connection
from .certificates import NoCertificate, end_of, together

logger = logging.getLogger("django_provisioning.jit")

_LONGEST_SECONDS = 60.0
_THREAD = "provisioning-saml-metadata"


def metadata_keys(connections: Sequence[Connection]) -> Found:
    """Give the keys of the connections that trust a SAML issuer; the metadata is loaded once, as for a login.

    No request comes with the question: of a site whose ``SAML_CONFIG_LOADER`` needs one nothing can be read.
    """
    issuers = {one: one.saml_entity_id for one in connections if one.saml_entity_id}
    if not issuers:
        return {}
    try:
        metadata = _metadata()
    except Exception:  # A project's own loader, files and foreign XML: whatever that raises.
        logger.exception("The metadata of SAML cannot be read")
        return dict.fromkeys(issuers)
    found: dict[Connection, SigningKeys | None] = {}
    for one, issuer in issuers.items():
        # Of an issuer that stands in no metadata nothing is known.
        with suppress(KeyError):
            found[one] = of_entity(metadata[issuer])
    return found


def of_entity(entity: Mapping[str, Any]) -> SigningKeys | None:
    """Give the signing keys of an entity as pysaml2 holds it; None where it has no certificate that can be read.

    What cannot be read is left out: pysaml2 believes no signature by it either.
    """
    ends = []
    for text in _signing_certificates(entity):
        with suppress(NoCertificate):
            ends.append(end_of(text))
    return together(ends)


def _metadata() -> Any:
    """Load the metadata in a thread that may be left behind.

    pysaml2 fetches remote metadata without a time-out unless ``http_client_timeout`` is set, and a run that waits for
    ever holds the lock of all runs. One thread that waits is enough.

    Raises:
        TimeoutError: it takes too long, or an earlier one still does.
        Exception: whatever the project's loader raises.
    """
    if any(thread.name == _THREAD for thread in threading.enumerate()):
        raise TimeoutError("The metadata is still being loaded.")
    loaded: Future[Any] = Future()

    def load() -> None:
        try:
            loaded.set_result(get_config().metadata)
        except Exception as error:  # noqa: BLE001  (it is raised where the result is asked for)
            loaded.set_exception(error)
        finally:
            databases.close_all()

    thread = threading.Thread(target=load, name=_THREAD, daemon=True)
    thread.start()
    thread.join(_LONGEST_SECONDS)
    return loaded.result(timeout=0)


def _signing_certificates(entity: Mapping[str, Any]) -> Iterator[str]:
    """Yield certificates in Base64 (SAML Metadata §2.4.1.1: a key without a use is for signing as well).

    pysaml2's own ``certs`` breaks off at a key that is there without a certificate.
    """
    for role in entity.get("idpsso_descriptor", ()):
        for key in role.get("key_descriptor", ()):
            if key.get("use", "signing") == "signing":
                for part in key.get("key_info", {}).get("x509_data", ()):
                    yield part.get("x509_certificate", {}).get("text", "")
