"""How requests reach the site: through its own handler in this process, or over HTTP to where it is deployed."""

from __future__ import annotations

import http.client
import json
import ssl
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from io import BytesIO
from types import ModuleType
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.urls import get_script_prefix, include, path

from ..exceptions import ProvisioningError
from . import routes
from .quiet import refusals_expected

_AGENT = "provisioning-selftest"
# More than any answer that a run has a use for.
_MOST_BYTES = 1_048_576
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Unreachable(ProvisioningError):
    """The site did not answer."""

    reason = "unreachable"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request. ``json`` or ``form`` is the body; ``repr`` shows no header and no body: they hold credentials."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)

    def body(self) -> tuple[bytes, str]:
        """Give the bytes and their media type."""
        if self.json is not None:
            return json.dumps(self.json).encode(), "application/scim+json"
        if self.form is not None:
            return urlencode(self.form).encode(), "application/x-www-form-urlencoded"
        return b"", ""


@dataclass(frozen=True, slots=True)
class Received:
    """An answer: its status and the object in its body, {} where it holds none."""

    status: int
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Transport(ABC):
    """Sends requests to one site. ``whoami`` is the path of the protected page there, ``scim`` that of SCIM."""

    name: str
    whoami: str | None
    scim: str | None

    @abstractmethod
    def send(self, request: Sent) -> Received:
        """Send and give the answer; redirects are answers.

        Raises:
            Unreachable: there was none.
        """


class InProcess(Transport):
    """The site in this process: its URLs and all of its middleware, as its WSGI server would call them."""

    name = "in process"

    def __init__(self) -> None:
        self._handler = _Handler()
        self.scim = routes.scim_prefix()
        self.whoami = routes.whoami_path() or f"/{routes.OWN_PREFIX}whoami/"

    def send(self, request: Sent) -> Received:
        """Call the handler; an exception that it lets out is an answer of 500, as a server would make it."""
        status: list[int] = []

        def start(line: str, *_: Any) -> Any:
            status.append(int(line.partition(" ")[0]))

        with refusals_expected("django.request"):
            answer = self._handler(_environment(request), start)
            body = b"".join(answer)
            answer.close()
        return Received(status[0], _document(body))


class Remote(Transport):
    """A deployed site that shares this one's database, over HTTP or HTTPS.

    Plain HTTP is for a loopback. ``insecure`` lets it pass elsewhere, and a certificate that nobody vouches for.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 10, insecure: bool = False) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ProvisioningError(f"{url!r} is no address of a site; write https://app.example.com.")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not insecure:
            raise ProvisioningError(
                f"{url!r} would get live credentials over plain HTTP. Use https, or --insecure."
            )
        self.name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._parts, self._timeout, self._insecure = parts, timeout_seconds, insecure
        self.scim, self.whoami = routes.scim_prefix(), routes.whoami_path()

    def send(self, request: Sent) -> Received:
        """Open a connection, send, and read the answer."""
        connection = self._connection()
        body, media_type = request.body()
        headers = {"User-Agent": _AGENT, **request.headers}
        if media_type:
            headers["Content-Type"] = media_type
        try:
            connection.request(
                request.method, self._parts.path.rstrip("/") + request.path, body or None, headers
            )
            answer = connection.getresponse()
            return Received(answer.status, _document(answer.read(_MOST_BYTES)))
        except (OSError, http.client.HTTPException) as error:
            problem = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise Unreachable(
                f"{self.name} does not answer {request.method} {request.path}: {problem}"
            ) from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._timeout)
        context = ssl.create_default_context()
        if self._insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=context)


class _Handler(WSGIHandler):
    """Django's handler, on the project's URLs with the page of the self-test in front where it is missing."""

    def get_response(self, request: Any) -> Any:
        if routes.whoami_path() is None:
            request.urlconf = _urls_with_own_page(django_settings.ROOT_URLCONF)
        return super().get_response(request)


@lru_cache(maxsize=2)
def _urls_with_own_page(root: str) -> ModuleType:
    urls = ModuleType("provisioning_selftest_urls")
    project = import_module(root)
    vars(urls).update({name: value for name, value in vars(project).items() if name.startswith("handler")})
    own = path(routes.OWN_PREFIX, include("django_provisioning.selftest.urls"))
    vars(urls)["urlpatterns"] = [own, *project.urlpatterns]
    return urls


def _environment(request: Sent) -> dict[str, Any]:
    """Write a request as WSGI does, over HTTPS: a site that redirects or refuses plain HTTP answers it."""
    body, media_type = request.body()
    site = urlsplit(routes.site_url() or "")
    host = site.hostname or _allowed_host()
    path_info, _, query = request.path.partition("?")
    environment: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": "/" + path_info.removeprefix(get_script_prefix()).lstrip("/"),
        "QUERY_STRING": query,
        "SERVER_NAME": host,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host,
        "HTTP_USER_AGENT": _AGENT,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": media_type,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if django_settings.SECURE_PROXY_SSL_HEADER:
        name, value = django_settings.SECURE_PROXY_SSL_HEADER
        environment[name] = value
    for name, value in request.headers.items():
        environment["HTTP_" + name.upper().replace("-", "_")] = value
    return environment


def _allowed_host() -> str:
    """Give a host that ALLOWED_HOSTS lets pass; with a wildcard any will do."""
    for pattern in django_settings.ALLOWED_HOSTS:
        if pattern.strip(".*"):
            return str(pattern.removeprefix("."))
    return "localhost"


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
