"""The overview, or any list of the admin, on the command line."""

from __future__ import annotations

import hashlib
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from django_provisioning.conf import settings
from django_provisioning.lifecycle import exports, rollups
from django_provisioning.management.command import ProvisioningCommand
from django_provisioning.management.output import rendered
from django_provisioning.reports.export import FORMATS, lines
from django_provisioning.reports.lists import LISTS, Moment
from django_provisioning.reports.overview import Overview, overview


class Command(ProvisioningCommand):
    """``provisioning_report overview|accounts|leavers|… [--where NAME=VALUE …] [--format …]``."""

    help = "Prints the overview as a table or JSON, or a list as CSV or JSON lines; the numbers are those of the admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what this command takes; its formats are its own."""
        self.add_own_arguments(parser)

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the report, its filters and its format."""
        parser.add_argument("report", choices=["overview", *LISTS])
        parser.add_argument(
            "--where", action="append", type=_pair, default=[], metavar="NAME=VALUE",
            help="filter of a list, e.g. anomaly=orphan, state=active, connection=acme, status=open",
        )  # fmt: skip
        parser.add_argument(
            "--format",
            choices=("table", "json", *FORMATS),
            help="overview: table (default) or json; list: csv or jsonl",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the report.

        Raises:
            CommandError: the list has no such filter, or the report no such format.
        """
        is_list = options["report"] in LISTS
        form = options["format"] or ("csv" if is_list else "table")
        if is_list != (form in FORMATS):
            raise CommandError(f"{options['report']} cannot be printed as {form}.")
        if is_list:
            self._print_list(options["report"], dict(options["where"]), form)
        elif options["where"]:
            raise CommandError("The overview has no filters.")
        else:
            self.stdout.write(rendered(self.answer(), form))

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Give the overview."""
        moment = _moment()
        return _answer(overview(moment.now, holders=moment.holders, sla=moment.sla))

    def _print_list(self, name: str, wanted: Mapping[str, str], form: str) -> None:
        listed = LISTS[name]
        try:
            queryset = listed.filtered(wanted, _moment())
        except KeyError as error:
            known = ", ".join(listed.filters)
            raise CommandError(f"{name} has no filter or value {error}; its filters are {known}.") from error
        digest, count = hashlib.sha256(), _Count()
        for line in lines(form, listed.table.columns, count.passing(listed.table.rows(queryset))):
            digest.update(line.encode())
            self.stdout.write(line, ending="")
        query = "&".join(f"{key}={value}" for key, value in wanted.items())
        exports.record(
            self.context(),
            exports.Export(listed.table.name, form, query, count.rows, digest.hexdigest(), True),
        )


class _Count:
    """Counts rows while they pass."""

    rows = 0

    def passing(self, rows: Iterable[Any]) -> Iterable[Any]:
        """Give the rows."""
        for row in rows:
            self.rows += 1
            yield row


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE.")
    return name, value


def _moment() -> Moment:
    return Moment(timezone.now(), rollups.holders(), timedelta(seconds=settings.OFFBOARDING_SLA_SECONDS))


def _answer(found: Overview) -> dict[str, Any]:
    """Give what the overview's page shows, in plain words."""
    return {
        "counted_at": found.counted_at or found.now,
        "accounts": found.accounts,
        "active": found.active,
        "unknown_users": found.unknown_users,
        "leaves": dict(found.leaves),
        "anomalies": [{"anomaly": one.name, "accounts": one.count} for one in found.anomalies],
        "by_origin": {value: count for _label, count, value in found.by_origin},
        "by_management": {value: count for _label, count, value in found.by_management},
        "coverage_percent": found.overall,
        "connections": [
            {
                "connection": line.connection.slug,
                "people": line.people,
                "coverage": f"{line.coverage.score:g} of 6",
                "missing": [stage.name for stage in line.coverage.missing],
                "access_ends": str(line.worst_case.access_ends),
                "account_closed": str(line.worst_case.account_closed),
                "problems": list(line.problems),
                "refused": line.refused,
                "last_request": line.connection.last_request_at,
            }
            for line in found.lines
        ],
        "last_30_days": dict(found.totals),
    }
