"""Do everything that time alone brings about; for cron or a timer."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from django_provisioning.exceptions import ProvisioningError
from django_provisioning.lifecycle import schedule
from django_provisioning.lifecycle.schedule import RunResult
from django_provisioning.management.command import ProvisioningCommand
from django_provisioning.management.output import rendered

_COLUMNS = ("what", "connection", "user", "user_pk", "days")


class Command(ProvisioningCommand):
    """``provisioning_run [--job NAME …] [--dry-run] [--fail-on warning|any] [--allow-mass-leave]``."""

    help = (
        "Runs every scheduled job: finishes leaves, finds what was changed past this app, applies the stale-account "
        "policies, tidies up. Run it every few minutes; while one run is at work another does nothing and ends with 0."
    )
    ends = True

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add which jobs run and what makes the exit code 3."""
        parser.add_argument(
            "--job",
            action="append",
            default=[],
            dest="jobs",
            choices=schedule.job_names(),
            help="may be repeated",
        )
        parser.add_argument(
            "--fail-on",
            choices=("warning", "any"),
            help="end with 3 when something needs a person (warning), or when anything was done or found (any)",
        )
        parser.add_argument(
            "--allow-mass-leave",
            action="store_true",
            help="suspend stale accounts even where they are more of a connection than its mass-leave alarm allows",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the jobs, each in transactions of its own, print what they did, and end with the code that says so.

        Raises:
            CommandError: 1 a job failed, 4 a job was held back, 3 findings that ``--fail-on`` asks for.
        """
        try:
            result = schedule.run_due(
                options["jobs"], dry_run=options["dry_run"], allow_mass_leave=options["allow_mass_leave"]
            )
        except ProvisioningError as error:
            raise CommandError(error.detail) from error
        answer = {"dry_run": True, **_facts(result)} if options["dry_run"] else _facts(result)
        self.stdout.write(rendered(answer, options["format"]))
        _judge(result, options["fail_on"])

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Give nothing: the jobs must not share one transaction, so ``handle`` runs them."""
        raise NotImplementedError


def _facts(result: RunResult) -> dict[str, Any]:
    if result.busy:
        return {"busy": True, "why": "Another run is at work; this one did nothing."}
    accounts = [
        {"job": one.job, **{name: row.get(name) for name in _COLUMNS}}
        for one in result.jobs
        for row in one.report.rows
    ]
    return {"jobs": [one.facts for one in result.jobs], "accounts": accounts}


def _judge(result: RunResult, fail_on: str | None) -> None:
    if result.failed:
        raise CommandError(f"Failed: {', '.join(result.failed)}. The log says why.")
    if result.stopped:
        raise CommandError(
            f"Held back: {', '.join(result.stopped)}. Too much would have ended at once, or a connection is halted. "
            "Look at the accounts above; --allow-mass-leave goes on, after a halted connection was released.",
            returncode=4,
        )
    if (fail_on and result.attention) or (fail_on == "any" and result.changes):
        raise CommandError(f"Findings that need a person: {result.attention}.", returncode=3)
