"""Sign-out: sessions end, on request of the IdP or of an administrator; the account and its identities stay.

How it ends them depends on what can be listed. Indexed sessions are deleted. Where all sessions have to end, or the
engine keeps none to delete (signed cookies), the user's session hash is rotated as well; a local password would be
lost with that, so its owner's account is stamped instead, and the guard refuses sessions that are older.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.signed_cookies import SessionStore as CookieStore
from django.db.models import Q

from ..mapping.reach import is_protected
from ..models import Account, Connection, Event, Identity, SessionIndex
from . import audit, management, revocation
from .context import Context
from .revokers.channels import SocketRevoker
from .revokers.sessions import SessionRevoker, end_indexed
from .transactions import lock, on_commit, update_fields


def sign_out(
    context: Context,
    user: Any,
    *,
    connection: Connection | None,
    idp_session: str | None = None,
    tokens: bool = False,
    reason: str,
) -> Event | None:
    """End sessions in the caller's transaction, and give the event, None if there was nothing to end.

    ``connection`` limits it to sessions that came through it (None: all), ``idp_session`` to the one that the IdP
    calls so and to those of which it never said: one of them may be meant. ``tokens`` ends API tokens of the same
    reach too, but no second factor: the person stays. What cannot join the transaction follows after the commit, and
    stays pending until it succeeds. [≤ 10 queries, and those of each installed token package; whatever the number of
    sessions]

    Raises:
        TypeError: an ``idp_session`` without its connection, or together with ``tokens``, has no meaning.
    """
    if idp_session is not None and (connection is None or tokens):
        raise TypeError("A session at the IdP belongs to a connection, and tokens belong to no session.")
    user.password = _locked_password(user)
    if idp_session is not None:
        ended = _end_session(context, user, connection, idp_session)
    else:
        natures = {"session", "token"} if tokens else {"session"}
        kinds = [revoker.kind for revoker in revocation.revokers() if revoker.nature in natures]
        ended = revocation.revoke(context, user, connection, kinds=kinds)
    if ended.get("open"):
        on_commit(partial(revocation.complete, context, user))
    if connection is None or not can_list_sessions():
        ended["voided"] = _void_sessions(context, user, signed_tokens=tokens)
    if not any(ended.values()):
        return None
    effects = {"everywhere": connection is None, **ended}
    return audit.record(context, "session.revoked", audit.Subject.user(user), effects=effects, reason=reason)


def _end_session(
    context: Context, user: Any, connection: Connection | None, idp_session: str
) -> dict[str, Any]:
    """End one session of the IdP, and what hangs on it."""
    meant = Q(idp_session=idp_session) | Q(idp_session=None)
    count = end_indexed(SessionIndex.objects.filter(meant, user=user, connection=connection))
    ended: dict[str, Any] = {SessionRevoker.kind: count}
    if count:
        # Nobody knows which session a live socket belongs to; one whose session goes on opens again.
        ended |= revocation.revoke(context, user, connection, kinds=[SocketRevoker.kind])
    return ended


def revoke_access(context: Context, user: Any, *, reason: str) -> Event | None:
    """End sessions and tokens on request of the context's connection, as far as its say reaches.

    All of them where no other connection vouches for the person; only its own for people of several connections, and
    for staff, superusers and break-glass accounts that it does not manage. [as ``sign_out``, and 1 query]
    """
    connection = context.required_connection
    vouched = Identity.objects.filter(user=user, live=True, active=True, connection__enabled=True)
    others = vouched.exclude(connection=connection)
    is_alone = not others.exists() and not is_protected(user, connection)
    reach = None if is_alone else connection
    return sign_out(context, user, connection=reach, tokens=True, reason=reason)


def can_list_sessions() -> bool:
    """Whether the session engine keeps something that can be deleted; signed cookies lie in the browsers."""
    store: type[Any] = import_module(settings.SESSION_ENGINE).SessionStore
    return not issubclass(store, CookieStore)


def _locked_password(user: Any) -> str:
    """Lock the user and read the password field as it is now: a sign-out must not undo a change of it [1 query]."""
    rows = lock(get_user_model()._base_manager.filter(pk=user.pk), "self")
    return str(rows.only("pk", "password").get().password)


def _void_sessions(context: Context, user: Any, *, signed_tokens: bool) -> str:
    """Void also the sessions that nobody indexed, and say how ("session_hash" or "login_time") [1-4 queries].

    ``signed_tokens`` (JWT) are in no table: their age, held against the stamp of the account, is all that refuses them.
    """
    by_hash = not user.has_usable_password() and hasattr(user, "get_session_auth_hash")
    if by_hash:
        user.set_unusable_password()  # A new random value, and with it another session hash.
        update_fields(user, password=user.password)
    if signed_tokens or not by_hash:
        account = management.account_of(context, user, origin=Account.Origin.UNKNOWN)
        management.write(account, access_valid_after=context.now)
    return "session_hash" if by_hash else "login_time"
