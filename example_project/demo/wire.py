"""HTTP as a directory speaks it, on the standard library alone."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its path relative to the SCIM base URL or to the site."""

    method: str
    path: str
    body: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``body`` is the parsed JSON, or None when there is none."""

    status: int
    body: Any
    took_ms: float
    text: str = field(default="", repr=False)


class Connection:
    """Sends requests to one site with the same headers each time."""

    def __init__(self, base_url: str, headers: dict[str, str] | None = None) -> None:
        parts = urlsplit(base_url)
        self._host = parts.netloc
        self._prefix = parts.path.rstrip("/")
        self._headers = headers or {}

    def send(self, request: Request) -> Answer:
        """Send one request and read the whole answer; redirects are not followed."""
        content = None if request.body is None else json.dumps(request.body).encode()
        return self.exchange(request.method, request.path, content, {})[0]

    def exchange(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> tuple[Answer, http.client.HTTPMessage]:
        """Send raw content and give the answer with its headers."""
        wire = http.client.HTTPConnection(self._host, timeout=TIMEOUT_SECONDS)
        started = time.perf_counter()
        try:
            wire.request(method, self._prefix + path, content, {**self._headers, **headers})
            response = wire.getresponse()
            raw = response.read()
        finally:
            wire.close()
        took_ms = (time.perf_counter() - started) * 1000
        text = raw.decode("utf-8", "replace")
        return Answer(response.status, _parsed(text, response.headers), took_ms, text), response.headers


def _parsed(text: str, headers: http.client.HTTPMessage) -> Any:
    if not text or "json" not in headers.get("Content-Type", ""):
        return None
    return json.loads(text)
