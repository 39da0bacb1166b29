"""What the JSON policies of a connection may hold: a typing error in a policy must not silently weaken it."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from ..models import Connection

_SYNC_RULES = ("never", "empty_only", "always")
_GRANTS = ("staff", "superuser")


def problem_of(connection: Connection) -> str | None:
    """Give a sentence about the first JSON policy that is malformed, None if there is none."""
    if not _maps_texts(connection.attribute_sync, _SYNC_RULES):
        text = _("attribute_sync maps attribute paths, and 'default', to one of %(choices)s.")
        return text % {"choices": ", ".join(_SYNC_RULES)}
    if not _maps_texts(connection.privilege_rules, _GRANTS):
        text = _("privilege_rules maps group names to one of %(choices)s.")
        return text % {"choices": ", ".join(_GRANTS)}
    required = connection.required_claims
    if not (isinstance(required, dict) and all(_lists_texts(allowed) for allowed in required.values())):
        return _("required_claims maps claim names to the list of allowed values, empty for any.")
    if connection.stale_after_days == 0:
        return _("stale_after_days is at least 1; without a number nobody becomes stale.")
    if connection.signing_keys_url and not _is_fetchable(connection.signing_keys_url):
        return _("signing_keys_url is an https address, or one on this machine; without a password in it.")
    for name in ("allowed_email_domains", "default_groups"):
        if not _lists_texts(getattr(connection, name)):
            return _("%(name)s is a list of texts.") % {"name": name}
    return None


def _is_fetchable(url: str) -> bool:
    """Whether this site may fetch keys there: what decides about access must not travel in the clear."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        bool(parts.port)  # Raises where it is no number.
    except ValueError:
        return False
    if not host or "@" in parts.netloc or parts.fragment or any(mark <= " " for mark in url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _maps_texts(value: Any, allowed: tuple[str, ...]) -> bool:
    return isinstance(value, dict) and all(one in allowed for one in value.values())


def _lists_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) and one for one in value)
