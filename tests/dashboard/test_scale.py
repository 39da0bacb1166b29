"""Pages cost the same at any size: paging by keys, and how many queries each list may cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.admin import base, people_search
from django_provisioning.lifecycle import rollups
from django_provisioning.models import Account, Connection, FlaggedAccount, Identity
from django_provisioning.protocol.comparison import fold
from django_provisioning.reports import overview as report
from tests.admin.pages import Browser, superuser, text_of, url_of
from tests.dashboard.scenes import auditor
from tests.factories import make_connection, make_token
from tests.lifecycle.people import jit_identity, local_user, login_of

pytestmark = pytest.mark.django_db

ROWS = 230
MODELS = ("account", "connection", "event", "grouplink", "identity", "leave", "sessionindex")
BUDGET = 8


def make_people(count: int, start: int = 0) -> None:
    """Make users with account and identity; a third was never seen, and every seven share the rest of the times."""
    users: Any = get_user_model()
    login = users.USERNAME_FIELD
    now, connection = timezone.now(), make_connection()
    names = [login_of(f"person{number:04}") for number in range(start, start + count)]
    made = users._base_manager.bulk_create([users(**{login: name}) for name in names])
    seen = [None if n % 3 == 0 else now - timedelta(hours=n % 7) for n in range(count)]
    Account.objects.bulk_create(
        Account(user=user, origin="scim", state="active", managed_by="scim", created_at=now, last_seen_at=at)
        for user, at in zip(made, seen, strict=True)
    )
    Identity.objects.bulk_create(
        Identity(connection=connection, user=user, scim_id=name, user_name=name, user_name_key=fold(name),
                 scim_managed=True, created_at=now, updated_at=now, last_synced_at=at)
        for user, name, at in zip(made, names, seen, strict=True)
    )  # fmt: skip


def column_of(browser: Browser, model: str, name: str) -> int:
    """Give the number by which ``?o=`` names a column."""
    columns: list[str] = browser.get(f"{model}_changelist").context["cl"].list_display
    return columns.index(name)


def walk(browser: Browser, model: str, query: str = "", *, link: str = "next_url") -> list[list[int]]:
    """Follow the links from page to page, and give the keys of each."""
    pages: list[list[int]] = []
    url: str | None = query or "?"
    while url is not None:
        cl: Any = browser.client.get(f"{url_of(f'{model}_changelist')}{url}").context["cl"]
        pages.append([row.pk for row in cl.result_list])
        url = getattr(cl, link)
        assert len(pages) < 20, "the links lead in a circle"
    return pages


SORTED = [
    ("account", "last_seen"),
    ("identity", "last_synced_at"),
    ("identity", "folded_name"),
    ("connection", "last_request"),
    ("connection", "idp"),
]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(("model", "column"), SORTED)
def test_pages_of_a_sorted_list_hold_every_row_once(
    model: str, column: str, sign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ties and NULLs in the column that sorts lose no row and double none, forwards and backwards."""
    make_people(ROWS)
    for number in range(ROWS if model == "connection" else 0):
        make_connection(idp="okta" if number % 2 else "generic")
    if model == "connection":
        monkeypatch.setattr(base.ProvisioningAdmin, "list_per_page", 40)
        make_token_uses()
    browser = superuser()
    order = f"?o={sign}{column_of(browser, model, column)}"
    in_one_go = [
        row.pk for row in browser.get(f"{model}_changelist", query={"o": order[3:]}).context["cl"].queryset
    ]

    forwards = walk(browser, model, order)
    backwards = walk(browser, model, f"{order}&before=end", link="previous_url")

    assert len(forwards) >= 5
    assert [key for page in forwards for key in page] == in_one_go
    assert [key for page in reversed(backwards) for key in page] == in_one_go


def make_token_uses() -> None:
    """Let some connections have called, a few of them at the same time."""
    now = timezone.now()
    for number, connection in enumerate(Connection.objects.order_by("pk")[:30]):
        make_token(connection)
        connection.tokens.update(last_used_at=now - timedelta(days=number % 4))


@pytest.mark.parametrize(
    "query", ["?", "?q=person", "?state__exact=active&anomaly=never_logged_in", "?connection=-"]
)
def test_pages_of_a_filtered_list_hold_every_row_once(query: str) -> None:
    """Search and filters go along from page to page."""
    make_people(ROWS)
    Account.objects.update(created_at=timezone.now() - timedelta(days=40))
    browser = superuser()
    cl = browser.client.get(f"{url_of('account_changelist')}{query}").context["cl"]

    pages = walk(browser, "account", query)

    assert [key for page in pages for key in page] == [row.pk for row in cl.queryset]
    assert (len(pages) > 1) == ("connection=-" not in query)


def test_rows_that_are_added_meanwhile_move_nothing() -> None:
    """Who pages while a directory pushes misses nobody and sees nobody twice."""
    make_people(120)
    browser = superuser()
    known = set(Account.objects.values_list("pk", flat=True))
    first = browser.get("account_changelist").context["cl"]
    seen = [row.pk for row in first.result_list]

    make_people(60, start=500)
    seen += [key for page in walk(browser, "account", first.next_url) for key in page]

    assert len(seen) == len(set(seen))
    assert set(seen) == known


def test_pages_lead_to_first_previous_next_and_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each link is there where it leads somewhere, and a search stays in it."""
    monkeypatch.setattr(people_search, "MOST", ROWS)
    make_people(ROWS)
    browser = superuser()
    links = ("First", "Previous", "Next", "Last")

    def offered(url: str) -> list[str]:
        page = text_of(browser.client.get(f"{url_of('account_changelist')}{url}"))
        assert url.count("q=person") == 0 or "q=person" in page
        return [name for name in links if f">{name}</a>" in page]

    cl = browser.get("account_changelist", query={"q": "person"}).context["cl"]
    assert offered("?q=person") == ["Next", "Last"]
    assert offered(cl.next_url) == list(links)
    assert offered(cl.last_url) == ["First", "Previous"]
    assert f"{ROWS} accounts" in text_of(browser.get("account_changelist"))


@pytest.mark.parametrize(
    "query", ["after=x", "after=", "after=1,x", "before=%00", "after=1,%00", "after=" + "9" * 5000]
)
def test_page_that_nobody_linked_to_is_refused_politely(query: str) -> None:
    """A position that was typed leads back to the list, and is no server error."""
    make_people(3)
    browser = superuser()
    order = column_of(browser, "account", "last_seen")

    response = browser.client.get(f"{url_of('account_changelist')}?o={order}&{query}")

    assert (response.status_code, response["Location"]) == (302, f"{url_of('account_changelist')}?e=1")


def test_column_without_an_index_does_not_sort() -> None:
    """An address that was typed cannot make the database sort a million rows."""
    make_people(3)
    browser = superuser()
    number = column_of(browser, "account", "kind")

    cl = browser.get("account_changelist", query={"o": str(number)}).context["cl"]

    assert cl.queryset.query.order_by == ("-pk",)
    assert cl.get_ordering_field_columns() == {}


def test_action_works_on_a_deep_page() -> None:
    """Rows that only the third page shows can be selected there."""
    make_people(ROWS)
    browser = superuser()
    cl = browser.get("account_changelist").context["cl"]
    url = f"{url_of('account_changelist')}{cl.last_url}"
    last = browser.client.get(url).context["cl"].result_list[-1]

    answer = browser.client.post(
        url, {"action": "offboard", "_selected_action": [last.pk], "index": "0", "select_across": "0"}
    )

    assert answer.status_code == 200
    assert str(last.user) in text_of(answer)


def test_file_holds_all_pages_from_whichever_it_is_taken() -> None:
    """The link to the file forgets the page: a position is no filter."""
    make_people(ROWS)
    browser = superuser()
    cl = browser.get("account_changelist").context["cl"]

    page = browser.client.get(f"{url_of('account_changelist')}{cl.next_url}")
    lines = (
        browser.client.get(f"{url_of('account_export', 'csv')}{cl.next_url}").getvalue().decode().splitlines()
    )

    assert f'href="{url_of("account_export", "csv")}"' in text_of(page)
    assert len(lines) == ROWS + 1


@pytest.mark.parametrize("model", MODELS)
def test_list_costs_at_most_8_queries_on_any_page(model: str) -> None:
    """First, second and last page, sorted and searched, for the reader with the most queries."""
    make_people(ROWS)
    browser = auditor()
    first = browser.get(f"{model}_changelist").context["cl"]
    sortable = [first.list_display.index(name) for name in first.sortable_by]
    urls = ["?", "?q=person", *(f"?o={sign}{place}" for place in sortable for sign in ("", "-"))]
    deep = [
        url
        for start in urls
        for cl in [browser.client.get(f"{url_of(f'{model}_changelist')}{start}").context["cl"]]
        for url in (cl.next_url, cl.last_url)
        if url is not None
    ]

    costs = {url: queries_of(browser, model, url) for url in [*urls, *deep]}

    assert {url: cost for url, cost in costs.items() if cost > BUDGET} == {}


def queries_of(browser: Browser, model: str, url: str) -> int:
    """Count the queries of a page."""
    with CaptureQueriesContext(database) as queries:
        response = browser.client.get(f"{url_of(f'{model}_changelist')}{url}")
    assert response.status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    ("policies", "days", "is_stale"),
    [
        ((None,), 91, True),
        ((None,), 89, False),
        ((30,), 31, True),
        ((30,), 29, False),
        ((180,), 91, False),
        ((180,), 181, True),
        # Two connections vouch for the account: no policy alone decides.
        ((30, None), 31, False),
        ((180, None), 91, True),
        ((30, 180), 31, False),
        # Two with the same policy say the same.
        ((30, 30), 31, True),
        ((), 91, True),
        ((), 40, False),
    ],
)
@pytest.mark.parametrize("is_large", [False, True])
def test_stale_is_what_the_policy_of_the_only_connection_says(
    policies: tuple[int | None, ...],
    days: int,
    is_stale: bool,
    is_large: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The number, counted live or in advance, and the list behind it judge as the sweep does."""
    now = timezone.now()
    make_connection("other", stale_after_days=7)
    user = local_user("ada")
    Account.objects.create(
        user=user, origin="scim", state="active", created_at=now - timedelta(days=400),
        last_seen_at=now - timedelta(days=days),
    )  # fmt: skip
    for policy in policies:
        jit_identity(make_connection(stale_after_days=policy), "ada", user=user)
    rollups.refresh(now)
    if is_large:
        monkeypatch.setattr(report, "LIVE_UP_TO", -1)
    browser = superuser()

    counted = {
        one.name: one.count for one in browser.get("dashboard_changelist").context["overview"].anomalies
    }
    listed = browser.get("account_changelist", query={"anomaly": "stale"}).context["cl"].result_count

    assert (counted["stale"], listed) == (int(is_stale), int(is_stale))


@pytest.mark.parametrize("is_large", [False, True])
def test_list_behind_an_anomaly_costs_at_most_8_queries(
    is_large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found now or in advance, on the first page as on the last."""
    make_people(ROWS)
    Account.objects.update(created_at=timezone.now() - timedelta(days=400))
    rollups.refresh(timezone.now())
    if is_large:
        monkeypatch.setattr(report, "LIVE_UP_TO", -1)
    browser = auditor()

    costs = [
        queries_of(browser, "account", f"?anomaly={name}{position}")
        for name in report.ANOMALIES
        for position in ("", "&before=end")
    ]

    assert max(costs) <= BUDGET


def test_accounts_of_a_large_site_are_those_that_the_run_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Number and list are of the same moment, until the next run; what is gone then is in neither."""
    make_people(3)
    monkeypatch.setattr(report, "LIVE_UP_TO", -1)
    browser, now = superuser(), timezone.now()
    Account.objects.update(created_at=now - timedelta(days=400), last_seen_at=None)
    rollups.refresh(now)

    Account.objects.update(last_seen_at=now)
    before = figures_of(browser)
    rollups.refresh(now)

    assert (before, figures_of(browser)) == ((3, 3), (0, 0))
    assert not FlaggedAccount.objects.filter(anomaly="never_logged_in").exists()


def figures_of(browser: Browser) -> tuple[int, int]:
    """Give the number of people who never logged in, and how many the list behind it has."""
    lines = browser.get("dashboard_changelist").context["overview"].anomalies
    listed = (
        browser.get("account_changelist", query={"anomaly": "never_logged_in"}).context["cl"].result_count
    )
    return next(line.count for line in lines if line.name == "never_logged_in"), listed


def test_event_search_with_too_many_people_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event knows its person by a text alone; a list that cannot be found does not look complete."""
    monkeypatch.setattr(people_search, "MOST_NAMED", 1)
    make_people(2)

    response = superuser().get("event_changelist", query={"q": "person"})

    assert list(response.context["cl"].result_list) == []
    assert "More than 1 people match" in text_of(response)


@pytest.mark.parametrize("term", ["person", "person00", "PERSON0000"])
def test_file_of_a_search_holds_everybody_who_matches(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many match, the file is not cut; the page says so where it is."""
    make_people(120)
    monkeypatch.setattr(people_search, "MOST", 120)
    browser = superuser()
    shown = [key for page in walk(browser, "account", f"?q={term}") for key in page]
    whole = browser.get("account_export", "csv", query={"q": term}).getvalue()

    monkeypatch.setattr(people_search, "MOST", 0)

    assert len(whole.decode().splitlines()) - 1 == len(shown) > 0
    assert browser.get("account_export", "csv", query={"q": term}).getvalue() == whole
    page = browser.get("account_changelist", query={"q": term})
    assert "A file has them all." in text_of(page)
