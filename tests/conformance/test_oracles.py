"""Other people's judges against a server process: scim2-tester and scim-sanity."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from scim2_client import BaseSyncSCIMClient
from scim2_models import EnterpriseUser, Group, ResourceType, ScimProvider, User
from scim2_tester import Status, check_server

from tests.live_server import LiveServer, started

TIMEOUT_SECONDS = 60

# One server for all judges of a worker, and one worker for all judges.
pytestmark = pytest.mark.xdist_group("oracles")


class RequestsScimClient(BaseSyncSCIMClient):
    """scim2-client over ``requests``: its own network client needs a package that nothing else here needs."""

    def __init__(self, base_url: str, token: str, provider: ScimProvider | None = None) -> None:
        super().__init__(provider=provider)
        self.base_url = base_url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return self._url(endpoint).startswith(f"{self.base_url}/")

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **parts: Any) -> requests.Response:
        """Send a request to an endpoint, or to a URL that the server gave."""
        return self.session.request(method, self._url(url), timeout=TIMEOUT_SECONDS, **parts)

    def _url(self, endpoint: str) -> str:
        return endpoint if "://" in endpoint else f"{self.base_url}/{endpoint.lstrip('/')}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Give the example project on a port of its own."""
    with started(tmp_path_factory.mktemp("oracles")) as running:
        yield running
        log = running.log.read_text()
    assert "Traceback" not in log, log[-3000:]


def whole_rfc_models() -> ScimProvider:
    """Describe a server that has everything of RFC 7643, whatever ours announces."""
    user = ResourceType.from_resource(User[EnterpriseUser])
    return ScimProvider([User, EnterpriseUser, Group], [user, ResourceType.from_resource(Group)])


@pytest.mark.compliance("RFC 7644", "3", "scim2-tester finds nothing wrong with what the server announces")
def test_scim2_tester_with_discovered_schemas_succeeds(server: LiveServer) -> None:
    """Every check that scim2-tester derives from our own schemas succeeds, and none is left out (C9)."""
    client = RequestsScimClient(server.scim_url, server.connect("discovered"))

    results = check_server(client)

    assert [result for result in results if result.status is not Status.SUCCESS] == []
    assert len(results) > 100


@pytest.mark.compliance("RFC 7643", "4", "scim2-tester finds every attribute of RFC 7643's users and groups")
def test_scim2_tester_with_the_rfcs_schemas_succeeds(server: LiveServer) -> None:
    """Every check that scim2-tester derives from the whole of RFC 7643 succeeds, and none is left out (C9)."""
    client = RequestsScimClient(server.scim_url, server.connect("whole"), whole_rfc_models())

    results = check_server(client)

    assert [result for result in results if result.status is not Status.SUCCESS] == []
    assert len(results) > 100


@pytest.mark.compliance("RFC 7644", "3", "scim-sanity's strict probe finds no failure")
def test_scim_sanity_probe_finds_no_failure(server: LiveServer) -> None:
    """scim-sanity's life of users and groups goes through, with neither failure nor warning (C9)."""
    token = server.connect("sanity")

    done = subprocess.run(
        [sys.executable, "-m", "scim_sanity.cli", "probe", server.scim_url, "--token", token, "--strict",
         "--i-accept-side-effects", "--json-output"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    report = json.loads(done.stdout[done.stdout.index("{") :])
    # Resource types of a draft that this server does not have are the only ones left out.
    left_out = {result["name"].split()[0] for result in report["results"] if result["status"] == "skip"}
    assert [result for result in report["results"] if result["status"] not in ("pass", "skip")] == []
    assert left_out == {"Agent", "AgenticApplication"}
    assert done.returncode == 0, report
