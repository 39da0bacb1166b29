"""What the import commands share: batches that are committed one by one, a rehearsal, and the report.

The numbers of a report tie: found = left_out + read, and read is the sum of what happened to each row.
"""

from __future__ import annotations

import json
import sys
from abc import abstractmethod
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management.base import CommandError

from ..exceptions import ProvisioningError
from ..lifecycle import explain
from ..lifecycle.context import Context
from ..lifecycle.group_imports import import_groups
from ..lifecycle.imports import Finding, Tally, import_people
from ..scim.handlers import handler_for
from ..scim2_bridge.reading import Batch, Source
from .command import ProvisioningCommand, connection_of
from .output import rendered

_OUTCOMES = ("imported", "adopted", "refreshed", "unchanged", "left", "other_id", "skipped")
_USER_FACTS = (
    "kept", "reissued", "protected", "suspension_lifted", "duplicate_external_id", "stale_name", "stale_active",
)  # fmt: skip
_GROUP_FACTS = ("kept", "reissued", "duplicate_external_id", "stale_name", "members", "foreign_members")
_FINDINGS_SHOWN = 100
_EXIT_FINDINGS = 3


@dataclass(slots=True)
class Report:
    """What an import did; the first findings of it in memory, all of them in the file where one was named."""

    people: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    undeclared: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    number_of_findings: int = 0
    file: TextIO | None = None

    def add(self, numbers: Counter[str], batch: Batch[Any], tally: Tally) -> None:
        """Take a batch in that is committed."""
        numbers["read"] += batch.read
        numbers.update(tally.counts)
        numbers.update(finding.kind for finding in batch.findings)
        self.undeclared.update(batch.undeclared)
        self._keep([*batch.findings, *tally.findings])

    def _keep(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.number_of_findings += 1
            if len(self.findings) < _FINDINGS_SHOWN:
                self.findings.append(finding)
            if self.file is not None:
                self.file.write(json.dumps(asdict(finding), ensure_ascii=False) + "\n")

    @property
    def needs_a_look(self) -> bool:
        """Whether something was left out or could not be taken over as it was."""
        names = ("skipped", "duplicate_external_id", "other_id")
        return any(numbers[name] for numbers in (self.people, self.groups) for name in names)

    def answer(self) -> dict[str, Any]:
        """Give what is printed."""
        return {
            "users": _shown(self.people, _USER_FACTS),
            "groups": _shown(self.groups, _GROUP_FACTS),
            "ties": _ties(self.people) and _ties(self.groups),
            "undeclared_attributes": dict(self.undeclared.most_common()),
            "findings_not_shown": self.number_of_findings - len(self.findings),
            "findings": [asdict(finding) for finding in self.findings],
        }


class ImportCommand(ProvisioningCommand):
    """A command that takes over what another package kept. Exit code 3: look at the findings."""

    @abstractmethod
    def source(self, **options: Any) -> Source:
        """Give the tables to read."""

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the connection and how the run goes."""
        parser.add_argument(
            "--connection", required=True, metavar="SLUG", help="whose directory wrote the ids"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="do it, report it, and roll all of it back"
        )
        parser.add_argument(
            "--batch-size", type=_positive, default=500, metavar="N", help="rows in a transaction"
        )
        parser.add_argument(
            "--findings", type=Path, metavar="FILE", help="write every finding there, one JSON a line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, print, and exit with 3 where somebody has to look.

        Raises:
            CommandError: it could not be done; the message says why.
        """
        try:
            if options["findings"]:
                with options["findings"].open("w", encoding="utf-8") as file:
                    report = self._run(Report(file=file), options)
            else:
                report = self._run(Report(), options)
        except ProvisioningError as error:
            raise CommandError(error.detail) from error
        except (FieldError, ImproperlyConfigured, LookupError, OSError) as error:
            raise CommandError(str(error)) from error
        answer = {"connection": options["connection"], "dry_run": options["dry_run"], **report.answer()}
        self.stdout.write(rendered(answer, options["format"]))
        if report.needs_a_look:
            sys.exit(_EXIT_FINDINGS)

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Give the report of a run."""
        return self._run(Report(), options).answer()

    def _run(self, report: Report, options: Mapping[str, Any]) -> Report:
        connection = connection_of(options["connection"])
        context = self.context(connection)
        source = self.source(**options)

        def work() -> None:
            _import(source, context, report, options["batch_size"])

        if options["dry_run"]:
            explain.rehearse(work)
        else:
            work()
        return report


def _import(source: Source, context: Context, report: Report, size: int) -> None:
    """Take over people, then groups, whose members are counted by the people that are there."""
    user_type, group_type = handler_for("Users").resource_type, handler_for("Groups").resource_type
    report.people["found"], report.people["left_out"] = source.number_of_people()
    for people in source.people(size, user_type):
        tally = import_people(context, people.rows, user_type, shared=people.shared)
        report.add(report.people, people, tally)
    report.groups["found"], report.groups["left_out"] = source.number_of_groups()
    for groups in source.groups(size, group_type):
        tally = import_groups(context, groups.rows, group_type, shared=groups.shared)
        report.add(report.groups, groups, tally)


def _shown(numbers: Counter[str], facts: Iterable[str]) -> dict[str, int]:
    return {name: numbers[name] for name in ("found", "left_out", "read", *_OUTCOMES, *facts)}


def _ties(numbers: Counter[str]) -> bool:
    """Whether every row that was found is accounted for; False where rows came or went meanwhile."""
    outcomes = sum(numbers[name] for name in _OUTCOMES)
    return numbers["found"] == numbers["left_out"] + numbers["read"] and numbers["read"] == outcomes


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be at least 1")
    return number


def condition(text: str) -> tuple[str, str]:
    """Read FIELD=VALUE."""
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise ArgumentTypeError(f"{text!r} is not FIELD=VALUE")
    return name, value


def require_package(is_installed: Callable[[], bool], name: str) -> None:
    """Refuse to go on without the package whose tables are read.

    Raises:
        CommandError: it is not installed.
    """
    if not is_installed():
        raise CommandError(
            f"{name} is not installed here; the import reads through it. Remove it after the switch."
        )
