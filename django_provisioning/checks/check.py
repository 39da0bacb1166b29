"""A check as a row of the table, and how it becomes one of Django's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import checks
from django.db import OperationalError, ProgrammingError

from ..lifecycle.transactions import database
from .configuration import settings_are_known_and_typed
from .problems import Problems

TAG = "provisioning"


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the table: the id says error or warning; ``reads_database`` and ``deploy`` say when it runs."""

    id: str
    find: Callable[[], Problems]
    deploy: bool = False
    reads_database: bool = False

    def run(self, databases: Sequence[str]) -> list[checks.CheckMessage]:
        """Give what is wrong as Django's messages."""
        if self.reads_database and database() not in databases:
            return []
        if self.find is not settings_are_known_and_typed and any(settings_are_known_and_typed()):
            return []  # Broken settings are reported by E001; nothing can be concluded from them.
        kind = checks.Error if self.id.startswith("E") else checks.Warning
        try:
            found = list(self.find())
        except (OperationalError, ProgrammingError):
            if self.reads_database:
                return []  # ``migrate`` runs the database checks before it makes or changes the tables.
            raise
        return [kind(text, hint=hint, id=f"django_provisioning.{self.id}") for text, hint in found]

    def register(self) -> None:
        """Let ``manage.py check`` run it."""

        def run(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
            return self.run(databases or ())

        tags = (TAG, checks.Tags.security) if self.deploy else (TAG,)
        checks.register(run, *tags, deploy=self.deploy)
