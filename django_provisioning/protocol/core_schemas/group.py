"""The core Group schema (RFC 7643 §4.2, characteristics of §8.7.1)."""

from __future__ import annotations

from ..schema import Attribute, Schema

GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:Group"

# `display` is in no table of the RFC but in §2.4, its examples and erratum 6011, and every IdP sends it.
# The value is an id, hence case-exact (RFC 7643 §3.1; compare erratum 8472).
_MEMBERS = Attribute(
    "members",
    "complex",
    "Members of the group.",
    multi_valued=True,
    sub_attributes=(
        Attribute("value", description="Id of the member.", case_exact=True, mutability="immutable"),
        Attribute(
            "$ref",
            "reference",
            "URI of the member.",
            case_exact=True,
            mutability="immutable",
            reference_types=("User", "Group"),
        ),
        Attribute(
            "type",
            description="Resource type of the member.",
            mutability="immutable",
            canonical_values=("User", "Group"),
        ),
        Attribute("display", description="Name of the member to show to people."),
    ),
)

# displayName is required by §4.2 and, since erratum 5368, by the table.
GROUP_SCHEMA = Schema(
    GROUP_URN,
    "Group",
    "Group",
    (Attribute("displayName", description="Name of the group to show to people.", required=True), _MEMBERS),
)
