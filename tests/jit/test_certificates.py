"""When the keys of identity providers end, read from real metadata and from key sets over HTTP."""

from __future__ import annotations

import textwrap
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from django_provisioning.jit import key_certificates, saml_certificates
from django_provisioning.jit.signing_keys import forget_key_sets
from django_provisioning.models import Connection, Event, Rollup
from tests.factories import make_connection
from tests.jit import service_provider
from tests.jit.doors import OidcDoor, SamlDoor
from tests.jit.hostile_oidc import TamperedProvider
from tests.jit.signing import certificate, key_of, trusted
from tests.run.people import run_job

pytestmark = pytest.mark.django_db

ENTITY = "https://idp.example.com/metadata"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON, LATER = NOW + 20 * DAY, NOW + 400 * DAY
NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def known() -> list[tuple[str, int, datetime | None]]:
    """Give what the scheduled run has learned: the reader, how many keys, and when the last of them ends."""
    rows = Rollup.objects.filter(metric="certificate").order_by("scope", "key")
    return [(row.key, row.count, row.at) for row in rows]


def told() -> list[tuple[Connection | None, dict[str, Any]]]:
    """Give the connection and the facts of each event."""
    found = Event.objects.filter(type="connection.certificate_expiring").order_by("id")
    return [(event.connection, event.effects) for event in found]


@pytest.mark.parametrize(
    ("keys", "number", "end"),
    [
        ([key_of(certificate(SOON))], 1, SOON),
        ([key_of(certificate(SOON)), key_of(certificate(LATER))], 2, LATER),
        ([key_of(certificate(SOON)), key_of(certificate(LATER), ' use="encryption"')], 1, SOON),
        ([key_of(certificate(SOON), "")], 1, SOON),
        ([key_of(certificate(SOON)), key_of("bm8gY2VydGlmaWNhdGU=")], 1, SOON),
        ([key_of(certificate(SOON)), key_of("")], 1, SOON),
        ([key_of(textwrap.indent(textwrap.fill(certificate(SOON), 64), "\t"))], 1, SOON),
        ([key_of(certificate(NEVER))], 1, None),
    ],
    ids=["one", "two", "encryption", "no use", "broken", "a name only", "folded lines", "no date"],
)
def test_metadata_says_when_the_last_signing_certificate_ends(
    keys: list[str], number: int, end: datetime | None
) -> None:
    """Any signing key may sign, so the last to end counts; what encrypts or cannot be read does not."""
    make_connection(saml_entity_id=ENTITY)

    with trusted(ENTITY, *keys):
        run_job("certificates", now=NOW)

    assert known() == [("saml", number, end)]


@pytest.mark.parametrize(
    "keys", [[], [key_of("bm8gY2VydGlmaWNhdGU=")], [key_of(certificate(SOON), ' use="encryption"')]]
)
def test_metadata_without_a_signing_certificate_says_nothing(keys: list[str]) -> None:
    """Nothing is made up; the run counts that it could not read."""
    make_connection(saml_entity_id=ENTITY)

    with trusted(ENTITY, *keys):
        report = run_job("certificates", now=NOW)

    assert (known(), report.counts) == ([], {"keys_not_read": 1})


def test_issuer_that_stands_in_no_metadata_is_not_known(saml: SamlDoor) -> None:
    """Of several connections each has its own keys; a foreign issuer has none, and is no failure."""
    make_connection(saml_entity_id="https://elsewhere.example.com")
    connection = saml.connect()

    report = run_job("certificates")

    (row,) = Rollup.objects.filter(metric="certificate")
    assert (row.scope, row.key, report.counts) == (str(connection.pk), "saml", {})


def test_loader_that_fails_keeps_what_was_known(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A loader that needs a request, or metadata that is away, is logged, fails no run and forgets nothing."""
    make_connection(saml_entity_id=ENTITY)
    with trusted(ENTITY, key_of(certificate(SOON))):
        run_job("certificates", now=NOW)
    settings.SAML_CONFIG_LOADER = f"{__name__}.loader_for_requests"

    report = run_job("certificates", now=NOW + 2 * HOUR)

    assert known() == [("saml", 1, SOON)]
    assert report.counts == {"keys_not_read": 1, "certificates_expiring": 1}
    assert "The metadata of SAML cannot be read" in caplog.text


def loader_for_requests(request: Any = None) -> Any:
    """Load the configuration of the tenant whose host was asked."""
    return request.get_host()


def test_metadata_that_never_comes_holds_no_run_up(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on without it, and the next one does not wait a second time beside the first."""
    make_connection(saml_entity_id=ENTITY)
    settings.SAML_CONFIG_LOADER = f"{__name__}.loader_that_waits"
    monkeypatch.setattr(saml_certificates, "_LONGEST_SECONDS", 0.05)
    started.clear()

    try:
        counts = [run_job("certificates", now=NOW).counts for _ in range(2)]
    finally:
        came.set()

    assert counts == [{"keys_not_read": 1}] * 2
    assert len(started) == 1
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and "saml" in thread.name:
            thread.join(10)


came = threading.Event()
started: list[Any] = []


def loader_that_waits(request: Any = None) -> Any:
    """Load the configuration from a server that has accepted and says nothing."""
    started.append(request)
    came.wait(60)
    return service_provider.sp_config()


def test_event_tells_of_the_certificate_once_at_each_mark() -> None:
    """Thirty days, seven, one; a new certificate beside the old one ends the matter."""
    connection = make_connection(saml_entity_id=ENTITY)
    first = NOW + 40 * DAY

    with trusted(ENTITY, key_of(certificate(first))):
        for day in (0, 9, 11, 12, 34, 35):
            run_job("certificates", now=NOW + day * DAY)
    with trusted(ENTITY, key_of(certificate(first)), key_of(certificate(LATER))):
        report = run_job("certificates", now=NOW + 39.5 * DAY)

    text = first.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told() == [
        (connection, {"source": "saml", "ends_at": text, "days_left": mark}) for mark in (30, 7)
    ]
    assert report.counts == {}


def test_key_set_with_certificates_says_when_the_last_ends(oidc: OidcDoor, oidc_op: TamperedProvider) -> None:
    """The first certificate of ``x5c`` is the key's own; those that signed it, and keys that encrypt, do not count."""
    connection = oidc.connect()

    def certify(document: dict[str, Any]) -> None:
        (key,) = document["keys"]
        chain = [certificate(SOON), certificate(LATER)]
        document["keys"] = [{**key, "x5c": chain}, {**key, "kid": "second", "use": "enc"}]

    oidc_op.tamper["keys"] = certify

    run_job("certificates", now=NOW)

    assert known() == [("jwks", 1, SOON)]
    assert [event for event, _ in told()] == [connection]


@pytest.mark.parametrize(
    "chain", [None, [], "text", 7, {"x": 1}, [7], ["no certificate"], [certificate(NEVER)]]
)
def test_key_without_a_readable_certificate_has_no_date(
    oidc: OidcDoor, oidc_op: TamperedProvider, chain: Any
) -> None:
    """A bare key never ends, and a set with one has no end, whatever stands beside the other key."""
    oidc.connect()

    def add(document: dict[str, Any]) -> None:
        second = {**document["keys"][0], "kid": "second", "x5c": [certificate(SOON)]}
        document["keys"] = [{**document["keys"][0], "x5c": chain}, second]

    oidc_op.tamper["keys"] = add

    report = run_job("certificates", now=NOW)

    assert (known(), report.counts) == ([("jwks", 2, None)], {})


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON", '{"keys": [{"kty": ["RSA"]}, {"kty": "oct"}]}'])
def test_key_set_that_cannot_be_read_keeps_what_was_known(
    oidc: OidcDoor, oidc_op: TamperedProvider, text: str
) -> None:
    """A provider that is ill for a day does not make its certificate unknown."""
    oidc.connect()
    oidc_op.tamper["keys"] = lambda document: document["keys"][0].update(x5c=[certificate(LATER)])
    run_job("certificates", now=NOW)
    forget_key_sets()
    oidc_op.instead["keys"] = text

    report = run_job("certificates", now=NOW + 2 * HOUR)

    assert (known(), report.counts) == ([("jwks", 1, LATER)], {"keys_not_read": 1})


def test_key_sets_are_asked_for_a_minute_at_most(
    oidc: OidcDoor, oidc_op: TamperedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many providers that do not answer must not keep access from ending: nobody is asked after the time is over."""
    oidc.connect()
    run_job("certificates", now=NOW)
    forget_key_sets()
    asked: list[Any] = []
    oidc_op.tamper["keys"] = asked.append
    monkeypatch.setattr(key_certificates, "_LONGEST_SECONDS", 0.0)

    report = run_job("certificates", now=NOW + 2 * HOUR)

    assert (known(), report.counts, asked) == ([("jwks", 1, None)], {"keys_not_read": 1}, [])


def test_keys_of_revocation_requests_count_beside_those_of_saml(oidc: OidcDoor, saml: SamlDoor) -> None:
    """A connection may trust two kinds of keys; each is known by itself."""
    issuer = oidc.provider.issuer
    saml.connect(revocation_issuer=issuer, signing_keys_url=f"{issuer}/jwks")

    run_job("certificates")

    assert [(source, number) for source, number, _ in known()] == [("jwks", 1), ("saml", 1)]
