"""Whom an identity provider means when it says "log out", and the end of those sessions; shared by both protocols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from ..exceptions import ProvisioningError
from ..lifecycle import transactions
from ..lifecycle.context import Context
from ..lifecycle.sign_out import can_list_sessions, sign_out
from ..models import Identity, SessionIndex

_LONGEST_IDP_SESSION = 255


@dataclass(frozen=True, slots=True)
class Named:
    """The sessions that a request names: of a subject, or what the IdP calls them, or both."""

    subject: str = ""
    idp_sessions: tuple[str, ...] = ()


class CannotFindSession(ProvisioningError):
    """The request names a session only, and the engine keeps no list of sessions."""

    reason = "unlisted_session"


def end_named_sessions(context: Context, named: Named, *, reason: str) -> list[Any]:
    """End the named sessions of the context's connection in one transaction, and give the users whom it concerned.

    A session that is not known is over already. Where sessions cannot be listed all of the subject's end.

    Raises:
        CannotFindSession: signed cookies, and the request names no subject.
    """
    if not named.subject and not can_list_sessions():
        raise CannotFindSession("This site finds sessions by their subject only. Let the provider send it.")
    return transactions.run(lambda: _end(context, named, reason))


def _end(context: Context, named: Named, reason: str) -> list[Any]:
    connection = context.required_connection
    keys = [key[:_LONGEST_IDP_SESSION] for key in named.idp_sessions]
    identities = Identity.objects.filter(connection=connection, subject=named.subject)
    sessions = SessionIndex.objects.filter(connection=connection, idp_session__in=keys)
    found: Any = identities.values("user_id") if named.subject else sessions.values("user_id")
    users = list(get_user_model()._base_manager.filter(pk__in=found).order_by("pk"))
    for user in users:
        for key in keys if can_list_sessions() and keys else [None]:
            sign_out(context, user, connection=connection, idp_session=key, reason=reason)
    return users
