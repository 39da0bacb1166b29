"""What one identity provider sends that contradicts even the tolerant behaviour: one module for each.

A quirk is a pure function from the JSON value that was sent to the one that was meant. It leaves alone
what it does not know, whatever its type, because validation comes after it. Everything that several clients
send, or that no other client can mean otherwise, belongs into ``tolerance.py`` instead.

Start reading here: ``quirks_for("entra").on_resource(payload)``. A new one is a module and a row below.
"""

from __future__ import annotations

from types import MappingProxyType

from .entra import ENTRA
from .onelogin import ONELOGIN
from .rewriting import Quirks

__all__ = ["Quirks", "quirks_for"]

NO_QUIRKS = Quirks("generic")
_QUIRKS = MappingProxyType({quirks.idp: quirks for quirks in (ENTRA, ONELOGIN)})


def quirks_for(idp: str) -> Quirks:
    """Give the quirks of an identity provider, those of none for a name without any.

    >>> quirks_for("okta").on_resource({"userName": "ada"})
    {'userName': 'ada'}
    """
    return _QUIRKS.get(idp.lower(), NO_QUIRKS)
