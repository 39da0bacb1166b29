"""Journeys of whoever looks after people: where accounts came from, an end of access, its proof, and a return."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from django_provisioning.models import Account, Event, Leave
from tests.browser.conftest import PageAs, Site
from tests.dashboard.scenes import auditor, set_account
from tests.dashboard.test_walk import READING, names, url
from tests.lifecycle.people import local_user

pytestmark = pytest.mark.django_db(transaction=True)

_SOURCES = {
    "manual@example.org": ("manual", "none", "Manual", "Nobody"),
    "saml@example.org": ("jit_saml", "sso", "JIT (SAML)", "SSO"),
    "oidc@example.org": ("jit_oidc", "sso", "JIT (OIDC)", "SSO"),
    "scim@example.org": ("scim", "scim", "SCIM", "SCIM"),
    "both@example.org": ("jit_oidc", "scim+sso", "JIT (OIDC)", "SCIM + SSO"),
    "imported@example.org": ("import", "none", "Imported", "Nobody"),
    "unknown@example.org": ("unknown", "none", "Unknown", "Nobody"),
}
# The pages that a reader begins with; every URL is walked without a browser elsewhere.
_SHOWN = {
    f"django_provisioning_{page}"
    for page in (
        "dashboard_changelist", "account_changelist", "account_change", "connection_change", "connection_setup",
        "event_changelist", "leave_change",
    )
}  # fmt: skip
_OPENS = "You are authenticated as"


def account_url(site: Site, user: Any) -> str:
    """Give the address of a person's account."""
    return site.url("account_change", Account.objects.get(user=user).pk)


def is_known(tab: Any, site: Site) -> bool:
    """Whether the site knows who sits at this browser: the login page of the admin says so to who is no staff."""
    tab.goto(f"{site.address}/admin/")
    return bool(tab.get_by_text(_OPENS).count())


def downloaded(page: Any, link: str, folder: Path) -> Path:
    """Click a link that gives a file, and keep it."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def counted(page: Any) -> int:
    """Read the number of results that the list shows."""
    found = re.search(r"(\d+) results?", page.get_by_role("main").inner_text())
    assert found is not None
    return int(found[1])


def test_source_of_each_account_stands_in_the_list(site: Site, page: Any) -> None:
    """Manual, by SAML, by OpenID Connect, pushed, pushed and logged in, imported, unknown: all are told apart (C24)."""
    for name, (origin, managed_by, *_shown) in _SOURCES.items():
        user = local_user(name)
        Account.objects.create(
            user=user, origin="manual", state="active", created_at=site.rows["account"].created_at
        )
        set_account(user, origin=origin, managed_by=managed_by)

    page.goto(site.url("account_changelist"))

    headings = [one.strip().lower() for one in page.get_by_role("columnheader").all_inner_texts()]
    origin_at, manager_at = (
        next(place for place, text in enumerate(headings) if text.startswith(wanted))
        for wanted in ("origin", "managed by")
    )
    for name, (_origin, _managed_by, origin, manager) in _SOURCES.items():
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name))
        cells = row.locator("th, td").all_inner_texts()
        assert origin in cells[origin_at - len(headings)], name
        assert manager in cells[manager_at - len(headings)], name


def test_person_is_offboarded_and_the_trail_shows_it(site: Site, page: Any, page_as: PageAs) -> None:
    """A reason, the timeline, the three times; the person's own browser is out on its next click (C15, C16, N23)."""
    ada = site.rows["user"]
    tab = page_as(ada)
    before = is_known(tab, site)
    page.goto(account_url(site, ada))

    page.get_by_role("link", name="Offboard").click()
    page.get_by_label("Reason:").fill("TICKET-77")
    page.get_by_role("button", name="Offboard").click()

    assert before
    assert not is_known(tab, site)
    page.goto(account_url(site, ada))
    assert page.get_by_role("region", name="Timeline").get_by_text("TICKET-77").count() == 1
    page.goto(site.url("leave_changelist"))
    page.get_by_role("row").filter(has_text="Administrator").get_by_role("link").first.click()
    times = page.get_by_role("group", name="Times").inner_text()
    moments = [re.search(rf"\({name}\):?\s*([\d-]+ [\d:.]+)", times) for name in ("t1", "t2", "t3")]
    assert all(moments)
    assert [one[1] for one in moments if one] == sorted(one[1] for one in moments if one)
    assert Leave.objects.filter(user=ada, closed_at__isnull=False).count() == 1


def test_reinstated_person_comes_in_anew_and_not_by_the_old_cookie(
    site: Site, page: Any, page_as: PageAs
) -> None:
    """After the return the old browser is still out, a new login is in, and the reason is kept (C7, C16, N20)."""
    ada = site.rows["user"]
    old = page_as(ada)
    assert is_known(old, site)
    for verb in ("Offboard", "Reinstate"):
        page.goto(account_url(site, ada))
        page.get_by_role("link", name=verb).click()
        page.get_by_label("Reason:").fill(f"{verb} as asked")
        page.get_by_role("button", name=verb).click()

    page.goto(account_url(site, ada))

    ada.refresh_from_db()
    assert ada.is_active
    assert not is_known(old, site)
    assert is_known(page_as(ada), site)
    assert page.get_by_text("Reinstate as asked").count() >= 1


@pytest.mark.parametrize(
    ("model", "query"),
    [("leave", "status=in_time"), ("event", "phase__exact=joiner"), ("account", "state__exact=active")],
)
def test_filtered_list_and_its_files_agree(
    site: Site, page: Any, tmp_path: Path, model: str, query: str
) -> None:
    """The files have the rows of the screen, and the trail has the hash of each of them (C34)."""
    page.goto(f"{site.url(f'{model}_changelist')}?{query}")
    shown = counted(page)

    table = downloaded(page, "Export as CSV", tmp_path)
    lines = downloaded(page, "Export as JSONL", tmp_path)

    with table.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == shown > 0
    assert len([json.loads(line) for line in lines.read_text().splitlines()]) == shown
    for path in (table, lines):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        page.goto(site.url("event_changelist") + "?type=export.created")
        pages = [site.url("event_change", event.pk) for event in Event.objects.filter(type="export.created")]
        assert any(digest in _text(page, address) for address in pages)


def _text(page: Any, address: str) -> str:
    page.goto(address)
    return str(page.get_by_role("main").inner_text())


def test_auditor_reads_and_exports_and_can_do_nothing(site: Site, page_as: PageAs, tmp_path: Path) -> None:
    """No page offers an act or a way to one, and what is posted to any address all the same is refused."""
    tab = page_as(auditor().person)
    acts = re.compile(
        r"^(go|run|save|delete|offboard|reinstate|revoke|issue|rotate|release|end)\b", re.IGNORECASE
    )
    leads: dict[str, str] = {}
    buttons: dict[str, list[str]] = {}
    posted: dict[str, int] = {}
    tab.goto(site.url("dashboard_changelist"))

    for name in names():
        address = site.address + url(name)
        if name in _SHOWN:
            assert tab.goto(address).status == 200, name
            leads |= {re.sub(r"\d+", "n", link): link for link in tab.evaluate(_LINKS)}
            buttons[name] = [text for text in tab.get_by_role("button").all_inner_texts() if acts.match(text)]
        posted[name] = _post(tab, address)

    assert [link for link in leads.values() if tab.request.get(link).status == 403] == []
    assert {name: texts for name, texts in buttons.items() if texts} == {}
    acting = {
        name: code for name, code in posted.items() if not name.endswith(READING) or name.endswith("_change")
    }
    assert set(acting.values()) == {403}
    tab.goto(site.url("account_changelist"))
    assert downloaded(tab, "Export as CSV", tmp_path).stat().st_size > 0


# All that the page leads to on this site, once each, whatever the filters behind it.
_LINKS = """() => [...new Set([...document.querySelectorAll("#content a[href]")]
    .map(link => link.href.split(/[?#]/)[0]).filter(link => link.startsWith(location.origin + "/admin/django_prov")))]
"""


def _post(tab: Any, address: str) -> int:
    """Send a form to an address as this person, with the CSRF token that the person has."""
    token = next((one["value"] for one in tab.context.cookies() if one["name"] == "csrftoken"), "")
    form = {"csrfmiddlewaretoken": token, "reason": "spite", "confirmed": "1", "post": "yes"}
    answer = tab.request.post(address, form=form, headers={"Referer": address}, max_redirects=0)
    # It is the permission that refuses, and not a form that came from nowhere.
    assert "CSRF" not in answer.text()
    return int(answer.status)


def test_keyboard_alone_is_enough_to_offboard(site: Site, page: Any) -> None:
    """Tab reaches the link, the reason and the button in turn, and Enter works each of them."""
    ada = site.rows["user"]
    page.goto(account_url(site, ada))

    _tab_to(page, "Offboard…")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Offboard", level=1).wait_for()
    _tab_to(page, "reason")
    page.keyboard.type("TICKET-5")
    _tab_to(page, "Offboard")
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Offboard", level=1).wait_for(state="detached")
    ada.refresh_from_db()
    assert not ada.is_active


_FOCUSED = """() => {
    const one = document.activeElement;
    return [one.textContent, one.value, one.name].map(text => (text || "").trim());
}"""


def _tab_to(page: Any, wanted: str) -> None:
    """Press Tab until the element of this text, value or name has the focus."""
    for _press in range(200):
        if wanted in page.evaluate(_FOCUSED):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {wanted!r}")
