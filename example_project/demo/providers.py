"""The identity providers of the demo: processes of their own, and what the site's environment says of them."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from example_project.demo.site import FOLDER, ROOT, Site, free_port, stop
from example_project.demo.wire import Connection, Request

START_SECONDS = 60
CLIENT_ID = "example-project"
_PACKAGE = "example_project.identity_providers"


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """A running OpenID provider; its issuer is its address."""

    url: str
    login_path: str = "/oidc/authenticate/"


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """A running SAML identity provider, known by the address of its metadata."""

    url: str

    @property
    def entity_id(self) -> str:
        """Its name in SAML."""
        return f"{self.url}/metadata"

    @property
    def login_path(self) -> str:
        """The site's address that starts a login at this IdP."""
        return f"/saml2/login/?idp={self.entity_id}"


def reason_without_saml() -> str:
    """Say why there can be no SAML in the demo; "" if there can."""
    if shutil.which("xmlsec1") is None:
        return "the program xmlsec1, which signs and verifies XML, is not here (apt-get install xmlsec1)"
    return ""


@contextlib.contextmanager
def openid(site: Site) -> Iterator[OpenIdProvider]:
    """Run an OpenID provider that knows the site, and let the environment name it."""
    provider = OpenIdProvider(f"http://localhost:{free_port(8802)}")
    secret = secrets.token_urlsafe(24)
    os.environ.update(
        {
            "OIDC_OP_ISSUER": provider.url,
            "OIDC_OP_AUTHORIZATION_ENDPOINT": f"{provider.url}/authorize",
            "OIDC_OP_TOKEN_ENDPOINT": f"{provider.url}/token",
            "OIDC_OP_USER_ENDPOINT": f"{provider.url}/userinfo",
            "OIDC_OP_JWKS_ENDPOINT": f"{provider.url}/jwks",
            "OIDC_RP_CLIENT_ID": CLIENT_ID,
            "OIDC_RP_CLIENT_SECRET": secret,
            "OIDC_RP_SIGN_ALGO": "RS256",
        }
    )
    client = ["--client-id", CLIENT_ID, "--client-secret", secret]
    site_knows = ["--redirect-uri", f"{site.url}/oidc/callback/"]
    site_knows += ["--backchannel-logout-uri", f"{site.url}/idp/backchannel-logout/"]
    with _running("oidc", provider.url, [*client, *site_knows], "/.well-known/openid-configuration"):
        yield provider


@contextlib.contextmanager
def saml(site: Site) -> Iterator[SamlProvider]:
    """Run a SAML IdP that trusts the site, and let the environment name its metadata.

    It reads the site's metadata at the first login, so it may start before the site.
    """
    provider = SamlProvider(f"http://localhost:{free_port(8801)}")
    metadata = FOLDER / "saml-idp.xml"
    arguments = ["--sp-metadata", f"{site.url}/saml2/metadata/", "--metadata-file", str(metadata)]
    with _running("saml", provider.url, arguments, "/metadata"):
        os.environ["SAML_IDP_METADATA"] = str(metadata)
        yield provider


@contextlib.contextmanager
def _running(module: str, url: str, arguments: Sequence[str], sign_of_life: str) -> Iterator[None]:
    log = FOLDER / f"{module}.log"
    port = url.rpartition(":")[2]
    command = [sys.executable, "-m", f"{_PACKAGE}.{module}", "--port", port, *arguments]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            # Ctrl-C is for the demo, which then ends the provider in order.
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait_until_it_answers(url, sign_of_life, process, log)
            yield
        finally:
            stop(process)


def _wait_until_it_answers(url: str, path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            if Connection(url).send(Request("GET", path)).status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"The provider at {url} did not start. Its log:\n{log.read_text()[-2000:]}")
