"""The program that kills: ``python -m tests.crash.driver leave bulk run`` prints what it saw as JSON."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from io import StringIO
from itertools import count
from typing import Any

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 - models exist after setup only
from django.core.management import CommandError, call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from django_provisioning.models import PendingRevocation  # noqa: E402
from tests.crash import badges  # noqa: E402
from tests.crash.people import Person, hire  # noqa: E402
from tests.crash.victims import in_fork, victim  # noqa: E402
from tests.factories import make_connection, make_token  # noqa: E402
from tests.scim_client import ScimClient  # noqa: E402

POINTS = 10
_OFF = [{"op": "replace", "path": "active", "value": False}]
_ON = [{"op": "replace", "path": "active", "value": True}]
_numbers = count(1)


class Scenario:
    """What is killed: ``act``. ``repeat`` is what the directory does that got no answer."""

    crowd = 1

    def __init__(self, client: ScimClient, people: list[Person]) -> None:
        self.client = client
        self.people = people

    def prepare(self) -> None:
        """Do what comes before."""

    def act(self) -> None:
        """Do what is killed."""
        raise NotImplementedError

    def repeat(self) -> list[int]:
        """Let the directory send its request again, and give the answers."""
        return []

    def _patch(self, person: Person) -> int:
        return self.client.patch(f"/Users/{person.scim_id}", _OFF).status_code


class LeaveScenario(Scenario):
    """A PATCH that deactivates one person."""

    def act(self) -> None:
        """Deactivate."""
        self._patch(self.people[0])

    def repeat(self) -> list[int]:
        """Deactivate again."""
        return [self._patch(self.people[0])]


class BulkScenario(Scenario):
    """A Bulk request that deactivates three people, the second of them twice."""

    crowd = 3

    def act(self) -> None:
        """Send the job."""
        self._send()

    def repeat(self) -> list[int]:
        """Send it again."""
        return self._send()

    def _send(self) -> list[int]:
        schema = "urn:ietf:params:scim:api:messages:2.0:"
        operations = [
            {
                "method": "PATCH",
                "path": f"/Users/{person.scim_id}",
                "data": {"schemas": [f"{schema}PatchOp"], "Operations": _OFF},
            }
            for person in [*self.people, self.people[1]]
        ]
        answer = self.client.post("/Bulk", {"schemas": [f"{schema}BulkRequest"], "Operations": operations})
        return [int(one["status"]) for one in answer.json()["Operations"]]


class RunScenario(Scenario):
    """A scheduled run that finds one leave half done and another that nobody told of."""

    crowd = 2

    def prepare(self) -> None:
        """Let one leave fail outside, and make another person inactive past every signal."""
        badges.door().touch()
        self._patch(self.people[0])
        badges.door().unlink()
        PendingRevocation.objects.update(next_attempt_at=timezone.now())
        get_user_model().objects.filter(pk=self.people[1].user.pk).update(is_active=False)

    def act(self) -> None:
        """Run."""
        scheduled_run()


SCENARIOS: dict[str, type[Scenario]] = {"leave": LeaveScenario, "bulk": BulkScenario, "run": RunScenario}


def scheduled_run() -> int:
    """Run ``provisioning_run`` and give its exit code."""
    try:
        call_command("provisioning_run", stdout=StringIO())
    except CommandError as error:
        return error.returncode
    return 0


def points_of(steps: int, seed: int) -> Iterator[int]:
    """Give ten points, spread over all steps, where a seed has its choice within each tenth."""
    chance = random.Random(seed)
    for tenth in range(POINTS):
        first, last = (
            tenth * steps // POINTS + 1,
            max((tenth + 1) * steps // POINTS, tenth * steps // POINTS + 1),
        )
        yield chance.randint(first, last)


def stage(name: str) -> Scenario:
    """Make a connection with people who hold everything."""
    client = ScimClient(make_token(make_connection()))
    group = str(client.create_group(f"Engineering {next(_numbers)}")["id"])
    people = [hire(client, f"person{next(_numbers)}", group) for _ in range(SCENARIOS[name].crowd)]
    scenario = SCENARIOS[name](client, people)
    scenario.prepare()
    return scenario


def back_again(scenario: Scenario) -> None:
    """Let everybody return: by the directory, and where that may not be, by an administrator."""
    for person in scenario.people:
        scenario.client.patch(f"/Users/{person.scim_id}", _ON)
        call_command(
            "provisioning_reinstate", "--user-pk", str(person.user.pk), "--reason", "test", stdout=StringIO()
        )


def killed_at(name: str, point: int) -> dict[str, Any]:
    """Kill one process at one point, and tell what was there then and after each further act."""
    scenario = stage(name)
    died_of, _ = victim(scenario.act, point)

    def look() -> list[dict[str, Any]]:
        return [person.state() for person in scenario.people]

    at_death = look()
    _, code = in_fork(scheduled_run)  # After the restart: a process that knows nothing of the one before.
    after_run = look()
    answers, repeated = scenario.repeat(), look()
    back_again(scenario)
    return {
        "died_of": died_of, "at_death": at_death, "run_code": code, "after_run": after_run,
        "answers": answers, "repeated": repeated, "returned": look(),
    }  # fmt: skip


def main(names: list[str], seed: int = 2026) -> dict[str, Any]:
    """Count the steps of each scenario, then kill it at ten of them."""
    call_command("migrate", verbosity=0)
    seen: dict[str, Any] = {}
    for name in names:
        survived, steps = victim(stage(name).act, None)
        if survived:
            raise RuntimeError("The process that only counts was killed.")
        points = list(points_of(len(steps), seed))
        seen[name] = [
            {"point": point, "step": steps[point - 1], **killed_at(name, point)} for point in points
        ]
    return seen


if __name__ == "__main__":
    json.dump(main(sys.argv[1:]), sys.stdout)
