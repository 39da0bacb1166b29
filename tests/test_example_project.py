"""The example project: what its environment decides, its pages, and the demo from end to end."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from example_project import environment
from example_project.demo import observer, okta, providers
from example_project.demo.narrator import Narrator, compact
from example_project.demo.stage import Stage, mismatches
from example_project.demo.wire import Answer

ROOT = Path(__file__).resolve().parents[1]
VARIABLES = (
    "DATABASE_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "SITE_URL", "CACHE_URL", "SESSION_ENGINE",
    "SCIM_THROTTLE", "CONN_MAX_AGE", "SUPPORT_CONTACT", "EXAMPLE_PROBES",
    "OIDC_OP_ISSUER", "OIDC_OP_AUTHORIZATION_ENDPOINT", "OIDC_OP_TOKEN_ENDPOINT", "OIDC_OP_USER_ENDPOINT",
    "OIDC_OP_JWKS_ENDPOINT", "OIDC_RP_CLIENT_ID", "OIDC_RP_CLIENT_SECRET", "OIDC_RP_SIGN_ALGO", "OIDC_RP_SCOPES",
    "OIDC_VERIFY_KID", "SAML_IDP_METADATA", "SAML_ALLOW_UNSOLICITED",
)  # fmt: skip
OPENID_PROVIDER = {
    "OIDC_OP_ISSUER": "https://login.example.com",
    "OIDC_OP_AUTHORIZATION_ENDPOINT": "https://login.example.com/authorize",
    "OIDC_OP_TOKEN_ENDPOINT": "https://login.example.com/token",
    "OIDC_OP_USER_ENDPOINT": "https://login.example.com/userinfo",
    "OIDC_OP_JWKS_ENDPOINT": "https://login.example.com/jwks",
    "OIDC_RP_CLIENT_ID": "app",
    "OIDC_RP_CLIENT_SECRET": "made-up",
    "OIDC_RP_SIGN_ALGO": "ES256",
}


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Take away every variable that the settings read."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def pages(settings: Any) -> Client:
    """Give a client of the example project's pages."""
    template = {**settings.TEMPLATES[0], "DIRS": [ROOT / "example_project" / "templates"]}
    settings.TEMPLATES = [template]
    settings.ROOT_URLCONF = "example_project.urls"
    settings.LOGIN_REDIRECT_URL = "index"
    settings.LOGOUT_REDIRECT_URL = "index"
    return Client()


def read_settings() -> dict[str, Any]:
    """Run the settings module afresh."""
    return runpy.run_path(str(ROOT / "example_project" / "settings.py"))


def test_settings_without_environment_start_a_debugging_site_on_sqlite(
    no_environment: pytest.MonkeyPatch,
) -> None:
    """Without any variable the site starts: debug mode, an SQLite file beside it, local hosts only."""
    found = read_settings()

    database = found["DATABASES"]["default"]
    assert found["DEBUG"] is True
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert Path(database["NAME"]) == ROOT / "example_project" / "example.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]
    assert "THROTTLE" not in found["DJANGO_PROVISIONING"]


def test_settings_without_debug_and_key_are_refused(no_environment: pytest.MonkeyPatch) -> None:
    """A site that is not for debugging never runs on the published key."""
    no_environment.setenv("DEBUG", "0")

    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        read_settings()


def test_settings_with_throttle_off_set_no_limit(no_environment: pytest.MonkeyPatch) -> None:
    """SCIM_THROTTLE=off takes the request limit away."""
    no_environment.setenv("SCIM_THROTTLE", "off")

    found = read_settings()

    assert found["DJANGO_PROVISIONING"]["THROTTLE"] is None


def test_settings_with_https_site_secure_the_cookies(no_environment: pytest.MonkeyPatch) -> None:
    """A site that visitors reach over HTTPS sends its cookies only there, and answers under that name."""
    no_environment.setenv("SITE_URL", "https://app.example.com/")

    found = read_settings()

    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["CSRF_COOKIE_SECURE"] is True
    assert "app.example.com" in found["ALLOWED_HOSTS"]
    assert found["DJANGO_PROVISIONING"]["SITE_URL"] == "https://app.example.com"


@pytest.mark.parametrize(
    ("url", "engine", "name"),
    [
        ("postgres://app:secret@db.example.com:5432/people", "django.db.backends.postgresql", "people"),
        ("mysql://app:secret@db.example.com:3306/people", "django.db.backends.mysql", "people"),
        ("sqlite:////var/lib/app.sqlite3", "django.db.backends.sqlite3", "/var/lib/app.sqlite3"),
    ],
)
def test_database_url_names_engine_and_database(
    no_environment: pytest.MonkeyPatch, url: str, engine: str, name: str
) -> None:
    """DATABASE_URL chooses PostgreSQL, MySQL/MariaDB or SQLite."""
    no_environment.setenv("DATABASE_URL", url)

    database = environment.database(Path("unused.sqlite3"))

    assert (database["ENGINE"], database["NAME"]) == (engine, name)


def test_database_url_of_mysql_speaks_full_unicode(no_environment: pytest.MonkeyPatch) -> None:
    """MySQL's own default would refuse characters outside the basic plane."""
    no_environment.setenv("DATABASE_URL", "mysql://app@db.example.com/people")

    assert environment.database(Path("unused"))["OPTIONS"]["charset"] == "utf8mb4"


@pytest.mark.parametrize(
    ("url", "backend", "location"),
    [
        ("locmem://", "locmem.LocMemCache", ""),
        ("redis://127.0.0.1:6379/1", "redis.RedisCache", "redis://127.0.0.1:6379/1"),
        ("file:///var/cache/app", "filebased.FileBasedCache", "/var/cache/app"),
    ],
)
def test_cache_url_names_the_backend(
    no_environment: pytest.MonkeyPatch, url: str, backend: str, location: str
) -> None:
    """CACHE_URL chooses memory, Redis or files."""
    no_environment.setenv("CACHE_URL", url)

    assert environment.cache() == {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": location}


@pytest.mark.parametrize(
    ("engine", "module"),
    [
        ("", "django.contrib.sessions.backends.db"),
        ("cached_db", "django.contrib.sessions.backends.cached_db"),
        ("example.sessions", "example.sessions"),
    ],
)
def test_session_engine_takes_short_names_and_paths(
    no_environment: pytest.MonkeyPatch, engine: str, module: str
) -> None:
    """SESSION_ENGINE may be one of Django's engines by name, or any module."""
    no_environment.setenv("SESSION_ENGINE", engine)

    assert environment.session_engine() == module


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "perhaps"),
        ("SITE_URL", "app.example.com"),
        ("SITE_URL", "https://app.example.com/scim"),
        ("CACHE_URL", "memcached://127.0.0.1"),
    ],
)
def test_settings_with_a_wrong_variable_name_it(
    no_environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A variable that cannot be understood stops the start with its name."""
    no_environment.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=name):
        read_settings()


def test_settings_without_provider_have_no_single_sign_on(no_environment: pytest.MonkeyPatch) -> None:
    """Neither SSO library is asked for, and the only way in is a password."""
    found = read_settings()

    assert {"djangosaml2", "mozilla_django_oidc"}.isdisjoint(found["INSTALLED_APPS"])
    assert found["AUTHENTICATION_BACKENDS"] == ["django.contrib.auth.backends.ModelBackend"]
    assert found["LOGIN_REDIRECT_URL"] == "/whoami/"


def test_settings_with_an_openid_provider_use_our_backend(no_environment: pytest.MonkeyPatch) -> None:
    """The provider's names reach the library as they stand, beside our backend and our callback."""
    for name, value in {**OPENID_PROVIDER, "OIDC_VERIFY_KID": "0"}.items():
        no_environment.setenv(name, value)

    found = read_settings()

    assert {name: found[name] for name in OPENID_PROVIDER} == OPENID_PROVIDER
    assert found["OIDC_VERIFY_KID"] is False
    assert found["OIDC_CALLBACK_CLASS"] == "django_provisioning.jit.oidc.CallbackView"
    assert "mozilla_django_oidc" in found["INSTALLED_APPS"]
    assert found["AUTHENTICATION_BACKENDS"] == [
        "django.contrib.auth.backends.ModelBackend",
        "django_provisioning.jit.oidc.OIDCProvisioningBackend",
    ]


@pytest.mark.parametrize(
    "missing", ["OIDC_OP_ISSUER", "OIDC_OP_TOKEN_ENDPOINT", "OIDC_OP_USER_ENDPOINT", "OIDC_RP_CLIENT_ID"]
)
def test_settings_with_half_an_openid_provider_are_refused(
    no_environment: pytest.MonkeyPatch, missing: str
) -> None:
    """A provider that is only begun stops the start with the name of what is missing."""
    for name, value in OPENID_PROVIDER.items():
        if name != missing:
            no_environment.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=missing):
        read_settings()


def test_settings_with_saml_metadata_use_our_backend(
    no_environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each metadata file is taken, and the cache that knows used assertions is one that processes share."""
    files = [tmp_path / "one.xml", tmp_path / "two.xml"]
    for file in files:
        file.touch()
    no_environment.setenv("SAML_IDP_METADATA", ", ".join(map(str, files)))
    no_environment.setenv("SAML_ALLOW_UNSOLICITED", "1")

    found = read_settings()

    assert found["SAML_IDP_METADATA"] == [str(file) for file in files]
    assert found["SAML_ALLOW_UNSOLICITED"] is True
    assert "djangosaml2.middleware.SamlSessionMiddleware" in found["MIDDLEWARE"]
    assert "django_provisioning.jit.saml.SamlProvisioningBackend" in found["AUTHENTICATION_BACKENDS"]
    assert found["CACHES"]["default"]["BACKEND"].endswith("FileBasedCache")


def test_settings_with_metadata_that_is_not_there_are_refused(
    no_environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A misspelt file stops the start, not the first login."""
    no_environment.setenv("SAML_IDP_METADATA", str(tmp_path / "missing.xml"))

    with pytest.raises(ImproperlyConfigured, match=r"SAML_IDP_METADATA.*missing\.xml"):
        read_settings()


@pytest.mark.django_db
def test_whoami_without_login_is_401(pages: Client) -> None:
    """Nobody is nobody."""
    answer = pages.get("/whoami/")

    assert answer.status_code == 401
    assert answer.json() == {"authenticated": False}


@pytest.mark.django_db
def test_whoami_after_password_login_names_the_user(pages: Client) -> None:
    """The login form opens a session, and the page tells whose it is, with groups in order."""
    user = User.objects.create_user("ada", "ada@example.com", "correct horse", is_staff=True)
    user.groups.set([Group.objects.create(name="Zeta"), Group.objects.create(name="Alpha")])

    login = pages.post("/accounts/login/", {"username": "ada", "password": "correct horse"})
    answer = pages.get("/whoami/")

    assert (login.status_code, login.headers["Location"]) == (302, "/")
    assert answer.status_code == 200
    assert answer.json() == {
        "authenticated": True, "pk": user.pk, "username": "ada", "email": "ada@example.com",
        "is_active": True, "is_staff": True, "is_superuser": False, "groups": ["Alpha", "Zeta"],
    }  # fmt: skip


@pytest.mark.django_db
def test_whoami_of_a_deactivated_user_is_401(pages: Client) -> None:
    """The page asks Django's authentication at every request, not the cookie alone."""
    user = User.objects.create_user("ada", password="correct horse")
    pages.force_login(user)
    User.objects.update(is_active=False)

    answer = pages.get("/whoami/")

    assert answer.status_code == 401


@pytest.mark.django_db
def test_index_links_to_admin_and_names_the_scim_url(pages: Client) -> None:
    """The first page says where everything is."""
    text = pages.get("/").content.decode()

    assert 'href="/admin/"' in text
    assert "http://testserver/scim/v2" in text
    assert 'href="/accounts/login/"' in text


def test_login_page_shows_the_form_again_after_a_wrong_password(pages: Client, db: None) -> None:
    """A refused login says so, for screen readers too."""
    answer = pages.post("/accounts/login/", {"username": "nobody", "password": "wrong"})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_manage_py_runs_from_any_directory(tmp_path: Path) -> None:
    """manage.py finds the project wherever it is called from."""
    finished = run_python([str(ROOT / "example_project" / "manage.py"), "check"], cwd=tmp_path)

    assert finished.returncode == 0, finished.stderr
    assert "no issues" in finished.stdout


@pytest.mark.parametrize(
    ("expected", "actual", "problems"),
    [
        ({"active": False}, {"id": "7", "active": False}, []),
        ({"active": False}, {"active": "False"}, ["active should be False, is 'False'"]),
        ({"name": {"givenName": "Ada"}}, {"name": {}}, ["name.givenName should be 'Ada', is None"]),
        ({"active": True}, None, ["the body should be an object"]),
        ({}, None, []),
    ],
)
def test_mismatches_names_every_different_part(
    expected: dict[str, Any], actual: Any, problems: list[str]
) -> None:
    """The demo's judge sees what is missing or different and nothing else."""
    assert mismatches(expected, actual) == problems


def test_stage_counts_an_unexpected_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """An answer that is not the expected one is told and makes the demo fail."""
    stage = Stage(Narrator(), "http://127.0.0.1:1")

    stage.judge(Answer(200, {"active": True}, 1.0), 200, {"active": True})
    stage.judge(Answer(500, None, 1.0), 200, None)

    assert (stage.answers, stage.surprises) == (2, 1)
    assert "NOT AS EXPECTED: status should be 200" in capsys.readouterr().out


def test_compact_hides_passwords_and_cuts_long_bodies() -> None:
    """Nothing secret is printed, nor more than a reader takes in."""
    sent = okta.create("Ada", "Lindgren", "ada@example.com", "00u1").body or {}

    assert sent["password"] not in compact(sent)
    assert len(compact({"displayName": "x" * 1000})) == 400


def test_differences_tells_rows_made_changed_and_gone() -> None:
    """One line per row, with old and new value."""
    before: observer.Snapshot = {
        "user 1": {"name": "ada", "is_active": True, "groups": ""},
        "group 1": {"name": "Sales"},
        "group 2": {"name": "Engineering"},
    }
    after: observer.Snapshot = {
        "user 1": {"name": "ada", "is_active": False, "groups": ""},
        "user 2": {"name": "dev", "email": "dev@example.com"},
        "group 2": {"name": "Platform"},
    }

    assert list(observer.differences(before, after)) == [
        "+ user 2 dev (email dev@example.com)",
        "- group 1 Sales",
        "~ group 2 Engineering: name Engineering → Platform",
        "~ user 1 ada: is_active True → False",
    ]


def test_demo_plays_the_day_and_ends_well() -> None:
    """`make demo ONCE=1`: every answer is the expected one, and the last table shows everybody."""
    finished = run_python(["-m", "example_project.demo", "--once"], cwd=ROOT)

    assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr[-2000:]
    assert "0 not as expected" in finished.stdout
    assert "is_active True → False" in finished.stdout
    assert "session rows 1 → 0" in finished.stdout
    assert "managed by sso → scim+sso" in finished.stdout
    assert "the event with this reference says: deprovisioned" in finished.stdout
    assert ("SSO subject (none) →" in finished.stdout) == (not providers.reason_without_saml())
    assert "\033[" not in finished.stdout
    table = finished.stdout.partition("The end of the day")[2]
    assert [name for name in ("Ada", "Bruno", "Chiara", "Dev", "Emil") if name not in table] == []


def test_demo_without_xmlsec1_says_why_saml_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where no XML can be signed the demo goes on without SAML, and names the program to install."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "xmlsec1" in providers.reason_without_saml()


def run_python(arguments: list[str], *, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run this Python without the suite's own settings."""
    clean = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    clean.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**clean, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
