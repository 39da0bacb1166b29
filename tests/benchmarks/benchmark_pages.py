"""What the pages cost over a million accounts, beside the same pages over ten thousand.

``TEST_DATABASE=postgres python -m pytest -s tests/benchmarks/benchmark_pages.py`` (``make bench``). It needs
PostgreSQL, seeds two databases (8 minutes and 5 GB for the large one) and leaves them behind for the next run;
``BENCHMARK_FRESH=1`` makes them anew. ``BENCHMARK_ACCOUNTS`` is the size of the large one.

Each page is opened in both in turn, ``BENCHMARK_ROUNDS`` times; the quickest time of each counts, because everything
that disturbs a measurement makes it slower. What looks too slow then is opened in both as often again, for the same
reason, ``MORE_ROUNDS`` at most. It fails where a page costs too many queries, or more than ``RATIO`` times what it does
over ten thousand. Two rules keep that honest, and the table shows what they rest on:

- A difference of less than ``NOISE_MS`` does not count: the same page varies by so much from run to run.
- Where the filter leaves fewer rows in the small site, most of the difference is the drawing of rows that it does not
  have. Such a page is compared with the first page of the same list there, which is full; marked "full".
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from django_provisioning.lifecycle import rollups
from django_provisioning.models import Account
from tests.benchmarks.seed import make_auditor, seed

SMALL = 10_000
LARGE = int(os.environ.get("BENCHMARK_ACCOUNTS", "1000000"))
ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "3"))
MORE_ROUNDS = 4
RATIO = 1.5
NOISE_MS = 15.0
MOST_QUERIES = 8
MOST_QUERIES_OF_OVERVIEW = 12
# The page of an account has a section for each kind of access; its own test pins the number.
MOST_QUERIES_OF_PAGES = 30
MOST_CHOICES = 8
LISTS = ("account", "identity", "grouplink", "sessionindex", "event", "leave", "connection")
SEARCHES = ("user77@", "user77@example.com", "ext-77", "family77", "user12", "user", "nobody")
# Searches that few people match; where all do, any of them will do and no index helps.
RARE = ("search user77@", "search user77@example.com", "search ext-77", "search nobody")
_BIG_TABLES = re.compile(
    r"Seq Scan on (auth_user|django_provisioning_(?:identity|attributevalue|account|event))\b"
)


@dataclass
class Site:
    """A seeded database with a reader's browser, and what each page took in it."""

    accounts: int
    database: Any
    client: Client = field(default_factory=Client)
    times: dict[str, list[float]] = field(default_factory=dict)
    queries: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def quickest(self, name: str) -> float:
        """Give the least time that the page took, in milliseconds."""
        return min(self.times[name])


@contextmanager
def inside(site: Site) -> Iterator[None]:
    """Let all that happens happen in the database of the site, on a connection that stays open."""
    connections["default"] = site.database
    yield


def prepared(server: Any, accounts: int) -> Site:
    """Give the site, seeded where it was not yet, with its figures counted now."""
    name = f"{server.settings_dict['NAME']}_pages_{accounts}"
    database = server.copy()
    database.settings_dict = {**server.settings_dict, "NAME": name, "CONN_MAX_AGE": None}
    is_there = exists(server, name)
    if not is_there or os.environ.get("BENCHMARK_FRESH"):
        with server._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}"')
    site = Site(accounts, database)
    with inside(site):
        call_command("migrate", verbosity=0)
        if not Account.objects.exists():
            started = time.perf_counter()
            seed(accounts)
            make_auditor()
            print(f"{accounts:,} accounts seeded in {time.perf_counter() - started:.0f} s")
        auditor: Any = Account._meta.get_field("user").related_model
        site.client.force_login(auditor._default_manager.get(username="auditor"))
        started = time.perf_counter()
        counts = rollups.refresh(timezone.now())
        print(f"{accounts:,} accounts counted in {time.perf_counter() - started:.1f} s: {counts}", flush=True)
        with database.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE django_provisioning_flaggedaccount")
            cursor.execute("VACUUM ANALYZE django_provisioning_rollup")
    return site


def exists(server: Any, name: str) -> bool:
    """Whether the server has the database."""
    with server._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def pages_of(site: Site) -> dict[str, str]:
    """Give the URL of every page by its name."""
    with inside(site):
        found = {"overview": url_of("dashboard_changelist")}
        for model in LISTS:
            found |= {f"{model}: {name}": url for name, url in list_pages(site, model)}
            row = admin_of(model).model._default_manager.order_by("pk")[
                SMALL // 100 if model == "event" else 7
            ]
            found[f"{model}: page of one"] = url_of(f"{model}_change", row.pk)
    return found


def list_pages(site: Site, model: str) -> Iterator[tuple[str, str]]:
    """Yield each page of a list: by place, by column that sorts, by filter, by search."""
    base = url_of(f"{model}_changelist")
    cl: Any = site.client.get(base).context["cl"]
    rows = cl.model._default_manager.order_by("pk")
    middle = rows[rows.count() // 2]
    yield "first", base
    yield "deep", f"{base}?after={middle.pk}"
    yield "last", f"{base}?before=end"
    for name in cl.sortable_by:
        for sign in ("", "-"):
            order = f"?o={sign}{cl.list_display.index(name)}"
            ordered: Any = site.client.get(f"{base}{order}").context["cl"]
            row = ordered.queryset.values_list("pk", flat=True)[rows.count() // 2]
            row = ordered.queryset.get(pk=row)
            yield f"by {sign}{name}", f"{base}{order}"
            yield f"by {sign}{name}, deep", f"{base}{ordered.get_query_string({'after': ordered._text(row)})}"
            yield f"by {sign}{name}, last", f"{base}{order}&before=end"
    for spec in cl.filter_specs:
        choices = list(spec.choices(cl))[1:]
        # Of many values (types of events, connections) so many, evenly chosen, and the last, which may be "none".
        for choice in [*choices[: -1 : -(-len(choices) // MOST_CHOICES)], *choices[-1:]]:
            yield f"{spec.title} = {choice['display']}", f"{base}{choice['query_string']}"
            yield f"{spec.title} = {choice['display']}, last", f"{base}{choice['query_string']}&before=end"
    for term in SEARCHES if model not in {"grouplink", "connection"} else ("Group 1", "tenant"):
        yield f"search {term}", f"{base}?q={term}"


def measure(site: Site, name: str, url: str) -> None:
    """Open a page once and note what it took."""
    with inside(site):
        started = time.perf_counter()
        response = site.client.get(url)
        took = (time.perf_counter() - started) * 1000
        site.times.setdefault(name, []).append(took)
        if os.environ.get("BENCHMARK_VERBOSE"):
            print(f"{site.accounts:9,} {name:60} {took:8.1f} ms", flush=True)
        assert response.status_code == 200, (name, url, response.status_code)


def count_queries(site: Site, name: str, url: str) -> None:
    """Open a page and count its queries."""
    with inside(site):
        with CaptureQueriesContext(site.database) as queries:
            response = site.client.get(url)
        site.queries[name] = len(queries)
        cl = (response.context or {}).get("cl")
        site.rows[name] = len(getattr(cl, "result_list", ()))


def scans_of(site: Site, url: str) -> list[str]:
    """Give the plans of the page's queries that read a large table from end to end."""
    with inside(site):
        with CaptureQueriesContext(site.database) as queries:
            site.client.get(url)
        plans = []
        with site.database.cursor() as cursor:
            for query in queries.captured_queries:
                cursor.execute(f"EXPLAIN {query['sql']}")
                plans.append("\n".join([query["sql"], *(line for (line,) in cursor.fetchall())]))
    return [plan for plan in plans if _BIG_TABLES.search(plan)]


def budget_of(name: str) -> int:
    """Give how many queries a page may cost."""
    if name == "overview":
        return MOST_QUERIES_OF_OVERVIEW
    return MOST_QUERIES_OF_PAGES if name.endswith("page of one") else MOST_QUERIES


def admin_of(model: str) -> Any:
    """Give the admin of a model of ours."""
    return next(page for one, page in admin.site._registry.items() if one._meta.model_name == model)


def url_of(page: str, *arguments: Any) -> str:
    """Give the URL of an admin page of ours."""
    return reverse(f"admin:django_provisioning_{page}", args=arguments)


def test_pages_cost_the_same_at_any_size(django_db_blocker: Any) -> None:
    """Every page over a million accounts, with its queries and its time beside that over ten thousand."""
    server = connections["default"]
    if server.vendor != "postgresql":
        pytest.skip("The benchmark seeds PostgreSQL; say TEST_DATABASE=postgres.")
    with django_db_blocker.unblock():
        small, large = prepared(server, SMALL), prepared(server, LARGE)
        others = pages_of(large)
        pages = [(name, url, others[name]) for name, url in pages_of(small).items()]
        for _round in range(ROUNDS):
            for name, of_small, of_large in pages:
                measure(small, name, of_small)
                measure(large, name, of_large)
        for name, of_small, of_large in pages:
            count_queries(small, name, of_small)
            count_queries(large, name, of_large)
        for _round in range(MORE_ROUNDS):
            for name, of_small, of_large in pages:
                if is_slow(small, large, name):
                    measure(small, name, of_small)
                    measure(large, name, of_large)

        over = report(small, large, [name for name, _small, _large in pages])
        rare = [of_large for name, _small, of_large in pages if name.endswith(RARE)]
        scans = [plan for url in rare for plan in scans_of(large, url)]
    assert (over, scans) == ([], [])


def compared_with(small: Site, large: Site, name: str) -> str:
    """Give the name of the page of the small site that has as many rows to draw."""
    first = f"{name.partition(':')[0]}: first"
    is_shorter = small.rows[name] < large.rows[name] <= small.rows.get(first, 0)
    return first if is_shorter and small.quickest(first) > small.quickest(name) else name


def is_slow(small: Site, large: Site, name: str) -> bool:
    """Whether a page costs more than ``RATIO`` times what it costs over ten thousand, and by more than noise."""
    few, many = small.quickest(compared_with(small, large, name)), large.quickest(name)
    return many > RATIO * few and many - few > NOISE_MS


def report(small: Site, large: Site, names: list[str]) -> list[str]:
    """Print the table and give the pages that cost too much."""
    print(f"\n{'page':60}  queries     rows  ms at {SMALL:,}  ms at {LARGE:,}  ratio")
    over = []
    for name in names:
        like = compared_with(small, large, name)
        few, many = small.quickest(like), large.quickest(name)
        queries = max(small.queries[name], large.queries[name])
        rows = f"{small.rows[name]}/{large.rows[name]}"
        is_over = is_slow(small, large, name) or queries > budget_of(name)
        over += [name] if is_over else []
        marks = f"{' full' if like != name else ''}{' OVER' if is_over else ''}"
        print(f"{name:60.60}  {queries:7}  {rows:>7}  {few:12.1f}  {many:15.1f}  {many / few:5.2f}{marks}")
    print(f"{len(names)} pages, {len(over)} over")
    return over
