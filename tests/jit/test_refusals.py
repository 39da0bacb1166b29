"""What a refused person reads, what an administrator finds, and what the project's own code may decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.dispatch import Signal

from django_provisioning import signals
from django_provisioning.exceptions import Refuse
from django_provisioning.mapping.claims import LoginClaims
from django_provisioning.models import Connection, Event
from tests.jit.browser import Browser
from tests.jit.doors import Door, OidcDoor, make_person
from tests.jit.scenes import directory_of, everything, identity_of, refusal
from tests.lifecycle.people import local_user

pytestmark = pytest.mark.django_db


@contextmanager
def received(signal: Signal, answer: Callable[[dict[str, Any]], Any] = lambda _: None) -> Iterator[list[Any]]:
    """Collect what a signal sends; ``answer`` may raise."""
    found: list[dict[str, Any]] = []

    def receiver(**facts: Any) -> None:
        found.append(facts)
        answer(facts)

    signal.connect(receiver)
    try:
        yield found
    finally:
        signal.disconnect(receiver)


def _no(_facts: dict[str, Any]) -> None:
    raise Refuse("contractors", "Contractors use another system.")


def refuse_contractors(claims: LoginClaims, connection: Connection) -> None:
    """Serve as ADMISSION_POLICY: refuse people whom the claims call contractors."""
    if "contractor" in claims.values("kind"):
        raise Refuse("contractors", f"{connection.slug} does not let contractors in.")


def _bound_to_another(connection: Connection) -> None:
    directory_of(connection).create_user("ada.marsh")
    identity = identity_of(connection, "ada.marsh")
    identity.subject = "another"
    identity.save()


@pytest.mark.parametrize(
    "prepare",
    [
        lambda _: None,
        lambda _: local_user("ada.marsh"),
        lambda _: local_user("ada.marsh", password="kept-secret"),
        lambda _: local_user("ada.marsh", is_superuser=True),
        _bound_to_another,
    ],
    ids=["nobody", "a local account", "with a password", "a superuser", "bound to another"],
)
def test_page_never_tells_which_accounts_exist(door: Door, prepare: Callable[[Connection], Any]) -> None:
    """A stranger's name, a taken one and an administrator's end on the same page but for the reference."""
    connection = door.connect(jit="link_only")
    prepare(connection)

    page = door.log_in(make_person())

    event = refusal(page)
    text = page.text.replace(event.correlation_id, "")
    assert "You cannot be signed in to this application." in text
    for secret in ("ada", "marsh", "example.com", connection.slug, event.reason, "Traceback", "key-of"):
        assert secret not in text.lower()


def test_page_is_not_kept_by_caches(door: Door) -> None:
    """The page belongs to one attempt."""
    page = door.log_in(make_person())

    refusal(page)
    assert page.headers["Cache-Control"] == "no-store"


def test_page_is_the_projects_own_template(door: Door, settings: Any, tmp_path: Any) -> None:
    """A project overrides the page by a template of the same name."""
    folder = tmp_path / "django_provisioning"
    folder.mkdir()
    (folder / "refused.html").write_text("Ask {{ contact }} about <code>{{ reference }}</code>")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    page = door.log_in(make_person())

    assert page.text == f"Ask the service desk about <code>{refusal(page).correlation_id}</code>"


def test_page_escapes_the_contact(door: Door, settings: Any) -> None:
    """A contact with markup stays text."""
    settings.DJANGO_PROVISIONING = {"SUPPORT_CONTACT": "<b>desk</b>"}

    page = door.log_in(make_person())

    assert "&lt;b&gt;desk&lt;/b&gt;" in page.text


def test_event_of_a_refusal_says_who_tried_from_where(door: Door) -> None:
    """The administrator finds connection, issuer, asserted name, reason and address by the reference."""
    connection = door.connect(jit="off")

    event = refusal(door.log_in(make_person()))

    assert (event.connection, event.subject_label, event.ip) == (connection, "ada.marsh", "127.0.0.1")
    assert event.actor_type == "sso_login"
    assert event.actor_id in {connection.saml_entity_id, connection.oidc_issuer}


def test_refusal_leaves_an_earlier_session_of_somebody_else_alone_or_ended(
    door: Door, browser: Browser
) -> None:
    """A refused login never leaves the browser logged in as the person who was refused."""
    connection = door.connect()
    directory_of(connection).create_user("eve")
    door.log_in(make_person("eve"), browser)
    browser.client.logout()
    identity_of(connection, "eve").user.delete()
    connection.jit = "off"
    connection.save()

    page = door.log_in(make_person("eve"), browser)

    refusal(page)
    assert browser.whoami() is None


def test_no_claim_value_reaches_the_log(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a login nor a refusal writes names, addresses or subjects into the log.

    Ours at INFO, everybody's at WARNING: pysaml2 itself writes the NameID at INFO.
    """
    marks = {
        "user_name": "mark-name",
        "email": "mark-mail@example.com",
        "given_name": "Mark-Given",
        "key": "mark-key",
    }
    connection = door.connect()

    with caplog.at_level("WARNING"), caplog.at_level("INFO", logger="django_provisioning"):
        assert door.log_in(make_person(**marks)).status == 200
        connection.jit = "off"
        connection.save()
        refusal(door.log_in(make_person(**{**marks, "key": "mark-other"})))

    for mark in ("mark-name", "mark-mail", "Mark-Given", "mark-key", "mark-other"):
        assert mark not in caplog.text


def test_claims_show_no_values_in_their_repr(oidc: OidcDoor) -> None:
    """A claims object that ends in a traceback or a log shows no personal data."""
    oidc.connect()
    with received(signals.sso_login) as found:
        oidc.log_in(make_person(email="mark@example.com"))

    assert "mark@example.com" not in repr(found[0]["claims"])


def test_admission_policy_decides_by_claims(door: Door, settings: Any) -> None:
    """ADMISSION_POLICY sees the claims and may refuse with a reason of its own."""
    settings.DJANGO_PROVISIONING = {"ADMISSION_POLICY": "tests.jit.test_refusals.refuse_contractors"}
    door.connect()

    contractor = door.log_in(make_person("eve", more={"kind": ["contractor"]}))
    employee = door.log_in(make_person("ada", more={"kind": ["employee"]}))

    assert refusal(contractor).reason == "contractors"
    assert employee.status == 200


@pytest.mark.parametrize("name", ["sso_login", "jit_pre_create"])
def test_receiver_before_the_account_is_made_may_refuse(door: Door, name: str) -> None:
    """Refuse from a receiver undoes everything; its reason is in the event and not on the page."""
    door.connect()

    with received(getattr(signals, name), _no) as found:
        page = door.log_in(make_person())

    assert refusal(page).reason == "contractors"
    assert "ontractors" not in page.text
    assert found[0]["claims"].user_name == "ada.marsh"
    assert not get_user_model()._base_manager.exists()


def test_receiver_before_an_update_may_refuse(door: Door) -> None:
    """Refuse from jit_pre_update keeps the account as it was, and the person out."""
    connection = door.connect(attribute_sync={"default": "always"})
    door.log_in(make_person(given_name="Ada"))
    before = everything()

    with received(signals.jit_pre_update, _no) as found:
        page = door.log_in(make_person(given_name="Eve"))

    assert refusal(page).reason == "contractors"
    assert found[0]["identity"] == identity_of(connection, "ada.marsh")
    assert found[0]["changes"].fields["first_name"] == "Eve"
    assert everything() == before


def test_update_signal_is_silent_when_nothing_changes(door: Door) -> None:
    """jit_pre_update is sent for changes only."""
    door.connect(attribute_sync={"default": "always"})
    door.log_in(make_person())

    with received(signals.jit_pre_update) as found:
        door.log_in(make_person())

    assert found == []


def test_signals_after_a_login_tell_what_happened(door: Door) -> None:
    """jit_provisioned comes once, for the making; jit_login comes with every login."""
    connection = door.connect()

    with received(signals.jit_provisioned) as provisioned, received(signals.jit_login) as logins:
        door.log_in(make_person())
        door.log_in(make_person())

    user = identity_of(connection, "ada.marsh").user
    assert [facts["created"] for facts in provisioned] == [True]
    assert [facts["user"] for facts in logins] == [user, user]
    assert all(facts["request"] is not None for facts in logins)


def test_signal_of_a_refusal_carries_reason_and_reference(door: Door) -> None:
    """jit_refused tells the project what the page does not."""
    door.connect(jit="off")

    with received(signals.jit_refused) as found:
        event = refusal(door.log_in(make_person()))

    assert (found[0]["reason"], found[0]["reference"]) == ("jit_disabled", event.correlation_id)


def test_receiver_that_breaks_after_the_login_lets_the_person_in(door: Door, browser: Browser) -> None:
    """An error in a receiver that only observes is logged and changes nothing."""

    def broken(_facts: dict[str, Any]) -> None:
        raise RuntimeError("a bug of the project")

    door.connect()

    with received(signals.jit_login, broken):
        page = door.log_in(make_person(), browser)

    assert page.status == 200
    assert browser.whoami() is not None


def test_refused_login_writes_one_event_and_nothing_else(door: Door) -> None:
    """The rest of the transaction is rolled back."""
    door.connect(jit="off")
    before = Event.objects.count()

    refusal(door.log_in(make_person()))

    assert Event.objects.count() == before + 1
    assert everything() == {"users": [], "identities": [], "accounts": [], "memberships": []}
