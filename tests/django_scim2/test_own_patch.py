"""PATCH code of a project that ends in ``super()``: its branches are kept, and django-scim2's faults are not."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django_scim import exceptions as theirs
from django_scim.adapters import SCIMGroup, SCIMUser

from django_provisioning.models import Event, Identity
from django_provisioning.scim2_bridge.mapping import request_for
from tests.apps.scim2_uuid.adapters import ENTERPRISE, EmployeeAdapter, SquadAdapter
from tests.django_scim2.bodies import user_body
from tests.django_scim2.parity import OURS, SAME, Case, filled, seen
from tests.django_scim2.scenes import NewServer, make_tenant, parity_day

pytestmark = pytest.mark.django_db
_DEPARTMENT = f"{ENTERPRISE}:department"


def handle_replace(self: Any, path: Any, value: Any, operation: dict[str, Any]) -> None:
    """What many projects wrote: a branch for ``active``, one for a column, and django-scim2's code for the rest."""
    if path.first_path == ("active", None, None):
        self.obj.is_active = value in (True, "True", "true")
    elif path.first_path == ("department", None, ENTERPRISE):
        if value == "closed":
            raise theirs.BadRequestError("That department is closed.", scim_type="invalidValue")
        if value == "broken":
            raise KeyError(value)
        self.obj.department = f"{value} by own code"
    else:
        SCIMUser.handle_replace(self, path, value, operation)
    self.save()


def only_super(name: str) -> Any:
    """Give a method that does what the library's does."""

    def method(self: Any, path: Any, value: Any, operation: dict[str, Any]) -> None:
        getattr(SCIMGroup if isinstance(self, SCIMGroup) else SCIMUser, name)(self, path, value, operation)

    return method


@pytest.fixture
def new(settings: Any, monkeypatch: Any) -> NewServer:
    """Our views, with a user adapter that has PATCH code of its own."""
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"
    monkeypatch.setattr(EmployeeAdapter, "handle_replace", handle_replace, raising=False)
    return make_tenant()[1]


def employee(document: dict[str, Any]) -> Any:
    """Give the Django user of a resource."""
    return Identity.objects.get(scim_id=document["id"]).user


def replacing(value: Any, path: str | None = None, op: str = "replace") -> list[dict[str, Any]]:
    """Give the operations of a PATCH, written in one of the forms that directories use."""
    return [{"op": op, "value": value} | ({"path": path} if path else {})]


@pytest.mark.parametrize("kind", ["own branch", "only super"])
@pytest.mark.parametrize(
    "operations",
    [
        replacing("False", "active"),
        replacing(False, "active"),
        replacing("False", "Active", "Replace"),
        replacing({"active": "False"}),
        replacing({"active": False, "nickName": "Amazing"}),
        replacing({"userName": "grace", "active": "False"}, op="Add"),
        replacing(False, "urn:ietf:params:scim:schemas:core:2.0:User:active"),
        replacing(False, "active") + replacing("Hop", "name.givenName"),
        replacing("Hop", "name.givenName") + replacing("False", "active"),
    ],
    ids=repr,
)
def test_leave_ends_access_in_every_form(
    operations: list[dict[str, Any]], kind: str, new: NewServer, monkeypatch: Any
) -> None:
    """Deactivation is decided by lifecycle, whatever the project's PATCH code or django-scim2's would make of it."""
    if kind == "only super":
        monkeypatch.setattr(EmployeeAdapter, "handle_replace", only_super("handle_replace"), raising=False)
    made = new.create_user("grace")

    answer = new.patch(f"/Users/{made['id']}", operations)

    user = employee(made)
    assert answer.status_code == 200, answer.content
    assert answer.json()["active"] is False
    assert not user.is_active
    assert user.provisioning_account.state == "deprovisioned"
    leaver = Event.objects.filter(phase="leaver").values_list("type", flat=True)
    assert list(leaver) == ["account.deactivated"]
    back = new.patch(f"/Users/{made['id']}", replacing("True", "active"))
    assert (back.status_code, back.json()["active"], employee(made).is_active) == (200, True, True)


def test_own_code_cannot_keep_a_leaver_in(new: NewServer, monkeypatch: Any) -> None:
    """A handler that ignores, inverts or fails on ``active``, or asks django-scim2 to, changes nothing about access."""
    for number, own in enumerate((lambda *_: None, _inverted, _failing, _checked_by_library)):
        monkeypatch.setattr(EmployeeAdapter, "handle_replace", own, raising=False)
        made = new.create_user(f"user{number}")

        answer = new.patch(f"/Users/{made['id']}", replacing(False, "active"))

        assert (answer.status_code, answer.json()["active"]) == (200, False)
        assert not employee(made).is_active


def _inverted(self: Any, path: Any, value: Any, operation: dict[str, Any]) -> None:
    self.obj.is_active = not value
    self.save()


def _checked_by_library(self: Any, path: Any, value: Any, operation: dict[str, Any]) -> None:
    self.validate_dict({"active": str(value)})


def _failing(self: Any, path: Any, value: Any, operation: dict[str, Any]) -> None:
    self.obj.is_active = True
    self.save()
    raise RuntimeError


@pytest.mark.parametrize(
    ("operations", "status", "field", "expected"),
    [
        (replacing({"name": {"givenName": "Z"}}), 200, "first_name", "Z"),
        (replacing("Z", "name.givenName"), 200, "first_name", "Z"),
        (replacing("Z", "Name.GivenName"), 200, "first_name", "Z"),
        (replacing("z@example.com", "emails.value"), 200, "email", "z@example.com"),
        (replacing("z@example.com", "emails[primary eq true].value"), 200, "email", "z@example.com"),
        (replacing([{"value": "z@example.com", "primary": "True"}], "emails"), 200, "email", "z@example.com"),
        (replacing("z@example.com", 'emails[type eq "work"].value'), 200, "email", "z@example.com"),
        (replacing("Z", "nosuch x"), 400, "first_name", "Grace"),
        (replacing("Z"), 400, "first_name", "Grace"),
        (replacing(None, "userName"), 400, "username", "grace"),
        (replacing("ada", "userName"), 409, "username", "grace"),
        (replacing("hopper", "userName"), 200, "username", "hopper"),
        (replacing(7, "name.givenName"), 400, "first_name", "Grace"),
        (replacing(["x", "y"], "name.givenName"), 400, "first_name", "Grace"),
        (replacing("Engines", _DEPARTMENT), 200, "department", "Engines by own code"),
        (replacing({_DEPARTMENT: "Engines"}), 200, "department", "Engines by own code"),
        (replacing({ENTERPRISE: {"department": "Engines"}}), 200, "department", "Engines by own code"),
        (replacing(["x", "y"], _DEPARTMENT), 400, "department", ""),
        (replacing("closed", _DEPARTMENT), 400, "department", ""),
        (replacing("broken", _DEPARTMENT), 200, "department", "broken"),
        (replacing("maybe", "active"), 400, "is_active", True),
    ],
    ids=repr,
)
def test_forms_of_patch_are_answered_rightly(
    operations: list[dict[str, Any]], status: int, field: str, expected: Any, new: NewServer
) -> None:
    """Malformed is 400, taken is 409, and what neither the project nor django-scim2 can do is computed."""
    new.create_user("ada")
    made = new.create_user("grace", name={"givenName": "Grace"})

    answer = new.patch(f"/Users/{made['id']}", operations)

    assert answer.status_code == status, answer.content
    assert getattr(employee(made), field) == expected
    assert new.get(f"/Users/{made['id']}").status_code == 200
    assert employee(made).is_active


def test_own_code_gets_values_as_they_are_declared(new: NewServer, monkeypatch: Any) -> None:
    """Each operation arrives with a path, spelled as the schema spells it, and a value of the declared type."""
    calls: list[Any] = []

    def own(self: Any, path: Any, value: Any, operation: dict[str, Any]) -> None:
        calls.append((operation["op"], operation["path"], value))
        raise theirs.NotImplementedError

    monkeypatch.setattr(EmployeeAdapter, "handle_replace", own, raising=False)
    made = new.create_user("grace")

    new.patch(
        f"/Users/{made['id']}",
        replacing({"ACTIVE": "True", "name.givenname": "Z"}, op="Replace")
        + replacing("z@example.com", "emails[primary eq true].value")
        + replacing("secret", "password"),
    )

    assert calls == [
        ("replace", "active", True),
        ("replace", "name.givenName", "Z"),
        ("replace", "emails[primary eq true].value", "z@example.com"),
    ]


def test_failure_of_own_code_leaves_nothing_and_is_logged_without_values(
    new: NewServer, monkeypatch: Any, caplog: Any
) -> None:
    """What a failing handler has saved is rolled back; the log names the operation and no value."""

    def own(self: Any, path: Any, value: Any, operation: dict[str, Any]) -> None:
        self.obj.desk = 99
        self.save()
        raise RuntimeError(value)

    monkeypatch.setattr(EmployeeAdapter, "handle_replace", own, raising=False)
    made = new.create_user("grace")

    with caplog.at_level(logging.WARNING, "django_provisioning.scim2_bridge"):
        answer = new.patch(f"/Users/{made['id']}", replacing("Zebra", "name.givenName"))

    user = employee(made)
    assert answer.status_code == 200
    assert (user.first_name, user.desk) == ("Zebra", None)
    assert "name.givenName" in caplog.text
    assert "RuntimeError" in caplog.text
    assert "Zebra" not in caplog.text


def test_value_that_cannot_be_read_back_is_not_kept(new: NewServer, monkeypatch: Any) -> None:
    """Own code after which ``to_dict`` fails has failed itself, so the resource stays readable."""
    original = EmployeeAdapter.to_dict

    def to_dict(self: Any) -> dict[str, Any]:
        if self.obj.first_name == "Unreadable":
            raise ValueError
        return dict(original(self))

    def own(self: Any, path: Any, value: Any, operation: dict[str, Any]) -> None:
        self.obj.first_name = "Unreadable"
        self.save()

    made = new.create_user("grace")
    monkeypatch.setattr(EmployeeAdapter, "to_dict", to_dict)
    monkeypatch.setattr(EmployeeAdapter, "handle_replace", own, raising=False)

    answer = new.patch(f"/Users/{made['id']}", replacing("Z", "name.givenName"))

    assert answer.status_code == 200, answer.content
    assert new.get(f"/Users/{made['id']}").json()["name"]["givenName"] == "Z"


def test_group_code_that_fails_is_computed(new: NewServer, monkeypatch: Any) -> None:
    """django-scim2 takes member ids for integers: with UUIDs its code fails, and the members change all the same."""
    for name in ("handle_add", "handle_remove", "handle_replace"):
        monkeypatch.setattr(SquadAdapter, name, only_super(name))
    person, group = new.create_user("grace"), new.create_group("Pilots")
    path = f"/Groups/{group['id']}"

    added = new.patch(path, replacing([{"value": person["id"]}], "members", "Add"))
    renamed = new.patch(path, replacing({"id": group["id"], "displayName": "Aviators"}))
    malformed = new.patch(path, replacing("x", "nosuch x"))
    removed = new.patch(path, [{"op": "Remove", "path": "members"}])

    assert [member["value"] for member in added.json()["members"]] == [person["id"]]
    assert renamed.json()["displayName"] == "Aviators"
    assert malformed.status_code == 400
    assert "members" not in removed.json()


@pytest.fixture
def imported(settings: Any, monkeypatch: Any) -> tuple[NewServer, dict[str, str]]:
    """Our views on an imported day, with PATCH code that only calls ``super()`` for users and groups."""
    _old, new, ids = parity_day()
    for adapter in (EmployeeAdapter, SquadAdapter):
        for name in ("handle_add", "handle_remove", "handle_replace"):
            monkeypatch.setattr(adapter, name, only_super(name), raising=False)
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"
    return new, ids


# The project's adapter makes displayName of the names, and knows no title.
_DECIDED_BY_THE_ADAPTER = {
    "PATCH replace displayName": {"displayName": "Ada Example"},
    "PATCH add to a user": {"title": None},
}


@pytest.mark.parametrize("case", [*SAME, *OURS], ids=lambda case: case.name)
def test_parity_holds_with_patch_code_of_the_project(
    case: Case, imported: tuple[NewServer, dict[str, str]]
) -> None:
    """What the parity run asks gets its answer also where the project's PATCH code calls the library's."""
    new, ids = imported
    sent = filled(case, ids)

    answer = new.request(case.method, sent.path, sent.body, params=sent.params, **case.headers)

    assert answer.status_code == case.status, answer.content
    if case in OURS:
        assert seen(case, answer) == _DECIDED_BY_THE_ADAPTER.get(case.name, case.expected)


@pytest.mark.parametrize("base", ["https://scim.example.com/scim/v2", "http://scim.example.com:8080/scim/v2"])
def test_request_of_adapters_has_the_scheme_and_host_of_the_base_url(base: str, settings: Any) -> None:
    """An adapter that builds an absolute address gets the one under which it is served."""
    settings.ALLOWED_HOSTS = ["scim.example.com"]

    request = request_for(base)

    origin = base.removesuffix("/scim/v2")
    assert request.build_absolute_uri("/people/") == f"{origin}/people/"
    assert request.is_secure() is base.startswith("https")
    assert request.path == "/scim/v2/"


def test_put_still_refuses_as_the_adapter_does(new: NewServer) -> None:
    """Only PATCH code is replaced where it fails; what ``validate_dict`` refuses stays refused."""
    made = new.create_user("grace")
    office = "urn:example:params:scim:schemas:office:2.0:User"

    answer = new.put(f"/Users/{made['id']}", user_body("grace", **{office: {"badge": "X"}}))

    assert answer.status_code == 400
    assert get_user_model()._default_manager.get(username="grace").badge == ""  # type: ignore[attr-defined]
