"""Decides whom an incoming person is: new, known to this connection, or a local account that may be linked.

Never guesses: an ambiguous match is refused. Another connection's accounts are invisible; a name of theirs only
means that the new account gets another login name, so no tenant learns of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Exists, OuterRef, Q

from ..exceptions import AmbiguousMatch, LinkRefused, NotUnique
from ..mapping.fields import UserMap, user_map
from ..mapping.reach import is_privileged
from ..mapping.users import UserChanges
from ..models import Connection, ConnectionDomain, Identity
from ..protocol.comparison import fold
from .naming import plain_login_name
from .transactions import lock

_REMEDY = "An administrator of the application can link it or rename it, or change the linking policy."
_MOST_WITH_ONE_ADDRESS = 10


@dataclass(frozen=True, slots=True)
class Match:
    """What correlation found.

    ``new``: nobody; ``login_name_taken`` says whether the plain login name is in use elsewhere.
    ``adopt``: a live identity of this connection that SCIM does not manage yet. ``rejoin``: a tombstone.
    ``link``: a local user that no connection knows. ``key`` is the attribute that decided.
    """

    kind: Literal["new", "adopt", "rejoin", "link"]
    identity: Identity | None = None
    user: Any = None
    login_name_taken: bool = False
    key: str = ""


def correlate(connection: Connection, changes: UserChanges) -> Match:
    """Match a person whom a directory pushes [2 queries; 3-4 where the connection links by e-mail].

    Raises:
        NotUnique: SCIM manages this userName or externalId in this connection already.
        AmbiguousMatch: userName and externalId, or two local accounts, point at different people.
        LinkRefused: a local account has the name and the policy does not allow linking it.
    """
    known = _known_to(connection, changes)
    live = [identity for identity in known if identity.live]
    if live:
        return _match_live(live, changes)
    tombstone = _latest_same_person(known, changes)
    if tombstone is not None:
        return Match("rejoin", tombstone, tombstone.user, key=_shared_key(tombstone, changes))
    return match_local(connection, changes)


def _known_to(connection: Connection, changes: UserChanges) -> list[Identity]:
    same = Q(user_name_key=fold(changes.user_name))
    if changes.external_id is not None:
        same |= Q(external_id=changes.external_id)
    back = Identity.objects.filter(connection=connection, user=OuterRef("user"), live=True)
    candidates = Identity.objects.filter(same, connection=connection).annotate(user_is_back=Exists(back))
    related = candidates.select_related("user__provisioning_account").order_by("-id")
    return list(lock(related, "self", "user"))


def _match_live(live: Sequence[Identity], changes: UserChanges) -> Match:
    for identity in live:
        if identity.scim_managed:
            attribute = _shared_key(identity, changes)
            raise NotUnique(
                f"{attribute} is in use in this connection. Find the resource by a filter and update it."
            )
    if len(live) > 1:
        raise AmbiguousMatch("userName and externalId belong to two different people of this connection.")
    return Match("adopt", live[0], live[0].user, key=_shared_key(live[0], changes))


def _shared_key(identity: Identity, changes: UserChanges) -> str:
    return "userName" if identity.user_name_key == fold(changes.user_name) else "externalId"


def _latest_same_person(known: Sequence[Identity], changes: UserChanges) -> Identity | None:
    """Give the newest tombstone of this person.

    The same userName with another externalId is another person: names are recycled, external ids are not. Someone
    who is back under another name has left this one for good.
    """
    for identity in known:
        if identity.user_is_back:  # type: ignore[attr-defined]
            continue
        if changes.external_id is None or identity.external_id in (None, changes.external_id):
            return identity
    return None


def match_local(connection: Connection, changes: UserChanges, *, by_email: bool = True) -> Match:
    """Match a person whom this connection does not know to a local account [1 query, 2-3 where it links].

    ``by_email`` is False where the IdP does not vouch for the address.

    Raises:
        LinkRefused, AmbiguousMatch: see ``correlate``.
    """
    mapping = user_map()
    plain = plain_login_name(changes)
    any_identity = Identity.objects.filter(user=OuterRef("pk"))
    users = mapping.model._default_manager.annotate(is_known=Exists(any_identity)).order_by("pk")
    named: Any = users.filter(**{mapping.login_field: plain}).first()
    # A look-alike ("ａlice") normalises to the same login name and yet is somebody else.
    is_same = named is not None and named.get_username().casefold() == _as_sent(plain, changes).casefold()
    local = [named] if is_same and not named.is_known else []
    if by_email and connection.linking != Connection.Linking.NEVER:
        local += [user for user in _local_by_email(changes, mapping, users) if user not in local]
    if not local:
        return Match("new", login_name_taken=named is not None)
    if len(local) > 1:
        raise AmbiguousMatch(
            "More than one local account has this user name or e-mail address. An administrator must decide."
        )
    _require_linkable(connection, local[0])
    if connection.linking == Connection.Linking.VERIFIED_EMAIL and not (
        by_email and _speaks_for(connection, changes, local[0], mapping)
    ):
        raise LinkRefused(f"The e-mail address of the local account is in no domain verified here. {_REMEDY}")
    return Match("link", user=local[0], key="login name" if local[0] is named else "email")


def _as_sent(plain: str, changes: UserChanges) -> str:
    """Give the text that the plain login name was made from."""
    sent = (changes.user_name, *changes.emails())
    return next((text for text in sent if fold(text) == fold(plain)), plain)


def _local_by_email(changes: UserChanges, mapping: UserMap, users: Any) -> list[Any]:
    field = mapping.fields.get("emails", mapping.login_field)
    condition = Q()
    for address in changes.emails():
        condition |= Q(**{f"{field}__iexact": address})
    found = users.filter(condition, is_known=False) if condition else users.none()
    # A collation may call "é" and "e" the same; whose address it is must not depend on the database.
    pushed = {address.lower() for address in changes.emails()}
    return [user for user in found[:_MOST_WITH_ONE_ADDRESS] if str(getattr(user, field)).lower() in pushed]


def _require_linkable(connection: Connection, user: Any) -> None:
    """Refuse what mutable claims alone must never decide."""
    if connection.linking == Connection.Linking.NEVER:
        raise LinkRefused(
            f"A local account has this user name and this connection does not link accounts. {_REMEDY}"
        )
    if is_privileged(user) or user.has_usable_password():
        raise LinkRefused(
            f"A local account with a password or with admin rights is never linked by name. {_REMEDY}"
        )


def _speaks_for(connection: Connection, changes: UserChanges, user: Any, mapping: UserMap) -> bool:
    address = str(getattr(user, mapping.fields.get("emails", mapping.login_field)) or "").lower()
    if address not in {pushed.lower() for pushed in changes.emails()}:
        return False
    domain = address.rpartition("@")[2]
    return ConnectionDomain.objects.filter(connection=connection, verified_domain=domain).exists()
