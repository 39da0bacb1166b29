"""Sort orders and keyset walks against a model in Python."""

from __future__ import annotations

from typing import Any

import pytest

from django_provisioning.mapping.ordering import GROUP_SORT_COLUMNS, SORT_KEY, USER_SORT_COLUMNS, Ordering
from django_provisioning.models import GroupLink, Identity
from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, GROUP, USER
from django_provisioning.protocol.errors import InvalidValue
from django_provisioning.protocol.leaves import leaves
from django_provisioning.protocol.path import resolve
from django_provisioning.protocol.schema import ResourceType
from tests.factories import make_connection
from tests.lifecycle.people import push
from tests.mapping.population import Population

pytestmark = pytest.mark.django_db

USER_PATHS = [
    "id", "externalId", "userName", "active", "meta.created", "meta.lastModified", "title", "displayName",
    "name.familyName", "emails", "emails.type", "emails.display", "roles.value", "photos", "profileUrl",
    "addresses.locality", f"{ENTERPRISE_URN}:department", f"{ENTERPRISE_URN}:manager", "USERNAME",
]  # fmt: skip
GROUP_PATHS = ["id", "externalId", "displayName", "meta.created", "meta.lastModified"]
CASES = [(USER, path) for path in USER_PATHS] + [(GROUP, path) for path in GROUP_PATHS]


def rows_of(population: Population, resource_type: ResourceType) -> Any:
    """Give the queryset of the population's connection."""
    model: Any = Identity if resource_type is USER else GroupLink
    return model.objects.of(population.connection)


def applied(ordering: Ordering, population: Population, resource_type: ResourceType) -> Any:
    """Give the ordered queryset."""
    rows = rows_of(population, resource_type)
    if resource_type is USER:
        return ordering.apply(rows, "identity", USER_SORT_COLUMNS)
    return ordering.apply(rows, "group_link", GROUP_SORT_COLUMNS)


def sort_text(document: dict[str, Any], resource_type: ResourceType, name: str) -> str | None:
    """Give the text that a document sorts by: of its primary value, else its first, else None."""
    path = resolve(name, resource_type)
    sub = path.sub.name if path.sub else "value" if path.attribute.is_complex else ""
    values = [leaf for leaf in leaves(document, resource_type) if (leaf.root, leaf.sub) == (path.root, sub)]
    elements = document.get(path.root)
    primary = [
        value for value in values
        if isinstance(elements, list) and elements[value.position].get("primary") is True
    ]  # fmt: skip
    return next((value.text for value in primary + values), None)


def expected_ids(
    population: Population, resource_type: ResourceType, name: str, *, descending: bool
) -> list[str]:
    """Sort the documents in Python: by text, without one last, ties in the order of creation."""
    pks = dict(rows_of(population, resource_type).values_list("scim_id", "pk"))

    def key(document: dict[str, Any]) -> tuple[bool, str, int]:
        text = sort_text(document, resource_type, name)
        return text is None, text or "", pks[document["id"]]

    ordered = sorted(population.resources[resource_type], key=key, reverse=descending)
    return [document["id"] for document in ordered]


def walked(ordering: Ordering, population: Population, resource_type: ResourceType, size: int) -> list[str]:
    """Collect the ids page by page, each page after the last row of the one before."""
    found: list[str] = []
    queryset = applied(ordering, population, resource_type)
    page = queryset
    while rows := list(page.values("scim_id", "pk", *([SORT_KEY] if ordering.path else []))[:size]):
        found += [row["scim_id"] for row in rows]
        page = ordering.after(queryset, rows[-1].get(SORT_KEY), rows[-1]["pk"])
    return found


@pytest.mark.compliance("RFC 7644", "3.4.2.3", "sortBy and sortOrder; resources without the value come last")
@pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
@pytest.mark.parametrize(("resource_type", "name"), CASES, ids=lambda case: getattr(case, "name", case))
def test_order_in_sql_is_that_of_the_model(
    population: Population, resource_type: ResourceType, name: str, descending: bool
) -> None:
    """Folded or exact text by code point, the primary or first value, nulls last and first when descending."""
    ordering = Ordering.parse(name, descending=descending, resource_type=resource_type)

    found = list(applied(ordering, population, resource_type).values_list("scim_id", flat=True))

    assert found == expected_ids(population, resource_type, name, descending=descending)


@pytest.mark.compliance("RFC 9865", "2", "a cursor walk returns each resource once, in the order")
@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("descending", [False, True], ids=["ascending", "descending"])
@pytest.mark.parametrize(
    ("resource_type", "name"),
    [(USER, None), (USER, "title"), (USER, "emails.type"), (USER, "active"), (USER, "meta.created"),
     (USER, "externalId"), (USER, "id"), (GROUP, "externalId"), (GROUP, None)],
    ids=lambda case: getattr(case, "name", case),
)  # fmt: skip
def test_keyset_walk_returns_each_row_once_in_order(
    population: Population, resource_type: ResourceType, name: str | None, descending: bool, size: int
) -> None:
    """Ties and rows without a value are neither skipped nor repeated at any page boundary."""
    ordering = Ordering.parse(name, descending=descending, resource_type=resource_type)

    found = walked(ordering, population, resource_type, size)

    assert found == list(applied(ordering, population, resource_type).values_list("scim_id", flat=True))
    assert len(found) == len(set(found)) == len(population.resources[resource_type])


@pytest.mark.parametrize(
    "name",
    [
        "nosuch",
        "name",
        "groups",
        "groups.value",
        "password",
        "schemas",
        "meta",
        "meta.version",
        "members",
        "meta.location",
    ],
)
def test_sort_by_what_cannot_be_sorted_by_is_refused(name: str) -> None:
    """Unknown, complex without a value, secret and computed attributes are the client's mistake."""
    with pytest.raises(InvalidValue):
        Ordering.parse(name, descending=False, resource_type=USER)


def test_order_by_active_follows_what_is_read() -> None:
    """Somebody whom the application made inactive reads inactive, and sorts so."""
    connection = make_connection()
    push(connection, "ada")
    suspended = push(connection, "bob").identity
    type(suspended.user).objects.filter(pk=suspended.user_id).update(is_active=False)
    population = Population(connection)
    population.read()

    ordering = Ordering.parse("active", descending=True, resource_type=USER)

    found = list(applied(ordering, population, USER).values_list("scim_id", flat=True))
    assert found == expected_ids(population, USER, "active", descending=True)
