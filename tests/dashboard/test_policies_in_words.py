"""The effective rule in words: each value has its sentence, policies are read together, and nothing is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.lifecycle import connections, valve
from django_provisioning.lifecycle.presets import PRESETS, policies_of
from django_provisioning.models import Connection, ConnectionToken
from django_provisioning.reports import words_of_directory
from django_provisioning.reports.policies_in_words import attribute_rules, gaps, in_words
from django_provisioning.reports.sentences import Facts
from tests.factories import make_connection, make_context, make_token

OIDC = {"oidc_issuer": "https://idp.example.com", "oidc_client_id": "app"}
PUSHED = Facts(has_token=True)
ALONE = Facts()
TEXTS = Path(__file__).parent / "policy_texts"


def sentences(facts: Facts = PUSHED, **policies: Any) -> list[str]:
    """Give all sentences about a connection with these policies, whether or not a database is there."""
    connection = Connection(**{**OIDC, **policies})
    return [sentence.text for topic in in_words(connection, facts) for sentence in topic.sentences]


@pytest.mark.parametrize(
    ("policies", "facts", "expected"),
    [
        ({"enabled": True}, PUSHED, "Its tokens and logins are accepted."),
        ({"enabled": False}, PUSHED, "every token and every login is refused"),
        ({"halted_at": timezone.now()}, PUSHED, "writes are halted until somebody releases"),
        ({}, PUSHED, "a live token is there"),
        ({}, ALONE, "No directory pushes here: there is no live token."),
        ({"saml_entity_id": "urn:idp"}, PUSHED, "Logins of the SAML identity provider urn:idp belong"),
        ({}, PUSHED, "Logins with tokens of https://idp.example.com for the client app belong"),
        ({"oidc_issuer": None}, PUSHED, "Nobody logs in through this connection"),
        ({"jit": "off"}, PUSHED, "A login makes no account"),
        ({"jit": "off"}, ALONE, "Nobody new can come in"),
        ({"jit": "create", "oidc_issuer": None}, ALONE, "Nobody new can come in"),
        ({"jit": "create"}, PUSHED, "The first login of somebody unknown makes an account."),
        ({"jit": "create"}, PUSHED, "it takes that account over"),
        ({"jit": "link_only"}, PUSHED, "and linking is never"),
        ({"jit": "link_only", "linking": "verified_email"}, PUSHED, "and no domain is verified"),
        (
            {"jit": "link_only", "linking": "trusted"},
            PUSHED,
            "takes over an existing account where linking allows it",
        ),
        ({"linking": "never"}, PUSHED, "never taken over: its push is answered 409"),
        ({"linking": "verified_email"}, PUSHED, "Nobody is linked: no e-mail domain is verified"),
        ({"linking": "verified_email"}, Facts(("example.com",)), "its e-mail address is in example.com"),
        ({"linking": "trusted"}, PUSHED, "by its user name or e-mail address, whatever its domain"),
        (
            {"linking": "trusted"},
            PUSHED,
            "An account with a password, staff or superuser status is never taken over",
        ),
        ({}, PUSHED, "No claim and no e-mail domain is required"),
        ({"required_claims": {"aal": ["2", 3]}}, PUSHED, "needs the claim aal with one of: 2, 3."),
        ({"required_claims": {"mail": []}}, PUSHED, "needs the claim mail, with any value."),
        ({"allowed_email_domains": ["example.com"]}, PUSHED, "an e-mail address in one of: example.com."),
        ({"seat_limit": None}, PUSHED, "The number of accounts is not limited."),
        ({"seat_limit": 1}, PUSHED, "While 1 active person is there"),
        ({"seat_limit": 50}, PUSHED, "While 50 active people are there"),
        ({}, PUSHED, "Where SCIM manages an account, SCIM wins"),
        ({}, PUSHED, "each login overwrites its attributes"),
        ({"attribute_sync": {"default": "empty_only"}}, PUSHED, "a login fills only what is empty"),
        ({"attribute_sync": {"default": "never"}}, PUSHED, "a login changes no attribute once"),
        ({"group_sync": "off"}, PUSHED, "Group claims of a login change nothing."),
        ({"group_sync": "additive"}, PUSHED, "and takes nobody out"),
        ({"group_sync": "authoritative"}, PUSHED, "in exactly the groups of this connection"),
        ({"default_groups": []}, PUSHED, "puts a new account into no further group"),
        ({"default_groups": ["Staff"], "jit": "create"}, PUSHED, "is put once into: Staff."),
        ({"default_groups": ["Staff"]}, PUSHED, "(Staff) have no effect: no login makes an account"),
        ({}, PUSHED, "No group claim makes anybody staff or superuser."),
        ({"privilege_rules": {"Ops": "staff"}}, PUSHED, "have no effect: this connection manages neither"),
        (
            {"privilege_rules": {"Ops": "staff"}, "manages_privileged": True},
            PUSHED,
            "Staff status is given and taken",
        ),
        (
            {"privilege_rules": {"Ops": "superuser"}, "manages_privileged": True},
            PUSHED,
            "Superuser status is given",
        ),
        ({"manages_privileged": False}, PUSHED, "are out of its reach"),
        ({"manages_privileged": True}, PUSHED, "can change and lock out staff"),
        ({"visibility": "managed"}, PUSHED, "The directory sees only the accounts that it pushed."),
        ({"visibility": "linked"}, PUSHED, "and those that logins made"),
        ({"group_prefix": ""}, PUSHED, "Pushed groups keep their names here."),
        ({"group_prefix": "acme/"}, PUSHED, "begin with “acme/” here"),
        ({}, PUSHED, "access ends before its request is answered"),
        ({}, ALONE, "Removal path: none."),
        (
            {"session_max_age_seconds": 3600},
            ALONE,
            "sessions end, but the account stays until somebody closes it",
        ),
        (
            {"stale_after_days": 30, "stale_action": "suspend"},
            ALONE,
            "the account is closed by silence alone",
        ),
        ({"delete_mode": "deprovision"}, PUSHED, "the Django user stays, inactive"),
        ({"delete_mode": "erase"}, PUSHED, "the Django user is deleted, unless another connection vouches"),
        ({"required_group": None}, PUSHED, "No group decides about access."),
        ({"required_group": "Staff"}, PUSHED, "taken out of the group “Staff” loses access"),
        ({"required_group": "Staff"}, PUSHED, "Who never was in the group “Staff” is let alone."),
        ({"required_group": "Staff"}, ALONE, "The group “Staff” decides about nothing"),
        ({"session_max_age_seconds": None}, PUSHED, "This connection sets no limit to sessions"),
        ({"session_max_age_seconds": 28_800}, PUSHED, "A session ends 8 hours after the login, busy or not"),
        (
            {"signing_keys_url": "https://idp.example.com/keys"},
            PUSHED,
            "its keys are read from https://idp.example.com",
        ),
        (
            {"signing_keys_url": "https://k.example.com", "oidc_issuer": None, "saml_entity_id": "urn:idp"},
            PUSHED,
            "no issuer of such requests is named",
        ),
        ({"revocation_issuer": "https://r.example.com"}, PUSHED, "no address of its keys is set"),
        ({}, PUSHED, "only where the project’s settings have its keys"),
        ({"stale_after_days": None}, PUSHED, "no number of days makes it stale"),
        ({"stale_after_days": 1}, PUSHED, "unused for 1 day is listed as stale"),
        (
            {"stale_after_days": 90},
            PUSHED,
            "unused for 90 days is listed as stale by provisioning_run, and lives on",
        ),
        ({"stale_after_days": 90, "stale_action": "warn"}, PUSHED, "An event tells of it 7 days before."),
        ({"stale_after_days": 3, "stale_action": "warn"}, PUSHED, "An event tells of it 3 days before."),
        ({"stale_after_days": 90, "stale_action": "suspend"}, PUSHED, "is suspended by provisioning_run"),
        (
            {"stale_after_days": 90, "stale_action": "suspend"},
            PUSHED,
            "Accounts that SCIM manages are only listed",
        ),
        ({"mass_leave_percent": 0}, PUSHED, "No alarm is raised"),
        ({"mass_leave_minutes": 0}, PUSHED, "No alarm is raised"),
        ({"mass_leave_percent": 0, "mass_leave_halts": True}, PUSHED, "Writes are never halted"),
        ({}, PUSHED, "When 20 % of the people, and at least 10, leave within 10 minutes"),
        ({"mass_leave_halts": True}, PUSHED, "writes are halted until somebody releases the connection"),
        (
            {"strict": False},
            PUSHED,
            "Deviations from the RFC that well-known products are known for are understood.",
        ),
        ({"strict": True}, PUSHED, "Requests that the RFC does not allow are refused"),
        ({"idp": "generic"}, PUSHED, "No product is named"),
        ({"idp": "okta"}, PUSHED, "Requests are read as those of okta."),
        ({"responsible": ""}, PUSHED, "Nobody is named who does by hand"),
        ({"responsible": "Service desk"}, PUSHED, "is done by hand by: Service desk."),
    ],
)
def test_words_policy_value_has_its_sentence(policies: dict[str, Any], facts: Facts, expected: str) -> None:
    """Each value of each policy is told by one sentence, with the values around it taken into account."""
    found = [text for text in sentences(facts, **policies) if expected in text]

    assert len(found) == 1


@pytest.mark.parametrize(
    ("policies", "facts", "unsaid"),
    [
        ({"jit": "create"}, ALONE, "it takes that account over"),
        ({"oidc_issuer": None, "jit": "create"}, PUSHED, "The first login of somebody unknown"),
        ({"oidc_issuer": None, "session_max_age_seconds": 60}, PUSHED, "A session ends"),
        ({"jit": "create"}, ALONE, "Nobody new can come in"),
        ({"stale_after_days": 9, "stale_action": "report"}, PUSHED, "An event tells of it"),
        (
            {"stale_after_days": 9, "stale_action": "suspend"},
            ALONE,
            "Accounts that SCIM manages are only listed",
        ),
        ({"linking": "verified_email"}, PUSHED, "is never taken over by its name"),
    ],
)
def test_words_what_has_no_effect_is_not_said(policies: dict[str, Any], facts: Facts, unsaid: str) -> None:
    """A sentence that would be wrong beside another policy is left out."""
    assert [text for text in sentences(facts, **policies) if unsaid in text] == []


@pytest.mark.parametrize("facts", [PUSHED, ALONE], ids=["pushed", "alone"])
@pytest.mark.parametrize(
    "policies", [OIDC, {}, {**OIDC, "jit": "create"}, *(preset.policies for preset in PRESETS.values())]
)
def test_words_speak_of_every_policy(policies: dict[str, Any], facts: Facts) -> None:
    """Whatever the values, no policy but the name goes without a sentence, so a new one cannot be forgotten."""
    topics = in_words(Connection(**policies), facts)

    told = {policy for topic in topics for sentence in topic.sentences for policy in sentence.policies}

    assert told == set(connections.POLICIES) - {"name"}
    assert all(topic.sentences for topic in topics)


@pytest.mark.parametrize(
    ("policies", "facts", "expected"),
    [
        ({}, PUSHED, []),
        ({"linking": "verified_email"}, PUSHED, ["Nobody is linked"]),
        ({"manages_privileged": True}, PUSHED, ["can change and lock out staff"]),
        ({"jit": "create"}, ALONE, ["Removal path: none."]),
        ({"enabled": False, "required_group": "Staff"}, PUSHED, ["It is disabled"]),
        ({"jit": "create", "default_groups": ["Staff"]}, PUSHED, []),
    ],
)
def test_gaps_are_what_people_have_to_look_at(
    policies: dict[str, Any], facts: Facts, expected: list[str]
) -> None:
    """Only what stays open or has no effect is marked."""
    found = gaps(Connection(**{**OIDC, **policies}), facts)

    assert len(found) == len(expected)
    assert all(part in text for part, text in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("sync", "jit", "rule", "says"),
    [
        ({}, "create", "always", "The identity provider wins"),
        ({"default": "never", "displayName": "always"}, "off", "always", "The identity provider wins"),
        ({"default": "empty_only"}, "create", "empty_only", "only while it is empty"),
        ({"displayName": "never"}, "create", "never", "the login that makes the account fills it"),
        ({"displayName": "never"}, "off", "never", "a login never fills it"),
    ],
)
def test_attribute_rule_says_who_wins(sync: dict[str, str], jit: str, rule: str, says: str) -> None:
    """Per attribute: the rule that counts for it, and who decides its value (C4)."""
    rules = {one.attribute: one for one in attribute_rules(Connection(attribute_sync=sync, jit=jit))}

    assert rules["displayName"].rule == rule
    assert says in rules["displayName"].text
    assert not rules["displayName"].is_gap
    assert "userName" not in rules


def test_attribute_rule_that_no_claim_reaches_is_a_gap() -> None:
    """A mistyped attribute weakens nothing silently: the page says that its rule does nothing (C4)."""
    rules = {
        one.attribute: one for one in attribute_rules(Connection(attribute_sync={"displayname": "never"}))
    }

    assert rules["displayname"].is_gap
    assert "default" not in rules
    assert rules["displayName"].rule == "always"


@pytest.mark.parametrize("facts", [PUSHED, ALONE], ids=["pushed", "alone"])
@pytest.mark.parametrize("name", PRESETS)
def test_preset_in_words_is_the_text_on_file(name: str, facts: Facts) -> None:
    """What a preset brings about is one text that people have read (C32)."""
    connection = Connection(**OIDC, **policies_of(name))
    lines = []
    for topic in in_words(connection, facts):
        lines += [f"{topic.title}:", *(f"{'!' if one.is_gap else '-'} {one.text}" for one in topic.sentences)]
    lines += [f"{one.attribute} ({one.rule}): {one.text}" for one in attribute_rules(connection)]

    text = (TEXTS / f"{name}-{'pushed' if facts.has_token else 'alone'}.txt").read_text()

    assert "\n".join(lines) + "\n" == text


def test_words_name_the_number_of_the_valve() -> None:
    """The report may not import the valve, and says the same number."""
    assert words_of_directory.SMALLEST_ALARM == valve.SMALLEST_ALARM


@pytest.mark.django_db
def test_facts_are_read_in_two_queries() -> None:
    """A verified domain and a live token count, a token that is revoked does not."""
    connection = make_connection()
    make_token(connection)
    connections.verify_domain(make_context(connection), connection, "example.com")

    with CaptureQueriesContext(database) as queries:
        facts = Facts.of(connection, timezone.now())
    ConnectionToken.objects.update(revoked_at=timezone.now())

    assert len(queries) == 2
    assert facts == Facts(("example.com",), has_token=True)
    assert Facts.of(connection, timezone.now()) == Facts(("example.com",), has_token=False)
