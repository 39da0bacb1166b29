"""Connections in the admin: made, changed and released through the lifecycle, never deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from django_provisioning.models import Connection, ConnectionDomain, Event
from tests.admin.pages import Browser, connection_fields, messages_of, superuser, text_of, url_of
from tests.factories import make_connection, make_token

pytestmark = pytest.mark.django_db


def test_connection_add_writes_through_the_lifecycle() -> None:
    """A new connection has an event that names the person, and the person is taken to its page."""
    browser = superuser()

    response = browser.post("connection_add", **connection_fields(linking="verified_email"))

    connection = Connection.objects.get(slug="acme")
    assert response.url == url_of("connection_change", connection.pk)
    assert (connection.name, connection.idp, connection.linking) == ("Acme", "okta", "verified_email")
    event = Event.objects.get(type="connection.created")
    assert (event.actor_type, event.actor_id) == ("admin", str(browser.person.pk))
    assert (event.connection, event.ip) == (connection, "127.0.0.1")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"idp": "entar"}, "idp"),
        ({"mass_leave_percent": "101"}, "__all__"),
        ({"slug": "taken"}, "slug"),
        ({"name": ""}, "name"),
    ],
)
def test_connection_add_with_a_bad_value_shows_it_and_writes_nothing(
    changed: dict[str, str], field: str
) -> None:
    """A mistyped IdP, an impossible share, a taken slug or no name stay on the form."""
    make_connection("taken")

    response = superuser().post("connection_add", **connection_fields(**changed))

    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert list(Connection.objects.values_list("slug", flat=True)) == ["taken"]


def test_connection_change_records_old_and_new() -> None:
    """Only what differs is written, and the event shows both values."""
    connection = make_connection("acme", idp="okta")

    superuser().post("connection_change", connection.pk, **connection_fields(enabled=None, strict="on"))

    connection.refresh_from_db()
    assert (connection.enabled, connection.strict) == (False, True)
    event = Event.objects.get(type="connection.configured")
    assert event.changes == {"enabled": {"old": True, "new": False}, "strict": {"old": False, "new": True}}
    assert event.connection == connection


def test_connection_change_without_a_difference_writes_no_event() -> None:
    """Saving an untouched form changes nothing."""
    connection = make_connection("acme", idp="okta")

    superuser().post("connection_change", connection.pk, **connection_fields())

    assert not Event.objects.filter(type="connection.configured").exists()


def test_connection_change_never_changes_the_slug() -> None:
    """Scripts and events refer to the slug."""
    connection = make_connection("acme", idp="okta")

    browser = superuser()

    page = text_of(browser.get("connection_change", connection.pk))
    browser.post("connection_change", connection.pk, **connection_fields(slug="other", name="Other"))

    connection.refresh_from_db()
    assert (connection.slug, connection.name) == ("acme", "Other")
    assert 'name="slug"' not in page


def test_connection_change_keeps_an_idp_that_the_list_does_not_know() -> None:
    """A connection made by code for another product can still be saved."""
    connection = make_connection("acme", idp="homegrown")

    superuser().post("connection_change", connection.pk, **connection_fields(idp="homegrown", name="Home"))

    connection.refresh_from_db()
    assert (connection.idp, connection.name) == ("homegrown", "Home")


def test_connection_slug_taken_at_the_same_moment_becomes_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only the lifecycle notices is told, not raised."""
    make_connection("acme")
    form = "django_provisioning.admin.forms.ConnectionForm"
    monkeypatch.setattr(f"{form}.validate_unique", lambda _form: None)
    monkeypatch.setattr(f"{form}.validate_constraints", lambda _form: None, raising=False)

    response = superuser().post("connection_add", **connection_fields(slug="acme"))

    assert response.status_code == 302
    assert messages_of(response) == ["A connection 'acme' exists already."]


def test_connection_delete_is_not_offered() -> None:
    """Deleting would orphan accounts: neither page, link nor action exists, for a superuser either."""
    connection = make_connection()
    browser = superuser()

    assert browser.get("connection_delete", connection.pk).status_code == 403
    assert browser.post("connection_delete", connection.pk, post="yes").status_code == 403
    assert "deletelink" not in text_of(browser.get("connection_change", connection.pk))
    assert "delete_selected" not in text_of(browser.get("connection_changelist"))
    assert Connection.objects.filter(pk=connection.pk).exists()


def test_connection_page_shows_the_scim_url() -> None:
    """The URL to paste into the IdP stands on the page."""
    connection = make_connection()

    page = text_of(superuser().get("connection_change", connection.pk))

    assert "http://testserver/scim/v2<" in page


def test_connection_page_shows_the_scim_url_as_the_product_wants_it() -> None:
    """It is the URL of the set-up page, with the flag that Entra ID needs."""
    connection = make_connection(idp="entra")

    page = text_of(superuser().get("connection_change", connection.pk))

    assert "http://testserver/scim/v2?aadOptscim062020<" in page


def test_halted_connection_shows_a_banner_and_is_released_by_post() -> None:
    """The banner leads to a confirmation; only its POST releases, with an event and a history entry."""
    connection = make_connection()
    Connection.objects.filter(pk=connection.pk).update(halted_at=timezone.now())
    browser = superuser()
    release = url_of("connection_release", connection.pk)

    assert release in text_of(browser.get("connection_change", connection.pk))
    assert browser.get("connection_release", connection.pk).status_code == 200
    connection.refresh_from_db()
    assert connection.halted_at is not None
    response = browser.post("connection_release", connection.pk)

    connection.refresh_from_db()
    assert connection.halted_at is None
    assert response.url == url_of("connection_change", connection.pk)
    assert Event.objects.get(type="breaker.released").actor_id == str(browser.person.pk)
    assert LogEntry.objects.get(object_id=str(connection.pk)).change_message == "The connection was released."
    assert release not in text_of(browser.get("connection_change", connection.pk))


def test_release_of_a_connection_that_is_not_halted_writes_no_event() -> None:
    """A second click claims nothing."""
    connection = make_connection()

    superuser().post("connection_release", connection.pk)

    assert not Event.objects.filter(type="breaker.released").exists()


def test_domain_is_verified_and_withdrawn_through_the_lifecycle() -> None:
    """A domain can be added and taken away again, each with an event."""
    connection = make_connection()
    browser = superuser()

    browser.post("connection_verify_domain", connection.pk, domain="@Example.COM")
    row = ConnectionDomain.objects.get()
    shown = text_of(browser.get("connection_change", connection.pk))
    browser.post("connection_withdraw_domain", connection.pk, row.pk)

    assert row.verified_domain == "example.com"
    assert "example.com" in shown
    assert not ConnectionDomain.objects.exists()
    types = set(Event.objects.values_list("type", flat=True))
    assert {"connection.domain_verified", "connection.domain_withdrawn"} <= types


@pytest.mark.parametrize("domain", ["", "localhost", "ada@example.com", "two words.example.com"])
def test_domain_that_is_none_is_refused(domain: str) -> None:
    """An address or a host name is no domain."""
    connection = make_connection()

    response = superuser().post("connection_verify_domain", connection.pk, domain=domain)

    assert response.status_code == 200
    assert not ConnectionDomain.objects.exists()


def test_domain_of_another_connection_is_refused_on_the_form() -> None:
    """What the lifecycle refuses stands above the form, and nothing is half written."""
    owner, other = make_connection(), make_connection()
    browser = superuser()
    browser.post("connection_verify_domain", owner.pk, domain="example.com")

    response = browser.post("connection_verify_domain", other.pk, domain="example.com")

    assert response.status_code == 200
    assert "is verified for another connection" in text_of(response)
    assert ConnectionDomain.objects.get().connection == owner


def test_operation_on_a_row_of_another_connection_is_not_found() -> None:
    """The URL of one connection reaches no token and no domain of another."""
    owner, other = make_connection(), make_connection()
    make_token(owner)
    token = owner.tokens.get()
    browser = superuser()
    browser.post("connection_verify_domain", owner.pk, domain="example.com")

    answers = [
        browser.get("connection_revoke_token", other.pk, token.pk),
        browser.get("connection_rotate_token", other.pk, token.pk),
        browser.get("connection_withdraw_domain", other.pk, ConnectionDomain.objects.get().pk),
        browser.get("connection_release", 10_000),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]


@pytest.mark.parametrize(
    ("status", "slugs"),
    [("enabled", ["fine"]), ("halted", ["stopped"]), ("disabled", ["off"]), ("", ["fine", "off", "stopped"])],
)
def test_connection_list_filters_by_status(status: str, slugs: list[str]) -> None:
    """The status filter says what the status column says."""
    make_connection("fine")
    make_connection("off", enabled=False)
    stopped = make_connection("stopped")
    Connection.objects.filter(pk=stopped.pk).update(halted_at=timezone.now())

    response = superuser().get("connection_changelist", query={"status": status} if status else {})

    assert [row.slug for row in response.context["cl"].result_list] == slugs


def test_manage_connection_opens_the_page_but_not_the_tokens() -> None:
    """The one permission covers policies, domains and release; tokens need their own."""
    connection = make_connection("acme", idp="okta")
    make_token(connection)
    browser = Browser("manage_connection")

    page = text_of(browser.get("connection_change", connection.pk))
    issue = browser.get("connection_issue_token", connection.pk)
    browser.post("connection_change", connection.pk, **connection_fields(name="New name"))

    connection.refresh_from_db()
    assert connection.name == "New name"
    assert issue.status_code == 403
    assert "tokens/issue" not in page
    assert "/revoke/" not in page


def test_page_without_scim_urls_says_so(settings: Any) -> None:
    """A project that forgot the URLs is told where it would look for them."""
    connection = make_connection()
    settings.ROOT_URLCONF = "tests.admin.urls_without_scim"

    page = text_of(superuser().get("connection_change", connection.pk))

    assert "not included in this site’s URLconf" in page
    assert 'path("scim/v2/", include("django_provisioning.urls")),' in page


def test_manage_connection_alone_does_not_open_the_admin_to_an_idp() -> None:
    """Who may manage connections must not be able to let an IdP make superusers."""
    connection = make_connection("acme", idp="okta")
    sent = connection_fields(manages_privileged="on", privilege_rules='{"ops": "superuser"}')

    Browser("manage_connection").post("connection_change", connection.pk, **sent)

    connection.refresh_from_db()
    assert connection.manages_privileged is False
    assert connection.privilege_rules == {}

    superuser().post("connection_change", connection.pk, **sent)

    connection.refresh_from_db()
    assert connection.manages_privileged is True
    assert connection.privilege_rules == {"ops": "superuser"}


@pytest.mark.parametrize("permission", ["manage_connection", "change_connection"])
def test_connection_that_reaches_superusers_is_changed_by_superusers_only(permission: str) -> None:
    """Who names its provider, or a domain that it may speak for, could log in as a superuser."""
    connection = make_connection("acme", idp="okta", manages_privileged=True, jit="create")
    clerk = Browser(permission, "view_connection")
    theirs = connection_fields(oidc_issuer="https://theirs.example.org", oidc_client_id="x")

    shown = clerk.get("connection_change", connection.pk)
    refused = [
        clerk.post("connection_change", connection.pk, **theirs),
        clerk.post("connection_verify_domain", connection.pk, domain="example.org", reason="mine"),
        clerk.post("connection_release", connection.pk),
    ]

    connection.refresh_from_db()
    assert [one.status_code for one in (shown, *refused)] == [200, 403, 403, 403]
    assert connection.oidc_issuer in {None, ""}
    assert not connection.domains.exists()
    assert 'name="_save"' not in shown.content.decode()
    assert ("only a superuser changes it" in text_of(shown)) == (permission == "manage_connection")
    assert superuser().get("connection_verify_domain", connection.pk).status_code == 200


def test_manager_hands_out_no_group_that_grants_more_than_the_manager_has() -> None:
    """A group without rights may be given to new accounts; one with more than the manager has only by a superuser."""
    connection = make_connection("acme", idp="okta")
    Group.objects.create(name="Readers")
    Group.objects.create(name="Editors").permissions.set(Permission.objects.filter(codename="view_group"))
    sent = connection_fields(default_groups='["Readers", "Editors"]')
    manager = Browser("manage_connection")

    refused = manager.post("connection_change", connection.pk, **sent)
    harmless = manager.post("connection_change", connection.pk, **sent | {"default_groups": '["Readers"]'})
    superuser().post("connection_change", connection.pk, **sent)
    kept = manager.post("connection_change", connection.pk, **sent | {"name": "Acme Ltd"})

    connection.refresh_from_db()
    assert (refused.status_code, harmless.status_code, kept.status_code) == (200, 302, 302)
    assert "may hand out these groups: Editors." in text_of(refused)
    assert (connection.name, connection.default_groups) == ("Acme Ltd", ["Readers", "Editors"])


def test_connection_page_says_the_effective_rule_in_words() -> None:
    """Policies are read together with what is there: no domain, a token, and who decides about an attribute (C4)."""
    connection = make_connection(
        "acme", linking="verified_email", oidc_issuer="https://idp.example.com", oidc_client_id="app",
        attribute_sync={"default": "empty_only", "displayname": "never"},
    )  # fmt: skip
    browser = superuser()

    before = text_of(browser.get("connection_change", connection.pk))
    make_token(connection)
    browser.post("connection_verify_domain", connection.pk, domain="example.com")
    after = text_of(browser.get("connection_change", connection.pk))

    assert "<strong>!</strong> Nobody is linked: no e-mail domain is verified" in before
    assert "Removal path: none." in before
    assert "This application wins: a login fills it only while it is empty." in before
    assert "No effect: no claim fills this attribute." in before
    assert "its e-mail address is in example.com" in after
    assert "access ends before its request is answered" in after
    assert "Nobody is linked" not in after


def test_connection_page_after_a_refused_form_speaks_of_what_is_stored() -> None:
    """What was typed and not saved is not what happens."""
    connection = make_connection("acme", idp="okta")

    response = superuser().post(
        "connection_change", connection.pk, **connection_fields(delete_mode="erase", mass_leave_percent="101")
    )

    assert response.status_code == 200
    assert "the Django user stays, inactive" in text_of(response)
    assert "the Django user is deleted" not in text_of(response)


def test_connection_page_of_a_disabled_connection_names_the_remedy() -> None:
    """The banner says what is refused, and how it is put to work again, to those who may."""
    connection = make_connection("acme", enabled=False)

    manager = text_of(superuser().get("connection_change", connection.pk))
    looker = text_of(Browser("view_connection").get("connection_change", connection.pk))

    assert "This connection is disabled." in manager
    assert "tick “enabled” below and save" in manager
    assert "This connection is disabled." in looker
    assert "tick “enabled”" not in looker


def test_connection_page_tells_its_health() -> None:
    """What the overview says of the connection, its own page says too (C33)."""
    connection = make_connection("acme")

    new = text_of(superuser().get("connection_change", connection.pk))
    make_token(connection)
    waiting = text_of(superuser().get("connection_change", connection.pk))

    assert "! no token yet" in new
    assert "! waiting for the first request" in waiting
    assert "The directory has not called yet." in waiting
    assert url_of("connection_setup", connection.pk) in waiting
