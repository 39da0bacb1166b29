"""A project with every kind of credential, and the command as an administrator calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

# Under any other settings module the token packages are not installed, and there is nothing to collect.
collect_ignore_glob = (
    [] if apps.is_installed("knox") and apps.is_installed("mozilla_django_oidc") else ["test_*.py"]
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run printed, and its exit code."""

    code: int
    out: str
    error: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object on stdout."""
        return dict(json.loads(self.out))

    def cells(self, way: str) -> dict[str, str]:
        """The line of a way in the table, by credential."""
        return next(dict(line) for line in self.document["table"] if line["way"] == way)


@pytest.fixture
def selftest(transactional_db: None) -> Callable[..., Answer]:
    """Run the command; ``way`` names one or more ways."""

    def call(*arguments: str, way: str | tuple[str, ...] = ()) -> Answer:
        ways = [f"--way={name}" for name in ((way,) if isinstance(way, str) else way)]
        out = StringIO()
        try:
            call_command("provisioning_selftest", *ways, *arguments, "--format=json", stdout=out)
        except CommandError as error:
            return Answer(error.returncode, out.getvalue(), str(error))
        return Answer(0, out.getvalue(), "")

    return call
