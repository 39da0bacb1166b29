"""What each type of event means in words.

The type itself is a code that stands in exports, filters and log lines and never changes; pages show both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

LABELS: Mapping[str, _StrPromise] = {
    "access.found_late": _("Access found that should have ended"),
    "access.revocation_completed": _("Open revocation completed"),
    "access.revocation_failed": _("Revocation failed"),
    "account.activated": _("Account activated"),
    "account.adopted": _("Existing account taken over"),
    "account.created": _("Account created"),
    "account.deactivated": _("Account deactivated"),
    "account.deleted": _("Account deleted"),
    "account.described": _("Kind or owner of the account set"),
    "account.erased": _("Account erased"),
    "account.groups_changed": _("Groups of the account changed"),
    "account.imported": _("Account imported"),
    "account.linked": _("Account linked to a connection"),
    "account.reinstated": _("Account reinstated"),
    "account.stale_warned": _("Warned before the stale-account policy ends access"),
    "account.subject_bound": _("Account bound to a login of the identity provider"),
    "account.suspended": _("Account suspended"),
    "account.suspension_lifted": _("Suspension lifted"),
    "account.updated": _("Account updated"),
    "adoption.done": _("Users from before the install adopted"),
    "breaker.released": _("Halted connection released"),
    "breaker.tripped": _("Mass-leave alarm"),
    "connection.certificate_expiring": _("Signing certificate of the identity provider about to end"),
    "connection.configured": _("Connection configured"),
    "connection.created": _("Connection created"),
    "connection.deleted": _("Connection deleted"),
    "connection.disabled": _("Connection disabled"),
    "connection.domain_verified": _("E-mail domain verified"),
    "connection.domain_withdrawn": _("E-mail domain withdrawn"),
    "export.created": _("List exported as a file"),
    "group.created": _("Group created"),
    "group.deleted": _("Group deleted"),
    "group.imported": _("Group imported"),
    "group.linked": _("Existing group taken over"),
    "group.members_changed": _("Members of a group changed"),
    "group.members_unknown": _("Group named members who are not here"),
    "group.updated": _("Group updated"),
    "login.refused": _("Login refused"),
    "privilege.granted": _("Staff or superuser granted"),
    "privilege.removed": _("Staff or superuser removed"),
    "request.refused": _("Request refused"),
    "role.configured": _("Role configured"),
    "selftest.finished": _("Self-test finished"),
    "session.revoked": _("Sessions revoked"),
    "token.expiring": _("Token about to expire"),
    "token.issued": _("Token issued"),
    "token.revoked": _("Token revoked"),
    "token.rotated": _("Token rotated"),
}
