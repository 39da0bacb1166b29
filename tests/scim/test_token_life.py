"""Tokens over time: rotated with overlap, ended in time, and never written down as they are."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_provisioning.exceptions import ProvisioningError
from django_provisioning.lifecycle import token_text, tokens
from django_provisioning.lifecycle.context import Actor, Context
from django_provisioning.models import Connection, ConnectionToken, Event
from tests.factories import make_connection, make_context, make_token
from tests.scim.scenes import user_body
from tests.scim.tables import stored_rows
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db


def _row(raw: str) -> ConnectionToken:
    text = token_text.parse(raw)
    assert text is not None
    return ConnectionToken.objects.get(key_id=text.key_id)


def _at(moment: datetime, connection: Connection) -> Context:
    return Context(Actor.command("test"), moment, connection)


def test_rotation_leaves_both_tokens_working_until_the_overlap_ends() -> None:
    """The old token works on for the overlap and not a second longer; the new one works at once (N13)."""
    connection = make_connection()
    old = make_token(connection, name="Entra", scopes=["scim:read"], allowed_cidrs=["127.0.0.0/8"])
    now = timezone.now()

    new = tokens.rotate(_at(now, connection), _row(old), overlap=timedelta(hours=1))
    both = [ScimClient(raw).get("/Users").status_code for raw in (old, new.raw)]

    assert both == [200, 200]
    assert tokens.is_live(_row(old), now + timedelta(minutes=59))
    assert not tokens.is_live(_row(old), now + timedelta(hours=1))
    assert (new.token.name, new.token.scopes, new.token.allowed_cidrs) == (
        "Entra",
        ["scim:read"],
        ["127.0.0.0/8"],
    )
    ConnectionToken.objects.filter(pk=_row(old).pk).update(expires_at=now)
    assert [ScimClient(raw).get("/Users").status_code for raw in (old, new.raw)] == [401, 200]


def test_rotation_never_lengthens_the_old_token() -> None:
    """A token that ends before the overlap still ends when it was to end."""
    connection = make_connection()
    now = timezone.now()
    issued = tokens.issue(_at(now, connection), connection, lifetime=timedelta(minutes=5))

    tokens.rotate(_at(now, connection), issued.token)

    assert _row(issued.raw).expires_at == now + timedelta(minutes=5)


def test_rotation_of_a_dead_token_is_refused() -> None:
    """A revoked token has no successor."""
    connection = make_connection()
    issued = tokens.issue(make_context(connection), connection)
    tokens.revoke(make_context(connection), issued.token)

    with pytest.raises(ProvisioningError, match="revoked or expired"):
        tokens.rotate(make_context(connection), issued.token)


def test_database_holds_only_the_digest() -> None:
    """Nothing stored gives a token back: not the row, not the events, not any other table (C10)."""
    connection = make_connection()
    raw = make_token(connection, name="Entra")
    tokens.rotate(make_context(connection), _row(raw))
    secret = raw[20:-6]

    stored = repr(stored_rows())

    assert _row(raw).digest == token_text.digest(raw)
    assert raw not in stored
    assert secret not in stored


def test_token_is_in_no_log_no_answer_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    """Right or wrong, used or refused, a raw token is never written out."""
    caplog.set_level(logging.DEBUG)
    connection = make_connection()
    issued = tokens.issue(make_context(connection), connection)
    secret = issued.raw[20:-6]
    client = ScimClient(issued.raw)

    answers = [
        client.get("/Users"),
        client.get("/Nothing"),
        client.post("/Users", "{"),
        client.post("/Users", user_body()),
    ]
    tokens.revoke(make_context(connection), _row(issued.raw))
    answers += [client.get("/Users"), ScimClient(issued.raw[:-1]).get("/Users")]

    texts = [*(answer.content.decode() + str(answer.headers) for answer in answers), caplog.text]
    texts += [
        repr(issued),
        str(issued),
        repr(issued.token),
        str(issued.token),
        repr(token_text.parse(issued.raw)),
    ]
    texts += [repr(list(Event.objects.values()))]
    assert [text for text in texts if secret in text] == []


def test_tokens_are_long_random_and_different() -> None:
    """256 random bits: 43 base-62 characters, no two alike, and the look-up part is not the secret."""
    made = [token_text.make("djprov") for _ in range(200)]

    assert len({raw for raw, _ in made}) == len({text.key_id for _, text in made}) == 200
    assert {len(raw) for raw, _ in made} == {6 + 1 + 12 + 1 + 43 + 6}
    assert all(token_text.parse(raw) == text for raw, text in made)


@pytest.mark.parametrize("lifetime", [timedelta(), timedelta(seconds=-1), timedelta(days=731)])
def test_token_lifetime_out_of_bounds_is_refused(lifetime: timedelta) -> None:
    """A token that lives for ever is asked for by name, not by a large number."""
    connection = make_connection()

    with pytest.raises(ProvisioningError, match="730 days"):
        tokens.issue(make_context(connection), connection, lifetime=lifetime)


def test_token_without_a_lifetime_gets_that_of_the_settings(settings: Any) -> None:
    """The default lifetime is a setting; only ``never_expires`` gives none (N13)."""
    settings.DJANGO_PROVISIONING = {"TOKEN_LIFETIME_DAYS": 7}
    connection = make_connection()
    now = datetime(2026, 1, 31, tzinfo=UTC)

    usual = tokens.issue(_at(now, connection), connection)
    endless = tokens.issue(_at(now, connection), connection, never_expires=True)

    assert usual.token.expires_at == now + timedelta(days=7)
    assert endless.token.expires_at is None
