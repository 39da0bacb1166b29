"""mozilla-django-oidc: a backend and a callback view in place of its own.

``AUTHENTICATION_BACKENDS`` gets ``django_provisioning.jit.oidc.OIDCProvisioningBackend``, ``OIDC_CALLBACK_CLASS``
becomes ``django_provisioning.jit.oidc.CallbackView``, and ``OIDC_OP_ISSUER`` names the issuer. Everything else of
the library stays: its URLs, its login view, its settings.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import jwt
import requests
from django.contrib import auth
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView

from ..mapping.claims import LoginClaims
from ..models import Identity
from .assertions import oidc_claims
from .failures import reason_of
from .login import Refused, refusal_of, refuse, sign_in
from .pages import refused_page
from .signing_keys import KeySource, fetch_key_set, fitting, settings_options

logger = logging.getLogger("django_provisioning.jit")

_LEEWAY_SECONDS = 60
_REQUIRED = ("iss", "sub", "aud", "exp", "iat")


class OIDCProvisioningBackend(OIDCAuthenticationBackend):  # type: ignore[misc]
    """Verifies what the library leaves out, and hands the claims to ``sign_in``; writes nothing itself.

    The ID token's ``iss``, ``aud``, ``azp``, ``exp``, ``iat`` and nonce are checked (OpenID Connect Core §3.1.3.7),
    userinfo must speak of the same ``sub`` (§5.3.2), and an inactive user's session ends at the next request.
    """

    def authenticate(self, request: HttpRequest | None, **kwargs: Any) -> Any:
        """Finish the code flow that the library's callback started.

        Raises:
            PermissionDenied: the login is refused; no other backend is asked, and the request carries the refusal.
        """
        # Only the library's own callback hands a nonce over; ``?code=&state=`` may be another library's.
        if request is None or "nonce" not in kwargs:
            return None
        try:
            return super().authenticate(request, **kwargs)
        except Refused as refused:
            raise PermissionDenied from refused
        except (requests.RequestException, SuspiciousOperation, jwt.PyJWTError) as error:
            reason = reason_of(error)
            raise PermissionDenied from refuse(
                self._nobody(), reason, f"{type(error).__name__} in the code flow.", request
            )

    def verify_token(self, token: str | None, **kwargs: Any) -> dict[str, Any]:
        """Verify a token's signature and, for an ID token, everything it must say.

        Raises:
            SuspiciousOperation: it is missing, badly signed, expired, or for somebody else.
        """
        if not token:
            raise SuspiciousOperation("The provider sent no ID token.")
        claims = self._decoded(token)
        if "nonce" in kwargs:
            self._require_id_token(claims, kwargs["nonce"])
        return claims

    def get_or_create_user(
        self, access_token: str, id_token: str | None, payload: dict[str, Any] | None
    ) -> Any:
        """Give the user of a verified login; for an API call (no ID token) only somebody known and active."""
        userinfo = self.get_userinfo(access_token, id_token, payload)
        if payload is None:
            return self._user_of_api_call(userinfo)
        if userinfo.get("sub") != payload["sub"]:
            # The library would swallow a SuspiciousOperation here, and with it the reference.
            detail = "userinfo speaks of another subject than the ID token."
            raise refuse(self._nobody(), "token_refused", detail, self.request)
        return sign_in(self.login_claims(payload, userinfo), self.request).user

    def get_token(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Redeem the code; what is no JSON object counts as no answer."""
        return _document(super().get_token(payload))

    def get_userinfo(
        self, access_token: str, id_token: str | None, payload: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Ask for the person's claims; what is no JSON object counts as no answer."""
        return _document(super().get_userinfo(access_token, id_token, payload))

    def login_claims(self, payload: Mapping[str, Any], userinfo: Mapping[str, Any]) -> LoginClaims:
        """Translate verified claims; a project may override it to add some."""
        return oidc_claims(payload, userinfo, issuer=str(payload["iss"]), client_id=self.OIDC_RP_CLIENT_ID)

    def get_user(self, user_id: Any) -> Any:
        """Give the user of a session, unless inactive."""
        user = self.UserModel._default_manager.filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def _user_of_api_call(self, userinfo: Mapping[str, Any]) -> Any:
        known = Identity.objects.filter(
            connection__oidc_issuer=self._issuer(),
            connection__oidc_client_id=self.OIDC_RP_CLIENT_ID,
            connection__enabled=True,
            subject=str(userinfo.get("sub", "")),
            live=True,
            active=True,
        )
        identity = known.select_related("user").first()
        return identity.user if identity is not None and self.user_can_authenticate(identity.user) else None

    def _nobody(self) -> LoginClaims:
        """Give the claims of a login that ended before it was known whose it is."""
        return LoginClaims("oidc", self._issuer(), "", client_id=self.OIDC_RP_CLIENT_ID)

    def _issuer(self) -> str:
        issuer = self.get_settings("OIDC_OP_ISSUER", None)
        if not issuer:
            raise ImproperlyConfigured(
                "Set OIDC_OP_ISSUER to the provider's issuer, exactly as its tokens name it."
            )
        return str(issuer)

    def _decoded(self, token: str) -> dict[str, Any]:
        """Give the claims of a token that one of the provider's keys signed with the expected algorithm."""
        for key in self._keys(token):
            try:
                claims: dict[str, Any] = jwt.decode(
                    token,
                    key,
                    algorithms=[self.OIDC_RP_SIGN_ALGO],
                    leeway=_LEEWAY_SECONDS,
                    options={"verify_aud": False},
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.PyJWTError as error:
                raise SuspiciousOperation(f"The token is not valid: {type(error).__name__}.") from error
            return claims
        raise SuspiciousOperation("No key of the provider signed the token.")

    def _keys(self, token: str) -> Iterator[Any]:
        """Give the keys to try: the client secret, the key of the settings, or those that the provider publishes."""
        algorithm = self.OIDC_RP_SIGN_ALGO
        if not algorithm.startswith(("RS", "ES", "PS")):
            yield self.OIDC_RP_CLIENT_SECRET
            return
        if self.OIDC_RP_IDP_SIGN_KEY is not None:
            yield self.OIDC_RP_IDP_SIGN_KEY
            return
        try:
            named = jwt.get_unverified_header(token).get("kid")
        except jwt.PyJWTError as error:
            raise SuspiciousOperation("The token has no readable header.") from error
        yield from fitting(
            fetch_key_set(KeySource(self.OIDC_OP_JWKS_ENDPOINT, settings_options())), named, algorithm
        )

    def _require_id_token(self, claims: Mapping[str, Any], nonce: str | None) -> None:
        missing = [name for name in _REQUIRED if not claims.get(name)]
        if missing:
            raise SuspiciousOperation(f"The ID token lacks {', '.join(missing)}.")
        if claims["iss"] != self._issuer():
            raise SuspiciousOperation("The ID token is of another issuer than OIDC_OP_ISSUER.")
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if self.OIDC_RP_CLIENT_ID not in audiences:
            raise SuspiciousOperation("The ID token is for another client.")
        authorized = claims.get("azp")
        if (authorized is None and len(audiences) > 1) or authorized not in (None, self.OIDC_RP_CLIENT_ID):
            raise SuspiciousOperation("The ID token was given to another party.")
        if self.get_settings("OIDC_USE_NONCE", True) and (not nonce or claims.get("nonce") != nonce):
            raise SuspiciousOperation("The ID token answers another login.")


def _document(answer: Any) -> dict[str, Any]:
    """Give the provider's answer if it is a JSON object.

    Raises:
        InvalidJSONError: it is something else.
    """
    if not isinstance(answer, dict):
        raise requests.exceptions.InvalidJSONError("The provider answered no JSON object.")
    return answer


class CallbackView(OIDCAuthenticationCallbackView):  # type: ignore[misc]
    """The library's callback, with a page for a refused login instead of a silent redirect."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Finish the flow; a state that is not ours is a refusal as well."""
        try:
            response: HttpResponse = super().get(request)
        except SuspiciousOperation:
            logger.warning("The OIDC callback came with a state of no login in this browser")
            return self.login_failure()
        return response

    def login_failure(self) -> HttpResponse:
        """End a session that is still open in this browser, and say what happened."""
        if self.request.user.is_authenticated:
            auth.logout(self.request)
        return refused_page(self.request, refusal_of(self.request))
