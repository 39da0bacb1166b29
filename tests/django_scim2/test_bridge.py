"""A project's own django-scim2 adapters behind our views, unchanged on the day of the switch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django_scim import exceptions as theirs

from django_provisioning.lifecycle import leave
from django_provisioning.models import Event, Identity
from django_provisioning.models.membership import group_model
from django_provisioning.scim2_bridge.adapters import without_relations
from tests.django_scim2.bodies import GROUP, USER, user_body
from tests.django_scim2.parity import OURS, SAME, Case, filled, seen
from tests.django_scim2.scenes import NewServer, OldServer, day_before, make_tenant, parity_day, run_import
from tests.factories import make_context

pytestmark = pytest.mark.django_db
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OFFICE = "urn:example:params:scim:schemas:office:2.0:User"
BADGED = {OFFICE: {"badge": "B-7", "desk": 12}, ENTERPRISE: {"department": "Engines"}}


@pytest.fixture
def new(settings: Any) -> NewServer:
    """Our views on the prefix, with nothing imported."""
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"
    return make_tenant()[1]


def employee(document: dict[str, Any]) -> Any:
    """Give the Django user of a resource."""
    return Identity.objects.get(scim_id=document["id"]).user


def test_custom_attributes_of_before_are_answered_after_the_import(settings: Any) -> None:
    """What only the project's to_dict knows is in our answer as it was in the old one."""
    old = OldServer()
    made = old.made("/Users", user_body("ada", **BADGED))
    _connection, new = make_tenant()
    run_import()
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"

    after = new.get(f"/Users/{made['id']}").json()

    assert after[OFFICE] == made[OFFICE] == BADGED[OFFICE]
    assert after[ENTERPRISE] == made[ENTERPRISE] == BADGED[ENTERPRISE]
    assert set(after["schemas"]) == {USER, ENTERPRISE, OFFICE}


def test_create_is_saved_by_the_adapter_under_the_id_it_answers_with(new: NewServer) -> None:
    """A new person has the project's columns filled, the adapter's id, and no password."""
    made = new.create_user("grace", externalId="7", **BADGED)

    user = employee(made)
    assert made["id"] == str(user.pk)
    assert (user.badge, user.desk, user.department) == ("B-7", 12, "Engines")
    assert (user.scim_external_id, user.scim_username) == ("7", "grace")
    assert not user.has_usable_password()
    assert made[OFFICE] == BADGED[OFFICE]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": f"{OFFICE}:badge", "value": "B-8"},
        {"op": "add", "value": {OFFICE: {"badge": "B-8"}}},
        {"op": "Replace", "value": {f"{OFFICE}:badge": "B-8"}},
    ],
)
def test_patch_of_a_custom_attribute_reaches_the_adapter_whole(
    new: NewServer, operation: dict[str, Any]
) -> None:
    """PATCH is computed on the document: what it does not name stays, though from_dict would clear it."""
    made = new.create_user("grace", **BADGED, name={"givenName": "Grace", "familyName": "Hopper"})

    answer = new.patch(f"/Users/{made['id']}", [operation])

    user = employee(made)
    assert answer.status_code == 200, answer.content
    assert answer.json()[OFFICE] == {"badge": "B-8", "desk": 12}
    assert (user.badge, user.desk, user.department) == ("B-8", 12, "Engines")
    assert (user.first_name, user.last_name) == ("Grace", "Hopper")


def test_patch_that_removes_a_custom_attribute_clears_the_column(new: NewServer) -> None:
    """A removal reaches the adapter as an absence."""
    made = new.create_user("grace", **BADGED)

    answer = new.patch(f"/Users/{made['id']}", [{"op": "remove", "path": f"{OFFICE}:desk"}])

    assert answer.status_code == 200, answer.content
    assert employee(made).desk is None
    assert answer.json()[OFFICE] == {"badge": "B-7"}


def test_put_replaces_through_the_adapter(new: NewServer) -> None:
    """PUT hands the body over as the old view did."""
    made = new.create_user("grace", **BADGED)

    answer = new.put(
        f"/Users/{made['id']}", {"schemas": [USER], "userName": "grace", OFFICE: {"badge": "B-9"}}
    )

    user = employee(made)
    assert answer.status_code == 200, answer.content
    assert (user.badge, user.desk, user.department) == ("B-9", None, "")


def test_adapters_refusal_keeps_its_status_and_scim_type_and_undoes_all(new: NewServer) -> None:
    """validate_dict raises django-scim2's exception: the answer says what it said, and nothing was written."""
    made = new.create_user("grace", **BADGED)

    answer = new.patch(
        f"/Users/{made['id']}",
        [
            {"op": "replace", "path": "active", "value": False},
            {"op": "replace", "path": f"{OFFICE}:badge", "value": "X"},
        ],
    )

    assert answer.status_code == 400
    assert answer.json()["scimType"] == "invalidValue"
    assert answer.json()["detail"] == "A badge starts with B-."
    assert employee(made).is_active
    assert not Event.objects.filter(type="account.deactivated").exists()


def test_leave_ends_access_although_the_adapter_saves_the_user(new: NewServer) -> None:
    """Active false is a leave by lifecycle: event, password gone, and the adapter's save does not undo it."""
    made = new.create_user("grace", **BADGED)
    user = employee(made)
    user.set_password("made-up")
    user.save()

    answer = new.patch(f"/Users/{made['id']}", [{"op": "replace", "value": {"active": "False"}}])

    user = employee(made)
    assert answer.status_code == 200
    assert answer.json()["active"] is False
    assert not user.is_active
    assert not user.has_usable_password()
    assert list(
        Event.objects.filter(type__in=["account.deactivated", "account.suspended"]).values_list("type")
    ) == [("account.deactivated",)]


def test_rejoin_gives_access_back_through_the_adapter(new: NewServer) -> None:
    """Active true after a leave is a rejoin, and nobody's suspension stands in the way."""
    made = new.create_user("grace", **BADGED)
    new.patch(f"/Users/{made['id']}", [{"op": "replace", "path": "active", "value": False}])

    answer = new.patch(f"/Users/{made['id']}", [{"op": "replace", "path": "active", "value": True}])

    assert answer.json()["active"] is True
    assert employee(made).is_active
    assert employee(made).provisioning_account.state == "active"


def test_filter_on_an_attribute_of_attr_map_finds_the_person(new: NewServer) -> None:
    """ATTR_MAP names a custom attribute: it can be filtered on, and one that nobody names is an error."""
    made = new.create_user("grace", **BADGED)
    new.create_user("ada", **{OFFICE: {"badge": "B-1"}})
    new.patch(f"/Users/{made['id']}", [{"op": "replace", "path": f"{OFFICE}:badge", "value": "B-8"}])

    found = new.get("/Users", {"filter": f'{OFFICE}:badge eq "b-8"'}).json()
    stale = new.get("/Users", {"filter": f'{OFFICE}:badge eq "B-7"'}).json()
    unknown = new.get("/Users", {"filter": f'{OFFICE}:desk eq "12"'})

    assert [one["id"] for one in found["Resources"]] == [made["id"]]
    assert stale["totalResults"] == 0
    assert unknown.json()["scimType"] == "invalidFilter"


def test_filter_on_an_attribute_of_attr_map_finds_imported_people(settings: Any) -> None:
    """The import indexes what ATTR_MAP names."""
    made = OldServer().made("/Users", user_body("ada", **BADGED))
    _connection, new = make_tenant()
    run_import()
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"

    found = new.get("/Users", {"filter": f'{OFFICE}:badge eq "B-7"'}).json()

    assert [one["id"] for one in found["Resources"]] == [made["id"]]


def test_local_edit_of_a_custom_column_is_answered(new: NewServer) -> None:
    """Reading is the adapter's to_dict, so what the application changed is what the directory sees."""
    made = new.create_user("grace", **BADGED)
    user = employee(made)
    user.desk = 99
    user.save()

    single = new.get(f"/Users/{made['id']}")
    listed = new.get("/Users").json()["Resources"]

    assert single.json()[OFFICE]["desk"] == 99
    assert listed == [single.json()]
    assert single["ETag"] != made["meta"]["version"]


def test_delete_makes_a_tombstone_and_keeps_the_row(new: NewServer) -> None:
    """The library's own delete is not called: the connection's policy decides what becomes of the row."""
    made = new.create_user("grace", **BADGED)
    user = employee(made)

    answer = new.delete(f"/Users/{made['id']}")

    user.refresh_from_db()
    assert answer.status_code == 204
    assert new.get(f"/Users/{made['id']}").status_code == 404
    assert not user.is_active


def test_group_keeps_its_custom_attribute_through_create_patch_and_put(new: NewServer) -> None:
    """The project's group adapter saves what its from_dict knows."""
    made = new.create_group("Pilots", purpose="to fly")
    squad: Any = group_model()._default_manager.get(name="Pilots")

    patched = new.patch(f"/Groups/{made['id']}", [{"op": "replace", "path": "purpose", "value": "to land"}])

    squad.refresh_from_db()
    assert made["purpose"] == "to fly"
    assert patched.json()["purpose"] == squad.purpose == "to land"
    replaced = new.put(
        f"/Groups/{made['id']}", {"schemas": [GROUP], "displayName": "Pilots", "purpose": "to taxi"}
    )
    squad.refresh_from_db()
    assert replaced.json()["purpose"] == squad.purpose == "to taxi"


def test_overridden_handle_add_is_called_and_its_members_are_recorded(
    new: NewServer, monkeypatch: Any
) -> None:
    """PATCH code of the project's own runs in place of ours, and the event says what it did."""
    from tests.apps.scim2_uuid.adapters import SquadAdapter

    calls = []
    original = SquadAdapter.handle_add

    def handle_add(self: Any, path: Any, value: Any, operation: Any) -> None:
        calls.append(value)
        original(self, path, value, operation)

    monkeypatch.setattr(SquadAdapter, "handle_add", handle_add)
    person, group = new.create_user("grace"), new.create_group("Pilots")

    answer = new.patch(
        f"/Groups/{group['id']}", [{"op": "Add", "path": "members", "value": [{"value": person["id"]}]}]
    )

    assert calls == [[{"value": person["id"]}]]
    assert [member["value"] for member in answer.json()["members"]] == [person["id"]]
    event = Event.objects.filter(type="group.members_changed").get()
    assert event.changes["members"]["new"] == [person["id"]]


def test_operation_that_own_code_does_not_implement_is_computed(new: NewServer) -> None:
    """Own PATCH code that raises NotImplementedError leaves the operation to us; so does an op it does not have."""
    person, group = new.create_user("grace"), new.create_group("Pilots")
    new.patch(
        f"/Groups/{group['id']}", [{"op": "add", "path": "members", "value": [{"value": person["id"]}]}]
    )

    renamed = new.patch(f"/Groups/{group['id']}", [{"op": "add", "path": "displayName", "value": "Aviators"}])
    removed = new.patch(
        f"/Groups/{group['id']}", [{"op": "remove", "path": f'members[value eq "{person["id"]}"]'}]
    )

    assert renamed.json()["displayName"] == "Aviators"
    assert "members" not in removed.json()


def test_overridden_user_handle_replace_goes_through_a_leave(new: NewServer, monkeypatch: Any) -> None:
    """Project code that sets is_active in a PATCH handler still ends access by lifecycle."""
    from tests.apps.scim2_uuid.adapters import EmployeeAdapter

    def handle_replace(self: Any, path: Any, value: Any, operation: Any) -> None:
        self.obj.is_active = value
        self.obj.department = "gone"
        self.save()

    monkeypatch.setattr(EmployeeAdapter, "handle_replace", handle_replace, raising=False)
    made = new.create_user("grace", **BADGED)

    answer = new.patch(
        f"/Users/{made['id']}",
        [
            {"op": "add", "path": "displayName", "value": "G. H."},
            {"op": "replace", "path": "active", "value": False},
        ],
    )

    user = employee(made)
    assert answer.status_code == 200, answer.content
    assert answer.json()["active"] is False
    assert (user.is_active, user.department) == (False, "gone")
    assert user.provisioning_account.state == "deprovisioned"
    assert list(Event.objects.filter(phase="leaver").values_list("type", flat=True)) == [
        "account.deactivated"
    ]


def test_overridden_user_handle_replace_does_not_lift_a_suspension(new: NewServer, monkeypatch: Any) -> None:
    """Project code that sets is_active in a PATCH handler lets nobody in whom an administrator suspended."""
    from tests.apps.scim2_uuid.adapters import EmployeeAdapter

    def handle_replace(self: Any, path: Any, value: Any, operation: Any) -> None:
        self.obj.is_active = value
        self.save()

    monkeypatch.setattr(EmployeeAdapter, "handle_replace", handle_replace, raising=False)
    made = new.create_user("grace", **BADGED)
    leave.suspend(make_context(), employee(made), suspension="administrator", reason="test")

    answer = new.patch(f"/Users/{made['id']}", [{"op": "replace", "path": "active", "value": True}])

    assert answer.json()["active"] is False
    assert not employee(made).is_active


def test_imported_group_is_patched_by_the_old_ids(settings: Any) -> None:
    """The directory goes on with the ids it has: a member leaves a squad that the old server made."""
    day = day_before(OldServer())
    _connection, new = make_tenant()
    run_import()
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"
    group = next(iter(day.groups.values()))
    member = group["members"][0]["value"]

    answer = new.patch(f"/Groups/{group['id']}", [{"op": "remove", "path": f'members[value eq "{member}"]'}])

    assert answer.status_code == 200, answer.content
    assert member not in {one["value"] for one in answer.json().get("members", [])}


def test_suspension_outlives_the_adapters_save(new: NewServer) -> None:
    """Whom an administrator suspended stays inactive while the directory goes on writing."""
    made = new.create_user("grace", **BADGED)
    leave.suspend(make_context(), employee(made), suspension="administrator", reason="test")

    answer = new.put(f"/Users/{made['id']}", user_body("grace", **{OFFICE: {"badge": "B-9"}}))

    user = employee(made)
    assert answer.status_code == 200, answer.content
    assert (user.is_active, user.badge) == (False, "B-9")


def test_password_of_the_directory_is_not_handed_over(new: NewServer) -> None:
    """Somebody who logs in by SSO gets no local password, though from_dict would set it."""
    made = new.create_user("grace", password="made-up-by-the-directory")
    new.patch(f"/Users/{made['id']}", [{"op": "replace", "path": "password", "value": "another"}])

    assert not employee(made).has_usable_password()


def test_overridden_delete_is_called_after_access_has_ended(new: NewServer, monkeypatch: Any) -> None:
    """The project's own delete does its part in the same transaction; the tombstone is ours."""
    from tests.apps.scim2_uuid.adapters import EmployeeAdapter

    seen: list[bool] = []
    monkeypatch.setattr(
        EmployeeAdapter, "delete", lambda self: seen.append(self.obj.is_active), raising=False
    )
    made = new.create_user("grace")

    answer = new.delete(f"/Users/{made['id']}")

    assert answer.status_code == 204
    assert seen == [False]
    assert Event.objects.filter(type="account.deleted").count() == 1


def test_undeclared_attribute_cannot_be_chosen(new: NewServer) -> None:
    """What only to_dict knows is answered, but ``attributes`` does not know its name."""
    made = new.create_user("grace", **BADGED)

    declared = new.get(f"/Users/{made['id']}", {"attributes": f"{OFFICE}:badge"}).json()
    undeclared = new.get(f"/Users/{made['id']}", {"attributes": f"{OFFICE}:desk"}).json()

    assert declared[OFFICE] == {"badge": "B-7"}
    assert OFFICE not in undeclared


@pytest.fixture
def _fresh_readers() -> Iterator[None]:
    """What a reader leaves out is found once for an adapter, so a test that changes one looks again."""
    without_relations.cache_clear()
    yield
    without_relations.cache_clear()


@pytest.mark.usefixtures("_fresh_readers")
def test_attributes_made_of_the_groups_are_answered(new: NewServer, monkeypatch: Any) -> None:
    """An adapter that reads self.groups gets them; ``groups`` itself stays ours."""
    from tests.apps.scim2_uuid.adapters import EmployeeAdapter

    original = EmployeeAdapter.to_dict

    def to_dict(self: Any) -> dict[str, Any]:
        return {**original(self), "roles": [{"value": group["display"]} for group in self.groups]}

    monkeypatch.setattr(EmployeeAdapter, "to_dict", to_dict)
    made = new.create_user("grace")
    group = new.create_group("Pilots", members=[{"value": made["id"]}])

    single = new.get(f"/Users/{made['id']}").json()

    assert [role["value"] for role in single["roles"]] == ["Pilots"]
    assert [one["value"] for one in single["groups"]] == [group["id"]]
    assert new.get("/Users").json()["Resources"] == [single]


def test_failing_to_dict_is_an_error_of_ours(new: NewServer, monkeypatch: Any) -> None:
    """An adapter that raises is answered with a SCIM error that says nothing of the inside."""
    from tests.apps.scim2_uuid.adapters import EmployeeAdapter

    made = new.create_user("grace")
    monkeypatch.setattr(EmployeeAdapter, "to_dict", lambda self: self.secret)

    answer = new.get(f"/Users/{made['id']}")

    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()


def test_userName_that_a_local_account_has_is_a_conflict(new: NewServer) -> None:  # noqa: N802 - SCIM's spelling
    """The adapter saves the login name as it is pushed; one that is taken is 409 and leaves nothing behind."""
    get_user_model()._default_manager.create_user("grace", "grace@example.com", "made-up")

    answer = new.post("/Users", user_body("grace"))

    assert answer.status_code == 409, answer.content
    assert not Identity.objects.exists()


def test_list_costs_one_query_for_all_users(new: NewServer) -> None:
    """A page loads its users at once; only an adapter with queries of its own costs more."""
    counts = []
    for number in range(4):
        new.create_user(f"user{number}", **BADGED)
        if number in (0, 3):
            with CaptureQueriesContext(database) as captured:
                assert new.get("/Users").json()["totalResults"] == number + 1
            counts.append(len(captured))

    assert counts[0] == counts[1]


@pytest.fixture
def imported(settings: Any) -> tuple[NewServer, dict[str, str]]:
    """Our views on an imported day, and the ids that the requests of the parity run name."""
    _old, new, ids = parity_day()
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"
    return new, ids


# The project's adapter makes displayName of the names, and knows no title.
_DECIDED_BY_THE_ADAPTER = {
    "PATCH replace displayName": {"displayName": "Ada Example"},
    "PATCH add to a user": {"title": None},
}


@pytest.mark.parametrize("case", [*SAME, *OURS], ids=lambda case: case.name)
def test_parity_holds_through_the_adapters(case: Case, imported: tuple[NewServer, dict[str, str]]) -> None:
    """What the parity run asks gets its answer also where the project's adapters write and read."""
    new, ids = imported
    sent = filled(case, ids)

    answer = new.request(case.method, sent.path, sent.body, params=sent.params, **case.headers)

    assert answer.status_code == case.status, answer.content
    if case in OURS:
        assert seen(case, answer) == _DECIDED_BY_THE_ADAPTER.get(case.name, case.expected)


@pytest.mark.parametrize(
    ("raised", "status", "scim_type"),
    [
        (ValidationError("Badges are sold out."), 400, "invalidValue"),
        (theirs.NotFoundError("17"), 404, None),
        (theirs.IntegrityError("taken"), 409, None),
        (theirs.SCIMException("secret of the inside"), 500, None),
    ],
)
def test_exceptions_of_own_code_are_answered_as_they_mean(
    raised: Exception, status: int, scim_type: str | None, new: NewServer, monkeypatch: Any
) -> None:
    """django-scim2's exceptions and Django's validation keep their meaning, in from_dict and in PATCH code alike."""
    from tests.apps.scim2_uuid.adapters import EmployeeAdapter

    def refuse(self: Any, *_: Any) -> None:
        raise raised

    made = new.create_user("grace")
    monkeypatch.setattr(EmployeeAdapter, "from_dict", refuse)
    put = new.put(f"/Users/{made['id']}", user_body("grace"))
    monkeypatch.setattr(EmployeeAdapter, "handle_replace", refuse, raising=False)
    patched = new.patch(f"/Users/{made['id']}", [{"op": "replace", "path": "title", "value": "x"}])

    for answer in (put, patched):
        assert (answer.status_code, answer.json().get("scimType")) == (status, scim_type)
        assert "secret" not in answer.content.decode()
