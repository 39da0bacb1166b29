"""A whole life without a login, and access that is there on day one and changes without a new login."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.test import Client

from django_provisioning.mapping.fields import user_map
from django_provisioning.models import Event, GroupLink, Identity
from tests.admin.pages import url_of
from tests.factories import make_connection, make_token
from tests.lifecycle.people import account_of, fresh
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

SECRET = "correct-horse-battery-7"


@pytest.fixture
def directory() -> ScimClient:
    """A directory that pushes."""
    return ScimClient(make_token(make_connection("acme")))


def user_of(scim_id: str) -> Any:
    """Give the present row of the Django user that a SCIM id means."""
    return fresh(Identity.objects.get(scim_id=scim_id).user)


def may_see_events(group: str) -> None:
    """Let the members of the pushed group see the events in the admin."""
    permission = Permission.objects.get(codename="view_event")
    GroupLink.objects.get(display_name=group).group.permissions.add(permission)


def test_whole_life_needs_no_login(directory: ScimClient) -> None:
    """Created, put into a group, renamed, suspended, brought back and deleted, and nobody ever signed in (C11)."""
    ada = directory.create_user("ada@example.com", externalId="e-1")
    path = f"/Users/{ada['id']}"
    directory.create_group("Engineers", ada["id"])

    statuses = [
        directory.patch(path, [{"op": "replace", "path": "title", "value": "Analyst"}]).status_code,
        directory.patch(path, [{"op": "replace", "path": "active", "value": False}]).status_code,
        directory.patch(path, [{"op": "replace", "path": "active", "value": True}]).status_code,
    ]
    user = user_of(ada["id"])
    states = [account_of(user).state]
    statuses.append(directory.delete(path).status_code)
    states.append(account_of(user).state)

    assert statuses == [200, 200, 200, 204]
    assert states == ["active", "deleted"]
    assert fresh(user).last_login is None
    assert not Session.objects.exists()
    assert not Event.objects.filter(type__startswith="login.").exists()


def test_pushed_person_can_be_referred_to_before_any_login(directory: ScimClient) -> None:
    """A foreign key of the project and a group hold the person at once, and a filter finds her (C5)."""
    ada = directory.create_user("ada@example.com")
    directory.create_group("Engineers", ada["id"])
    user = user_of(ada["id"])

    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(user),
        object_id=str(user.pk),
        object_repr="assigned",
        action_flag=CHANGE,
    )

    engineers = GroupLink.objects.get(display_name="Engineers").group
    assert user.last_login is None
    assert list(get_user_model()._base_manager.filter(logentry__object_repr="assigned")) == [user]
    assert list(get_user_model()._base_manager.filter(groups=engineers)) == [user]


def test_group_that_is_pushed_with_its_people_gives_access_on_day_one(directory: ScimClient) -> None:
    """What the group may do the new person may do, before the first login (C13, C38)."""
    ada = directory.create_user("ada@example.com")

    directory.create_group("Auditors", ada["id"])
    may_see_events("Auditors")

    assert user_of(ada["id"]).has_perm("django_provisioning.view_event")


def test_member_who_is_pushed_after_the_group_joins_when_the_directory_repeats_it(
    directory: ScimClient,
) -> None:
    """A group that names somebody unknown is taken, the id is recorded, and the next push puts her in (C13)."""
    grace = directory.create_user("grace@example.com")
    early = directory.create_group("Engineers", grace["id"], "not-here-yet")
    recorded = Event.objects.get(type="group.members_changed")
    ada = directory.create_user("ada@example.com")
    member = {"op": "add", "path": "members", "value": [{"value": ada["id"]}]}

    directory.patch(f"/Groups/{early['id']}", [member])

    assert [one["value"] for one in early["members"]] == [grace["id"]]
    assert recorded.effects["unknown_members"] == ["not-here-yet"]
    assert [group.name for group in user_of(ada["id"]).groups.all()] == ["Engineers"]


def test_group_push_of_nobody_but_strangers_is_recorded(directory: ScimClient) -> None:
    """The answer is a success, so the trail must say whom the directory believes in the group (C13)."""
    group = directory.create_group("Engineers")
    member = {"op": "add", "path": "members", "value": [{"value": "not-here-yet"}]}

    answer = directory.patch(f"/Groups/{group['id']}", [member])

    event = Event.objects.get(type="group.members_unknown")
    assert (answer.status_code, answer.json().get("members", [])) == (200, [])
    assert event.outcome == Event.Outcome.WARNING
    assert event.effects == {"unknown_members": ["not-here-yet"]}


def test_role_that_the_directory_takes_away_is_gone_on_the_next_request() -> None:
    """The person stays logged in, and what the group allowed is refused without a new login (C14)."""
    # To open an admin page takes staff, whom only such a connection may touch.
    directory = ScimClient(make_token(make_connection("acme", manages_privileged=True)))
    ada = directory.create_user("ada@example.com")
    group = directory.create_group("Auditors", ada["id"])
    may_see_events("Auditors")
    user = user_of(ada["id"])
    type(user)._base_manager.filter(pk=user.pk).update(is_staff=True)
    browser = Client()
    browser.force_login(user_of(ada["id"]))
    before = browser.get(url_of("event_changelist")).status_code

    directory.patch(f"/Groups/{group['id']}", [{"op": "remove", "path": f'members[value eq "{ada["id"]}"]'}])

    assert before == 200
    assert browser.get(url_of("event_changelist")).status_code == 403
    assert browser.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize("password", [None, SECRET])
def test_pushed_person_has_no_password_to_log_in_with(directory: ScimClient, password: str | None) -> None:
    """No password is set for a pushed person, not even one that the directory sends (C19)."""
    sent = {} if password is None else {"password": password}
    ada = directory.create_user("ada@example.com", **sent)

    user = user_of(ada["id"])
    name = getattr(user, user_map().login_field)
    assert not user.has_usable_password()
    assert authenticate(None, username=name, password=password or "") is None
    assert not Client().login(username=name, password=password or "")


def test_local_password_is_dead_after_the_leave_and_after_the_return(directory: ScimClient) -> None:
    """Who had a local password beside the directory loses it with the leave, and gets none back (C19)."""
    path = f"/Users/{directory.create_user('ada@example.com')['id']}"
    user = user_of(path.rpartition("/")[2])
    user.set_password(SECRET)
    user.save()
    works = Client().login(username="ada@example.com", password=SECRET)

    for active in (False, True):
        directory.patch(path, [{"op": "replace", "path": "active", "value": active}])

    assert works
    assert fresh(user).is_active
    assert not Client().login(username="ada@example.com", password=SECRET)
