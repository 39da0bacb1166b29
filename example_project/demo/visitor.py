"""Somebody who logs in through an identity provider, told step by step."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import urlsplit

from example_project.demo import observer
from example_project.demo.browser import Browser, Step
from example_project.demo.stage import Stage
from example_project.identity_providers.people import Person

_REFERENCE = re.compile(r"<code>([0-9a-f]+)</code>")
_SENTENCE = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_SIGNATURE = re.compile(rb"<(?:\w+:)?Signature[ >]")


class Visitor:
    """A person of a local identity provider, with a browser that keeps its cookies."""

    def __init__(self, stage: Stage, person: Person, login_path: str) -> None:
        self._stage = stage
        self._person = person
        self._login_path = login_path
        self._browser = Browser(stage.site_url)

    def logs_in(self) -> dict[str, Any]:
        """Go through the whole login, expect to be let in, and give what ``/whoami/`` says."""
        last = self._goes_through_login()
        self._stage.judge(last.answer, 200, {"authenticated": True})
        return last.answer.body if isinstance(last.answer.body, dict) else {}

    def is_refused(self) -> None:
        """Go through the whole login, expect the page of a refusal, and look its reference up in the events."""
        last = self._goes_through_login()
        self._stage.judge(last.answer, 403, None)
        for sentence in _SENTENCE.findall(last.answer.text):
            plain = re.sub(r"<[^>]+>", "", sentence).strip()
            self._stage.narrator.line(f"      the page says: {plain}")
        reference = _REFERENCE.search(last.answer.text)
        reason = observer.refusal(reference[1]) if reference else ""
        self._stage.claim("an event carries the page's reference", holds=bool(reason))
        if reason:
            self._stage.narrator.line(f"      the event with this reference says: {reason}")

    def is_locked_out(self) -> None:
        """Ask with the cookies of the last login and expect to be nobody."""
        self._stage.narrator.line(f"  {self._person.given_name} → GET /whoami/ with the session cookie")
        self._stage.judge(self._browser.get("/whoami/"), 401, {"authenticated": False})

    def _goes_through_login(self) -> Step:
        before, last_event = observer.snapshot(), observer.last_event_id()
        steps = self._browser.follow("GET", self._login_path)
        if steps[-1].answer.status == 200:
            steps += self._browser.choose(steps[-1], self._person.key)
        for step in steps[:-1]:
            self._tell(step, f" ← {step.answer.status}")
        self._tell(steps[-1], "")
        self._stage.narrator.changed(observer.differences(before, observer.snapshot()))
        self._stage.narrator.changed(observer.events_since(last_event))
        return steps[-1]

    def _tell(self, step: Step, status: str) -> None:
        parts = urlsplit(step.url)
        address = f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?…" if parts.query else "")
        chosen = f" (presses {self._person.name})" if "person" in step.form else ""
        self._stage.narrator.line(f"  {self._person.given_name} → {step.method} {address}{chosen}{status}")
        if "SAMLResponse" in step.form:
            xml = base64.b64decode(step.form["SAMLResponse"])
            signatures = len(_SIGNATURE.findall(xml))
            self._stage.narrator.line(
                f"      carries a SAML response: {len(xml)} bytes of XML, {signatures} signatures"
            )
