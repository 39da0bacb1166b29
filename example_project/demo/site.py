"""A site of the demo's own: its folder, its environment and its server process."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from example_project.demo.wire import Connection, Request

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".demo"
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Site:
    """Where the demo's site listens and keeps its database."""

    port: int
    database: Path

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        # A name, as the identity providers have: cookies then count as same-site when they send a browser here.
        return f"http://localhost:{self.port}"

    @property
    def scim_url(self) -> str:
        """The base URL that an identity provider is given."""
        return f"{self.url}/scim/v2"


def prepare() -> Site:
    """Empty the demo's folder and set the environment that its settings read."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    site = Site(port=free_port(8000), database=FOLDER / "demo.sqlite3")
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "example_project.settings",
            "DATABASE_URL": f"sqlite:///{site.database}",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DEBUG": "0",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "SITE_URL": site.url,
            "CACHE_URL": f"file://{FOLDER / 'cache'}",
            "SESSION_ENGINE": "db",
            "SUPPORT_CONTACT": "the service desk",
        }
    )
    for name in [name for name in os.environ if name.startswith(("OIDC_", "SAML_"))]:
        del os.environ[name]
    return site


@contextlib.contextmanager
def served(site: Site) -> Iterator[None]:
    """Run gunicorn with the example project until the block ends.

    Raises:
        RuntimeError: the server does not come up; the message ends with its log.
    """
    log = FOLDER / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "example_project.wsgi",
                "--bind", f"127.0.0.1:{site.port}", "--workers", "2", "--threads", "2", "--no-control-socket",
            ],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            # Ctrl-C is for the demo, which then ends the server in order.
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait_until_it_answers(site, server, log)
            yield
        finally:
            stop(server)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process in order, and by force if that takes long."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_it_answers(site: Site, server: subprocess.Popen[bytes], log: Path) -> None:
    connection = Connection(site.url)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError):
            if connection.send(Request("GET", "/whoami/")).status == 401:
                return
        time.sleep(0.1)
    raise RuntimeError(f"The site did not start. Its log:\n{log.read_text()[-2000:]}")


def free_port(wanted: int) -> int:
    """Give the wanted port if nobody listens there, else any free one."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            # As the server will: a port that only waits for old connections to end is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise RuntimeError("No free port on 127.0.0.1.")
