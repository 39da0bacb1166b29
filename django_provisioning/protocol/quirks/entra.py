"""Microsoft Entra ID.

Groups name a schema of Microsoft's beside the core one, gallery connectors that one alone. The tolerant behaviour
takes both; for a connection that is set strict they are rewritten here:

- sent:  ``"schemas": ["http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"]``
- meant: ``"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]``

Roles of ``AppRoleAssignmentsComplex`` hold JSON as text. They are no quirk: the text is a legal value, and Entra reads
it back to compare it with what it sent.

Source: https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups
"""

from __future__ import annotations

from typing import Any

from ..core_schemas import GROUP_URN
from ..tolerance import LEGACY_GROUP_URN
from .rewriting import Quirks, each_member


def _on_resource(payload: Any) -> Any:
    return each_member(payload, "schemas", _schemas)


def _schemas(schemas: Any) -> Any:
    if not isinstance(schemas, list):
        return schemas
    is_legacy = [isinstance(urn, str) and urn.lower() == LEGACY_GROUP_URN.lower() for urn in schemas]
    others = [urn for urn, legacy in zip(schemas, is_legacy, strict=True) if not legacy]
    return [GROUP_URN] if any(is_legacy) and not others else others


ENTRA = Quirks("entra", on_resource=_on_resource)
