"""How long an import takes, how many queries a batch costs, and how much memory it holds.

``python -m pytest -s --ds tests.settings.scim2_mixin tests/django_scim2/benchmark_import.py`` (``make bench``);
``BENCHMARK_ROWS`` is the number of users, 100,000 if not said, with a hundredth of it as groups of a hundred members.
"""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from django_provisioning.models import Event, GroupLink, Identity
from django_provisioning.models.membership import group_model, membership_table
from tests.django_scim2.scenes import make_tenant, run_import

ROWS = int(os.environ.get("BENCHMARK_ROWS", "100000"))
_BATCH = 500


@contextmanager
def counted() -> Iterator[list[int]]:
    """Count queries without keeping their texts."""
    count = [0]

    def count_one(execute: Any, *arguments: Any) -> Any:
        count[0] += 1
        return execute(*arguments)

    with connection.execute_wrapper(count_one):
        yield count


def fill(start: int, stop: int) -> None:
    """Insert users and groups with their members as an old project has them."""
    user: Any = get_user_model()
    group: Any = group_model()
    table = membership_table()
    made = user._default_manager.bulk_create(
        [
            user(
                username=f"user{number}", first_name="Ada", last_name=f"Example{number}",
                email=f"user{number}@example.com", scim_id=str(number), scim_external_id=f"ext-{number}",
            )
            for number in range(start, stop)
        ],
        batch_size=1000,
    )  # fmt: skip
    groups = group._default_manager.bulk_create(
        [group(name=f"Group {number}", scim_id=f"g{number}", scim_external_id=f"g-{number}")
         for number in range(start // 100, stop // 100)]
    )  # fmt: skip
    rows = [
        table.through(**{table.user_id: one.pk, table.group_id: groups[index % len(groups)].pk})
        for index, one in enumerate(made)
    ]
    table.through._base_manager.bulk_create(rows, batch_size=1000)


@pytest.mark.django_db
def test_import_of_many() -> None:
    """All of it is imported, and the figures are printed."""
    for start in range(0, ROWS, 10_000):
        fill(start, min(start + 10_000, ROWS))
    make_tenant()

    started = time.perf_counter()
    with counted() as queries:
        report = run_import("--batch-size", str(_BATCH))
    took = time.perf_counter() - started

    assert (report["users"]["imported"], report["groups"]["imported"]) == (ROWS, ROWS // 100)
    assert report["groups"]["members"] == ROWS
    assert report["ties"] is True
    assert Identity.objects.count() == Event.objects.filter(type="account.imported").count() == ROWS
    assert GroupLink.objects.count() == ROWS // 100
    batches = -(-ROWS // _BATCH) + -(-(ROWS // 100) // _BATCH)
    cost = f"{took:.1f} s, {queries[0] / batches:.1f} queries a batch of {_BATCH}"
    print(f"\n{ROWS:,} users and {ROWS // 100:,} groups: {cost}")

    started = time.perf_counter()
    again = run_import("--batch-size", str(_BATCH))
    assert again["users"]["unchanged"] == ROWS
    print(f"again: {time.perf_counter() - started:.1f} s")


@pytest.mark.django_db
def test_memory_does_not_grow_with_rows() -> None:
    """The peak of Python's memory is that of a batch, whatever the number of rows."""
    make_tenant()
    peaks = {}
    for rows, start, stop in ((1_000, 0, 1_000), (4_000, 1_000, 4_000)):
        fill(start, stop)
        tracemalloc.start()
        run_import("--dry-run", "--batch-size", "200")
        peaks[rows] = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()

    print("\npeak MiB by rows:", {rows: round(peak, 1) for rows, peak in peaks.items()})
    assert peaks[4_000] < peaks[1_000] * 1.3
