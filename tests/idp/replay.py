"""The runner: sends the requests of a story to the SCIM face and checks every answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import HttpResponseBase
from django.test import Client

from django_provisioning.models import Connection

from .facts import fact_mismatches, privileged_users, state_of
from .matching import keys_within, mismatches
from .story import Step, Story, Variables, filled, picked

BASE: Final = "/scim/v2"
CONTENT_TYPE: Final = "application/scim+json"
ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST_RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_DEFAULT_HEADERS: Final = {"Accept": CONTENT_TYPE, "Content-Type": CONTENT_TYPE}
_WRITES: Final = {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read: ``body`` is None when there is none, a text when it is no JSON."""

    status: int
    headers: dict[str, str]
    body: Any

    @classmethod
    def of(cls, response: HttpResponseBase) -> Answer:
        """Read an answer of the test client."""
        raw = response.getvalue()
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = raw.decode(errors="replace")[:500]
        return cls(response.status_code, dict(response.headers), body)


@dataclass(slots=True)
class Replay:
    """One run of a story against one connection."""

    story: Story
    connection: Connection
    token: str
    variables: Variables = field(default_factory=dict)
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def run(self, *, twice: bool = False) -> None:
        """Send and check everything; ``twice`` repeats each write of the steps, as after a timeout."""
        for step in self.story.setup:
            self._play(step, twice=False)
        for step in self.story.steps:
            self._play(step, twice=twice)
        self._check_facts(self.story.then, "at the end")
        assert privileged_users(self.connection) == []

    def _play(self, step: Step, *, twice: bool) -> None:
        for number in range(1, step.get("times", 1) + 1):
            self.variables["n"] = number
            answer = self._send(step["request"])
            self._check(step, answer, step["expect"])
            self._remember(step, answer)
            if twice and step["request"]["method"] in _WRITES:
                self._send_again(step, answer)
        self._check_facts(step.get("then", ()), f"after «{step['name']}»")

    def _send(self, template: dict[str, Any]) -> Answer:
        given = {**_DEFAULT_HEADERS, "Authorization": f"Bearer {self.token}"}
        given |= self.story.headers | template.get("headers", {})
        headers = {name: value for name, value in filled(given, self.variables).items() if value is not None}
        body = filled(template.get("body"), self.variables)
        data = template["raw"] if "raw" in template else "" if body is None else json.dumps(body)
        path = BASE + filled(template["path"], self.variables)
        content_type = headers.get("Content-Type", "")
        return Answer.of(
            self.client.generic(template["method"], path, data, content_type=content_type, headers=headers)
        )

    def _send_again(self, step: Step, first: Answer) -> None:
        """Repeat a request whose answer the IdP did not see: the state must not notice."""
        before = state_of(self.connection)
        again = self._send(step["request"])
        expect = {"status": step.get("again") or _repeated_status(step["request"]["method"], first.status)}
        self._check({**step, "name": f"{step['name']} (again)"}, again, expect)
        where = f"{self.story.name}, «{step['name']}»"
        assert state_of(self.connection) == before, f"{where}: the repetition left a trace"

    def _check(self, step: Step, answer: Answer, template: dict[str, Any]) -> None:
        expect = filled(template, self.variables)
        problems = house_mismatches(answer)
        allowed = expect["status"] if isinstance(expect["status"], list) else [expect["status"]]
        if answer.status not in allowed:
            problems.append(f"status: expected {allowed}, got {answer.status}")
        if "body" in expect and answer.status != 204:
            problems += mismatches(expect["body"], answer.body)
        problems += mismatches(expect.get("headers", {}), answer.headers, "headers")
        unwanted = keys_within(answer.body) & set(expect.get("absent", ()))
        problems += [f"{name}: may not appear" for name in sorted(unwanted)]
        sent = filled(step["request"], self.variables)
        assert not problems, (
            f"{self.story.name}, «{step['name']}»: " + "; ".join(problems) + f"\nsent: {sent}\ncame: {answer}"
        )

    def _remember(self, step: Step, answer: Answer) -> None:
        for name, path in step.get("save", {}).items():
            self.variables[name] = picked(answer.body, path)
        for name, path in step.get("collect", {}).items():
            value = picked(answer.body, path)
            self.variables.setdefault(name, []).extend(value if isinstance(value, list) else [value])

    def _check_facts(self, facts: Any, when: str) -> None:
        problems = [
            problem
            for fact in filled(list(facts), self.variables)
            for problem in fact_mismatches(self.connection, fact, self.variables)
        ]
        assert not problems, f"{self.story.name}, {when}: " + "; ".join(problems)


def house_mismatches(answer: Answer) -> list[str]:
    """Give what is wrong with an answer whatever the request was: rules that no story has to repeat."""
    problems = [f"status {answer.status} is a server error"] if answer.status >= 500 else []
    if answer.status == 204:
        return problems + ([f"204 with a body: {answer.body!r}"] if answer.body is not None else [])
    problems += mismatches(CONTENT_TYPE, answer.headers.get("Content-Type"), "Content-Type")
    if "password" in keys_within(answer.body):
        problems.append("password: may not appear")
    if answer.status >= 400:
        problems += mismatches({"schemas": [ERROR], "status": str(answer.status)}, answer.body)
    if answer.status == 201:
        location = answer.headers.get("Location", "no Location header")
        problems += mismatches({"id": {"$type": "string"}, "meta": {"location": location}}, answer.body)
    if isinstance(answer.body, dict) and LIST_RESPONSE in answer.body.get("schemas", ()):
        numbers = ("totalResults", "startIndex", "itemsPerPage")
        problems += mismatches({name: {"$type": "integer"} for name in numbers}, answer.body)
    return problems


def _repeated_status(method: str, first: int) -> int:
    """Give the status of the second answer: what was made is taken, what was deleted is gone."""
    if method == "POST" and first == 201:
        return 409
    if method == "DELETE" and first == 204:
        return 404
    return first
