"""Who may see and do what: superuser, auditor with view permissions, staff without any, and people outside."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from django_provisioning.admin import register
from django_provisioning.models import Connection, ConnectionToken, Event, GroupLink, Identity, SessionIndex
from tests.admin.pages import AUDITOR, MODELS, Browser, superuser, text_of, url_of
from tests.factories import make_connection, make_token
from tests.lifecycle.people import account_of, push, push_group

pytestmark = pytest.mark.django_db


def pages() -> list[tuple[str, tuple[Any, ...]]]:
    """Fill every table and give every page that only shows something."""
    connection = make_connection()
    make_token(connection)
    identity = push(connection, "ada@example.com").identity
    link = push_group(connection, "Engineering", identity)
    Client().force_login(identity.user)
    rows = {
        "connection": connection, "account": account_of(identity.user), "identity": identity, "grouplink": link,
        "sessionindex": SessionIndex.objects.get(user=identity.user), "event": Event.objects.all()[0],
    }  # fmt: skip
    lists: list[tuple[str, tuple[Any, ...]]] = [(f"{model}_changelist", ()) for model in MODELS]
    return [*lists, *((f"{model}_change", (row.pk,)) for model, row in rows.items())]


def operations() -> list[tuple[str, tuple[Any, ...]]]:
    """Give every page that does something."""
    connection = Connection.objects.get()
    token = ConnectionToken.objects.get()
    account = account_of(Identity.objects.get().user)
    return [
        ("connection_add", ()), ("connection_release", (connection.pk,)), ("connection_issue_token", (connection.pk,)),
        ("connection_rotate_token", (connection.pk, token.pk)), ("connection_revoke_token", (connection.pk, token.pk)),
        ("connection_verify_domain", (connection.pk,)),
        ("account_offboard", (account.pk,)), ("account_reinstate", (account.pk,)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("permissions", "shows", "does"),
    [
        pytest.param(None, 200, 200, id="superuser"),
        pytest.param(AUDITOR, 200, 403, id="auditor"),
        pytest.param((), 403, 403, id="staff without permissions"),
    ],
)
def test_person_sees_and_does_what_the_permissions_say(
    permissions: tuple[str, ...] | None, shows: int, does: int
) -> None:
    """Every page is opened; each checks for itself."""
    shown = pages()
    browser = superuser() if permissions is None else Browser(*permissions)

    seen = {page: browser.get(page, *args).status_code for page, args in shown}
    done = {page: browser.get(page, *args).status_code for page, args in operations()}

    assert seen == dict.fromkeys(seen, shows)
    assert done == dict.fromkeys(done, does)


def test_outsider_is_sent_to_the_login() -> None:
    """Neither a visitor nor a logged-in customer without the staff flag gets in."""
    shown = pages()
    customer = Client()
    customer.force_login(Identity.objects.get().user)

    answers: list[Any] = [
        client.get(url_of(page, *args))
        for client in (Client(), customer)
        for page, args in [*shown, *operations()]
    ]

    assert {answer.status_code for answer in answers} == {302}
    assert {answer.url.partition("?")[0] for answer in answers} == {"/admin/login/"}


def test_auditor_changes_nothing_by_posting() -> None:
    """The pages that can be seen take no POST, and the events stay as they were."""
    shown = pages()
    browser = Browser(*AUDITOR)
    before = (Event.objects.count(), list(Connection.objects.values()), list(GroupLink.objects.values()))

    answers = {
        browser.post(page, *args, name="x", kind="service", reason="x", confirmed="1").status_code
        for page, args in [*shown, *operations()]
        if not page.endswith("_changelist")
    }

    assert answers == {403}
    assert (
        Event.objects.count(),
        list(Connection.objects.values()),
        list(GroupLink.objects.values()),
    ) == before


def test_auditor_is_offered_no_button() -> None:
    """A page for an auditor has no link that would answer 403."""
    pages()
    browser = Browser(*AUDITOR)
    connection, account = Connection.objects.get(), account_of(Identity.objects.get().user)

    shown = text_of(browser.get("connection_change", connection.pk))
    shown += text_of(browser.get("account_change", account.pk)) + text_of(browser.get("account_changelist"))

    assert [url for page, args in operations() if (url := url_of(page, *args)) in shown] == []
    assert 'name="action"' not in shown


def test_offboard_permission_is_enough_for_helpdesk_staff() -> None:
    """Its holder sees accounts and the verbs, but edits nothing."""
    pages()
    account = account_of(Identity.objects.get().user)
    browser = Browser("offboard_account")

    page = browser.get("account_change", account.pk)

    assert url_of("account_offboard", account.pk) in text_of(page)
    assert 'name="_save"' not in text_of(page)
    assert browser.post("account_change", account.pk, kind="service").status_code == 403


def test_index_lists_only_what_may_be_seen() -> None:
    """Staff without permissions do not even see that the app is there."""
    listed = [
        "Provisioning" in browser.client.get("/admin/").content.decode()
        for browser in (superuser(), Browser(*AUDITOR), Browser())
    ]

    assert listed == [True, True, False]


def test_pages_can_be_added_to_an_admin_site_of_the_project() -> None:
    """A project with its own site calls ``register``."""
    site = admin.AdminSite(name="back-office")

    register(site)

    assert {model._meta.model_name for model in site._registry} == {
        *MODELS,
        "connectiontoken",
        "dashboard",
        "leave",
        "scimrequest",
    }
