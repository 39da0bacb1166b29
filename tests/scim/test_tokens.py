"""Bearer tokens: who comes in, from where, how long, how often, and what is never written down."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from django_provisioning.exceptions import ProvisioningError
from django_provisioning.lifecycle import connections, token_text, tokens
from django_provisioning.lifecycle.context import Actor, Context
from django_provisioning.models import Connection, ConnectionToken
from tests.factories import make_connection, make_context, make_token
from tests.scim.answers import require_error
from tests.scim.scenes import make_tenant, user_body
from tests.scim.tables import stored_rows
from tests.scim_client import PREFIX, ScimClient

if TYPE_CHECKING:
    from tests.scim_client import Response


pytestmark = pytest.mark.django_db

_ENDPOINTS = [
    "/Users",
    "/Users/x",
    "/Groups",
    "/",
    "/ServiceProviderConfig",
    "/Schemas",
    "/ResourceTypes",
    "/Me",
    "/Nothing",
]


def _row(raw: str) -> ConnectionToken:
    text = token_text.parse(raw)
    assert text is not None
    return ConnectionToken.objects.select_related("connection").get(key_id=text.key_id)


def _at(moment: datetime, connection: Connection) -> Context:
    return Context(Actor.command("test"), moment, connection)


def _require_challenge(response: Response, *, invalid: bool) -> None:
    require_error(response, 401)
    expected = 'Bearer realm="SCIM"' + (', error="invalid_token"' if invalid else "")
    assert response["WWW-Authenticate"] == expected


@pytest.mark.parametrize("path", _ENDPOINTS)
@pytest.mark.compliance("RFC 7644", "2", "B201 no token is 401 with WWW-Authenticate and a SCIM error")
def test_request_without_token_is_401_with_challenge(path: str) -> None:
    """Every endpoint, known or not, asks for the token first."""
    make_tenant()

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        _require_challenge(ScimClient(None).request(method, path), invalid=False)


@pytest.mark.parametrize(
    "header",
    ["", " ", "Bearer", "Bearer ", "Bearer  ", "Basic YWRhOmFkYQ==", "Token {token}", "{token}", "Digest x",
     "bearer:{token}"],
)  # fmt: skip
def test_authorization_of_another_scheme_is_401(header: str) -> None:
    """An empty secret never matches, and no other scheme opens SCIM."""
    raw = make_token(make_connection())

    response = ScimClient(None).get("/Users", Authorization=header.format(token=raw))

    _require_challenge(response, invalid=False)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_authorization_scheme_ignores_case(scheme: str) -> None:
    """RFC 9110 §11.1: the scheme is compared without case."""
    raw = make_token(make_connection())

    response = ScimClient(None).get("/Users", Authorization=f"{scheme} {raw}")

    assert response.status_code == 200


def _changed(raw: str, position: int) -> str:
    other = "A" if raw[position] != "A" else "B"
    return raw[:position] + other + raw[position + 1 :]


def _resigned(body: str) -> str:
    return body + token_text.checksum(body)


_FORGERIES = {
    "unknown key": lambda raw: _resigned("djprov_" + "0" * 12 + raw[19:-6]),
    "wrong secret": lambda raw: _resigned(_changed(raw, 30)[:-6]),
    "wrong checksum": lambda raw: _changed(raw, len(raw) - 1),
    "wrong prefix": lambda raw: _resigned("other" + raw[6:-6]),
    "cut": lambda raw: raw[:-1],
    "longer": lambda raw: raw + "a",
    "two tokens": lambda raw: f"{raw} {raw}",
    "other case": lambda raw: raw.swapcase(),
    "key only": lambda raw: raw[:19],
    "digest": lambda raw: _row(raw).digest,
    "null": lambda _raw: "null",
    "NUL": lambda raw: raw + "\0",
    "unicode": lambda _raw: "é" * 69,
    "very long": lambda raw: raw * 1_000,
    "SQL": lambda _raw: "' OR 1=1 --",
    "wildcards": lambda _raw: "%" * 69,
}


@pytest.mark.parametrize("forge", _FORGERIES.values(), ids=_FORGERIES)
def test_token_forged_is_401_and_writes_nothing(forge: Any) -> None:
    """A token is taken whole or not at all."""
    tenant = make_tenant()
    raw = make_token(tenant.connection)
    before = stored_rows()

    response = ScimClient(forge(raw)).post("/Users", user_body())

    _require_challenge(response, invalid=True)
    assert stored_rows() == before


def test_token_revoked_expired_or_of_a_disabled_connection_is_401() -> None:
    """Each way a token ends shows at the very next request, and the text says what to do."""
    revoked, expired, disabled = (make_connection() for _ in range(3))
    clients = [ScimClient(make_token(one)) for one in (revoked, expired, disabled)]
    assert [client.get("/Users").status_code for client in clients] == [200, 200, 200]

    tokens.revoke(make_context(revoked), revoked.tokens.get(), reason="test")
    ConnectionToken.objects.filter(connection=expired).update(expires_at=timezone.now())
    connections.configure(make_context(disabled), disabled, enabled=False)
    answers = [client.get("/Users") for client in clients]

    for answer, word in zip(answers, ("revoked", "expired", "disabled"), strict=True):
        _require_challenge(answer, invalid=True)
        assert word in answer.json()["detail"]


def test_token_of_a_deleted_connection_is_401() -> None:
    """A token dies with its connection."""
    connection = make_connection()
    client = ScimClient(make_token(connection))
    connection.delete()

    response = client.get("/Users")

    _require_challenge(response, invalid=True)


@pytest.mark.parametrize(
    ("cidrs", "address", "status"),
    [
        ([], "198.51.100.7", 200),
        (["192.0.2.0/24"], "192.0.2.255", 200),
        (["192.0.2.0/24"], "192.0.3.0", 403),
        (["192.0.2.7"], "192.0.2.7", 200),
        (["192.0.2.7"], "192.0.2.8", 403),
        (["198.51.100.0/24", "2001:db8::/32"], "2001:db8::1", 200),
        (["2001:db8::/32"], "2001:db9::1", 403),
        (["2001:db8::/32"], "192.0.2.1", 403),
        (["192.0.2.0/24"], "2001:db8::1", 403),
        (["192.0.2.0/24"], "::ffff:192.0.2.9", 200),
        (["192.0.2.0/24"], "::ffff:198.51.100.9", 403),
        (["0.0.0.0/0"], "2001:db8::1", 403),
        (["192.0.2.0/24"], "", 403),
        (["192.0.2.0/24"], "unix:", 403),
    ],
)
def test_token_with_networks_opens_only_from_there(cidrs: list[str], address: str, status: int) -> None:
    """Allowed networks hold for IPv4, IPv6 and IPv4 in IPv6; an address that is none is outside."""
    client = ScimClient(make_token(make_connection(), allowed_cidrs=cidrs))
    client.client = Client(REMOTE_ADDR=address, raise_request_exception=False)

    response = client.get("/Users")

    assert response.status_code == status
    if status == 403:
        require_error(response, 403)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "status"),
    [
        (0, "192.0.2.7", "198.51.100.1", 403),
        (0, "198.51.100.1", "192.0.2.7", 200),
        (1, "192.0.2.7", "10.0.0.1", 200),
        (1, "192.0.2.7, 198.51.100.1", "10.0.0.1", 403),
        (1, "198.51.100.1, 192.0.2.7", "10.0.0.1", 200),
        (1, "", "192.0.2.7", 403),
        (1, "garbage", "192.0.2.7", 403),
        (2, "192.0.2.7, 10.0.0.2", "10.0.0.1", 200),
        (2, "192.0.2.7, 198.51.100.1, 10.0.0.2", "10.0.0.1", 403),
        (2, "192.0.2.7", "10.0.0.1", 403),
    ],
    ids=["no proxy, spoofed", "no proxy", "one proxy", "one proxy, spoofed", "one proxy, client before",
         "one proxy, header missing", "one proxy, garbage", "two proxies", "two proxies, spoofed",
         "two proxies, one hop missing"],
)  # fmt: skip
def test_token_with_networks_behind_proxies_believes_only_theirs(
    settings: Any, proxies: int, forwarded: str, remote: str, status: int
) -> None:
    """Of X-Forwarded-For only the entries that trusted proxies wrote count; what a client writes is noise."""
    settings.DJANGO_PROVISIONING = {"TRUSTED_PROXIES": proxies}
    client = ScimClient(make_token(make_connection(), allowed_cidrs=["192.0.2.0/24"]))
    client.client = Client(REMOTE_ADDR=remote, raise_request_exception=False)

    response = client.get("/Users", X_Forwarded_For=forwarded)

    assert response.status_code == status, response.content


@pytest.mark.parametrize("cidr", ["192.0.2.1/24", "x", "", "192.0.2.0/33", "::/129", "*"])
def test_token_with_a_malformed_network_is_not_issued(cidr: str) -> None:
    """A network with host bits or none at all is refused when the token is made, not at each request."""
    connection = make_connection()

    with pytest.raises(ProvisioningError, match="no network"):
        tokens.issue(make_context(connection), connection, allowed_cidrs=[cidr])


@pytest.mark.parametrize(
    ("scopes", "users", "groups"),
    [
        (("scim:read",), 403, 403),
        (("scim:users",), 201, 403),
        (("scim:groups",), 403, 201),
        (("scim:read", "scim:users", "scim:groups"), 201, 201),
    ],
)
def test_token_writes_only_within_its_scopes(scopes: tuple[str, ...], users: int, groups: int) -> None:
    """Each resource type names the scope of its writes, alone, in a job, and by each method; any scope reads."""
    client = ScimClient(make_token(make_connection(), scopes=scopes))
    job = {"Operations": [{"method": "POST", "path": "/Users", "bulkId": "a", "data": user_body("bulk")}]}

    wrote = [client.post("/Users", user_body()), client.post("/Groups", {"displayName": "Staff"})]
    bulk = client.post("/Bulk", job)
    changed = [client.request(method, "/Users/x", user_body()) for method in ("PUT", "PATCH", "DELETE")]

    assert [answer.status_code for answer in wrote] == [users, groups]
    assert bulk.json()["Operations"][0]["status"] == str(users)
    assert {answer.status_code for answer in changed} == ({403} if users == 403 else {400, 404})
    assert [client.get(path).status_code for path in ("/Users", "/Groups", "/")] == [200, 200, 200]
    assert client.post("/Users/.search", {}).status_code == 200


def test_last_use_is_written_at_most_once_a_minute() -> None:
    """Use is stamped with address and time, once a minute: reads do not become writes (N13)."""
    client = ScimClient(make_token(make_connection()))
    row = ConnectionToken.objects.get()
    assert row.last_used_at is None

    client.get("/Users")
    first = ConnectionToken.objects.get()
    client.get("/Users")
    second = ConnectionToken.objects.get()
    ConnectionToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    client.get("/Users")
    third = ConnectionToken.objects.get()

    assert first.last_used_ip == "127.0.0.1"
    assert first.last_used_at is not None
    assert second.last_used_at == first.last_used_at
    assert third.last_used_at is not None
    assert third.last_used_at >= first.last_used_at


def test_last_use_of_a_refused_token_is_not_written() -> None:
    """A token that was refused was not used."""
    raw = make_token(make_connection(), allowed_cidrs=["192.0.2.0/24"])

    ScimClient(raw).get("/Users")

    assert _row(raw).last_used_at is None


def test_session_of_a_superuser_does_not_open_scim() -> None:
    """Sessions and basic authentication are nothing here, so there is no CSRF either."""
    model = get_user_model()
    user = model(is_staff=True, is_superuser=True, **{model.USERNAME_FIELD: "root@example.com"})
    user.set_password("only-for-this-test")
    user.save()
    client = ScimClient(None)
    client.client.force_login(user)

    read = client.get("/Users")
    written = client.post("/Users", user_body())
    basic = client.get("/Users", Authorization="Basic cm9vdEBleGFtcGxlLmNvbTpvbmx5LWZvci10aGlzLXRlc3Q=")

    for answer in (read, written, basic):
        _require_challenge(answer, invalid=False)
    assert "Set-Cookie" not in read


def test_csrf_checks_do_not_stand_in_the_way_of_a_token() -> None:
    """A bearer token is no cookie: requests with it need no CSRF token."""
    client = ScimClient(make_token(make_connection()))
    client.client = Client(enforce_csrf_checks=True, raise_request_exception=False)

    response = client.post("/Users", user_body())

    assert response.status_code == 201


@pytest.mark.parametrize(("secure", "status"), [(False, 403), (True, 200)])
def test_https_required_refuses_plain_http(settings: Any, secure: bool, status: int) -> None:
    """With REQUIRE_HTTPS plain HTTP is 403 before the token is looked at; without it both are served (C10)."""
    settings.DJANGO_PROVISIONING = {"REQUIRE_HTTPS": True}
    raw = make_token(make_connection())

    response = Client().get(f"{PREFIX}/Users", headers={"Authorization": f"Bearer {raw}"}, secure=secure)

    assert response.status_code == status
    assert _row(raw).last_used_at is None or secure
