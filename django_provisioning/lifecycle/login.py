"""A verified login meets the accounts: known, bound for the first time, linked, made, or refused.

The SSO subject, once bound, is the key. userName and e-mail only serve to bind it the first time, to an account of
the same connection or, by policy, to a local one. Somebody whom the directory removed is never revived by a login.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Q

from ..exceptions import Refuse
from ..mapping.claims import LoginClaims
from ..mapping.reach import is_privileged
from ..mapping.users import UserChanges
from ..models import AttributeValue, Connection, Identity
from ..models.attribute_value import PREFIX_LENGTH
from ..protocol.comparison import fold
from .correlation import match_local
from .rejoin import is_stale
from .transactions import lock


@dataclass(frozen=True, slots=True)
class LoginMatch:
    """What a login means.

    ``known``: the subject is bound. ``bind``: an identity of this connection has no subject yet.
    ``link``: a local account. ``create``: nobody; ``login_name_taken`` and ``key`` as in ``correlation.Match``.
    """

    kind: Literal["known", "bind", "link", "create"]
    identity: Identity | None = None
    user: Any = None
    login_name_taken: bool = False
    key: str = ""


def correlate_login(connection: Connection, claims: LoginClaims, changes: UserChanges) -> LoginMatch:
    """Match a login [1 query for somebody known; 2-4 for the first login].

    Raises:
        Refuse: deprovisioned, subject_mismatch, ambiguous_match, privileged_account, jit_disabled.
        LinkRefused, AmbiguousMatch: see ``correlation``.
    """
    candidates = _candidates(connection, claims)
    known = next((one for one in candidates if one.live and one.subject == claims.subject), None)
    if known is not None:
        _require_same_kind(known, claims)
        if not (known.active and is_stale(known.user)):
            require_active(known)
        return LoginMatch("known", known, known.user, key="subject")
    _refuse_departed(candidates, claims)
    bindable = _bindable(connection, candidates, claims)
    if bindable is not None:
        return LoginMatch("bind", bindable, bindable.user, key=_shared_key(bindable, claims) or "email")
    return _match_outside(connection, claims, changes)


def require_active(identity: Identity) -> None:
    """Refuse somebody who was deactivated, by the directory or here.

    Raises:
        Refuse: deprovisioned.
    """
    if not (identity.active and identity.user.is_active):
        raise Refuse(
            "deprovisioned",
            "The account is not active; only its directory or an administrator can change that.",
        )


def _require_same_kind(identity: Identity, claims: LoginClaims) -> None:
    """Refuse the text of a subject that another issuer asserts, or that is of another kind than the one bound.

    Raises:
        Refuse: subject_issuer, subject_format.
    """
    if identity.subject_issuer not in (None, claims.issuer):
        raise Refuse(
            "subject_issuer", "The subject was bound by another issuer; an administrator has to re-link."
        )
    if identity.subject_format and claims.subject_format and identity.subject_format != claims.subject_format:
        raise Refuse(
            "subject_format", "The IdP changed the format of its subjects; an administrator has to re-link."
        )


def _candidates(connection: Connection, claims: LoginClaims) -> list[Identity]:
    same = Q(subject=claims.subject) | Q(user_name_key=fold(claims.user_name)) | Q(external_id=claims.subject)
    found = Identity.objects.filter(same, connection=connection).select_related("user__provisioning_account")
    return list(lock(found.order_by("-id"), "self", "user"))


def _refuse_departed(candidates: Sequence[Identity], claims: LoginClaims) -> None:
    """Refuse the subject of a tombstone, and a userName whose owner left before a subject was ever bound."""
    for one in candidates:
        if one.live:
            continue
        if one.subject == claims.subject or (one.subject is None and not any(two.live for two in candidates)):
            raise Refuse(
                "deprovisioned", "The directory removed this account; a login does not bring it back."
            )


def _bindable(connection: Connection, candidates: Sequence[Identity], claims: LoginClaims) -> Identity | None:
    live = [one for one in candidates if one.live]
    named = [one for one in live if one.subject is None and _is_same_person(one, claims)]
    free = named or ([] if live else _by_email(connection, claims))
    if len(free) > 1:
        raise Refuse("ambiguous_match", "The claims fit more than one account of this connection.")
    if not free:
        if live:
            raise Refuse(
                "subject_mismatch", "The user name belongs to an account that another subject is bound to."
            )
        return None
    require_active(free[0])
    if is_privileged(free[0].user) and not connection.manages_privileged:
        raise Refuse(
            "privileged_account", "A staff or superuser account is not bound to a subject by its name."
        )
    return free[0]


def _is_same_person(identity: Identity, claims: LoginClaims) -> bool:
    return bool(_shared_key(identity, claims))


def _shared_key(identity: Identity, claims: LoginClaims) -> str:
    """Compare without Unicode normalisation: a look-alike must not be bound to somebody's account."""
    if identity.external_id == claims.subject:
        return "externalId"
    return "userName" if str(identity.user_name).casefold() == claims.user_name.casefold() else ""


def _by_email(connection: Connection, claims: LoginClaims) -> list[Identity]:
    """Give accounts of this connection with the address, if the IdP vouches for it.

    A SAML IdP is the authority for its own connection; an OpenID provider has to say email_verified.
    """
    if claims.email is None or not vouches_for_email(claims):
        return []
    text = fold(claims.email)
    leaves = AttributeValue.objects.filter(
        root="emails", sub="value", prefix=text[:PREFIX_LENGTH], value=text
    )
    found = Identity.objects.filter(
        pk__in=leaves.values("identity"), connection=connection, live=True, subject__isnull=True
    )
    related = found.select_related("user__provisioning_account").order_by("-id")
    return list(lock(related, "self", "user")[:2])


def vouches_for_email(claims: LoginClaims) -> bool:
    """Whether the e-mail address may decide anything: absent is false where the protocol can say it."""
    return claims.email_verified is True or (claims.protocol == "saml" and claims.email_verified is None)


def _match_outside(connection: Connection, claims: LoginClaims, changes: UserChanges) -> LoginMatch:
    if connection.jit == Connection.Jit.OFF:
        raise Refuse("jit_disabled", "This connection makes no accounts at login.")
    match = match_local(connection, changes, by_email=vouches_for_email(claims))
    if match.kind == "link":
        return LoginMatch("link", user=match.user, key=match.key)
    if connection.jit == Connection.Jit.LINK_ONLY:
        raise Refuse("jit_link_only", "This connection only links accounts that exist.")
    return LoginMatch("create", login_name_taken=match.login_name_taken)
