"""Quirks of single identity providers, and the tolerance that makes most of them unnecessary."""

from __future__ import annotations

import copy
import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, GROUP, GROUP_URN, USER, USER_URN
from django_provisioning.protocol.patch import apply, parse_patch
from django_provisioning.protocol.quirks import quirks_for
from django_provisioning.protocol.tolerance import LEGACY_GROUP_URN, STRICT, TOLERANT, Tolerance
from django_provisioning.protocol.validation import read_resource
from tests.protocol.json_values import json_values
from tests.protocol.patching import op

ROLE = json.dumps({"id": "06b07648", "value": "25", "displayName": "Auditor"})


def test_tolerance_strict_is_every_flag_off() -> None:
    """No deviation is forgotten by strict, none is off by default."""
    names = [field.name for field in fields(Tolerance)]

    assert all(getattr(TOLERANT, name) for name in names)
    assert not any(getattr(STRICT, name) for name in names)


@pytest.mark.parametrize("idp", ["generic", "okta", "", "Unknown"])
def test_quirks_for_idp_without_any_change_nothing(idp: str) -> None:
    """Most identity providers need none."""
    payload = {"roles": [{"value": ROLE}], "Operations": [op("add", "roles", [{"value": ROLE}])]}

    assert quirks_for(idp).on_resource(payload) is payload
    assert quirks_for(idp).on_patch(payload) is payload


def test_entra_roles_as_json_text_stay_text() -> None:
    """AppRoleAssignmentsComplex: Entra compares what it reads with what it sent."""
    payload = {"userName": "ada", "roles": [{"value": ROLE, "primary": "False"}]}

    document = read_resource(quirks_for("Entra").on_resource(payload), USER).document

    assert document["roles"] == [{"value": ROLE, "primary": False}]


def test_entra_legacy_group_schema_passes_a_strict_connection() -> None:
    """The URI goes beside the core URN, and becomes it when alone."""
    rewrite = quirks_for("entra").on_resource
    both = {"schemas": [GROUP_URN, LEGACY_GROUP_URN], "displayName": "Staff"}
    alone = {"schemas": [LEGACY_GROUP_URN.lower()], "displayName": "Staff"}
    user = {"schemas": [USER_URN], "userName": "ada"}

    assert read_resource(rewrite(both), GROUP, STRICT).document["displayName"] == "Staff"
    assert read_resource(rewrite(alone), GROUP, STRICT).document["displayName"] == "Staff"
    assert rewrite(user) == user
    assert rewrite({"schemas": []}) == {"schemas": []}


@pytest.mark.parametrize(
    "extension",
    [
        {ENTERPRISE_URN: {"manager": {"managerId": "12", "displayName": "Bob"}}},
        {ENTERPRISE_URN.upper(): {"Manager": {"MANAGERID": "12"}}},
        {f"{ENTERPRISE_URN}:manager": {"managerId": "12"}},
        {ENTERPRISE_URN: {"manager": {"managerId": "9", "value": "12"}}},
    ],
)
def test_onelogin_manager_id_becomes_value(extension: dict[str, Any]) -> None:
    """The template's managerId of SCIM 1.1 is the value of SCIM 2.0, which wins when both are sent."""
    payload = quirks_for("onelogin").on_resource({"userName": "ada", **extension})

    result = read_resource(payload, USER)

    assert result.document[ENTERPRISE_URN] == {"manager": {"value": "12"}}
    assert result.ignored == ("schemas missing",)


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", f"{ENTERPRISE_URN}:manager", {"managerId": "12"}),
        op("replace", f"{ENTERPRISE_URN.upper()}:Manager.managerId", "12"),
        op("replace", ENTERPRISE_URN, {"manager": {"managerId": "12"}}),
        op("replace", None, {ENTERPRISE_URN: {"manager": {"managerId": "12"}}}),
        op("replace", None, {f"{ENTERPRISE_URN}:manager": {"managerId": "12"}}),
    ],
)
def test_onelogin_manager_id_in_a_patch_becomes_value(operation: dict[str, Any]) -> None:
    """Wherever an operation can name the manager."""
    payload = quirks_for("onelogin").on_patch({"Operations": [operation]})

    document = apply({"userName": "ada"}, parse_patch(payload, USER), USER).document

    assert document[ENTERPRISE_URN] == {"manager": {"value": "12"}}


def test_onelogin_other_operations_are_left_alone() -> None:
    """A quirk touches nothing else."""
    manager = op("replace", f"{ENTERPRISE_URN}:manager", "12")
    title = op("replace", "title", {"managerId": "12"})
    payload = {"Operations": [title, manager, op("remove", "emails"), 5], "x": None}

    assert quirks_for("onelogin").on_patch(payload) == payload


@given(st.sampled_from(["entra", "onelogin", "generic"]), json_values())
def test_quirks_are_pure_and_take_anything(idp: str, payload: Any) -> None:
    """A quirk comes before validation: no payload stops it, none is changed in place, twice is once."""
    before = copy.deepcopy(payload)

    rewritten = [rewrite(payload) for rewrite in (quirks_for(idp).on_resource, quirks_for(idp).on_patch)]

    assert payload == before
    assert quirks_for(idp).on_resource(rewritten[0]) == rewritten[0]
    assert quirks_for(idp).on_patch(rewritten[1]) == rewritten[1]
