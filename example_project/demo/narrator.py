"""Tells the story on the terminal: who asks what, the answer, and what it did."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote_plus

from example_project.demo.wire import Answer, Request

BODY_WIDTH = 400
_STYLES = {"title": "1;36", "who": "1", "good": "32", "bad": "1;31", "change": "33", "quiet": "2"}
_KEY_PARTS = ("id", "userName", "displayName", "active", "title", "totalResults", "scimType", "detail")


class Narrator:
    """Prints; coloured on a terminal that wants it, plain text elsewhere."""

    def __init__(self) -> None:
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def chapter(self, title: str) -> None:
        """Begin a part of the day."""
        self.line()
        self.line(self._styled("title", title))
        self.line(self._styled("title", "=" * len(title)))

    def scene(self, clock: str, text: str) -> None:
        """Say what happens at the company."""
        self.line()
        self.line(f"{self._styled('who', clock)}  {text}")

    def asked(self, who: str, request: Request) -> None:
        """Show a request as it is sent."""
        self.line(f"  {who} → {request.method} {request.path}")
        if "%" in request.path:
            self.line(self._styled("quiet", f"      that is {unquote_plus(request.path)}"))
        if request.body is not None:
            self.line(self._styled("quiet", f"      {compact(request.body)}"))

    def answered(self, answer: Answer, problems: Sequence[str]) -> None:
        """Show the answer, and what was expected if it is another."""
        style = "bad" if problems else "good"
        told = key_parts(answer.body)
        status = self._styled(style, str(answer.status))
        self.line(f"      ← {status}{' ' + told if told else ''} ({answer.took_ms:.0f} ms)")
        for problem in problems:
            self.line(self._styled("bad", f"      NOT AS EXPECTED: {problem}"))

    def changed(self, lines: Iterable[str]) -> None:
        """Show what changed in Django."""
        for line in lines:
            self.line(self._styled("change", f"      Django {line}"))

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print rows in columns as wide as their widest entry."""
        cells = [tuple(heads), *(tuple(row) for row in rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
        for number, row in enumerate(cells):
            text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            self.line(self._styled("who", text) if number == 0 else text)
            if number == 0:
                self.line("  ".join("-" * width for width in widths))

    def line(self, text: str = "") -> None:
        """Print one line at once, also into a pipe."""
        print(text, flush=True)

    def _styled(self, style: str, text: str) -> str:
        return f"\033[{_STYLES[style]}m{text}\033[0m" if self._colours else text


def compact(body: dict[str, Any]) -> str:
    """Give a body on one line, without passwords and the usual schemas, cut where it gets long.

    >>> compact({"userName": "ada", "password": "secret"})
    '{"userName":"ada","password":"…"}'
    """
    shown = {key: "…" if key == "password" else value for key, value in body.items() if key != "schemas"}
    unusual = [uri for uri in body.get("schemas", []) if not uri.startswith("urn:ietf:params:scim:")]
    if unusual:
        shown = {"schemas": ["…", *unusual], **shown}
    text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= BODY_WIDTH else text[: BODY_WIDTH - 1] + "…"


def key_parts(body: Any) -> str:
    """Give the parts of an answer that a reader looks for."""
    if not isinstance(body, dict):
        return ""
    parts = {key: body[key] for key in _KEY_PARTS if key in body}
    if "members" in body:
        parts["members"] = len(body["members"])
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":")) if parts else ""
