"""The schemas and resource types of RFC 7643 as data, errata applied.

References, binaries and ids of other resources are case-exact here, as §2.3.6, §2.3.7 and §3.1 say, even
where the tables of §8.7 say otherwise.
"""

from __future__ import annotations

from ..schema import Extension, ResourceType
from .discovery import (
    RESOURCE_TYPE_SCHEMA,
    SCHEMA_SCHEMA,
    SERVICE_PROVIDER_CONFIG_SCHEMA,
    SERVICE_PROVIDER_CONFIG_URN,
)
from .enterprise import ENTERPRISE_URN, ENTERPRISE_USER_SCHEMA
from .group import GROUP_SCHEMA, GROUP_URN
from .user import USER_SCHEMA, USER_URN

__all__ = [
    "ENTERPRISE_URN",
    "ENTERPRISE_USER_SCHEMA",
    "GROUP",
    "GROUP_SCHEMA",
    "GROUP_URN",
    "RESOURCE_TYPE_SCHEMA",
    "SCHEMA_SCHEMA",
    "SERVICE_PROVIDER_CONFIG_SCHEMA",
    "SERVICE_PROVIDER_CONFIG_URN",
    "USER",
    "USER_SCHEMA",
    "USER_URN",
]

USER = ResourceType("User", "/Users", "User account", USER_SCHEMA, (Extension(ENTERPRISE_USER_SCHEMA),))
GROUP = ResourceType("Group", "/Groups", "Group", GROUP_SCHEMA)
