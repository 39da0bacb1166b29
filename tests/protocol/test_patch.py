"""PATCH on documents: add, remove and replace of RFC 7644 §3.5.2."""

from __future__ import annotations

import time
from typing import Any

import pytest

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, USER_URN
from django_provisioning.protocol.errors import (
    InvalidValue,
    NoTarget,
)
from django_provisioning.protocol.tolerance import STRICT
from tests.protocol.patching import ADA, HOME, WORK, after, op, patch


@pytest.mark.compliance("RFC 7644", "3.5.2.1", "B129 add without path merges the attributes")
def test_patch_add_without_path_merges() -> None:
    """Each attribute is added as if it had its own path."""
    value = {"nickName": "A", "name": {"middleName": "K"}, "emails": [{"value": "new@example.com"}]}

    document = after(op("add", None, value))

    assert document["nickName"] == "A"
    assert document["name"] == {**ADA["name"], "middleName": "K"}
    assert document["emails"] == [WORK, HOME, {"value": "new@example.com"}]


@pytest.mark.compliance("RFC 7644", "3.5.2.1", "B130 add to a multi-valued attribute appends")
@pytest.mark.parametrize("value", [{"value": "x"}, [{"value": "x"}], "x"])
def test_patch_add_to_multi_valued_appends(value: Any) -> None:
    """One value or an array of them joins those that are there."""
    assert after(op("add", "emails", value))["emails"] == [WORK, HOME, {"value": "x"}]


@pytest.mark.compliance("RFC 7644", "3.5.2.1", "B132 adding a value that is there makes no duplicate")
@pytest.mark.parametrize(
    "value", [WORK, [HOME, WORK], [{**WORK, "type": "WORK", "value": "ADA@example.com"}], [], None]
)
def test_patch_add_of_what_is_there_changes_nothing(value: Any) -> None:
    """No duplicate, and nothing counts as changed (B131); case matters only where it does."""
    result = patch(op("add", "emails", value))

    assert result.document is ADA
    assert result.changed == frozenset()


def test_patch_add_of_reference_in_another_case_is_another_value() -> None:
    """References compare with their case (RFC 7643 §2.3.7)."""
    document = {**ADA, "photos": [{"value": "https://example.com/a"}]}

    assert len(after(op("add", "photos", "https://example.com/A"), document=document)["photos"]) == 2


@pytest.mark.parametrize("verb", ["add", "replace"])
def test_patch_of_a_described_value_takes_the_one_that_says_nothing_of_it(verb: str) -> None:
    """The sole primary address without a type is the one that ``type eq "work"`` means; nobody would read a second."""
    document = {**ADA, "emails": [{"value": "old@example.com", "primary": True}]}

    changed = after(op(verb, 'emails[type eq "work"].value', "new@example.com"), document=document)

    assert changed["emails"] == [{"value": "new@example.com", "primary": True, "type": "work"}]


@pytest.mark.parametrize(
    "emails",
    [
        [{"value": "old@example.com"}],
        [{"value": "old@example.com", "primary": True, "type": "home"}],
        [{"value": "old@example.com", "primary": True}, {"value": "other@example.com"}],
    ],
)
def test_patch_of_a_described_value_makes_one_where_it_may_be_another(emails: list[dict[str, Any]]) -> None:
    """Not the primary one, of another type, or one of several: nothing that is there is guessed at."""
    path = 'emails[type eq "work"].value'

    changed = after(op("add", path, "new@example.com"), document={**ADA, "emails": emails})

    assert changed["emails"] == [*emails, {"type": "work", "value": "new@example.com"}]


def test_patch_add_same_value_twice_in_one_operation_is_one() -> None:
    """An array with duplicates adds one."""
    assert len(after(op("add", "emails", [{"value": "x"}, {"value": "X"}]))["emails"]) == 3


@pytest.mark.compliance("RFC 7644", "3.5.2.1", "B133 add to an existing simple attribute replaces it")
def test_patch_add_to_simple_attribute_replaces() -> None:
    """A single value has no room for two."""
    assert after(op("add", "title", "Lady"))["title"] == "Lady"


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.1", "B134 add to a sub-attribute of an absent complex attribute makes it"
)
def test_patch_add_to_sub_attribute_makes_the_parent() -> None:
    """The parent need not be there."""
    assert after(op("add", "name.givenName", "Ada"), document={"userName": "a"})["name"] == {
        "givenName": "Ada"
    }


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.1", "B135 an extension attribute by URN path, and its URN joins schemas"
)
def test_patch_extension_attribute_joins_and_leaves_schemas() -> None:
    """The schemas say which extensions have values."""
    path = f"{ENTERPRISE_URN}:department"

    added = after(op("add", path, "R&D"))
    removed = after(op("remove", path), document=added)

    assert added[ENTERPRISE_URN] == {"department": "R&D"}
    assert added["schemas"] == [USER_URN, ENTERPRISE_URN]
    assert ENTERPRISE_URN not in removed
    assert removed["schemas"] == [USER_URN]


@pytest.mark.compliance("RFC 7644", "3.5.2.1", "B136 an extension object without path")
@pytest.mark.parametrize("name", ["add", "replace"])
def test_patch_extension_object_merges(name: str) -> None:
    """An extension is written attribute by attribute, by its URN as key or as path."""
    document = {**ADA, ENTERPRISE_URN: {"department": "R&D", "division": "D"}}
    value = {"DEPARTMENT": "Sales", "manager": {"value": "2"}}
    expected = {"department": "Sales", "division": "D", "manager": {"value": "2"}}

    as_key = after(op(name, None, {ENTERPRISE_URN.upper(): value}), document=document)
    as_path = after(op(name, ENTERPRISE_URN, value), document=document)

    assert as_key[ENTERPRISE_URN] == as_path[ENTERPRISE_URN] == expected


@pytest.mark.compliance("RFC 7644", "3.5.2.2", "B138 remove without path is 400 noTarget")
@pytest.mark.parametrize("value", [..., {"title": "Countess"}, None])
def test_patch_remove_without_path_is_no_target(value: Any) -> None:
    """A remove must say what, and a value does not."""
    with pytest.raises(NoTarget):
        patch(op("remove", None, value))


@pytest.mark.compliance("RFC 7644", "3.5.2.2", "B139 remove of a simple attribute unassigns it")
@pytest.mark.parametrize("value", [..., None, "Countess", "other"])
def test_patch_remove_of_simple_attribute(value: Any) -> None:
    """The attribute goes, whatever value the client names (B143 for complex ones)."""
    result = patch(op("remove", "title", value))

    assert "title" not in result.document
    assert result.changed == {"title"}


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.2", "B143 remove of a complex attribute and of an extension attribute"
)
@pytest.mark.parametrize(
    ("path", "root"),
    [("name", "name"), (f"{ENTERPRISE_URN}:manager", f"{ENTERPRISE_URN}:manager"),
     (ENTERPRISE_URN, f"{ENTERPRISE_URN}:manager")],
)  # fmt: skip
def test_patch_remove_of_complex_attribute(path: str, root: str) -> None:
    """All sub-attributes go with it."""
    document = {**ADA, ENTERPRISE_URN: {"manager": {"value": "2"}}}

    result = patch(op("remove", path), document=document)

    assert result.changed == {root}
    assert root.rpartition(":")[0] not in result.document
    assert root not in result.document


@pytest.mark.compliance("RFC 7644", "3.5.2.2", "B140 remove of a multi-valued attribute removes all values")
@pytest.mark.parametrize("value", [..., None])
def test_patch_remove_of_multi_valued_attribute(value: Any) -> None:
    """Without a value, all of them."""
    assert "emails" not in after(op("remove", "emails", value))


@pytest.mark.compliance("RFC 7644", "3.5.2.2", "B141 remove with a filter removes only the matching values")
@pytest.mark.parametrize(
    ("path", "left"),
    [
        ('emails[type eq "work"]', [HOME]),
        ('emails[type eq "work" or type eq "home"]', None),
        ('emails[value ew ".org"]', [WORK]),
        ('emails[primary eq "True"]', [HOME]),
        ('emails[not (type eq "work")]', [WORK]),
    ],
)
def test_patch_remove_with_filter(path: str, left: list[Any] | None) -> None:
    """The others stay as they are; without any the attribute is gone."""
    assert after(op("remove", path)).get("emails") == left


@pytest.mark.compliance("RFC 7644", "3.5.2.2", "B142 remove of a sub-attribute by filter")
def test_patch_remove_of_sub_attribute_by_filter() -> None:
    """The element stays, without that; an element left empty goes."""
    document = {**ADA, "emails": [WORK, {"type": "home"}]}

    assert after(op("remove", 'emails[type eq "work"].value'), document=document)["emails"] == [
        {"type": "work", "primary": True},
        {"type": "home"},
    ]
    assert after(op("remove", 'emails[type eq "home"].type'), document=document)["emails"] == [WORK]
    assert after(op("remove", "emails.type"), document=document)["emails"] == [
        {"value": "ada@example.com", "primary": True}
    ]


def test_patch_remove_of_last_sub_attribute_removes_the_parent() -> None:
    """Nothing empty stays behind."""
    document = after(op("remove", "name.givenName"), op("remove", "name.familyName"))

    assert "name" not in document


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.2", "B144 remove with a filter that matches nothing changes nothing"
)
@pytest.mark.parametrize(
    "path",
    ['emails[type eq "x"]', 'emails[type eq "x"].value', 'phoneNumbers[type eq "x"]', "nickName", "photos"],
)
def test_patch_remove_of_nothing_changes_nothing(path: str) -> None:
    """What is not there is removed already."""
    assert patch(op("remove", path)).changed == frozenset()


def test_patch_remove_with_value_of_many_elements_is_linear() -> None:
    """A thousand addresses and a thousand values to remove cost their sum, in value and in filter form."""
    addresses = [{"locality": str(index), "type": "work"} for index in range(1000)]
    started = time.perf_counter()

    left = after(
        op("remove", "addresses", [{"locality": str(index)} for index in range(1, 1000)]),
        op("remove", 'addresses[locality eq "0"]'),
        document={**ADA, "addresses": addresses},
    )

    assert "addresses" not in left
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ([{"value": "ada@example.org"}], [WORK]),
        ({"value": "ADA@EXAMPLE.ORG"}, [WORK]),
        ("ada@example.org", [WORK]),
        ([{"value": "ada@example.org", "type": "work"}], [WORK, HOME]),
        ([{"value": "ada@example.org", "type": "home", "display": "old"}], [WORK]),
        ([{"type": "home"}], [WORK]),
        ([{"value": "ada@example.com"}, {"value": "ada@example.org"}], None),
        ([{"value": "unknown"}], [WORK, HOME]),
        ([{"$ref": None, "value": None}], [WORK, HOME]),
        ([], [WORK, HOME]),
    ],
)
def test_patch_remove_with_value_removes_only_what_it_names(value: Any, left: list[Any] | None) -> None:
    """Entra, JumpCloud and authentik name the values to remove; never are all removed then."""
    assert after(op("remove", "emails", value)).get("emails") == left
    with pytest.raises(InvalidValue):
        patch(op("remove", "emails", value), tolerance=STRICT)


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.3", "B146 replace of a complex attribute leaves unnamed sub-attributes"
)
def test_patch_replace_of_complex_attribute_merges() -> None:
    """Only what is named changes; null takes a sub-attribute away."""
    assert after(op("replace", "name", {"givenName": "A."}))["name"] == {
        "givenName": "A.",
        "familyName": "Lovelace",
    }
    assert after(op("replace", "name", {"givenName": None}))["name"] == {"familyName": "Lovelace"}
    assert after(op("replace", None, {"name": {"givenName": "A."}}))["name"]["familyName"] == "Lovelace"
    assert patch(op("replace", "name", {})).changed == frozenset()


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B147 replace of a multi-valued attribute replaces all values")
@pytest.mark.parametrize("value", [[{"value": "x"}], {"value": "x"}])
def test_patch_replace_of_multi_valued_replaces_all(value: Any) -> None:
    """The new values are all there are."""
    assert after(op("replace", "emails", value))["emails"] == [{"value": "x"}]


def test_patch_replace_with_the_same_values_in_another_order_changes_nothing() -> None:
    """Elements have no order (RFC 7643 §2.4): Keycloak sends whole lists again and again."""
    assert patch(op("replace", "emails", [HOME, WORK])).changed == frozenset()
    assert patch(op("replace", "emails", [HOME, HOME])).changed == {"emails"}
    twice = {**ADA, "emails": [WORK, HOME, HOME]}
    assert patch(op("replace", "emails", [HOME, WORK, HOME]), document=twice).changed == frozenset()
    pairs = {**ADA, "emails": [HOME, {"value": "x"}, {"value": "x"}]}
    assert patch(op("replace", "emails", [HOME, HOME, "x"]), document=pairs).changed == {"emails"}


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B148 replace of an absent attribute adds it")
def test_patch_replace_of_absent_attribute_adds() -> None:
    """Replace is add where nothing is."""
    result = patch(op("replace", "nickName", "A"))

    assert result.document["nickName"] == "A"
    assert result.changed == {"nickName"}


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B149 replace without path replaces the named attributes only")
def test_patch_replace_without_path_leaves_the_rest() -> None:
    """Okta's deactivation changes active and nothing else."""
    result = patch(op("replace", None, {"active": False}))

    assert result.document == {**ADA, "active": False}
    assert result.changed == {"active"}


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B150 replace of a sub-attribute by filter changes only that")
def test_patch_replace_of_sub_attribute_by_filter() -> None:
    """The other sub-attributes and the other elements stay."""
    document = after(op("replace", 'emails[type eq "work"].value', "new@example.com"))

    assert document["emails"] == [{**WORK, "value": "new@example.com"}, HOME]


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B151 replace of a whole element by filter")
@pytest.mark.parametrize("wrap", [dict, lambda value: [value]])
def test_patch_replace_of_element_by_filter(wrap: Any) -> None:
    """The chosen element takes the new values; it may stop matching by them."""
    value = wrap({"value": "new@example.com", "type": "other"})

    document = after(op("replace", 'emails[type eq "home"]', value))

    assert document["emails"] == [WORK, {"value": "new@example.com", "type": "other"}]


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B154i replace with null unassigns")
@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("title", None, {"title": None}),
        ("emails", None, {"emails": None}),
        ("emails", [], {"emails": None}),
        ("name", None, {"name": None}),
        ("name.givenName", None, {"name": {"familyName": "Lovelace"}}),
        ('emails[type eq "work"]', None, {"emails": [HOME]}),
        ('emails[type eq "work"].value', None, {"emails": [{"type": "work", "primary": True}, HOME]}),
        ('emails[type eq "x"].value', None, {"emails": [WORK, HOME]}),
        (None, {"title": None, "emails": []}, {"title": None, "emails": None}),
    ],
)
def test_patch_replace_with_null_unassigns(path: str | None, value: Any, expected: dict[str, Any]) -> None:
    """Null and [] are the absence of a value, and no error where there is none."""
    document = after(op("replace", path, value))

    assert {name: document.get(name) for name in expected} == expected


def test_patch_replace_of_extension_with_null_removes_it() -> None:
    """The extension as a whole can be taken away."""
    document = {**ADA, "schemas": [USER_URN, ENTERPRISE_URN], ENTERPRISE_URN: {"department": "R&D"}}

    assert after(op("replace", None, {ENTERPRISE_URN: None}), document=document) == ADA
