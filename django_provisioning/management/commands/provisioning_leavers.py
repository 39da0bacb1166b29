"""Say how soon access ended, what came too late, and what is still open."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from django_provisioning.conf import settings
from django_provisioning.management.command import ProvisioningCommand, connection_of
from django_provisioning.management.output import rendered
from django_provisioning.reports.export import lines
from django_provisioning.reports.leave_latency import Figures, Latency, Leavers, Scope, leavers
from django_provisioning.reports.leave_list import LEAVES


class Command(ProvisioningCommand):
    """``provisioning_leavers [--connection SLUG] [--since …] [--until …] [--format table|json|csv]``."""

    help = (
        "Prints offboarding latency (from the request until nothing was left to revoke) as p50, p95 and maximum, by "
        "connection and path, with breaches and their reasons; as CSV the removals themselves."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what this command takes; CSV is a format of its own."""
        self.add_own_arguments(parser)
        parser.add_argument(
            "--format", choices=("table", "json", "csv"), default="table",
            help="table for people (default), json for scripts, csv: one line for each removal",
        )  # fmt: skip

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the scope and what makes the exit code 3."""
        parser.add_argument("--connection", metavar="SLUG", help="only removals by this connection")
        parser.add_argument(
            "--since", type=_moment, metavar="DATE", help="received at or after; 2026-01-31 or with a time"
        )
        parser.add_argument("--until", type=_moment, metavar="DATE", help="received before")
        parser.add_argument(
            "--fail-on-breach", action="store_true", help="end with 3 when a removal took longer than it may"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the report.

        Raises:
            CommandError: there is no such connection; with 3: breaches that ``--fail-on-breach`` asks for.
        """
        slug = connection_of(options["connection"]).slug if options["connection"] else None
        scope = Scope(options["since"], options["until"], slug)
        sla = timedelta(seconds=settings.OFFBOARDING_SLA_SECONDS)
        report = leavers(scope, now=timezone.now(), sla=sla)
        if options["format"] == "csv":
            for line in lines("csv", LEAVES.columns, LEAVES.rows(scope.leaves())):
                self.stdout.write(line, ending="")
        else:
            self.stdout.write(rendered(_answer(report, sla), options["format"]))
        if options["fail_on_breach"] and report.total.breaches:
            raise CommandError(
                f"Removals that took longer than {sla}: {report.total.breaches}.", returncode=3
            )

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Give nothing: ``handle`` prints, outside of any transaction."""
        raise NotImplementedError


def _moment(text: str) -> datetime:
    """Read a date or a date with a time; without an offset it is in the site's time zone."""
    try:
        moment = parse_datetime(text)
        day = None if moment else parse_date(text)
    except ValueError:
        moment = day = None
    if moment is None and day is not None:
        moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - made aware below
    if moment is None:
        raise ArgumentTypeError(f"{text!r} is no date; write 2026-01-31 or 2026-01-31T09:00:00+01:00.")
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _answer(report: Leavers, sla: timedelta) -> dict[str, Any]:
    return {
        "limit_seconds": int(sla.total_seconds()),
        **_figures(report.total),
        "returned": report.returned,
        "deactivation": _latency(report.deactivation),
        "source_latency": _latency(report.source) if report.source.n else "not measured",
        "groups": [
            {"connection": slug, "path": path, **_figures(figures)}
            for (slug, path), figures in report.groups.items()
        ],
        "late": [
            {
                "person": one.leave.subject_label,
                "connection": one.leave.connection_slug,
                "path": one.leave.path,
                "received_at": one.leave.received_at,
                "is_open": one.leave.closed_at is None,
                "seconds": round(one.seconds, 3),
                "reason": one.reason,
            }
            for one in report.late
        ],
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "removals": figures.removals,
        "people": figures.people,
        "open": figures.open,
        "breaches": figures.breaches,
        **_latency(figures.latency),
    }


def _latency(latency: Latency) -> dict[str, Any]:
    """Give seconds with milliseconds; None where nothing was measured."""
    times = {"p50": latency.p50, "p95": latency.p95, "max": latency.max}
    seconds = {name: None if time is None else round(time.total_seconds(), 3) for name, time in times.items()}
    return {"measured": latency.n, **{f"{name}_seconds": value for name, value in seconds.items()}}
