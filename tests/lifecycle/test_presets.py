"""Presets, the commands that apply them, and groups that a connection is given."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from django_provisioning.exceptions import LinkRefused, NotUnique, ProvisioningError
from django_provisioning.jit.login import Refused, sign_in
from django_provisioning.lifecycle import connections, groups, presets
from django_provisioning.lifecycle.presets import PRESETS
from django_provisioning.mapping.claims import LoginClaims
from django_provisioning.models import Account, Connection, Event, GroupLink, Identity
from django_provisioning.models.membership import group_model
from tests.factories import make_connection, make_context, make_token
from tests.lifecycle.people import account_of, events, group_names, jit_identity, make_group, push, push_group
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

OIDC = {"oidc_issuer": "https://idp.example.com", "oidc_client_id": "app"}
SAML = {"saml_entity_id": "https://idp.example.com/saml"}


def login_claims(protocol: str, subject: str, name: str, **more: Any) -> LoginClaims:
    """Give the claims of a login by either protocol."""
    claims = {"preferred_username": name, **more}
    if protocol == "saml":
        return LoginClaims("saml", SAML["saml_entity_id"], subject, claims=claims)
    return LoginClaims("oidc", OIDC["oidc_issuer"], subject, client_id=OIDC["oidc_client_id"], claims=claims)


def verb_or_reason(claims: LoginClaims) -> str:
    """Log in and give what happened."""
    try:
        return sign_in(claims).outcome.kind
    except Refused as refused:
        return refused.reason


def preset_connection(preset: str, **more: Any) -> Connection:
    """Make a connection with a preset that both protocols reach."""
    return make_connection(**{**presets.policies_of(preset), **OIDC, **SAML, **more})


def command(capsys: pytest.CaptureFixture[str], name: str, *arguments: str) -> dict[str, Any]:
    """Run a command and give its JSON."""
    capsys.readouterr()
    call_command(name, *arguments, "--format", "json")
    return dict(json.loads(capsys.readouterr().out))


def test_presets_have_stable_names() -> None:
    """Scripts use them (C32)."""
    assert list(PRESETS) == [
        "jit_only",
        "jit_then_scim",
        "scim_authoritative",
        "regulated",
        "offboarding_first",
    ]


@pytest.mark.parametrize("name", PRESETS)
def test_preset_speaks_of_known_policies_and_says_for_whom(name: str) -> None:
    """Every preset names the same policies, all of which exist, and has a sentence for people."""
    preset = PRESETS[name]

    assert set(preset.policies) == set(PRESETS["jit_only"].policies)
    assert set(preset.policies) <= set(connections.POLICIES)
    assert preset.audience.endswith(".")


@pytest.mark.parametrize("name", PRESETS)
def test_preset_makes_a_valid_connection_that_manages_no_privileged_account(name: str) -> None:
    """A connection is made with exactly the preset's values, and staff stays out of its reach."""
    connection = preset_connection(name)

    stored = Connection.objects.get(pk=connection.pk)
    assert {policy: getattr(stored, policy) for policy in PRESETS[name].policies} == PRESETS[name].policies
    assert not stored.manages_privileged
    assert stored.linking == "never"


def test_presets_regulated_is_tighter_than_scim_authoritative() -> None:
    """Under audit the same directory decides, with shorter sessions and a valve that halts."""
    tight, plain = PRESETS["regulated"].policies, PRESETS["scim_authoritative"].policies

    assert tight["jit"] == plain["jit"] == "off"
    assert tight["session_max_age_seconds"] == 8 * 3600
    assert (tight["mass_leave_halts"], plain["mass_leave_halts"]) == (True, False)
    assert tight["mass_leave_percent"] < plain["mass_leave_percent"]


def test_presets_unknown_name_is_refused() -> None:
    """A name that is none is answered with those that are."""
    with pytest.raises(ProvisioningError, match="jit_then_scim"):
        presets.policies_of("strict")


@pytest.mark.parametrize("protocol", ["saml", "oidc"])
@pytest.mark.parametrize(
    ("preset", "verb"),
    [
        ("jit_only", "created"),
        ("jit_then_scim", "created"),
        ("scim_authoritative", "jit_disabled"),
        ("regulated", "jit_disabled"),
        ("offboarding_first", "created"),
    ],
)
def test_preset_first_login_of_a_stranger(preset: str, verb: str, protocol: str) -> None:
    """JIT presets make the account, those of the directory refuse (C3, C32)."""
    preset_connection(preset)

    assert verb_or_reason(login_claims(protocol, "s-1", "alice")) == verb


@pytest.mark.parametrize("protocol", ["saml", "oidc"])
@pytest.mark.parametrize("preset", PRESETS)
def test_preset_login_of_a_pushed_person_binds_and_changes_nothing(preset: str, protocol: str) -> None:
    """Whatever the preset, somebody whom SCIM pushed may log in, and what SCIM said stays."""
    connection = preset_connection(preset)
    pushed = push(connection, "alice", name={"givenName": "Alice"}).identity

    outcome = sign_in(login_claims(protocol, "s-1", "alice", given_name="Mallory")).outcome

    assert (outcome.kind, outcome.identity.pk) == ("linked", pushed.pk)
    assert Identity.objects.get(pk=pushed.pk).attributes == pushed.attributes
    assert account_of(outcome.identity.user).managed_by == Account.ManagedBy.SCIM_SSO


@pytest.mark.parametrize("protocol", ["saml", "oidc"])
def test_preset_jit_then_scim_push_adopts_the_account_of_a_login(protocol: str) -> None:
    """The later POST takes over the account that a login made: the same primary key (C31)."""
    connection = preset_connection("jit_then_scim")
    user = sign_in(login_claims(protocol, "s-1", "alice")).user

    ScimClient(make_token(connection)).create_user("alice")

    assert Identity.objects.get(connection=connection).user_id == user.pk
    assert account_of(user).managed_by == Account.ManagedBy.SCIM_SSO


def test_preset_offboarding_first_lets_the_directory_end_what_a_login_made() -> None:
    """The directory finds an account that it never pushed, and deactivates it (C32)."""
    connection = preset_connection("offboarding_first")
    user = sign_in(login_claims("oidc", "s-1", "alice")).user
    client = ScimClient(make_token(connection))

    found = client.get('/Users?filter=userName eq "alice"').json()["Resources"]
    answer = client.delete(f"/Users/{found[0]['id']}")

    user.refresh_from_db()
    assert (answer.status_code, user.is_active) == (204, False)


@pytest.mark.parametrize("protocol", ["saml", "oidc"])
def test_preset_jit_only_refreshes_attributes_and_owned_groups(protocol: str) -> None:
    """Without a directory the claims of each login decide, over groups that the connection was given."""
    connection = preset_connection("jit_only")
    engineers = make_group("Engineering")
    groups.own(make_context(connection), engineers)
    user = sign_in(login_claims(protocol, "s-1", "alice", groups=["Engineering", "Admins"])).user
    make_group("Admins")

    sign_in(login_claims(protocol, "s-1", "alice", given_name="Alice", groups=[]))

    assert Identity.objects.get(user=user).attributes["name"] == {"givenName": "Alice"}
    assert group_names(user) == []
    assert [event.changes["groups"]["new"] for event in events("account.groups_changed")] == [
        ["Engineering"],
        None,
    ]


def test_create_connection_command_takes_preset_and_issuer(capsys: pytest.CaptureFixture[str]) -> None:
    """One command makes a connection that logins reach; a single policy goes over the preset."""
    arguments = [
        "--preset",
        "regulated",
        "--oidc-issuer",
        "https://idp.example.com",
        "--oidc-client-id",
        "app",
    ]

    command(
        capsys, "provisioning_create_connection", "acme", *arguments,
        "--saml-entity-id", "https://idp.example.com/saml", "--jit", "link_only", "--mass-leave-percent", "5",
    )  # fmt: skip

    connection = Connection.objects.get(slug="acme")
    assert (connection.oidc_issuer, connection.oidc_client_id) == ("https://idp.example.com", "app")
    assert connection.saml_entity_id == "https://idp.example.com/saml"
    assert (connection.jit, connection.mass_leave_percent) == ("link_only", 5)
    assert connection.session_max_age_seconds == 8 * 3600


def test_create_connection_command_issuer_without_client_is_wrong_usage() -> None:
    """An issuer serves many applications: without the client id no login would be found."""
    with pytest.raises(CommandError, match="go together") as caught:
        call_command("provisioning_create_connection", "acme", "--oidc-issuer", "https://idp.example.com")

    assert caught.value.returncode == 2
    assert not Connection.objects.exists()


def test_configure_connection_command_shows_what_changed(capsys: pytest.CaptureFixture[str]) -> None:
    """The preset is written, a single policy goes over it, and the answer and the event show old and new."""
    connection = make_connection()

    answer = command(
        capsys, "provisioning_configure_connection", connection.slug, "--preset", "jit_only",
        "--set", "seat_limit=50", "--set", 'attribute_sync={"default": "empty_only"}',
    )  # fmt: skip

    changed = {row["policy"]: (row["old"], row["new"]) for row in answer["changed"]}
    assert changed["jit"] == ("off", "create")
    assert changed["seat_limit"] == (None, 50)
    assert changed["attribute_sync"] == ({}, {"default": "empty_only"})
    event = Event.objects.get(type="connection.configured")
    assert event.changes["jit"] == {"old": "off", "new": "create"}


def test_configure_connection_command_clears_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    """The word none and an empty value clear what may be empty; a text for a yes-or-no is read."""
    connection = make_connection(seat_limit=5, saml_entity_id="https://idp.example.com/saml")

    command(
        capsys, "provisioning_configure_connection", connection.slug,
        "--set", "seat_limit=none", "--set", "saml_entity_id=", "--set", "strict=yes",
    )  # fmt: skip

    stored = Connection.objects.get(pk=connection.pk)
    assert (stored.seat_limit, stored.saml_entity_id, stored.strict) == (None, None, True)


def test_configure_connection_command_without_options_prints_the_policies(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing asked, nothing changed: all policies are shown."""
    connection = make_connection()

    answer = command(capsys, "provisioning_configure_connection", connection.slug)

    assert set(connections.POLICIES) <= set(answer)
    assert not Event.objects.filter(type="connection.configured").exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("jit", 2), ("colour=red", 2), ("seat_limit=many", 2), ("strict=perhaps", 2), ("attribute_sync={", 2),
        ("jit=sometimes", 1), ("mass_leave_percent=101", 1),
        ('attribute_sync={"default": "sometimes"}', 1), ("attribute_sync=[]", 1),
        ('privilege_rules={"Admins": "root"}', 1), ('required_claims={"aal": "2"}', 1), ("required_claims=[]", 1),
        ('allowed_email_domains="example.com"', 1), ("default_groups=[1]", 1),
    ],
)  # fmt: skip
def test_configure_connection_command_wrong_value_is_refused(text: str, code: int) -> None:
    """A policy that is none, or a value that it cannot have, changes nothing."""
    connection = make_connection()

    with pytest.raises(CommandError) as caught:
        call_command("provisioning_configure_connection", connection.slug, "--set", text)

    assert caught.value.returncode == code
    assert not Event.objects.filter(type="connection.configured").exists()


def test_own_group_is_linked_and_keeps_name_and_members() -> None:
    """The connection owns the group from now on; who is in it stays in it."""
    connection = make_connection()
    identity = jit_identity(connection, "alice")
    group = make_group("Engineering", identity.user)

    link = groups.own(make_context(connection), group)

    assert (link.group_id, link.display_name, link.made_group) == (group.pk, "Engineering", False)
    assert group_names(identity.user) == ["Engineering"]
    event = Event.objects.get(type="group.linked")
    assert (event.connection_slug, event.subject_label) == (connection.slug, "Engineering")


def test_own_group_twice_gives_the_same_link_and_one_event() -> None:
    """Repeating it is no error and no second event."""
    connection = make_connection()
    group = make_group("Engineering")

    first = groups.own(make_context(connection), group)
    second = groups.own(make_context(connection), group)

    assert first.pk == second.pk
    assert Event.objects.filter(type="group.linked").count() == 1


def test_own_group_of_another_connection_is_refused() -> None:
    """A Django group has one owner (N11)."""
    link = push_group(make_connection(), "Engineering")

    with pytest.raises(LinkRefused):
        groups.own(make_context(make_connection()), link.group)

    assert GroupLink.objects.get().connection_id == link.connection_id


def test_own_group_display_name_taken_is_refused() -> None:
    """Two groups of one connection never have one name for the IdP."""
    connection = make_connection()
    push_group(connection, "Engineering")

    with pytest.raises(NotUnique):
        groups.own(make_context(connection), make_group("Local"), display_name="engineering")

    assert GroupLink.objects.count() == 1


def test_own_group_deleted_by_the_directory_leaves_the_django_group() -> None:
    """What a push did not make, a push does not delete."""
    connection = make_connection()
    group = make_group("Engineering")
    link = groups.own(make_context(connection), group)

    response = ScimClient(make_token(connection)).delete(f"/Groups/{link.scim_id}")

    assert response.status_code == 204
    assert group_model()._base_manager.filter(pk=group.pk).exists()


def test_link_group_command_takes_the_prefix_off(capsys: pytest.CaptureFixture[str]) -> None:
    """The IdP's name of the group is the Django name without the connection's prefix, or the one that is given."""
    connection = make_connection(group_prefix="acme/")
    make_group("acme/Engineering")
    make_group("sales-eu")

    first = command(capsys, "provisioning_link_group", connection.slug, "acme/Engineering")
    second = command(capsys, "provisioning_link_group", connection.slug, "sales-eu", "--as", "Sales")

    assert (first["display_name"], second["display_name"]) == ("Engineering", "Sales")
    assert first["made_by_push"] is False


@pytest.mark.parametrize("name", ["Engineering", "Nowhere"])
def test_link_group_command_refusal_is_an_error(name: str) -> None:
    """A group of another connection, or none, is an error that says so."""
    push_group(make_connection(), "Engineering")

    with pytest.raises(CommandError, match=r"no group|Another connection"):
        call_command("provisioning_link_group", make_connection().slug, name)
