"""Somebody logs in for the first time, through a real provider."""

from __future__ import annotations

import pytest

from django_provisioning.models import Account, Event, Identity
from tests.jit.browser import Browser
from tests.jit.doors import Door, make_person

pytestmark = pytest.mark.django_db


def test_first_login_of_a_stranger_makes_an_account(door: Door, browser: Browser) -> None:
    """Somebody whom nobody knows gets an account with the claims' values, and is logged in (C2)."""
    connection = door.connect()
    ada = make_person("ada.marsh", given_name="Ada", family_name="Marsh")

    page = door.log_in(ada, browser)

    identity = Identity.objects.get(connection=connection)
    assert page.status == 200, page.text
    assert browser.whoami()["pk"] == identity.user.pk  # type: ignore[index]
    assert identity.subject == "key-of-ada.marsh"
    assert (identity.user.email, identity.user.first_name, identity.user.last_name) == (
        "ada.marsh@example.com",
        "Ada",
        "Marsh",
    )
    assert Account.objects.get(user=identity.user).origin == door.origin
    assert Event.objects.get(type="account.created").outcome == "success"
