"""A real OpenID provider (PyPI oidc-provider-mock) in a process of its own, and logins through it without a browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from django.test import Client

CLIENT_ID = "app"
_PATIENCE_SECONDS = 30


class Provider:
    """The provider's address, and its people."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"

    def person(self, subject: str, **claims: Any) -> None:
        """Set what the provider says of a person."""
        answer = requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=10)
        answer.raise_for_status()

    def authorize(self, url: str, subject: str) -> str:
        """Do what the person's browser does at the provider, and give the URL that it is sent back to."""
        answer = requests.post(url, data={"sub": subject}, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Start a provider on a free port, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(process, port)
        yield Provider(port)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "The provider ended at once."
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("The provider does not listen.")


def log_in(client: Client, provider: Provider, subject: str, start: str) -> Any:
    """Go through a whole login and give the last answer of the application, redirects followed."""
    begun = client.post(start)
    assert begun.status_code == 302, begun.content
    back = provider.authorize(begun["Location"], subject)
    return client.get(back.partition("testserver")[2], follow=True)
