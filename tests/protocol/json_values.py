"""A Hypothesis strategy for JSON that looks like SCIM just enough to get far into the code."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, GROUP_URN, USER_URN
from django_provisioning.protocol.messages import BULK_REQUEST_URN, PATCH_OP_URN, SEARCH_REQUEST_URN

NAMES = [
    "schemas",
    "id",
    "meta",
    "externalId",
    "userName",
    "USERNAME",
    "active",
    "name",
    "name.givenName",
    "emails",
    "emails.value",
    "emails[",
    "value",
    "type",
    "primary",
    "members",
    "groups",
    "displayName",
    "password",
    "manager",
    "urn:",
    "Operations",
    "op",
    "path",
    "method",
    "bulkId",
    "data",
    "version",
    "failOnErrors",
    "count",
    "startIndex",
    "filter",
    "attributes",
    "sortOrder",
    "cursor",
    ".",
    "İ",
    "$ref",
    "",
    'emails[type eq "work"].value',
    ENTERPRISE_URN,
    USER_URN,
    GROUP_URN,
    f"{ENTERPRISE_URN}:department",
    f"{ENTERPRISE_URN}:manager",
    f"{USER_URN}:userName",
]
TEXTS = [
    "x",
    "add",
    "Replace",
    "remove",
    "True",
    "false",
    "bulkId:a",
    "/Users/bulkId:a",
    "/Users",
    "POST",
    "PATCH",
    "DELETE",
    "/Users/1",
    "a",
    "work",
    "{",
    '{"value":"25"}',
    "\x00",
    "�",
    PATCH_OP_URN,
    BULK_REQUEST_URN,
    SEARCH_REQUEST_URN,
    *NAMES,
]


def json_values(max_leaves: int = 25) -> st.SearchStrategy[Any]:
    """JSON values whose names and texts are often ones that mean something."""
    names = st.sampled_from(NAMES) | st.text(max_size=3)
    leaves = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.sampled_from(TEXTS)
        | st.text(max_size=5)
    )

    def grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5)

    return st.recursive(leaves, grow, max_leaves=max_leaves)
