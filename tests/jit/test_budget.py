"""What a login costs: queries of a known person's login, and what it writes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from django_provisioning.jit.login import sign_in
from django_provisioning.mapping.claims import LoginClaims
from django_provisioning.models import Event, Identity
from tests.jit.browser import Browser
from tests.jit.doors import Door, make_person
from tests.jit.scenes import directory_of, everything, identity_of
from tests.lifecycle.people import push_group

pytestmark = pytest.mark.django_db

_CONTROL = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")


def statements(captured: CaptureQueriesContext) -> list[str]:
    """Give the captured SQL without transaction control."""
    return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(_CONTROL)]


def claims_of(door: Door, **more: Any) -> LoginClaims:
    """Give the claims of a login as the backends do."""
    trust = door.trust()
    issuer = trust.get("saml_entity_id") or trust["oidc_issuer"]
    person = make_person(**more)
    claims = person.saml_attributes() if door.name == "saml" else person.oidc_claims()
    return LoginClaims(
        door.name,  # type: ignore[arg-type]
        issuer,
        person.key,
        client_id=trust.get("oidc_client_id", ""),
        session_index="session-1",
        claims=claims,
    )


@pytest.mark.parametrize("managed", [False, True], ids=["made by login", "managed by SCIM"])
@pytest.mark.parametrize("group_sync", ["off", "additive", "authoritative"])
def test_login_of_a_known_person_costs_at_most_eight_queries(
    door: Door, group_sync: str, *, managed: bool
) -> None:
    """Unchanged attributes and groups: at most eight queries, whatever the connection's policies are."""
    connection = door.connect(group_sync=group_sync, attribute_sync={"default": "always"})
    push_group(connection, "Engineers")
    if managed:
        directory_of(connection).create_user("ada.marsh")
    claims = claims_of(door, groups=("Engineers",))
    sign_in(claims)

    with CaptureQueriesContext(database) as captured:
        sign_in(claims, RequestFactory().get("/"))

    assert len(statements(captured)) <= 8, statements(captured)


def test_login_of_a_known_person_writes_only_when_it_was(door: Door) -> None:
    """An unchanged login touches last_login_at and last_seen_at, and leaves no event."""
    connection = door.connect(attribute_sync={"default": "always"})
    claims = claims_of(door)
    sign_in(claims)
    before, events = everything(), Event.objects.count()

    with CaptureQueriesContext(database) as captured:
        sign_in(claims, RequestFactory().get("/"))

    after = everything()
    for row, column in (("identities", "last_login_at"), ("accounts", "last_seen_at")):
        assert before[row][0].pop(column) < after[row][0].pop(column)
    assert after == before
    assert Event.objects.count() == events
    writes = [sql for sql in statements(captured) if not sql.startswith("SELECT")]
    assert len(writes) == 2, writes
    assert identity_of(connection, "ada.marsh").revision == 1


def test_whole_request_of_a_known_person_has_a_bounded_cost(door: Door, browser: Browser) -> None:
    """The request that ends a login, sessions and Django's own last_login included, stays small."""
    door.connect()
    door.log_in(make_person())
    person = make_person()
    form = browser.hold(browser.get(door.login_path), person.key) if door.name == "saml" else None
    page = browser.get(door.login_path) if form is None else None

    with CaptureQueriesContext(database) as captured:
        if form is not None:
            browser.client.post(form.action, form.fields)
        else:
            browser.client.get(door.provider.redirect_for(page, person))  # type: ignore[attr-defined]

    assert len(statements(captured)) <= 25, "\n".join(statements(captured))
    assert Identity.objects.count() == 1
