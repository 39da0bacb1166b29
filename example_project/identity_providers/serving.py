"""Just enough HTTP for a local identity provider: a threaded server that hands requests to one function."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """A request; of a parameter that comes twice the last value counts. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def cookie(self, name: str) -> str:
        """Give a cookie's value, "" without one."""
        morsel = SimpleCookie(self.headers.get("cookie", "")).get(name)
        return morsel.value if morsel else ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; ``headers`` come on top of type and length."""

    body: str = ""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def redirect(cls, url: str) -> Reply:
        """Send the browser elsewhere."""
        return cls(status=302, headers={"Location": url})

    @classmethod
    def json(cls, document: Any, status: int = 200) -> Reply:
        """Answer a JSON document."""
        return cls(json.dumps(document), status, "application/json", {"Cache-Control": "no-store"})


Answer = Callable[[Request], Reply]


class LocalServer:
    """An HTTP server on one port of this machine; port 0 takes a free one. ``url`` is known before it serves."""

    def __init__(self, port: int = 0, host: str = "localhost") -> None:
        self.answer: Answer = _not_ready
        self._http = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._http.daemon_threads = True
        self._thread: threading.Thread | None = None
        self.url = f"http://{host}:{self._http.server_port}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and free the port."""
        self._http.shutdown()
        self._http.server_close()
        if self._thread is not None:
            self._thread.join()

    def serve(self) -> None:
        """Serve until the process is interrupted."""
        try:
            self._http.serve_forever()
        except KeyboardInterrupt:
            self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._respond()

            def do_POST(self) -> None:
                self._respond()

            def log_message(self, *_: Any) -> None:
                """Stay silent: query strings carry codes and assertions."""

            def _respond(self) -> None:
                reply = server.answer(_request_of(self))
                body = reply.body.encode()
                self.send_response(reply.status)
                headers = {
                    "Content-Type": reply.content_type,
                    "Content-Length": str(len(body)),
                    **reply.headers,
                }
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        return Handler


def _request_of(handler: BaseHTTPRequestHandler) -> Request:
    parts = urlsplit(handler.path)
    length = int(handler.headers.get("Content-Length") or 0)
    body = handler.rfile.read(length).decode() if length else ""
    return Request(
        method=handler.command,
        path=parts.path,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        form=dict(parse_qsl(body, keep_blank_values=True)),
        headers={name.lower(): value for name, value in handler.headers.items()},
    )


def _not_ready(_request: Request) -> Reply:
    return Reply("The provider is not ready yet.", 503)
