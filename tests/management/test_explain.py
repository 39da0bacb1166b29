"""``provisioning_explain``: it says what really happens then, and leaves no trace."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.backends.cache import SessionStore as CacheSessions
from django.contrib.sessions.backends.cached_db import SessionStore as CachedSessions
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db.models.signals import post_save
from django.utils import timezone

from django_provisioning import signals
from django_provisioning.exceptions import NotUnique, Refuse
from django_provisioning.jit.login import Refused, sign_in
from django_provisioning.lifecycle import explain, revocation, transactions
from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.management.pushes import claims_of, push_of
from django_provisioning.mapping.claims import LoginClaims
from django_provisioning.models import Connection, Event, SessionIndex
from tests.factories import make_connection, make_token
from tests.lifecycle.people import push
from tests.management.scenes_of_explain import (
    CLIENT,
    ISSUER,
    LOGINS,
    PUSHES,
    claims,
    connection_with_token,
    patch,
    resource,
)
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

Explain = Callable[..., dict[str, Any]]


@pytest.fixture
def explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Explain:
    """Run the command as a person would and give its JSON."""

    def run(connection: Connection, kind: str, document: Any, *more: str) -> dict[str, Any]:
        file = tmp_path / "asked.json"
        file.write_text(json.dumps(document))
        capsys.readouterr()
        arguments = ["--connection", connection.slug, f"--{kind}", str(file), "--format", "json", *more]
        call_command("provisioning_explain", *arguments)
        return dict(json.loads(capsys.readouterr().out))

    return run


def everything() -> dict[str, list[dict[str, Any]]]:
    """Give the contents of every table."""
    models = apps.get_models(include_auto_created=True)
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}


def new_event_types(after: int) -> list[str]:
    """Give the types of the events since then, oldest first."""
    return list(Event.objects.filter(pk__gt=after).order_by("pk").values_list("type", flat=True))


def last_event() -> int:
    """Give the key of the newest event."""
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def send(connection: Connection, document: dict[str, Any]) -> Any:
    """Send a push for real."""
    request = push_of(document)
    client = ScimClient(make_token(connection))
    return client.request(request.method, request.path, request.body)


def log_in(claimed: LoginClaims) -> tuple[str, str]:
    """Log in for real and give verb and reason."""
    try:
        return sign_in(claimed).outcome.kind, ""
    except Refused as refused:
        return "refused", refused.reason


@pytest.mark.parametrize("name", PUSHES)
def test_explain_push_writes_nothing(name: str, explained: Explain) -> None:
    """Whatever the push would do, every table holds the same rows afterwards."""
    connection, document = PUSHES[name][0]()
    before = everything()

    explained(connection, "scim", document)

    assert everything() == before


@pytest.mark.parametrize("name", LOGINS)
def test_explain_login_writes_nothing(name: str, explained: Explain) -> None:
    """Whatever the login would do, every table holds the same rows afterwards."""
    connection, document = LOGINS[name][0]()
    before = everything()

    explained(connection, "claims", document)

    assert everything() == before


@pytest.mark.parametrize("name", PUSHES)
def test_explain_push_predicts_what_happens(name: str, explained: Explain) -> None:
    """The verb, the status and the events of the explanation are those of the request that follows."""
    scene, verb = PUSHES[name]
    connection, document = scene()

    predicted = explained(connection, "scim", document)
    start = last_event()
    response = send(connection, document)

    assert predicted["verb"] == verb
    assert predicted["status"] == response.status_code
    # Sending needed a token of its own.
    happened = [type_ for type_ in new_event_types(start) if type_ != "token.issued"]
    assert [event["type"] for event in predicted["events"]] == happened
    if verb == "refused":
        assert predicted["detail"] == response.json()["detail"]


@pytest.mark.parametrize("name", LOGINS)
def test_explain_login_predicts_what_happens(name: str, explained: Explain) -> None:
    """The verb, the reason and the events of the explanation are those of the login that follows."""
    scene, verb, reason = LOGINS[name]
    connection, document = scene()

    predicted = explained(connection, "claims", document)
    start = last_event()
    happened = log_in(claims_of(document, connection, None))

    assert (predicted["verb"], predicted["reason"]) == (verb, reason) == happened
    assert [event["type"] for event in predicted["events"]] == new_event_types(start)


_AFTERWARDS = (
    "account_joined", "account_left", "jit_provisioned", "jit_login", "jit_refused", "group_changed",
)  # fmt: skip


def _noting(sent: list[str], name: str) -> Callable[..., None]:
    def receiver(**_: Any) -> None:
        sent.append(name)

    return receiver


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "name"), [("scim", "leave"), ("scim", "join"), ("claims", "create")])
def test_explain_outside_of_a_transaction_commits_nothing(kind: str, name: str, explained: Explain) -> None:
    """With no test's transaction around it, the rollback is the explanation's own, and no signal is sent."""
    connection, document = (PUSHES[name] if kind == "scim" else LOGINS[name])[0]()
    sent: list[str] = []
    receivers = {name: _noting(sent, name) for name in _AFTERWARDS}
    for which, receiver in receivers.items():
        getattr(signals, which).connect(receiver)
    before = everything()

    explained(connection, kind, document)

    for which, receiver in receivers.items():
        getattr(signals, which).disconnect(receiver)
    assert everything() == before
    assert sent == []


def test_explain_login_attributes_show_old_new_and_rule(explained: Explain) -> None:
    """Each asserted attribute stands there with what it is, what it would be, and the rule that decides."""
    connection, document = LOGINS["known, attributes changed"][0]()

    answer = explained(connection, "claims", document)

    assert {"attribute": "name.givenName", "old": None, "new": "Alice", "rule": "always"} in answer[
        "attributes"
    ]


def test_explain_login_scim_managed_says_that_attributes_stay(explained: Explain) -> None:
    """Where SCIM manages the account the explanation says so, and every attribute keeps its value."""
    connection, document = LOGINS["first login binds"][0]()

    answer = explained(connection, "claims", document)

    assert any(step["about"] == "ownership" and "SCIM" in step["finding"] for step in answer["steps"])
    given = next(row for row in answer["attributes"] if row["attribute"] == "name.givenName")
    assert (given["old"], given["new"], given["rule"]) == (None, None, "never")


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [
        ("claims", "known", "subject"),
        ("claims", "first login binds", "userName"),
        ("claims", "first login binds by e-mail", "email"),
        ("claims", "link", "login name"),
        ("scim", "adopt", "userName"),
        ("scim", "rejoin after delete", "userName"),
        ("scim", "link", "login name"),
        ("scim", "join", ""),
    ],
)
def test_explain_match_names_its_key(kind: str, name: str, key: str, explained: Explain) -> None:
    """The step of the match says by which attribute the person was found."""
    connection, document = (PUSHES[name] if kind == "scim" else LOGINS[name])[0]()

    answer = explained(connection, kind, document)

    assert [step["facts"]["key"] for step in answer["steps"] if step["about"] == "match"] == [key]


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("claims", "create", [("Everybody", "added"), ("Engineering", "added"),
                              ("Unheard", "not owned by the connection: ignored")]),
        ("claims", "known, groups changed", [("Sales", "added"), ("Engineering", "removed")]),
        ("scim", "leave", [("Engineering", "removed")]),
    ],
)  # fmt: skip
def test_explain_groups_are_listed(
    kind: str, name: str, expected: list[tuple[str, str]], explained: Explain
) -> None:
    """Groups that the person would get or lose stand there by name."""
    connection, document = (PUSHES[name] if kind == "scim" else LOGINS[name])[0]()

    answer = explained(connection, kind, document)

    assert [(row["group"], row["change"]) for row in answer["groups"]] == expected


def test_explain_saml_claims_are_read_like_an_assertion(explained: Explain) -> None:
    """A transient NameID is refused as it would be at the login."""
    connection = make_connection(saml_entity_id="https://idp.example.org/saml", jit="create")
    name_id_format = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    document = {"name_id": "_x1", "name_id_format": name_id_format, "attributes": {"uid": ["alice"]}}

    refused = explained(connection, "claims", document)
    accepted = explained(connection, "claims", {**document, "name_id_format": "persistent"})

    assert (refused["verb"], refused["reason"]) == ("refused", "no_subject")
    assert (accepted["verb"], accepted["door"]) == ("created", "login (saml)")


@pytest.mark.parametrize(
    "id_token_and_userinfo",
    [
        ({"email": "alice@example.com", "email_verified": "true"}, {}),
        ({"email": "mallory@example.com", "email_verified": True}, {"email": "alice@example.com"}),
    ],
)
def test_explain_oidc_unvouched_address_does_not_bind(
    id_token_and_userinfo: tuple[dict[str, Any], dict[str, Any]], explained: Explain
) -> None:
    """A text "true", or a vow for another address, is no vow for this one."""
    connection, _ = LOGINS["first login binds by e-mail"][0]()
    id_token, userinfo = id_token_and_userinfo
    document = {"id_token": {"iss": ISSUER, "sub": "a new subject", **id_token}, "userinfo": userinfo}

    answer = explained(connection, "claims", document)

    assert (answer["verb"], answer["reason"]) == ("refused", "jit_disabled")


def test_explain_issuer_of_another_connection_is_warned_of(explained: Explain) -> None:
    """Claims that belong to another connection are judged there, and the answer says so."""
    asked = connection_with_token()
    other = make_connection(oidc_issuer="https://other.example.org", oidc_client_id=CLIENT, jit="create")
    document = {**claims(), "iss": "https://other.example.org"}

    answer = explained(asked, "claims", document)

    assert answer["verb"] == "created"
    assert other.slug in answer["warning"]


@pytest.mark.parametrize(("refusing", "verb"), [(True, "refused"), (False, "created")])
def test_explain_receiver_that_may_refuse_is_asked(refusing: bool, verb: str, explained: Explain) -> None:
    """A receiver of jit_pre_create decides in a rehearsal as it does in a login, and can tell the two apart."""
    connection, document = LOGINS["create"][0]()
    seen: list[bool] = []

    def receiver(**_: Any) -> None:
        seen.append(explain.is_rehearsal())
        if refusing:
            raise Refuse("no_contract")

    signals.jit_pre_create.connect(receiver)
    try:
        answer = explained(connection, "claims", document)
    finally:
        signals.jit_pre_create.disconnect(receiver)

    assert answer["verb"] == verb
    assert seen == [True]


@pytest.fixture(params=["cache", "cached_db"])
def open_session(request: pytest.FixtureRequest, settings: Any) -> Iterator[tuple[Connection, Any, str]]:
    """Open a session of a pushed person on an engine that keeps it in the cache."""
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    connection = connection_with_token()
    identity = push(connection, "alice").identity
    store = CacheSessions() if request.param == "cache" else CachedSessions()
    store["marker"] = "alive"
    store.save()
    now = timezone.now()
    SessionIndex.objects.create(
        user=identity.user,
        session_key=str(store.session_key),
        connection=connection,
        created_at=now,
        last_seen_at=now,
    )
    yield connection, identity, store.cache_key
    cache.clear()


def test_explain_leave_keeps_cached_sessions(
    open_session: tuple[Connection, Any, str], explained: Explain
) -> None:
    """The session is counted as one that would end, and is still in the cache afterwards."""
    connection, identity, key = open_session
    request = patch(identity.scim_id, {"op": "replace", "path": "active", "value": False})

    answer = explained(connection, "scim", request)

    assert answer["events"][0]["effects"]["sessions"] == 1
    assert cache.get(key) is not None


def test_leave_for_real_deletes_cached_sessions(open_session: tuple[Connection, Any, str]) -> None:
    """The same leave for real takes the session out of the cache, so the test above can fail."""
    connection, identity, key = open_session
    request = patch(identity.scim_id, {"op": "replace", "path": "active", "value": False})

    send(connection, request)

    assert cache.get(key) is None


class OutsideRevoker(Revoker):
    """Ends something outside of the database."""

    kind = "badges"
    called = 0

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Count the call."""
        type(self).called += 1
        return 1


def test_explain_leave_leaves_revokers_of_other_systems_out(settings: Any, explained: Explain) -> None:
    """A revoker that does not promise to live in the database is named, not run."""
    settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{__name__}.OutsideRevoker"]}
    revocation._all.cache_clear()
    connection, request = PUSHES["leave"][0]()

    answer = explained(connection, "scim", request)

    assert [step["finding"] for step in answer["steps"] if step["about"] == "revocation"] == [
        "After the commit: badges."
    ]
    assert OutsideRevoker.called == 0


def test_explain_erasure_asks_nobody_outside(settings: Any, explained: Explain) -> None:
    """What a real erasure ends before the row goes, a rehearsal leaves alone."""
    settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{__name__}.OutsideRevoker"]}
    OutsideRevoker.called = 0
    connection = connection_with_token(delete_mode="erase")
    identity = push(connection, "alice").identity

    answer = explained(connection, "scim", {"method": "DELETE", "path": f"/Users/{identity.scim_id}"})

    assert answer["verb"] == "erased"
    assert OutsideRevoker.called == 0


def test_explain_does_not_count_against_the_rate(settings: Any, explained: Explain) -> None:
    """The cache is left alone."""
    connection, request = PUSHES["move"][0]()
    stored: Any = cache
    cache.set("before", 1)
    before = dict(stored._cache)

    explained(connection, "scim", request)

    assert dict(stored._cache) == before


def test_explain_without_token_says_so(explained: Explain) -> None:
    """A connection that no directory can reach is answered 401."""
    answer = explained(make_connection(), "scim", resource())

    assert (answer["verb"], answer["status"]) == ("refused", 401)
    assert "provisioning_create_token" in answer["detail"]


def test_explain_token_without_scope_says_so(explained: Explain) -> None:
    """A token that may not write groups is answered 403."""
    connection = make_connection()
    make_token(connection, scopes=["scim:users"])

    answer = explained(connection, "scim", {"displayName": "Engineering"})

    assert (answer["verb"], answer["status"]) == ("refused", 403)


def test_explain_table_is_readable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table has the verb, the steps and the attributes."""
    connection, document = PUSHES["move"][0]()
    file = tmp_path / "asked.json"
    file.write_text(json.dumps(document))

    call_command("provisioning_explain", "--connection", connection.slug, "--scim", str(file))

    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["verb", "moved"] for line in lines)
    assert any(line.split() == ["title", "Engineer", "Director", "pushed"] for line in lines)


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        ("[]", [], "no JSON object"),
        ("{", [], "not valid JSON"),
        ('{"method": "GET", "path": "/Users"}', [], "Name one of"),
        ('{"method": "PATCH", "path": "/Users"}', [], "Name one of"),
    ],
)
def test_explain_unusable_file_is_an_error(tmp_path: Path, content: str, more: list[str], words: str) -> None:
    """What is no push is an error with a remedy."""
    connection = make_connection()
    file = tmp_path / "asked.json"
    file.write_text(content)

    with pytest.raises(CommandError, match=words):
        call_command("provisioning_explain", "--connection", connection.slug, "--scim", str(file), *more)


def test_explain_connection_without_issuer_asks_for_the_protocol(tmp_path: Path) -> None:
    """Which protocol the claims are of is never guessed."""
    file = tmp_path / "asked.json"
    file.write_text('{"sub": "x"}')

    with pytest.raises(CommandError, match="--protocol"):
        call_command("provisioning_explain", "--connection", make_connection().slug, "--claims", str(file))


def test_rehearsal_ends_with_its_block() -> None:
    """Afterwards the same thread works for real again."""
    explain.rehearse(lambda: explain.note("x", "inside"))

    assert not explain.is_rehearsal()
    explain.note("x", "outside of a rehearsal nobody listens")


def test_rehearsal_leaves_out_events_that_the_work_itself_rolled_back() -> None:
    """What a lost race or a late refusal undid inside of the work is not told as if it had happened."""

    def undone() -> None:
        make_connection()
        raise NotUnique("taken meanwhile")

    def work() -> Connection:
        with pytest.raises(NotUnique):
            transactions.run(undone)
        return make_connection("kept")

    rehearsal = explain.rehearse(work)

    assert [event.subject_label for event in rehearsal.events] == ["kept"]


def test_rehearsal_error_is_rolled_back_and_raised() -> None:
    """A programming error comes through, and leaves nothing behind either."""
    before = everything()

    def work() -> None:
        push(make_connection(), "alice")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        explain.rehearse(work)

    assert everything() == before
    assert not explain.is_rehearsal()


def test_rehearsal_runs_model_signals() -> None:
    """Receivers of Django's own signals run, as they have a say; they can ask whether it is a rehearsal."""
    seen: list[bool] = []

    def receiver(**_: Any) -> None:
        seen.append(explain.is_rehearsal())

    post_save.connect(receiver, sender=Connection)
    try:
        explain.rehearse(make_connection)
    finally:
        post_save.disconnect(receiver, sender=Connection)

    assert seen == [True]
