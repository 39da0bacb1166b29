"""What the protocol forgives: one named flag for each deviation that a real client sends.

A flag is on by default only because no correct client can be confused by it. Its docstring shows the request
as sent, as meant, and who sends it. ``TOLERANT`` is the one behaviour of all
connections; a connection that is set ``strict`` gets ``STRICT``, where each of these is a 400.

>>> TOLERANT.boolean_text, STRICT.boolean_text
(True, False)
"""

from __future__ import annotations

from dataclasses import dataclass

from .schema import ResourceType

# Entra ID, POST /Groups: https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups
LEGACY_GROUP_URN = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Which deviations from RFC 7643 and RFC 7644 are read as they are meant."""

    missing_schemas: bool = True
    """A body names no schemas.

    sent: {"userName": "ada@example.com"}           meant: the same with "schemas": ["urn:…:core:2.0:User"]
    sent: {"Operations": [...]}                     meant: the same with "schemas": ["urn:…:PatchOp"]
    scripts and wizards, some PATCH clients (IDPS.md, last table)
    """

    legacy_schemas: bool = True
    """A group names Microsoft's old schema.

    sent: {"schemas": ["http://schemas.microsoft.com/…/Group"], "displayName": "Staff"}
    meant: {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff"}
    Entra ID names it beside the core URN; old gallery connectors name nothing else
    """

    unknown_attributes: bool = True
    """Names that no schema has are left out and recorded.

    sent: {"nickname2": "x"}, {"schemas": [..., "urn:example:unknown"]}, {"op": "add", "name": "step 1", ...}
    meant: the request without them; their names are recorded, their values are not kept
    Entra ID (displayName in roles), Postman (name of an operation), project-specific extensions
    """

    boolean_text: bool = True
    """A boolean comes as text.

    sent: {"active": "False"}                        meant: {"active": false}
    Entra ID without aadOptscim062020, OneLogin templates, Keycloak plug-ins
    """

    complex_from_text: bool = True
    """A text stands for a complex value.

    sent: {"manager": "26118915"}                    meant: {"manager": {"value": "26118915"}}; "" clears
    sent: {"emails": ["ada@example.com"]}            meant: {"emails": [{"value": "ada@example.com"}]}
    Entra ID (manager), home-grown clients (emails, members)
    """

    single_for_many: bool = True
    """One value stands for an array of one.

    sent: {"emails": {"value": "ada@example.com"}}   meant: {"emails": [{"value": "ada@example.com"}]}
    XML-to-JSON bridges; a PATCH add of one value is the RFC's own form and needs no flag
    """

    path_keys: bool = True
    """Keys of a value are paths.

    sent: {"op": "replace", "value": {"name.givenName": "Ada", "urn:…:2.0:User:department": "R&D"}}
    meant: one operation a key, the key being its path; in POST and PUT: the nested attribute
    Entra ID with aadOptscim062020, the Microsoft SCIM validator
    """

    filter_makes_value: bool = True
    r"""A filter that chooses nothing describes the value to make.

    sent: {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ada@example.com"}
    meant: {"op": "add", "path": "emails", "value": [{"type": "work", "value": "ada@example.com"}]}
    Entra ID, when there is no such e-mail; only for eq terms joined by and, any other filter is noTarget
    """

    value_narrows_removal: bool = True
    r"""A remove names the values in its value.

    sent: {"op": "remove", "path": "members", "value": [{"value": "2819c223"}]}
    meant: {"op": "remove", "path": "members[value eq \"2819c223\"]"}
    Entra ID, JumpCloud, authentik; the letter of the RFC would remove every member, so strict refuses it
    """

    def legacy_schema(self, urn: str, resource_type: ResourceType) -> str:
        """Give the URN that the legacy one stands for, or the URN as it is."""
        if self.legacy_schemas and resource_type.name == "Group" and urn.lower() == LEGACY_GROUP_URN.lower():
            return resource_type.schema.id
        return urn


TOLERANT = Tolerance()

STRICT = Tolerance(
    missing_schemas=False,
    legacy_schemas=False,
    unknown_attributes=False,
    boolean_text=False,
    complex_from_text=False,
    single_for_many=False,
    path_keys=False,
    filter_makes_value=False,
    value_narrows_removal=False,
)
