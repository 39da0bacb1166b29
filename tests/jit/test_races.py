"""First logins at the same moment, and a login beside a push: one account, no error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.db import connections

from django_provisioning.jit.login import Refused, sign_in
from django_provisioning.models import Account, Connection, Event, Identity
from tests.jit.browser import Browser
from tests.jit.doors import Door, make_person
from tests.jit.scenes import directory_of
from tests.jit.test_budget import claims_of

pytestmark = [pytest.mark.django_db(transaction=True)]
_THREADS = 8


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run everything at the same moment, each in a thread of its own; give results or errors."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(index: int, work: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[index] = work()
        except Exception as error:  # noqa: BLE001  (the test judges what it is)
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.fixture(autouse=True)
def _needs_threads() -> None:
    if database.vendor == "sqlite":
        pytest.skip("threads share one connection to SQLite in memory")


def test_simultaneous_first_logins_make_one_account(door: Door) -> None:
    """Eight first logins of one person end as one account, and all eight are let in."""
    connection = door.connect()
    claims = claims_of(door)

    results = at_once([lambda: sign_in(claims).user.pk] * _THREADS)

    user = get_user_model()._base_manager.get()
    assert results == [user.pk] * _THREADS
    assert Identity.objects.get().connection == connection
    assert Account.objects.count() == 1
    assert Event.objects.filter(type="account.created").count() == 1


def test_simultaneous_first_logins_over_http_make_one_account(
    door: Door, browsers: Callable[[], Browser]
) -> None:
    """Eight browsers come back from the provider at the same moment."""
    door.connect()
    person = make_person()
    door.people[person.key] = person
    opened = [browsers() for _ in range(_THREADS)]
    pages = [browser.get(door.login_path) for browser in opened]

    results = at_once(
        [
            lambda browser=browser, page=page: browser.choose(page, person.key).status  # type: ignore[misc]
            for browser, page in zip(opened, pages, strict=True)
        ]
    )

    assert results == [200] * _THREADS
    assert get_user_model()._base_manager.count() == 1


def test_simultaneous_logins_of_two_subjects_with_one_name_let_one_in(door: Door) -> None:
    """Of two people who claim the same free name one gets it, and the other is refused."""
    door.connect()
    claims = [claims_of(door, key=f"subject-{number}") for number in range(_THREADS)]

    results = at_once([lambda one=one: sign_in(one).user.pk for one in claims])  # type: ignore[misc]

    refused = [result for result in results if isinstance(result, Refused)]
    assert len(refused) == _THREADS - 1, results
    assert {one.reason for one in refused} <= {"subject_mismatch", "name_taken"}
    assert Identity.objects.count() == 1


def test_login_beside_a_push_of_the_same_person_ends_as_one_account(door: Door) -> None:
    """Whoever comes first makes the account, and the other finds it."""
    connection: Connection = door.connect()
    client = directory_of(connection)
    claims = claims_of(door)
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada.marsh"}

    results = at_once(
        [
            lambda: client.post("/Users", body).status_code,
            lambda: sign_in(claims).user.pk,
        ]
    )

    user = get_user_model()._base_manager.get()
    assert results == [201, user.pk]
    assert Account.objects.get().managed_by == "scim+sso"
    assert Identity.objects.filter(live=True).count() == 1


def test_login_beside_a_leave_never_ends_active(door: Door) -> None:
    """Whatever the order, after the directory's answer the person is out."""
    connection = door.connect()
    client = directory_of(connection)
    path = f"/Users/{client.create_user('ada.marsh')['id']}"
    claims = claims_of(door)
    leave = [{"op": "replace", "path": "active", "value": False}]

    results = at_once([lambda: client.patch(path, leave).status_code, *[lambda: sign_in(claims)] * 4])

    assert results[0] == 200
    assert not get_user_model()._base_manager.get().is_active
    assert not Identity.objects.get().active
