"""Finds people by what an administrator knows of them, by index look-ups only.

A search over ``auth_user`` with ``LIKE '%x%'`` reads the whole table; here every condition starts an index: the
login name, the key of the IdP's userName, external and SCIM ids, e-mail addresses and names that the IdP pushed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ..models import AttributeValue, Connection, Identity
from ..models.attribute_value import PREFIX_LENGTH
from ..protocol.comparison import fold

HELP_TEXT = _(
    "Beginning of a user name or of a person’s name, or a whole e-mail address, external id or SCIM id."
)
MOST = 1000
LONGEST_TERM = 255
_NAMES = (("name", "familyName"), ("name", "givenName"), ("displayName", ""))


def matching_users(term: str) -> list[Any]:
    """Give the primary keys of the users that match, at most ``MOST`` [4 queries]."""
    term = term.strip()[:LONGEST_TERM].replace("\x00", "")
    if not term:
        return []
    found: dict[Any, None] = {}
    for rows in _queries(term):
        found.update(dict.fromkeys(rows[:MOST]))
    return list(found)[:MOST]


def _queries(term: str) -> Iterator[QuerySet[Any, Any]]:
    users: Any = get_user_model()
    login = users.USERNAME_FIELD
    yield (
        users._default_manager.filter(**{f"{login}__startswith": term})
        .order_by()
        .values_list("pk", flat=True)
    )
    # Every index of the identities begins with the connection, so all connections are named.
    everywhere = list(Connection.objects.values_list("pk", flat=True))
    identity = Q(user_name_key__startswith=fold(term)) | Q(external_id=term) | Q(scim_id=term)
    identities = Identity.objects.filter(identity, connection__in=everywhere)
    yield identities.order_by().values_list("user_id", flat=True)
    yield _pushed(fold(term)).order_by().values_list("identity__user_id", flat=True)


def _pushed(term: str) -> QuerySet[AttributeValue]:
    """People by a pushed e-mail address, or by the beginning of a pushed name."""
    condition = Q(root="emails", sub="value", prefix=term[:PREFIX_LENGTH], value=term)
    for root, sub in _NAMES:
        condition |= Q(root=root, sub=sub, prefix__startswith=term[:PREFIX_LENGTH])
    return AttributeValue.objects.filter(condition, identity__isnull=False)
