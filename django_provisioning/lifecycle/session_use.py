"""Notes the use of a session or a token, at most once an hour; indexes a session again whose key has changed.

Nothing is written into the session itself: saving it would prolong it. What was noted is remembered per process, so
each process writes once an hour for a session that is in use.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from ..models import Account, SessionIndex
from .sessions import SessionFacts, index_key, is_revoked

_PAUSE = timedelta(hours=1)
_MOST_REMEMBERED = 10_000
_noted: dict[str, float] = {}


def is_due(user: Any, session: Any, facts: SessionFacts | None, now: datetime) -> bool:
    """Whether ``note`` has something to write [no query]."""
    key = index_key(session)
    noted = _noted.get(key or _account_key(user))
    if noted is None and key is not None and (facts is None or facts.key != key):
        return True
    return now.timestamp() - max(noted or 0.0, facts.at if facts else 0.0) >= _PAUSE.total_seconds()


def note(user: Any, session: Any, facts: SessionFacts | None, now: datetime) -> bool:
    """Write the time to the account and to the index [2 queries, 5 more for a session that was not indexed].

    False for one that was not indexed and is revoked: what ended the others did not know its key.
    """
    key = index_key(session)
    unseen = Q(last_seen_at=None) | Q(last_seen_at__lt=now - _PAUSE)
    if key is not None:
        row = SessionIndex.objects.filter(session_key=key, user=user)
        if not row.update(last_seen_at=now):
            if is_revoked(user, facts):
                return False
            _index_again(user, key, facts, now)
    Account.objects.filter(unseen, user=user).update(last_seen_at=now)
    _remember(key or _account_key(user), now)
    return True


def note_credential(user: Any, now: datetime) -> None:
    """Write the time of a token's use to the account [0 queries, 1 once an hour and process]."""
    key = _account_key(user)
    if now.timestamp() - _noted.get(key, 0.0) < _PAUSE.total_seconds():
        return
    unseen = Q(last_seen_at=None) | Q(last_seen_at__lt=now - _PAUSE)
    Account.objects.filter(unseen, user_id=user.pk).update(last_seen_at=now)
    _remember(key, now)


def _remember(key: str, now: datetime) -> None:
    if len(_noted) >= _MOST_REMEMBERED:
        _noted.clear()
    _noted[key] = now.timestamp()


def _index_again(user: Any, key: str, facts: SessionFacts | None, now: datetime) -> None:
    """Put a session into the index whose key changed (a new password does that) or that is older than the index."""
    former = SessionIndex.objects.filter(session_key=facts.key if facts else None, user=user)
    row = {
        "user_id": user.pk,
        "connection_id": facts.connection if facts else None,
        "idp_session": former.values_list("idp_session", flat=True).first(),
        "created_at": now,
        "last_seen_at": now,
    }
    SessionIndex.objects.update_or_create(session_key=key, defaults=row)
    former.exclude(session_key=key).delete()


def _account_key(user: Any) -> str:
    return f"account {user.pk}"
