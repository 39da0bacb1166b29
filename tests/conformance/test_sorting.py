"""Sorting (RFC 7644 §3.4.2.3)."""

from __future__ import annotations

import pytest

from tests.conformance.answers import case, names
from tests.scim_client import ScimClient


@pytest.fixture
def people(scim: ScimClient) -> ScimClient:
    """Make people in another order than that of their attributes; one has neither title nor e-mail."""
    scim.create_user(
        "c", title="boss", emails=[{"value": "a@example.com"}, {"value": "z@example.com", "primary": True}]
    )
    scim.create_user("b")
    scim.create_user("D", title="Clerk", emails=[{"value": "m@example.com"}, {"value": "b@example.com"}])
    scim.create_user("a", title="Apprentice", emails=[{"value": "n@example.com"}])
    return scim


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        case("3.4.2.3", "B057 ascending without case is the default", {"sortBy": "userName"}, "a b c D"),
        case("3.4.2.3", "B057 ascending without case is the default", {"sortBy": "title"}, "a c D b"),
        case("3.4.2.3", "B058 descending", {"sortBy": "userName", "sortOrder": "descending"}, "D c b a"),
        case("3.4.2.3", "B059 without the value last", {"sortBy": "title", "sortOrder": "ascending"}, "a c D b"),
        case("3.4.2.3", "B059 without the value first when descending",
             {"sortBy": "title", "sortOrder": "descending"}, "b D c a"),
        case("3.4.2.3", "B060 a multi-valued attribute sorts by its primary or first value",
             {"sortBy": "emails"}, "D a c b"),
        case("3.4.2.3", "B060 a multi-valued attribute sorts by its primary or first value",
             {"sortBy": "emails.value"}, "D a c b"),
    ],
)  # fmt: skip
def test_list_with_sort_by_is_in_order(people: ScimClient, params: dict[str, str], expected: str) -> None:
    """The resources come in the order that the request asks for."""
    assert names(people, **params) == expected.split()


@pytest.mark.compliance("RFC 7644", "3.4.2.3", "B061 sortOrder without sortBy is no error")
def test_list_with_order_but_no_key_is_answered(people: ScimClient) -> None:
    """An order of nothing in particular lists everybody."""
    assert sorted(names(people, sortOrder="descending")) == ["D", "a", "b", "c"]
