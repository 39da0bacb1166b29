"""The matcher of the replays: a demand that is not met is reported, whatever its form."""

from __future__ import annotations

from typing import Any

import pytest

from tests.idp.matching import keys_within, mismatches
from tests.idp.replay import Answer, house_mismatches
from tests.idp.story import filled, picked

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SCIM = {"Content-Type": "application/scim+json"}
PAGE = {"schemas": [LIST_RESPONSE], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0}
MADE = {"id": "7", "meta": {"location": "https://example.com/Users/7"}}


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ([1, 2], [2, 1]),
        ([{"v": {"$any": True}}, {"v": "x"}], [{"v": "x"}, {"v": "y"}]),
        ({"a": {"$absent": True}}, {}),
        ({"a": {"$empty": True}}, {}),
        ({"a": {"$empty": True}}, {"a": []}),
        ({"$contains": [2]}, [1, 2, 3]),
        ({"$type": "integer"}, 3),
        ({"$size": 2}, ["a", "b"]),
        ({"$matches": "Bearer.*"}, "Bearer realm"),
        ({"$not": 1}, 2),
        ({"$ref": "x"}, {"$ref": "x"}),
    ],
)
def test_mismatches_met_demand_gives_none(expected: Any, actual: Any) -> None:
    """What meets the demand is not reported."""
    assert mismatches(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {}),
        ({"a": False}, {"a": "False"}),
        ({"a": False}, {"a": 0}),
        ({"a": 1}, [1]),
        ([1], [1, 2]),
        ([1, 1], [1, 2]),
        ([1], None),
        ({"a": {"$absent": True}}, {"a": None}),
        ({"a": {"$any": True}}, {"a": ""}),
        ({"a": {"$empty": True}}, {"a": [1]}),
        ({"a": {"$empty": True}}, {"a": None}),
        ({"$contains": [2, 2]}, [1, 2, 3]),
        ({"$contains": [2]}, 2),
        ({"$type": "integer"}, True),
        ({"$type": "integer"}, "3"),
        ({"$size": 2}, ["a"]),
        ({"$matches": "Bearer"}, "Bearer realm"),
        ({"$not": 1}, 1),
    ],
)
def test_mismatches_unmet_demand_is_reported(expected: Any, actual: Any) -> None:
    """What does not meet the demand is reported, types included."""
    assert mismatches(expected, actual) != []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, SCIM, {"schemas": [ERROR], "status": "500"}),
        Answer(200, {"Content-Type": "application/json"}, {"id": "7"}),
        Answer(200, {"Content-Type": "application/scim+json; charset=utf-8"}, {"id": "7"}),
        Answer(200, SCIM, {"id": "7", "password": "x"}),
        Answer(204, {}, {"id": "7"}),
        Answer(404, SCIM, {"schemas": [ERROR], "status": 404}),
        Answer(404, SCIM, "<h1>Not Found</h1>"),
        Answer(201, SCIM, MADE),
        Answer(201, SCIM | {"Location": "/Users/7"}, MADE),
        Answer(200, SCIM, PAGE | {"totalResults": "0"}),
    ],
)
def test_house_mismatches_bad_answer_is_reported(answer: Answer) -> None:
    """Every story notices a server error, a wrong media type, a leaked password, a missing Location."""
    assert house_mismatches(answer) != []


def test_house_mismatches_good_answers_give_none() -> None:
    """A page, a creation, an error and an empty answer as the RFC wants them pass."""
    answers = [
        Answer(200, SCIM, PAGE),
        Answer(201, SCIM | {"Location": "https://example.com/Users/7"}, MADE),
        Answer(409, SCIM, {"schemas": [ERROR], "status": "409", "scimType": "uniqueness"}),
        Answer(204, {}, None),
    ]

    assert [house_mismatches(answer) for answer in answers] == [[], [], [], []]


def test_filled_replaces_names_and_expands_each() -> None:
    """Variables reach texts, keys and array elements."""
    members = {"$each": "ids", "item": {"value": "${item}"}}
    template = {"path": 'members[value eq "${id}"]', "value": [members]}

    made = filled(template, {"id": "7", "ids": ["8", "9"]})

    assert made == {"path": 'members[value eq "7"]', "value": [{"value": "8"}, {"value": "9"}]}


def test_filled_unknown_name_is_an_error() -> None:
    """A story that uses a variable nobody saved fails loudly."""
    with pytest.raises(KeyError):
        filled("${nobody}", {})


def test_picked_and_keys_within_read_nested_documents() -> None:
    """Paths reach into arrays; keys are found at any depth."""
    document = {"Resources": [{"id": "7"}, {"id": "8", "name": {"givenName": "Ada"}}]}

    assert picked(document, "Resources.1.id") == "8"
    assert picked(document, "Resources.*.id") == ["7", "8"]
    assert keys_within(document) == {"Resources", "id", "name", "givenName"}
