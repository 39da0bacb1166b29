"""One meaning of a filter: in SQL, in memory, and in an independent implementation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scim2_models import EnterpriseUser, Group, InvalidFilterException, ScimFilter, ScimPolicy, User

from django_provisioning.mapping.filters import group_filter, user_filter
from django_provisioning.models import GroupLink, Identity
from django_provisioning.protocol.comparison import fold
from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, GROUP, USER, USER_URN
from django_provisioning.protocol.errors import InvalidFilter
from django_provisioning.protocol.filters import parse
from django_provisioning.protocol.matching import matches
from django_provisioning.protocol.schema import ResourceType
from tests.mapping.population import Population
from tests.protocol.strategies import filter_texts

MODELS: dict[ResourceType, Any] = {USER: User[EnterpriseUser], GROUP: Group}
pytestmark = pytest.mark.django_db

JUDGES: dict[ResourceType, Any] = {USER: ScimFilter[User[EnterpriseUser]], GROUP: ScimFilter[Group]}

# What is judged is the logic: both get one folding of text.
_FOLDING = ScimPolicy(
    comparison_key=lambda binding, value: value if binding.case_exact else fold(value),
)


def found_in_sql(population: Population, resource_type: ResourceType, text: str) -> set[str]:
    """Give the ids that the compiled filter finds in the population's connection."""
    node = parse(text, resource_type)
    if resource_type is USER:
        rows: Any = Identity.objects.of(population.connection).filter(
            user_filter(node, population.connection, USER)
        )
    else:
        rows = GroupLink.objects.of(population.connection).filter(
            group_filter(node, population.connection, GROUP)
        )
    found = list(rows.values_list("scim_id", flat=True))
    assert len(found) == len(set(found)), "a row was found twice"
    return set(found)


def found_in_memory(population: Population, resource_type: ResourceType, text: str) -> set[str]:
    """Give the ids of the documents that the in-memory matcher accepts."""
    node = parse(text, resource_type)
    documents = population.resources[resource_type]
    return {document["id"] for document in documents if matches(node, document, resource_type)}


@pytest.mark.compliance("RFC 7644", "3.4.2.2", "every filter finds the same in SQL and in memory")
@pytest.mark.parametrize("resource_type", [USER, GROUP], ids=lambda kind: kind.name)
@settings(suppress_health_check=list(HealthCheck), max_examples=150)
@given(data=st.data())
def test_filter_in_sql_finds_what_the_matcher_accepts(
    population: Population, resource_type: ResourceType, data: st.DataObject
) -> None:
    """What a client reads and what a filter finds never differ, whatever the filter and the database."""
    about = data.draw(st.sampled_from(population.resources[resource_type]))
    text = data.draw(filter_texts(resource_type, about=about))

    try:
        found = found_in_sql(population, resource_type, text)
    except InvalidFilter:
        assume(False)

    assert found == found_in_memory(population, resource_type, text)


@pytest.mark.parametrize("resource_type", [USER, GROUP], ids=lambda kind: kind.name)
@settings(suppress_health_check=list(HealthCheck), max_examples=80)
@given(data=st.data())
def test_filter_in_sql_finds_what_scim2_models_accepts(
    population: Population, resource_type: ResourceType, data: st.DataObject
) -> None:
    """An independent implementation accepts the same documents wherever it takes the filter."""
    documents = population.resources[resource_type]
    models = _models(population)[resource_type]
    text = data.draw(filter_texts(resource_type, nulls=False, about=data.draw(st.sampled_from(documents))))

    try:
        found = found_in_sql(population, resource_type, text)
        with _FOLDING:
            judge = JUDGES[resource_type](text)
            expected = {model.id for model in models if judge.match(model)}
    except (InvalidFilter, InvalidFilterException):
        assume(False)

    assert found == expected


_models_of: dict[int, dict[ResourceType, list[Any]]] = {}


def _models(population: Population) -> dict[ResourceType, list[Any]]:
    """Give the population as models of scim2-models, built once."""
    if id(population) not in _models_of:
        _models_of.clear()
        _models_of[id(population)] = {
            kind: [MODELS[kind].model_validate(document) for document in population.resources[kind]]
            for kind in (USER, GROUP)
        }
    return _models_of[id(population)]


@pytest.mark.parametrize(
    "text",
    [
        'meta[resourceType eq "User"]',
        'meta[created gt "2020-01-01T00:00:00Z" and resourceType eq "User"]',
        'not (meta[lastModified lt "2020-01-01T00:00:00Z"])',
        "meta pr and meta.created pr",
        'meta.created ge "0001-01-01T00:00:00Z"',
        'meta.created lt "9999-12-31T23:59:59Z"',
        'groups pr and not (groups[display sw "a"])',
        "groups[not (display pr)]",
        "active eq true or active eq false",
        "not (active eq true)",
        "not (externalId pr)",
        "not (not (title pr))",
        'externalId ne "zz"',
        "emails[not (type pr)]",
        "name[givenName pr and not (familyName pr)]",
        f'schemas[value ne "{USER_URN}"]',
        f'schemas[not (value eq "{ENTERPRISE_URN}")]',
        'schemas[value co "enterprise" and value sw "urn:"] or schemas[value pr and value ew "none"]',
        f'schemas ne "{ENTERPRISE_URN.upper()}"',
        'id sw "" and userName co ""',
        'userName gt ""',
    ],
)
def test_filter_on_server_attributes_finds_what_the_matcher_accepts(
    population: Population, text: str
) -> None:
    """Attributes that the server owns are filtered like those that were pushed."""
    found = found_in_sql(population, USER, text)

    assert found == found_in_memory(population, USER, text)
