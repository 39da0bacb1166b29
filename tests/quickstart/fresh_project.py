"""A project as ``django-admin startproject`` makes it, on which a page's blocks are carried out."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from example_project.demo.site import free_port, stop
from tests.quickstart.pages import ROOT, Block

START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class FreshProject:
    """A project in a folder of its own; ``url`` is where it will listen."""

    folder: Path
    url: str

    def append(self, file: str, text: str) -> None:
        """Add text to the end of the project's settings or URLs; a file that is not there is made."""
        path = self.folder / "mysite" / file
        with path.open("a") as target:
            target.write(f"\n{text}\n")

    def follow(self, blocks: Sequence[Block], replacements: Mapping[str, str]) -> None:
        """Do what the blocks say, with the reader's own addresses in place of the page's."""
        for block in blocks:
            text = block.text
            for theirs, ours in replacements.items():
                text = text.replace(theirs, ours)
            if block.language == "python":
                self.append(block.file, text)
            else:
                self.shell(text)

    def shell(self, commands: str) -> str:
        """Run commands in the project's folder and give what they print; ``python`` is this one.

        Raises:
            AssertionError: one fails; the message has its output.
        """
        done = subprocess.run(
            ["bash", "-euc", commands],
            cwd=self.folder, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        return done.stdout

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """Run Django's own server until the block ends."""
        log = self.folder / "server.log"
        port = self.url.rpartition(":")[2]
        command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
        with log.open("w") as output:
            server = subprocess.Popen(
                command, cwd=self.folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            _wait_until_it_answers(self.url, server, log)
            yield
        finally:
            stop(server)


def start(folder: Path) -> FreshProject:
    """Make the project."""
    project = FreshProject(folder, f"http://localhost:{free_port(0)}")
    project.shell("python -m django startproject mysite .")
    return project


def _environment() -> dict[str, str]:
    """Give the environment of a reader: the package is installed, nothing else of the suite is there."""
    kept = {name: value for name, value in os.environ.items() if name in {"HOME", "LANG", "TMPDIR"}}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/admin/login/", timeout=START_SECONDS):  # noqa: S310 - the URL is ours
                return
        except HTTPError as error:
            raise AssertionError(f"The project answers {error.code}.\n{log.read_text()[-3000:]}") from error
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The project does not answer.\n{log.read_text()[-3000:]}")
