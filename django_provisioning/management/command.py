"""What all commands share: ``--format``, the actor, one transaction, and errors in place of tracebacks.

Exit codes: 0 done, 1 refused or not found, 2 wrong usage. Stdout carries the answer and nothing else.
"""

from __future__ import annotations

import getpass
import os
from abc import abstractmethod
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ..exceptions import ProvisioningError
from ..lifecycle import transactions
from ..lifecycle.context import Actor, Context
from ..models import Connection
from .output import FORMATS, rendered


class ProvisioningCommand(BaseCommand):
    """A command that gives one answer. ``ends`` adds ``--dry-run`` to commands that end something."""

    ends = False

    @abstractmethod
    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add what this command takes."""

    @abstractmethod
    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Do it, in one transaction, and give what is printed.

        Raises:
            ProvisioningError, CommandError: it cannot be done.
        """

    def preview(self, **options: Any) -> Mapping[str, Any]:
        """Give what ``--dry-run`` prints; nothing is written."""
        raise NotImplementedError

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments that all commands take, and this one's."""
        self.add_own_arguments(parser)
        parser.add_argument(
            "--format", choices=FORMATS, default="table", help="table for people (default), json for scripts"
        )
        if self.ends:
            parser.add_argument("--dry-run", action="store_true", help="say what would end, and end nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and print.

        Raises:
            CommandError: it could not be done; the message says why.
        """
        is_rehearsal = options.get("dry_run", False)
        work = self.preview if is_rehearsal else self.answer
        try:
            answer = transactions.run(lambda: work(**options))
        except ProvisioningError as error:
            raise CommandError(error.detail) from error
        if is_rehearsal:
            answer = {"dry_run": True, **answer}
        self.stdout.write(rendered(answer, options["format"]))

    def context(self, connection: Connection | None = None, **facts: Any) -> Context:
        """Give the lifecycle context: this command, started by the user of the operating system."""
        name = type(self).__module__.rpartition(".")[2]
        return Context.of(Actor("command", name, f"{name} by {_system_user()}"), connection, **facts)


def connection_of(slug: str) -> Connection:
    """Give the connection of that slug.

    Raises:
        CommandError: there is none.
    """
    connection = Connection.objects.filter(slug=slug).first()
    if connection is None:
        raise CommandError(f"There is no connection {slug!r}.")
    return connection


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container may run under a number that has no name.
        return f"uid {os.getuid()}"
