"""Limits on the number of requests and of wrong tokens, and the id by which a request is found again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from django_provisioning.models import Event
from tests.factories import make_connection, make_token
from tests.scim.answers import require_error
from tests.scim.scenes import user_body
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Hold the clock of the counters: ten seconds into a minute."""
    now = [1_800_000_010.0]
    monkeypatch.setattr("django_provisioning.scim.throttling.time.time", lambda: now[0])
    return now  # type: ignore[return-value]


def test_brute_force_is_429_for_the_address_and_not_for_others(settings: Any, clock: list[float]) -> None:
    """Wrong tokens are counted per address; the tenant behind another address does not notice."""
    settings.DJANGO_PROVISIONING = {"AUTHENTICATION_FAILURES": "3/min"}
    raw = make_token(make_connection())
    attacker, idp = ScimClient("djprov_x"), ScimClient(raw)
    attacker.client = Client(REMOTE_ADDR="198.51.100.7", raise_request_exception=False)

    guesses = [attacker.get("/Users") for _ in range(6)]
    attacker.token = raw
    right = attacker.get("/Users")

    assert [answer.status_code for answer in guesses[:3]] == [401, 401, 401]
    assert guesses[-1].status_code == 429
    require_error(right, 429)
    assert right["Retry-After"] == "50"
    assert idp.get("/Users").status_code == 200
    clock[0] += 50
    assert attacker.get("/Users").status_code == 200


def test_brute_force_limit_none_counts_nothing(settings: Any, clock: list[float]) -> None:
    """None switches the limit off."""
    settings.DJANGO_PROVISIONING = {"AUTHENTICATION_FAILURES": None}
    client = ScimClient("djprov_x")

    answers = {client.get("/Users").status_code for _ in range(20)}

    assert answers == {401}


def test_throttle_answers_429_with_retry_after_and_forgets_with_the_window(
    settings: Any, clock: list[float]
) -> None:
    """The limit is per connection, whichever of its tokens is used; Retry-After is whole seconds (C30, C39)."""
    settings.DJANGO_PROVISIONING = {"THROTTLE": "2/min"}
    connection = make_connection()
    one, two = ScimClient(make_token(connection)), ScimClient(make_token(connection))
    bystander = ScimClient(make_token(make_connection()))

    answers = [client.get("/Users") for client in (one, two, one)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    require_error(answers[2], 429)
    assert answers[2]["Retry-After"] == "50"
    assert bystander.get("/Users").status_code == 200
    clock[0] += 50
    assert one.get("/Users").status_code == 200


def test_throttle_none_lets_everything_pass(settings: Any) -> None:
    """None switches the limit off: the cache is not asked."""
    settings.DJANGO_PROVISIONING = {"THROTTLE": None}
    client = ScimClient(make_token(make_connection()))

    assert {client.get("/Users").status_code for _ in range(10)} == {200}


def test_throttle_without_a_cache_lets_requests_pass(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that is down stops the counting, not the provisioning."""

    def broken(*_: Any, **__: Any) -> None:
        raise ConnectionError

    for name in ("add", "get", "incr"):
        monkeypatch.setattr(cache, name, broken, raising=False)
    client = ScimClient(make_token(make_connection()))

    assert client.get("/Users").status_code == 200


@pytest.mark.parametrize("given", ["req-1", "7f3e~a.b_c:d/e+f=", "a" * 128])
def test_request_id_sane_is_echoed_and_stands_in_the_event(given: str) -> None:
    """A client's X-Request-ID comes back, and finds the event of the write."""
    client = ScimClient(make_token(make_connection()))

    response = client.post("/Users", user_body(), X_Request_ID=given)

    assert response["X-Request-ID"] == given
    assert Event.objects.get(type="account.created").correlation_id == given


@pytest.mark.parametrize(
    "given", ["", "a b", "a" * 129, "<script>", "a\r\nSet-Cookie: x=1", "é", "\0", "'", "{}"], ids=repr
)
def test_request_id_odd_is_replaced(given: str) -> None:
    """What could break a log line or a page is replaced by an id of our own."""
    client = ScimClient(make_token(make_connection()))

    answers = [
        client.post("/Users", user_body(), X_Request_ID=given),
        client.get("/Nothing", X_Request_ID=given),
    ]

    for answer in answers:
        assert answer["X-Request-ID"] != given
        assert len(answer["X-Request-ID"]) == 32
        assert answer["X-Request-ID"].isalnum()
