"""A leave of somebody with very many sessions and tokens, of every kind at once."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.models import AuthToken
from oauth2_provider.models import AccessToken, IDToken, RefreshToken
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from django_provisioning.lifecycle import leave, revocation
from django_provisioning.lifecycle.transactions import run
from django_provisioning.models import CredentialOrigin, Leave, SessionIndex
from tests.factories import make_connection, make_context
from tests.lifecycle.people import fresh, on_locked, push, user_changes
from tests.lifecycle.people import push_move as put
from tests.tokens import makers

MANY = 1_000
BUDGET = 60

pytestmark = pytest.mark.django_db


def make_many(user: Any, number: int) -> None:
    """Give somebody so many sessions, and so many tokens of each kind that a person can have many of."""
    now = timezone.now()
    later, names = now + timedelta(hours=1), [uuid.uuid4().hex for _ in range(number)]
    text = SessionStore().encode({"_auth_user_id": str(user.pk)})
    keys = [name[:32] for name in names]
    Session.objects.bulk_create(
        Session(session_key=key, session_data=text, expire_date=later) for key in keys
    )
    SessionIndex.objects.bulk_create(
        SessionIndex(user=user, session_key=key, created_at=now, last_seen_at=now) for key in keys
    )
    UserSession.objects.bulk_create(
        UserSession(user=user, session_key=key, ip="192.0.2.1", user_agent="test") for key in keys
    )
    AuthToken.objects.bulk_create(
        AuthToken(user=user, digest=name, token_key=name[:8], expiry=None) for name in names
    )
    OutstandingToken.objects.bulk_create(
        OutstandingToken(user=user, jti=name, token=name, created_at=now, expires_at=later) for name in names
    )
    make_many_oauth(user, names, later)


def make_many_oauth(user: Any, names: list[str], later: Any) -> None:
    """Give somebody chains of ID, access and refresh tokens; every access token but the first is a renewed one."""
    app = makers.application()
    identities = [IDToken(user=user, application=app, expires=later, scope="openid") for _ in names]
    IDToken.objects.bulk_create(identities)
    mine = list(IDToken.objects.filter(user=user).order_by("pk"))
    AccessToken.objects.bulk_create(
        AccessToken(
            user=user, application=app, expires=later, scope="read", token=name, id_token=one, token_checksum=name,
        )
        for name, one in zip(names, mine, strict=True)
    )  # fmt: skip
    access = list(AccessToken.objects.filter(user=user).order_by("pk"))
    RefreshToken.objects.bulk_create(
        RefreshToken(user=user, application=app, token=name, access_token=one, token_checksum=name)
        for name, one in zip(names, access, strict=True)
    )
    refresh = list(RefreshToken.objects.filter(user=user).order_by("pk"))
    for token, source in zip(access[1:], refresh, strict=False):
        token.source_refresh_token = source
    AccessToken.objects.bulk_update(access, ["source_refresh_token"], batch_size=200)


def test_leave_of_somebody_with_a_thousand_of_each_stays_in_its_budget(
    django_capture_on_commit_callbacks: Any,
) -> None:
    """C15: 1,000 sessions and 1,000 tokens of each of five kinds end in fewer than 60 queries, all of them."""
    identity = push(make_connection(), "ada").identity
    user = identity.user
    make_many(user, MANY)
    for make in makers.EVERY.values():
        make(user)
    neighbour = push(identity.connection, "emil").identity.user
    makers.oauth_pair(neighbour)

    with CaptureQueriesContext(connection) as queries, django_capture_on_commit_callbacks(execute=True):
        put(identity, "ada", active=False)

    ended = Leave.objects.get().ended
    expected = {
        "allauth_sessions": 1_001, "knox_tokens": 1_001, "drf_tokens": 1, "jwt_refresh_tokens": 1_001,
        "oauth_tokens": 3_003, "otp_devices": 2, "mfa_authenticators": 1, "trusted_agents": 1,
    }  # fmt: skip
    assert {kind: ended.get(kind) for kind in expected} == expected
    assert Leave.objects.get().closed_at is not None
    assert not fresh(user).is_active
    assert not Session.objects.exists()
    assert not SessionIndex.objects.exists()
    assert list(revocation.holders()) == [neighbour]
    assert len(queries) < BUDGET, "\n".join(query["sql"][:120] for query in queries.captured_queries)


def test_leave_of_one_connection_ends_a_thousand_of_its_tokens_only(
    django_capture_on_commit_callbacks: Any,
) -> None:
    """C21: with another tenant's identity left, exactly the tokens that came through the leaving one end."""
    one, other = make_connection(), make_connection()
    identity = push(one, "ada").identity
    user = identity.user
    from django_provisioning.lifecycle.link import link

    run(lambda: link(make_context(other), user, user_changes("ada")))
    make_many(user, MANY)
    now = timezone.now()
    CredentialOrigin.objects.bulk_create(
        CredentialOrigin(
            user=user, connection=one, kind="knox_tokens", key=f"authtoken:{key}", created_at=now
        )
        for key in AuthToken.objects.values_list("pk", flat=True)
    )
    makers.knox_token(user)

    with CaptureQueriesContext(connection) as queries, django_capture_on_commit_callbacks(execute=True):
        on_locked(identity, leave.delete)

    assert fresh(user).is_active
    assert AuthToken.objects.count() == 1
    assert AccessToken.objects.count() == OutstandingToken.objects.count() == MANY
    assert not CredentialOrigin.objects.exists()
    assert len(queries) < BUDGET
