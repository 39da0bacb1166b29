"""The searchable rows of a document are those of its last state, whatever came before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_provisioning.lifecycle import attribute_values
from django_provisioning.models import AttributeValue, GroupLink, Identity
from django_provisioning.models.attribute_value import PREFIX_LENGTH
from django_provisioning.protocol.core_schemas import USER
from django_provisioning.protocol.leaves import leaves
from tests.factories import make_connection
from tests.lifecycle.people import on_locked, push, push_group, push_move
from tests.protocol.strategies import users

pytestmark = pytest.mark.django_db

_OWN = ("schemas", "id", "meta", "groups", "userName", "externalId", "active")
_COLUMNS = ("root", "position", "sub", "prefix", "value", "is_primary")


def pushed(document: dict[str, Any]) -> dict[str, Any]:
    """Give what of a document is kept in ``Identity.attributes``."""
    return {name: value for name, value in document.items() if name not in _OWN}


def stored(owner: Identity | GroupLink) -> list[tuple[Any, ...]]:
    """Read the rows of an owner."""
    return sorted(owner.values.values_list(*_COLUMNS))


def built(attributes: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Make the rows in Python from nothing but the document."""
    rows = []
    for leaf in leaves(attributes, USER):
        elements = attributes.get(leaf.root)
        is_primary = isinstance(elements, list) and elements[leaf.position].get("primary") is True
        text = leaf.text
        rows.append((leaf.root, leaf.position, leaf.sub, text[:PREFIX_LENGTH], text, is_primary))
    return sorted(rows)


@settings(suppress_health_check=list(HealthCheck), max_examples=25)
@given(documents=st.lists(users(), min_size=1, max_size=4))
def test_rows_after_any_sequence_are_those_of_the_last_document(documents: list[dict[str, Any]]) -> None:
    """Upserts and deletes of leaves end where building from scratch would."""
    identity = push(make_connection(), "ada").identity
    before: dict[str, Any] = {}

    for document in documents:
        after = pushed(document)
        attribute_values.store(identity, before, after, USER)
        before = after

    assert stored(identity) == built(before)


def test_rows_of_a_shrinking_long_list_go() -> None:
    """Hundreds of elements leave at once: no limit of a database on the size of an expression is met."""
    identity = push(make_connection(), "ada", emails=_emails(900)).identity

    push_move(identity, "ada", emails=_emails(1))

    assert stored(identity) == built({"emails": _emails(1)})


def _emails(count: int) -> list[dict[str, Any]]:
    return [{"value": f"ada{number}@example.com", "type": "other"} for number in range(count)]


def test_rows_of_two_people_are_apart() -> None:
    """Writing one person's rows leaves those of another and those of a group alone."""
    connection = make_connection()
    ada = push(connection, "ada", title="Countess").identity
    bob = push(connection, "bob", title="Builder").identity
    link = push_group(connection, "engine")

    push_move(ada, "ada")

    assert stored(ada) == []
    assert stored(bob) == built({"title": "Builder"})
    assert stored(link) == []


def test_rows_of_the_deleted_are_gone() -> None:
    """A tombstone is found by no filter and keeps nothing searchable."""
    from django_provisioning.lifecycle.leave import delete

    identity = push(make_connection(), "ada", title="Countess").identity

    on_locked(identity, delete)

    assert not AttributeValue.objects.filter(identity=identity).exists()
