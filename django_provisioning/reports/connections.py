"""Connections with what their health is judged by: tokens, last requests, the last scheduled run, the last proof."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from ..models import Connection, ConnectionToken, Evidence, PolicyRun, Rollup, figures
from .requests import traffic_of, with_traffic

SILENT_DAYS = 7
EXPIRING_DAYS = 30
# An hour is judged by its failures once it has so many requests, and when so many of a hundred fail.
_ENOUGH_REQUESTS = 20
_MANY_PERCENT = 20


def with_health(now: datetime) -> QuerySet[Any]:
    """Give all connections with the facts of their health, in one query."""
    tokens = ConnectionToken.objects.filter(connection=OuterRef("pk")).order_by().values("connection")
    live = tokens.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=now))
    runs = PolicyRun.objects.filter(outcome=PolicyRun.Outcome.DONE).order_by("-pk")
    proofs = Evidence.objects.filter(kind="selftest", passed=True).order_by("-pk")
    scope = Cast(OuterRef("pk"), CharField(max_length=20))
    keys = Rollup.objects.filter(metric=figures.CERTIFICATE, scope=scope).order_by().values("scope")
    rows: QuerySet[Any] = Connection.objects.annotate(
        has_token=Exists(live),
        last_request_at=Subquery(tokens.annotate(at=Max("last_used_at")).values("at")),
        # A token that a newer one has replaced may end; the last one to end must not.
        token_ends_at=Subquery(live.annotate(at=Max("expires_at")).values("at")),
        endless_tokens=Exists(live.filter(expires_at=None)),
        first_token_at=Subquery(tokens.annotate(at=Min("created_at")).values("at")),
        last_run_at=Subquery(runs.values("finished_at")[:1]),
        last_proof_at=Subquery(proofs.values("created_at")[:1]),
        # Of the keys for SAML and those for signed requests, whichever end first; None where none has a date.
        keys_end_at=Subquery(keys.annotate(end=Min("at")).values("end")),
        keys_read_at=Subquery(keys.annotate(read=Min("computed_at")).values("read")),
    ).order_by("slug")
    return with_traffic(rows, now)


def has_login(connection: Connection) -> bool:
    """Whether people may come in by single sign-on through the connection."""
    known = connection.saml_entity_id or connection.oidc_issuer
    return bool(known) and connection.jit != Connection.Jit.OFF


def problems(connection: Any, now: datetime) -> list[str]:
    """Say in words what is not well with a connection of ``with_health``; nothing for one that is well."""
    if not connection.enabled:
        return [str(_("disabled"))]
    found = [str(_("writes halted"))] if connection.halted_at is not None else []
    found += _of_certificate(connection, now)
    if connection.first_token_at is None:
        return found if has_login(connection) else [*found, str(_("no token yet"))]
    if not connection.has_token:
        found.append(str(_("every token has expired or is revoked")))
    elif connection.token_ends_at and not connection.endless_tokens:
        days = (connection.token_ends_at - now).days
        if days < EXPIRING_DAYS:
            found.append(str(_("the last token expires in %(days)d days")) % {"days": days})
    if connection.last_request_at is None:
        found.append(str(_("waiting for the first request")))
    elif now - connection.last_request_at > timedelta(days=SILENT_DAYS):
        found.append(str(_("silent for %(days)d days")) % {"days": (now - connection.last_request_at).days})
    return [*found, *_of_traffic(connection)]


def _of_certificate(connection: Any, now: datetime) -> list[str]:
    ends_at: datetime | None = connection.keys_end_at
    if ends_at is None or ends_at - now >= timedelta(days=EXPIRING_DAYS):
        return []
    if ends_at <= now:
        return [str(_("the signing certificate of the identity provider has ended"))]
    text = str(_("the signing certificate of the identity provider ends in %(days)d days"))
    return [text % {"days": (ends_at - now).days}]


def _of_traffic(connection: Any) -> list[str]:
    traffic, found = traffic_of(connection), []
    if refused := traffic.by_status.get(401):
        # Unknown tokens are nobody's; these are of the connection, and over.
        found.append(str(_("%(count)d requests in 24 hours with a token that is over")) % {"count": refused})
    if traffic.hour >= _ENOUGH_REQUESTS and (traffic.hour_percent or 0) >= _MANY_PERCENT:
        found.append(
            str(_("%(percent)d %% of the last hour’s requests failed")) % {"percent": traffic.hour_percent}
        )
    return found
