"""Django REST framework behind the mixin: API credentials of who has left are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from django_provisioning.guard.mozilla import GuardedOIDCAuthentication
from django_provisioning.guard.rest_framework import GuardedAuthenticationMixin
from django_provisioning.lifecycle import leave, rejoin, session_use
from django_provisioning.models import Account, Identity, Leave
from tests.factories import make_context
from tests.lifecycle.people import fresh

pytestmark = pytest.mark.django_db


class KeyAuthentication(BaseAuthentication):
    """Believes ``Authorization: Key <user> <issued at>``, whoever the user is."""

    user_class: Any = None

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Give the user and the moment of issue."""
        kind, _, key = request.headers.get("Authorization", "").partition(" ")
        if kind != "Key":
            return None
        user, _, issued = key.partition(" ")
        found = get_user_model()._default_manager.get(pk=user)
        return found, datetime.fromisoformat(issued) if issued else None

    def authenticate_header(self, request: Request) -> str:
        """Make a refusal a 401."""
        return "Key"


class GuardedKey(GuardedAuthenticationMixin, KeyAuthentication):
    """Knows when a key was issued."""

    def issued_at(self, request: Request, user: Any, auth: Any) -> datetime | None:
        """Give the moment of issue."""
        return auth


class TokenUser:
    """What a stateless token makes of its own text."""

    is_active = is_authenticated = True

    def __init__(self, pk: Any) -> None:
        self.pk = pk


class StatelessKey(GuardedKey):
    """Asks no table for the user."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Put the token's user in the place of the row, then judge."""
        found = KeyAuthentication.authenticate(self, request)
        assert found is not None
        self.require_access(TokenUser(found[0].pk), found[1])
        return found


def call(authentication: Any, authorization: str) -> Response:
    """Ask an API for who calls."""

    @api_view(["GET"])
    @authentication_classes([authentication])
    @permission_classes([IsAuthenticated])
    def whoami(request: Request) -> Response:
        return Response({"pk": str(request.user.pk)})

    headers = {"Authorization": authorization} if authorization else {}
    response: Response = whoami(APIRequestFactory().get("/", headers=headers))
    return response


def test_inactive_user_is_refused_with_a_reason(ada: Identity) -> None:
    """401 and a sentence; and the leave that only the user row told of is completed."""
    key = f"Key {ada.user_id}"
    before = call(GuardedKey, key)

    get_user_model().objects.filter(pk=ada.user_id).update(is_active=False)
    after = call(GuardedKey, key)

    assert before.status_code == 200
    assert (after.status_code, after.data) == (401, {"detail": "The account is inactive."})
    assert call(KeyAuthentication, key).status_code == 200  # What the mixin is for.
    assert Leave.objects.count() == 1


@pytest.mark.parametrize("authentication", [GuardedKey, StatelessKey])
def test_credential_from_before_the_leave_stays_dead_after_the_return(
    ada: Identity, authentication: Any
) -> None:
    """C15: the age of the credential decides, not whether the account is active again."""
    old = f"Key {ada.user_id} {timezone.now().isoformat()}"
    before = call(authentication, old).status_code

    leave.offboard(make_context(), fresh(ada.user), reason="left")
    gone = call(authentication, old).status_code
    rejoin.reinstate(make_context(), fresh(ada.user), reason="back")
    back = call(authentication, old)

    new = f"Key {ada.user_id} {timezone.now().isoformat()}"
    assert (before, gone) == (200, 401)
    assert (back.status_code, back.data) == (401, {"detail": "The credential was revoked."})
    assert call(authentication, new).status_code == 200


@pytest.mark.parametrize(("issued", "count"), [("", 1), ("2026-01-01T00:00:00+00:00", 2)])
def test_mixin_costs_a_query_only_where_the_age_is_known(
    ada: Identity, issued: str, count: int, django_assert_num_queries: Any
) -> None:
    """The first query is the class's own; the use of the account was noted before, which happens once an hour."""
    call(GuardedKey, f"Key {ada.user_id} {issued}".strip())

    with django_assert_num_queries(count):
        call(GuardedKey, f"Key {ada.user_id} {issued}".strip())


def test_use_of_a_credential_is_a_sign_of_life(ada: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stale-account policy sees who only calls the API; a refused call is no use."""
    monkeypatch.setattr(session_use, "_noted", {})
    long_ago = timezone.now() - timedelta(days=40)
    Account.objects.filter(user=ada.user).update(last_seen_at=long_ago)
    call(GuardedKey, f"Key {ada.user_id}")
    seen = Account.objects.get(user=ada.user).last_seen_at

    Account.objects.filter(user=ada.user).update(last_seen_at=long_ago)
    monkeypatch.setattr(session_use, "_noted", {})
    leave.offboard(make_context(), fresh(ada.user), reason="left")
    call(GuardedKey, f"Key {ada.user_id}")

    assert seen is not None
    assert seen > long_ago
    assert Account.objects.get(user=ada.user).last_seen_at == long_ago


def test_request_without_a_credential_is_left_to_the_next_class(ada: Identity) -> None:
    """The mixin judges what was authenticated, and nothing else."""
    assert call(GuardedKey, "").status_code == 401


def test_token_of_a_deleted_user_is_refused(ada: Identity) -> None:
    """A stateless token outlives the row; its user is nobody."""
    mixin = GuardedAuthenticationMixin()
    later = datetime.now(UTC) + timedelta(days=1)
    ada.user.delete()

    with pytest.raises(Exception, match="inactive"):
        mixin.require_access(TokenUser(ada.user_id), later)


def test_stock_oidc_class_is_guarded(ada: Identity) -> None:
    """mozilla-django-oidc's API class takes inactive users; ours does not."""

    class Provider:
        """Answers for the OpenID provider: the access token is Ada's."""

        def get_or_create_user(self, *_: Any) -> Any:
            return get_user_model().objects.get(pk=ada.user_id)

    class Guarded(GuardedOIDCAuthentication):
        def __init__(self) -> None:
            super().__init__(backend=Provider())

    before = call(Guarded, "Bearer token").status_code
    leave.offboard(make_context(), fresh(ada.user), reason="left")

    assert before == 200
    assert call(Guarded, "Bearer token").status_code == 401
