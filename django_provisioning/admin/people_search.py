"""Finds people by what an administrator knows of them, by index look-ups only.

A search over ``auth_user`` with ``LIKE '%x%'`` reads the whole table; here every condition starts an index: the
login name, the key of the IdP's userName, external and SCIM ids, e-mail addresses and names that the IdP pushed.

One query looks first, for at most ``MOST`` matches in the order of each index; their keys narrow the list. Where more
match the page says that it shows some of them only, because no index gives the newest of many thousands on every
database; the file has all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import Q, QuerySet, Value
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ..models import AttributeValue, Connection, Identity
from ..models.attribute_value import PREFIX_LENGTH
from ..protocol.comparison import fold

HELP_TEXT = _(
    "Beginning of a user name or of a person’s name, or a whole e-mail address, external id or SCIM id."
)
# So many people are looked at. With more keys than these a planner would rather walk the whole list and compare, and
# with a larger limit read and sort all that begins so: PostgreSQL takes every prefix for rare.
MOST = 100
# So many people can be named where rows know them by a text alone.
MOST_NAMED = 200
LONGEST_TERM = 255
_NAMES = (("name", "familyName"), ("name", "givenName"), ("displayName", ""))


def matching(request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> QuerySet[Any]:
    """Restrict rows with a ``user`` to the people that match; all rows where nothing is searched [0–1 query]."""
    if not search_term.strip():
        return queryset
    term = _cleaned(search_term)
    keys, is_cut = _keys(term)
    if is_cut and _is_file(request):
        first, *others = (branch.values_list(key, flat=True) for branch, key, _order in _branches(term))
        return queryset.filter(user__in=first.union(*others))
    if is_cut:
        text = _now(
            "Too many people match: the list shows some of them only. Add letters. A file has them all."
        )
        messages.warning(request, text)
    return queryset.filter(user__in=keys)


def keys_as_text(search_term: str) -> list[str] | None:
    """Give the keys of the people that match as text, None where they are more than ``MOST_NAMED`` [1 query]."""
    keys, is_cut = _keys(_cleaned(search_term))
    return None if is_cut or len(keys) > MOST_NAMED else [str(key) for key in keys]


def _cleaned(search_term: str) -> str:
    return search_term.strip()[:LONGEST_TERM].replace("\x00", "")


def _keys(term: str) -> tuple[list[Any], bool]:
    """Give the primary keys of users that match, each once, and whether more match than were looked at [1 query]."""
    if not term:
        return [], False
    looks = list(_looks(term))
    found = list(looks[0].union(*looks[1:], all=True)[: len(looks) * (MOST + 1)])
    keys = list(dict.fromkeys(key for key, _look in found))
    # A person who matches twice in one look takes the place of somebody behind the end of that look.
    is_cut = len(keys) > MOST or max(Counter(look for _key, look in found).values(), default=0) > MOST
    return keys[:MOST], is_cut


def _is_file(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and (match.url_name or "").endswith("_export")


def _looks(term: str) -> Iterator[QuerySet[Any, Any]]:
    """Give the branches, each in the order of its index and no further than is looked at, where a union may say so.

    Without an order a planner expects matches to lie anywhere, and reads the table from its beginning until it has
    found enough. SQLite expects nothing of the kind. A row is the key of a user and the number of the look.
    """
    users: Any = get_user_model()._default_manager
    may_slice = connections[users.db].features.supports_slicing_ordering_in_compound
    for number, (branch, key, order) in enumerate(_branches(term)):
        # The condition says nothing new, but an index whose collation is not "C" has its beginning by it.
        ordered = branch.filter(**{f"{order}__gte": term}) if key == "pk" and may_slice else branch
        keys = ordered.annotate(look=Value(number)).values_list(key, "look")
        yield keys.order_by(order)[: MOST + 1] if may_slice else keys


def _branches(term: str) -> Iterator[tuple[QuerySet[Any, Any], str, str]]:
    """Give the rows that match, one queryset for each index, so that none is read from end to end.

    With it the name of the user's key, and of the column in whose order its index has the rows.
    """
    users: Any = get_user_model()
    login = users.USERNAME_FIELD
    yield users._default_manager.order_by().filter(**{f"{login}__startswith": term}), "pk", login
    # The unique indexes of the identities begin with the connection.
    everywhere = Q(connection__in=Connection.objects.order_by().values("pk"))
    for column, condition in (
        ("user_name_key", Q(user_name_key__startswith=fold(term))),
        ("external_id", everywhere & Q(external_id=term)),
        ("scim_id", everywhere & Q(scim_id=term)),
    ):
        yield Identity.objects.order_by().filter(condition), "user_id", column
    for condition in _pushed(fold(term)):
        values = AttributeValue.objects.order_by().filter(condition, identity__isnull=False)
        yield values, "identity__user_id", "prefix"


def _pushed(term: str) -> Iterator[Q]:
    """Give the conditions for a whole pushed e-mail address, and for the beginnings of pushed names."""
    yield Q(root="emails", sub="value", prefix=term[:PREFIX_LENGTH], value=term)
    for root, sub in _NAMES:
        yield Q(root=root, sub=sub, prefix__startswith=term[:PREFIX_LENGTH])
