"""django-allauth: an adapter that hands every OpenID Connect and SAML login to ``sign_in``.

``SOCIALACCOUNT_ADAPTER = "django_provisioning.jit.allauth.ProvisioningSocialAccountAdapter"``, and
``SOCIALACCOUNT_EMAIL_VERIFICATION = "none"``, because the IdP answers for the addresses. The apps, URLs and providers
of allauth stay as they are. allauth itself makes and changes no user: it keeps its ``SocialAccount`` beside the
identity, and the identity decides whose account it is.

What allauth does not hand over is not known here: of a SAML assertion the format of the NameID and the SessionIndex.
Name the identifying attribute in ``SAML_SUBJECT_ATTRIBUTE`` where the NameID is transient.
"""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest

from ..exceptions import Refuse
from ..mapping.claims import LoginClaims
from .assertions import oidc_claims, saml_claims
from .failures import reason_of
from .login import Refused, refuse, sign_in
from .pages import refused_page

_SAML = "saml"


class ProvisioningSocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets ``sign_in`` decide every login of a provider that ``is_provisioned``; refusals end on the refused page."""

    def is_provisioned(self, provider: Any) -> bool:
        """Whether logins of an allauth provider belong to a connection; the project may exempt some.

        One that does and speaks neither OpenID Connect nor SAML is refused: nothing vouches for its subject.
        """
        return True

    def login_claims(self, request: HttpRequest, sociallogin: SocialLogin) -> LoginClaims:
        """Translate a login that allauth has verified; a project may override it to add claims.

        Raises:
            Refuse: unsupported_provider, token_refused.
        """
        provider, found = sociallogin.provider, sociallogin.account.extra_data
        if provider.id == _SAML:
            issuer = provider.app.settings.get("idp", {}).get("entity_id", "")
            return saml_claims(found, issuer=issuer, name_id=sociallogin.account.uid)
        if not isinstance(provider, OpenIDConnectProvider):
            raise Refuse("unsupported_provider", f"{provider.id} is neither OpenID Connect nor SAML.")
        # A token that a client posted is the data itself; the code flow has both parts.
        id_token = found.get("id_token", {}) if "userinfo" in found or "id_token" in found else found
        userinfo = found.get("userinfo") or {}
        if not id_token.get("sub") or (userinfo and userinfo.get("sub") != id_token["sub"]):
            raise Refuse("token_refused", "There is no ID token, or userinfo speaks of another subject.")
        return oidc_claims(
            id_token, userinfo, issuer=str(id_token.get("iss") or ""), client_id=provider.app.client_id
        )

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Decide a verified login, and give allauth the user that was decided on.

        Raises:
            ImmediateHttpResponse: refused; the response is the refused page.
        """
        if not self.is_provisioned(sociallogin.provider):
            super().pre_social_login(request, sociallogin)
            return
        try:
            user = self._decided(request, sociallogin)
        except Refused as refused:
            raise ImmediateHttpResponse(refused_page(request, refused)) from refused
        _associate(sociallogin, user)

    def _decided(self, request: HttpRequest, sociallogin: SocialLogin) -> Any:
        try:
            # Connecting a login to the account of whoever sits at the browser would go round the correlation.
            if sociallogin.state.get("process", AuthProcess.LOGIN) != AuthProcess.LOGIN:
                raise Refuse(
                    "not_a_login", "An account of a connection is not linked from inside another one."
                )
            claims = self.login_claims(request, sociallogin)
        except Refuse as error:
            raise refuse(_unread(sociallogin.provider), error.reason, error.detail, request) from error
        return sign_in(claims, request).user

    def authenticate_by_email(self, sociallogin: SocialLogin) -> Any:
        """Match no local account by its address: that is the linking policy's affair."""
        if self.is_provisioned(sociallogin.provider):
            return None
        return super().authenticate_by_email(sociallogin)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Keep allauth from making an account."""
        if self.is_provisioned(sociallogin.provider):
            return False
        return bool(super().is_open_for_signup(request, sociallogin))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """End a login that the library refused on the refused page, with an event; a cancelled one is no refusal.

        Raises:
            ImmediateHttpResponse: the response is the refused page.
        """
        if error == AuthError.CANCELLED or not self.is_provisioned(provider):
            super().on_authentication_error(request, provider, error, exception, extra_context)
            return
        detail = f"{type(exception).__name__ if exception else 'The login failed'} in the library."
        refused = refuse(_unread(provider), reason_of(exception), detail, request)
        raise ImmediateHttpResponse(refused_page(request, refused))


def _unread(provider: Any) -> LoginClaims:
    """Give the claims of a login that could not be read: which door it came through."""
    return LoginClaims("saml" if provider.id == _SAML else "oidc", "", "", client_id=provider.app.client_id)


def _associate(sociallogin: SocialLogin, user: Any) -> None:
    """Let allauth's row of the login point at the user; its own ``connect`` would write the whole user again."""
    account = sociallogin.account
    if account.pk is None or account.user_id != user.pk:
        # Two simultaneous first logins: the second finds the row of the first.
        account, _made = SocialAccount.objects.update_or_create(
            provider=account.provider,
            uid=account.uid,
            defaults={"user": user, "extra_data": account.extra_data},
        )
    sociallogin.account, sociallogin.user = account, user
