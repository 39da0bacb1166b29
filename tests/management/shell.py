"""Calls a command as a script would and reads what it printed."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

from django.core.management import call_command


def run_json(name: str, *arguments: str) -> dict[str, Any]:
    """Run with ``--format json``; stdout has to hold one JSON object and a line end."""
    text = run(name, *arguments, "--format", "json")
    answer = json.loads(text)
    assert isinstance(answer, dict)
    assert text.count("\n") == 1
    return answer


def run(name: str, *arguments: str) -> str:
    """Run and give stdout; stderr has to stay empty."""
    out, err = StringIO(), StringIO()
    call_command(f"provisioning_{name}", *arguments, stdout=out, stderr=err)
    assert err.getvalue() == ""
    return out.getvalue()
