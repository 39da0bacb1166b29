"""Keeps ``SessionIndex``: which session belongs to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.signed_cookies import SessionStore as CookieStore
from django.http import HttpRequest
from django.utils import timezone

from ..models import Connection, SessionIndex

_REQUEST_ATTRIBUTE = "provisioning_expected_session"
_LONGEST_KEY = 64
_LONGEST_IDP_SESSION = 255


@dataclass(frozen=True, slots=True)
class ExpectedSession:
    """What is known of the session that a login is about to open."""

    connection: Connection
    idp_session: str | None = None
    ends_at: datetime | None = None


def expect(request: HttpRequest, session: ExpectedSession) -> None:
    """Let the request carry these facts to ``remember``, which runs when Django has logged the user in."""
    setattr(request, _REQUEST_ATTRIBUTE, session)


def remember(request: HttpRequest, user: Any) -> None:
    """Index the session of a login that just happened, and limit its age [1-2 queries].

    The signed-cookie engine keeps the whole session in its "key": there is no row to delete, so none is indexed.
    """
    expected: ExpectedSession | None = getattr(request, _REQUEST_ATTRIBUTE, None)
    now = timezone.now()
    if expected is not None:
        _limit(request, expected, now)
    session = getattr(request, "session", None)
    key = getattr(session, "session_key", None)
    if not key or len(key) > _LONGEST_KEY or isinstance(session, CookieStore) or user.pk is None:
        return
    facts = {
        "user_id": user.pk,
        "connection": expected.connection if expected else None,
        "idp_session": (expected.idp_session or "")[:_LONGEST_IDP_SESSION] or None if expected else None,
        "created_at": now,
        "last_seen_at": now,
    }
    SessionIndex.objects.update_or_create(session_key=key, defaults=facts)


def forget(request: HttpRequest) -> None:
    """Take a session out of the index at logout [1 query]."""
    key = getattr(getattr(request, "session", None), "session_key", None)
    if key and len(key) <= _LONGEST_KEY:
        SessionIndex.objects.filter(session_key=key).delete()


def _limit(request: HttpRequest, expected: ExpectedSession, now: datetime) -> None:
    """Let the session end when the connection or the IdP says, whichever is earlier; no activity prolongs it."""
    ends = [expected.ends_at] if expected.ends_at is not None else []
    if expected.connection.session_max_age_seconds:
        ends.append(now + timedelta(seconds=expected.connection.session_max_age_seconds))
    if ends:
        request.session.set_expiry(min(ends))
