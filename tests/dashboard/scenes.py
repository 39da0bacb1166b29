"""A small site with something of everything, made through the lifecycle."""

from __future__ import annotations

from typing import Any

from django.test import Client, TestCase
from django.utils import timezone

from django_provisioning.lifecycle import connections, leave, transactions
from django_provisioning.models import Account, Connection, Identity, PendingRevocation, ScimRequest
from tests.admin.pages import Browser
from tests.factories import make_connection, make_context, make_token
from tests.lifecycle.people import account_of, jit_identity, local_user, push, push_group

AUDITOR = (
    "view_dashboard", "view_account", "view_connection", "view_identity", "view_grouplink", "view_sessionindex",
    "view_event", "view_leave", "view_scimrequest", "export_report",
)  # fmt: skip
EVIL = "<script>alert('x')</script>"
FORMULA = "=cmd()"


def auditor() -> Browser:
    """Give somebody who may look at everything and take it away as a file."""
    return Browser(*AUDITOR)


def offboard(user: Any, reason: str = "left") -> None:
    """End the access of a person, with what follows after the commit."""
    context = make_context()
    with TestCase.captureOnCommitCallbacks(execute=True):
        transactions.run(lambda: leave.offboard(context, user, reason=reason))


def small_site() -> Connection:
    """Give a connection that pushed three people and a group, one of whom has left, beside a JIT-only one."""
    acme = make_connection("acme", idp="okta")
    make_token(acme, name="production")
    ada, grace, _alan = (
        push(acme, f"{name}@example.com", displayName=name.title()).identity
        for name in ("ada", "grace", "alan")
    )
    push_group(acme, "Engineering", ada, grace)
    offboard(grace.user, reason="TICKET-7")
    globex = make_connection("globex", jit="create", saml_entity_id="https://idp.example.com/saml")
    jit_identity(globex, "joan@example.net")
    local_user("root", is_staff=True)
    return acme


def person_of(name: str) -> Any:
    """Give the Django user of a pushed person."""
    return Identity.objects.get(user_name=f"{name}@example.com").user


def one_of_each() -> dict[str, Any]:
    """Fill every table, and give a row of each that has a page."""
    acme = small_site()
    ada = person_of("ada")
    Client().force_login(ada)
    connections.verify_domain(make_context(acme), acme, "example.com")
    now = timezone.now()
    PendingRevocation.objects.create(user=ada, revoker="sessions", created_at=now, next_attempt_at=now)
    ScimRequest.objects.create(
        connection=acme, at=now, method="GET", path="/Users", status=200, milliseconds=7
    )
    return {"connection": acme, "account": account_of(ada), "user": ada}


def set_account(user: Any, **values: Any) -> None:
    """Let an account be as no verb makes it today."""
    Account.objects.filter(user=user).update(**values)
