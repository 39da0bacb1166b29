"""The number beside the search box of a list: the right one, or none."""

from __future__ import annotations

import re

import pytest

from django_provisioning.admin.account.model_admin import AccountAdmin
from django_provisioning.admin.base import CappedPaginator
from django_provisioning.models import Account
from tests.admin.pages import Browser, text_of
from tests.dashboard.scenes import auditor, small_site

pytestmark = pytest.mark.django_db

_NUMBER = re.compile(r"(\d+) results? ")


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    """An auditor of a small site whose lists show one account a page."""
    small_site()
    monkeypatch.setattr(AccountAdmin, "list_per_page", 1)
    return auditor()


def test_number_that_is_known_is_told(browser: Browser) -> None:
    """All pages together are counted."""
    told = _NUMBER.findall(text_of(browser.get("account_changelist")))

    assert told == [str(Account.objects.count())]


def test_search_of_more_than_a_page_tells_no_number(browser: Browser) -> None:
    """It is not counted, and the number of rows of the page would be a wrong one."""
    page = browser.get("account_changelist", query={"q": "a"})

    assert page.context["cl"].next_url
    assert _NUMBER.findall(text_of(page)) == []


def test_list_beyond_the_cap_tells_no_number(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the list stands "more than …"; nothing else says how many there are."""
    monkeypatch.setattr(CappedPaginator, "cap", 2)

    page = text_of(browser.get("account_changelist"))

    assert "more than 2 accounts" in page
    assert _NUMBER.findall(page) == []
