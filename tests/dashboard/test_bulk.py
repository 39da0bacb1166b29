"""Many accounts at once: owner and kind, slices of time, what was refused and why, and what a leave left behind."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.lifecycle import revocation
from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.models import Account, Event, Leave, PendingRevocation, SessionIndex
from tests.admin.pages import Browser, messages_of, superuser, text_of, url_of
from tests.dashboard.scenes import auditor, offboard, set_account
from tests.factories import make_connection
from tests.lifecycle.people import account_of, fresh, local_user, login_of, push

pytestmark = pytest.mark.django_db


def people(*names: str) -> list[Account]:
    """Give the accounts of people whom one connection pushed."""
    connection = make_connection()
    return [account_of(push(connection, f"{name}@example.com").identity.user) for name in names]


def choose(browser: Browser, action: str, accounts: list[Account], **fields: Any) -> Any:
    """Send the list with accounts ticked and an action chosen."""
    keys = [account.pk for account in accounts]
    return browser.post("account_changelist", **{"action": action, ACTION_CHECKBOX_NAME: keys}, **fields)


def carried(response: Any) -> dict[str, str]:
    """Give the hidden fields of a page, as its form sends them."""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text_of(response)))
    assert "batch" in fields
    return fields


def with_session(account: Account) -> None:
    """Let an account hold a session, whatever its state."""
    now = timezone.now()
    key = f"session-of-{account.pk}"
    SessionIndex.objects.create(user=account.user, session_key=key, created_at=now, last_seen_at=now)


class Stubborn(Revoker):
    """Fails as long as ``is_down``, as a system does that cannot be reached."""

    kind = "stubborn"
    is_down = True

    def revoke(self, user: Any, connection: Any) -> int:
        """Fail, or end one."""
        if type(self).is_down:
            raise ConnectionError("cannot be reached")
        return 1


@pytest.fixture
def stubborn(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Stubborn]:
    """Install a revoker that fails."""
    monkeypatch.setattr(Stubborn, "is_down", True)
    settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{__name__}.Stubborn"]}
    assert any(isinstance(one, Stubborn) for one in revocation.revokers())
    return Stubborn


def test_set_owner_writes_owner_and_event_for_each() -> None:
    """Both accounts get the owner, with the reason and one batch id (N14)."""
    accounts = people("ada", "grace")
    boss = local_user("boss")

    choose(superuser(), "set_owner", accounts, confirmed="1", owner=login_of("boss"), reason="TICKET-3")

    events = Event.objects.filter(type="account.described")
    assert [fresh(account).owner for account in accounts] == [boss, boss]
    assert {event.reason for event in events} == {"TICKET-3"}
    assert len({event.batch_id for event in events} - {""}) == 1
    assert events[0].changes == {"owner": {"old": None, "new": str(boss)}}


def test_set_owner_to_nobody_empties_it() -> None:
    """An empty name is an answer: nobody answers for the account any more."""
    account, boss = people("ada")[0], local_user("boss")
    set_account(account.user, owner=boss)

    choose(superuser(), "set_owner", [account], confirmed="1", owner="", reason="moved on")

    assert fresh(account).owner is None


@pytest.mark.parametrize("is_there", [False, True])
def test_set_owner_to_who_cannot_answer_is_refused(is_there: bool) -> None:
    """Neither a name that nobody has nor somebody who has left becomes an owner."""
    account = people("ada")[0]
    if is_there:
        local_user("boss", is_active=False)

    response = choose(superuser(), "set_owner", [account], confirmed="1", owner=login_of("boss"), reason="x")

    assert response.status_code == 200
    assert fresh(account).owner is None
    assert ("not active" in text_of(response)) is is_there


def test_set_kind_keeps_the_owner() -> None:
    """Only what was asked is written."""
    account, boss = people("ada")[0], local_user("boss")
    set_account(account.user, owner=boss)

    choose(superuser(), "set_kind", [account], confirmed="1", kind="service", reason="a robot")

    assert (fresh(account).kind, fresh(account).owner) == ("service", boss)
    assert Event.objects.get(type="account.described").changes == {"kind": {"old": "human", "new": "service"}}


def test_set_kind_that_is_already_so_needs_nothing() -> None:
    """No event claims a decision that changed nothing."""
    accounts = people("ada")

    response = choose(superuser(), "set_kind", accounts, confirmed="1", kind="human", reason="x")

    assert messages_of(response) == ["1 account needed nothing."]
    assert not Event.objects.filter(type="account.described").exists()


def test_operator_says_nothing_of_protected_accounts() -> None:
    """Neither is the emergency account made human, so that a directory reaches it, nor is anybody made one."""
    emergency, ada = people("emergency", "ada")
    set_account(emergency.user, kind="break_glass")
    operator = Browser("view_account", "change_account")

    lowered = choose(operator, "set_kind", [emergency], confirmed="1", kind="human", reason="coup")
    raised = choose(operator, "set_kind", [ada], confirmed="1", kind="break_glass", reason="escape")
    by_form = operator.post("account_change", emergency.pk, kind="human", owner="")
    operator.post("account_change", ada.pk, kind="break_glass", owner="")

    assert (fresh(emergency).kind, fresh(ada).kind) == ("break_glass", "human")
    assert "only a superuser may do this" in messages_of(lowered)[0]
    assert "only a superuser may make an account break-glass" in messages_of(raised)[-1]
    assert by_form.status_code == 403


def test_describing_needs_the_permission_to_change() -> None:
    """Who may offboard may not say whose account it is, and an auditor may do neither."""
    account = people("ada")[0]

    for browser in (Browser("offboard_account"), auditor()):
        choose(browser, "set_kind", [account], confirmed="1", kind="service", reason="x")

    assert fresh(account).kind == "human"


def test_confirmed_page_ends_those_that_were_shown() -> None:
    """Who comes to match the filter between page and click is not ended: the number confirmed was another."""
    accounts = people("ada", "grace")
    browser = superuser()
    url = f"{url_of('account_changelist')}?state__exact=active"
    tick = {"action": "offboard", "select_across": "1", ACTION_CHECKBOX_NAME: [accounts[0].pk]}
    set_account(browser.person, state="suspended")
    asked = browser.client.post(url, tick)
    late = people("late")[0]

    browser.client.post(url, {**carried(asked), "reason": "closing down"})

    assert [fresh(account.user).is_active for account in (*accounts, late)] == [False, False, True]


def test_selection_across_pages_names_a_sample_and_counts_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of thousands of names helps nobody; the number is whole."""
    monkeypatch.setattr("django_provisioning.admin.account.batch._SHOWN", 2)
    accounts = people("ada", "grace", "alan")
    tick = {"action": "offboard", "select_across": "1", ACTION_CHECKBOX_NAME: [accounts[0].pk]}

    page = text_of(superuser().client.post(url_of("account_changelist"), tick))

    assert "3 accounts" in page
    assert "and 1 more" in page
    assert "alan@example.com" not in page


def test_batch_that_takes_too_long_goes_on_with_the_next_click(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request stops in time, says how far it came, and the next one does the rest under the same batch id."""
    monkeypatch.setattr("django_provisioning.admin.account.batch.SECONDS_AT_ONCE", 0)
    accounts = people("ada", "grace", "alan")
    browser = superuser()

    first = choose(browser, "offboard", accounts, confirmed="1", reason="closing down")
    between = [fresh(account.user).is_active for account in accounts]
    second = browser.post("account_changelist", **carried(first))
    third = browser.post("account_changelist", **carried(second))

    assert between == [False, True, True]
    assert "2 of 3 accounts are still to be done" in text_of(first)
    assert "1 of 3 accounts are still to be done" in text_of(second)
    assert [fresh(account.user).is_active for account in accounts] == [False, False, False]
    assert len(set(Event.objects.filter(type="account.deactivated").values_list("batch_id", flat=True))) == 1
    assert messages_of(third)[0] == "Offboard: 3 accounts."


def test_batch_sent_again_after_a_lost_answer_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends a page again because no answer came gets the rest done, and no second event."""
    accounts = people("ada", "grace")
    browser = superuser()
    asked = carried(choose(browser, "offboard", accounts))
    browser.post("account_changelist", **asked, reason="left")

    again = browser.post("account_changelist", **asked, reason="left")

    assert Event.objects.filter(type="account.deactivated").count() == 2
    assert messages_of(again)[-1] == "2 accounts needed nothing."


@pytest.mark.parametrize("thief", ["somebody else", "another verb", "forged"])
def test_batch_of_another_page_is_not_taken(thief: str) -> None:
    """What a page carries is bound to its person and its verb; without it nothing is done to anybody."""
    ada, grace = people("ada", "grace")
    browser = superuser()
    asked = carried(choose(browser, "reinstate" if thief == "another verb" else "offboard", [ada]))
    asked["action"], asked[ACTION_CHECKBOX_NAME] = "offboard", str(grace.pk)
    if thief == "forged":
        asked["batch"] = asked["batch"][:-1] + ("A" if asked["batch"][-1] != "A" else "B")
    sender = superuser() if thief == "somebody else" else browser

    response = sender.post("account_changelist", **asked, reason="mine")

    assert messages_of(response)[-1] == "This page is too old. Choose the accounts again."
    assert fresh(ada.user).is_active
    assert fresh(grace.user).is_active


def test_refusals_are_told_by_reason() -> None:
    """Each reason stands once, with those whom it kept; the others are done."""
    names = [f"root{number}" for number in range(12)]
    accounts = people(*names, "ada")
    for account in accounts[:-1]:
        set_account(account.user, kind="break_glass")

    response = choose(Browser("offboard_account"), "offboard", accounts, confirmed="1", reason="left")

    done, refused, *_where = messages_of(response)
    assert done == "Offboard: 1 account."
    assert refused.startswith("Skipped: root0@example.com, root1@example.com")
    assert refused.endswith("and 2 more: staff, superuser or break-glass: only a superuser may do this.")


def test_confirmation_marks_protected_accounts() -> None:
    """Whom the verb will not reach can be seen before the click."""
    account = people("emergency")[0]
    set_account(account.user, kind="break_glass")

    assert "! protected" in text_of(choose(superuser(), "offboard", [account]))


def test_confirmation_page_costs_the_same_for_many() -> None:
    """Two or five accounts, the page asks the database as often."""
    accounts = people("a", "b", "c", "d", "e")
    browser = superuser()
    choose(browser, "offboard", accounts)
    counts = []
    for chosen in (accounts[:2], accounts):
        with CaptureQueriesContext(database) as queries:
            choose(browser, "offboard", chosen)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 8


def test_revoke_now_ends_what_left_accounts_hold_and_changes_no_state() -> None:
    """Sessions of who has left end, those of the others stay, and a suspended account is not deprovisioned (C7)."""
    gone, shut, here = people("gone", "shut", "here")
    offboard(gone.user)
    type(shut.user)._base_manager.filter(pk=shut.user.pk).update(is_active=False)
    set_account(shut.user, state="suspended", suspension="administrator")
    for account in (gone, shut, here):
        with_session(account)
    browser = superuser()

    page = browser.get("account_end_remnants")
    response = browser.post("account_end_remnants", **carried(page), reason="TICKET-5")

    held = set(SessionIndex.objects.values_list("user_id", flat=True)) - {browser.person.pk}
    events = list(Event.objects.filter(type="access.found_late"))
    assert "2 accounts" in text_of(page)
    assert held == {here.user_id}
    assert [fresh(account).state for account in (gone, shut, here)] == [
        "deprovisioned",
        "suspended",
        "active",
    ]
    assert {(event.reason, event.actor_type, event.effects["sessions"]) for event in events} == {
        ("TICKET-5", "admin", 1)
    }
    assert messages_of(response)[-2] == "Revoke now: 2 accounts."


def test_revoke_now_refuses_who_was_let_in_past_this_app() -> None:
    """Whether such a person stays is a decision, and the message names it."""
    account = people("back")[0]
    set_account(account.user, state="deprovisioned")
    with_session(account)
    browser = superuser()

    response = browser.post("account_end_remnants", confirmed="1", reason="x")

    assert SessionIndex.objects.filter(user=account.user).exists()
    assert messages_of(response)[-1].endswith("offboard or reinstate it.")
    assert not messages_of(response)[-1].endswith("..")


def test_revoke_now_of_nothing_says_so() -> None:
    """A tile that has come to 0 meanwhile leads to a sentence, not to an empty form."""
    browser = superuser()

    response = browser.get("account_end_remnants")

    assert response.url == url_of("account_changelist")
    assert messages_of(response) == ["There is nothing to revoke."]


@pytest.mark.parametrize("page", ["account_end_remnants", "account_retry_open"])
def test_revoke_now_needs_the_permission_to_offboard(page: str) -> None:
    """Neither an auditor nor who sets owners may."""
    for browser in (auditor(), Browser("view_account", "change_account")):
        assert browser.get(page).status_code == 403
        assert browser.post(page, confirmed="1", reason="x").status_code == 403


def test_revoke_now_is_offered_where_it_helps() -> None:
    """The button stands on the tile and on the list behind it, for who may, while there is something to end."""
    account = people("gone")[0]
    offboard(account.user)
    link = url_of("account_end_remnants")
    before = text_of(superuser().get("dashboard_changelist"))
    with_session(account)
    query = {"anomaly": "left_with_access"}

    assert link not in before
    assert link in text_of(superuser().get("dashboard_changelist"))
    assert link in text_of(superuser().get("account_changelist", query=query))
    assert link not in text_of(superuser().get("account_changelist"))
    assert link not in text_of(auditor().get("account_changelist", query=query))
    assert link not in text_of(auditor().get("dashboard_changelist"))


@pytest.mark.django_db(transaction=True)
def test_retry_finishes_open_revocations_at_once(stubborn: type[Stubborn]) -> None:
    """What failed and waits for its next turn is tried now; the leave is closed and the event has the reason."""
    account = people("gone")[0]
    offboard(account.user)
    assert Leave.objects.get().closed_at is None
    browser = superuser()
    failed = browser.post("account_retry_open", confirmed="1", reason="first")
    stubborn.is_down = False

    response = browser.post("account_retry_open", confirmed="1", reason="TICKET-6")

    assert "Still open: stubborn (ConnectionError)" in messages_of(failed)[-1]
    assert not PendingRevocation.objects.exists()
    assert Leave.objects.get().closed_at is not None
    event = Event.objects.get(type="access.revocation_completed")
    assert (event.reason, event.effects, event.actor_type) == (
        "TICKET-6", {"stubborn": 1, "leaves_closed": 1}, "admin",
    )  # fmt: skip
    assert messages_of(response)[-1] == "Retry open revocations now: 1 account."


def test_retry_closes_a_leave_that_a_crash_left_open() -> None:
    """Nothing is pending and the leave still stands open: one click closes it."""
    account = people("gone")[0]
    offboard(account.user)
    Leave.objects.update(closed_at=None)

    superuser().post("account_retry_open", confirmed="1", reason="x")

    assert Leave.objects.get().closed_at is not None


def test_revoke_now_of_more_than_fit_says_that_these_are_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that was cut does not look complete."""
    for module in ("account.model_admin", "account.batch"):
        monkeypatch.setattr(f"django_provisioning.admin.{module}.MOST_AT_ONCE", 1)
    for account in people("gone", "left"):
        offboard(account.user)
        with_session(account)

    page = superuser().get("account_end_remnants")

    assert "1 account<" in text_of(page)
    assert messages_of(page) == ["There are more than 1: these are the first. Come back for the others."]


def test_sign_out_of_who_has_left_needs_nothing() -> None:
    """The trail does not claim that sessions ended of somebody who could have none."""
    account = people("gone")[0]
    offboard(account.user)

    response = choose(superuser(), "sign_out", [account], confirmed="1", reason="x")

    assert messages_of(response) == ["1 account needed nothing."]
    assert not Event.objects.filter(type="session.revoked").exists()


def test_revoke_now_spares_who_came_back_meanwhile() -> None:
    """Between page and click somebody was reinstated: the new session is theirs by right."""
    account = people("back")[0]
    offboard(account.user)
    with_session(account)
    browser = superuser()
    asked = carried(browser.get("account_end_remnants"))
    choose(browser, "reinstate", [account], confirmed="1", reason="mistake")
    SessionIndex.objects.filter(user=account.user).delete()
    with_session(account)

    response = browser.post("account_end_remnants", **asked, reason="x")

    assert messages_of(response)[-1] == "1 account needed nothing."
    assert SessionIndex.objects.filter(user=account.user).exists()


def test_account_that_fails_unexpectedly_does_not_keep_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """One broken receiver of the project must not let forty-nine leavers stay: it is logged, named and left out."""
    accounts = people("ada", "grace", "alan")
    browser = Browser("view_account", "offboard_account", "view_event")
    fields = carried(choose(browser, "offboard", accounts)) | {"reason": "T-1"}
    broken = accounts[1].user_id

    def fail(sender: Any, instance: Any, **_more: Any) -> None:
        if instance.pk == broken:
            raise LookupError("a receiver of the project")

    post_save.connect(fail, sender=get_user_model())
    try:
        done = browser.post("account_changelist", **fields)
    finally:
        post_save.disconnect(fail, sender=get_user_model())

    assert done.status_code == 302
    assert [fresh(account.user).is_active for account in accounts] == [False, True, False]
    assert any("grace@example.com: it failed unexpectedly" in text for text in messages_of(done))
    assert "LookupError" in caplog.text
