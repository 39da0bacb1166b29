"""End all access of a person, or of everybody whom a file names."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.core.management.base import CommandError

from django_provisioning.exceptions import ProvisioningError
from django_provisioning.lifecycle import leave, transactions
from django_provisioning.lifecycle.context import Context
from django_provisioning.management.command import ProvisioningCommand
from django_provisioning.management.output import rendered
from django_provisioning.management.people_file import Row, rows_of
from django_provisioning.management.user_lookup import account_facts, add_user_arguments, locked_user
from django_provisioning.models import Identity, SessionIndex


class Command(ProvisioningCommand):
    """``provisioning_offboard --user NAME|PK | --user-pk PK | --file PEOPLE.csv --reason … [--dry-run]``."""

    help = (
        "Ends all access of a person, whatever made the account; the Django user is kept. With --file everybody whom "
        "the file names, each in a transaction of its own; exit code 3 when some could not be."
    )
    ends = True

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the user or the file, and the reason."""
        which = add_user_arguments(parser)
        which.add_argument("--file", help="CSV with a header; the column 'user' or 'pk' names the people")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it to one person, or to each in the file.

        Raises:
            CommandError: 1 it could not be done, 2 the file cannot be read, 3 some rows were refused.
        """
        if options["file"] is None:
            super().handle(*args, **options)
            return
        rows = rows_of(options["file"])
        context = self.context(batch_id=uuid.uuid4().hex)
        work = (
            self._previewed if options["dry_run"] else partial(self._offboarded, context, options["reason"])
        )
        results = [_result(work, row) for row in rows]
        refused = sum(result["result"] == "refused" for result in results)
        answer = {"batch": context.batch_id, "people": len(results), "refused": refused, "results": results}
        if options["dry_run"]:
            answer = {"dry_run": True, **answer}
        self.stdout.write(rendered(answer, options["format"]))
        if refused:
            raise CommandError(f"{refused} of {len(results)} rows were refused.", returncode=3)

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Offboard the person; one who has left for good gets no second event."""
        user = locked_user(options["user"], options["user_pk"])
        event = leave.offboard(self.context(), user, reason=options["reason"])
        if event is None:
            return {**account_facts(user), "changed": False}
        return {
            **account_facts(user),
            "changed": True,
            "event": str(event.uid),
            "effects": dict(event.effects),
        }

    def preview(self, **options: Any) -> Mapping[str, Any]:
        """Name what would end."""
        user = locked_user(options["user"], options["user_pk"])
        live = Identity.objects.filter(user=user, live=True, active=True).order_by("connection__slug")
        return {
            **account_facts(user),
            "connections": list(live.values_list("connection__slug", flat=True)),
            "sessions": SessionIndex.objects.filter(user=user).count(),
        }

    def _offboarded(self, context: Context, reason: str, row: Row) -> tuple[str, str]:
        event = leave.offboard(context, locked_user(row.user, row.user_pk), reason=reason)
        return ("unchanged", "") if event is None else ("offboarded", str(event.uid))

    def _previewed(self, row: Row) -> tuple[str, str]:
        facts = self.preview(user=row.user, user_pk=row.user_pk)
        return (
            "would end",
            f"{facts['sessions']} sessions, connections: {', '.join(facts['connections']) or '-'}",
        )


def _result(work: Callable[[Row], tuple[str, str]], row: Row) -> dict[str, Any]:
    """Do it to one row in a transaction of its own; one refusal does not stop the others."""
    try:
        result, detail = transactions.run(partial(work, row))
    except (ProvisioningError, CommandError) as error:
        result, detail = "refused", getattr(error, "detail", str(error))
    return {"line": row.line, "user": row.name, "result": result, "detail": detail}
