"""N16: one leave for every way and every kind of account, and it ends everything on the very next request."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from rest_framework.authtoken.models import Token

from django_provisioning.jit.login import Refused, sign_in
from django_provisioning.lifecycle import rejoin, transactions
from django_provisioning.models import Event, Leave, PendingRevocation, SessionIndex
from tests.factories import make_context
from tests.leaving.sources import SOURCES, Person, make_person
from tests.leaving.ways import CELLS, DIRECTORY_ANSWERS, KNOWN_TO_SCIM, NO_IDENTITY, WAYS, NotDone, Way
from tests.lifecycle.people import account_of, fresh, group_names

pytestmark = pytest.mark.django_db

_POSSIBLE = [(way, source) for way, source in CELLS if not way.gap(source)]
_IMPOSSIBLE = [(way, source) for way, source in CELLS if way.gap(source)]


def _ids(cell: Any) -> str:
    return cell.name if isinstance(cell, Way) else str(cell)


@pytest.mark.parametrize(("way", "source"), _POSSIBLE, ids=_ids)
def test_leave_ends_everything_at_once(
    way: Way, source: str, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    """N16, C15, C16, N20: inactive, cookie and token dead at once and for ever, groups gone, one event, one record."""
    person = make_person(source)

    with django_capture_on_commit_callbacks(execute=True):
        way.leave(person, tmp_path)

    assert person.doors() == (401, 401)
    assert not person.is_active()
    assert account_of(person.user).state == way.state
    assert not SessionIndex.objects.filter(user=person.user).exists()
    assert not Token.objects.filter(user=person.user).exists()
    assert not (fresh(person.user).is_staff or fresh(person.user).is_superuser) or way.name == "stale policy"
    if source != "manual":
        assert group_names(person.user) == []
    _require_one_record(person, way)
    _require_no_login(person, way)
    _require_dead_after_return(person)


@pytest.mark.parametrize(("way", "source"), _IMPOSSIBLE, ids=_ids)
def test_way_that_a_source_does_not_have_changes_nothing(way: Way, source: str, tmp_path: Path) -> None:
    """The gaps of the matrix are gaps by design: nobody is reached through them."""
    person = make_person(source)

    if way.gap(source) != NO_IDENTITY:
        refused = pytest.raises(NotDone) if way.gap(source) == KNOWN_TO_SCIM else nullcontext()
        with refused:
            way.leave(person, tmp_path)

    assert person.doors() == (200, 200)
    assert not Leave.objects.exists()


def test_gaps_are_the_ones_that_have_a_reason() -> None:
    """The table of the docs: how many cells there are, and why some are empty."""
    reasons = [way.gap(source) for way, source in _IMPOSSIBLE]

    assert (len(WAYS), len(SOURCES), len(_POSSIBLE)) == (18, 6, 92)
    assert {reason: reasons.count(reason) for reason in reasons} == {
        NO_IDENTITY: 12,
        KNOWN_TO_SCIM: 2,
        DIRECTORY_ANSWERS: 2,
    }


def _require_one_record(person: Person, way: Way) -> None:
    leavers = Event.objects.filter(subject_id=str(person.user.pk), phase=Event.Phase.LEAVER)
    left = Leave.objects.get()
    assert (left.user_id, left.path, left.everywhere) == (person.user.pk, way.path, True)
    assert left.closed_at is not None
    assert left.received_at <= left.deactivated_at <= left.closed_at
    assert [event.uid for event in leavers] == [left.event_uid]
    assert left.ended["sessions"] == 1
    assert not PendingRevocation.objects.exists()


def _require_no_login(person: Person, way: Way) -> None:
    """A login brings nobody back, but who was only silent: that login is the sign of life."""
    assert person.claims is not None
    if way.name == "stale policy":
        assert sign_in(person.claims).user == person.user
        return
    with pytest.raises(Refused):
        sign_in(person.claims)
    assert not person.is_active()


def _require_dead_after_return(person: Person) -> None:
    transactions.run(lambda: rejoin.reinstate(make_context(), fresh(person.user), reason="is back"))
    assert person.is_active()
    assert person.doors() == (401, 401)
    assert person.source == "manual" or group_names(person.user) == []
