"""When the keys end with which identity providers sign: learned from whoever can read them, kept for the pages.

The libraries that know the keys stand above ``lifecycle``; so whoever knows both (``apps.py``) hands the readers in. A
reader may fetch over the network: only the scheduled run asks one, never a page. What it said is kept as rows of
``Rollup``: ``scope`` is the connection, ``key`` the reader, ``count`` how many keys, ``at`` when the last one ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..models import Connection, Rollup, figures
from .transactions import run

# Runs come every few minutes, certificates change every few years.
ASKED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The keys with which a provider may sign; ``ends_at`` is None where they carry no date."""

    number: int
    ends_at: datetime | None = None


# The keys by connection; None where they could not be read now. A connection without such keys is not in it.
Found = Mapping[Connection, SigningKeys | None]
Reader = Callable[[Sequence[Connection]], Found]

_readers: dict[str, Reader] = {}


def read_by(source: str, reader: Reader) -> None:
    """Ask this reader from now on; ``source`` is its short stable name, as "saml"."""
    _readers[source] = reader


def learn(now: datetime) -> int:
    """Ask the readers about enabled connections, each at most once an hour; give how many keys could not be read.

    What could not be read stays as it was read last; what there is no more is forgotten.
    """
    connections = list(Connection.objects.filter(enabled=True).order_by("pk"))
    known = Rollup.objects.filter(metric=figures.CERTIFICATE)
    known.exclude(scope__in=[str(one.pk) for one in connections], key__in=list(_readers)).delete()
    fresh = set(known.filter(computed_at__gt=now - ASKED_EVERY).values_list("key", "scope"))
    unread = 0
    for source, reader in _readers.items():
        due = [one for one in connections if (source, str(one.pk)) not in fresh]
        found = reader(due)
        unread += sum(keys is None for keys in found.values())
        _store(source, due, found, now)
    return unread


def ends() -> list[tuple[Connection, str, datetime]]:
    """Give what is known to end: the connection, by which reader, and when [2 queries]."""
    rows = Rollup.objects.filter(metric=figures.CERTIFICATE, at__isnull=False).order_by("scope", "key")
    dated = [(row.scope, row.key, row.at) for row in rows if row.at is not None]
    connections = Connection.objects.filter(enabled=True).in_bulk({int(scope) for scope, _, _ in dated})
    return [(connections[int(scope)], source, at) for scope, source, at in dated if int(scope) in connections]


def _store(source: str, asked: Sequence[Connection], found: Found, now: datetime) -> None:
    answered = [str(one.pk) for one in asked if one not in found or found[one] is not None]
    rows = [
        Rollup(
            metric=figures.CERTIFICATE,
            scope=str(one.pk),
            key=source,
            count=keys.number,
            at=keys.ends_at,
            computed_at=now,
        )
        for one, keys in found.items()
        if keys is not None
    ]

    def replace() -> None:
        Rollup.objects.filter(metric=figures.CERTIFICATE, key=source, scope__in=answered).delete()
        Rollup.objects.bulk_create(rows)

    run(replace)
