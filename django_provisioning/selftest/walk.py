"""The walk: a new person for every way out, every credential presented before, right after, and after the return."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from ..exceptions import ProvisioningError
from ..models import Leave
from ..models.membership import membership_table
from . import probes
from .attempts import Attempt, attempts_for, require_closed_to_strangers
from .directory import StepFailed
from .probes.base import Credential
from .results import Cell, Row, Seen
from .stage import Person, Stage
from .transport import Unreachable
from .ways.base import Way

LOGIN = "sso login"
ACCOUNT = "account"
_USELESS = (
    "It opens no page even before the leave. Name a page that takes it with --path, or, if the site runs elsewhere, "
    "let it share the database and the session store with this process."
)


def walk(stage: Stage, ways: Sequence[Way], pages: Sequence[str]) -> Iterator[Row]:
    """Go every way with a person of its own and yield what was seen.

    A way that cannot be gone to its end is a row with an error, and the next one is gone.

    Raises:
        Unreachable: the site does not answer any more.
        StepFailed: a page lets strangers in.
    """
    require_closed_to_strangers(stage.transport, pages)
    for way in ways:
        obstacle = way.obstacle(stage)
        if obstacle:
            yield Row(way.name, not_gone=obstacle)
            continue
        try:
            yield _go(stage, way, pages)
        except Unreachable:
            raise
        except ProvisioningError as error:
            yield Row(way.name, error=error.detail)


def _go(stage: Stage, way: Way, pages: Sequence[str]) -> Row:
    """Let one person join, leave and return."""
    person = stage.hire(by_login=way.by_login)
    knows_login = not stage.log_in(person)
    attempts, useless = _attempts(stage, person, pages)
    way.leave(stage, person)
    left_at = time.perf_counter()
    # Before any request: the guard finishes what a leave has left open.
    account = [_account_cell(person, left_at)] if way.ends_account else []
    seen = [_presented(attempt, left_at) for attempt in attempts]
    login = [_login_cell(stage, person, left_at)] if knows_login and not way.login_lifts else []
    times = _times(person)
    way.rejoin(stage, person)
    _require_returned(stage, person, pages)
    returned_at = time.perf_counter()
    cells = [
        Cell(attempt.name, first, _presented(attempt, returned_at), remedy=attempt.credential.remedy)
        for attempt, first in zip(attempts, seen, strict=True)
    ]
    return Row(way.name, cells=[*cells, *useless, *login, *account], times=times)


def _attempts(stage: Stage, person: Person, pages: Sequence[str]) -> tuple[list[Attempt], list[Cell]]:
    """Make the credentials, and give those that open something and a cell for each that does not.

    Raises:
        StepFailed: nothing opens anything.
    """
    attempts, useless = [], []
    for credential in _credentials(stage, person):
        attempt = attempts_for(stage.transport, credential, pages, str(person.pk))
        if attempt is not None:
            attempts.append(attempt)
        else:
            useless.append(Cell(credential.name, None, remedy=_USELESS))
    if not attempts:
        raise StepFailed(
            "No credential opens any page even before the leave. If the site runs elsewhere: does it share the "
            "database, the session store and SECRET_KEY with this process?"
        )
    return attempts, useless


def _credentials(stage: Stage, person: Person) -> Iterator[Credential]:
    user = person.user
    for probe in probes.installed():
        yield from probe.make(user, stage.connection)


def _presented(attempt: Attempt, since: float) -> Seen:
    status, let_in = attempt.present()
    return Seen(let_in, status, _milliseconds(since))


def _milliseconds(since: float) -> float:
    return round((time.perf_counter() - since) * 1000, 1)


def _login_cell(stage: Stage, person: Person, left_at: float) -> Cell:
    reason = stage.log_in(person)
    seen = Seen(not reason, 0, _milliseconds(left_at))
    return Cell(LOGIN, seen, note=reason, remedy="The events of the run say why the login was let in.")


def _account_cell(person: Person, left_at: float) -> Cell:
    """Judge the rows: inactive, out of every group, one leave, and nothing of it open."""
    table = membership_table()
    checks: dict[str, Callable[[], bool]] = {
        "still active": lambda: bool(person.user.is_active),
        "still in a group": lambda: table.rows.filter(**{table.user: person.pk}).exists(),
        "not recorded once": lambda: Leave.objects.filter(user=person.pk).count() != 1,
        "not closed": lambda: Leave.objects.filter(user=person.pk, closed_at=None).exists(),
    }
    wrong = [name for name, is_wrong in checks.items() if is_wrong()]
    return Cell(ACCOUNT, Seen(bool(wrong), 0, _milliseconds(left_at)), note=", ".join(wrong))


def _times(person: Person) -> dict[str, object]:
    """Give the three times of the leave."""
    leave = Leave.objects.filter(user=person.pk).order_by("pk").last()
    if leave is None:
        return {}
    return {
        "received_at": leave.received_at,
        "deactivated_at": leave.deactivated_at,
        "closed_at": leave.closed_at,
        "path": leave.path,
    }


def _require_returned(stage: Stage, person: Person, pages: Sequence[str]) -> None:
    """See that the account is open again: an old credential that is refused by a closed one proves nothing.

    Raises:
        StepFailed: the person did not come back.
    """
    fresh = _credentials(stage, person)
    is_open = any(attempts_for(stage.transport, one, pages, str(person.pk)) is not None for one in fresh)
    if not (is_open and person.user.is_active):
        raise StepFailed(
            "The person left, and could not be let in again: that the old credentials stay refused is not proven."
        )
