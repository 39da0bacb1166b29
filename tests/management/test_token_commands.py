"""Commands on tokens: printed once, on the terms asked for, ended with a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from django_provisioning.models import Connection, ConnectionToken, Event
from tests.factories import make_connection, make_token
from tests.management.shell import run, run_json
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Connection:
    """Give a connection without tokens."""
    return make_connection("acme")


def works(raw: str) -> bool:
    """Whether the token opens the SCIM service."""
    return ScimClient(raw).get("/Users").status_code == 200


@pytest.mark.usefixtures("acme")
def test_create_token_prints_a_token_that_works() -> None:
    """The token is in ``token``, and only there."""
    answer = run_json("create_token", "acme", "--name", "Okta")

    row = ConnectionToken.objects.get()
    assert works(answer["token"])
    assert (answer["key_id"], answer["name"], answer["connection"]) == (row.key_id, "Okta", "acme")
    assert answer["scopes"] == ["scim:read", "scim:users", "scim:groups"]
    assert datetime.fromisoformat(answer["expires_at"]) == row.expires_at
    assert answer["scim_base_url"] == "/scim/v2"
    assert answer["token"] not in str(list(Event.objects.values()))


@pytest.mark.usefixtures("acme")
def test_create_token_takes_its_terms() -> None:
    """Scopes, networks and expiry are those asked for."""
    run(
        "create_token", "acme", "--scope", "scim:read", "--scope", "scim:users",
        "--cidr", "192.0.2.0/24", "--cidr", "2001:db8::/32", "--expires-in", "90d",
    )  # fmt: skip

    token = ConnectionToken.objects.get()
    assert token.scopes == ["scim:read", "scim:users"]
    assert token.allowed_cidrs == ["192.0.2.0/24", "2001:db8::/32"]
    assert token.expires_at == token.created_at + timedelta(days=90)


@pytest.mark.usefixtures("acme")
def test_create_token_never_expires_only_by_name() -> None:
    """Without the flag a token gets the default lifetime."""
    eternal = run_json("create_token", "acme", "--never-expires")
    mortal = run_json("create_token", "acme")

    assert eternal["expires_at"] is None
    assert mortal["expires_at"] is not None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("globex",), "no connection 'globex'"),
        (("acme", "--cidr", "everywhere"), "no network"),
        (("acme", "--expires-in", "731d"), "730 days"),
        (("acme", "--expires-in", "0d"), "730 days"),
        (("acme", "--expires-in", "soon"), "90d, 24h or 30m"),
        (("acme", "--scope", "everything"), "everything"),
        (("acme", "--expires-in", "1d", "--never-expires"), "not allowed with"),
    ],
)
@pytest.mark.usefixtures("acme")
def test_create_token_with_a_bad_term_issues_nothing(arguments: tuple[str, ...], complaint: str) -> None:
    """Every mistake is named, and no token is left behind."""
    with pytest.raises(CommandError, match=complaint):
        run("create_token", *arguments)

    assert not ConnectionToken.objects.exists()


@pytest.mark.parametrize("by", ["slug", "key", "slug and key", "option"])
def test_rotate_token_prints_a_new_one_and_lets_the_old_one_end(acme: Connection, by: str) -> None:
    """However the token is named, both work during the overlap."""
    raw = make_token(acme, name="Okta")
    key_id = acme.tokens.get().key_id
    arguments = {"slug": ["acme"], "key": [key_id], "option": ["--key-id", key_id]}.get(
        by, ["acme", "--key-id", key_id]
    )

    answer = run_json("rotate_token", *arguments, "--overlap", "2h")

    old = ConnectionToken.objects.get(key_id=key_id)
    assert works(raw)
    assert works(answer["token"])
    assert (answer["old_key_id"], answer["name"]) == (key_id, "Okta")
    assert old.expires_at is not None
    assert timedelta(hours=1) < old.expires_at - timezone.now() <= timedelta(hours=2)


def test_rotate_token_without_overlap_ends_a_leaked_one(acme: Connection) -> None:
    """``0h`` means now."""
    raw = make_token(acme)

    run("rotate_token", "acme", "--overlap", "0h")

    assert not works(raw)


def test_rotate_token_dry_run_changes_nothing(acme: Connection) -> None:
    """It names the token that would end, and when, and prints no token."""
    raw = make_token(acme)
    before = list(ConnectionToken.objects.values())

    answer = run_json("rotate_token", "acme", "--overlap", "1h", "--dry-run")

    assert answer["dry_run"] is True
    assert answer["old_key_id"] == before[0]["key_id"]
    assert datetime.fromisoformat(answer["old_expires_at"]) - timezone.now() <= timedelta(hours=1)
    assert "token" not in answer
    assert list(ConnectionToken.objects.values()) == before
    assert works(raw)


def test_rotate_token_of_a_connection_with_several_names_them(acme: Connection) -> None:
    """The command does not guess."""
    make_token(acme)
    make_token(acme)

    with pytest.raises(CommandError) as caught:
        run("rotate_token", "acme")

    assert all(token.key_id in str(caught.value) for token in acme.tokens.all())


def test_rotate_token_passes_over_dead_ones(acme: Connection) -> None:
    """Expired and revoked tokens do not make the choice ambiguous."""
    make_token(acme)
    make_token(acme)
    make_token(acme)
    first, second, third = acme.tokens.order_by("pk")
    run("revoke_token", "--key-id", first.key_id, "--reason", "old")
    ConnectionToken.objects.filter(pk=second.pk).update(expires_at=timezone.now())

    assert run_json("rotate_token", "acme")["old_key_id"] == third.key_id


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "Name the connection or the key id"),
        (("acme",), "no live token"),
        (("unheard-of",), "no token 'unheard-of'"),
        (("--key-id", "unheard-of"), "no token 'unheard-of'"),
        (("acme", "--key-id", "{other}"), "does not belong to the connection"),
        (("acmee", "--key-id", "{other}"), "no connection 'acmee'"),
    ],
)
@pytest.mark.usefixtures("acme")
def test_rotate_token_that_cannot_be_found_is_an_error(arguments: tuple[str, ...], complaint: str) -> None:
    """A mistyped name rotates nothing, least of all another connection's token."""
    globex = make_connection("globex")
    make_token(globex)
    other = globex.tokens.get()

    with pytest.raises(CommandError, match=complaint):
        run("rotate_token", *(argument.format(other=other.key_id) for argument in arguments))

    assert ConnectionToken.objects.count() == 1


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_rotate_token_that_is_revoked_is_refused(acme: Connection, dry_run: list[str]) -> None:
    """The rehearsal says the same as the act."""
    make_token(acme)
    key_id = acme.tokens.get().key_id
    run("revoke_token", "--key-id", key_id, "--reason", "leaked")

    with pytest.raises(CommandError, match="revoked or expired"):
        run("rotate_token", key_id, *dry_run)


def test_revoke_token_ends_it_with_a_reason(acme: Connection) -> None:
    """The token opens nothing any more, and the reason is kept."""
    raw = make_token(acme)
    key_id = acme.tokens.get().key_id

    answer = run_json("revoke_token", "--key-id", key_id, "--reason", "TICKET-7")

    assert not works(raw)
    assert (answer["status"], answer["revoked_reason"]) == ("revoked", "TICKET-7")
    assert Event.objects.get(type="token.revoked").reason == "TICKET-7"


def test_revoke_token_dry_run_changes_nothing(acme: Connection) -> None:
    """It shows the token that would be revoked."""
    raw = make_token(acme)

    answer = run_json("revoke_token", "--key-id", acme.tokens.get().key_id, "--reason", "x", "--dry-run")

    assert (answer["dry_run"], answer["status"]) == (True, "live")
    assert works(raw)


def test_revoke_token_needs_a_reason(acme: Connection) -> None:
    """The audit trail has one for every end."""
    make_token(acme)

    with pytest.raises(CommandError, match="--reason"):
        run("revoke_token", "--key-id", acme.tokens.get().key_id)


def test_list_tokens_shows_status_and_never_the_token(acme: Connection) -> None:
    """Live, expired and revoked tokens of one connection or of all (N15)."""
    raw = [make_token(acme, name=name) for name in ("live", "expired", "revoked")]
    make_token(make_connection("globex"), name="other")
    ConnectionToken.objects.filter(name="expired").update(expires_at=timezone.now())
    ConnectionToken.objects.filter(name="revoked").update(revoked_at=timezone.now())

    of_acme, of_all = run_json("list_tokens", "acme"), run_json("list_tokens")

    assert {row["name"]: row["status"] for row in of_acme["tokens"]} == {
        "live": "live", "expired": "expired", "revoked": "revoked",
    }  # fmt: skip
    assert {row["name"] for row in of_all["tokens"]} == {"live", "expired", "revoked", "other"}
    assert [text for text in raw if text.split("_")[2] in str(of_all)] == []


def test_list_tokens_for_people_has_a_column_for_each_fact(acme: Connection) -> None:
    """A head line, then a line for each token."""
    make_token(acme, name="Okta")

    head, line = run("list_tokens").splitlines()

    assert head.split()[:4] == ["key_id", "name", "connection", "status"]
    assert line.split()[:4] == [acme.tokens.get().key_id, "Okta", "acme", "live"]
    assert head.index("connection") == line.index("acme")


@pytest.mark.usefixtures("acme")
def test_list_tokens_of_nobody_is_an_empty_list() -> None:
    """No token is no error."""
    assert run_json("list_tokens", "acme") == {"tokens": []}
    assert run("list_tokens", "acme") == "tokens  -\n"
