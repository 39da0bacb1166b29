"""Every built-in revoker keeps the contract that a project's own has to keep, with the package itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.internal.flows.trust import create_config_fingerprint
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models.signals import post_delete, pre_delete
from django.utils import timezone
from django_agent_trust.models import AgentSettings
from django_otp import devices_for_user
from django_otp.plugins.otp_totp.models import TOTPDevice
from knox.models import AuthToken
from oauth2_provider.models import AccessToken, Grant, IDToken, RefreshToken
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from django_provisioning.lifecycle import revocation
from django_provisioning.lifecycle.revokers.agent_trust import TrustedAgentRevoker
from django_provisioning.lifecycle.revokers.authtoken import AuthTokenRevoker
from django_provisioning.lifecycle.revokers.channels import SocketRevoker
from django_provisioning.lifecycle.revokers.knox import KnoxRevoker
from django_provisioning.lifecycle.revokers.mfa import AuthenticatorRevoker
from django_provisioning.lifecycle.revokers.oauth import OAuthRevoker
from django_provisioning.lifecycle.revokers.otp import DeviceRevoker
from django_provisioning.lifecycle.revokers.sessions import SessionRevoker
from django_provisioning.lifecycle.revokers.simplejwt import RefreshTokenRevoker
from django_provisioning.lifecycle.revokers.usersessions import UserSessionRevoker
from django_provisioning.testing.revokers import RevokerContract
from tests.factories import make_connection
from tests.lifecycle.people import fresh, push, push_move
from tests.tokens import makers

pytestmark = pytest.mark.django_db


class TestAuthTokens(RevokerContract):
    """REST framework's authtoken: one per person."""

    revoker = AuthTokenRevoker
    many = 1

    def make(self, user: Any) -> None:
        """Make the token."""
        makers.drf_token(user)

    def count(self, user: Any) -> int:
        """Count the rows."""
        return Token.objects.filter(user=user).count()


class TestKnox(RevokerContract):
    """django-rest-knox."""

    revoker = KnoxRevoker

    def make(self, user: Any) -> None:
        """Make a token."""
        makers.knox_token(user)

    def count(self, user: Any) -> int:
        """Count the rows."""
        return AuthToken.objects.filter(user=user).count()


class TestRefreshTokens(RevokerContract):
    """djangorestframework-simplejwt."""

    revoker = RefreshTokenRevoker

    def make(self, user: Any) -> None:
        """Make a pair."""
        makers.jwt_pair(user)

    def count(self, user: Any) -> int:
        """Count what is outstanding."""
        return OutstandingToken.objects.filter(user=user, blacklistedtoken=None).count()


class TestOAuthGrants(RevokerContract):
    """django-oauth-toolkit: what can still be exchanged."""

    revoker = OAuthRevoker

    def make(self, user: Any) -> None:
        """Make a grant."""
        makers.oauth_grant(user)

    def count(self, user: Any) -> int:
        """Count the rows."""
        return Grant.objects.filter(user=user).count()


class TestOAuthAccess(RevokerContract):
    """django-oauth-toolkit: access tokens."""

    revoker = OAuthRevoker

    def make(self, user: Any) -> None:
        """Make an access token alone."""
        AccessToken.objects.create(
            token=f"{timezone.now().timestamp()}{AccessToken.objects.count()}", user=user, scope="read",
            application=makers.application(), expires=timezone.now() + timedelta(hours=1),
        )  # fmt: skip

    def count(self, user: Any) -> int:
        """Count the rows."""
        return AccessToken.objects.filter(user=user).count()


class TestUserSessions(RevokerContract):
    """allauth's list of sessions."""

    revoker = UserSessionRevoker

    def make(self, user: Any) -> None:
        """Open a session."""
        makers.listed_session(user)

    def count(self, user: Any) -> int:
        """Count the sessions themselves, not the list."""
        keys = [
            session.session_key
            for session in Session.objects.all()
            if session.get_decoded()["_auth_user_id"] == str(user.pk)
        ]
        assert UserSession.objects.filter(user=user).count() == len(keys)
        return len(keys)


class TestSessions(TestUserSessions):
    """Django's sessions by our own index, where allauth is not installed."""

    revoker = SessionRevoker  # type: ignore[assignment]

    def count(self, user: Any) -> int:
        """Count the sessions themselves."""
        return sum(
            session.get_decoded()["_auth_user_id"] == str(user.pk) for session in Session.objects.all()
        )


class TestOneTimePasswords(RevokerContract):
    """django-otp: a second factor is the person's, and stays while another connection vouches."""

    revoker = DeviceRevoker
    tells_connections = False

    def make(self, user: Any) -> None:
        """Enrol a phone; a sheet of codes comes with the first."""
        TOTPDevice.objects.create(user=user, name="phone")

    def count(self, user: Any) -> int:
        """Count the devices of all plugins."""
        return len(list(devices_for_user(user)))


class TestAuthenticators(RevokerContract):
    """allauth.mfa: a passkey."""

    revoker = AuthenticatorRevoker
    tells_connections = False

    def make(self, user: Any) -> None:
        """Enrol a passkey."""
        makers.passkey(user)

    def count(self, user: Any) -> int:
        """Count the rows."""
        return Authenticator.objects.filter(user=user).count()


def person() -> Any:
    """Give somebody with no credential."""
    return RevokerContract().make_user()


def test_every_installed_revoker_is_under_contract() -> None:
    """No built-in revoker is left out; sockets and trust in browsers cannot be counted, and have their own tests."""
    contracts = [TestSessions, *RevokerContract.__subclasses__()]
    under_contract = {getattr(one, "revoker", None) for one in contracts} | {
        SocketRevoker,
        TrustedAgentRevoker,
    }

    assert {type(one) for one in revocation.installed()} <= under_contract
    assert len(revocation.installed()) == len(revocation.BUILT_IN)


def test_oauth_leave_ends_all_that_was_issued_together() -> None:
    """Access, refresh and ID token and the open grant go, in one count."""
    user, other = person(), person()
    for somebody in (user, other):
        makers.oauth_pair(somebody)
        makers.oauth_grant(somebody)

    ended = OAuthRevoker().revoke(user, None)

    assert ended == 4
    for model in (AccessToken, RefreshToken, IDToken, Grant):
        assert list(model.objects.values_list("user", flat=True)) == [other.pk]


def test_otp_leave_takes_the_codes_with_the_sheet() -> None:
    """Codes on paper are a way in too."""
    user = person()
    makers.otp_devices(user)

    assert DeviceRevoker().revoke(user, None) == 2
    assert not list(devices_for_user(user))


def test_browsers_that_allauth_trusts_are_void_after_a_leave() -> None:
    """No revoker is needed: the cookie is signed with the password field, which a leave changes."""
    identity = push(make_connection(), "ada").identity
    before = create_config_fingerprint(identity.user)

    push_move(identity, "ada", active=False)

    assert create_config_fingerprint(fresh(identity.user)) != before


def test_trusted_browsers_are_void_after_a_leave() -> None:
    """The serial number moves on, so no cookie names the right one."""
    user, other = person(), person()
    makers.trusted_agent(user)
    makers.trusted_agent(other)

    TrustedAgentRevoker().revoke(user, None)

    assert AgentSettings.objects.get(user=user).serial == 1
    assert AgentSettings.objects.get(user=other).serial == 0


def test_expired_refresh_tokens_are_neither_counted_nor_blacklisted() -> None:
    """History is left alone, so a leave after years costs what it has to end."""
    user = person()
    makers.jwt_pair(user)
    OutstandingToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert RefreshTokenRevoker().revoke(user, None) == 0
    assert not BlacklistedToken.objects.exists()
    assert user not in revocation.holders()


@pytest.mark.parametrize("signal", [pre_delete, post_delete])
def test_listener_on_a_token_model_hears_of_every_end(signal: Any) -> None:
    """A project that clears a cache when a token is deleted hears it, at the price of Django's own deletion."""
    heard: list[Any] = []
    user = person()
    makers.knox_token(user)
    makers.knox_token(user)

    def listen(instance: Any, **_: Any) -> None:
        heard.append(instance.pk)

    signal.connect(listen, sender=AuthToken)
    try:
        ended = KnoxRevoker().revoke(user, None)
    finally:
        signal.disconnect(listen, sender=AuthToken)

    assert (ended, len(heard)) == (2, 2)
