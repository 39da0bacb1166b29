"""Both transports give answers as they are, and say clearly when there is none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from django_provisioning.exceptions import ProvisioningError
from django_provisioning.selftest.transport import InProcess, Received, Remote, Sent, Unreachable

_ANSWERS = {
    "/json": (200, b'{"user": "7"}'),
    "/list": (200, b"[1]"),
    "/redirect": (302, b"<html>"),
    "/app/scim/v2/Users": (201, b'{"id": "1"}'),
}


class _Site(BaseHTTPRequestHandler):
    """Answers as the table says, and breaks off where it says nothing."""

    seen: list[tuple[str, str, str]] = []

    def do_GET(self) -> None:
        """Answer."""
        length = int(self.headers.get("Content-Length", 0))
        self.seen.append(
            (self.command, self.headers.get("Content-Type", ""), self.rfile.read(length).decode())
        )
        if self.path not in _ANSWERS:
            return
        status, body = _ANSWERS[self.path]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - as above

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A site that answers by the table."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "received"),
    [
        ("/json", Received(200, {"user": "7"})),
        ("/list", Received(200, {})),
        ("/redirect", Received(302, {})),
    ],
)
def test_remote_gives_the_answer_as_it_is(url: str, path: str, received: Received) -> None:
    """Redirects are not followed, and a body that is no object is none."""
    assert Remote(url).send(Sent("GET", path)) == received


def test_remote_sends_below_the_path_of_the_site(url: str) -> None:
    """A path in the address stands before the path of the request; the body has its media type."""
    _Site.seen.clear()

    answer = Remote(f"{url}/app/").send(Sent("POST", "/scim/v2/Users", json={"userName": "ada"}))

    assert answer.document == {"id": "1"}
    assert _Site.seen == [("POST", "application/scim+json", '{"userName": "ada"}')]


def test_remote_that_breaks_off_is_unreachable(url: str) -> None:
    """A connection that ends without an answer names the site, the request and the problem."""
    with pytest.raises(
        Unreachable, match=r"127\.0\.0\.1:\d+ does not answer GET /nothing: RemoteDisconnected"
    ):
        Remote(url).send(Sent("GET", "/nothing"))


def test_remote_without_the_site_s_certificate_is_unreachable(url: str) -> None:
    """What speaks no TLS is no https site; nothing was sent to it in the clear."""
    _Site.seen.clear()

    with pytest.raises(Unreachable, match="SSL"):
        Remote(url.replace("http:", "https:"), insecure=True).send(Sent("GET", "/json"))

    assert _Site.seen == []


@pytest.mark.parametrize(
    "address", ["app.example.com", "ftp://app.example.com", "https://", "https://a.example.com/?b"]
)
def test_remote_needs_the_address_of_a_site(address: str) -> None:
    """Anything but scheme, host and path is refused."""
    with pytest.raises(ProvisioningError, match="no address of a site"):
        Remote(address)


def test_remote_name_holds_no_password() -> None:
    """User and password in the address are not printed and not kept."""
    assert Remote("https://ada:secret@app.example.com").name == "https://app.example.com"


def test_sent_shows_no_credential() -> None:
    """A request in a traceback or a log shows neither headers nor body."""
    shown = repr(Sent("POST", "/a", {"Authorization": "Bearer secret"}, form={"refresh": "secret"}))

    assert "secret" not in shown


@pytest.mark.parametrize(
    ("hosts", "url", "host"),
    [
        (["*"], None, "localhost"),
        ([".example.com"], None, "example.com"),
        (["app.example.com"], "https://other.example.com", "other.example.com"),
    ],
)
def test_in_process_asks_an_allowed_host_over_https(
    db: None, settings: Any, hosts: list[str], url: str | None, host: str
) -> None:
    """A site that checks hosts, redirects to HTTPS and trusts a proxy's header answers the self-test."""
    settings.ALLOWED_HOSTS = [*hosts, host]
    settings.DJANGO_PROVISIONING = {"SITE_URL": url, "REQUIRE_HTTPS": True}
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.selftest.pages.says_its_host"]

    answer = InProcess().send(Sent("GET", "/news/?a=b"))

    assert answer == Received(200, {"host": host, "secure": True, "query": "a=b"})
