"""Fixtures of the mapping tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from tests.mapping.population import Population, populate


@pytest.fixture(scope="module")
def population(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Population]:
    """A populated connection, made once for all tests of a module and rolled back after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield populate(people=60, groups=25)
        transaction.set_rollback(True)
