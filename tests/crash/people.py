"""People who hold a session, a token and a badge, and what is left of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client
from rest_framework.authtoken.models import Token

from django_provisioning.models import Account, Event, Leave, PendingRevocation, SessionIndex
from django_provisioning.models.membership import membership_table
from tests.crash.badges import badge_of
from tests.scim_client import ScimClient

LEAVER = "leaver"


@dataclass(frozen=True)
class Person:
    """Somebody with every kind of access; ``cookie`` and ``token`` are what a thief would have kept."""

    user: Any
    scim_id: str
    cookie: str
    token: str

    def state(self) -> dict[str, Any]:
        """Ask with real requests, and read what the tables say."""
        browser = Client()
        browser.cookies["sessionid"] = self.cookie
        user = get_user_model().objects.get(pk=self.user.pk)
        leaver_events = Event.objects.filter(subject_type="user", subject_id=str(self.user.pk), phase=LEAVER)
        rows = Leave.objects.filter(subject_id=str(self.user.pk))
        table = membership_table()
        return {
            "active": user.is_active,
            "state": Account.objects.get(user=user).state,
            "session_works": browser.get("/session/").status_code == 200,
            "token_works": Client()
            .get("/token/", headers={"Authorization": f"Token {self.token}"})
            .status_code
            == 200,
            "badge_works": badge_of(user).exists(),
            "session_rows": SessionIndex.objects.filter(user=user).count(),
            "token_rows": Token.objects.filter(user=user).count(),
            "groups": table.rows.filter(**{table.user: user.pk}).count(),
            "events": sorted(str(uid) for uid in leaver_events.values_list("uid", flat=True)),
            "leaves": sorted(str(uid) for uid in rows.values_list("event_uid", flat=True)),
            "open": rows.filter(closed_at=None).count(),
            "pending": PendingRevocation.objects.filter(user=user).count(),
        }


def hire(client: ScimClient, name: str, group: str) -> Person:
    """Push somebody into a group, log in, and hand out a token and a badge."""
    made = client.create_user(name)
    client.patch(f"/Groups/{group}", [{"op": "add", "path": "members", "value": [{"value": made["id"]}]}])
    user = get_user_model().objects.get(username=name)
    browser = Client()
    browser.force_login(user)
    badge_of(user).touch()
    token = Token.objects.create(user=user).key
    return Person(user, str(made["id"]), browser.cookies["sessionid"].value, token)
