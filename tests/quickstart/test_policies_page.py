"""docs/how-to/policies.md has every policy and says what the presets write."""

from __future__ import annotations

import re
import shlex
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from django_provisioning.lifecycle.connections import POLICIES
from django_provisioning.lifecycle.presets import PRESETS
from django_provisioning.models import Connection
from tests.quickstart.pages import ROOT

TEXT = (ROOT / "docs" / "how-to" / "policies.md").read_text()


def test_policies_page_has_a_row_for_every_policy() -> None:
    """No policy of a connection is left out, and none is made up."""
    rules = TEXT.partition("\n## Presets\n")[0]

    assert sorted(set(re.findall(r"^\| `(\w+)` \|", rules, re.MULTILINE))) == sorted(POLICIES)


def test_policies_page_has_every_choice() -> None:
    """A policy with choices lists them all."""
    chosen: tuple[Any, ...] = (
        Connection.Jit, Connection.Linking, Connection.GroupSync, Connection.DeleteMode, Connection.Visibility,
        Connection.StaleAction,
    )  # fmt: skip

    missing = [value for choices in chosen for value in choices.values if f"| `{value}`" not in TEXT]

    assert missing == []


@pytest.mark.django_db
def test_policies_page_commands_work() -> None:
    """The two commands make and change the connection."""
    _, found, rest = TEXT.partition("```bash\n")
    lines = rest.partition("```")[0].splitlines()

    for line in lines:
        name, *arguments = shlex.split(line.removeprefix("python manage.py "))
        call_command(name, *arguments, stdout=StringIO())

    connection = Connection.objects.get(slug="lumen")
    assert found
    assert (connection.jit, connection.session_max_age_seconds) == ("create", 28800)


def test_policies_page_shows_what_the_presets_write() -> None:
    """The table of presets is the presets."""
    table = TEXT.partition("\n## Presets\n")[2]
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line[:1] == "|"
    ]
    heads, _, *body = rows

    shown = {name: {row[0]: row[column] for row in body} for column, name in enumerate(heads[1:], start=1)}

    assert shown == {
        name: {policy: _text(value) for policy, value in preset.policies.items()}
        for name, preset in PRESETS.items()
    }


def _text(value: Any) -> str:
    words = {"True": "yes", "False": "no", "None": "none"}
    if isinstance(value, dict):
        (value,) = value.values()
    return words.get(str(value), str(value))
