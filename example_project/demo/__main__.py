"""``python -m example_project.demo``: prepare a site, play the day, then stay up on a terminal.

``--once`` or ``ONCE=1`` ends after the last table, as without a terminal. The exit code is 1 if any
answer was not the expected one.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from io import StringIO
from typing import Any

import django
from django.core.management import call_command

from example_project.demo import directory, entra, okta, providers, site
from example_project.demo.narrator import Narrator
from example_project.identity_providers.people import PEOPLE

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Providers:
    """The identity providers that run beside the site; ``saml`` is None where SAML cannot be tried."""

    openid: providers.OpenIdProvider
    saml: providers.SamlProvider | None


def main(arguments: list[str]) -> int:
    """Play the demo and give the exit code."""
    once = "--once" in arguments or os.environ.get("ONCE", "") not in {"", "0"}
    stays = not once and sys.stdin.isatty() and sys.stdout.isatty()
    # Ended from outside, the demo still ends its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    narrator = Narrator()
    own_site = site.prepare()
    narrator.chapter("Setting up")
    with ExitStack() as servers:
        # They say who they are through the environment, which Django's settings then read.
        running = _start_providers(servers, narrator, own_site)
        django.setup()
        narrator.line(f"Migrating {own_site.database.relative_to(site.ROOT)}.")
        call_command("migrate", verbosity=0)
        password = _make_admin()
        tokens = _connect_all(narrator, running)
        servers.enter_context(site.served(own_site))
        narrator.line(f"The site listens on {own_site.url}.")
        surprises = _play(narrator, own_site, tokens, running)
        if stays:
            _stay(narrator, own_site, password, tokens["acme"], running)
    return 1 if surprises else 0


def _start_providers(servers: ExitStack, narrator: Narrator, own_site: site.Site) -> Providers:
    """Start the local identity providers; what cannot be started is left out aloud."""
    openid = servers.enter_context(providers.openid(own_site))
    narrator.line(f"An OpenID provider listens on {openid.url}.")
    missing = providers.reason_without_saml()
    if missing:
        narrator.line(f"The SAML part is left out: {missing}.")
        return Providers(openid, None)
    saml = servers.enter_context(providers.saml(own_site))
    narrator.line(f"A SAML identity provider listens on {saml.url}.")
    return Providers(openid, saml)


def _connect_all(narrator: Narrator, running: Providers) -> dict[str, str]:
    """Make the connections of the day, and give the token of each by its slug."""
    client = ("--oidc-issuer", running.openid.url, "--oidc-client-id", providers.CLIENT_ID)
    tokens = {
        "acme": _connect(narrator, "acme", "Acme", "okta"),
        "globex": _connect(narrator, "globex", "Globex", "entra"),
        "lumen": _connect(narrator, "lumen", "Lumen", "generic", "--jit", "create", *client),
    }
    if running.saml:
        trust = ("--saml-entity-id", running.saml.entity_id)
        tokens["tundra"] = _connect(narrator, "tundra", "Tundra", "generic", "--jit", "create", *trust)
    return tokens


def _play(narrator: Narrator, own_site: site.Site, tokens: dict[str, str], running: Providers) -> int:
    """Play the whole day and give the number of surprises."""
    from example_project.demo import observer, sso_story, stage, story  # noqa: PLC0415 - models need django.setup()

    scenery = stage.Stage(narrator, own_site.url)
    scim_url = own_site.scim_url
    story.acme_on_okta(scenery, scenery.idp("Okta", scim_url, tokens["acme"], okta.HEADERS))
    story.globex_on_entra(scenery, scenery.idp("Entra", scim_url, tokens["globex"], entra.HEADERS))
    pushes = scenery.idp("Directory", scim_url, tokens["lumen"], directory.HEADERS)
    sso_story.lumen_on_openid(scenery, pushes, running.openid)
    if running.saml:
        pushes = scenery.idp("Directory", scim_url, tokens["tundra"], directory.HEADERS)
        sso_story.tundra_on_saml(scenery, pushes, running.saml)
    narrator.chapter("The end of the day")
    narrator.table(("Person", "Django user", "Origin", "Managed by", "State", "Groups"), observer.roster())
    narrator.line()
    narrator.line(f"{scenery.answers} answers, {scenery.surprises} not as expected.")
    return scenery.surprises


def _make_admin() -> str:
    """Make the administrator and give the password."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - needs django.setup()

    password = secrets.token_urlsafe(9)
    users: Any = get_user_model()._default_manager
    users.create_superuser(ADMIN, "admin@example.com", password)
    return password


def _connect(narrator: Narrator, slug: str, name: str, idp: str, *policies: str) -> str:
    """Make a connection and a token as an administrator would, and give the token."""
    named = (slug, "--name", name, "--idp", idp, *policies)
    made = _command(narrator, "provisioning_create_connection", *named, "--format", "json")
    narrator.line(f"    connection {made['slug']} ({made['idp']}), SCIM base URL {made['scim_base_url']}")
    issued = _command(narrator, "provisioning_create_token", slug, "--format", "json")
    token = str(issued["token"])
    narrator.line(f"    token {token[:15]}… (shown once, stored as a digest)")
    return token


def _command(narrator: Narrator, name: str, *arguments: str) -> dict[str, Any]:
    narrator.line(f"$ manage.py {name} {' '.join(arguments)}")
    printed = StringIO()
    call_command(name, *arguments, stdout=printed)
    answer: dict[str, Any] = json.loads(printed.getvalue())
    return answer


def _stay(narrator: Narrator, own_site: site.Site, password: str, token: str, running: Providers) -> None:
    """Keep the site up until Ctrl-C, and say what a person can try in a browser."""
    narrator.chapter("The site stays up")
    narrator.line(f"Admin     {own_site.url}/admin/   login {ADMIN}, password {password}")
    narrator.line(f"SCIM URL  {own_site.scim_url}")
    narrator.line(f"Token     {token}   (connection acme)")
    narrator.line(f"Try       curl -H 'Authorization: Bearer {token}' {own_site.scim_url}/Users")
    narrator.line()
    buttons = "Lumen (OpenID Connect) and Tundra (SAML)" if running.saml else "Lumen (OpenID Connect)"
    narrator.line(f"Log in    {own_site.url}/accounts/login/   buttons: {buttons}")
    narrator.line("Choose    a person there; nobody has a password:")
    for person in PEOPLE:
        narrator.line(f"          {person.name} <{person.email}>")
    narrator.line(f"Then      {own_site.url}/whoami/ and the events in the admin")
    narrator.line("Ctrl-C ends it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        narrator.line()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
