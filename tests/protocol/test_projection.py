"""attributes and excludedAttributes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, GROUP, USER, USER_URN
from django_provisioning.protocol.errors import InvalidValue
from django_provisioning.protocol.projection import Projection
from django_provisioning.protocol.schema import Attribute, Extension, ResourceType, Schema
from tests.protocol.strategies import documents

ADA: dict[str, Any] = {
    "schemas": [USER_URN, ENTERPRISE_URN],
    "id": "1",
    "userName": "ada",
    "name": {"givenName": "Ada", "familyName": "Lovelace"},
    "emails": [{"value": "ada@example.com", "type": "work"}, {"type": "home"}],
    "active": False,
    "meta": {"resourceType": "User", "location": "https://example.com/Users/1"},
    ENTERPRISE_URN: {"department": "R&D", "manager": {"value": "2", "displayName": "Bob"}},
}

_SECRETIVE = ResourceType(
    "Thing",
    "/Things",
    "",
    Schema(
        "urn:example:Thing",
        "Thing",
        "",
        (
            Attribute("shown"),
            Attribute("asked", returned="request"),
            Attribute("fixed", returned="always"),
            Attribute("hidden", returned="never"),
            Attribute(
                "parts",
                "complex",
                multi_valued=True,
                sub_attributes=(
                    Attribute("key", returned="always"),
                    Attribute("plain"),
                    Attribute("asked", returned="request"),
                    Attribute("hidden", returned="never"),
                ),
            ),
        ),
    ),
    (
        Extension(
            Schema(
                "urn:example:Extra", "Extra", "", (Attribute("extra"), Attribute("late", returned="request"))
            )
        ),
    ),
)
THING: dict[str, Any] = {
    "schemas": ["urn:example:Thing"],
    "id": "1",
    "shown": "s",
    "asked": "a",
    "fixed": "f",
    "hidden": "h",
    "parts": [{"key": "k", "plain": "p", "asked": "a", "hidden": "h"}],
    "urn:example:Extra": {"extra": "e", "late": "l"},
}


def project(
    attributes: str | list[str] | None = None, excluded: str | list[str] | None = None
) -> dict[str, Any]:
    """Ada as the parameters ask for her."""
    return Projection.parse(attributes, excluded, USER).project(ADA)


def test_projection_without_parameters_gives_the_document_itself() -> None:
    """The common case costs no copy."""
    assert Projection.parse(None, "", USER).project(ADA) is ADA


@pytest.mark.compliance("RFC 7643", "7", "B069 password is never returned, not even when asked for")
@pytest.mark.parametrize(
    ("attributes", "excluded"),
    [(None, None), ("password", None), (["userName", "PASSWORD"], None), (None, "title")],
)
def test_projection_password_is_never_given(attributes: Any, excluded: Any) -> None:
    """returned=never holds against every parameter."""
    projection = Projection.parse(attributes, excluded, USER)

    assert "password" not in projection.project({**ADA, "password": "made up"})
    assert not projection.wants("password")


@pytest.mark.compliance("RFC 7644", "3.9", "B062 attributes returns the named ones, id and schemas")
def test_projection_attributes_gives_the_named_and_the_fixed() -> None:
    """Only what is named comes, with id and schemas."""
    assert project("userName,ACTIVE") == {
        "schemas": ADA["schemas"],
        "id": "1",
        "userName": "ada",
        "active": False,
    }


@pytest.mark.compliance("RFC 7644", "3.9", "B063 attributes takes sub-attributes")
def test_projection_attributes_takes_sub_attributes() -> None:
    """A sub-attribute brings its parent with that alone; elements without it go."""
    result = project(["name.familyName", "emails.value"])

    assert result["name"] == {"familyName": "Lovelace"}
    assert result["emails"] == [{"value": "ada@example.com"}]


def test_projection_attribute_and_its_sub_attribute_gives_all_of_it() -> None:
    """Naming the whole wins over naming a part."""
    assert project("name,name.familyName")["name"] == ADA["name"]


@pytest.mark.compliance("RFC 7644", "3.10", "B064 attributes takes URN names and ignores case")
@pytest.mark.parametrize("name", [f"{USER_URN}:userName", USER_URN.upper() + ":USERNAME", "username"])
def test_projection_attributes_takes_urn_names(name: str) -> None:
    """Names can carry the schema's URN, in any case."""
    assert project(name)["userName"] == "ada"


def test_projection_attributes_takes_extension_attributes() -> None:
    """An attribute of an extension is named with its URN, a sub-attribute with a dot."""
    result = project(f"{ENTERPRISE_URN}:manager.value")

    assert result == {"schemas": ADA["schemas"], "id": "1", ENTERPRISE_URN: {"manager": {"value": "2"}}}


@pytest.mark.compliance("RFC 7644", "3.10", "B065i a bare extension URN selects the whole extension")
def test_projection_bare_extension_urn_selects_all_of_it() -> None:
    """The URN alone stands for every attribute of the extension, in both parameters."""
    assert project(ENTERPRISE_URN.lower())[ENTERPRISE_URN] == ADA[ENTERPRISE_URN]
    assert ENTERPRISE_URN not in project(excluded=ENTERPRISE_URN)


@pytest.mark.compliance("RFC 7644", "3.9", "B066 excludedAttributes drops the named ones")
def test_projection_excluded_drops_the_named() -> None:
    """Attributes and sub-attributes are left out, everything else stays."""
    result = project(excluded="emails,name.givenName")

    assert result == {
        **{name: value for name, value in ADA.items() if name != "emails"},
        "name": {"familyName": "Lovelace"},
    }


@pytest.mark.compliance("RFC 7643", "7", "B067 excludedAttributes cannot drop a returned=always attribute")
def test_projection_excluded_cannot_drop_id_and_schemas() -> None:
    """What is always returned stays."""
    assert project(excluded="id,schemas,userName")["id"] == "1"
    assert project(excluded="id,schemas,userName")["schemas"] == ADA["schemas"]


@pytest.mark.compliance("RFC 7644", "3.9", "B068i attributes and excludedAttributes exclude each other")
def test_projection_both_parameters_is_invalid_value() -> None:
    """One or the other."""
    with pytest.raises(InvalidValue, match="not both"):
        Projection.parse("userName", "emails", USER)


@pytest.mark.compliance("RFC 7644", "3.9", "B070 an unknown attribute name selects nothing and is no error")
@pytest.mark.parametrize(
    "name", ["shoeSize", "name.shoeSize", "urn:example:x:y", "..", "urn:", "emails[type pr]"]
)
def test_projection_unknown_names_select_nothing(name: str) -> None:
    """An unknown name is no error and no wildcard."""
    assert project(name) == {"schemas": ADA["schemas"], "id": "1"}
    assert project(excluded=name) == ADA


def test_projection_wants_tells_what_need_not_be_loaded() -> None:
    """A handler can skip members and groups that nobody will see."""
    assert not Projection.parse(None, "members", GROUP).wants("members")
    assert not Projection.parse("displayName", None, GROUP).wants("members")
    assert Projection.parse("members.value", None, GROUP).wants("members")
    assert Projection.parse(None, "members.display", GROUP).wants("members")
    assert Projection.parse(None, None, USER).wants("groups")
    assert Projection.parse(f"{ENTERPRISE_URN}:manager", None, USER).wants(f"{ENTERPRISE_URN}:manager")


@pytest.mark.parametrize(
    ("attributes", "excluded", "expected"),
    [
        (None, None, {"shown": "s", "fixed": "f", "parts": [{"key": "k", "plain": "p"}],
                      "urn:example:Extra": {"extra": "e"}}),
        ("asked", None, {"asked": "a", "fixed": "f"}),
        ("parts", None, {"fixed": "f", "parts": [{"key": "k", "plain": "p"}]}),
        ("parts.asked", None, {"fixed": "f", "parts": [{"key": "k", "asked": "a"}]}),
        ("urn:example:Extra", None, {"fixed": "f", "urn:example:Extra": {"extra": "e", "late": "l"}}),
        (None, "shown,fixed,parts.key,parts.plain",
         {"fixed": "f", "parts": [{"key": "k"}], "urn:example:Extra": {"extra": "e"}}),
        (None, "urn:example:Thing", {"fixed": "f", "urn:example:Extra": {"extra": "e"}}),
    ],
)  # fmt: skip
def test_projection_follows_the_returned_characteristic(
    attributes: str | None, excluded: str | None, expected: dict[str, Any]
) -> None:
    """always, default, request and never hold for attributes, sub-attributes and extensions."""
    projection = Projection.parse(attributes, excluded, _SECRETIVE)

    assert projection.project(THING) == {"schemas": THING["schemas"], "id": "1", **expected}


def test_projection_of_a_value_that_is_no_object_keeps_it() -> None:
    """A stored value that no schema explains is given back, not a server error."""
    assert Projection.parse("name.givenName", None, USER).project({"name": "Ada"}) == {"name": "Ada"}


def test_projection_never_changes_the_document() -> None:
    """What is given is not cut: handlers may keep it."""
    before = repr(THING)

    Projection.parse("parts.asked", None, _SECRETIVE).project(THING)

    assert repr(THING) == before


@given(
    documents(), st.lists(st.sampled_from(["emails", "name", "emails.type", ENTERPRISE_URN, "groups", "x"]))
)
def test_projection_of_attributes_and_of_the_rest_make_up_the_document(
    document: dict[str, Any], names: list[str]
) -> None:
    """What attributes selects and what excludedAttributes leaves have every root between them."""
    wanted = Projection.parse(names, None, USER).project(document)
    rest = Projection.parse(None, names, USER).project(document)

    assert wanted.keys() | rest.keys() == document.keys()


@given(documents())
def test_projection_many_names_are_as_good_as_few(document: dict[str, Any]) -> None:
    """A list too long to be remembered means the same."""
    names = ["userName", *(f"unknown{index}" for index in range(1000))]

    assert Projection.parse(names, None, USER).project(document) == Projection.parse(
        "userName", None, USER
    ).project(document)
