"""The command on a sound project: it proves every cell, says so, and leaves nothing but events and evidence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.urls import set_script_prefix
from django.utils import timezone
from knox.models import AuthToken
from oauth2_provider.models import AccessToken, Application, RefreshToken
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from django_provisioning.lifecycle import advisory_lock, transactions
from django_provisioning.lifecycle.connections import configure
from django_provisioning.models import (
    Account,
    Connection,
    CredentialOrigin,
    Event,
    Evidence,
    GroupLink,
    Identity,
    Leave,
    PendingRevocation,
    SessionIndex,
    figures,
)  # fmt: skip
from django_provisioning.models.membership import group_model
from django_provisioning.reports import leave_latency
from django_provisioning.selftest import ways
from tests.factories import make_connection, make_context
from tests.lifecycle.people import local_user, push
from tests.selftest.probes_for_tests import OWN_KEY

_CREDENTIALS = {
    "session ModelBackend", "session OIDCProvisioningBackend", "authtoken", "knox", "jwt access", "jwt refresh",
    "oauth access", "oauth refresh",
}  # fmt: skip
_REMOVED = (
    Account, AccessToken, Application, AuthToken, BlacklistedToken, Connection, CredentialOrigin, GroupLink, Identity,
    Leave, OutstandingToken, PendingRevocation, RefreshToken, Session, SessionIndex, Token, get_user_model(),
)  # fmt: skip


def test_selftest_sound_project_passes_on_every_way(selftest: Callable[..., Any], tmp_path: Path) -> None:
    """C16, C29, N20: on every path each credential is refused at once and after the return; the proof is kept."""
    bystander = local_user("ada")
    out = tmp_path / "proof.json"

    answer = selftest("--out", str(out))

    document = answer.document
    assert (answer.code, document["result"], document["gaps"], document["not_gone"]) == (0, "passed", [], [])
    assert [line["way"] for line in document["table"]] == [way.name for way in ways.ALL]
    assert all(set(line) >= _CREDENTIALS for line in document["table"])
    _assert_nothing_is_left(bystander)
    _assert_events_name_the_run()
    content = json.loads(Evidence.objects.get(pk=document["evidence"]).content)
    assert content == json.loads(out.read_text())["content"]
    assert all(row["times"]["closed_at"] for row in content["rows"] if row["way"] != "sign-out")
    assert content["configuration"]["revokers"]
    assert selftest("--verify", str(document["evidence"])).document["valid"] is True
    assert selftest("--verify", str(out)).document["passed"] is True


def _assert_nothing_is_left(bystander: Any) -> None:
    left = {model._meta.label: model._base_manager.count() for model in _REMOVED}
    assert {label: count for label, count in left.items() if count} == {bystander._meta.label: 1}
    assert group_model()._base_manager.count() == 0


def _assert_events_name_the_run() -> None:
    marked = (
        Q(correlation_id__startswith="selftest-")
        | Q(connection_slug__startswith="selftest-")
        | Q(subject_label__startswith="provisioning-selftest-")
    )
    assert Event.objects.filter(marked).count() > len(ways.ALL)
    assert list(Event.objects.exclude(marked).values_list("type", "subject_label")) == []


def test_selftest_does_not_count_in_the_figures(selftest: Callable[..., Any]) -> None:
    """Joiners, leavers and returns of a run are nobody's: the charts and the latency figures leave them out."""
    selftest("--quick")

    assert [one for one in figures.of_events(timezone.now()) if one.metric == "days"] == []
    assert leave_latency.Scope().returns().count() == leave_latency.Scope().leaves().count() == 0


def test_selftest_quick_goes_one_way_of_each_kind(selftest: Callable[..., Any]) -> None:
    """--quick goes fewer ways, and every name it uses exists."""
    answer = selftest("--quick")

    assert answer.code == 0
    assert [line["way"] for line in answer.document["table"]] == list(ways.QUICK)


def test_selftest_prints_and_keeps_no_credential(
    selftest: Callable[..., Any], settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither stdout, nor the evidence, nor our log at its finest holds a credential."""
    caplog.set_level("DEBUG")
    # It logs every token that it hands out, which no project lets through in production.
    caplog.set_level("INFO", logger="oauthlib")
    settings.DJANGO_PROVISIONING = {"SELFTEST_PROBES": ["tests.selftest.probes_for_tests.OwnKeyProbe"]}

    answer = selftest("--path=/own-key/", way="scim patch")

    told = answer.out + answer.error + caplog.text + Evidence.objects.get().content
    assert [secret for secret in (OWN_KEY, "djprov_", "eyJ", "sessionid=", "Bearer ") if secret in told] == []


def test_selftest_own_probe_without_revoker_is_a_gap(selftest: Callable[..., Any], settings: Any) -> None:
    """A project's own probe is presented like any other, and its own remedy is named."""
    settings.DJANGO_PROVISIONING = {"SELFTEST_PROBES": ["tests.selftest.probes_for_tests.OwnKeyProbe"]}

    answer = selftest("--path=/own-key/", way="command")

    assert answer.code == 3
    assert answer.cells("command")["own key"] == "OPEN (200)"
    assert [gap["gap"] for gap in answer.document["gaps"]] == [
        "own key OPEN (200) on command. Write a revoker."
    ]
    assert Evidence.objects.get().passed is False


def test_selftest_page_of_the_project_is_asked_too(selftest: Callable[..., Any]) -> None:
    """--path adds the project's own page, which sessions open and are then refused at by a redirect."""
    answer = selftest("--path=/desk/", way="scim patch")

    assert answer.code == 0
    content = json.loads(Evidence.objects.get().content)
    assert content["pages"] == ["/desk/", "/provisioning-selftest/whoami/"]


def test_selftest_page_for_everybody_is_no_proof(selftest: Callable[..., Any]) -> None:
    """A page that needs no credential is refused before anything is concluded from it."""
    answer = selftest("--path=/news/", way="scim patch")

    assert (answer.code, answer.out) == (1, "")
    assert "/news/ answers without any credential" in answer.error
    assert not Connection.objects.exists()


def test_selftest_page_that_fails_is_a_gap(selftest: Callable[..., Any]) -> None:
    """An answer of 500 after the leave is no refusal."""
    answer = selftest("--path=/failing/", way="command")

    assert answer.code == 3
    assert answer.cells("command")["session ModelBackend"] == "OPEN (500)"


def test_selftest_credential_that_opens_nothing_proves_nothing(
    selftest: Callable[..., Any], settings: Any
) -> None:
    """What does not work before the leave is a gap, not a success; the other credentials are proven all the same."""
    settings.DJANGO_PROVISIONING = {"SELFTEST_PROBES": ["tests.selftest.probes_for_tests.UselessProbe"]}

    answer = selftest(way="command")

    assert answer.code == 3
    assert answer.cells("command")["useless"] == "NOT PROVEN"
    assert answer.cells("command")["knox"] == "404/404"
    assert "opens no page even before the leave" in answer.document["gaps"][0]["gap"]


def test_selftest_leaves_halted_connection_and_valves_alone(selftest: Callable[..., Any]) -> None:
    """More people leave in a run than the valve lets pass, and no valve trips; a halted connection stays halted."""
    connection = make_connection("acme", mass_leave_percent=1, mass_leave_halts=True)
    identity = push(connection, "ada").identity
    transactions.run(lambda: configure(make_context(connection), connection, name="Acme"))
    Connection.objects.filter(pk=connection.pk).update(halted_at=identity.created_at)

    answer = selftest("--quick")

    connection.refresh_from_db()
    assert answer.code == 0
    assert connection.halted_at == identity.created_at
    assert not Event.objects.filter(type__startswith="breaker.").exists()
    assert identity.user.is_active


@pytest.mark.parametrize("engine", ["cache", "cached_db", "file", "signed_cookies"])
def test_selftest_passes_on_every_session_engine(
    selftest: Callable[..., Any], settings: Any, tmp_path: Path, engine: str
) -> None:
    """The sessions are made in the store that the project uses, whatever it is."""
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)

    answer = selftest(way=("scim patch", "sign-out"))

    assert (answer.code, answer.error) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_selftest_project_without_scim_goes_the_other_ways(
    selftest: Callable[..., Any], settings: Any
) -> None:
    """Where only logins make accounts, the ways of a directory are named as not gone, and the others are proven."""
    settings.ROOT_URLCONF = "django_provisioning.selftest.urls"

    answer = selftest(way=("scim put", "command"))

    assert answer.code == 0
    assert answer.document["not_gone"] == ["scim put: the project does not serve SCIM"]
    assert [line["way"] for line in answer.document["table"]] == ["command"]


def test_selftest_that_goes_no_way_proves_nothing(selftest: Callable[..., Any], settings: Any) -> None:
    """A run in which nothing could be tried does not pass."""
    settings.ROOT_URLCONF = "django_provisioning.selftest.urls"

    answer = selftest(way="scim put")

    assert answer.code == 3
    assert answer.document["gaps"] == [{"gap": "Nothing was proven: no way out could be gone."}]


def test_selftest_serves_below_a_script_name(selftest: Callable[..., Any], settings: Any) -> None:
    """A project below a path (FORCE_SCRIPT_NAME) is asked at its URLs."""
    settings.FORCE_SCRIPT_NAME = "/app"
    set_script_prefix("/app/")
    try:
        answer = selftest(way="scim patch")
    finally:
        set_script_prefix("/")

    assert answer.code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (["--verify", "4711"], 1, "There is no evidence 4711"),
        (["--verify", "missing.json"], 1, "cannot be read"),
        (["--url", "app.example.com"], 1, "is no address of a site"),
        (["--url", "http://app.example.com"], 1, "over plain HTTP"),
    ],
)
def test_selftest_wrong_argument_is_named(
    selftest: Callable[..., Any], arguments: list[str], code: int, problem: str
) -> None:
    """What is not there is an error that says so."""
    answer = selftest(*arguments)

    assert (answer.code, answer.out) == (code, "")
    assert problem in answer.error


def test_selftest_verify_finds_a_changed_proof(selftest: Callable[..., Any], tmp_path: Path) -> None:
    """C29: a row or a file that was changed after the signature ends with exit code 5."""
    out = tmp_path / "proof.json"
    made = selftest("--out", str(out), way="command").document["evidence"]
    Evidence.objects.filter(pk=made).update(passed=False)
    out.write_text(out.read_text().replace("command", "nothing"))

    answers = [selftest("--verify", str(which)) for which in (made, out)]

    assert [answer.code for answer in answers] == [5, 5]
    assert "The row's passed" in answers[0].error
    assert "signature" in answers[1].error


def test_selftest_two_at_once_is_refused(selftest: Callable[..., Any]) -> None:
    """A second run would take the first one's people for leftovers; it does not begin."""
    with advisory_lock.held("selftest") as is_held:
        answer = selftest(way="command")

    assert is_held
    assert answer.code == 1
    assert "Another self-test is running" in answer.error
