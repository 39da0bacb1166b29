"""People of a connection who were last seen some time ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from django_provisioning.lifecycle import schedule
from django_provisioning.lifecycle.jobs.base import Report
from django_provisioning.models import Account, Connection, Identity
from tests.lifecycle.people import jit_identity, local_user


def seen(
    connection: Connection, name: str, ago: timedelta | None, *, now: datetime, **account: Any
) -> Identity:
    """Give a person whom logins made, last seen so long before ``now``; None: never, and made a year before."""
    identity = jit_identity(connection, name, user=local_user(name))
    facts: dict[str, Any] = {"created_at": now - timedelta(days=365), **account}
    if ago is not None:
        facts["last_seen_at"] = now - ago
    Account.objects.filter(user=identity.user).update(**facts)
    return identity


def run_job(name: str, **options: Any) -> Report:
    """Run one job and give its report; it must not have failed."""
    result = schedule.run_due([name], **options)
    (one,) = result.jobs
    assert one.outcome == "done", one
    return one.report


def noon() -> datetime:
    """Give this moment, once: a test that reads the clock twice has two of them."""
    return timezone.now()
