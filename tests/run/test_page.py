"""docs/how-to/scheduled-run.md: its commands run, its code works, its tables are the code's."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.util import find_spec
from io import StringIO
from types import ModuleType

import pytest
from django.core.management import call_command, get_commands

from django_provisioning.lifecycle import schedule
from django_provisioning.models import Connection, PolicyRun
from tests.factories import make_connection
from tests.quickstart.pages import ROOT, blocks

PAGE = "how-to/scheduled-run.md"
TEXT = (ROOT / "docs" / PAGE).read_text()


def test_page_lists_the_jobs_in_their_order() -> None:
    """No job is left out, none is made up."""
    table = TEXT.partition("\n## What it does\n")[2].partition("\n\n`--job")[0]

    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == schedule.job_names()


@pytest.mark.django_db
def test_page_commands_run() -> None:
    """Each line of the shell blocks is a command that does what the text says."""
    make_connection("lumen")
    lines = [line for text in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL) for line in text.splitlines()]

    for line in lines:
        name, *arguments = shlex.split(line.removeprefix("python manage.py "))
        call_command(name, *arguments, stdout=StringIO())

    connection = Connection.objects.get(slug="lumen")
    assert len(lines) == 5
    assert (connection.stale_after_days, connection.stale_action) == (30, "suspend")


@pytest.mark.parametrize("heading", ["With cron", "With systemd"])
def test_page_timers_call_a_command_that_exists(heading: str) -> None:
    """Cron and systemd are not run here; the command line that they are given is parsed."""
    (block,) = blocks(PAGE, heading)
    name, *_arguments = block.text.partition("manage.py ")[2].split()

    assert name in get_commands()


@pytest.mark.django_db
@pytest.mark.parametrize(("heading", "module", "decorator"), [
    ("With Celery beat", "celery", "shared_task"), ("With Django Tasks", "django.tasks", "task"),
])  # fmt: skip
def test_page_tasks_run_every_job(
    monkeypatch: pytest.MonkeyPatch, heading: str, module: str, decorator: str
) -> None:
    """The block defines a task that runs; a queue that is not installed here is stood in for by its decorator."""
    if find_spec(module) is None:
        stand_in = ModuleType(module)
        setattr(stand_in, decorator, lambda function: function)
        monkeypatch.setitem(sys.modules, module, stand_in)
    (block,) = blocks(PAGE, heading)
    names: dict[str, object] = {}

    exec(block.text, names)  # noqa: S102 - a block of our own page
    task = names["provisioning_run"]
    failed = getattr(task, "func", task)()  # type: ignore[operator]

    assert failed == []
    assert set(PolicyRun.objects.values_list("job", flat=True)) == set(schedule.job_names())
