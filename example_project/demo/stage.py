"""Plays single scenes: sends a request, compares the answer, and tells both and what changed in Django."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import get_user_model

from example_project.demo import observer
from example_project.demo.browser import Browser
from example_project.demo.narrator import Narrator
from example_project.demo.wire import Answer, Connection, Request


class Stage:
    """Holds the story's terminal and counts the answers that were not the expected ones."""

    def __init__(self, narrator: Narrator, site_url: str) -> None:
        self.narrator = narrator
        self.answers = 0
        self.surprises = 0
        self.site_url = site_url

    def idp(self, name: str, scim_url: str, token: str, headers: dict[str, str]) -> Idp:
        """Bring in an identity provider with its bearer token."""
        return Idp(self, name, Connection(scim_url, {**headers, "Authorization": f"Bearer {token}"}))

    def person(self, name: str, username: str) -> Person:
        """Bring in a person with a browser, logged in with a password of the moment."""
        return Person(self, name, username, Browser(self.site_url))

    def judge(self, answer: Answer, status: int | tuple[int, ...], body: dict[str, Any] | None) -> None:
        """Tell the answer and remember whether it was the expected one."""
        allowed = (status,) if isinstance(status, int) else status
        if answer.status in allowed:
            problems = mismatches(body or {}, answer.body)
        else:
            problems = [f"status should be {' or '.join(map(str, allowed))}"]
        self.answers += 1
        self.surprises += bool(problems)
        self.narrator.answered(answer, problems)

    def claim(self, text: str, *, holds: bool) -> None:
        """Check a fact about Django that the story relies on."""
        if not holds:
            self.surprises += 1
            self.narrator.line(f"      NOT AS EXPECTED: {text}")


class Idp:
    """An identity provider: every request of it is told and judged."""

    def __init__(self, stage: Stage, name: str, connection: Connection) -> None:
        self._stage = stage
        self._name = name
        self._connection = connection

    def sends(
        self,
        request: Request,
        status: int | tuple[int, ...] = 200,
        body: dict[str, Any] | None = None,
    ) -> Any:
        """Send the request, expect that status and those parts of the body; give the body of the answer."""
        before, last_event = observer.snapshot(), observer.last_event_id()
        self._stage.narrator.asked(self._name, request)
        answer = self._connection.send(request)
        self._stage.judge(answer, status, body)
        self._stage.narrator.changed(observer.differences(before, observer.snapshot()))
        self._stage.narrator.changed(observer.events_since(last_event))
        return answer.body if isinstance(answer.body, dict) else {}


class Person:
    """Somebody with a browser."""

    def __init__(self, stage: Stage, name: str, username: str, browser: Browser) -> None:
        self._stage = stage
        self._name = name
        self._username = username
        self._browser = browser

    def logs_in(self) -> None:
        """Log in over HTTP with a password that the site sets for it; logins by SSO are another chapter."""
        password = secrets.token_urlsafe(12)
        users = get_user_model()._default_manager
        user = users.filter(username=self._username).first()
        self._stage.claim(f"{self._username} is a Django user", holds=user is not None)
        if user is None:
            return
        user.set_password(password)
        user.save(update_fields=["password"])
        before = observer.snapshot()
        self._stage.narrator.line(f"  {self._name} → POST /accounts/login/")
        self._stage.judge(self._browser.log_in(self._username, password), 302, None)
        self._stage.narrator.changed(observer.differences(before, observer.snapshot()))
        self.opens_page(200, {"authenticated": True, "username": self._username})

    def opens_page(self, status: int, body: dict[str, Any]) -> None:
        """Ask ``/whoami/`` with the cookie of the last login."""
        self._stage.narrator.line(f"  {self._name} → GET /whoami/ with the session cookie")
        answer = self._browser.get("/whoami/")
        self._stage.judge(answer, status, body)

    def is_locked_out(self) -> None:
        """Ask with the old cookie and expect to be nobody."""
        self.opens_page(401, {"authenticated": False})


def mismatches(expected: dict[str, Any], actual: Any, where: str = "") -> list[str]:
    """Name what of the expected parts is missing or different; other parts do not matter.

    >>> mismatches({"active": False}, {"id": "7", "active": True})
    ['active should be False, is True']
    """
    if not expected:
        return []
    if not isinstance(actual, dict):
        return [f"{where or 'the body'} should be an object"]
    problems: list[str] = []
    for key, value in expected.items():
        name = f"{where}.{key}" if where else key
        if isinstance(value, dict):
            problems += mismatches(value, actual.get(key), name)
        elif actual.get(key) != value:
            problems.append(f"{name} should be {value!r}, is {actual.get(key)!r}")
    return problems
