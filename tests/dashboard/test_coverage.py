"""Lifecycle coverage as a table: which policy covers which stage, what it is worth, and what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from django_provisioning.models import Connection
from django_provisioning.reports.coverage import CADENCE, Coverage, coverage_of, overall
from tests.admin.pages import Browser, superuser, text_of, url_of
from tests.factories import make_connection

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL_SEEN = dict.fromkeys(
    ("account.created", "account.updated", "account.deactivated", "group.members_changed"),
    NOW - timedelta(days=1),
)
SAML = {"saml_entity_id": "https://idp.example.com", "jit": "create"}


def judged(*, has_token: bool = False, selftest_at: datetime | None = None, **policies: Any) -> Coverage:
    """Judge a connection with these policies whose every stage was seen yesterday; IT does what is done by hand."""
    facts = {"responsible": "IT operations", **policies}
    connection = Connection(slug="acme", name="Acme", created_at=NOW, **facts)
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
        # An exception for one attribute is no rule for all.
        (
            False, {**SAML, "attribute_sync": {"displayName": "never"}},
            ["jit", "jit", "manual", "manual", "manual", "none"], 3.5,
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
    """Each policy covers what it does and nothing else; work by hand counts half (N10, N12, C6, C27, N17)."""
    found = judged(has_token=has_token, **policies)

    assert mechanisms(found) == wanted
    assert found.score == score


@pytest.mark.parametrize(
    ("age", "worth"), [(CADENCE, 1.0), (CADENCE + timedelta(seconds=1), 0.0), (None, 0.0)]
)
def test_stage_counts_only_while_it_is_seen_to_work(age: timedelta | None, worth: float) -> None:
    """A mechanism that is configured and was not seen within the cadence is no proof (C27)."""
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


@pytest.mark.parametrize(
    ("has_token", "policies", "wanted"),
    [
        (True, {}, ["the directory of Acme"] * 5),
        (False, {}, ["IT operations"] * 5),
        (False, SAML, ["Acme, at the next login"] * 2 + ["IT operations"] * 3),
        (False, {**SAML, "responsible": ""}, ["Acme, at the next login"] * 2 + ["nobody is named"] * 3),
        (
            False, {**SAML, "stale_after_days": 30, "stale_action": "suspend", "signing_keys_url": "https://x.example"},
            ["Acme, at the next login"] * 2
            + ["this application", "Acme, at a logout there", "IT operations"],
        ),
    ],
)  # fmt: skip
def test_every_stage_names_its_owner(has_token: bool, policies: dict[str, Any], wanted: list[str]) -> None:
    """No cell of the responsibility matrix is without an answer to “who”, even where it is “nobody” (N10, N17)."""
    texts = [stage.owner for stage in judged(has_token=has_token, **policies).stages]

    assert texts == [*wanted, "nobody answers for it"]


@pytest.mark.parametrize(
    ("responsible", "score", "missing"),
    [
        ("IT operations", 2.5, "people have to remember it"),
        ("", 0.0, "done by hand, so somebody has to be named"),
    ],
)
def test_work_by_hand_counts_only_where_somebody_is_named(
    responsible: str, score: float, missing: str
) -> None:
    """A row without an owner is less than covered, and says so (N10, N12)."""
    found = judged(responsible=responsible)

    assert found.score == score
    assert {str(stage.missing) for stage in found.stages if stage.mechanism == "manual"} == {missing}


@pytest.mark.parametrize(
    "type_", ["account.created", "account.adopted", "account.linked", "account.imported"]
)
def test_every_way_in_proves_creation(type_: str) -> None:
    """An import brings accounts in as a push does; an update proves nothing of it."""
    connection = Connection(slug="acme", name="Acme", created_at=NOW)

    found = coverage_of(connection, has_token=True, latest={type_: NOW}, selftest_at=None, now=NOW)

    assert [stage.name for stage in found.stages if stage.worth] == ["create"]


@pytest.mark.django_db
def test_matrix_names_owner_mechanism_and_what_is_missing() -> None:
    """The page shows six stages for each connection with words beside the signs, and where to name somebody (N10)."""
    connection = make_connection("acme", **SAML)
    reader, editor = Browser("view_dashboard"), superuser()

    before = text_of(editor.get("dashboard_changelist"))
    Connection.objects.update(responsible="Desk <b>7</b>")
    after = text_of(reader.get("dashboard_changelist"))

    assert before.count("nobody is named") == 3
    assert url_of("connection_change", connection.pk) in before
    assert "Desk &lt;b&gt;7&lt;/b&gt;" in after
    assert "½ By hand" in after
    assert "nobody is named" not in after
    assert url_of("connection_change", connection.pk) not in after


def test_overall_score_is_weighted_by_people() -> None:
    """A connection with nine times the people counts nine times; without people there is no share to speak of."""
    whole, half = judged(has_token=True), judged()

    assert (whole.percent, half.percent) == (83, 42)
    assert overall([(whole, 90), (half, 10)]) == 79
    assert overall([(whole, 0)]) is None
