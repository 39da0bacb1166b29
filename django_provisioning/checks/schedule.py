"""What only time ends: somebody must be asked, and ``provisioning_run`` must run."""

from __future__ import annotations

from datetime import timedelta

from django.db import connections
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from ..lifecycle import schedule
from ..lifecycle.transactions import database
from ..models import Account, Connection, ConnectionToken, PolicyRun
from .guard import guard_position
from .problems import Problems

_UNSEEN = timedelta(hours=24)
_MOST_NAMED = 10


def logins_without_a_directory_have_a_control() -> Problems:
    """W001: where nobody tells when a person leaves, something else ends the access."""
    if not _has_tables():
        return
    now = timezone.now()
    tokens = ConnectionToken.objects.filter(connection=OuterRef("pk"), revoked_at=None)
    pushes = Exists(tokens.filter(Q(expires_at=None) | Q(expires_at__gt=now)))
    logins = _enabled().exclude(jit=Connection.Jit.OFF).filter(~pushes)
    bare = logins.filter(
        session_max_age_seconds=None, stale_after_days=None, signing_keys_url="", revocation_issuer=None
    )
    for connection in bare.order_by("slug")[:_MOST_NAMED]:
        yield (
            (
                f"Connection {connection.slug!r} makes accounts at login, and nothing ends the access of who leaves: "
                "no directory pushes, sessions have no longest age, and no account becomes stale."
            ),
            (
                "Set session_max_age_seconds or stale_after_days (preset jit_only), let the IdP call the logout "
                "endpoints, or issue a token for its SCIM."
            ),
        )


def scheduled_run_is_seen() -> Problems:
    """W007: every job of ``provisioning_run`` ended well within a day, where a connection is older than that."""
    if not _has_tables():
        return
    since = timezone.now() - _UNSEEN
    if not _enabled().filter(created_at__lt=since).exists():
        return
    seen = schedule.last_done()
    missing = [name for name in schedule.job_names() if name not in seen or seen[name] < since]
    if missing:
        which = "" if len(missing) == len(schedule.JOBS) else f" Missing: {', '.join(missing)}."
        yield (
            (
                f"provisioning_run did not end well within the last 24 hours.{which} Until it does, leaves that a "
                "crash left open stay open, and no stale-account policy acts."
            ),
            "Let cron or a timer run it every five minutes: manage.py provisioning_run. PolicyRun says how it ended.",
        )


def somebody_can_always_come_in() -> Problems:
    """W011: where an IdP may lock out administrators, an account that no IdP touches is left to come in by.

    Elsewhere staff and superusers are protected already, so there is nothing to warn of.
    """
    if not _has_tables():
        return
    managed = _enabled().filter(manages_privileged=True).order_by("slug")
    names = list(managed.values_list("slug", flat=True)[:_MOST_NAMED])
    glass = Account.objects.using(database()).filter(kind=Account.Kind.BREAK_GLASS, user__is_active=True)
    if names and not glass.filter(managed_by=Account.ManagedBy.NONE).exists():
        yield (
            (
                f"The IdP of {', '.join(map(repr, names))} may lock out every administrator, and no active account is "
                "marked as break-glass outside of any connection."
            ),
            "Make a local superuser, mark its account as break-glass in the admin, and keep its password in a safe.",
        )


def sign_of_life_is_noted() -> Problems:
    """W016: a policy that ends unused accounts sees who uses them, which is what the guard notes."""
    if guard_position() is not None or not _has_tables():
        return
    acting = _connections().filter(
        stale_after_days__isnull=False, stale_action=Connection.StaleAction.SUSPEND
    )
    for connection in acting.order_by("slug")[:_MOST_NAMED]:
        yield (
            (
                f"Connection {connection.slug!r} suspends unused accounts, but only logins count as use: who stays "
                "logged in for long is suspended at work."
            ),
            "Add 'django_provisioning.guard.GuardMiddleware' to MIDDLEWARE, after AuthenticationMiddleware.",
        )


def _connections() -> QuerySet[Connection]:
    return Connection.objects.using(database())


def _enabled() -> QuerySet[Connection]:
    return _connections().filter(enabled=True)


def _has_tables() -> bool:
    """Whether ``migrate`` has made the tables; it runs the database checks before it does."""
    return PolicyRun._meta.db_table in connections[database()].introspection.table_names()
