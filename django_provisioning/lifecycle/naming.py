"""Names in Django for what an IdP names: login names and group names that are free, and say whose they are.

The IdP only ever sees its own names (``Identity.user_name``, ``GroupLink.display_name``), so a name that another
tenant took changes nothing for it and tells it nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice

from ..mapping.fields import user_map
from ..mapping.users import UserChanges
from ..models import Connection, Identity
from ..models.membership import group_model
from . import explain

_ATTEMPTS = 100
# A login name that is none of the first few was not made from the userName.
_LOOKED_AT = 5


def plain_login_name(changes: UserChanges) -> str:
    """Give the login name for a person before any clash: userName, cut to what the field holds.

    Where the login field is an e-mail address, a userName that is none gives way to the primary address.
    """
    return _plain(changes.user_name, changes.emails())


def _plain(user_name: str, addresses: list[str]) -> str:
    mapping = user_map()
    email_field = getattr(mapping.model, "EMAIL_FIELD", "email")
    name = (
        addresses[0]
        if mapping.login_field == email_field and "@" not in user_name and addresses
        else user_name
    )
    normalise = getattr(mapping.model, "normalize_username", str)
    return shortened(normalise(name), mapping.login_max_length())


def login_names(plain: str, connection: Connection) -> Iterator[str]:
    """Yield the plain name, then names with the connection's suffix: ``alice.acme``, ``alice.acme2`` and so on.

    An address keeps its domain: ``alice+acme@example.com``.
    """
    limit = user_map().login_max_length()
    yield plain
    local, at, domain = plain.rpartition("@") if "@" in plain else (plain, "", "")
    for number in range(1, _ATTEMPTS):
        mark = f"{connection.slug}{number if number > 1 else ''}"
        suffix = f"+{mark}@{domain}" if at else f".{mark}"
        yield shortened(local, limit - len(suffix)) + suffix


def free_login_name(plain: str, connection: Connection, *, is_taken: bool) -> str:
    """Give the first login name that no user has; ``is_taken`` says whether the plain one is known to be in use.

    Costs no query when the plain name is free, else one per name tried (nearly always one).
    """
    mapping = user_map()
    for name in login_names(plain, connection):
        if name == plain:
            if not is_taken:
                explain.note("login_name", f"The login name {plain!r} is free.")
                return plain
        elif not mapping.model._default_manager.filter(**{mapping.login_field: name}).exists():
            explain.note("login_name", f"{plain!r} is taken elsewhere: the login name is {name!r}.")
            return name
    raise AssertionError("No free login name in a hundred attempts.")


def renamed(identity: Identity, changes: UserChanges) -> str | None:
    """Give the login name that follows a changed userName, None to keep the present one.

    A login name that was not made from the old userName (a linked local account) stays. [0 queries, 1-2 on a rename]
    """
    mapping = user_map()
    old = _plain(identity.user_name, UserChanges.addresses_in(identity.attributes))
    plain = plain_login_name(changes)
    current = identity.user.get_username()
    if plain in (old, current) or not follows_user_name(identity):
        return None
    # A collation that ignores case finds the person's own name when only its case changes.
    others = mapping.model._default_manager.exclude(pk=identity.user_id)
    taken = others.filter(**{mapping.login_field: plain}).exists()
    return free_login_name(plain, identity.connection, is_taken=taken)


def follows_user_name(identity: Identity) -> bool:
    """Whether the login name of a loaded identity's user was made from its userName, and so changes with it."""
    old = _plain(identity.user_name, UserChanges.addresses_in(identity.attributes))
    return identity.user.get_username() in islice(login_names(old, identity.connection), _LOOKED_AT)


def group_names(display_name: str, connection: Connection, limit: int) -> Iterator[str]:
    """Yield the Django names to try for a pushed group: prefix and name, then with the connection's slug."""
    plain = connection.group_prefix + display_name
    yield shortened(plain, limit)
    for number in range(1, _ATTEMPTS):
        suffix = f" ({connection.slug}{f' {number}' if number > 1 else ''})"
        yield shortened(plain, limit - len(suffix)) + suffix


def group_name_limit(field_name: str) -> int:
    """Longest name that the group model stores."""
    return getattr(group_model()._meta.get_field(field_name), "max_length", None) or 255


def shortened(text: str, limit: int) -> str:
    """Cut a text to a length; what was cut lives on as eight hexadecimal digits, so two texts stay two.

    >>> shortened("abc", 10)
    'abc'
    >>> shortened("a" * 30, 20)
    'aaaaaaaaaaa~3a54fc0c'
    """
    if len(text) <= limit:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{text[: limit - 9]}~{digest}"
