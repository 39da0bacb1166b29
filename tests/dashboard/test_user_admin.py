"""The project's own page of users: what is shown of provisioning, and what nobody edits there."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection as database
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from django_provisioning.admin.user.panel import panel
from django_provisioning.admin.user_admin import ProvisioningUserAdminMixin
from django_provisioning.mapping.fields import user_map
from django_provisioning.models import Account, Connection, Event, Identity, Leave
from tests.admin.pages import Browser, messages_of, superuser, text_of, url_of
from tests.dashboard.scenes import EVIL, person_of, set_account, small_site
from tests.dashboard.user_pages import answers, errors_of, form_of, open_page, send, user_url
from tests.factories import make_connection
from tests.lifecycle.people import (
    account_of,
    event_types,
    fresh,
    group_names,
    jit_identity,
    local_user,
    make_group,
    push,
    push_group,
    push_move,
)  # fmt: skip

pytestmark = pytest.mark.django_db

NAMES = {"givenName": "Ada", "familyName": "Lovelace"}


def pushed(**policies: Any) -> Any:
    """Give the user of somebody whom a directory pushed with a name and an address."""
    acme = make_connection("acme", **policies)
    emails = [{"value": "ada@example.com", "primary": True}]
    return push(acme, "ada@example.com", name=NAMES, emails=emails).identity.user


def logged_in(**policies: Any) -> Any:
    """Give the user of somebody whom a login made with a name."""
    policies = {"jit": "create", "oidc_issuer": "https://idp.example.com", **policies}
    user = local_user("ada", first_name="Ada")
    jit_identity(
        make_connection("acme", **policies), "ada", user=user, attributes={"name": {"givenName": "Ada"}}
    )
    return user


def source_in_list(user: Any) -> str:
    """Give the text of the source column, as the list computes it."""
    page = admin.site._registry[get_user_model()]
    assert isinstance(page, ProvisioningUserAdminMixin)
    found = page.get_queryset(None).get(pk=user.pk)  # type: ignore[arg-type]
    return str(page.provisioning_source(found))


@pytest.mark.parametrize(
    ("origin", "managed_by", "text"),
    [
        ("manual", "none", "Manual "),
        ("manual", "sso", "Manual, managed by: SSO "),
        ("jit_saml", "sso", "JIT (SAML) "),
        ("jit_oidc", "sso", "JIT (OIDC) "),
        ("jit_oidc", "none", "JIT (OIDC), managed by: Nobody "),
        ("jit_oidc", "scim+sso", "SCIM + SSO "),
        ("scim", "scim", "SCIM "),
        ("import", "scim", "Imported, managed by: SCIM "),
        ("unknown", "none", "Unknown (before install) "),
    ],
)
def test_source_says_where_an_account_came_from_and_who_looks_after_it(
    origin: str, managed_by: str, text: str
) -> None:
    """Two facts in one text, beside the connections (C24, C31)."""
    user = pushed()
    set_account(user, origin=origin, managed_by=managed_by)

    found = source_in_list(user)

    assert f"</span> {text}" in found
    assert "Acme" in found


def test_source_of_a_user_without_account_is_unknown() -> None:
    """Who was there before the install is not passed over."""
    assert "Unknown (before install)" in source_in_list(local_user("old"))


def test_source_column_shows_hostile_names_as_text() -> None:
    """The name of a connection is text, in the column as on the page."""
    user = pushed()
    Connection.objects.update(name=EVIL)
    browser = superuser()

    pages = text_of(browser.client.get(user_url("changelist"))) + text_of(open_page(browser, user))

    assert "<script>alert" not in pages
    assert "&lt;script&gt;" in pages


def test_list_costs_two_queries_more_than_without_the_mixin(monkeypatch: pytest.MonkeyPatch) -> None:
    """One for the identities of the page and one for the connections of the filter, for 3 users as for 23 (C39)."""
    site_page: Any = admin.site._registry[get_user_model()]
    plain = type(site_page).__mro__[2](get_user_model(), admin.site)
    browser = superuser()

    def cost() -> int:
        with CaptureQueriesContext(database) as queries:
            assert browser.client.get(user_url("changelist")).status_code == 200
        return len(queries)

    small_site()
    few = cost()
    for number in range(20):
        push(make_connection(f"tenant{number}"), f"person{number}@example.com")
    many = cost()
    monkeypatch.setattr(site_page, "get_queryset", plain.get_queryset)
    monkeypatch.setattr(site_page, "get_list_display", plain.get_list_display)
    monkeypatch.setattr(site_page, "get_list_filter", plain.get_list_filter)
    without = cost()

    assert few == many
    assert many - without <= 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"provisioning_origin": "scim"}, {"ada", "alan", "grace"}),
        ({"provisioning_origin": "jit_oidc"}, {"joan"}),
        ({"provisioning_origin": "unknown"}, {"root", "clerk"}),
        ({"provisioning_managed_by": "sso"}, {"joan"}),
        ({"provisioning_managed_by": "none"}, {"root", "clerk"}),
        ({"provisioning_connection": "acme"}, {"ada", "alan", "grace"}),
        ({"provisioning_connection": "-"}, {"root", "clerk"}),
        ({"provisioning_connection": "nobody"}, set()),
    ],
)
def test_list_is_filtered_by_source(query: dict[str, str], found: set[str]) -> None:
    """Origin, manager and connection, and who has no account row is among the unknown."""
    small_site()

    rows = superuser().client.get(user_url("changelist"), query).context["cl"].result_list

    assert {row.get_username().split("@")[0].rstrip("0123456789") for row in rows} == found


@pytest.mark.parametrize(
    "policies", [{"idp": "okta"}, {"idp": "okta", "attribute_sync": {"default": "never"}}]
)
def test_what_the_directory_pushed_is_read_only_with_the_reason(policies: dict[str, Any]) -> None:
    """Name, address and login name of a pushed person stand as text, with the owner beside them."""
    user = pushed(**policies)

    response = open_page(superuser(), user)

    fields = response.context["adminform"].form.fields
    assert {"first_name", "last_name", "email", user_map().login_field} & set(fields) == set()
    assert "is_active" in fields
    assert text_of(response).count("Owned by connection Acme. Change it in the directory.") >= 6


def test_what_the_directory_never_pushed_stays_editable() -> None:
    """Ownership follows what was said, not what could have been said."""
    user = push(make_connection("acme"), "ada@example.com", name={"givenName": "Ada"}).identity.user
    browser = superuser()

    assert "last_name" in form_of(browser, user).fields
    assert send(browser, user, last_name="Byron").status_code == 302

    assert fresh(user).last_name == "Byron"


@pytest.mark.parametrize(
    ("policies", "is_owned"),
    [
        ({}, True),
        ({"attribute_sync": {"default": "empty_only"}}, False),
        ({"attribute_sync": {"default": "never", "name.givenName": "always"}}, True),
        ({"attribute_sync": {"name.givenName": "never"}}, False),
        ({"enabled": False}, False),
    ],
)
def test_what_each_login_sets_is_read_only(policies: dict[str, Any], is_owned: bool) -> None:
    """The sync rule of the connection decides whether an edit would outlive the next login (C4)."""
    user = logged_in(**policies)

    form = form_of(superuser(), user)

    assert ("first_name" not in form.fields) is is_owned
    assert "each login sets it" in str(form._meta.help_texts) or not is_owned


@pytest.mark.parametrize(("kind", "is_staff"), [("human", True), ("break_glass", False)])
@pytest.mark.parametrize("manages_privileged", [True, False])
def test_protected_people_are_edited_here_unless_the_connection_manages_them(
    kind: str, is_staff: bool, manages_privileged: bool
) -> None:
    """Whom no connection may change has no owner but this application."""
    user = pushed(manages_privileged=manages_privileged)
    type(user)._base_manager.filter(pk=user.pk).update(is_staff=is_staff)
    set_account(user, kind=kind)

    assert ("first_name" in form_of(superuser(), user).fields) is not manages_privileged


def test_flags_that_a_privilege_rule_grants_are_read_only() -> None:
    """The next login sets them anew; the other flag stays ours."""
    user = logged_in(manages_privileged=True, privilege_rules={"admins": "staff"})

    fields = form_of(superuser(), user).fields

    assert "is_staff" not in fields
    assert "is_superuser" in fields


@pytest.mark.parametrize("value", ["Mallory", ""])
def test_crafted_answer_for_an_owned_field_is_refused(value: str) -> None:
    """C17: the edit of a managed user is refused by the server, whatever the browser sends, and says who owns it."""
    user = pushed()
    browser = superuser()

    response = send(browser, user, first_name=value)

    assert "Owned by connection Acme" in errors_of(response)
    assert fresh(user).first_name == "Ada"
    assert "account.updated" not in event_types()


def test_answer_that_repeats_an_owned_value_is_accepted() -> None:
    """A form that was opened before the directory came, and says the same, loses nothing."""
    user = pushed()

    assert send(superuser(), user, first_name="Ada").status_code == 302


def test_edit_past_the_page_is_shown_as_drift() -> None:
    """C17: what the project's own code changes of a managed user stands on both pages as drift."""
    user = pushed()
    type(user)._base_manager.filter(pk=user.pk).update(first_name="Mallory")
    browser = superuser()

    own, account = open_page(browser, user), browser.get("account_change", account_of(user).pk)

    for page in (text_of(own), text_of(account)):
        assert "! name.givenName" in page
        assert "Mallory" in page


@pytest.fixture
def editable_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the project edit names and activity in its list."""
    page: Any = admin.site._registry[get_user_model()]
    monkeypatch.setattr(page, "list_display", ("pk", "first_name", "is_active"))
    monkeypatch.setattr(page, "list_editable", ("first_name", "is_active"))


def edit_row(browser: Browser, user: Any, **changed: Any) -> Any:
    """Send the list with one row changed (None: leave out)."""
    url = user_url("changelist")
    formset = browser.client.get(url).context["cl"].formset
    sent: dict[str, Any] = {"_save": "Save"}
    for form in [formset.management_form, *formset.forms]:
        sent |= {
            form.add_prefix(name): value
            for name, value in answers(form).items()
            if not form.fields[name].disabled
        }
    row = next(form for form in formset.forms if form.instance.pk == user.pk)
    sent |= {row.add_prefix(name): value for name, value in changed.items()}
    return browser.client.post(url, {name: value for name, value in sent.items() if value is not None})


def test_owned_cell_of_an_editable_list_is_disabled_and_refused(editable_list: None) -> None:
    """C17: ``list_editable`` is no way past the owner; who has none is edited as before."""
    user, free = pushed(), local_user("free", first_name="Fred")
    browser = superuser()
    page = text_of(browser.client.get(user_url("changelist")))

    refused = edit_row(browser, user, first_name="Mallory")
    unowned = edit_row(browser, free, first_name="Frida")

    assert 'value="Ada"' in page
    assert page.count("disabled") >= 1
    assert refused.status_code == 200
    assert "Owned by connection Acme" in text_of(refused)
    assert unowned.status_code == 302
    assert (fresh(user).first_name, fresh(free).first_name) == ("Ada", "Frida")


def test_editable_list_asks_nothing_for_each_row(editable_list: None) -> None:
    """Whoever owns the cells is known from the queries of the list (C39)."""
    browser = superuser()
    acme = make_connection("acme")

    def cost() -> int:
        with CaptureQueriesContext(database) as queries:
            assert browser.client.get(user_url("changelist")).status_code == 200
        return len(queries)

    push(acme, "first@example.com", name=NAMES)
    few = cost()
    for number in range(20):
        push(acme, f"person{number}@example.com", name=NAMES)

    assert cost() == few


@pytest.mark.parametrize("way", ["page", "list"])
def test_user_made_inactive_leaves_as_a_suspension_by_the_person(way: str, editable_list: None) -> None:
    """Unticking is_active ends access as the button does, and the event names who did it (N16)."""
    user = pushed()
    browser = superuser()

    change = send if way == "page" else edit_row
    response = change(browser, user, is_active=None)

    assert response.status_code == 302
    event = Event.objects.get(type="account.suspended")
    assert (event.actor_type, event.actor_id, event.reason) == ("admin", str(browser.person.pk), "user_page")
    assert Leave.objects.get().path == Leave.Path.ADMIN
    assert account_of(user).state == Account.State.SUSPENDED
    assert not fresh(user).is_active


def test_who_has_left_is_not_let_in_by_a_tick() -> None:
    """A return asks for a reason, on the account page; a crafted tick changes nothing."""
    small_site()
    grace = person_of("grace")
    browser = superuser()

    page = open_page(browser, grace)
    send(browser, grace, is_active="on")

    assert "is_active" not in page.context["adminform"].form.fields
    assert "Reinstate it on its account page" in text_of(page)
    assert not fresh(grace).is_active


def test_groups_of_a_connection_stay_whatever_the_form_says() -> None:
    """The form offers local groups only; those of the directory are shown, and no answer takes them away (N11)."""
    user = pushed()
    acme = Connection.objects.get()
    identity = Identity.objects.get()
    theirs, spare = push_group(acme, "Engineering", identity), push_group(acme, "Sales")
    ours, chosen = make_group("Cooks", user), make_group("Singers")
    browser = superuser()

    form = form_of(browser, user)
    refused = send(browser, user, groups=[spare.group.pk])
    accepted = send(browser, user, groups=[chosen.pk])

    assert set(form.fields["groups"].queryset) == {ours, chosen}
    assert [group.pk for group in form.initial["groups"]] == [ours.pk]
    assert "not one of the available choices" in errors_of(refused)
    assert accepted.status_code == 302
    assert group_names(user) == ["Engineering", "Singers"]
    assert theirs.group.name in text_of(open_page(browser, user))


def test_group_that_is_pushed_meanwhile_is_kept() -> None:
    """A directory that speaks between the opening of the page and its answer is not overruled."""
    user = pushed()
    browser = superuser()
    sent = answers(form_of(browser, user))
    push_group(Connection.objects.get(), "Engineering", Identity.objects.get())

    browser.client.post(user_url("change", user.pk), sent)

    assert group_names(user) == ["Engineering"]


def test_saving_without_a_change_changes_nothing() -> None:
    """The groups that the form does not show are no change in the page's history."""
    user = pushed()
    push_group(Connection.objects.get(), "Engineering", Identity.objects.get())
    before = event_types()

    assert send(superuser(), user).status_code == 302

    assert "Groups" not in LogEntry.objects.get().get_change_message()
    assert (event_types(), group_names(user)) == (before, ["Engineering"])


def test_local_person_in_a_group_of_a_connection_is_edited_by_hand() -> None:
    """The directory does not see who is none of its people, so nobody else could take the person out."""
    acme = make_connection("acme")
    link = push_group(acme, "Engineering")
    user = local_user("guest")
    browser = superuser()

    send(browser, user, groups=[link.group.pk])
    inside = group_names(user)
    send(browser, user, groups=None)

    assert (inside, group_names(user)) == (["Engineering"], [])


def test_person_without_change_permission_sees_the_panel_and_changes_nothing() -> None:
    """Viewing is enough for the panel; the timeline asks for the permission of events."""
    user = pushed()
    browser = Browser()
    browser.person.user_permissions.add(view_permission())

    page = open_page(browser, user)
    refused = browser.client.post(user_url("change", user.pk), {"first_name": "Mallory"})

    assert page.status_code == 200
    assert "Read-only here, because a connection owns it" in text_of(page)
    assert "Timeline" not in text_of(page)
    assert url_of("account_change", account_of(user).pk) not in text_of(page)
    assert refused.status_code == 403
    assert fresh(user).first_name == "Ada"


def view_permission() -> Permission:
    """Give the permission to view users."""
    opts: Any = get_user_model()._meta
    return Permission.objects.get(content_type__app_label=opts.app_label, codename=f"view_{opts.model_name}")


def test_panel_links_account_and_events() -> None:
    """From the user to the account, its timeline and every event."""
    user = pushed()
    browser = superuser()

    with CaptureQueriesContext(database) as queries:
        page = text_of(open_page(browser, user))

    event = Event.objects.get(type="account.created")
    assert url_of("account_change", account_of(user).pk) in page
    assert url_of("event_change", event.pk) in page
    assert f"subject_id__exact={user.pk}" in page
    assert "Acme" in page
    assert len(queries) <= 14


def test_page_for_a_new_user_is_the_project_s_own() -> None:
    """Nothing is owned and nothing is shown of somebody who is not there yet."""
    browser = superuser()

    page = browser.client.get(user_url("add"))

    assert page.status_code == 200
    assert "provisioning-heading" not in text_of(page)
    assert user_map().login_field in page.context["adminform"].form.fields


def password_url(user: Any) -> str:
    """Give the URL of the password page of Django's own user page."""
    return user_url("change", user.pk).replace("/change/", "/password/")


needs_djangos_page = pytest.mark.skipif(
    not hasattr(admin.site._registry[get_user_model()], "change_password_form"),
    reason="this user model has no password page",
)
NEW_PASSWORD = {"usable_password": "true", "password1": "correct-horse-7", "password2": "correct-horse-7"}


@needs_djangos_page
@pytest.mark.parametrize("method", ["get", "post"])
def test_sso_managed_account_gets_no_local_password(method: str) -> None:
    """C19: a password would let in past the identity provider."""
    user = logged_in()
    browser = superuser()

    response = getattr(browser.client, method)(password_url(user), NEW_PASSWORD)

    assert response.status_code == 302
    assert "second door" in messages_of(response)[0]
    assert not fresh(user).has_usable_password()


@needs_djangos_page
def test_password_of_an_sso_managed_account_can_be_taken_away() -> None:
    """An account that kept its password from before loses it here; a new one it does not get."""
    user = logged_in()
    user.set_password("from-before")
    user.save()
    browser = superuser()

    shown = browser.client.get(password_url(user)).status_code
    changed = browser.client.post(password_url(user), NEW_PASSWORD)
    is_old = fresh(user).check_password("from-before")
    browser.client.post(password_url(user), {"usable_password": "false", "unset-password": "1"})

    assert (shown, changed.status_code, is_old) == (200, 302, True)
    assert not fresh(user).has_usable_password()


@needs_djangos_page
@pytest.mark.parametrize("who", ["local", "pushed"])
def test_who_has_no_single_sign_on_may_have_a_password(who: str) -> None:
    """A connection that only pushes leaves the login to the project."""
    user = local_user("free") if who == "local" else pushed()

    response = superuser().client.post(password_url(user), NEW_PASSWORD)

    assert response.status_code == 302
    assert fresh(user).has_usable_password()


def test_other_admin_site_is_linked_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a site of another name, which has no pages of ours, the panel shows texts and no link to elsewhere."""
    site = admin.AdminSite(name="ops")
    site.register(get_user_model(), type(admin.site._registry[get_user_model()]))
    user = pushed()
    request = RequestFactory().get("/")
    request.user = superuser().person
    found = panel(site, request, user)

    assert (found["account_url"], found["events_url"]) == ("", "")
    assert [connection for _identity, connection in found["identities"]] == ["Acme"]


def test_second_identity_does_not_undo_the_first() -> None:
    """Where a directory and a login both speak of a field, the directory is named."""
    user = pushed()
    other = make_connection("globex", jit="create", oidc_issuer="https://idp.example.com")
    jit_identity(other, "ada", user=user, attributes={"name": NAMES})

    reasons = form_of(superuser(), user)._meta.help_texts

    assert "Acme" in reasons["first_name"]
    assert Identity.objects.filter(user=user, live=True).count() == 2


def test_attribute_that_the_directory_removes_is_free_again() -> None:
    """The remedy that the page names works: what is not pushed any more can be edited here."""
    user = pushed()
    browser = superuser()
    owned_before = "first_name" not in form_of(browser, user).fields
    push_move(Identity.objects.get(), "ada@example.com", name={"familyName": "Lovelace"})

    send(browser, user, first_name="Augusta")

    assert owned_before
    assert fresh(user).first_name == "Augusta"
