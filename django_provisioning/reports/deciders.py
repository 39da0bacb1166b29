"""Who decides each attribute of an account: a directory's push, a login's claims, or this application.

It answers "why does this account look like this" without a look into the policies of every connection. Whose word an
attribute is, ``mapping.owners`` says, for this page as for the form of the user.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ..mapping.fields import user_map
from ..mapping.owners import Say, reaching, say_of
from ..models import Connection, Identity
from .policies_in_words import effect_of


@dataclass(frozen=True, slots=True)
class Decider:
    """One attribute, its value here, and who decides it; ``connection`` is None for this application."""

    attribute: str
    here: Any
    connection: Connection | None
    rule: str


def deciders_of(identities: Sequence[Identity], user: Any) -> list[Decider]:
    """Give a line for each mapped attribute and each connection that decides it [1 query where no account is loaded].

    Several lines for one attribute mean that several connections decide it: the last to speak wins.
    """
    found = reaching(user, identities)
    lines: list[Decider] = []
    for path, name in user_map().fields.items():
        says = [say for one in found if (say := say_of(one, path)) is not None]
        lines += [Decider(path, getattr(user, name), *line) for line in _lines(says)]
    return lines


def _lines(says: Sequence[Say]) -> list[tuple[Connection | None, str]]:
    """Give the connections that decide, or this application with the rule that leaves the word to it."""
    deciding: list[tuple[Connection | None, str]] = [
        (say.connection, _text(say)) for say in says if say.decides
    ]
    leaving_it = dict.fromkeys(_text(say) for say in says if say.rule != "always")
    nobody = _("Only people and code of this application set it.")
    return deciding or [(None, text) for text in leaving_it or [nobody]]


def _text(say: Say) -> str:
    if say.way == "scim":
        return _("The directory wins: it pushed the value, and a login changes nothing.")
    return effect_of(say.rule, say.connection)
