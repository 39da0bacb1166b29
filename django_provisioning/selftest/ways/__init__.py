"""The ways out: every path on which access ends, and the way back that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence

from . import application, connection, people, scim
from .base import Way

ALL: Sequence[Way] = (*scim.WAYS, *people.WAYS, *application.WAYS, *connection.WAYS)
# One for each kind of effect: pushed, tombstoned, decided here, found by a signal, found by the sweep.
QUICK = ("scim patch", "scim delete", "command", "application save", "application update")


# Gone only when they are named.
ONLY_BY_NAME: Sequence[Way] = (application.UNSWEPT,)


def named(names: Sequence[str]) -> list[Way]:
    """Give the ways of these names, each once.

    Raises:
        KeyError: there is no way of that name.
    """
    known = {way.name: way for way in (*ALL, *ONLY_BY_NAME)}
    return [known[name] for name in dict.fromkeys(names)]
