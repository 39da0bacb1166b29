"""Accounts in the admin: found, shown, described, offboarded and reinstated."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from django_provisioning.admin import people_search
from django_provisioning.lifecycle import accounts, management
from django_provisioning.models import Account, Event, SessionIndex
from tests.admin.pages import Browser, messages_of, superuser, text_of, url_of
from tests.factories import make_connection, make_context
from tests.lifecycle.people import account_of, fresh, jit_identity, local_user, make_group, push, push_group

pytestmark = pytest.mark.django_db


def pushed(login: str = "ada", /, **attributes: Any) -> Account:
    """Give the account of a person whom a new connection pushed."""
    outcome = push(make_connection(), f"{login}@example.com", **attributes)
    return account_of(outcome.identity.user)


def local_account(name: str, **fields: Any) -> Account:
    """Give the account of a user that no connection manages."""
    user = local_user(name, **fields)
    return management.account_of(make_context(), user, origin=Account.Origin.MANUAL)


def choose(browser: Browser, action: str, *accounts: Account, **fields: Any) -> Any:
    """Send the list with accounts ticked and an action chosen."""
    chosen = {"action": action, ACTION_CHECKBOX_NAME: [account.pk for account in accounts]}
    return browser.post("account_changelist", **chosen, **fields)


def result_of(response: Any) -> set[int]:
    """Give the primary keys of the listed rows."""
    return {row.pk for row in response.context["cl"].result_list}


def test_offboard_action_asks_before_it_ends_anything() -> None:
    """The first POST names the accounts and asks for a reason; nothing is written."""
    account = pushed("ada")

    response = choose(superuser(), "offboard", account)

    assert response.status_code == 200
    assert account.user.get_username() in text_of(response)
    assert f'name="{ACTION_CHECKBOX_NAME}" value="{account.pk}"' in text_of(response)
    assert "errornote" not in text_of(response)
    assert fresh(account.user).is_active
    assert not Event.objects.filter(type="account.deactivated").exists()


def test_offboard_action_ends_access_of_all_under_one_batch_id() -> None:
    """Each account gets its own event with the reason; one batch id joins them (C8)."""
    accounts = [pushed(name) for name in ("ada", "grace", "alan")]
    browser = superuser()

    response = choose(browser, "offboard", *accounts[:2], confirmed="1", reason="TICKET-7")

    assert [fresh(account.user).is_active for account in accounts] == [False, False, True]
    found = Event.objects.filter(type="account.deactivated")
    assert {event.subject_id for event in found} == {str(account.user_id) for account in accounts[:2]}
    assert {(event.reason, event.actor_id) for event in found} == {("TICKET-7", str(browser.person.pk))}
    assert len({event.batch_id for event in found}) == 1
    assert found[0].batch_id
    done, where = messages_of(response)
    assert done == "Offboard: 2 accounts."
    assert f"?batch_id={found[0].batch_id}" in where
    assert LogEntry.objects.filter(change_message="Offboard: TICKET-7").count() == 2


def test_offboard_ends_the_session_of_the_person() -> None:
    """A cookie that worked before opens nothing afterwards."""
    account = local_account("grace", is_staff=True)
    client = Client()
    client.force_login(account.user)

    choose(superuser(), "offboard", account, confirmed="1", reason="left")

    assert client.get("/admin/").status_code == 302
    assert not SessionIndex.objects.filter(user=account.user).exists()


def test_offboard_action_without_a_reason_is_asked_again() -> None:
    """The reason is required, so the audit trail has one."""
    account = pushed()

    response = choose(superuser(), "offboard", account, confirmed="1", reason="  ")

    assert "This field is required." in text_of(response)
    assert fresh(account.user).is_active


def test_reinstate_action_lets_people_in_again() -> None:
    """The reverse works through the lifecycle too, with the reason."""
    account = pushed()
    browser = superuser()
    choose(browser, "offboard", account, confirmed="1", reason="mistake")

    response = choose(browser, "reinstate", account, confirmed="1", reason="TICKET-8")

    assert fresh(account.user).is_active
    assert fresh(account).state == Account.State.ACTIVE
    assert Event.objects.get(type="account.reinstated").reason == "TICKET-8"
    assert messages_of(response)[-1] == "Reinstate: 1 account."


@pytest.mark.parametrize(
    ("verb", "type_"), [("offboard", "account.deactivated"), ("reinstate", "account.reinstated")]
)
def test_verb_with_nothing_left_to_do_writes_no_event(verb: str, type_: str) -> None:
    """The audit trail does not claim a second leaver or a joiner who was there."""
    account = pushed()
    browser = superuser()
    if verb == "offboard":
        choose(browser, verb, account, confirmed="1", reason="first")
    before = Event.objects.filter(type=type_).count()

    response = choose(browser, verb, account, confirmed="1", reason="second")

    assert Event.objects.filter(type=type_).count() == before
    assert messages_of(response)[-1] == "1 account needed nothing."


def test_offboard_again_ends_a_session_that_outlived_the_first() -> None:
    """Someone who has left and still has a session is not done with."""
    account = pushed()
    browser = superuser()
    choose(browser, "offboard", account, confirmed="1", reason="left")
    now = timezone.now()
    SessionIndex.objects.create(user=account.user, session_key="lingering", created_at=now, last_seen_at=now)

    choose(browser, "offboard", account, confirmed="1", reason="really")

    assert not SessionIndex.objects.filter(user=account.user).exists()


def test_verb_on_many_accounts_wants_the_number_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit a wrong number stops everything; the right one goes through."""
    monkeypatch.setattr("django_provisioning.admin.forms.BatchForm.MOST_WITHOUT_CONFIRMATION", 1)
    accounts = [pushed("ada"), pushed("grace")]
    browser = superuser()

    wrong = choose(browser, "offboard", *accounts, confirmed="1", reason="left", confirmed_count="3")
    still = [fresh(account.user).is_active for account in accounts]
    choose(browser, "offboard", *accounts, confirmed="1", reason="left", confirmed_count="2")

    assert "not the number of selected accounts" in text_of(wrong)
    assert still == [True, True]
    assert [fresh(account.user).is_active for account in accounts] == [False, False]


def test_verb_on_too_many_accounts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than Django takes as fields would fail later, half told."""
    monkeypatch.setattr("django_provisioning.admin.account.model_admin.MOST_AT_ONCE", 1)
    accounts = [pushed("ada"), pushed("grace")]

    response = choose(superuser(), "offboard", *accounts)

    assert messages_of(response) == ["Select at most 1 accounts at once."]


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_superuser": True}])
@pytest.mark.parametrize("verb", ["offboard", "reinstate"])
def test_verb_on_a_privileged_account_needs_a_superuser(fields: dict[str, bool], verb: str) -> None:
    """Helpdesk staff with the permission cannot lock out, or let in, those above them."""
    account = local_account("root", is_active=verb == "offboard", **fields)
    helpdesk = Browser("offboard_account")

    response = choose(helpdesk, verb, account, confirmed="1", reason="coup")

    assert fresh(account.user).is_active == (verb == "offboard")
    assert "only a superuser may do this" in messages_of(response)[0]


def test_verb_on_a_break_glass_account_needs_a_superuser() -> None:
    """The emergency account is out of reach as well; the others of the batch go through."""
    emergency, ada = local_account("emergency"), pushed("ada")
    Account.objects.filter(pk=emergency.pk).update(kind=Account.Kind.BREAK_GLASS)

    choose(Browser("offboard_account"), "offboard", emergency, ada, confirmed="1", reason="left")

    assert [fresh(account.user).is_active for account in (emergency, ada)] == [True, False]


def test_offboard_of_oneself_is_refused() -> None:
    """Nobody locks themselves out by a wrong tick."""
    browser = superuser()
    own = management.account_of(make_context(), browser.person, origin=Account.Origin.MANUAL)

    response = choose(browser, "offboard", own, confirmed="1", reason="oops")

    assert fresh(browser.person).is_active
    assert "is your own account" in messages_of(response)[0]


def test_verb_on_one_account_asks_acts_and_returns_to_its_page() -> None:
    """The page of an account has a button for the verb that makes sense, and it needs a reason."""
    account = pushed()
    browser = superuser()
    page = text_of(browser.get("account_change", account.pk))

    asked = browser.get("account_offboard", account.pk)
    unexplained = browser.post("account_offboard", account.pk, confirmed="1", reason="")
    still_active = fresh(account.user).is_active
    response = browser.post("account_offboard", account.pk, confirmed="1", reason="left")

    assert url_of("account_offboard", account.pk) in page
    assert url_of("account_reinstate", account.pk) not in page
    assert [asked.status_code, unexplained.status_code, still_active] == [200, 200, True]
    assert not fresh(account.user).is_active
    assert response.url == url_of("account_change", account.pk)
    after = text_of(browser.get("account_change", account.pk))
    assert url_of("account_reinstate", account.pk) in after
    assert url_of("account_offboard", account.pk) not in after


def test_verb_on_an_account_that_does_not_exist_is_not_found() -> None:
    """A stale link is no server error."""
    assert superuser().get("account_offboard", 10_000).status_code == 404


@pytest.mark.parametrize("permissions", [("view_account", "change_account"), ()])
def test_verb_without_the_permission_is_forbidden(permissions: tuple[str, ...]) -> None:
    """Editing an account is not ending it."""
    account = pushed()
    browser = Browser(*permissions)

    answers = [
        browser.get("account_offboard", account.pk),
        browser.post("account_offboard", account.pk, confirmed="1", reason="spite"),
        browser.post("account_reinstate", account.pk, confirmed="1", reason="favour"),
    ]
    choose(browser, "offboard", account, confirmed="1", reason="spite")

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert fresh(account.user).is_active


def test_account_kind_and_owner_are_written_with_an_event() -> None:
    """The two facts that people decide go through the lifecycle; the event shows old and new (N14)."""
    account = pushed()
    owner = local_user("boss")

    superuser().post("account_change", account.pk, kind="service", owner=str(owner.pk))

    account = fresh(account)
    assert (account.kind, account.owner) == ("service", owner)
    assert Event.objects.get(type="account.described").changes == {
        "kind": {"old": "human", "new": "service"},
        "owner": {"old": None, "new": str(owner)},
    }


def test_account_saved_without_a_difference_writes_no_event() -> None:
    """Nothing was decided."""
    account = pushed()

    superuser().post("account_change", account.pk, kind="human", owner="")

    assert not Event.objects.filter(type="account.described").exists()


def test_account_described_as_it_is_writes_no_event() -> None:
    """The lifecycle itself notices that nothing differs, whoever calls it."""
    account = pushed()

    accounts.describe(make_context(), account, kind=account.kind, owner=account.owner)

    assert not Event.objects.filter(type="account.described").exists()


def test_account_form_takes_nothing_else() -> None:
    """Origin, state and user cannot be posted."""
    account = pushed()
    stolen = local_user("eve")

    superuser().post(
        "account_change",
        account.pk,
        kind="human",
        owner="",
        origin="manual",
        state="deleted",
        user=str(stolen.pk),
    )

    assert (fresh(account).origin, fresh(account).state, fresh(account).user_id) == (
        "scim", "active", account.user_id,
    )  # fmt: skip


def test_account_page_shows_identities_groups_sessions_and_events() -> None:
    """Everything about a person stands on one page, with the owner of each group."""
    connection = make_connection("acme")
    identity = push(connection, "ada@example.com", externalId="e-1").identity
    push_group(connection, "Engineering", identity)
    make_group("Choir", identity.user)
    client = Client()
    client.force_login(identity.user)
    account = account_of(identity.user)

    response = superuser().get("account_change", account.pk)

    page = text_of(response)
    assert [line.pk for line in response.context["identities"]] == [identity.pk]
    owners = {
        group["name"]: group["link"] and group["link"].connection for group in response.context["groups"]
    }
    assert owners == {"Choir": None, "Engineering": connection}
    assert response.context["sessions"][0].user == identity.user
    assert "account.created" in page
    assert str(client.session.session_key) not in page
    assert f"subject_id__exact={identity.user_id}" in page


def test_account_list_shows_every_source() -> None:
    """Origin, manager and connections stand in the row (C24)."""
    connection = make_connection("acme", idp="okta")
    push(connection, "ada@example.com")
    jit_identity(connection, "grace@example.com")

    response = superuser().get("account_changelist")

    page_admin = response.context["cl"].model_admin
    rows = {
        row.user.get_username(): (row.origin, row.managed_by, page_admin.connections(row))
        for row in response.context["cl"].result_list
    }
    assert rows["ada@example.com"] == ("scim", "scim", "Acme")
    assert rows["grace@example.com"] == ("jit_oidc", "sso", "Acme")


def test_account_list_shows_the_latest_login_and_sync() -> None:
    """A login by SSO counts as well as one by Django, whichever is later (C33)."""
    account = pushed()
    row = superuser().get("account_changelist").context["cl"]
    listed = next(one for one in row.result_list if one.pk == account.pk)

    sync, login = row.model_admin.last_sync(listed), row.model_admin.last_login(listed)

    assert sync == account.user.provisioning_identities.get().last_synced_at
    assert login is None


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"origin__exact": "scim"}, {"ada"}),
        ({"managed_by__exact": "sso"}, {"grace"}),
        ({"state__exact": "deprovisioned"}, {"alan"}),
        ({"kind__exact": "service"}, {"alan"}),
        ({"connection": "acme"}, {"ada"}),
        ({"connection": "globex"}, {"grace"}),
        ({"connection": "-"}, {"alan"}),
        ({"connection": "unheard-of"}, set()),
        ({}, {"ada", "grace", "alan"}),
    ],
)
def test_account_list_filters(query: dict[str, str], names: set[str]) -> None:
    """Every filter keeps exactly what its name says."""
    accounts = {
        "ada": account_of(push(make_connection("acme"), "ada@example.com").identity.user),
        "grace": account_of(jit_identity(make_connection("globex"), "grace@example.com").user),
        "alan": local_account("alan"),
    }
    Account.objects.filter(pk=accounts["alan"].pk).update(state="deprovisioned", kind="service")

    response = superuser().get("account_changelist", query=query)

    assert result_of(response) == {accounts[name].pk for name in names}


@pytest.mark.parametrize(
    "term",
    [
        "ada", "ADA.LOVELACE", "ada.lovelace@example.com", "e-4711", "Lovel", "lovelace", "Countess",
        "ada@home.example.com", "ADA@HOME.example.com", "{scim_id}",
    ],
)  # fmt: skip
def test_account_search_finds_a_person_by(term: str) -> None:
    """Login name, userName, external id, SCIM id, names and e-mail addresses are found by their indexes."""
    wanted = pushed(
        "ada.lovelace", externalId="e-4711", displayName="Countess of Lovelace",
        name={"givenName": "Ada", "familyName": "Lovelace"},
        emails=[{"value": "ada@home.example.com"}],
    )  # fmt: skip
    pushed("grace.hopper", externalId="e-4712", emails=[{"value": "grace@home.example.com"}])
    scim_id = wanted.user.provisioning_identities.get().scim_id

    response = superuser().get("account_changelist", query={"q": term.format(scim_id=scim_id)})

    assert result_of(response) == {wanted.pk}


@pytest.mark.parametrize("term", ["REMOTE", "remote.name@example.com"])
def test_account_search_finds_a_person_by_the_user_name_at_the_idp(term: str) -> None:
    """The name that the directory uses finds the person although the login name here is another."""
    user = jit_identity(make_connection(), "remote.name@example.com", user=local_user("ada")).user

    response = superuser().get("account_changelist", query={"q": term})

    assert result_of(response) == {account_of(user).pk}


@pytest.mark.parametrize("term", ["nobody", "lovelac%", "_da", "x" * 5_000])
def test_account_search_for_nobody_finds_nobody(term: str) -> None:
    """No wildcard and no monster of a term finds, or breaks, anything."""
    pushed("ada.lovelace", name={"familyName": "Lovelace"})

    response = superuser().get("account_changelist", query={"q": term})

    assert response.status_code == 200
    assert result_of(response) == set()


def test_account_search_with_too_many_matches_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that was cut does not look complete."""
    monkeypatch.setattr(people_search, "MOST", 1)
    pushed("ada.lovelace")
    pushed("ada.byron")

    response = superuser().get("account_changelist", query={"q": "ada"})

    assert len(result_of(response)) == 1
    assert "Too many people match: the list shows some of them only." in text_of(response)


def test_nobody_is_made_a_test_account() -> None:
    """Policies and figures leave a self-test's people out, so the kind would hide whoever has it."""
    user = local_user("ada")
    management.account_of(make_context(), user, origin=Account.Origin.MANUAL)
    account = account_of(user)

    response = superuser().post("account_change", account.pk, kind="test", owner="")

    assert response.status_code == 200
    assert account_of(user).kind == Account.Kind.HUMAN
