"""docs/how-to/jit-login.md, followed to the letter: a team that has SSO adds the app, and somebody logs in.

The projects serve no SCIM, have no token and no worker. What stands here as a team's own setup is what the guides of
the two SSO libraries say.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from example_project.demo.browser import Browser
from example_project.demo.site import free_port, stop
from example_project.identity_providers.people import PEOPLE
from tests.quickstart import fresh_project, pages
from tests.quickstart.fresh_project import FreshProject

pytest.importorskip("djangosaml2")
pytest.importorskip("mozilla_django_oidc")

ADA, BO, *_ = PEOPLE
PAGE = "how-to/jit-login.md"
OPENID_TEAM_SETTINGS = """
INSTALLED_APPS += ["mozilla_django_oidc"]
OIDC_RP_CLIENT_ID = "quick-start"
OIDC_RP_CLIENT_SECRET = "made-up"
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_OP_AUTHORIZATION_ENDPOINT = "{provider}/authorize"
OIDC_OP_TOKEN_ENDPOINT = "{provider}/token"
OIDC_OP_USER_ENDPOINT = "{provider}/userinfo"
OIDC_OP_JWKS_ENDPOINT = "{provider}/jwks"
LOGIN_REDIRECT_URL = "/admin/login/"
"""
OPENID_TEAM_URLS = """
from django.urls import include
urlpatterns.append(path("oidc/", include("mozilla_django_oidc.urls")))
"""
SAML_TEAM_SETTINGS = """
import shutil
import saml2
INSTALLED_APPS += ["djangosaml2"]
MIDDLEWARE += ["djangosaml2.middleware.SamlSessionMiddleware"]
SAML_CSP_HANDLER = ""
SAML_CONFIG = {{
    "entityid": "{site}/saml2/metadata/",
    "xmlsec_binary": shutil.which("xmlsec1"),
    "allow_unknown_attributes": True,
    "metadata": {{"local": ["{metadata}"]}},
    "service": {{"sp": {{
        "want_response_signed": False,
        "want_assertions_signed": True,
        "endpoints": {{"assertion_consumer_service": [("{site}/saml2/acs/", saml2.BINDING_HTTP_POST)]}},
    }}}},
}}
LOGIN_REDIRECT_URL = "/admin/login/"
"""
SAML_TEAM_URLS = """
from django.urls import include
urlpatterns.append(path("saml2/", include("djangosaml2.urls")))
"""
READ = """
import json
from django.contrib.sessions.models import Session
from django_provisioning.models import Account, Event
accounts = Account.objects.values_list("user__username", "user__email", "origin")
owners = [session.get_decoded().get("_auth_user_id") for session in Session.objects.all()]
events = Event.objects.filter(type__in=["account.created", "login.refused"]).order_by("pk")
facts = {"accounts": list(accounts), "sessions": len([owner for owner in owners if owner])}
print(json.dumps({**facts, "events": list(events.values_list("type", "reason"))}))
"""


@pytest.fixture
def project(tmp_path: Path) -> FreshProject:
    """Give a project just made."""
    return fresh_project.start(tmp_path)


@contextlib.contextmanager
def running_provider(module: str, url: str, *arguments: str) -> Iterator[None]:
    """Run one of the local identity providers as a process until the block ends."""
    command = [sys.executable, "-m", f"example_project.identity_providers.{module}"]
    process = subprocess.Popen(
        [*command, "--port", url.rpartition(":")[2], *arguments],
        cwd=pages.ROOT, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    sign_of_life = "/metadata" if module == "saml" else "/jwks"
    try:
        _wait_for(f"{url}{sign_of_life}", process)
        yield
    finally:
        stop(process)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urlopen(url, timeout=10):  # noqa: S310 - the URL is ours
            return
        time.sleep(0.1)
    raise AssertionError(f"{url} does not answer.")


def read(project: FreshProject) -> dict[str, Any]:
    """Read accounts, sessions of people and events of the project."""
    (project.folder / "read.py").write_text(READ)
    printed = project.shell("python manage.py shell --no-imports -v 0 < read.py")
    facts: dict[str, Any] = json.loads(printed)
    return facts


def test_openid_quick_start_logs_somebody_in_and_refuses_once_deactivated(project: FreshProject) -> None:
    """The three settings and the command of the page make the account, and a leaver ends on its page (C37)."""
    provider = f"http://localhost:{free_port(0)}"
    project.append("settings.py", OPENID_TEAM_SETTINGS.format(provider=provider))
    project.append("urls.py", OPENID_TEAM_URLS)
    theirs = {"https://login.example.com": provider, "my-client-id": "quick-start"}
    client = ("--client-id", "quick-start", "--client-secret", "made-up")
    browser = Browser(project.url)

    project.follow(pages.blocks(PAGE, "With mozilla-django-oidc"), theirs)
    claims, command = pages.blocks(PAGE, "The page of a refused login")
    (project.folder / "claims.json").write_text(claims.text)
    explained = project.shell(command.text)
    redirect = ("--redirect-uri", f"{project.url}/oidc/callback/")
    with running_provider("oidc", provider, *client, *redirect), project.served():
        arrived = browser.choose(browser.follow("GET", "/oidc/authenticate/")[-1], ADA.key)[-1]
        let_in = read(project)
        project.shell("python manage.py provisioning_offboard --user ada.marsh --reason 'left the company'")
        refused = browser.choose(browser.follow("GET", "/oidc/authenticate/")[-1], ADA.key)[-1]

    assert "an account is made" in explained
    assert arrived.answer.status == 200
    assert "ada.marsh" in arrived.answer.text
    assert let_in["accounts"] == [["ada.marsh", "ada.marsh@example.com", "jit_oidc"]]
    assert let_in["sessions"] == 1
    assert refused.answer.status == 403
    assert "Your account is not active" in refused.answer.text
    assert read(project)["events"] == [["account.created", ""], ["login.refused", "deprovisioned"]]


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 signs and verifies the XML")
def test_saml_quick_start_logs_somebody_in(project: FreshProject) -> None:
    """The two settings, the URL line and the command of the page make the account from a signed assertion (C37)."""
    provider = f"http://localhost:{free_port(0)}"
    metadata = project.folder / "idp.xml"
    project.append("settings.py", SAML_TEAM_SETTINGS.format(site=project.url, metadata=metadata))
    project.append("urls.py", SAML_TEAM_URLS)
    trust = ("--sp-metadata", f"{project.url}/saml2/metadata/", "--metadata-file", str(metadata))
    browser = Browser(project.url)

    with running_provider("saml", provider, *trust):
        theirs = {"https://login.example.com": provider}
        project.follow(pages.blocks(PAGE, "With djangosaml2"), theirs)
        with project.served():
            arrived = browser.choose(browser.follow("GET", "/saml2/login/")[-1], BO.key)[-1]

    assert arrived.answer.status == 200
    assert "bo.lindgren" in arrived.answer.text
    facts = read(project)
    assert facts["accounts"] == [["bo.lindgren", "bo.lindgren@example.com", "jit_saml"]]
    assert facts["sessions"] == 1


def test_rules_of_your_own_are_code_that_python_takes() -> None:
    """The page's policy and receiver refuse as they say."""
    found: dict[str, object] = {}
    for block in pages.blocks(PAGE, "Rules of your own"):
        exec(compile(block.text, block.file, "exec"), found)  # noqa: S102 - the project's own page

    from django_provisioning.exceptions import Refuse
    from django_provisioning.mapping.claims import LoginClaims
    from django_provisioning.signals import jit_pre_create

    guest = LoginClaims("oidc", "https://login.example.com", "1", claims={"preferred_username": "guest-7"})
    try:
        with pytest.raises(Refuse, match="employment"):
            found["only_employees"](guest, None)  # type: ignore[operator]
        with pytest.raises(Refuse, match="Guests"):
            jit_pre_create.send(sender=None, claims=guest)
    finally:
        jit_pre_create.disconnect(found["keep_guests_out"])  # type: ignore[arg-type]
