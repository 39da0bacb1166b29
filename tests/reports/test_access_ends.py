"""The two worst-case numbers: a table of policies and what they promise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from django_provisioning.models import Connection
from django_provisioning.reports.access_ends import Site, password_holders, worst_case
from tests.factories import make_connection
from tests.lifecycle.people import jit_identity, local_user

APP = timedelta(minutes=5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NO_TOKENS: dict[str, timedelta | None] = {}
LOGIN = {"jit": "create", "oidc_issuer": "https://idp.example.com", "oidc_client_id": "app"}
HALF_DAY = {"session_max_age_seconds": 43_200}
SUSPEND = {"stale_after_days": 30, "stale_action": "suspend"}

# Policies, API tokens, a live bearer token, local passwords; when access ends and the account is closed, and why.
CASES = [
    ({"idp": "entra"}, NO_TOKENS, True, False, "45 minutes", "45 minutes", "scim"),
    ({"idp": "okta"}, NO_TOKENS, True, False, "5 minutes", "5 minutes", "scim"),
    ({"idp": "generic"}, NO_TOKENS, True, False, "not known", "not known", "idp_cycle"),
    ({"idp": "entra"}, {"rest_framework.authtoken": None}, True, True, "45 minutes", "45 minutes", "scim"),
    ({"idp": "entra", "enabled": False, **LOGIN}, NO_TOKENS, True, False, "never", "never", "session"),
    (LOGIN, NO_TOKENS, False, False, "never", "never", "session"),
    ({**LOGIN, **HALF_DAY}, NO_TOKENS, False, False, "12 hours", "never", "session_max_age"),
    ({**LOGIN, **HALF_DAY, **SUSPEND}, NO_TOKENS, False, False, "12 hours", "32 days", "session_max_age"),
    (
        {**LOGIN, **HALF_DAY, **SUSPEND, "stale_action": "report"},
        NO_TOKENS, False, False, "12 hours", "never", "session_max_age",
    ),
    ({**LOGIN, **SUSPEND}, NO_TOKENS, False, False, "never", "never", "session"),
    ({**LOGIN, **HALF_DAY}, {"knox": 10 * HOUR}, False, False, "12 hours", "never", "session_max_age"),
    ({**LOGIN, **HALF_DAY}, {"knox": 90 * DAY}, False, False, "90 days", "never", "knox"),
    (
        {**LOGIN, **HALF_DAY, **SUSPEND},
        {"knox": DAY, "rest_framework.authtoken": None}, False, False, "never", "never", "rest_framework.authtoken",
    ),
    ({**LOGIN, **HALF_DAY, **SUSPEND}, NO_TOKENS, False, True, "never", "never", "password"),
    (
        {**LOGIN, "signing_keys_url": "https://idp.example.com/keys"},
        NO_TOKENS, False, False, "5 minutes", "never", "logout_from_the_idp",
    ),
    (
        {**LOGIN, "signing_keys_url": "https://idp.example.com/keys", **SUSPEND},
        {"knox": 3 * DAY}, False, False, "3 days", "34 days", "knox",
    ),
    (
        {**LOGIN, "revocation_issuer": "https://idp.example.com", **SUSPEND},
        {"rest_framework.authtoken": None}, False, False, "5 minutes", "32 days", "logout_from_the_idp",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("policies", "lives", "has_token", "has_passwords", "access", "account", "because"), CASES
)
def test_worst_case_follows_from_the_policies(
    policies: dict[str, Any],
    lives: dict[str, timedelta | None],
    has_token: bool,
    has_passwords: bool,
    access: str,
    account: str,
    because: str,
) -> None:
    """N12: SCIM by the cycle of the IdP, logins by session and tokens, the account by the stale policy."""
    connection = Connection(slug="acme", **policies)

    worst = worst_case(connection, Site(APP, lives), has_token=has_token, has_passwords=has_passwords)

    assert str(worst.access_ends).removeprefix("within ") == access
    assert str(worst.account_closed).removeprefix("within ") == account
    assert worst.access_ends.because == because


@pytest.mark.parametrize(
    ("installed", "configured", "life"),
    [
        ("rest_framework.authtoken", {}, None),
        ("knox", {}, 10 * HOUR),
        ("knox", {"REST_KNOX": {"TOKEN_TTL": None}}, None),
        ("knox", {"REST_KNOX": {"AUTO_REFRESH": True}}, None),
        ("knox", {"REST_KNOX": {"AUTO_REFRESH": True, "AUTO_REFRESH_MAX_TTL": 5 * DAY}}, 5 * DAY),
        ("rest_framework_simplejwt.token_blacklist", {}, DAY + APP),
        ("rest_framework_simplejwt.token_blacklist", {"SIMPLE_JWT": {"ROTATE_REFRESH_TOKENS": True}}, None),
        ("oauth2_provider", {}, None),
        (
            "oauth2_provider",
            {"OAUTH2_PROVIDER": {"ROTATE_REFRESH_TOKEN": False, "REFRESH_TOKEN_EXPIRE_SECONDS": 36_000}},
            20 * HOUR,
        ),
    ],
)
def test_site_reads_how_long_tokens_live(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    installed: str,
    configured: dict[str, Any],
    life: timedelta | None,
) -> None:
    """A token that renews itself lives for ever; what is not installed does not count."""
    for name, value in configured.items():
        setattr(settings, name, value)
    monkeypatch.setattr(
        "django_provisioning.reports.access_ends.apps.is_installed", lambda label: label == installed
    )

    assert Site.read() == Site(APP, {installed: life})


@pytest.mark.django_db
def test_password_holders_finds_connections_with_local_passwords() -> None:
    """One linked person who kept a password is enough; who has none or has left does not count."""
    one, other = make_connection(), make_connection()
    jit_identity(one, "ada", user=local_user("ada", password="long and secret"))
    jit_identity(other, "bob", user=local_user("bob"))
    jit_identity(other, "eve", user=local_user("eve", password="long and secret", is_active=False))

    found = Connection.objects.annotate(has_passwords=password_holders()).order_by("pk")

    assert [connection.has_passwords for connection in found] == [True, False]
