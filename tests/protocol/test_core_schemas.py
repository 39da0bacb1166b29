"""The schemas of RFC 7643, against its tables and against scim2-models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import scim2_models

from django_provisioning.protocol.core_schemas import (
    ENTERPRISE_URN,
    ENTERPRISE_USER_SCHEMA,
    GROUP,
    GROUP_SCHEMA,
    GROUP_URN,
    RESOURCE_TYPE_SCHEMA,
    SCHEMA_SCHEMA,
    SERVICE_PROVIDER_CONFIG_SCHEMA,
    USER,
    USER_SCHEMA,
    USER_URN,
)
from django_provisioning.protocol.path import resolve
from django_provisioning.protocol.schema import Attribute, ResourceType, Schema

PAIRS: list[tuple[Schema, Any]] = [
    (USER_SCHEMA, scim2_models.User),
    (GROUP_SCHEMA, scim2_models.Group),
    (ENTERPRISE_USER_SCHEMA, scim2_models.EnterpriseUser),
    (SERVICE_PROVIDER_CONFIG_SCHEMA, scim2_models.ServiceProviderConfig),
    (RESOURCE_TYPE_SCHEMA, scim2_models.ResourceType),
    (SCHEMA_SCHEMA, scim2_models.Schema),
]

# Where scim2-models and the RFC part, with what the RFC says.
DEVIATIONS: dict[str, dict[str, Any] | None] = {
    # §8.2 gives an address with `primary`, §2.4 gives it to every multi-valued complex attribute.
    "User.addresses.primary": None,
    # Any group; §8.7.1 lists both types.
    "User.groups.$ref": {"referenceTypes": ["User", "Group"]},
    # §4.3 makes both RECOMMENDED, §8.7.1 `required: false`.
    "EnterpriseUser.manager.value": {"required": False},
    "EnterpriseUser.manager.$ref": {"required": False},
    # §5 gives a ServiceProviderConfig no `id`.
    "ServiceProviderConfig.id": None,
    # Erratum 8415: a sub-attribute is not complex.
    "Schema.attributes.subAttributes.type": {
        "canonicalValues": ["string", "boolean", "decimal", "integer", "dateTime", "reference", "binary"]
    },
}
COMPARED = (
    "type",
    "multiValued",
    "required",
    "caseExact",
    "mutability",
    "returned",
    "uniqueness",
    "canonicalValues",
    "referenceTypes",
)


def _flat(prefix: str, definitions: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for definition in definitions:
        name = f"{prefix}.{definition['name']}"
        compared = {key: definition.get(key) for key in COMPARED}
        compared["canonicalValues"] = sorted(compared["canonicalValues"] or [])
        yield name, compared
        yield from _flat(name, definition.get("subAttributes") or [])


@pytest.mark.compliance("RFC 7643", "8.7", "every attribute with its characteristics")
@pytest.mark.parametrize(("schema", "model"), PAIRS, ids=lambda value: getattr(value, "name", ""))
def test_schema_agrees_with_scim2_models_but_for_named_deviations(schema: Schema, model: Any) -> None:
    """An independent transcription of the RFC's tables has the same attributes, but for those named above."""
    expected = dict(_flat(schema.name, model.to_schema().model_dump()["attributes"]))
    for name, characteristics in DEVIATIONS.items():
        if characteristics is None:
            expected.pop(name, None)
        elif name in expected:
            expected[name] |= {
                key: sorted(value) if key == "canonicalValues" else value
                for key, value in characteristics.items()
            }

    found = dict(_flat(schema.name, schema.to_dict()["attributes"]))
    found.pop("User.addresses.primary", None)

    assert found == expected


@pytest.mark.compliance("RFC 7643", "4.1", "the User attributes, counted")
def test_user_schema_has_all_attributes_in_their_order() -> None:
    """The 21 attributes of the table, in its order."""
    names = [attribute.name for attribute in USER_SCHEMA.attributes]

    assert names == [
        "userName", "name", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage",
        "locale", "timezone", "active", "password", "emails", "phoneNumbers", "ims", "photos", "addresses",
        "groups", "entitlements", "roles", "x509Certificates",
    ]  # fmt: skip


@pytest.mark.compliance("RFC 7643", "2.4", "default sub-attributes of multi-valued attributes")
@pytest.mark.parametrize(
    "name", ["emails", "phoneNumbers", "ims", "photos", "entitlements", "roles", "x509Certificates"]
)
def test_plural_attribute_has_the_default_sub_attributes(name: str) -> None:
    """Every plural attribute has value, display, type and primary."""
    attribute = USER_SCHEMA.attribute(name)

    assert attribute
    assert [sub.name for sub in attribute.sub_attributes] == ["value", "display", "type", "primary"]


@pytest.mark.compliance("RFC 7643", "8.2", "an address can be primary")
def test_address_has_primary() -> None:
    """The RFC's full example has a primary address."""
    path = resolve("addresses.primary", USER)

    assert path.target.type == "boolean"


@pytest.mark.compliance("RFC 7643", "4.1.1", "password is write-only and never returned")
def test_password_is_never_returned() -> None:
    """Nothing that reads the schema gives a password back."""
    password = USER_SCHEMA.attribute("password")

    assert password
    assert (password.mutability, password.returned) == ("writeOnly", "never")


@pytest.mark.compliance("RFC 7643", "4.1.2", "groups and all of it are readOnly")
def test_groups_of_a_user_are_read_only() -> None:
    """A client changes membership through the group."""
    groups = USER_SCHEMA.attribute("groups")

    assert groups
    assert {groups.mutability, *(sub.mutability for sub in groups.sub_attributes)} == {"readOnly"}


@pytest.mark.compliance("RFC 7643", "3.1", "ids compare with their case")
@pytest.mark.parametrize(
    ("name", "resource_type"),
    [
        ("id", USER),
        ("externalId", GROUP),
        ("groups.value", USER),
        ("members.value", GROUP),
        (f"{ENTERPRISE_URN}:manager.value", USER),
    ],
)
def test_ids_are_case_exact(name: str, resource_type: ResourceType) -> None:
    """Wherever an id is written, its case counts (erratum 8472)."""
    assert resolve(name, resource_type).target.case_exact


@pytest.mark.parametrize("schema", [schema for schema, _ in PAIRS], ids=lambda schema: schema.name)
def test_every_attribute_is_described(schema: Schema) -> None:
    """People read schemas too."""

    def undescribed(attributes: tuple[Attribute, ...]) -> list[str]:
        return [a.name for a in attributes if not a.description] + [
            name for a in attributes for name in undescribed(a.sub_attributes)
        ]

    assert undescribed(schema.attributes) == []


@pytest.mark.compliance("RFC 7643", "6", "the resource types User and Group")
def test_resource_types_name_their_schemas() -> None:
    """Users have the enterprise extension, not required; endpoints are relative."""
    user, group = USER.to_dict(), GROUP.to_dict()

    assert (user["endpoint"], user["schema"]) == ("/Users", USER_URN)
    assert user["schemaExtensions"] == [{"schema": ENTERPRISE_URN, "required": False}]
    assert (group["endpoint"], group["schema"], group["schemaExtensions"]) == ("/Groups", GROUP_URN, [])
