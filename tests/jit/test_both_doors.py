"""The login and the directory meet on the same account, whichever comes first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model

from django_provisioning.lifecycle.presets import policies_of
from django_provisioning.models import Account, Event, Identity
from tests.jit.browser import Browser
from tests.jit.doors import Door, make_person
from tests.jit.scenes import directory_of, everything, identity_of, refusal

pytestmark = pytest.mark.django_db


def test_push_after_a_first_login_takes_over_the_same_account(door: Door, browser: Browser) -> None:
    """A person whom a login made is adopted by the directory: same primary key, managed by both (C25, C31)."""
    connection = door.connect()
    door.log_in(make_person(), browser)
    made = identity_of(connection, "ada.marsh")

    resource = directory_of(connection).create_user("ada.marsh", externalId="e-1", title="Engineer")

    adopted = identity_of(connection, "ada.marsh")
    assert (adopted.user_id, adopted.scim_id) == (made.user_id, resource["id"])
    assert adopted.user.provisioning_account.managed_by == "scim+sso"
    assert adopted.user.provisioning_account.origin == door.origin
    assert browser.whoami()["pk"] == made.user_id  # type: ignore[index]


def test_first_login_of_a_pushed_person_binds_the_subject(door: Door, browser: Browser) -> None:
    """A person whom the directory pushed logs in to that account; the subject becomes its key (C25)."""
    connection = door.connect()
    directory_of(connection).create_user("Ada.Marsh", displayName="From the directory")
    pushed = identity_of(connection, "Ada.Marsh")

    door.log_in(make_person("ada.marsh"), browser)

    bound = identity_of(connection, "Ada.Marsh")
    assert bound.subject == "key-of-ada.marsh"
    assert browser.whoami()["pk"] == pushed.user_id  # type: ignore[index]
    assert bound.user.provisioning_account.managed_by == "scim+sso"
    assert bound.user.provisioning_account.origin == "scim"
    assert Event.objects.filter(type="account.subject_bound").count() == 1


def test_login_of_a_managed_person_leaves_the_attributes_alone(door: Door, browser: Browser) -> None:
    """Where SCIM manages the account no claim and no group claim changes it, at the first and at later logins.

    Proves C4, N11.
    """
    connection = door.connect(attribute_sync={"default": "always"}, group_sync="authoritative")
    client = directory_of(connection)
    user = client.create_user("ada.marsh", name={"givenName": "Ada", "familyName": "Marsh"})
    client.create_group("Engineers", user["id"])
    client.create_group("Pilots")
    person = make_person(
        given_name="Mallory", family_name="Other", email="new@example.com", groups=("Pilots",)
    )
    before = client.get(f"/Users/{user['id']}").json()

    for _time in range(2):
        assert door.log_in(person).status == 200

    assert client.get(f"/Users/{user['id']}").json() == before
    assert [group["display"] for group in before["groups"]] == ["Engineers"]


def test_pushed_person_with_the_subject_as_external_id_is_bound_under_another_name(
    door: Door, browser: Browser
) -> None:
    """An externalId equal to the subject identifies the person although the login names differ."""
    connection = door.connect()
    directory_of(connection).create_user("a.marsh", externalId="key-of-ada.marsh")

    door.log_in(make_person("ada.marsh"), browser)

    assert identity_of(connection, "a.marsh").subject == "key-of-ada.marsh"
    assert browser.whoami()["username"] == "a.marsh"  # type: ignore[index]
    assert Identity.objects.count() == 1


@pytest.mark.parametrize("way", ["patch", "put", "delete"])
def test_login_of_somebody_who_left_is_refused_and_changes_nothing(
    door: Door, browsers: Callable[[], Browser], way: str
) -> None:
    """The directory ended the access: a valid assertion brings nobody back, and the person is told whom to ask.

    Proves C26.
    """
    connection = door.connect()
    client = directory_of(connection)
    user = client.create_user("ada.marsh", name={"givenName": "Ada"})
    person = make_person()
    door.log_in(person, browsers())
    path = f"/Users/{user['id']}"
    if way == "patch":
        client.patch(path, [{"op": "replace", "value": {"active": False}}])
    elif way == "put":
        client.put(path, {"schemas": user["schemas"], "userName": "ada.marsh", "active": False})
    else:
        client.delete(path)
    before = everything()
    other = browsers()

    page = door.log_in(replace(person, given_name="Back", email="back@example.com"), other)

    event = refusal(page)
    assert (event.reason, event.connection) == ("deprovisioned", connection)
    assert everything() == before
    assert other.whoami() is None
    assert "not active" in page.text
    assert "the service desk" in page.text


def test_login_before_any_binding_of_somebody_who_left_is_refused(door: Door) -> None:
    """Somebody who was deleted before ever logging in does not come in as a new account of the same name."""
    connection = door.connect()
    client = directory_of(connection)
    client.delete(f"/Users/{client.create_user('ada.marsh')['id']}")

    page = door.log_in(make_person())

    assert refusal(page).reason == "deprovisioned"
    assert get_user_model()._base_manager.count() == 1


def test_login_after_the_directory_reactivated_is_let_in(door: Door, browser: Browser) -> None:
    """The directory that ended the access gives it back, and the bound subject logs in again."""
    connection = door.connect()
    client = directory_of(connection)
    path = f"/Users/{client.create_user('ada.marsh')['id']}"
    door.log_in(make_person())
    client.patch(path, [{"op": "replace", "path": "active", "value": False}])
    client.patch(path, [{"op": "replace", "path": "active", "value": True}])

    page = door.log_in(make_person(), browser)

    assert page.status == 200, page.text
    assert browser.whoami()["pk"] == identity_of(connection, "ada.marsh").user_id  # type: ignore[index]


def test_login_after_the_directory_pushed_a_deleted_person_again_is_let_in(
    door: Door, browser: Browser
) -> None:
    """A person who was deleted and pushed again logs in to the revived account with the same subject."""
    connection = door.connect()
    client = directory_of(connection)
    first = client.create_user("ada.marsh", externalId="e-1")
    door.log_in(make_person())
    user = identity_of(connection, "ada.marsh").user
    client.delete(f"/Users/{first['id']}")
    client.create_user("ada.marsh", externalId="e-1")

    page = door.log_in(make_person(), browser)

    assert page.status == 200, page.text
    assert browser.whoami()["pk"] == user.pk  # type: ignore[index]
    assert identity_of(connection, "ada.marsh").subject == "key-of-ada.marsh"


def test_new_hire_with_a_recycled_name_gets_an_account_of_their_own(door: Door, browser: Browser) -> None:
    """A name pushed again for another person never reaches the account of the one who left."""
    connection = door.connect()
    client = directory_of(connection)
    first = client.create_user("ada.marsh", externalId="e-1")
    door.log_in(make_person(key="first"))
    old = identity_of(connection, "ada.marsh").user
    client.delete(f"/Users/{first['id']}")
    client.create_user("ada.marsh", externalId="e-2")

    page = door.log_in(make_person(key="second"), browser)

    assert page.status == 200, page.text
    assert browser.whoami()["pk"] != old.pk  # type: ignore[index]
    assert refusal(door.log_in(make_person(key="first"))).reason in {"deprovisioned", "subject_mismatch"}


def test_preset_jit_only_lets_each_login_refresh_the_account(door: Door, browser: Browser) -> None:
    """jit_only: the first login makes the account, the next one brings new values, and sessions end (C1, C32)."""
    connection = door.connect(**policies_of("jit_only"))
    door.log_in(make_person(family_name="Marsh"))

    door.log_in(make_person(family_name="Lake"), browser)

    identity = identity_of(connection, "ada.marsh")
    assert identity.user.provisioning_account.managed_by == "sso"
    assert identity.user.last_name == "Lake"
    assert browser.client.session.get_expiry_age() <= 12 * 3600


def test_preset_jit_then_scim_hands_the_account_over(door: Door) -> None:
    """jit_then_scim: logins rule until the directory pushes the person; from then on they change nothing (C1, C32)."""
    connection = door.connect(**policies_of("jit_then_scim"))
    door.log_in(make_person(family_name="Marsh"))
    door.log_in(make_person(family_name="Lake"))
    assert identity_of(connection, "ada.marsh").user.last_name == "Lake"
    directory_of(connection).create_user("ada.marsh", name={"familyName": "Directory"})

    door.log_in(make_person(family_name="Login"))

    assert identity_of(connection, "ada.marsh").user.last_name == "Directory"
    assert Account.objects.get().managed_by == "scim+sso"


def test_preset_scim_authoritative_lets_in_only_whom_the_directory_pushed(
    door: Door, browser: Browser
) -> None:
    """scim_authoritative: a stranger is refused and leaves no account; a pushed person logs in (C1, C26, C32)."""
    connection = door.connect(**policies_of("scim_authoritative"))
    directory_of(connection).create_user("ada.marsh")

    stranger = door.log_in(make_person("bo.lindgren"))
    known = door.log_in(make_person("ada.marsh"), browser)

    assert refusal(stranger).reason == "jit_disabled"
    assert known.status == 200
    assert browser.whoami()["username"] == "ada.marsh"  # type: ignore[index]
    assert get_user_model()._base_manager.count() == 1
