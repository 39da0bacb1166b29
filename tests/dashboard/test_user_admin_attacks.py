"""The page of users against somebody who sends what no form offers, and against a leave that commits meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

from django_provisioning.models import Account
from tests.admin.pages import superuser
from tests.dashboard.scenes import offboard, person_of, small_site
from tests.dashboard.test_user_admin import (
    NEW_PASSWORD,
    edit_row,
    editable_list,
    logged_in,
    needs_djangos_page,
    password_url,
    pushed,
)
from tests.dashboard.user_pages import answers, form_of, user_url
from tests.lifecycle.people import account_of, fresh, local_user

__all__ = ["editable_list"]  # A fixture is found by its name.

pytestmark = pytest.mark.django_db


@needs_djangos_page
@pytest.mark.parametrize(
    ("had_one", "button"),
    [
        (True, {"unset-password": "1"}),
        (False, {"unset-password": "1"}),
        (False, {"usable_password": "false"}),
    ],
)
def test_no_name_of_a_button_sets_a_local_password(had_one: bool, button: dict[str, str]) -> None:
    """C19: what the form would do counts, not what the button is called."""
    user = logged_in()
    if had_one:
        user.set_password("from-before")
        user.save()

    superuser().client.post(password_url(user), NEW_PASSWORD | button)

    assert not fresh(user).check_password(NEW_PASSWORD["password1"])
    assert fresh(user).has_usable_password() is had_one


@pytest.mark.usefixtures("editable_list")
def test_who_has_left_is_not_let_in_by_a_tick_in_the_list() -> None:
    """A return asks for a reason, on the account page; a list with is_active in it is no way round."""
    small_site()
    grace = person_of("grace")
    browser = superuser()

    refused = edit_row(browser, grace, is_active="on")

    assert refused.status_code == 200
    assert "Reinstate it on its account page" in refused.content.decode()
    assert not fresh(grace).is_active
    assert account_of(grace).state == Account.State.DEPROVISIONED


def leaving_while_saved(monkeypatch: pytest.MonkeyPatch, user: Any) -> None:
    """Let the person leave after the page has loaded the row and before it saves it."""
    page: Any = type(admin.site._registry[get_user_model()])
    save = page.save_model

    def late(self: Any, request: Any, obj: Any, form: Any, change: bool) -> None:
        if obj.pk == user.pk:
            offboard(fresh(user))
        save(self, request, obj, form, change)

    monkeypatch.setattr(page, "save_model", late)


@pytest.mark.parametrize("way", ["page", "list"])
@pytest.mark.usefixtures("editable_list")
def test_leave_that_commits_meanwhile_is_not_saved_away(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Django saves the whole row; neither activity nor the session hash of before comes back with it."""
    user = local_user("ada", password=make_password("from-before"))
    browser = superuser()
    sent = answers(form_of(browser, user)) | {"first_name": "Augusta"}
    leaving_while_saved(monkeypatch, user)

    if way == "page":
        response = browser.client.post(user_url("change", user.pk), sent)
    else:
        response = edit_row(browser, user, first_name="Augusta")

    assert response.status_code == 302
    assert fresh(user).first_name == "Augusta"
    assert not fresh(user).is_active
    assert not fresh(user).has_usable_password()
    assert account_of(user).state == Account.State.DEPROVISIONED


def test_pushed_value_that_commits_meanwhile_is_not_saved_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """C17: what the directory wrote after the row was loaded stays."""
    user = pushed()
    browser = superuser()
    sent = answers(form_of(browser, user))
    page: Any = type(admin.site._registry[get_user_model()])
    save = page.save_model

    def late(self: Any, request: Any, obj: Any, form: Any, change: bool) -> None:
        get_user_model()._base_manager.filter(pk=user.pk).update(first_name="Augusta")
        save(self, request, obj, form, change)

    monkeypatch.setattr(page, "save_model", late)
    browser.client.post(user_url("change", user.pk), sent)

    assert fresh(user).first_name == "Augusta"
