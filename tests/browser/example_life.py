"""A month in the life of a made-up site, for the pictures of the documentation: ``fill`` writes it.

It runs inside the site's own settings and goes through the lifecycle as directories, logins and administrators do,
with contexts of past days. Names and addresses are nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import count, cycle
from operator import itemgetter
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from django_provisioning.jit.assertions import oidc_claims
from django_provisioning.lifecycle import (
    admission,
    connections,
    groups,
    identities,
    leave,
    memberships,
    schedule,
    tokens,
    transactions,
)
from django_provisioning.lifecycle.context import Actor, Context
from django_provisioning.lifecycle.join import join
from django_provisioning.lifecycle.move import move
from django_provisioning.lifecycle.presets import policies_of
from django_provisioning.models import Account, Connection, Identity, Leave, SessionIndex
from tests.lifecycle.people import group_changes, user_changes

_GIVEN = (
    "Ada",
    "Bo",
    "Chiara",
    "Dag",
    "Elif",
    "Femi",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaya",
    "Lena",
    "Milo",
    "Nia",
)
_FAMILY = (
    "Marsh",
    "Lindgren",
    "Rossi",
    "Holm",
    "Demir",
    "Okoro",
    "Vogel",
    "Petit",
    "Castro",
    "Weiss",
    "Arslan",
)
_DEPARTMENTS = ("Engineering", "Sales", "Finance", "Support")
_TITLES = ("Analyst", "Engineer", "Account manager", "Team lead")
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_CLIENT = "shop"
ADMIN = "operator"


def fill(password: str) -> str:
    """Write the month, and give a token of the first connection; ``operator`` is the administrator."""
    admin: Any = get_user_model()
    admin.objects.create_superuser(ADMIN, "operator@example.com", password)
    month = _Month()
    acme, globex, lumen = month.connect_all()
    raw = tokens.issue(month.at(29, acme, admin=True), acme, name="Okta production").raw
    tokens.issue(month.at(29, globex, admin=True), globex, name="Entra ID")
    month.people(acme, 28, 1.0)
    month.people(globex, 14, 0.5)
    month.logins(lumen, 9)
    month.leavers(acme, globex)
    month.live()
    month.sessions()
    schedule.run_due(["rollups"])
    return raw


class _Month:
    """Thirty days that end now: what happens is put down first, and then happens in the order of its days."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self._names = self._people()
        self._hours = cycle((2.3, 5.1, 7.7, 3.4, 6.2))
        self._acts: list[tuple[datetime, Callable[[], object]]] = []

    def at(self, days_ago: float, connection: Connection, *, admin: bool = False) -> Context:
        """Give the context of a moment: that of the directory, or of an administrator."""
        when = self.now - timedelta(days=days_ago, hours=next(self._hours))
        if admin:
            return Context(Actor("admin", "1", ADMIN), when, connection)
        token = connection.tokens.first()
        assert token is not None
        return Context(Actor.scim(token), when, connection, correlation_id=f"{int(when.timestamp()):x}")

    def connect_all(self) -> list[Connection]:
        """Make three connections: a directory with logins, a directory alone, logins alone."""
        context = Context(Actor("admin", "1", ADMIN), self.now - timedelta(days=29, hours=9))
        wanted: list[tuple[str, str, str, dict[str, Any]]] = [
            ("acme", "Acme", "okta", {**policies_of("jit_then_scim"), **_issuer("acme")}),
            ("globex", "Globex", "entra", policies_of("scim_authoritative")),
            ("lumen", "Lumen", "keycloak", {**policies_of("jit_only"), **_issuer("lumen")}),
        ]
        return [
            connections.create(context, slug=slug, name=name, idp=idp, **policies)
            for slug, name, idp, policies in wanted
        ]

    def people(self, connection: Connection, number: int, pace: float) -> None:
        """Push people day by day, a group for each department, and now and then a change of role."""
        departments: dict[str, list[str]] = {}
        for position in range(number):
            given, family = next(self._names)
            name = f"{given}.{family}@{connection.slug}.example.com".lower()
            department = _DEPARTMENTS[position % len(_DEPARTMENTS)]
            departments.setdefault(department, []).append(name)
            facts = {
                "externalId": f"00u{connection.slug[0]}{position:03}",
                "name": {"givenName": given, "familyName": family},
                "displayName": f"{given} {family}",
                "emails": [{"value": name, "primary": True}],
                "title": _TITLES[position % 3],
                _ENTERPRISE: {"department": department},
            }
            day = max(2, 28 - position * pace)
            self._then(self.at(day, connection), _push, name, facts)
            if position % 5 == 0:
                self._then(self.at(day - 1.5, connection), _change, name, {**facts, "title": _TITLES[3]})
        for department, names in departments.items():
            self._then(self.at(17, connection), _push_group, f"{department} {connection.name}", names)

    def logins(self, connection: Connection, number: int) -> None:
        """Let people in who are known by their logins alone; some of them have not come back."""
        for position in range(number):
            given, family = next(self._names)
            name = f"{given}.{family}@lumen.example.org".lower()
            claims = {"sub": name, "email": name, "email_verified": True, "given_name": given, "family_name": family,
                      "preferred_username": name}  # fmt: skip
            login = oidc_claims(claims, {}, issuer=str(connection.oidc_issuer), client_id=_CLIENT)
            when = self.now - timedelta(days=27 - 3 * position, hours=4)
            context = Context(Actor.login("oidc", str(connection.oidc_issuer)), when, connection)
            self._then(context, admission.admit, login)

    def leavers(self, acme: Connection, globex: Connection) -> None:
        """Let some leave by their directory, one of them late, and one by an administrator."""
        for days_ago, connection, position in ((16, acme, 0), (12, acme, 1), (9, acme, 2), (6, globex, 0),
                                               (4, acme, 3), (3, globex, 1), (1, acme, 4)):  # fmt: skip
            self._then(self.at(days_ago, connection), _leave, position, days_ago == 9)
        manual = get_user_model().objects.create_user("contractor", "contractor@example.com", "made-up")
        Account.objects.create(
            user=manual, origin="manual", state="active", created_at=self.now - timedelta(days=29)
        )
        self._then(self.at(0.4, acme, admin=True), _offboard, manual)

    def live(self) -> None:
        """Let everything happen, the oldest first."""
        for _when, act in sorted(self._acts, key=itemgetter(0)):
            transactions.run(act)

    def sessions(self) -> None:
        """Let some of the active people be at work."""
        for position, account in enumerate(Account.objects.filter(state="active")[:18]):
            seen = self.now - timedelta(hours=position * 7)
            Account.objects.filter(pk=account.pk).update(last_seen_at=seen)
            if position % 3 != 2:
                SessionIndex.objects.create(
                    user=account.user, session_key=f"made-up-{position}", created_at=seen, last_seen_at=seen
                )

    def _then(self, context: Context, act: Callable[..., object], *facts: object) -> None:
        self._acts.append((context.now, partial(act, context, *facts)))

    @staticmethod
    def _people() -> Iterator[tuple[str, str]]:
        for number in count():
            yield _GIVEN[number % len(_GIVEN)], _FAMILY[number % len(_FAMILY)]


def _issuer(slug: str) -> dict[str, Any]:
    return {"oidc_issuer": f"https://{slug}.example.org", "oidc_client_id": _CLIENT}


def _push(context: Context, name: str, facts: dict[str, Any]) -> None:
    join(context, user_changes(name, **facts))


def _change(context: Context, name: str, facts: dict[str, Any]) -> None:
    identity = Identity.objects.get(connection=context.connection, user_name=name)
    move(context, identities.locked(context, identity.scim_id), user_changes(name, **facts))


def _push_group(context: Context, name: str, people: list[str]) -> None:
    changes = group_changes(name)
    link = groups.create(context, changes)
    members = Identity.objects.filter(connection=context.connection, user_name__in=people)
    delta = memberships.add(link, [member.scim_id for member in members])
    groups.update(context, link, changes, delta)


def _leave(context: Context, position: int, is_late: bool) -> None:
    """End the access of one who was pushed early; a revoker that had to be repeated makes it late."""
    present = Identity.objects.filter(connection=context.connection, active=True).order_by("pk")
    identity = identities.locked(context, present[position + 2].scim_id)
    transactions.update_fields(identity, active=False)
    leave.end_identity(context, identity)
    took = timedelta(minutes=42) if is_late else timedelta(seconds=1.4)
    transactions.on_commit(partial(_close, identity.user_id, context.now + took))


def _offboard(context: Context, user: Any) -> None:
    leave.offboard(context, user, reason="The contract ended")
    transactions.on_commit(partial(_close, user.pk, context.now + timedelta(seconds=0.3)))


def _close(user_id: Any, at: datetime) -> None:
    """Say that nothing is left since then: the clock that closes a removal is today's."""
    Leave.objects.filter(user_id=user_id).update(closed_at=at)
