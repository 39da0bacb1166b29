"""The example project as a server process of its own, with a database of its own, for judges that come over HTTP.

``started(folder)`` gives a running server until its block ends. With ``TEST_DATABASE=postgres`` its database is made
on that server and dropped afterwards, else it is an SQLite file in the folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

from tests.settings.databases import POSTGRES_URL

ROOT: Final = Path(__file__).resolve().parents[1]
START_SECONDS: Final = 60
STOP_SECONDS: Final = 15

# What the settings of the example project read; the suite's own environment must not reach the server.
_SETTINGS: Final = (
    "DATABASE_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "SITE_URL", "CACHE_URL", "SESSION_ENGINE",
    "SCIM_THROTTLE", "CONN_MAX_AGE", "EXAMPLE_PROBES", "DJANGO_SETTINGS_MODULE", "GUNICORN_CMD_ARGS",
)  # fmt: skip
_PREPARE: Final = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
_CONNECT: Final = """
import json, sys
import django
django.setup()
from django_provisioning.lifecycle import connections, tokens
from django_provisioning.lifecycle.context import Actor, Context
wanted = json.loads(sys.argv[1])
actor = Actor.command("live server")
connection = connections.create(Context.of(actor), **wanted)
print(tokens.issue(Context.of(actor, connection), connection).raw)
"""


@dataclass(frozen=True, slots=True)
class LiveServer:
    """A server that answers. ``url`` is scheme, host and port; ``log`` is what it wrote."""

    url: str
    log: Path
    environment: Mapping[str, str] = field(repr=False)

    @property
    def scim_url(self) -> str:
        """The base URL that an identity provider is given."""
        return f"{self.url}/scim/v2"

    def connect(self, slug: str, **policies: Any) -> str:
        """Make a connection on the server's database and give a token of it."""
        return self.run(_CONNECT, json.dumps({"slug": slug, **policies})).strip()

    def run(self, script: str, *arguments: str) -> str:
        """Run Python with the server's settings and give what it prints.

        Raises:
            RuntimeError: it fails; the message is its last output.
        """
        return _python(["-c", script, *arguments], self.environment)

    def manage(self, *arguments: str) -> str:
        """Run a management command with the server's settings and give what it prints."""
        return _python(["-m", "django", *arguments], self.environment)


@contextlib.contextmanager
def started(
    folder: Path, *, workers: int = 1, threads: int = 4, environment: Mapping[str, str] | None = None
) -> Iterator[LiveServer]:
    """Run gunicorn with the example project until the block ends; ``environment`` adds to its settings.

    Raises:
        RuntimeError: it does not come up; the message ends with its log.
    """
    with _database(folder) as database_url, _listening() as (listener, url):
        settings = _environment(url, database_url, environment or {})
        _python(["-c", _PREPARE], settings)
        log = folder / "server.log"
        command = [
            "--workers",
            str(workers),
            "--threads",
            str(threads),
            "--bind",
            f"fd://{listener.fileno()}",
        ]
        with _running(command, settings, log, listener) as process:
            _wait_until_it_answers(url, process, log)
            yield LiveServer(url, log, settings)


def _environment(url: str, database_url: str, more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    settings = {
        "DJANGO_SETTINGS_MODULE": "example_project.settings",
        "DATABASE_URL": database_url,
        "SECRET_KEY": uuid.uuid4().hex * 2,
        "DEBUG": "0",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SITE_URL": url,
        "SCIM_THROTTLE": "off",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {**kept, **settings, **more}


@contextlib.contextmanager
def _database(folder: Path) -> Iterator[str]:
    if os.environ.get("TEST_DATABASE") == "postgres":
        with _postgres_database() as url:
            yield url
    else:
        yield f"sqlite:///{folder / 'live.sqlite3'}"


@contextlib.contextmanager
def _postgres_database() -> Iterator[str]:
    import psycopg
    from psycopg.sql import SQL, Identifier

    name = f"provisioning_live_{uuid.uuid4().hex[:12]}"
    url = urlsplit(POSTGRES_URL)
    with psycopg.connect(urlunsplit(url._replace(path="/postgres")), autocommit=True) as server:
        server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield urlunsplit(url._replace(path=f"/{name}"))
        finally:
            server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


@contextlib.contextmanager
def _listening() -> Iterator[tuple[socket.socket, str]]:
    """Give a listening socket for the server to inherit: nobody can take the port in between."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def _running(
    arguments: Sequence[str], settings: Mapping[str, str], log: Path, listener: socket.socket
) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "gunicorn", "example_project.wsgi", "--no-control-socket", *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(settings), pass_fds=[listener.fileno()], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # The session is the server's own: its workers go with it.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/", timeout=START_SECONDS) as answer:  # noqa: S310 - the URL is ours
                if answer.status == 200:
                    return
        except HTTPError as error:
            raise RuntimeError(f"/ answers {error.code}.\n{log.read_text()[-3000:]}") from error
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The server does not answer.\n{log.read_text()[-3000:]}")


def _python(arguments: Sequence[str], settings: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env=dict(settings), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)[:200]} failed.\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout
