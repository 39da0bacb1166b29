"""The log of SCIM requests: what is noted of each, what it costs, who sees it, and when it is forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.checks import CHECKS
from django_provisioning.lifecycle import request_log, schedule
from django_provisioning.models import Connection, ConnectionToken, Event, ScimRequest
from django_provisioning.reports.requests import recent
from tests.admin.pages import Browser, superuser, text_of, url_of
from tests.dashboard.scenes import EVIL
from tests.factories import make_connection, make_token
from tests.scim.scenes import Tenant, bulk_body, make_tenant, user_body
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

VIEW = "view_scimrequest"


def rows() -> list[ScimRequest]:
    """Give the rows in their order, including those that wait for a reader."""
    request_log.flush()
    return list(ScimRequest.objects.select_related("connection").order_by("pk"))


@pytest.fixture(autouse=True)
def _fresh_sampler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals are counted by the minute, which a test must not share with the one before it."""
    monkeypatch.setattr(request_log, "_sampler", request_log.Sampler())


def last_of(request: Callable[[], Any]) -> ScimRequest:
    """Send a request and give its row."""
    request()
    return rows()[-1]


def test_request_is_noted_with_what_a_mistake_is_found_by() -> None:
    """Method, path, status, time, key, address and size are there, and the id that the answer carried (C22)."""
    tenant = make_tenant()
    body = json.dumps(user_body())

    response = tenant.client.post(
        "/Users?attributes=userName", body, X_Request_ID="abc-1", User_Agent="Okta SCIM\tX"
    )

    row = rows()[-1]
    token = tenant.connection.tokens.get()
    assert response["X-Request-ID"] == "abc-1"
    assert (row.connection, row.connection_slug, row.key_id) == (
        tenant.connection,
        tenant.connection.slug,
        token.key_id,
    )
    assert (row.method, row.route, row.path) == ("POST", "/Users", "/scim/v2/Users")
    assert (row.query, row.status, row.scim_type, row.detail) == ("attributes=userName", 201, "", "")
    assert (row.correlation_id, row.ip, row.user_agent) == ("abc-1", "127.0.0.1", "Okta SCIM�X")
    assert (row.request_bytes, row.response_bytes) == (len(body), len(response.content))
    assert 0 < row.milliseconds < 60_000
    assert timezone.now() - row.at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("method", "path", "route", "status", "scim_type"),
    [
        ("GET", "/Users/{id}", "/Users/{id}", 200, ""),
        ("GET", "/Users/{id}/", "/Users/{id}", 200, ""),
        ("GET", "/Users/nobody", "/Users/{id}", 404, ""),
        ("GET", "/Users?filter=shoeSize pr", "/Users", 400, "invalidFilter"),
        ("POST", "/Users/.search", "/Users/.search", 400, "invalidSyntax"),
        ("POST", "/.search", "/.search", 400, "invalidSyntax"),
        ("GET", "/Schemas", "/Schemas", 200, ""),
        ("GET", "/ResourceTypes/User", "/ResourceTypes/{id}", 200, ""),
        ("GET", "/ServiceProviderConfig", "/ServiceProviderConfig", 200, ""),
        ("POST", "/Bulk", "/Bulk", 400, "invalidSyntax"),
        ("GET", "/Me", "/Me", 501, ""),
        ("GET", "/", "", 200, ""),
        ("GET", "/Nonsense/1", "/…/{id}", 404, ""),
        ("GET", "/no/such/thing", "", 404, ""),
        ("GET", "/Users/\x00", "/Users/{id}", 404, ""),
        ("DELETE", "/Users", "/Users", 405, ""),
        ("OPTIONS", "/Users", "/Users", 405, ""),
    ],
)
def test_every_answer_is_noted_once(method: str, path: str, route: str, status: int, scim_type: str) -> None:
    """Whatever ends a request, wherever, it is one row with the status that went out."""
    tenant = make_tenant()
    before = len(rows())

    response = tenant.client.request(method, path.replace("{id}", tenant.user["id"]))

    noted = rows()[before:]
    assert response.status_code == status
    assert [(row.method, row.route, row.status, row.scim_type) for row in noted] == [
        (method, route, status, scim_type)
    ]


def test_failures_deep_inside_are_noted(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A body too large, a rate that is used up and a defect of ours have their rows as well."""
    tenant = make_tenant()
    settings.DJANGO_PROVISIONING = {"MAX_BODY_BYTES": 10}
    large = last_of(lambda: tenant.client.post("/Users", user_body()))
    settings.DJANGO_PROVISIONING = {"THROTTLE": "1/hour"}
    throttled = last_of(lambda: [tenant.client.get("/Users") for _ in range(2)])
    settings.DJANGO_PROVISIONING = {}

    def broken(*_arguments: Any, **_more: Any) -> None:
        raise ZeroDivisionError("division by zaphod@example.com")

    monkeypatch.setattr("django_provisioning.scim.handlers.users.UserHandler.search", broken)
    defect = last_of(lambda: tenant.client.get("/Users"))

    assert [row.status for row in (large, throttled, defect)] == [413, 429, 500]
    assert (
        defect.detail == f"The server failed. Tell its administrators this reference: {defect.correlation_id}"
    )


def test_bulk_is_one_row_that_counts_its_failures() -> None:
    """The operations of a job are in its events; the log says how many of them failed."""
    tenant = make_tenant()
    before = len(rows())
    operations: list[dict[str, Any]] = [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": user_body("new@example.com")},
        {"method": "DELETE", "path": "/Users/nobody"},
    ]

    tenant.client.post("/Bulk", bulk_body(*operations))

    noted = rows()[before:]
    assert [(row.status, row.detail) for row in noted] == [(200, "1 of 2 operations failed.")]


def test_token_that_is_over_is_still_known_and_a_strange_one_is_not() -> None:
    """401s of an expired, revoked or disabled connection's token are that connection's; others are nobody's."""
    tenant = make_tenant()
    ConnectionToken.objects.update(expires_at=timezone.now() - timedelta(days=1))

    over = last_of(lambda: tenant.client.get("/Users"))
    strange = last_of(lambda: ScimClient("djprov_nonsense").get("/Users"))
    bare = last_of(lambda: ScimClient(None).get("/Users"))

    assert [row.status for row in (over, strange, bare)] == [401] * 3
    assert (over.connection, over.key_id) == (tenant.connection, tenant.connection.tokens.get().key_id)
    assert [(row.connection, row.connection_slug, row.key_id) for row in (strange, bare)] == [
        (None, "", "")
    ] * 2
    assert "expired" in over.detail


def test_flood_of_strange_tokens_does_not_fill_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many 401s a minute are kept; a connection that is at work meanwhile is not among them."""
    monkeypatch.setattr(request_log, "_sampler", request_log.Sampler(cap=3))
    tenant = make_tenant()
    before = len(rows())

    for _ in range(5):
        ScimClient("djprov_nonsense").get("/Users")
        tenant.client.get(tenant.user_path)

    noted = [row.status for row in rows()[before:]]
    assert (noted.count(401), noted.count(200)) == (3, 5)


def test_note_costs_the_request_no_statement(settings: Any) -> None:
    """With the log on a request has as many statements as with the log off."""
    tenant = make_tenant()

    costs = []
    for mode in ("off", "all"):
        settings.DJANGO_PROVISIONING = {"REQUEST_LOG": mode}
        tenant.client.get(tenant.user_path)
        with CaptureQueriesContext(database) as queries:
            tenant.client.get(tenant.user_path)
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_flood_without_any_token_does_not_fill_the_table(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Whatever a stranger is answered, before a token is looked at: so many a minute are kept."""
    monkeypatch.setattr(request_log, "_sampler", request_log.Sampler(cap=3))
    settings.DJANGO_PROVISIONING = {"REQUIRE_HTTPS": True}

    for _ in range(5):
        ScimClient(None).get("/Users")

    assert [row.status for row in rows()] == [403] * 3


@pytest.mark.parametrize(
    ("mode", "kept"), [("all", [200, 404, 200, 201]), ("changes", [404, 201]), ("off", [])]
)
def test_mode_says_what_is_kept(settings: Any, mode: str, kept: list[int]) -> None:
    """The mode "changes" leaves out reads that went well, by GET or by .search, and nothing else."""
    tenant = make_tenant()
    before = len(rows())
    settings.DJANGO_PROVISIONING = {"REQUEST_LOG": mode}

    tenant.client.get(tenant.user_path)
    tenant.client.get("/Users/nobody")
    tenant.client.post("/Users/.search", {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]})
    tenant.client.post("/Users", user_body())

    assert [row.status for row in rows()[before:]] == kept


def test_rows_of_a_transaction_that_is_gone_are_forgotten() -> None:
    """What a test did and rolled back is not found in the next one."""
    tenant = make_tenant()
    before = len(rows())

    with transaction.atomic():
        tenant.client.get(tenant.user_path)
        transaction.set_rollback(True)

    assert len(rows()) == before


def test_log_that_cannot_be_written_fails_no_request(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """The answer is out already; the log of the process says that its record is missing."""
    tenant = make_tenant()

    def broken(*_arguments: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(request_log, "_hand_over", broken)
    response = tenant.client.get(tenant.user_path)

    assert response.status_code == 200
    assert "was not recorded" in caplog.text


def test_selftests_leave_no_requests() -> None:
    """A self-test removes what it made; its requests would stay."""
    connection = make_connection("selftest-0123456789ab")
    client = ScimClient(make_token(connection))

    client.get("/Users")

    assert rows() == []


def test_connection_that_is_deleted_leaves_its_requests() -> None:
    """The rows keep the slug, as events do; also those that were still waiting."""
    tenant = make_tenant("acme")
    rows()
    tenant.client.get(tenant.user_path)
    Connection.objects.filter(pk=tenant.connection.pk).delete()

    assert {(row.connection, row.connection_slug) for row in rows()} == {(None, "acme")}


def test_old_requests_are_forgotten_by_the_scheduled_run(settings: Any) -> None:
    """After REQUEST_LOG_DAYS a row goes, in batches, and younger ones stay."""
    settings.DJANGO_PROVISIONING = {"REQUEST_LOG_DAYS": 10}
    now = timezone.now()
    ages = [12] * 1_001 + [11, 9, 0]
    ScimRequest.objects.bulk_create(
        ScimRequest(at=now - timedelta(days=age), method="GET", path="/", status=200, milliseconds=1)
        for age in ages
    )

    result = schedule.run_due(["requests"])

    assert result.jobs[0].report.counts == {"requests_forgotten": 1_002}
    assert ScimRequest.objects.count() == 2


def fill(tenant: Tenant, count: int) -> None:
    """Note as many requests."""
    for _ in range(count):
        tenant.client.get(tenant.user_path)
    rows()


def test_list_costs_at_most_8_queries_for_any_number_of_rows() -> None:
    """Neither the list nor the page asks per row."""
    tenants = [make_tenant(name=f"p{number}@example.com", group=f"g{number}") for number in range(3)]
    browser = Browser(VIEW, "view_event", "view_request_body")
    costs = []
    for tenant in tenants:
        fill(tenant, 20)
        with CaptureQueriesContext(database) as queries:
            assert browser.get("scimrequest_changelist").status_code == 200
        costs.append(len(queries))
    with CaptureQueriesContext(database) as page:
        browser.get("scimrequest_change", rows()[0].pk)

    assert max(costs) <= 8
    assert len(page) <= 8


def test_list_filters_by_answer_method_connection_and_correlation_id() -> None:
    """A person finds the failures of a connection, and one request by the id that the IdP shows."""
    acme = make_tenant("acme")
    make_tenant("globex", name="b@example.com", group="Others")
    acme.client.get("/Users?filter=shoeSize pr", X_Request_ID="needle")
    acme.client.get("/Users/nobody")
    browser = Browser(VIEW)

    def found(**query: Any) -> list[int]:
        listed = browser.get("scimrequest_changelist", query=query).context["cl"].result_list
        return sorted(row.status for row in listed)

    assert found(answer="failed") == [400]
    assert found(answer="4xx") == [400, 404]
    assert found(method="POST", connection__id__exact=acme.connection.pk) == [201, 201]
    assert found(q="needle") == found(correlation_id="needle") == [400]
    assert found(q="need") == []
    assert found(answer="nonsense", method="nonsense") == sorted(row.status for row in rows())


def test_event_and_request_lead_to_each_other() -> None:
    """From what was changed to the request that asked for it, and back."""
    tenant = make_tenant()
    tenant.client.post("/Users", user_body(), X_Request_ID="link-7")
    request = rows()[-1]
    event = Event.objects.get(correlation_id="link-7")
    browser = superuser()

    from_event = text_of(browser.get("event_change", event.pk))
    from_request = text_of(browser.get("scimrequest_change", request.pk))

    assert f"{url_of('scimrequest_changelist')}?correlation_id=link-7" in from_event
    assert f"{url_of('event_changelist')}?correlation_id=link-7" in from_request


def test_links_lead_nowhere_that_the_reader_may_not_go() -> None:
    """Who may see events alone gets no link to requests, and the other way round."""
    tenant = make_tenant()
    tenant.client.post("/Users", user_body(), X_Request_ID="link-7")
    request = rows()[-1]
    event = Event.objects.get(correlation_id="link-7")

    from_event = text_of(Browser("view_event").get("event_change", event.pk))
    from_request = text_of(Browser(VIEW).get("scimrequest_change", request.pk))

    assert url_of("scimrequest_changelist") not in from_event
    assert url_of("event_changelist") not in from_request


def test_requests_need_a_permission_of_their_own_and_change_nothing() -> None:
    """Staff who see events see no requests; nobody adds, changes or deletes one."""
    make_tenant()
    row = rows()[0]
    other, chief = Browser("view_event", "view_connection", "export_report"), superuser()

    pages = [("changelist", ()), ("change", (row.pk,)), ("export", ("csv",))]
    refused = [other.get(f"scimrequest_{page}", *arguments).status_code for page, arguments in pages]
    changed = [
        chief.get("scimrequest_add").status_code,
        chief.post("scimrequest_change", row.pk, status="200").status_code,
        chief.post("scimrequest_delete", row.pk, post="yes").status_code,
    ]

    assert (refused, changed) == ([403] * 3, [403] * 3)


def test_hostile_request_is_text_on_every_page() -> None:
    """Markup in path, user agent and body is inert, in the list, on the page and in the file."""
    tenant = make_tenant()
    tenant.client.get(f"/Users/{EVIL}", {EVIL: EVIL}, User_Agent=EVIL)
    tenant.client.get("/Users", User_Agent="=cmd()")
    row = rows()[-2]
    browser = superuser()

    pages = [
        text_of(browser.get("scimrequest_changelist")),
        text_of(browser.get("scimrequest_change", row.pk)),
    ]
    file = browser.get("scimrequest_export", "csv").getvalue().decode()

    assert [page for page in pages if "<script>alert" in page] == []
    assert "&lt;script&gt;" in pages[1]
    assert "'=cmd()" in file


def test_export_has_as_many_rows_as_the_list() -> None:
    """Screen and file tie, with the filter."""
    tenant = make_tenant()
    tenant.client.get("/Users/nobody")
    rows()
    browser = Browser(VIEW, "export_report")
    shown = browser.get("scimrequest_changelist", query={"answer": "4xx"}).context["cl"].result_count

    lines = (
        browser.get("scimrequest_export", "jsonl", query={"answer": "4xx"}).getvalue().decode().splitlines()
    )

    assert len(lines) == shown == 1
    assert json.loads(lines[0])["status"] == 404


def test_recent_gives_the_newest_of_one_connection() -> None:
    """Another tenant's requests are not among them."""
    acme, globex = make_tenant("acme"), make_tenant("globex", name="b@example.com", group="Others")
    fill(acme, 3)
    fill(globex, 1)

    with CaptureQueriesContext(database) as queries:
        found = recent(acme.connection, 2)

    assert [row.connection_id for row in found] == [acme.connection.pk] * 2
    assert found[0].pk > found[1].pk
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("check_id", "configured", "complaint"),
    [
        ("W012", {}, None),
        ("W012", {"REQUEST_LOG_BODIES": True}, "kept for 30 days"),
        ("W012", {"REQUEST_LOG_BODIES": True, "REQUEST_LOG_DAYS": 3}, "kept for 3 days"),
        ("W012", {"REQUEST_LOG_BODIES": True, "REQUEST_LOG": "off"}, None),
        ("E001", {"REQUEST_LOG": "changes"}, None),
        ("E001", {"REQUEST_LOG": "everything"}, "['REQUEST_LOG'] is 'everything'"),
    ],
)
def test_checks_speak_of_the_log(
    settings: Any, check_id: str, configured: dict[str, Any], complaint: str | None
) -> None:
    """W012 warns while bodies are kept; E001 names a mode that does not exist."""
    settings.DJANGO_PROVISIONING = configured

    messages = [message.msg for check in CHECKS if check.id == check_id for message in check.run(["default"])]

    assert len(messages) == (complaint is not None)
    assert all(str(complaint) in message for message in messages)
