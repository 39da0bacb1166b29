"""A file that names people: CSV with a header, one column ``user`` (login name or key) or ``pk``."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.management.base import CommandError


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file: its number, and the text that names the user."""

    line: int
    user: str | None
    user_pk: str | None

    @property
    def name(self) -> str:
        """What stood in the file."""
        return self.user if self.user is not None else self.user_pk or ""


def rows_of(path: str) -> list[Row]:
    """Read the file; a user who is named twice is one, and a line without a name is none.

    Raises:
        CommandError: there is no such file, it is no CSV in UTF-8, or it has neither of the columns.
    """
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            return list({(row.user, row.user_pk): row for row in _read(file)}.values())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} cannot be read as CSV in UTF-8: {error}", returncode=2) from error


def _read(file: Iterator[str]) -> Iterator[Row]:
    reader = csv.DictReader(file)
    columns = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    if not columns.keys() & {"user", "pk"}:
        raise CommandError("The file needs a header with a column 'user' or 'pk'.", returncode=2)
    column = "user" if "user" in columns else "pk"
    for values in reader:
        text = (values[columns[column]] or "").strip()
        if text:
            by_name = column == "user"
            yield Row(reader.line_num, text if by_name else None, None if by_name else text)
