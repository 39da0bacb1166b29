"""EXAMPLE_PROBES=1: the example hands out a token of each kind, and a deactivation over SCIM ends each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.live_server import LiveServer, started

KINDS = ["drf", "jwt", "knox", "oauth"]

_LOG_IN = """
import sys
import django
django.setup()
from importlib import import_module
from django.conf import settings
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY, get_user_model
user = get_user_model().objects.get(username=sys.argv[1])
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(session.session_key)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The example project with its probes, served by two processes."""
    with started(
        tmp_path_factory.mktemp("probes"), workers=2, environment={"EXAMPLE_PROBES": "1"}
    ) as running:
        yield running


def ask(url: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any]:
    """Send a request and give status and JSON, None where the answer is none."""
    content = json.dumps(body).encode() if body is not None else None
    request = Request(url, content, {**headers, "Content-Type": "application/scim+json"}, method=method)  # noqa: S310
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - the URL is ours
            return int(answer.status), json.loads(answer.read() or b"null")
    except HTTPError as error:
        text = error.read()
        return error.code, json.loads(text) if text.startswith(b"{") else None


def test_each_token_is_refused_from_the_deactivation_on(site: LiveServer) -> None:
    """C16, N16: at the next request, and after the reactivation too; the session as well."""
    directory = {"Authorization": f"Bearer {site.connect('acme')}"}
    person = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "active": True}
    status, pushed = ask(f"{site.scim_url}/Users", "POST", person, **directory)
    assert status == 201
    cookie = {"Cookie": f"sessionid={site.run(_LOG_IN, 'ada').strip()}"}

    status, credentials = ask(f"{site.url}/test/make-credentials/", "POST", **cookie)

    def present() -> dict[str, int]:
        """Present each credential as the site said, and the cookie, and give the statuses."""
        answers = {}
        for name, credential in {
            **credentials,
            "session": {"method": "GET", "path": "/api/me/", "headers": cookie},
        }.items():
            answers[name], who = ask(
                site.url + credential["path"], credential["method"], **credential["headers"]
            )
            assert answers[name] != 200 or who["username"] == "ada"
        return answers

    def set_active(active: bool) -> None:
        operation = {"op": "replace", "path": "active", "value": active}
        patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
        changed, resource = ask(f"{site.scim_url}/Users/{pushed['id']}", "PATCH", patch, **directory)
        assert (changed, resource["active"]) == (200, active)

    assert (status, sorted(credentials)) == (200, KINDS)
    assert present() == dict.fromkeys([*KINDS, "session"], 200)
    set_active(False)
    assert set(present().values()) <= {401, 403}
    set_active(True)
    assert set(present().values()) <= {401, 403}


def test_credentials_are_made_for_a_session_and_by_post_only(site: LiveServer) -> None:
    """Nobody gets none, and no link makes any."""
    assert ask(f"{site.url}/test/make-credentials/", "POST")[0] == 401
    assert ask(f"{site.url}/test/make-credentials/", "GET")[0] == 405
    assert ask(f"{site.url}/api/me/")[0] == 401


def test_site_with_probes_passes_its_own_checks(site: LiveServer) -> None:
    """Nothing that the probes need makes a check complain."""
    assert "no issues" in site.manage("check")


def test_without_the_variable_there_are_no_probes(tmp_path: Any) -> None:
    """An ordinary start of the example hands out nothing."""
    with started(tmp_path) as ordinary:
        assert ask(f"{ordinary.url}/test/make-credentials/", "POST")[0] == 404
        assert ask(f"{ordinary.url}/api/me/")[0] == 404
