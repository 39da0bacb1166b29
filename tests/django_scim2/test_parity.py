"""One request to both packages on the same data: what django-scim2 answers rightly, we answer alike."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from tests.django_scim2.parity import OURS, PAGE, SAME, Case, filled, seen, text
from tests.django_scim2.scenes import NewServer, OldServer, parity_day

pytestmark = pytest.mark.django_db


@pytest.fixture
def servers() -> tuple[OldServer, NewServer, dict[str, str]]:
    """Both servers on one imported day, and the ids that the requests name."""
    return parity_day()


@pytest.mark.parametrize("case", SAME, ids=lambda case: case.name)
def test_request_is_answered_as_by_django_scim2(
    case: Case, servers: tuple[OldServer, NewServer, dict[str, str]], settings: Any
) -> None:
    """Same status, and the same in what counts."""
    old, new, ids = servers
    sent = filled(case, ids)

    with transaction.atomic():
        theirs = old.send(case.method, sent.path, sent.body, sent.params)
        transaction.set_rollback(True)
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"
    ours = new.request(case.method, sent.path, sent.body, params=sent.params)

    assert theirs.status_code == case.status, theirs.content
    assert ours.status_code == case.status, ours.content
    assert seen(case, ours) == seen(case, theirs)


@pytest.mark.parametrize("case", OURS, ids=lambda case: case.name)
def test_request_gets_the_right_answer_here(
    case: Case, servers: tuple[OldServer, NewServer, dict[str, str]], settings: Any
) -> None:
    """The answer of the standard; and the old one was another, or the line belongs to the other table."""
    old, new, ids = servers
    sent = filled(case, ids)

    with transaction.atomic():
        theirs = old.send(case.method, sent.path, sent.body, sent.params)
        transaction.set_rollback(True)
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"
    ours = new.request(case.method, sent.path, sent.body, params=sent.params, **case.headers)

    assert ours.status_code == case.status, ours.content
    assert seen(case, ours) == case.expected
    assert theirs.status_code != case.status or seen(case, theirs) != case.expected


def test_page_lists_what_was_run() -> None:
    """The page of the documentation is the tables above."""
    assert PAGE.read_text() == text()
