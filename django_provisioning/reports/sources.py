"""Where an account came from and who looks after it now, in words: two facts, and never one of them alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..models import Account, Identity

_ICONS: Mapping[str, str] = {
    Account.Origin.MANUAL: "✎",
    Account.Origin.JIT_SAML: "→",
    Account.Origin.JIT_OIDC: "→",
    Account.Origin.SCIM: "⇄",
    Account.Origin.IMPORT: "⤓",
    Account.Origin.UNKNOWN: "?",
}
# Who manages an account that nothing has happened to since it was made.
_USUAL: Mapping[str, str] = {
    Account.Origin.MANUAL: Account.ManagedBy.NONE,
    Account.Origin.JIT_SAML: Account.ManagedBy.SSO,
    Account.Origin.JIT_OIDC: Account.ManagedBy.SSO,
    Account.Origin.SCIM: Account.ManagedBy.SCIM,
    Account.Origin.UNKNOWN: Account.ManagedBy.NONE,
}


@dataclass(frozen=True, slots=True)
class Source:
    """An account's source. ``icon`` says nothing that ``label`` does not; ``connections`` are their names."""

    icon: str
    label: str
    connections: tuple[str, ...] = ()


def source_of(account: Account | None, identities: Iterable[Identity]) -> Source:
    """Give the source of a user's account, None for a user without one; the live identities have their connections.

    "SCIM + SSO" stands alone, because both doors lead to that account whichever made it. No query.
    """
    names = tuple(dict.fromkeys(identity.connection.name for identity in identities if identity.live))
    if account is None:
        return Source(_ICONS[Account.Origin.UNKNOWN], _("Unknown (before install)"), names)
    return Source(_ICONS[account.origin], _label(account), names)


def _label(account: Account) -> str:
    if account.managed_by == Account.ManagedBy.SCIM_SSO:
        return str(Account.ManagedBy.SCIM_SSO.label)
    is_unknown = account.origin == Account.Origin.UNKNOWN
    origin = _("Unknown (before install)") if is_unknown else str(Account.Origin(account.origin).label)
    if _USUAL.get(account.origin) == account.managed_by:
        return origin
    manager = str(Account.ManagedBy(account.managed_by).label)
    return _("%(origin)s, managed by: %(manager)s") % {"origin": origin, "manager": manager}
