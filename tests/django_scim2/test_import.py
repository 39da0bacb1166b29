"""What a directory stored at the old server answers the same at ours, and a second import finds nothing to do."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError
from django.db import connection as database

from django_provisioning.models import Account, Event, GroupLink, Identity
from tests.django_scim2.bodies import PATCH_OP
from tests.django_scim2.scenes import OldServer, day_before, make_tenant, rows, run_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def switch(settings: Any) -> Any:
    """Let the call put our views on the prefix, as the edited URLconf does."""

    def switched() -> None:
        settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"

    return switched


def test_every_id_external_id_member_and_location_answers_the_same(switch: Any) -> None:
    """What django-scim2 answered for each resource is what we answer, at the same address."""
    day = day_before(OldServer())
    _connection, new = make_tenant()

    report = run_import()
    switch()

    assert report["users"]["imported"] == report["users"]["kept"] == 3
    assert report["groups"]["imported"] == report["groups"]["kept"] == 2
    for scim_id, before in day.users.items():
        after = new.get(f"/Users/{scim_id}").json()
        assert {name: after.get(name) for name in ("id", "externalId", "userName", "active", "emails")} == {
            name: before.get(name) for name in ("id", "externalId", "userName", "active", "emails")
        }
        assert after["name"] == before["name"]
        assert after["meta"]["location"] == before["meta"]["location"]
        found = new.get("/Users", {"filter": f'externalId eq "{before["externalId"]}"'}).json()
        assert [one["id"] for one in found["Resources"]] == [scim_id]
    for scim_id, before in day.groups.items():
        after = new.get(f"/Groups/{scim_id}").json()
        assert [after[name] for name in ("id", "externalId", "displayName")] == [
            before[name] for name in ("id", "externalId", "displayName")
        ]
        assert after["meta"]["location"] == before["meta"]["location"]
        assert {member["value"] for member in after["members"]} == {
            member["value"] for member in before["members"]
        }


def test_second_import_changes_nothing() -> None:
    """Not one row differs after the second run, and its report says so."""
    day_before(OldServer())
    make_tenant()
    run_import()
    before = rows()

    report = run_import()

    assert rows() == before
    assert report["users"]["unchanged"] == report["users"]["read"] == 3
    assert report["groups"]["unchanged"] == report["groups"]["read"] == 2
    assert report["ties"] is True


def test_dry_run_reports_what_the_import_does_and_writes_nothing() -> None:
    """The rehearsal's numbers are those of the real run."""
    day_before(OldServer())
    make_tenant()
    before = rows()

    rehearsed = run_import("--dry-run")
    written = rows()
    real = run_import()

    assert written == before
    assert rehearsed.pop("dry_run") is True
    assert real.pop("dry_run") is False
    assert rehearsed == real


def test_every_account_has_origin_import_and_an_event() -> None:
    """Each imported person has an account of that origin, managed by SCIM, and one event that says so."""
    day = day_before(OldServer())
    connection, _new = make_tenant()

    run_import()

    accounts = Account.objects.filter(user__provisioning_identities__connection=connection)
    events = Event.objects.filter(type="account.imported", connection=connection)
    assert set(accounts.values_list("origin", "managed_by")) == {("import", "scim")}
    assert sorted(accounts.values_list("state", flat=True)) == ["active", "active", "deprovisioned"]
    assert sorted(events.values_list("scim_id", flat=True)) == sorted(day.users)
    assert Event.objects.filter(type="group.imported").count() == 2


def test_import_in_batches_of_one_is_the_same_import() -> None:
    """Where a batch ends makes no difference, so a run that was stopped can be started again."""
    day = day_before(OldServer())
    connection, _new = make_tenant()

    report = run_import("--batch-size", "1")

    assert report["users"]["imported"] == 3
    assert set(Identity.objects.of(connection).values_list("scim_id", flat=True)) == set(day.users)
    assert set(GroupLink.objects.of(connection).values_list("scim_id", flat=True)) == set(day.groups)


def test_import_that_was_stopped_goes_on_where_it_ended() -> None:
    """What was committed before the crash stays; the next run takes the rest, and the two make one import."""
    day = day_before(OldServer())
    connection, _new = make_tenant()

    with database.execute_wrapper(_Stumble(on=2)), pytest.raises(RuntimeError, match="power cut"):
        run_import("--batch-size", "1")
    committed = Identity.objects.of(connection).count()
    report = run_import()

    assert committed == 1
    assert (report["users"]["unchanged"], report["users"]["imported"]) == (1, 2)
    assert set(Identity.objects.of(connection).values_list("scim_id", flat=True)) == set(day.users)
    assert Event.objects.filter(type="account.imported").count() == 3


def test_key_taken_between_look_and_insert_makes_the_batch_look_again() -> None:
    """A constraint that stops a batch is met by reading anew, not by a traceback."""
    day_before(OldServer())
    make_tenant()

    with database.execute_wrapper(_Stumble(on=1, error=IntegrityError)):
        report = run_import()

    assert report["users"]["imported"] == 3
    assert Event.objects.filter(type="account.imported").count() == 3


def test_directory_brings_back_whom_it_made_inactive_at_the_old_server(switch: Any) -> None:
    """Between two imports the old server's save reads as an administrator's; the second one gives it to the IdP."""
    old = OldServer()
    ada = next(iter(day_before(old).users))
    connection, new = make_tenant()
    run_import()
    operation = {"op": "replace", "path": "active", "value": False}
    assert (
        old.send("PATCH", f"/Users/{ada}", {"schemas": [PATCH_OP], "Operations": [operation]}).status_code
        < 300
    )
    state = Account.objects.get(user__provisioning_identities__scim_id=ada).state

    report = run_import()
    again = run_import()
    switch()
    response = new.patch(
        f"/Users/{ada}", {"schemas": [PATCH_OP], "Operations": [{**operation, "value": True}]}
    )

    assert state == "suspended"
    assert report["users"]["suspension_lifted"] == report["users"]["refreshed"] == 1
    assert again["users"]["suspension_lifted"] == 0
    assert response.status_code == 200, response.content
    user = Identity.objects.of(connection).get(scim_id=ada).user
    assert user.is_active


class _Stumble:
    """Raises in place of one insert of identities, once."""

    def __init__(self, *, on: int, error: type[Exception] = RuntimeError) -> None:
        self.left = on
        self.error = error

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith(f"INSERT INTO {database.ops.quote_name('django_provisioning_identity')}"):
            self.left -= 1
            if not self.left:
                raise self.error("power cut")
        return execute(sql, *rest)
