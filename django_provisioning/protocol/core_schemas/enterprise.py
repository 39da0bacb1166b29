"""The EnterpriseUser extension (RFC 7643 §4.3, characteristics of §8.7.1)."""

from __future__ import annotations

from ..schema import Attribute, Schema

ENTERPRISE_URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

# Erratum 8472: the value is an id, hence case-exact.
_MANAGER = Attribute(
    "manager",
    "complex",
    "The user's manager.",
    sub_attributes=(
        Attribute("value", description="Id of the user who is the manager.", case_exact=True),
        Attribute(
            "$ref", "reference", "URI of the manager's resource.", case_exact=True, reference_types=("User",)
        ),
        Attribute("displayName", description="displayName of the manager.", mutability="readOnly"),
    ),
)

ENTERPRISE_USER_SCHEMA = Schema(
    ENTERPRISE_URN,
    "EnterpriseUser",
    "Attributes of users that belong to an organization",
    (
        Attribute("employeeNumber", description="Number or text that the organization gave to the person."),
        Attribute("costCenter", description="Name of a cost center."),
        Attribute("organization", description="Name of an organization."),
        Attribute("division", description="Name of a division."),
        Attribute("department", description="Name of a department."),
        _MANAGER,
    ),
)
