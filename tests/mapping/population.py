"""A population of people and groups in the database, from documents that hypothesis draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from django_provisioning.exceptions import NotUnique
from django_provisioning.lifecycle import memberships
from django_provisioning.models import Connection, GroupLink, Identity
from django_provisioning.protocol.core_schemas import GROUP, USER
from django_provisioning.protocol.schema import ResourceType
from tests.factories import make_connection, make_token
from tests.lifecycle.people import push, push_group
from tests.protocol.strategies import documents
from tests.scim_client import ScimClient

_SERVER_OWNED = ("schemas", "id", "meta", "groups", "members")
_MORE_THAN_ALL = 500


@dataclass(slots=True)
class Population:
    """A connection with people and groups, and every resource as a client reads it."""

    connection: Connection
    resources: dict[ResourceType, list[dict[str, Any]]] = field(default_factory=dict)

    def read(self) -> None:
        """Read every resource over HTTP."""
        client = ScimClient(make_token(self.connection))
        for resource_type in (USER, GROUP):
            answer = client.get(resource_type.endpoint, {"count": _MORE_THAN_ALL})
            self.resources[resource_type] = answer.json()["Resources"]


def drawn(resource_type: ResourceType, count: int) -> list[dict[str, Any]]:
    """Give that many documents, the same in every run."""
    found: list[dict[str, Any]] = []

    @settings(
        max_examples=count, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(documents(resource_type))
    def collect(document: dict[str, Any]) -> None:
        found.append(document)

    collect()
    return found


def populate(*, people: int, groups: int) -> Population:
    """Make people and groups of one connection, and a few of another one that must never be seen."""
    population = Population(make_connection())
    pushed = [_person(population.connection, document, n) for n, document in enumerate(drawn(USER, people))]
    links = [
        _group(population.connection, document, n, pushed) for n, document in enumerate(drawn(GROUP, groups))
    ]
    for parent, child in zip(links[::3], links[1::3], strict=False):
        memberships.add(parent, [child.scim_id])
    _strangers(people // 8)
    population.read()
    return population


def _attributes(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in (*_SERVER_OWNED, *names)}


def _person(connection: Connection, document: dict[str, Any], number: int) -> Identity:
    attributes = _attributes(document, "userName")
    try:
        return push(connection, document["userName"], **attributes).identity
    except NotUnique:
        attributes.pop("externalId", None)
        return push(connection, f"{document['userName']} {number}", **attributes).identity


def _group(
    connection: Connection, document: dict[str, Any], number: int, people: list[Identity]
) -> GroupLink:
    attributes = _attributes(document, "displayName")
    members = people[number :: 5 + number]
    try:
        return push_group(connection, document["displayName"], *members, **attributes)
    except NotUnique:
        attributes.pop("externalId", None)
        return push_group(connection, f"{document['displayName']} {number}", *members, **attributes)


def _strangers(count: int) -> None:
    other = make_connection()
    people = [_person(other, document, n) for n, document in enumerate(drawn(USER, count))]
    _group(other, {"displayName": "ada"}, 0, people)
