"""A story: one exchange of an IdP as its JSON file tells it, and the variables that its steps fill in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")

Step = dict[str, Any]
Variables = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """One JSON file; README.md defines its keys."""

    name: str
    idp: str
    needs_quirk: bool
    headers: dict[str, str]
    setup: tuple[Step, ...]
    steps: tuple[Step, ...]
    then: tuple[dict[str, Any], ...]


def story_files() -> list[Path]:
    """Give the files of all stories, ordered by vendor and name."""
    return sorted(FOLDER.glob("*/*.json"))


def story_name(path: Path) -> str:
    """Give the name of a story in test ids and messages: vendor and file."""
    return f"{path.parent.name}/{path.stem}"


def read_story(path: Path) -> Story:
    """Read one story file."""
    told = json.loads(path.read_text(encoding="utf-8"))
    return Story(
        name=story_name(path),
        idp=told["idp"],
        needs_quirk=told.get("needs_quirk", False),
        headers=told.get("headers", {}),
        setup=tuple(told.get("setup", ())),
        steps=tuple(told["steps"]),
        then=tuple(told.get("then", ())),
    )


def filled(template: Any, variables: Variables) -> Any:
    """Give the template with ``${name}`` replaced in texts, keys included, and ``$each`` elements expanded.

    >>> filled({"path": 'members[value eq "${id}"]'}, {"id": "7"})
    {'path': 'members[value eq "7"]'}
    >>> filled([{"$each": "ids", "item": {"value": "${item}"}}], {"ids": ["7", "8"]})
    [{'value': '7'}, {'value': '8'}]
    """
    if isinstance(template, str):
        return _VARIABLE.sub(lambda match: str(variables[match[1]]), template)
    if isinstance(template, dict):
        return {filled(key, variables): filled(value, variables) for key, value in template.items()}
    if isinstance(template, list):
        return [element for part in template for element in _elements(part, variables)]
    return template


def _elements(part: Any, variables: Variables) -> Iterator[Any]:
    if isinstance(part, dict) and "$each" in part:
        for item in variables[part["$each"]]:
            yield filled(part["item"], {**variables, "item": item})
    else:
        yield filled(part, variables)


def picked(document: Any, path: str) -> Any:
    """Give the value at a dotted path; a number is an index, ``*`` all elements of an array.

    >>> picked({"Resources": [{"id": "7"}, {"id": "8"}]}, "Resources.*.id")
    ['7', '8']
    """
    head, _, rest = path.partition(".")
    if head == "*":
        return [picked(element, rest) if rest else element for element in document]
    value = document[int(head)] if isinstance(document, list) else document[head]
    return picked(value, rest) if rest else value
