"""djangosaml2: a backend in place of its own, and an assertion consumer view that checks what the library does not.

``AUTHENTICATION_BACKENDS`` gets ``django_provisioning.jit.saml.SamlProvisioningBackend`` and
``SAML_ACS_FAILURE_RESPONSE_FUNCTION`` becomes ``django_provisioning.jit.pages.saml_refused``. With
``django_provisioning.jit.saml_urls`` included before djangosaml2's URLs, the Recipient and SessionNotOnOrAfter of an
assertion are held as well.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from djangosaml2.backends import Saml2Backend
from djangosaml2.cache import OutstandingQueriesCache
from djangosaml2.views import AssertionConsumerServiceView as LibraryView
from saml2 import BINDING_HTTP_POST
from saml2.saml import SCM_BEARER

from ..mapping.claims import LoginClaims
from .assertions import saml_claims
from .login import Refused, refuse, sign_in
from .saml_requests import unpacks_to_more

logger = logging.getLogger("django_provisioning.jit")

_SESSION_END_ATTRIBUTE = "provisioning_session_end"
_LONGEST_REPLAY_SECONDS = 24 * 3600
_LONGEST_ASSERTION = 1024 * 1024
_CLOCK_SKEW_SECONDS = 120


class SamlProvisioningBackend(Saml2Backend):  # type: ignore[misc]
    """Turns a verified assertion into ``LoginClaims``; the library's own attribute mapping never writes.

    The account is found by issuer and NameID, each assertion is taken once, and a transient NameID is no key.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        session_info: Mapping[str, Any] | None = None,
        attribute_mapping: Mapping[str, Any] | None = None,
        create_unknown_user: bool = True,
        assertion_info: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Let the person of a verified assertion in.

        Raises:
            PermissionDenied: refused; no other backend is asked, and the request carries the refusal.
        """
        if session_info is None or "ava" not in session_info:
            return None
        claims = self.login_claims(request, session_info)
        if not self.is_authorized(claims.claims, attribute_mapping, claims.issuer, assertion_info):
            raise PermissionDenied from refuse(
                claims, "not_authorized", "The backend's is_authorized said no.", request
            )
        if not _is_first_use(claims.issuer, assertion_info):
            raise PermissionDenied from refuse(
                claims, "replayed_assertion", "The assertion was used before.", request
            )
        try:
            return sign_in(claims, request).user
        except Refused as refused:
            raise PermissionDenied from refused

    def login_claims(self, request: HttpRequest | None, session_info: Mapping[str, Any]) -> LoginClaims:
        """Translate a verified assertion; a project may override it to add claims."""
        issuer = session_info["issuer"]
        name_id = session_info.get("name_id")
        return saml_claims(
            self.clean_attributes(session_info["ava"], issuer),
            issuer=issuer,
            name_id=getattr(name_id, "text", None),
            name_id_format=getattr(name_id, "format", None),
            session_index=session_info.get("session_index"),
            session_expires_at=getattr(request, _SESSION_END_ATTRIBUTE, None),
        )


def _is_first_use(issuer: str, assertion_info: Mapping[str, Any] | None) -> bool:
    """Take an assertion once (SAML Profiles §4.1.4.5); where the cache fails, not at all."""
    assertion_id = (assertion_info or {}).get("assertion_id")
    if not assertion_id:
        return False
    key = hashlib.sha256(f"{issuer}\0{assertion_id}".encode()).hexdigest()
    try:
        return bool(
            cache.add(f"django_provisioning:assertion:{key}", 1, timeout=_seconds_left(assertion_info))
        )
    except Exception:  # Any cache back end may be down, each with errors of its own.
        logger.exception("The cache does not answer, so no assertion is taken")
        return False


def _seconds_left(assertion_info: Mapping[str, Any] | None) -> int:
    """Give how long the assertion could be used again."""
    text = (assertion_info or {}).get("not_on_or_after")
    if not text:
        return _LONGEST_REPLAY_SECONDS
    end = datetime.fromisoformat(str(text))
    end = end if end.tzinfo else end.replace(tzinfo=UTC)
    return max(1, int((end - timezone.now()).total_seconds()) + _CLOCK_SKEW_SECONDS)


class _Unprinted(dict[str, Any]):
    """A session_info whose text shows no personal data."""

    def __repr__(self) -> str:
        return "<verified assertion>"


class AssertionConsumerServiceView(LibraryView):  # type: ignore[misc]
    """The library's view with the checks of SAML Profiles §4.1.4.3 that it leaves to its hook."""

    def post(self, request: HttpRequest, *arguments: Any, **more: Any) -> HttpResponse:
        """Take an assertion, unless it unpacks to more than any IdP sends.

        pysaml2 inflates what is posted, without a limit and before it looks at a signature; deflate packs a thousand
        to one, and anybody can post here.
        """
        if unpacks_to_more(request.POST.get("SAMLResponse", ""), _LONGEST_ASSERTION):
            raise SuspiciousOperation("The response is too long.")
        answer: HttpResponse = super().post(request, *arguments, **more)
        return answer

    def custom_validation(self, response: Any) -> None:
        """Hold the Recipient against our own address and note when the IdP wants the session to end.

        Raises:
            SuspiciousOperation: it is for another service or another browser, or has no authentication statement.
        """
        assertion = response.assertion
        if not assertion.authn_statement:
            raise SuspiciousOperation("The assertion has no authentication statement.")
        own = {url for url, _ in self._own_addresses()}
        recipients = [
            confirmation.subject_confirmation_data.recipient
            for confirmation in assertion.subject.subject_confirmation
            if confirmation.method == SCM_BEARER and confirmation.subject_confirmation_data is not None
        ]
        if not recipients or any(recipient not in own for recipient in recipients):
            raise SuspiciousOperation("The assertion is for another recipient.")
        self._require_own_request(response)
        if response.session_not_on_or_after:
            end = datetime.fromtimestamp(response.session_not_on_or_after, tz=UTC)
            setattr(self.request, _SESSION_END_ATTRIBUTE, end)

    def authenticate_user(
        self, request: HttpRequest, session_info: dict[str, Any], *arguments: Any, **more: Any
    ) -> Any:
        """Log the person in; the library would write the attributes of a refused one into its log."""
        return super().authenticate_user(request, _Unprinted(session_info), *arguments, **more)

    def _require_own_request(self, response: Any) -> None:
        """Refuse the answer to a request of another browser: pysaml2 takes it where it takes unsolicited ones."""
        confirmations = response.assertion.subject.subject_confirmation
        found = [one.subject_confirmation_data for one in confirmations]
        answered = {response.in_response_to, *(one.in_response_to for one in found if one is not None)} - {
            None
        }
        asked = OutstandingQueriesCache(self.request.saml_session).outstanding_queries()
        if not answered <= set(asked):
            raise SuspiciousOperation("The assertion answers no request of this browser.")

    def _own_addresses(self) -> list[tuple[str, str]]:
        endpoints = self.get_sp_config(self.request).getattr("endpoints", "sp") or {}
        found = []
        for endpoint in endpoints.get("assertion_consumer_service", ()):
            url, binding = (
                endpoint[:2] if isinstance(endpoint, list | tuple) else (endpoint, BINDING_HTTP_POST)
            )
            found.append((url, binding))
        return found
