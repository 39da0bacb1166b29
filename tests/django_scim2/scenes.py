"""A day before the switch and the switch itself, in the terms of whichever project the settings are."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from django_provisioning.models import Connection
from django_provisioning.models.membership import group_model, membership_table
from tests.django_scim2.bodies import GROUP, PATCH_OP, user_body
from tests.factories import make_connection, make_token
from tests.scim_client import ScimClient

IS_SERVER = apps.is_installed("django_scim2_server")
_PREFIX = "/scim/v2"
_HOST = {"HTTP_HOST": "scim.example.com", "wsgi.url_scheme": "https"}


class OldServer:
    """Sends requests to the package of before, logged in as its stock settings ask for."""

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=False, **_HOST)  # type: ignore[arg-type]
        self.client.force_login(
            get_user_model()._default_manager.create_superuser("operator", "operator@example.com", "made-up")
        )

    def send(self, method: str, path: str, body: Any = None, params: dict[str, Any] | None = None) -> Any:
        """Send one request."""
        text = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, _PREFIX + path, text, "application/scim+json", query_params=params)

    def made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create a resource and give the answer."""
        response = self.send("POST", path, body)
        assert response.status_code == 201, response.content
        return dict(response.json())


class NewServer(ScimClient):
    """Our client, on the host and scheme of before."""

    def __init__(self, token: str | None) -> None:
        super().__init__(token)
        self.client = Client(raise_request_exception=False, **_HOST)  # type: ignore[arg-type]


@dataclass(slots=True)
class Day:
    """What the old server was told and answered: users and groups by their ids, as documents."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)


def day_before(old: OldServer) -> Day:
    """Make three people, one of whom left, and two groups with members, all through the old package's own views."""
    day = Day()
    for name in ("ada", "grace", "linus"):
        made = old.made("/Users", user_body(name, active=name != "linus"))
        day.users[made["id"]] = made
    ada, grace, _ = day.users
    for name, members in (("Engineers", [ada, grace]), ("Pilots", [grace])):
        group = old.made("/Groups", {"schemas": [GROUP], "displayName": name, "externalId": f"ext-{name}"})
        response = _add_members(old, group["id"], members)
        assert response.status_code == 200, response.content
        day.groups[group["id"]] = old.send("GET", f"/Groups/{group['id']}").json()
    return day


def _add_members(old: OldServer, group: str, members: list[str]) -> Any:
    values: list[dict[str, Any]] = [{"value": member} for member in members]
    operation = {"op": "add", "path": "members", "value": values}
    body = {"schemas": [PATCH_OP], "Operations": [operation]}
    return old.send("PATCH", f"/Groups/{group}", body)


def make_tenant(**policies: Any) -> tuple[Connection, NewServer]:
    """Make the connection that takes over, and a client with its token."""
    connection = make_connection("acme", **policies)
    return connection, NewServer(make_token(connection))


def parity_day() -> tuple[OldServer, NewServer, dict[str, str]]:
    """Import a day with one group more, and give both servers and the ids that the requests of the parity run name."""
    old = OldServer()
    day = day_before(old)
    empty = old.made("/Groups", {"schemas": [GROUP], "displayName": "Empty"})
    _connection, new = make_tenant(manages_privileged=True)
    run_import("--all")
    ids = {document["userName"]: scim_id for scim_id, document in day.users.items()}
    ids |= {document["displayName"].lower(): scim_id for scim_id, document in day.groups.items()}
    return old, new, {**ids, "empty": empty["id"]}


def run_import(*arguments: str, code: int = 0) -> dict[str, Any]:
    """Run this project's import command and give its report; ``code`` is the exit code it has to end with."""
    name = "provisioning_import_django_scim2" + ("_server" if IS_SERVER else "")
    out = io.StringIO()
    ended = 0
    try:
        call_command(name, "--connection", "acme", "--format", "json", *arguments, stdout=out)
    except SystemExit as error:
        ended = int(error.code or 0)
    assert ended == code, out.getvalue()
    return dict(json.loads(out.getvalue()))


def rows() -> dict[str, list[dict[str, Any]]]:
    """Give every row of the package's tables and of users, groups and memberships, to compare two moments."""
    models = [*apps.get_app_config("django_provisioning").get_models(), get_user_model(), group_model()]
    models.append(membership_table().through)
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}
