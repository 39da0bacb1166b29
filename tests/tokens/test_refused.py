"""Over HTTP: a token that worked is refused on the next request after the directory's word, and after a return."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken
from oauthlib.common import Request
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.tokens import AccessToken as JWTAccessToken
from rest_framework_simplejwt.tokens import SlidingToken

from django_provisioning.guard.oauth import GuardedOAuth2Validator
from django_provisioning.guard.simplejwt import GuardedTokenRefreshSlidingSerializer, PreciseRefreshToken
from django_provisioning.models import Account
from tests.factories import make_connection, make_token
from tests.scim_client import ScimClient
from tests.tokens import makers

pytestmark = pytest.mark.django_db

_DEACTIVATE = [{"op": "replace", "path": "active", "value": False}]
_REACTIVATE = [{"op": "replace", "path": "active", "value": True}]
_REFUSED = {401, 403}


class Person:
    """Somebody whom a directory pushed, and a client that presents what the person holds."""

    def __init__(self) -> None:
        self.directory = ScimClient(make_token(make_connection()))
        self.id = self.directory.create_user("ada")["id"]
        self.user = get_user_model().objects.get()
        self.client = Client()

    def leave(self) -> None:
        """Be deactivated by the directory."""
        assert self.directory.patch(f"/Users/{self.id}", _DEACTIVATE).status_code == 200

    def return_(self) -> None:
        """Be activated again by the directory."""
        assert self.directory.patch(f"/Users/{self.id}", _REACTIVATE).json()["active"] is True

    def asks(self, page: str, word: str, token: str) -> int:
        """Present a token to a page and give the status."""
        answer = self.client.get(f"/me/{page}/", headers={"Authorization": f"{word} {token}"})
        assert answer.status_code != 200 or answer.json() == {"pk": str(self.user.pk)}
        return answer.status_code

    def posts(self, path: str, **form: str) -> int:
        """Present a token to an endpoint of its package and give the status."""
        return self.client.post(path, form).status_code

    def refreshes(self, token: str) -> int:
        """Exchange a refresh token of OAuth and give the status."""
        return self.posts(
            "/o/token/", grant_type="refresh_token", refresh_token=token, client_id="app",
            client_secret=makers.CLIENT_SECRET,
        )  # fmt: skip

    def refreshes_jwt(self, token: str) -> int:
        """Exchange a refresh token of simplejwt and give the status."""
        return self.posts("/jwt/refresh/", refresh=token)


@pytest.fixture
def ada() -> Person:
    """Somebody in a directory."""
    return Person()


@pytest.mark.parametrize(
    ("page", "word", "make"),
    [
        ("drf", "Token", makers.drf_token),
        ("knox", "Token", makers.knox_token),
        ("oauth", "Bearer", lambda user: makers.oauth_pair(user)[0]),
        ("jwt", "Bearer", lambda user: makers.jwt_pair(user)[0]),
        ("jwt-stateless", "Bearer", lambda user: makers.jwt_pair(user)[0]),
    ],
)
def test_token_is_dead_after_the_leave_and_after_the_return(
    ada: Person, page: str, word: str, make: Any
) -> None:
    """C15, C16, N13: at the next request, and for good; whoever returns gets a new one, which works."""
    token = make(ada.user)
    assert ada.asks(page, word, token) == 200

    ada.leave()
    assert ada.asks(page, word, token) in _REFUSED
    ada.return_()
    assert ada.asks(page, word, token) in _REFUSED

    # The time of issue of a JWT has whole seconds: only a token of a later second is newer than the leave.
    Account.objects.update(access_valid_after=timezone.now() - timedelta(seconds=2))
    assert ada.asks(page, word, make(ada.user)) == 200


def test_refresh_tokens_are_dead_after_the_leave_and_after_the_return(ada: Person) -> None:
    """Nothing new comes of an old refresh token, of simplejwt or of OAuth; before the leave it did."""
    for refresh in (makers.jwt_pair, makers.oauth_pair):
        old, used = refresh(ada.user)[1], refresh(ada.user)[1]
        exchange = (
            ada.refreshes
            if refresh is makers.oauth_pair
            else lambda text: ada.posts("/jwt/refresh/", refresh=text)
        )
        assert exchange(used) == 200

        ada.leave()
        assert exchange(old) in {400, 401}
        ada.return_()
        assert exchange(old) in {400, 401}


def test_grant_is_dead_after_the_leave_and_after_the_return(ada: Person) -> None:
    """An authorization code that was not exchanged in time never is."""
    code = makers.oauth_grant(ada.user)
    form = {
        "grant_type": "authorization_code", "code": code, "client_id": "app", "client_secret": makers.CLIENT_SECRET,
        "redirect_uri": "https://app.example.com/callback",
    }  # fmt: skip

    ada.leave()
    assert ada.posts("/o/token/", **form) in {400, 401}
    ada.return_()
    assert ada.posts("/o/token/", **form) in {400, 401}


def test_jwt_verification_does_not_call_a_dead_token_valid(ada: Person) -> None:
    """The endpoint that other services ask knows of the leave."""
    access, _refresh = makers.jwt_pair(ada.user)
    assert ada.posts("/jwt/verify/", token=access) == 200

    ada.leave()

    assert ada.posts("/jwt/verify/", token=access) == 401


def test_jwt_that_was_issued_while_the_leave_ran_is_dead_after_the_return(ada: Person) -> None:
    """A request that was under way gets a token younger than the leave's beginning: the return voids it."""
    ada.leave()
    Account.objects.update(access_valid_after=timezone.now() - timedelta(minutes=1))
    access, _refresh = makers.jwt_pair(ada.user)

    ada.return_()

    assert ada.asks("jwt", "Bearer", access) == 401


def test_jwt_with_a_precise_time_of_issue_works_in_the_second_of_the_return(ada: Person) -> None:
    """A fraction tells the token of after the return from the one of before the leave, in the same second."""
    old = PreciseRefreshToken.for_user(ada.user)
    old_access = str(old.access_token)
    assert ada.asks("jwt", "Bearer", old_access) == 200

    ada.leave()
    ada.return_()
    new = PreciseRefreshToken.for_user(ada.user)

    assert ada.asks("jwt", "Bearer", old_access) == 401
    assert ada.asks("jwt", "Bearer", str(new.access_token)) == 200
    assert ada.refreshes_jwt(str(old)) == 401
    assert ada.refreshes_jwt(str(new)) == 200


def test_jwt_without_a_time_of_issue_is_older_than_any_leave(ada: Person) -> None:
    """Fail closed: a token that does not say its age is refused once there was a leave."""
    token = JWTAccessToken.for_user(ada.user)
    del token["iat"]
    assert ada.asks("jwt", "Bearer", str(token)) == 200

    ada.leave()
    ada.return_()

    assert ada.asks("jwt", "Bearer", str(token)) == 401


def test_jwt_of_a_deleted_person_is_refused(ada: Person) -> None:
    """A stateless token of somebody who is no row any more opens nothing."""
    access, _refresh = makers.jwt_pair(ada.user)
    key = ada.user.pk
    ada.user.delete()

    for page in ("jwt", "jwt-stateless"):
        assert (
            ada.client.get(f"/me/{page}/", headers={"Authorization": f"Bearer {access}"}).status_code == 401
        )
    assert not get_user_model().objects.filter(pk=key).exists()


def test_sliding_token_is_not_prolonged_after_a_leave(ada: Person) -> None:
    """Not by the age, where the blacklist is not asked; before the leave it was."""
    token = str(SlidingToken.for_user(ada.user))
    assert GuardedTokenRefreshSlidingSerializer().validate({"token": token})["token"]

    Account.objects.update(access_valid_after=timezone.now())

    with pytest.raises(AuthenticationFailed):
        GuardedTokenRefreshSlidingSerializer().validate({"token": token})


@pytest.mark.parametrize("page", ["jwt", "jwt-stateless"])
def test_jwt_that_names_people_by_another_field_is_judged_too(
    ada: Person, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """USER_ID_FIELD may be any unique field of the user."""
    monkeypatch.setattr(tokens.api_settings, "USER_ID_FIELD", ada.user.USERNAME_FIELD)
    access, _refresh = makers.jwt_pair(ada.user)
    headers = {"Authorization": f"Bearer {access}"}
    assert ada.client.get(f"/me/{page}/", headers=headers).status_code == 200

    ada.leave()
    assert ada.client.get(f"/me/{page}/", headers=headers).status_code == 401
    ada.return_()
    assert ada.client.get(f"/me/{page}/", headers=headers).status_code == 401


@pytest.mark.parametrize(("page", "queries"), [("jwt", 2), ("jwt-stateless", 1)])
def test_jwt_costs_one_query_for_the_stamp(
    ada: Person, page: str, queries: int, django_assert_num_queries: Any
) -> None:
    """The user where one is wanted, and the account's stamp."""
    access, _refresh = makers.jwt_pair(ada.user)
    ada.asks(page, "Bearer", access)  # The first request of an hour notes the use of the account.

    with django_assert_num_queries(queries):
        assert ada.asks(page, "Bearer", access) == 200


def test_stock_classes_are_what_the_check_warns_of(ada: Person) -> None:
    """Simplejwt's own: the stateless class accepts who has left, the other one accepts an old token after a return."""
    access, _refresh = makers.jwt_pair(ada.user)

    ada.leave()
    assert ada.asks("jwt-stock-stateless", "Bearer", access) == 200
    assert ada.asks("jwt-stock", "Bearer", access) == 401
    ada.return_()
    assert ada.asks("jwt-stock", "Bearer", access) == 200


class TestOAuthThatWasUnderWay:
    """A token that was issued while the leave ran, so that no revoker saw it."""

    @pytest.fixture(autouse=True)
    def _guarded(self, settings: Any) -> None:
        settings.OAUTH2_PROVIDER = {
            **settings.OAUTH2_PROVIDER,
            "OAUTH2_VALIDATOR_CLASS": "django_provisioning.guard.oauth.GuardedOAuth2Validator",
        }

    def test_guarded_validator_accepts_an_active_person(self, ada: Person) -> None:
        """Who has not left is let in, and gets new tokens."""
        access, refresh = makers.oauth_pair(ada.user)

        assert ada.asks("oauth", "Bearer", access) == 200
        assert ada.refreshes(refresh) == 200

    def test_guarded_validator_refuses_an_inactive_person(self, ada: Person) -> None:
        """Neither the late access token nor the late refresh token is worth anything."""
        ada.leave()
        access, refresh = makers.oauth_pair(ada.user)

        assert ada.asks("oauth", "Bearer", access) in _REFUSED
        assert ada.refreshes(refresh) in {400, 401}

    def test_guarded_validator_exchanges_no_grant_of_an_inactive_person(self, ada: Person) -> None:
        """A code that a slow page still handed out; with an active person it is exchanged."""
        form = {
            "grant_type": "authorization_code", "client_id": "app", "client_secret": makers.CLIENT_SECRET,
            "redirect_uri": "https://app.example.com/callback",
        }  # fmt: skip
        assert ada.posts("/o/token/", code=makers.oauth_grant(ada.user), **form) == 200

        ada.leave()

        assert ada.posts("/o/token/", code=makers.oauth_grant(ada.user), **form) in {400, 401}

    def test_guarded_validator_lets_an_application_act_for_itself(self) -> None:
        """A token of nobody is no business of anybody's leave."""
        validator = GuardedOAuth2Validator()
        token = AccessToken.objects.create(
            token="made-up", application=makers.application(), expires=timezone.now() + timedelta(hours=1)
        )
        request = Request("https://app.example.com/")

        assert validator.validate_bearer_token("made-up", [], request)
        assert request.access_token == token

    def test_guarded_validator_refuses_what_is_older_than_the_leave(self, ada: Person) -> None:
        """After the return as well."""
        access, refresh = makers.oauth_pair(ada.user)
        Account.objects.update(access_valid_after=timezone.now())

        assert ada.asks("oauth", "Bearer", access) in _REFUSED
        assert ada.refreshes(refresh) in {400, 401}

    def test_stock_validator_lets_the_late_token_in(self, ada: Person, settings: Any) -> None:
        """Why the guarded one is there: the library does not look at the account."""
        settings.OAUTH2_PROVIDER = {
            **settings.OAUTH2_PROVIDER,
            "OAUTH2_VALIDATOR_CLASS": "oauth2_provider.oauth2_validators.OAuth2Validator",
        }
        ada.leave()
        access, refresh = makers.oauth_pair(ada.user)

        assert ada.asks("oauth", "Bearer", access) == 200
        assert ada.refreshes(refresh) == 200
