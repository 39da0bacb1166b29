"""Attribute paths, resolved against a resource type."""

from __future__ import annotations

import pytest

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, USER, USER_URN
from django_provisioning.protocol.errors import InvalidPath
from django_provisioning.protocol.path import resolve


@pytest.mark.compliance("RFC 7644", "3.10", "names with and without URN, in any case")
@pytest.mark.parametrize(
    ("text", "root", "key"),
    [
        ("userName", "userName", "userName"),
        ("USERNAME", "userName", "userName"),
        ("name.GivenName", "name", "name.givenName"),
        ("groups.$REF", "groups", "groups.$ref"),
        ("meta.lastModified", "meta", "meta.lastModified"),
        (f"{USER_URN}:emails.value", "emails", "emails.value"),
        (f"{USER_URN.upper()}:id", "id", "id"),
        (f"{ENTERPRISE_URN}:department", f"{ENTERPRISE_URN}:department", f"{ENTERPRISE_URN}:department"),
        (
            f"{ENTERPRISE_URN.upper()}:MANAGER.VALUE",
            f"{ENTERPRISE_URN}:manager",
            f"{ENTERPRISE_URN}:manager.value",
        ),
    ],
)
def test_resolve_known_name_gives_its_canonical_path(text: str, root: str, key: str) -> None:
    """Two spellings of one attribute are one path."""
    path = resolve(text, USER)

    assert (path.root, path.key) == (root, key)


def test_resolve_two_spellings_are_equal() -> None:
    """Paths can be compared and used as keys."""
    assert {resolve("Emails.VALUE", USER), resolve("emails.value", USER)} == {resolve("emails.value", USER)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "emails.",
        ".value",
        "emails.value.x",
        "userName.value",
        "nosuch",
        "emails.nosuch",
        "department",
        "userName ",
        ENTERPRISE_URN,
        f"{ENTERPRISE_URN}:",
        f"{ENTERPRISE_URN}:userName",
        "urn:example:none:userName",
        "user\0Name",
    ],
)
def test_resolve_unknown_name_is_an_invalid_path(text: str) -> None:
    """What names no attribute is refused, never guessed."""
    with pytest.raises(InvalidPath):
        resolve(text, USER)
