"""Discovery (RFC 7643 §5 to §7, RFC 7644 §4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.answers import ENTERPRISE, GROUP, MESSAGES, USER, listed, read, refusal
from tests.scim_client import ScimClient

ENDPOINTS = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"]
TYPES = {"string", "boolean", "decimal", "integer", "dateTime", "reference", "binary", "complex"}


def schemas(client: ScimClient) -> dict[str, dict[str, Any]]:
    """Give every schema by its URN."""
    return {schema["id"]: schema for schema in listed(client.get("/Schemas"))["Resources"]}


def attributes_in(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Give every attribute and sub-attribute of a schema."""
    found: list[dict[str, Any]] = []
    waiting = list(schema["attributes"])
    while waiting:
        attribute = waiting.pop()
        found.append(attribute)
        waiting += attribute.get("subAttributes", [])
    return found


@pytest.mark.compliance("RFC 7643", "5", "B190 ServiceProviderConfig has its required parts with their types")
def test_service_provider_config_has_its_parts(scim: ScimClient) -> None:
    """Every required attribute is there, with the type of the RFC."""
    config = read(scim, "/ServiceProviderConfig")

    features = ["patch", "bulk", "filter", "changePassword", "sort", "etag"]
    assert config["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]
    assert {type(config[feature]["supported"]) for feature in features} == {bool}
    limits = [
        config["bulk"]["maxOperations"],
        config["bulk"]["maxPayloadSize"],
        config["filter"]["maxResults"],
    ]
    assert [type(limit) for limit in limits] == [int, int, int]
    assert [
        scheme.keys() >= {"type", "name", "description"} for scheme in config["authenticationSchemes"]
    ] == [True]
    assert config["meta"]["resourceType"] == "ServiceProviderConfig"


@pytest.mark.compliance("RFC 7643", "5", "B191 discovery can be opened to callers without a token")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_discovery_without_token_is_a_setting(scim: ScimClient, settings: Any, endpoint: str) -> None:
    """Discovery asks for the token unless DISCOVERY_REQUIRES_TOKEN is False; then any caller reads the same."""
    nobody = ScimClient(None)
    closed = nobody.get(endpoint)

    settings.DJANGO_PROVISIONING = {"DISCOVERY_REQUIRES_TOKEN": False}

    assert refusal(closed) == (401, None)
    assert read(nobody, endpoint) == read(scim, endpoint)


@pytest.mark.compliance(
    "RFC 7644", "4", "B192 ResourceTypes is a ListResponse; each entry can be read by name"
)
def test_resource_types_are_listed_and_read(scim: ScimClient) -> None:
    """User and Group are there, with relative endpoints, and each is found where its meta says."""
    found = {entry["name"]: entry for entry in listed(scim.get("/ResourceTypes"))["Resources"]}

    assert {name: (entry["endpoint"], entry["schema"]) for name, entry in found.items()} == {
        "User": ("/Users", USER),
        "Group": ("/Groups", GROUP),
    }
    assert [read(scim, f"/ResourceTypes/{name}") for name in found] == list(found.values())
    assert [entry["meta"]["location"].endswith(f"/scim/v2/ResourceTypes/{name}") for name, entry in found.items()] == [
        True, True
    ]  # fmt: skip


@pytest.mark.compliance("RFC 7644", "4", "B193 Schemas is a ListResponse; each schema can be read by URN")
def test_schemas_are_listed_and_read(scim: ScimClient) -> None:
    """The core schemas and the enterprise extension are there and each can be read alone."""
    found = schemas(scim)

    assert {USER, GROUP, ENTERPRISE} <= found.keys()
    assert [read(scim, f"/Schemas/{urn}") for urn in found] == list(found.values())
    assert {schema["meta"]["resourceType"] for schema in found.values()} == {"Schema"}


@pytest.mark.compliance("RFC 7643", "7", "B194 schema attributes tell their characteristics")
def test_schema_attributes_tell_their_characteristics(scim: ScimClient) -> None:
    """Every attribute says type, multiplicity and all that RFC 7643 §7 lists; a reference says to what."""
    attributes = [attribute for schema in schemas(scim).values() for attribute in attributes_in(schema)]

    named = {"name", "type", "multiValued", "description", "required", "mutability", "returned"}
    assert [attribute for attribute in attributes if not named <= attribute.keys()] == []
    assert {attribute["type"] for attribute in attributes} <= TYPES
    strings = [attribute for attribute in attributes if attribute["type"] == "string"]
    assert {type(attribute["caseExact"]) for attribute in strings} == {bool}
    assert {attribute["uniqueness"] for attribute in strings} <= {"none", "server", "global"}
    references = [attribute for attribute in attributes if attribute["type"] == "reference"]
    assert [attribute for attribute in references if not attribute.get("referenceTypes")] == []
    complex_ = [attribute for attribute in attributes if attribute["type"] == "complex"]
    assert [attribute["name"] for attribute in complex_ if not attribute.get("subAttributes")] == []


@pytest.mark.compliance("RFC 7643", "8.7.1", "B195 password is writeOnly and never returned in the schema")
def test_schema_of_password_is_write_only(scim: ScimClient) -> None:
    """The schema announces what the server does."""
    [password] = [one for one in attributes_in(schemas(scim)[USER]) if one["name"] == "password"]

    assert (password["mutability"], password["returned"], password["type"]) == (
        "writeOnly",
        "never",
        "string",
    )


@pytest.mark.compliance(
    "RFC 7643", "8.7.1", "userName is required, unique and compared without case in the schema"
)
def test_schema_of_user_name_tells_its_rules(scim: ScimClient) -> None:
    """The schema announces what the server does."""
    [name] = [one for one in schemas(scim)[USER]["attributes"] if one["name"] == "userName"]

    assert (name["required"], name["uniqueness"], name["caseExact"]) == (True, "server", False)


@pytest.mark.compliance("RFC 7644", "3.1", "B196 message schemas are not listed in Schemas")
def test_schemas_lists_no_messages(scim: ScimClient) -> None:
    """Messages are no resources."""
    assert [urn for urn in schemas(scim) if urn.startswith(MESSAGES)] == []
    assert refusal(scim.get(f"/Schemas/{MESSAGES}:PatchOp")) == (404, None)


@pytest.mark.compliance("RFC 7644", "4", "B197 unknown discovery entries are 404")
@pytest.mark.parametrize(
    "path", ["/Schemas/urn:example:none", "/ResourceTypes/Device", "/ServiceProviderConfig/x"]
)
def test_unknown_discovery_entry_is_not_found(scim: ScimClient, path: str) -> None:
    """What the server does not have is 404."""
    assert refusal(scim.get(path)) == (404, None)


@pytest.mark.compliance("RFC 7644", "4", "B198 discovery endpoints refuse writes")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [*ENDPOINTS, "/ResourceTypes/User", f"/Schemas/{USER}"])
def test_discovery_refuses_writes(scim: ScimClient, path: str, method: str) -> None:
    """Nobody changes what the server is."""
    response = scim.request(method, path, {"schemas": []})

    assert refusal(response) == (405, None)
    assert set(response["Allow"].split(", ")) <= {"GET", "HEAD"}


@pytest.mark.compliance(
    "RFC 7644", "4", "B199 paging and sorting parameters on discovery endpoints are ignored"
)
@pytest.mark.parametrize("path", [*ENDPOINTS, "/ResourceTypes/User"])
def test_discovery_ignores_paging_and_sorting(scim: ScimClient, path: str) -> None:
    """The answer is whole whatever page was asked for."""
    params = {"startIndex": "5", "count": "1", "sortBy": "nothing", "sortOrder": "descending", "cursor": ""}

    assert read(scim, path, **params) == read(scim, path)


@pytest.mark.compliance("RFC 7643", "3.1", "B200 every extension in ResourceTypes is described in Schemas")
def test_every_announced_schema_is_described(scim: ScimClient) -> None:
    """Core schemas and extensions of the resource types can be looked up."""
    types = listed(scim.get("/ResourceTypes"))["Resources"]

    announced = {entry["schema"] for entry in types}
    announced |= {extension["schema"] for entry in types for extension in entry.get("schemaExtensions", [])}
    assert announced == {USER, GROUP, ENTERPRISE}
    assert announced <= schemas(scim).keys()
    assert {type(one["required"]) for entry in types for one in entry.get("schemaExtensions", [])} == {bool}
