"""The pages that connect an identity provider: their commands run as they stand, and the guides of the admin agree."""

from __future__ import annotations

import json
import re
import shlex
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from django_provisioning.admin.connection.setup_guides import GUIDES
from django_provisioning.models import Connection

pytestmark = pytest.mark.django_db

_HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = {
    "entra": "entra-id.md", "okta": "okta.md", "onelogin": "onelogin.md", "jumpcloud": "jumpcloud.md",
    "google": "google.md", "ping": "ping.md", "keycloak": "keycloak.md",
}  # fmt: skip


def test_every_guide_has_a_page() -> None:
    """What the set-up page of a product says briefly, the documentation says too."""
    assert set(PAGES) == set(GUIDES)


@pytest.mark.parametrize("idp", PAGES)
def test_commands_of_the_page_make_the_connection(idp: str) -> None:
    """Copied line by line they end in a connection of that product with a token."""
    text = (_HOW_TO / PAGES[idp]).read_text()
    lines = [
        line.strip()
        for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    ]

    for line in filter(None, lines):
        name, *arguments = shlex.split(line.removeprefix("python manage.py "))
        call_command(name, *arguments, stdout=StringIO())

    connection = Connection.objects.get(idp=idp)
    assert connection.tokens.count() == 1


def test_configure_connection_without_options_says_the_rules_in_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command line prints the sentences of the page, the open ones marked (C4)."""
    call_command("provisioning_create_connection", "acme", "--linking", "verified_email", stdout=StringIO())

    call_command("provisioning_configure_connection", "acme", "--format", "json")

    told = {row["in_words"]: row["open"] for row in json.loads(capsys.readouterr().out)["in_words"]}
    assert told["Nobody is linked: no e-mail domain is verified for this connection."] is True
    assert told["Its tokens and logins are accepted."] is False
