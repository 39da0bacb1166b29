"""What a scheduled job is, what it is given and what it says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...models import Connection
from ..context import Actor, Context

logger = logging.getLogger("django_provisioning.schedule")

# So many accounts are named in a report; the counts are always whole.
MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``now`` is what ages are judged by; in a dry run everything is rolled back afterwards."""

    now: datetime
    dry_run: bool = False
    allow_mass_leave: bool = False

    def context(self, job: str, connection: Connection | None = None, **facts: Any) -> Context:
        """Give the lifecycle context of a job, for this moment: a run over many accounts takes its time."""
        return Context.of(Actor.policy(job), connection, **facts)


@dataclass(slots=True)
class Report:
    """What a job did (``counts``), how much of it a person should look at, and of whom it speaks (``rows``).

    ``stopped``: a circuit breaker held the job back. ``failed``: so many accounts could not be worked on.
    """

    counts: dict[str, int] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    attention: int = 0
    failed: int = 0
    stopped: bool = False

    def add(self, name: str, number: int = 1, *, attention: bool = False) -> None:
        """Count; nothing is not counted, so that a run that did nothing says nothing."""
        if number:
            self.counts[name] = self.counts.get(name, 0) + number
            self.attention += number if attention else 0

    def name(self, **row: Any) -> None:
        """Name an account, as long as there is room."""
        if len(self.rows) < MOST_ROWS:
            self.rows.append(row)

    @contextmanager
    def sparing_the_others(self, what: str) -> Iterator[None]:
        """Log an error and count it: one account that cannot be worked on must not protect all others."""
        try:
            yield
        except Exception as error:  # Whatever it is, the rest of the work is security too.
            logger.error("%s failed", what, exc_info=error)
            self.failed += 1

    @property
    def findings(self) -> dict[str, Any]:
        """What is kept of it: no names, which would outlive an erasure, but keys. Empty when nothing happened."""
        kept: dict[str, Any] = dict(self.counts)
        if self.rows:
            kept["accounts"] = [{key: row[key] for key in row if key != "user"} for row in self.rows]
        numbers = {"attention": self.attention, "failed": self.failed}
        kept |= {name: number for name, number in numbers.items() if number}
        return {**kept, "stopped": True} if self.stopped else kept


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its stable name, a sentence for people, and the work."""

    name: str
    meaning: str
    work: Callable[[Run], Report]
