"""What a list may not do on a large site: count far, take a search for rarer than it is, or promise a wrong number."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_provisioning.admin import base, people_search
from django_provisioning.models import Account, Identity, Leave
from tests.admin.pages import superuser, text_of
from tests.dashboard.test_scale import make_people, walk
from tests.factories import make_connection
from tests.lifecycle.people import jit_identity, local_user

pytestmark = pytest.mark.django_db


def test_search_counts_people_and_not_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who matches by login and by pushed name is one person: the list of all of them is no cut one."""
    monkeypatch.setattr(people_search, "MOST", 3)
    make_people(3)

    response = superuser().get("account_changelist", query={"q": "person"})

    assert len(response.context["cl"].result_list) == 3
    assert "Too many people match" not in text_of(response)


@pytest.mark.parametrize("links", [1, 4])
def test_search_that_stopped_early_says_so(links: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """More people, or so many links of one that somebody behind them may be missing, are no whole list."""
    monkeypatch.setattr(people_search, "MOST", 3)
    make_people(1 if links > 1 else 4)
    identity = Identity.objects.latest("pk")
    for number in range(links - 1):
        identity.pk, identity.connection = None, make_connection(f"other-{number}")
        identity.save()

    response = superuser().get("account_changelist", query={"q": "person"})

    assert 0 < len(response.context["cl"].result_list) <= 3
    assert "Too many people match" in text_of(response)


def test_pages_of_a_search_are_sorted_as_the_list_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a search has found is sorted by itself, and its pages hold every row once, newest first."""
    monkeypatch.setattr(people_search, "MOST", 120)
    make_people(120)

    pages = walk(superuser(), "identity", "?q=person")

    assert [key for page in pages for key in page] == list(
        Identity.objects.order_by("-pk").values_list("pk", flat=True)
    )
    assert len(pages) == 3


def test_pages_of_a_connection_hold_its_people_once() -> None:
    """They follow the users, as the index of the links does, from page to page and back."""
    make_people(120)
    accounts = list(Account.objects.order_by("-user"))
    Account.objects.all().delete()
    for account in accounts:
        account.pk = None
    Account.objects.bulk_create(accounts)
    connection = Identity.objects.earliest("pk").connection
    make_people(3, start=500)
    mine = Identity.objects.filter(connection=connection).order_by("-user")
    expected = list(mine.values_list("user__provisioning_account", flat=True))

    forwards = walk(superuser(), "account", f"?connection={connection.slug}")
    backwards = walk(superuser(), "account", f"?connection={connection.slug}&before=end", link="previous_url")

    assert [key for page in forwards for key in page] == expected
    assert [key for page in reversed(backwards) for key in page] == expected
    assert len(forwards) == 3


def test_accounts_of_no_connection_are_those_without_a_live_link() -> None:
    """A link that no login has used yet counts, a tombstone does not."""
    now = timezone.now()
    made = {}
    for name in ("linked", "tombstone", "alone"):
        user = local_user(name)
        made[name] = Account.objects.create(user=user, origin="manual", state="active", created_at=now).pk
        if name != "alone":
            jit_identity(make_connection(), name, user=user)
    Identity.objects.update(subject=None)
    Identity.objects.filter(user__provisioning_account=made["tombstone"]).update(live=None, deleted_at=now)

    cl = superuser().get("account_changelist", query={"connection": "-"}).context["cl"]

    assert {row.pk for row in cl.result_list} & set(made.values()) == {made["tombstone"], made["alone"]}


def test_all_is_offered_for_selection_only_where_the_number_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond the cap the page would offer to select so many, and the action would take more."""
    make_people(60)
    browser = superuser()
    known = text_of(browser.get("account_changelist"))

    monkeypatch.setattr(base.CappedPaginator, "cap", 55)
    unknown = text_of(browser.get("account_changelist"))

    assert "Select all 60 accounts" in known
    assert "Select all" not in unknown.replace("Select all objects on this page", "")
    assert "more than 55 accounts" in unknown


@pytest.mark.parametrize(("status", "is_counted"), [("late", False), ("in_time", True)])
def test_late_leaves_are_not_counted(status: str, *, is_counted: bool) -> None:
    """They are few and no index names them: a count would read every leave there is. The list itself is whole."""
    now = timezone.now()
    took = timedelta(days=2) if status == "late" else timedelta(0)
    Leave.objects.bulk_create(make_leave(number, now, took) for number in range(60))

    page = superuser().get("leave_changelist", query={"status": status})

    cl: Any = page.context["cl"]
    assert (len(cl.result_list), cl.is_counted) == (50, is_counted)
    assert ("60 leavers" in text_of(page)) == is_counted
    assert sum(len(keys) for keys in walk(superuser(), "leave", f"?status={status}")) == 60


def make_leave(number: int, now: Any, took: timedelta) -> Leave:
    """Make a leave that took so long."""
    return Leave(
        event_uid=uuid.UUID(int=number + 1), subject_id=str(number), path=Leave.Path.ADMIN, everywhere=True,
        received_at=now - took, deactivated_at=now, closed_at=now,
    )  # fmt: skip
