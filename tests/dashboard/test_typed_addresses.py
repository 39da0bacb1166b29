"""Lists whose address somebody typed: garbage is answered with a list or a refusal, and guesses tell nothing."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, cast

import pytest
from django.http import StreamingHttpResponse
from django.utils import timezone

from django_provisioning.models import ScimRequest
from tests.admin.pages import Browser, superuser, url_of
from tests.dashboard.scenes import auditor, one_of_each
from tests.dashboard.user_pages import user_url

pytestmark = pytest.mark.django_db

LISTS = (
    "connection", "account", "identity", "grouplink", "sessionindex", "event", "leave", "scimrequest",
    "connectiontoken",
)  # fmt: skip
GARBAGE = (
    "a\x00b",
    "9" * 30,
    "9" * 5_000,
    "-1",
    "'",
    "1,0001-01-01T00:00:00+14:00",
    "0001-01-01 00:00:00+14:00",
    ",",
)
SORTED = {"account": "-12", "identity": "1", "sessionindex": "4"}


@pytest.mark.parametrize("model", LISTS)
def test_garbage_in_the_address_breaks_no_list(model: str) -> None:
    """What no database takes is a wrong parameter: Django leads back to the list, and a file is not found."""
    one_of_each()
    browser = superuser()
    names = (
        "after",
        "before",
        "o",
        "p",
        "connection",
        "connection__id__exact",
        "pk__in",
        "correlation_id",
        "type",
    )
    times = {"scimrequest": ["at__gte"], "event": ["occurred_at__gte"]}.get(model, [])

    for name in (*names, *times):
        for value in GARBAGE:
            query = {name: value, **({"o": SORTED[model]} if model in SORTED and name != "o" else {})}
            for url in (url_of(f"{model}_changelist"), url_of(f"{model}_export", "csv")):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", RuntimeWarning)  # Times without a zone.
                    response = browser.client.get(url, query)
                assert response.status_code in {200, 302, 400, 404}, (name, value[:40])
                if isinstance(response, StreamingHttpResponse):
                    b"".join(cast("Iterable[bytes]", response.streaming_content))


def test_garbage_in_the_filters_of_the_users_breaks_nothing() -> None:
    """The project's own list has our filters too."""
    one_of_each()
    browser = superuser()

    for name in ("provisioning_origin", "provisioning_managed_by", "provisioning_connection"):
        for value in GARBAGE[:4]:
            response = browser.client.get(user_url("changelist"), {name: value})
            assert response.status_code in {200, 302, 400}, (name, value[:40])


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("scimrequest", "request_body__contains"),
        ("scimrequest", "response_body__startswith"),
        ("connectiontoken", "digest__startswith"),
        ("connection", "tokens__digest__startswith"),
        ("scimrequest", "connection__tokens__digest__startswith"),
        ("sessionindex", "session_key__startswith"),
        ("account", "user__password__startswith"),
        ("account", "user__provisioning_sessions__session_key__startswith"),
        ("leave", "user__password__startswith"),
    ],
)
def test_hidden_column_cannot_be_guessed_by_filtering(model: str, lookup: str) -> None:
    """A list that is longer or shorter with a guess would give a secret away letter by letter."""
    acme = one_of_each()["connection"]
    ScimRequest.objects.create(
        connection=acme, at=timezone.now(), method="POST", path="/Users", status=201, milliseconds=7,
        request_body="kept",
    )  # fmt: skip
    readers: list[Any] = [
        auditor(),
        Browser("view_connection", "issue_token", "view_scimrequest", "view_account"),
    ]

    answers = {reader.get(f"{model}_changelist", query={lookup: "k"}).status_code for reader in readers}

    assert answers <= {400, 403}
