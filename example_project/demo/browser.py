"""A person's browser without a window: cookies, redirects, and forms that submit themselves."""

from __future__ import annotations

import http.cookies
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from example_project.demo.wire import Answer, Connection

MOST_STEPS = 12
# The page of a local identity provider, and djangosaml2's.
_SUBMITS_ITSELF = ('data-submit="now"', "document.SSO_Login.submit()")
_REDIRECTS = frozenset({301, 302, 303})


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the browser with its answer; ``form`` is what it posted."""

    method: str
    url: str
    answer: Answer
    form: dict[str, str] = field(default_factory=dict, repr=False)
    location: str = ""


class Browser:
    """Keeps cookies per host, as browsers do, whatever the port."""

    def __init__(self, site_url: str) -> None:
        self._site_url = site_url
        self._cookies: dict[str, dict[str, str]] = {}

    def get(self, path: str) -> Answer:
        """Open a page of the site; redirects are not followed."""
        return self._request("GET", urljoin(self._site_url, path), {}).answer

    def log_in(self, username: str, password: str) -> Answer:
        """Send the site's password form; 302 when the login was accepted."""
        page = self._request("GET", urljoin(self._site_url, "/accounts/login/"), {})
        filled = {**Form.of(page.answer.text).fields, "username": username, "password": password}
        return self._request("POST", page.url, filled).answer

    def follow(self, method: str, url: str, form: dict[str, str] | None = None) -> list[Step]:
        """Open an address and go on until a page wants something of the person; give every step.

        Raises:
            RuntimeError: the browser is sent round in circles.
        """
        url, form = urljoin(self._site_url, url), form or {}
        steps: list[Step] = []
        while len(steps) < MOST_STEPS:
            step = self._request(method, url, form)
            steps.append(step)
            if step.answer.status in _REDIRECTS:
                method, url, form = "GET", step.location, {}
            elif any(mark in step.answer.text for mark in _SUBMITS_ITSELF):
                waiting = Form.of(step.answer.text)
                method, url, form = "POST", urljoin(url, waiting.action), waiting.fields
            else:
                return steps
        raise RuntimeError(f"The browser is sent round in circles, last to {url}.")

    def choose(self, page: Step, person_key: str) -> list[Step]:
        """Press somebody's button on an identity provider's page, and go on likewise."""
        form = Form.of(page.answer.text)
        return self.follow("POST", urljoin(page.url, form.action), {**form.fields, "person": person_key})

    def _request(self, method: str, url: str, form: dict[str, str]) -> Step:
        parts = urlsplit(url)
        cookies = self._cookies.setdefault(parts.hostname or "", {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        content = None
        if method == "POST":
            content = urlencode(form).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        site = Connection(f"{parts.scheme}://{parts.netloc}")
        answer, received = site.exchange(method, path, content, headers)
        for line in received.get_all("Set-Cookie", []):
            for name, morsel in http.cookies.SimpleCookie(line).items():
                cookies[name] = morsel.value
        return Step(method, url, answer, form, urljoin(url, received.get("Location", "")))


class Form(HTMLParser):
    """The first form of a page that posts: where it goes, and its inputs with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self._is_open = False
        self._is_done = False

    @classmethod
    def of(cls, text: str) -> Form:
        """Read a page."""
        form = cls()
        form.feed(text)
        return form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the form and its inputs."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and values.get("method", "").lower() == "post" and not self._is_done:
            self._is_open, self.action = True, values.get("action", "")
        elif tag == "input" and self._is_open and values.get("name"):
            self.fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Stop at the end of the form."""
        if tag == "form" and self._is_open:
            self._is_open, self._is_done = False, True
