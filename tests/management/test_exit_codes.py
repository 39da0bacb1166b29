"""The commands as processes: exit codes, and what stands on stdout and stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import load_command_class

ROOT = Path(__file__).resolve().parents[2]


def manage(database: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the example project's ``manage.py`` on a database file of the test."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "example_project.settings",
        "DATABASE_URL": f"sqlite:///{database}",
        "DEBUG": "1",
        "SITE_URL": "",
    }
    return subprocess.run(
        [sys.executable, "example_project/manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_commands_end_with_the_documented_codes(tmp_path: Path) -> None:
    """0 done, 1 refused, 2 wrong usage; stdout has the JSON object, or nothing."""
    database = tmp_path / "site.sqlite3"
    assert manage(database, "migrate", "-v0").returncode == 0
    create = ["provisioning_create_connection", "acme", "--format", "json"]

    made, again = manage(database, *create), manage(database, *create)
    unknown = manage(database, *create[:1], "globex", "--idp", "entar", "--format", "json")

    assert (made.returncode, again.returncode, unknown.returncode) == (0, 1, 2)
    assert json.loads(made.stdout)["slug"] == "acme"
    assert (again.stdout, unknown.stdout) == ("", "")
    assert "exists already" in again.stderr
    assert "Traceback" not in again.stderr + unknown.stderr


@pytest.mark.parametrize(
    "command",
    [
        "create_connection", "create_token", "rotate_token", "revoke_token", "list_tokens", "offboard", "reinstate",
        "release_connection", "selftest",
    ],
)  # fmt: skip
def test_command_offers_table_and_json(command: str) -> None:
    """Every command has the option, and a help text."""
    parser = load_command_class("django_provisioning", f"provisioning_{command}").create_parser(
        "manage.py", command
    )

    assert "--format {table,json}" in parser.format_help()
    assert parser.description
