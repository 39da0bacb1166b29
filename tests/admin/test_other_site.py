"""The pages on an admin site of the project's own, beside Django's: every link stays on the site it stands on."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from django_provisioning.models import Account
from tests.admin.pages import Browser, superuser
from tests.dashboard.scenes import one_of_each
from tests.dashboard.test_walk import names, url

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.admin.urls_two_sites"),
    pytest.mark.skipif(get_user_model() is not User, reason="the site of the test shows Django's own users"),
]

_LINK = re.compile(r"""(?:href|action|data-[a-z-]*url)=["'](/[^"']*)["']""")
_FILES = ("_export", "_setup_status")


def on_ops(name: str) -> str:
    """Give the address of a page on the other site."""
    return url(name).replace("/admin/", "/ops/", 1)


def test_links_stay_on_the_site() -> None:
    """No page of the site ``ops`` leads to ``/admin/``."""
    one_of_each()
    browser = superuser()

    pages = {name: browser.client.get(on_ops(name)) for name in names() if not name.endswith(_FILES)}

    links = {
        name: _LINK.findall(page.content.decode()) for name, page in pages.items() if page.status_code == 200
    }
    assert {
        name: strays
        for name, found in links.items()
        if (strays := [link for link in found if link.startswith("/admin/")])
    } == {}
    assert (
        len([name for name, found in links.items() if any(link.startswith("/ops/") for link in found)]) > 25
    )


def test_act_returns_to_the_site() -> None:
    """After an act the person is on the site where it began, and so is the link in the history."""
    account: Account = one_of_each()["account"]
    browser: Browser = superuser()
    page = f"/ops/django_provisioning/account/{account.pk}/"

    answer = browser.client.post(f"{page}offboard/", {"confirmed": "1", "reason": "left"})

    assert (answer.status_code, answer["Location"]) == (302, f"{page}change/")
