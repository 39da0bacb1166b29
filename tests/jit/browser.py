"""A person's browser without a window: the site through Django's test client, everybody else over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from django.contrib.auth import get_user_model
from django.test import Client

SITE = "http://testserver"
_MOST_STEPS = 12
# Our providers' page and djangosaml2's.
_SELF_SUBMITTING = ('data-submit="now"', "document.SSO_Login.submit()")


@dataclass(frozen=True, slots=True)
class Page:
    """What the browser shows."""

    status: int
    url: str
    text: str
    headers: Mapping[str, str]


class Browser:
    """Follows redirects and forms that submit themselves, as a browser does, and keeps cookies of both worlds."""

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=False)
        self.web = requests.Session()

    def get(self, url: str) -> Page:
        """Open an address and go on until a page wants something of the person."""
        return self._go("GET", urljoin(SITE, url), {})

    def post(self, url: str, fields: Mapping[str, str]) -> Page:
        """Post a form and go on likewise."""
        return self._go("POST", urljoin(SITE, url), fields)

    def choose(self, page: Page, key: str) -> Page:
        """Press the button of a person on a provider's login page."""
        assert page.status == 200, page.text
        form = Form.of(page.text)
        return self.post(urljoin(page.url, form.action), {**form.fields, "person": key})

    def hold(self, page: Page, key: str) -> Form:
        """Press the button, but stop at the form that would take the answer to the site."""
        form = Form.of(page.text)
        fields = {**form.fields, "person": key}
        response = self.web.post(urljoin(page.url, form.action), fields, timeout=20)
        return Form.of(response.text)

    def whoami(self) -> dict[str, Any] | None:
        """Give the account of the session, None if it belongs to nobody; ``pk`` as the user model has it."""
        response = self.client.get("/whoami/")
        if response.status_code != 200:
            return None
        facts: dict[str, Any] = response.json()
        return {**facts, "pk": get_user_model()._meta.pk.to_python(facts["pk"])}

    def close(self) -> None:
        """Give the connections back."""
        self.web.close()

    def _go(self, method: str, url: str, fields: Mapping[str, str]) -> Page:
        for _step in range(_MOST_STEPS):
            page = self._request(method, url, fields)
            submits_itself = any(mark in page.text for mark in _SELF_SUBMITTING)
            form = Form.of(page.text) if submits_itself else None
            if page.status in (301, 302, 303):
                method, url, fields = "GET", urljoin(url, page.headers["Location"]), {}
            elif form is not None:
                method, url, fields = "POST", urljoin(url, form.action), form.fields
            else:
                return page
        raise AssertionError(f"The browser goes round in circles, last at {url}.")

    def _request(self, method: str, url: str, fields: Mapping[str, str]) -> Page:
        if not url.startswith(SITE):
            sent = dict(fields) or None
            answer = self.web.request(method, url, data=sent, timeout=20, allow_redirects=False)
            return Page(answer.status_code, url, answer.text, answer.headers)
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        response = self.client.get(path) if method == "GET" else self.client.post(path, dict(fields))
        return Page(response.status_code, url, response.content.decode(), response.headers)


class Form(HTMLParser):
    """The first form of a page: where it goes and its hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    @classmethod
    def of(cls, text: str) -> Form:
        """Read a page."""
        form = cls()
        form.feed(text)
        return form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the form and its inputs."""
        values = dict(attrs)
        if tag == "form":
            self.action = values.get("action") or ""
        elif tag == "input" and values.get("name"):
            self.fields[str(values["name"])] = values.get("value") or ""
