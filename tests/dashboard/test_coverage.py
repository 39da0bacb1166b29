"""Lifecycle coverage as a table: which policy covers which stage, what it is worth, and what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from django_provisioning.models import Connection
from django_provisioning.reports.coverage import CADENCE, Coverage, coverage_of, overall

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL_SEEN = dict.fromkeys(
    ("account.created", "account.updated", "account.deactivated", "group.members_changed"),
    NOW - timedelta(days=1),
)
SAML = {"saml_entity_id": "https://idp.example.com", "jit": "create"}


def judged(*, has_token: bool = False, selftest_at: datetime | None = None, **policies: Any) -> Coverage:
    """Judge a connection with these policies whose every stage was seen yesterday."""
    connection = Connection(slug="acme", name="Acme", created_at=NOW, **policies)
    return coverage_of(connection, has_token=has_token, latest=ALL_SEEN, selftest_at=selftest_at, now=NOW)


def mechanisms(coverage: Coverage) -> list[str]:
    """Give the mechanism of each stage: create, update, deactivate, revoke, groups, review."""
    return [stage.mechanism for stage in coverage.stages]


@pytest.mark.parametrize(
    ("has_token", "policies", "wanted", "score"),
    [
        (True, {}, ["scim", "scim", "scim", "scim", "scim", "none"], 5.0),
        (False, {}, ["manual", "manual", "manual", "manual", "manual", "none"], 2.5),
        (True, {"enabled": False}, ["manual", "manual", "manual", "manual", "manual", "none"], 2.5),
        (False, SAML, ["jit", "jit", "manual", "manual", "manual", "none"], 3.5),
        (False, {**SAML, "jit": "link_only"}, ["manual", "jit", "manual", "manual", "manual", "none"], 3.0),
        (False, {**SAML, "jit": "off"}, ["manual", "manual", "manual", "manual", "manual", "none"], 2.5),
        (
            False, {**SAML, "attribute_sync": {"default": "never"}},
            ["jit", "manual", "manual", "manual", "manual", "none"], 3.0,
        ),
        (
            False, {**SAML, "group_sync": "authoritative"},
            ["jit", "jit", "manual", "manual", "jit", "none"], 4.0,
        ),
        (False, {**SAML, "group_sync": "additive"}, ["jit", "jit", "manual", "manual", "manual", "none"], 3.5),
        (
            False, {**SAML, "stale_after_days": 30, "stale_action": "suspend"},
            ["jit", "jit", "policy", "policy", "manual", "none"], 4.5,
        ),
        (
            False, {**SAML, "stale_after_days": 30, "stale_action": "report"},
            ["jit", "jit", "manual", "manual", "manual", "none"], 3.5,
        ),
        (
            False, {**SAML, "signing_keys_url": "https://idp.example.com/keys"},
            ["jit", "jit", "manual", "back_channel", "manual", "none"], 4.0,
        ),
    ],
)  # fmt: skip
def test_coverage_of_policies(
    has_token: bool, policies: dict[str, Any], wanted: list[str], score: float
) -> None:
    """Each policy covers what it does and nothing else; work by hand counts half (N10, N12)."""
    found = judged(has_token=has_token, **policies)

    assert mechanisms(found) == wanted
    assert found.score == score


@pytest.mark.parametrize(
    ("age", "worth"), [(CADENCE, 1.0), (CADENCE + timedelta(seconds=1), 0.0), (None, 0.0)]
)
def test_stage_counts_only_while_it_is_seen_to_work(age: timedelta | None, worth: float) -> None:
    """A mechanism that is configured and was not seen within the cadence is no proof."""
    latest = {} if age is None else {"account.created": NOW - age}
    connection = Connection(slug="acme", name="Acme", created_at=NOW)

    found = coverage_of(connection, has_token=True, latest=latest, selftest_at=None, now=NOW)

    assert found.stages[0].worth == worth
    assert (found.stages[0] in found.missing) == (worth < 1)


def test_selftest_proves_the_leaver_stages_and_no_other() -> None:
    """A passed self-test is a proof of deactivation and revocation where something automatic does them."""
    connection = Connection(slug="acme", name="Acme", created_at=NOW)

    found = coverage_of(connection, has_token=True, latest={}, selftest_at=NOW, now=NOW)

    assert {stage.name: stage.worth for stage in found.stages if stage.worth} == {
        "deactivate": 1.0,
        "revoke": 1.0,
    }


def test_every_stage_names_its_owner() -> None:
    """No cell of the responsibility matrix is without an answer to “who”, even where it is “nobody”."""
    texts = [str(stage.owner) for stage in judged(has_token=True).stages]

    assert texts == ["the directory"] * 5 + ["nobody answers for it"]


def test_overall_score_is_weighted_by_people() -> None:
    """A connection with nine times the people counts nine times; without people there is no share to speak of."""
    whole, half = judged(has_token=True), judged()

    assert (whole.percent, half.percent) == (83, 42)
    assert overall([(whole, 90), (half, 10)]) == 79
    assert overall([(whole, 0)]) is None
