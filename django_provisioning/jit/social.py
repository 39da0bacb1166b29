"""social-auth-app-django: one pipeline step that hands every OpenID Connect and SAML login to ``sign_in``.

It stands after ``social_user`` and takes the place of all steps that make or change a user::

    SOCIAL_AUTH_PIPELINE = (
        "social_core.pipeline.social_auth.social_details",
        "social_core.pipeline.social_auth.social_uid",
        "social_core.pipeline.social_auth.auth_allowed",
        "social_core.pipeline.social_auth.social_user",
        "django_provisioning.jit.social.provision",
        "social_core.pipeline.social_auth.associate_user",
        "social_core.pipeline.social_auth.load_extra_data",
    )

With ``RefusedPageMiddleware`` in MIDDLEWARE, what the library itself refuses ends on the refused page too.
What the library does not hand over is not known here: of a SAML assertion the format of the NameID. Name the
identifying attribute in ``SAML_SUBJECT_ATTRIBUTE`` where the NameID is transient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from social_core.backends.open_id_connect import OpenIdConnectAuth
from social_core.exceptions import AuthCanceled, AuthException, SocialAuthBaseException

from ..exceptions import Refuse
from ..mapping.claims import LoginClaims
from .assertions import oidc_claims, saml_claims
from .failures import reason_of
from .login import Refused, refuse, sign_in
from .pages import refused_page

# Parts of the token response that the library mixes into userinfo; they are secrets, no claims.
_TOKENS = frozenset({"access_token", "refresh_token", "id_token", "token_type", "expires_in", "scope"})


def provision(
    strategy: Any, backend: Any, response: Mapping[str, Any], social: Any = None, *_: Any, **__: Any
) -> Any:
    """Decide a verified login: ``{"user", "is_new", "social"}``, or the refused page, which ends the pipeline.

    Raises:
        AuthException: refused, and there is no request to answer with a page.
    """
    request: HttpRequest | None = strategy.request
    try:
        accepted = sign_in(_readable(backend, response, request), request)
    except Refused as refused:
        if request is None:
            raise AuthException(backend, "The login was refused.") from refused
        return refused_page(request, refused)
    user = accepted.user
    if social is not None and social.user_id != user.pk:
        social.user = user
        social.save(update_fields=["user"])
    _replace_session(request, user, backend)
    return {"user": user, "is_new": accepted.outcome.kind == "created", "social": social}


def login_claims(backend: Any, response: Mapping[str, Any]) -> LoginClaims:
    """Translate a login that the library has verified.

    Raises:
        Refuse: unsupported_provider, token_refused.
    """
    if "idp_name" in response and hasattr(backend, "get_idp"):
        attributes = dict(response["attributes"])
        return saml_claims(
            attributes,
            issuer=backend.get_idp(response["idp_name"]).entity_id,
            name_id=attributes.pop("name_id", None),
            session_index=response.get("session_index"),
        )
    if not isinstance(backend, OpenIdConnectAuth):
        raise Refuse("unsupported_provider", f"{backend.name} is neither OpenID Connect nor SAML.")
    id_token = backend.id_token or {}
    userinfo = {name: value for name, value in response.items() if name not in _TOKENS}
    if not id_token.get("sub") or userinfo.get("sub") != id_token["sub"]:
        raise Refuse("token_refused", "There is no ID token, or userinfo speaks of another subject.")
    return oidc_claims(
        id_token, userinfo, issuer=str(id_token.get("iss") or ""), client_id=str(backend.setting("KEY"))
    )


class RefusedPageMiddleware:
    """Ends a login that the library refused on the refused page, with an event; a cancelled one is no refusal."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Give the page for an error of the library, None for any other."""
        if not isinstance(exception, SocialAuthBaseException) or isinstance(exception, AuthCanceled):
            return None
        reason = reason_of(exception.__cause__)
        claims = _unread(getattr(request, "backend", None))
        return refused_page(
            request, refuse(claims, reason, f"{type(exception).__name__} in the library.", request)
        )


def _readable(backend: Any, response: Mapping[str, Any], request: HttpRequest | None) -> LoginClaims:
    try:
        return login_claims(backend, response)
    except Refuse as error:
        raise refuse(_unread(backend), error.reason, error.detail, request) from error


def _unread(backend: Any) -> LoginClaims:
    """Give the claims of a login that could not be read: which door it came through."""
    is_saml = hasattr(backend, "get_idp")
    return LoginClaims(
        "saml" if is_saml else "oidc", "", "", client_id=str(backend.setting("KEY") or "") if backend else ""
    )


def _replace_session(request: HttpRequest | None, user: Any, backend: Any) -> None:
    """Log the person in where somebody else is logged in: the library would leave the other one's session open."""
    present = getattr(request, "user", None)
    if request is None or present is None or not present.is_authenticated or present.pk == user.pk:
        return
    auth.login(request, user, backend=f"{type(backend).__module__}.{type(backend).__qualname__}")
