"""The policies of a connection as sentences: what happens with the values as they are now, and how they interact.

One function for everybody who shows them: ``in_words``. A sentence names the policies that it is about, so that a test
can hold that none is left out; ``is_gap`` marks what has no effect, or leaves something open that people may take for
closed. Start with ``words_of_logins`` for what a login does, and ``words_of_directory`` for what a push does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..mapping.claims import Sync, login_paths, sync_rule
from ..models import Connection
from .sentences import Facts, Topic, Words
from .words_of_directory import DIRECTORY
from .words_of_logins import LOGINS

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """Who decides about one attribute; ``rule`` is never, empty_only or always."""

    attribute: str
    rule: str
    text: str
    is_gap: bool = False


TITLES: Mapping[str, Text] = {
    "state": gettext_lazy("Is it at work"),
    "joining": gettext_lazy("Who comes in"),
    "moving": gettext_lazy("What changes afterwards"),
    "leaving": gettext_lazy("How access ends"),
    "limits": gettext_lazy("What it may not do, and how it speaks"),
}

# Who may log in comes before what becomes of accounts that were here; who tells of a leave before what a session does.
_WORDS: Mapping[str, Sequence[Words]] = {
    "state": DIRECTORY["state"],
    "joining": (*LOGINS["joining"], *DIRECTORY["joining"]),
    "moving": (*LOGINS["moving"], *DIRECTORY["moving"]),
    "leaving": (*DIRECTORY["leaving"], *LOGINS["leaving"]),
    "limits": DIRECTORY["limits"],
}


def in_words(connection: Connection, facts: Facts) -> list[Topic]:
    """Give the effective rules of a connection, topic by topic; no query."""
    return [
        Topic(name, title, [sentence for speak in _WORDS[name] for sentence in speak(connection, facts)])
        for name, title in TITLES.items()
    ]


def gaps(connection: Connection, facts: Facts) -> list[str]:
    """Give only what has no effect or leaves something open."""
    topics = in_words(connection, facts)
    return [sentence.text for topic in topics for sentence in topic.sentences if sentence.is_gap]


def attribute_rules(connection: Connection) -> list[AttributeRule]:
    """Give the rule of every attribute that claims can fill, then rules that no claim reaches; no query."""
    sync: Mapping[str, Sync] = connection.attribute_sync
    reached = login_paths()
    rules = [
        AttributeRule(path, rule := sync_rule(sync, path), effect_of(rule, connection)) for path in reached
    ]
    return rules + [
        AttributeRule(path, rule, _("No effect: no claim fills this attribute."), is_gap=True)
        for path, rule in sync.items()
        if path not in {*reached, "default"}
    ]


def effect_of(rule: Sync, connection: Connection) -> str:
    """Say what a rule means for an attribute of somebody whom logins of the connection manage."""
    match rule:
        case "always":
            return _("The identity provider wins: each login overwrites what stands here.")
        case "empty_only":
            return _("This application wins: a login fills it only while it is empty.")
        case _:
            if connection.jit == Connection.Jit.CREATE:
                return _(
                    "This application wins: the login that makes the account fills it, later ones do not."
                )
            return _("This application wins: a login never fills it.")
