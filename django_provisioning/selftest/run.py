"""A whole run: one at a time, after clearing away what a killed one left, ending in signed evidence."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import django
from django.conf import settings as django_settings
from django.db import connections

from .. import __version__
from ..exceptions import ProvisioningError
from ..lifecycle import advisory_lock, evidence, probe_accounts, revocation, transactions
from ..models import Evidence
from . import stage as stages
from .results import Row, gaps_of
from .transport import Transport
from .walk import walk
from .ways.base import Way

KIND = "selftest"
# What logs people in and what makes tokens: the proof speaks of these versions.
_PACKAGES = (
    "djangorestframework", "djangorestframework-simplejwt", "django-rest-knox", "django-oauth-toolkit",
    "django-allauth", "mozilla-django-oidc", "djangosaml2", "social-auth-app-django",
)  # fmt: skip


@dataclass(slots=True)
class Run:
    """What came of a run. ``left_behind`` names people that could not be removed."""

    rows: list[Row] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    seconds: float = 0
    evidence: Evidence | None = None

    @property
    def gaps(self) -> list[str]:
        """Name everything that was not proven."""
        remains = [
            f"{name} could not be removed: rows of the project protect it." for name in self.left_behind
        ]
        nothing = (
            [] if any(row.cells for row in self.rows) else ["Nothing was proven: no way out could be gone."]
        )
        return [*gaps_of(self.rows), *remains, *nothing]

    @property
    def passed(self) -> bool:
        """Whether everything was proven."""
        return not self.gaps


def prove(
    transport: Transport,
    ways: Sequence[Way],
    pages: Sequence[str],
    watch: Callable[[Row], object] = str,
) -> Run:
    """Go the ways, clear everything away, and keep the signed result; ``watch`` sees each row when it is there.

    Raises:
        ProvisioningError: another run is under way, or this one could not begin.
    """
    with _alone():
        run, started = Run(cleared=_clear()), time.perf_counter()
        with stages.opened(transport, run.left_behind) as stage:
            for row in walk(stage, ways, pages):
                run.rows.append(row)
                watch(row)
        run.seconds = round(time.perf_counter() - started, 1)
        context = stages.context_of(stage.run_name)
        content = _content(run, stage.run_name, transport, pages)
        run.evidence = transactions.run(
            lambda: evidence.store(context, KIND, passed=run.passed, content=content)
        )
        return run


def clear_leftovers() -> list[str]:
    """Remove what killed runs left behind, and name them.

    Raises:
        ProvisioningError: a run is under way.
    """
    with _alone():
        return _clear()


@contextmanager
def _alone() -> Iterator[None]:
    with advisory_lock.held(KIND) as is_alone:
        if not is_alone:
            raise ProvisioningError("Another self-test is running on this database. Wait until it ends.")
        yield


def _clear() -> list[str]:
    """Remove every run's connection and people; the caller holds the lock, so none of them is alive."""
    found = probe_accounts.connections_of_runs()
    for connection in found:
        stages.clear(connection)
    return [connection.slug for connection in found]


def _content(run: Run, run_name: str, transport: Transport, pages: Sequence[str]) -> dict[str, Any]:
    """Give what is signed: what was seen, by what, on what. No credential is part of it."""
    return {
        "format": 1,
        "run": run_name,
        "site": transport.name,
        "pages": list(pages),
        "seconds": run.seconds,
        "rows": [row.told() for row in run.rows],
        "gaps": run.gaps,
        "versions": _versions(),
        "configuration": {
            "session_engine": django_settings.SESSION_ENGINE,
            "authentication_backends": list(django_settings.AUTHENTICATION_BACKENDS),
            "middleware": list(django_settings.MIDDLEWARE),
            "revokers": [revoker.kind for revoker in revocation.revokers()],
        },
    }


def _versions() -> dict[str, str]:
    connection = connections[transactions.database()]
    with connection.temporary_connection():
        numbers = connection.get_database_version()
    return {
        **{name: version for name in _PACKAGES if (version := _version_of(name))},
        "django_provisioning": __version__,
        "django": django.get_version(),
        "python": platform.python_version(),
        "database": f"{connection.vendor} {'.'.join(map(str, numbers))}",
    }


def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
