"""System checks: each reports its mistake, and nothing where all is well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import checks as django_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection, models
from django.test.utils import isolate_apps
from django.utils import timezone

from django_provisioning import checks
from django_provisioning.conf import SETTINGS
from django_provisioning.models import Connection, ConnectionToken
from tests.factories import make_connection, make_token

CHECKS = {check.id: check for check in checks.CHECKS}


def found(check_id: str) -> list[str]:
    """Run one check as ``check --deploy --database default`` would and give the messages."""
    messages = CHECKS[check_id].run(["default"])
    assert {message.id for message in messages} <= {f"django_provisioning.{check_id}"}
    assert all(message.hint for message in messages)
    return [message.msg for message in messages]


@pytest.mark.django_db
@pytest.mark.parametrize("check_id", sorted(set(CHECKS) - {"W005", "W006"}))
def test_check_finds_nothing_wrong_with_the_suite(check_id: str) -> None:
    """A project set up as the documentation says hears nothing."""
    assert found(check_id) == []


@pytest.mark.parametrize(
    ("configured", "complaint"),
    [
        ([], "must be a dict, not list"),
        ({"MAX_PAGESIZE": 5}, "has no setting 'MAX_PAGESIZE'"),
        ({"MAX_PAGE_SIZE": "5"}, "['MAX_PAGE_SIZE'] is str"),
        ({"MAX_PAGE_SIZE": True}, "['MAX_PAGE_SIZE'] is bool"),
        ({"MAX_PAGE_SIZE": 0}, "['MAX_PAGE_SIZE'] is 0"),
        ({"TRUSTED_PROXIES": -1}, "['TRUSTED_PROXIES'] is -1"),
        ({"REQUIRE_HTTPS": 1}, "['REQUIRE_HTTPS'] is int"),
        ({"REVOKERS": "app.revokers.Knox"}, "['REVOKERS'] is str"),
        ({"USER_MAPPING": []}, "['USER_MAPPING'] is list"),
        ({"THROTTLE": "often"}, "'often' is no rate"),
        ({"THROTTLE": "6000/week"}, "'6000/week' is no rate"),
        ({"AUTHENTICATION_FAILURES": "0/s"}, "'0/s' is no rate"),
        ({"TOKEN_PREFIX": "my-app"}, "['TOKEN_PREFIX'] is 'my-app'"),
        ({"TOKEN_PREFIX": ""}, "['TOKEN_PREFIX'] is ''"),
        ({"TOKEN_LIFETIME_DAYS": 731}, "['TOKEN_LIFETIME_DAYS'] is 731"),
        ({"SITE_URL": "app.example.com"}, "['SITE_URL'] is 'app.example.com'"),
        ({"SITE_URL": "https://app.example.com/scim"}, "['SITE_URL'] is 'https://app.example.com/scim'"),
        ({"SITE_URL": "https://[broken"}, "['SITE_URL'] is 'https://[broken'"),
    ],
)
def test_settings_with_a_mistake_are_an_error(settings: Any, configured: Any, complaint: str) -> None:
    """E001 names the key, what it is, and by the hint what it must be."""
    settings.DJANGO_PROVISIONING = configured

    messages = found("E001")

    assert len(messages) == 1
    assert complaint in messages[0]


@pytest.mark.parametrize(
    "configured",
    [
        {key: setting.default for key, setting in SETTINGS.items()},
        {"THROTTLE": None, "AUTHENTICATION_FAILURES": "10/s", "SITE_URL": "https://app.example.com/"},
        {"TRUSTED_PROXIES": 0, "TOKEN_OVERLAP_HOURS": 0, "MAX_GROUP_MEMBERS_RETURNED": 0},
        {"USER_MAPPING": {}, "REVOKERS": (), "TOKEN_LIFETIME_DAYS": 730},
    ],
)
def test_settings_without_a_mistake_are_none(settings: Any, configured: dict[str, Any]) -> None:
    """E001 takes every default, and every value at its limit."""
    settings.DJANGO_PROVISIONING = configured

    assert found("E001") == []


@pytest.mark.parametrize("check_id", sorted(set(CHECKS) - {"E001"}))
def test_check_does_not_conclude_from_broken_settings(settings: Any, check_id: str) -> None:
    """One mistake is one message: what stands on it is not judged, and nothing crashes."""
    settings.DJANGO_PROVISIONING = "nonsense"

    assert found(check_id) == []


@pytest.mark.parametrize(
    ("configured", "complaint"),
    [
        ({"REVOKERS": ["no.such.module.Revoker"]}, "REVOKERS names 'no.such.module.Revoker'"),
        ({"REVOKERS": ["Revoker"]}, "REVOKERS names 'Revoker'"),
        ({"REVOKERS": [7]}, "REVOKERS names 7"),
        ({"RESOURCE_TYPES": ["django_provisioning.scim.Missing"]}, "RESOURCE_TYPES names"),
        (
            {"ME_AUTHENTICATION_CLASSES": ["rest_framework.authentication.Missing"]},
            "ME_AUTHENTICATION_CLASSES names",
        ),
        ({"EXTENSIONS": {"User": ["no.such.SCHEMA"]}}, "EXTENSIONS['User'] names 'no.such.SCHEMA'"),
        ({"EXTENSIONS": {"User": "no.such.SCHEMA"}}, "EXTENSIONS['User'] is str"),
    ],
)
def test_dotted_path_that_leads_nowhere_is_an_error(settings: Any, configured: Any, complaint: str) -> None:
    """E002 finds it at the start, not at the first leave."""
    settings.DJANGO_PROVISIONING = configured

    messages = found("E002")

    assert len(messages) == 1
    assert complaint in messages[0]


def test_dotted_paths_that_exist_are_none(settings: Any) -> None:
    """E002 says nothing where every name can be imported."""
    settings.DJANGO_PROVISIONING = {
        "REVOKERS": ["django_provisioning.lifecycle.revokers.sessions.SessionRevoker"],
        "RESOURCE_TYPES": ["django_provisioning.scim.handlers.UserHandler"],
        "ME_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
        "EXTENSIONS": {"User": ["django_provisioning.protocol.core_schemas.USER"]},
    }

    assert found("E002") == []


@isolate_apps("tests")
def test_user_model_that_cannot_be_locked_out_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """E003 asks for is_active, the password methods and a relation to the groups."""

    class Visitor(models.Model):
        name = models.CharField(max_length=10)

        class Meta:
            app_label = "tests"

        def __str__(self) -> str:
            return self.name

    monkeypatch.setattr("django_provisioning.checks.models.get_user_model", lambda: Visitor)
    monkeypatch.setattr("django_provisioning.models.membership.get_user_model", lambda: Visitor)

    messages = " ".join(found("E003"))

    assert "no field is_active" in messages
    assert "no method set_unusable_password()" in messages
    assert "no method has_usable_password()" in messages
    assert "No many-to-many field joins tests.Visitor" in messages


@pytest.mark.parametrize(
    ("configured", "complaint"),
    [
        ({"USER_MAPPING": {"title": "job_title"}}, "maps 'title' to 'job_title'"),
        ({"USER_MAPPING": {"title": 5}}, "maps 'title' to 5"),
        ({"USER_MAPPING": {"title": "groups__name"}}, "maps 'title' to 'groups__name'"),
        ({"GROUP_NAME_FIELD": "label"}, "auth.Group has no field 'label'"),
    ],
)
def test_mapping_to_a_field_that_does_not_exist_is_an_error(
    settings: Any, configured: dict[str, Any], complaint: str
) -> None:
    """E003 finds it before the first pushed person."""
    settings.DJANGO_PROVISIONING = configured

    assert complaint in " ".join(found("E003"))


@pytest.mark.parametrize("mapping", [None, {}, {"name.givenName": None, "title": "last_name"}])
def test_mapping_to_fields_that_exist_is_none(settings: Any, mapping: dict[str, Any] | None) -> None:
    """E003 takes real fields, and None for "not mapped"."""
    settings.DJANGO_PROVISIONING = {"USER_MAPPING": mapping}

    assert found("E003") == []


@pytest.mark.parametrize("label", ["nowhere.Team", "Team"])
def test_group_model_that_is_not_installed_is_an_error(settings: Any, label: str) -> None:
    """E003 names the setting and its form."""
    settings.DJANGO_PROVISIONING_GROUP_MODEL = label

    assert found("E003") == [f"DJANGO_PROVISIONING_GROUP_MODEL is {label!r}, which is no installed model."]


@pytest.mark.parametrize("name", ["auth", "contenttypes", "sessions"])
def test_missing_app_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """E004 names what has to be added."""
    monkeypatch.setattr(apps, "is_installed", lambda app: app != f"django.contrib.{name}")

    assert found("E004") == [f"'django.contrib.{name}' is not in INSTALLED_APPS."]


def test_sessions_in_signed_cookies_are_a_warning(settings: Any) -> None:
    """W002: there is no row to delete."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

    assert len(found("W002")) == 1


@pytest.mark.django_db
class TestTokensExpire:
    """W004: the top cause of a silent connection is an expired token."""

    def test_token_that_never_expires_is_a_warning(self) -> None:
        """An eternal token is named by its key id."""
        acme = make_connection("acme")
        make_token(acme, never_expires=True)

        assert found("W004") == [f"Token {acme.tokens.get().key_id} of connection 'acme' never expires."]

    def test_token_that_expires_soon_is_a_warning(self) -> None:
        """Thirty days are time enough to rotate it."""
        make_token(make_connection("acme"), lifetime=timedelta(days=29))

        (message,) = found("W004")

        assert " expires 20" in message

    def test_token_that_needs_no_care_is_none(self) -> None:
        """Neither far ahead, nor expired, nor revoked, nor of a disabled connection."""
        acme = make_connection("acme")
        make_token(acme, lifetime=timedelta(days=31))
        for name in ("expired", "revoked"):
            make_token(acme, name=name, never_expires=True)
        ConnectionToken.objects.filter(name="expired").update(expires_at=timezone.now() - timedelta(days=1))
        ConnectionToken.objects.filter(name="revoked").update(revoked_at=timezone.now())
        make_token(make_connection(enabled=False), never_expires=True)

        assert found("W004") == []

    def test_check_without_database_reads_none(self, django_assert_num_queries: Any) -> None:
        """Django asks for database checks by name; until then they stay away from it."""
        make_token(make_connection(), never_expires=True)

        with django_assert_num_queries(0):
            messages = [*CHECKS["W004"].run([]), *CHECKS["W004"].run(["other"])]

        assert messages == []

    def test_check_before_the_first_migration_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """``migrate`` runs the database checks before there is a table."""
        make_token(make_connection(), never_expires=True)
        monkeypatch.setattr(connection.introspection, "table_names", lambda *_: [])

        assert found("W004") == []

    def test_check_names_at_most_ten(self) -> None:
        """A site with a thousand tenants gets a readable answer."""
        for _number in range(12):
            make_token(make_connection(), never_expires=True)

        assert len(found("W004")) == 10
        assert Connection.objects.count() == 12


@pytest.mark.parametrize(
    ("ssl_redirect", "configured", "urlconf", "count"),
    [
        (False, {}, "tests.urls", 1),
        (True, {}, "tests.urls", 0),
        (False, {"REQUIRE_HTTPS": True}, "tests.urls", 0),
        (False, {}, "tests.admin.urls_without_scim", 0),
    ],
)
def test_scim_over_plain_http_is_a_warning(
    settings: Any, ssl_redirect: bool, configured: dict[str, Any], urlconf: str, count: int
) -> None:
    """W005 is content with either way to refuse plain HTTP, or with no SCIM at all (C10)."""
    settings.SECURE_SSL_REDIRECT = ssl_redirect
    settings.DJANGO_PROVISIONING = configured
    settings.ROOT_URLCONF = urlconf

    assert len(found("W005")) == count


@pytest.mark.parametrize(
    ("debug", "urlconf", "count"),
    [(True, "tests.urls", 1), (False, "tests.urls", 0), (True, "tests.admin.urls_without_scim", 0)],
)
def test_debug_beside_scim_is_a_warning(settings: Any, debug: bool, urlconf: str, count: int) -> None:
    """W014 speaks of deployments that serve SCIM."""
    settings.DEBUG = debug
    settings.ROOT_URLCONF = urlconf

    assert len(found("W014")) == count


@pytest.mark.django_db
@pytest.mark.parametrize("check_id", ["W005", "W014"])
def test_security_checks_run_only_for_deployments(settings: Any, check_id: str) -> None:
    """A developer's machine is not nagged."""
    settings.DEBUG = True

    def ids(*, deploy: bool) -> set[str | None]:
        messages = django_checks.run_checks(tags=["provisioning"], include_deployment_checks=deploy)
        return {message.id for message in messages}

    assert f"django_provisioning.{check_id}" in ids(deploy=True)
    assert f"django_provisioning.{check_id}" not in ids(deploy=False)


def test_checks_run_under_their_tag(settings: Any) -> None:
    """``manage.py check --tag provisioning`` fails on an error of ours."""
    settings.DJANGO_PROVISIONING = {"NO_SUCH_KEY": 1}

    with pytest.raises(SystemCheckError, match="E001"):
        call_command("check", "--tag", "provisioning")


def test_check_ids_are_unique_and_name_their_level() -> None:
    """An id that is silenced silences one check."""
    ids = [check.id for check in checks.CHECKS]

    assert len(set(ids)) == len(ids)
    assert {check_id[0] for check_id in ids} == {"E", "W"}
