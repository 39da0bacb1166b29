"""Seeded mutation fuzz over HTTP: no server error, and not one row of anybody else changed.

A quick run sends a few hundred requests, ``HYPOTHESIS_PROFILE=fuzz`` (``make fuzz``) twenty thousand a seed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model

from django_provisioning.models import Connection, Event, GroupLink, Identity
from django_provisioning.models.membership import group_model, membership_table
from tests.factories import make_token
from tests.scim.answers import ERROR_URN
from tests.scim.mutations import Mutator, Request
from tests.scim.scenes import Tenant, make_tenant
from tests.scim_client import ScimClient

if TYPE_CHECKING:
    from tests.scim_client import Response


# ``make fuzz`` selects its tests by this mark.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.hypothesis]

_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "fuzz"
_REQUESTS = 20_000 if _LONG else 200
_SEEDS = range(5 if _LONG else 2)
_SECRET = "kanarienvogel"


@pytest.mark.parametrize("seed", _SEEDS)
def test_fuzz_mutated_requests_break_nothing(seed: int, settings: Any) -> None:
    """Whatever one tenant sends, it gets a SCIM answer below 500 and the other tenant's rows stay as they are."""
    settings.DJANGO_PROVISIONING = {"THROTTLE": None}
    canary = make_tenant("canary", name=f"{_SECRET}@example.com", group=f"{_SECRET}s")
    local = _local_superuser()
    attacker = make_tenant("attacker")
    before = _rows_of(canary, local)
    client = ScimClient(make_token(attacker.connection))
    mutator = Mutator(seed, *_targets(attacker, canary))

    for number in range(_REQUESTS):
        request = mutator.request()
        _judge(_send(client, request), request, f"seed {seed}, request {number}")

    assert _rows_of(canary, local) == before
    assert not get_user_model().objects.exclude(pk=local.pk).filter(is_staff=True).exists()
    assert not get_user_model().objects.exclude(pk=local.pk).filter(is_superuser=True).exists()
    assert Connection.objects.count() == 2


def _targets(attacker: Tenant, canary: Tenant) -> tuple[list[str], list[str]]:
    """Give ids of users and groups to aim at: mostly the attacker's own, some of the other tenant, some of none."""
    users = [attacker.client.create_user(f"target{number}@example.com")["id"] for number in range(6)]
    groups = [attacker.client.create_group(f"Target {number}", users[0])["id"] for number in range(3)]
    users += [attacker.user["id"], canary.user["id"], "1", "none"]
    return users, [*groups, attacker.group["id"], canary.group["id"], "1", "none"]


def _send(client: ScimClient, request: Request) -> Response:
    return client.request(
        request.method,
        request.path,
        request.body or None,
        params=request.params,
        content_type=request.content_type,
        **{name.replace("-", "_"): value for name, value in request.headers.items()},
    )


def _judge(response: Response, request: Request, label: str) -> None:
    assert response.status_code < 500 or response.status_code == 501, (label, request, response.content[:300])
    assert _SECRET.encode() not in response.content.lower(), (label, request)
    if response.status_code >= 400 and request.method != "HEAD":
        assert response["Content-Type"] == "application/scim+json", (label, request)
        assert response.json()["schemas"] == [ERROR_URN], (label, request)


def _local_superuser() -> Any:
    model = get_user_model()
    user = model(is_staff=True, is_superuser=True, **{model.USERNAME_FIELD: "root@example.com"})
    user.set_password("only-for-this-test")
    user.save()
    return user


def _rows_of(canary: Tenant, local: Any) -> list[Any]:
    """Give every row of the canary tenant and of the local superuser."""
    users = list(Identity.objects.filter(connection=canary.connection).values_list("user_id", flat=True))
    links = GroupLink.objects.filter(connection=canary.connection)
    table = membership_table()
    rows = [
        Identity.objects.filter(connection=canary.connection),
        links,
        Event.objects.filter(connection=canary.connection).order_by("pk"),
        get_user_model().objects.filter(pk__in=[*users, local.pk]).order_by("pk"),
        group_model()._base_manager.filter(pk__in=links.values("group")),
        table.rows.filter(**{f"{table.user}__in": [*users, local.pk]}).order_by("pk"),
        Connection.objects.filter(pk=canary.connection.pk),
    ]
    return [list(queryset.values()) for queryset in rows]


def test_fuzz_same_seed_gives_the_same_requests() -> None:
    """A failure can be played again by its seed."""
    one, other = Mutator(7, ["a"], ["b"]), Mutator(7, ["a"], ["b"])

    assert [one.request() for _ in range(20)] == [other.request() for _ in range(20)]
