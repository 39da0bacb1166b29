"""What a login writes down of its session: in the session itself, and in ``SessionIndex``, whose session is whose.

The session carries ``{"at": …, "until": …, "connection": …, "key": …}`` under ``FACTS``: when the person was verified
and when it is over (seconds since 1970), the connection it came through, and its key at that moment. The guard reads
them at every request, on every engine, the one that keeps sessions in signed cookies included.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.backends.signed_cookies import SessionStore as CookieStore
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone

from ..models import Account, Connection, Identity, SessionIndex
from .credentials import current_connection

FACTS = "provisioning"
_EXPECTED_ATTRIBUTE = "provisioning_expected_session"
_VISIT_ATTRIBUTE = "provisioning_visit"
_LONGEST_KEY = 64
_LONGEST_IDP_SESSION = 255


@dataclass(frozen=True, slots=True)
class ExpectedSession:
    """What is known of the session that a login is about to open.

    ``verified_at`` is before the look at the account: a leave that comes in between makes the session void.
    """

    connection: Connection
    idp_session: str | None = None
    ends_at: datetime | None = None
    verified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a session says of itself; times in seconds since 1970, ``connection`` a primary key."""

    at: float
    until: float | None = None
    connection: int | None = None
    key: str | None = None


@dataclass(slots=True)
class Visit:
    """One request on its way through the guard."""

    started_at: datetime
    is_open: bool = True


def begin_visit(request: HttpRequest) -> Visit:
    """Let the request carry its visit."""
    visit = Visit(timezone.now())
    setattr(request, _VISIT_ATTRIBUTE, visit)
    return visit


def enter_connection(request: HttpRequest, connection: int | None) -> None:
    """Let credentials that are made in this request know their connection.

    Without the guard, which resets it afterwards, nothing is set.
    """
    visit: Visit | None = getattr(request, _VISIT_ATTRIBUTE, None)
    if visit is not None and visit.is_open:
        current_connection.set(connection)


def expect(request: HttpRequest, session: ExpectedSession) -> None:
    """Let the request carry these facts to ``remember``, which runs when Django has logged the user in."""
    setattr(request, _EXPECTED_ATTRIBUTE, session)


def belongs_to(session: Any, user: Any) -> bool:
    """Whether the session is what the user is logged in by; an API token or a proxy's header may be it instead."""
    is_row = isinstance(user, get_user_model())
    return is_row and bool(session.get(SESSION_KEY) == user._meta.pk.value_to_string(user))


def facts_of(session: Any) -> SessionFacts | None:
    """Give what the session says of itself; None for one that was opened before this app was installed."""
    found = session.get(FACTS)
    if not isinstance(found, dict) or "at" not in found:
        return None
    return SessionFacts(found["at"], found.get("until"), found.get("connection"), found.get("key"))


def index_key(session: Any) -> str | None:
    """Give the key under which a session is indexed.

    None for signed cookies: there the "key" is the whole session, and there is no row to delete.
    """
    key: str | None = getattr(session, "session_key", None)
    return key if key and len(key) <= _LONGEST_KEY and not isinstance(session, CookieStore) else None


def is_revoked(user: Any, facts: SessionFacts | None) -> bool:
    """Whether a session is older than the last leave or sign-out, or its connection has ended [1 query].

    A session of unknown age is older than any of them.
    """
    connection = facts.connection if facts else None
    vouches = Identity.objects.filter(user=OuterRef("user"), connection=connection, live=True, active=True)
    account = Account.objects.filter(user=user).values_list("access_valid_after", Exists(vouches)).first()
    if account is None:
        return connection is not None
    stamp, is_vouched_for = account
    if connection is not None and not is_vouched_for:
        return True
    return stamp is not None and (facts is None or facts.at < stamp.timestamp())


def remember(request: HttpRequest, user: Any) -> None:
    """Write down the session of a login that just happened, and limit its age [1-5 queries].

    Token packages send Django's signal too, for requests that open no session: nothing is written down for these.
    """
    session = getattr(request, "session", None)
    if session is None or user.pk is None or not belongs_to(session, user):
        return
    expected: ExpectedSession | None = getattr(request, _EXPECTED_ATTRIBUTE, None)
    now, former = timezone.now(), facts_of(session)
    if expected is None and former is not None and not _is_over(user, former, now):
        return  # The session goes on: its age and its connection stay.
    facts = _facts(request, session, expected, now)
    if former is not None and former.until is not None and facts.until is None:
        session.set_expiry(None)  # The end of the former login is not that of this one.
    session[FACTS] = asdict(facts)
    enter_connection(request, facts.connection)
    if expected is None:
        Account.objects.filter(user=user).update(last_seen_at=now)
    if facts.key is not None:
        row = {
            "user_id": user.pk,
            "connection": expected.connection if expected else None,
            "idp_session": (expected.idp_session or "")[:_LONGEST_IDP_SESSION] or None if expected else None,
            "created_at": now,
            "last_seen_at": now,
        }
        SessionIndex.objects.update_or_create(session_key=facts.key, defaults=row)
    if expected is not None and is_revoked(user, facts):
        # A leave was faster than this login: it did not know of the session that is being opened.
        forget(request)
        session.flush()


def forget(request: HttpRequest) -> None:
    """Take a session out of the index at logout [1 query]."""
    key = index_key(getattr(request, "session", None))
    if key:
        SessionIndex.objects.filter(session_key=key).delete()


def _is_over(user: Any, facts: SessionFacts, now: datetime) -> bool:
    """Whether a session is worth nothing any more, so that only a new login can have brought it here."""
    return (facts.until is not None and facts.until <= now.timestamp()) or is_revoked(user, facts)


def _facts(
    request: HttpRequest, session: Any, expected: ExpectedSession | None, now: datetime
) -> SessionFacts:
    if session.session_key is None and not isinstance(session, CookieStore):
        session.create()  # Django emptied somebody else's session and would give the new one its key later.
    visit: Visit | None = getattr(request, _VISIT_ATTRIBUTE, None)
    began = visit.started_at if visit else now
    if expected is None:
        return SessionFacts(at=began.timestamp(), key=index_key(session))
    verified_at = expected.verified_at or began
    ends_at = _end(expected, verified_at)
    if ends_at is not None:
        session.set_expiry(ends_at)
    until = ends_at.timestamp() if ends_at else None
    return SessionFacts(verified_at.timestamp(), until, expected.connection.pk, index_key(session))


def _end(expected: ExpectedSession, verified_at: datetime) -> datetime | None:
    """Give when the connection or the IdP ends the session, whichever is earlier; no activity prolongs it."""
    ends = [expected.ends_at] if expected.ends_at is not None else []
    if expected.connection.session_max_age_seconds:
        ends.append(verified_at + timedelta(seconds=expected.connection.session_max_age_seconds))
    return min(ends, default=None)
