"""``sign_in``: the one function that every SSO library's adapter calls (DESIGN: flows)."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.module_loading import import_string

from .. import signals
from ..conf import settings
from ..exceptions import ProvisioningError, Refuse
from ..lifecycle import admission, explain, refusals, sessions, transactions
from ..lifecycle.addresses import client_address
from ..lifecycle.context import Actor, Context
from ..lifecycle.outcome import Outcome
from ..mapping.claims import LoginClaims
from ..models import Connection, Identity
from ..protocol.errors import ScimError

logger = logging.getLogger("django_provisioning.jit")

_REFUSAL_ATTRIBUTE = "provisioning_refusal"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A login that was let in."""

    outcome: Outcome
    claims: LoginClaims

    @property
    def user(self) -> Any:
        """The Django user."""
        return self.outcome.identity.user


class Refused(ProvisioningError):
    """A login that was not let in. ``reference`` is all that the person is told; an event carries it too."""

    def __init__(self, reason: str, detail: str, reference: str) -> None:
        super().__init__(detail, reason=reason)
        self.reference = reference


def sign_in(claims: LoginClaims, request: HttpRequest | None = None) -> SignIn:
    """Let a person in whom an SSO library has verified: bind, link, make or refuse, in one transaction.

    [≤ 5 queries for somebody known whose attributes did not change; it writes the time of the login and no more]

    Raises:
        Refused: the event ``login.refused`` holds the reason and the reference.
    """
    reference = uuid.uuid4().hex[:12]
    actor = Actor.login(claims.protocol, claims.issuer)
    context = Context.of(actor, correlation_id=reference, ip=_address(request))
    try:
        connection = find_connection(claims)
        context = Context(actor, context.now, connection, reference, ip=context.ip)
        require_admissible(claims, connection)
        explain.note("admission", "The connection trusts the issuer, and the claims are what it requires.")
        signals.sso_login.send(sender=Connection, claims=claims, connection=connection, request=request)
        outcome = transactions.run(lambda: admission.admit(context, claims))
    except (ProvisioningError, ScimError) as error:
        raise _refused(context, claims, error, request) from error
    accepted = SignIn(outcome, claims)
    if explain.is_rehearsal():
        return accepted
    if request is not None:
        expected = sessions.ExpectedSession(
            connection, claims.session_index, claims.session_expires_at, verified_at=context.now
        )
        sessions.expect(request, expected)
    facts = {"claims": claims, "identity": outcome.identity, "user": accepted.user, "request": request}
    if outcome.kind != "unchanged":
        signals.jit_provisioned.send_robust(sender=Identity, created=outcome.kind == "created", **facts)
    signals.jit_login.send_robust(sender=Identity, **facts)
    return accepted


def find_connection(claims: LoginClaims) -> Connection:
    """Give the connection that trusts this issuer [1 query].

    Raises:
        Refuse: unknown_connection.
    """
    if claims.protocol == "saml":
        found = Connection.objects.filter(saml_entity_id=claims.issuer).first()
    else:
        found = Connection.objects.filter(oidc_issuer=claims.issuer, oidc_client_id=claims.client_id).first()
    if found is None or not claims.issuer:
        raise Refuse("unknown_connection", f"No connection trusts the issuer {claims.issuer[:200]!r}.")
    return found


def require_admissible(claims: LoginClaims, connection: Connection) -> None:
    """Hold the claims against what the connection requires of every login.

    Raises:
        Refuse: connection_disabled, no_subject, required_claim, email_domain, or what the project's ADMISSION_POLICY
            says.
    """
    if not connection.enabled:
        raise Refuse("connection_disabled", "The connection is disabled.")
    if not claims.subject.strip():
        raise Refuse("no_subject", "The login names no subject that stays the same.")
    for name, allowed in connection.required_claims.items():
        values = claims.values(name)
        if not values or (allowed and not set(values) & {str(one) for one in allowed}):
            raise Refuse("required_claim", f"The claim {name!r} is missing or has no allowed value.")
    domains = {domain.lower() for domain in connection.allowed_email_domains}
    if domains and (claims.email or "").rpartition("@")[2].lower() not in domains:
        raise Refuse("email_domain", "The e-mail domain is not one of the connection's.")
    if settings.ADMISSION_POLICY:
        import_string(settings.ADMISSION_POLICY)(claims, connection)


def refusal_of(request: HttpRequest) -> Refused | None:
    """Give the refusal of this request, if there was one."""
    return getattr(request, _REFUSAL_ATTRIBUTE, None)


def note_refusal(request: HttpRequest | None, refused: Refused) -> None:
    """Let the request carry a refusal to the page that shows it: both SSO libraries lose the exception."""
    if request is not None:
        setattr(request, _REFUSAL_ATTRIBUTE, refused)


def refuse(claims: LoginClaims, reason: str, detail: str, request: HttpRequest | None = None) -> Refused:
    """Record and give a refusal that an adapter decides on, before any connection is known."""
    context = Context.of(
        Actor.login(claims.protocol, claims.issuer),
        correlation_id=uuid.uuid4().hex[:12],
        ip=_address(request),
    )
    return _refused(context, claims, Refuse(reason, detail), request)


def _refused(
    context: Context, claims: LoginClaims, error: ProvisioningError | ScimError, request: HttpRequest | None
) -> Refused:
    reason = error.reason if isinstance(error, ProvisioningError) else "invalid_claims"
    refusals.record_login(context, reason, claims.user_name)
    refused = Refused(reason, error.detail, context.correlation_id)
    if explain.is_rehearsal():
        return refused
    logger.warning("Login refused: %s (reference %s)", reason, refused.reference)
    note_refusal(request, refused)
    signals.jit_refused.send_robust(
        sender=Connection, claims=claims, reason=reason, reference=refused.reference, request=request
    )
    return refused


def _address(request: HttpRequest | None) -> str | None:
    return client_address(request) if request is not None else None
