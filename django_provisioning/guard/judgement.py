"""Whether a loaded user may go on: a judgement that asks nothing, and one that asks the database where it must.

The first looks at the user row and at the session, which are loaded anyway. The second is needed where Django's own
comparison of the session hash, or the deletion of the session, cannot end it: a user model without
``get_session_auth_hash``, and sessions in signed cookies.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

from django.contrib.sessions.backends.signed_cookies import SessionStore as CookieStore

from ..lifecycle import session_use, sessions


class Verdict(Enum):
    """What the first judgement says; ``ASK`` sends to the second. The others are reasons, for the log."""

    ADMITTED = "admitted"
    ASK = "ask"
    INACTIVE = "the account is inactive"
    OVER = "the session has reached its age"
    REVOKED = "the session is older than the last leave or sign-out, or its connection has ended"


def judge(user: Any, session: Any, now: datetime) -> Verdict:
    """Judge by what is loaded [no query]."""
    if not user.is_active:
        return Verdict.INACTIVE
    if not sessions.belongs_to(session, user):
        return Verdict.ADMITTED
    facts = sessions.facts_of(session)
    if facts is not None and facts.until is not None and facts.until <= now.timestamp():
        return Verdict.OVER
    if _outlives_leaves(user, session) or session_use.is_due(user, session, facts, now):
        return Verdict.ASK
    return Verdict.ADMITTED


def look_up(user: Any, session: Any, now: datetime) -> Verdict:
    """Judge by the account [1 query where Django cannot end the session; 2 more once an hour]."""
    facts = sessions.facts_of(session)
    if _outlives_leaves(user, session) and sessions.is_revoked(user, facts):
        return Verdict.REVOKED
    if session_use.is_due(user, session, facts, now) and not session_use.note(user, session, facts, now):
        return Verdict.REVOKED
    return Verdict.ADMITTED


def _outlives_leaves(user: Any, session: Any) -> bool:
    return isinstance(session, CookieStore) or not hasattr(user, "get_session_auth_hash")
