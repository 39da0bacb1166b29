"""The local identity providers themselves, as processes, and a provider that is not ours."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from saml2.mdstore import InMemoryMetaData

from example_project.identity_providers.oidc import OpenIdProvider
from example_project.identity_providers.people import PEOPLE
from example_project.identity_providers.saml import SamlIdentityProvider
from tests.factories import make_connection
from tests.jit.browser import Browser, Form
from tests.jit.conftest import use_openid_provider
from tests.jit.doors import OidcDoor, SamlDoor, make_person
from tests.jit.scenes import identity_of
from tests.jit.service_provider import sp_metadata

ROOT = Path(__file__).resolve().parents[2]
CALLBACK = "http://testserver/oidc/callback/"


def started(module: str, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    """Start a provider as a person does; give the process and its address."""
    command = [
        sys.executable,
        "-m",
        f"example_project.identity_providers.{module}",
        "--port",
        "0",
        *arguments,
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    return process, next(word.rstrip(",") for word in line.split() if word.startswith("http://"))


def ended(process: subprocess.Popen[str]) -> None:
    """End the process and close its pipe."""
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture
def saml_process(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Start the SAML IdP with our site's metadata in a file."""
    (tmp_path / "sp.xml").write_text(sp_metadata())
    files = ("--sp-metadata", str(tmp_path / "sp.xml"), "--metadata-file", str(tmp_path / "idp.xml"))
    process, url = started("saml", *files)
    yield url, tmp_path / "idp.xml"
    ended(process)


@pytest.fixture
def oidc_process() -> Iterator[str]:
    """Start the OpenID provider with our site as its client."""
    process, url = started(
        "oidc", "--client-id", "suite", "--client-secret", "made-up-secret", "--redirect-uri", CALLBACK
    )
    yield url
    ended(process)


def test_saml_provider_runs_as_a_process(saml_process: tuple[str, Path]) -> None:
    """It serves the metadata that it wrote, and offers its people at the start page."""
    url, file = saml_process

    served = requests.get(f"{url}/metadata", timeout=20).text
    start = requests.get(url, timeout=20).text

    for text in (served, file.read_text()):
        assert f'entityID="{url}/metadata"' in text
        assert "<ns0:SingleLogoutService" in text or "SingleLogoutService" in text
    assert all(person.name in start for person in PEOPLE)


def test_saml_provider_answers_a_person_who_starts_there(saml_process: tuple[str, Path]) -> None:
    """From its own start page it posts a signed response to the service."""
    url, _file = saml_process
    session = requests.Session()

    page = session.post(f"{url}/start", {"person": PEOPLE[0].key}, timeout=20)
    session.close()

    form = Form.of(page.text)
    assert form.action == "http://testserver/saml2/acs/"
    assert set(form.fields) == {"SAMLResponse"}


@pytest.mark.parametrize("path", ["/nowhere", "/sso?SAMLRequest=rubbish", "/slo?SAMLRequest=x", "/sso"])
def test_saml_provider_refuses_rubbish_with_a_page(saml_idp: SamlIdentityProvider, path: str) -> None:
    """A bad request is a page with 400 or 404, not a broken connection."""
    response = requests.get(saml_idp.url + path, timeout=20)

    assert response.status_code in {400, 404}
    assert "<h1>" in response.text


def test_metadata_says_what_the_provider_does(saml_idp: SamlIdentityProvider) -> None:
    """pysaml2 reads it back: sign-on by redirect and post, logout, and the signing key."""
    store = InMemoryMetaData(None, saml_idp.metadata)
    store.load()

    description = store.entity[saml_idp.entity_id]["idpsso_descriptor"][0]

    assert len(description["single_sign_on_service"]) == 2
    assert description["single_logout_service"][0]["location"] == f"{saml_idp.url}/slo"
    assert description["key_descriptor"]


@pytest.mark.django_db
def test_login_that_starts_at_the_saml_provider_is_let_in(
    saml: SamlDoor, browser: Browser, settings: Any
) -> None:
    """IdP-initiated login (SAML Profiles §4.1.5), where the site allows it."""
    settings.TEST_SAML_UNSOLICITED = True
    saml.connect()
    person = make_person()
    saml.people[person.key] = person

    page = browser.choose(browser.get(saml.provider.url + "/"), person.key)

    assert page.status == 200, page.text
    assert browser.whoami()["username"] == "ada.marsh"  # type: ignore[index]


def test_openid_provider_runs_as_a_process(oidc_process: str) -> None:
    """Discovery names the endpoints and the keys have ids."""
    found = requests.get(f"{oidc_process}/.well-known/openid-configuration", timeout=20).json()
    keys = requests.get(found["jwks_uri"], timeout=20).json()["keys"]

    assert found["issuer"] == oidc_process
    assert [set(key) >= {"kid", "kty", "n", "e", "alg"} for key in keys] == [True]


@pytest.mark.django_db
def test_login_against_the_openid_process_is_let_in(
    oidc_process: str, browser: Browser, settings: Any
) -> None:
    """The site logs a person in against the provider in another process."""
    found = requests.get(f"{oidc_process}/.well-known/openid-configuration", timeout=20).json()
    use_openid_provider(settings, found)
    connection = make_connection(jit="create", oidc_issuer=oidc_process, oidc_client_id="suite")

    page = browser.choose(browser.get("/oidc/authenticate/"), PEOPLE[0].key)

    assert page.status == 200, page.text
    assert identity_of(connection, PEOPLE[0].user_name).subject == PEOPLE[0].key


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "unknown"}, "invalid_client"),
        ({"code": "unknown"}, "invalid_grant"),
        ({"redirect_uri": "http://testserver/elsewhere/"}, "invalid_grant"),
        ({"code_verifier": "wrong"}, "invalid_grant"),
    ],
)
def test_openid_provider_redeems_a_code_only_for_its_client(
    oidc: OidcDoor, changes: dict[str, str], error: str
) -> None:
    """Client, secret, code, redirect address and PKCE verifier must fit (RFC 6749 §4.1.3, RFC 7636 §4.6)."""
    provider: OpenIdProvider = oidc.provider
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    asked = {"client_id": "suite", "redirect_uri": CALLBACK, "code_challenge": challenge}
    right = {
        "client_id": "suite",
        "client_secret": "made-up-secret",
        "redirect_uri": CALLBACK,
        "code": provider.issue_code(make_person(), asked),
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    }

    wrong = requests.post(f"{provider.issuer}/token", {**right, **changes}, timeout=20)

    assert wrong.json() == {"error": error}
    if error == "invalid_client":
        assert requests.post(f"{provider.issuer}/token", right, timeout=20).status_code == 200


@pytest.mark.parametrize(
    "query", ["", "client_id=suite&redirect_uri=https://evil.example.org/", "client_id=x"]
)
def test_openid_provider_never_redirects_to_an_unknown_address(oidc: OidcDoor, query: str) -> None:
    """An unknown client or address ends on a page of the provider."""
    response = requests.get(f"{oidc.provider.issuer}/authorize?{query}", timeout=20, allow_redirects=False)

    assert response.status_code == 400


@pytest.fixture
def foreign_provider() -> Iterator[str]:
    """Start oidc-provider-mock, which shares no code with us."""
    oidc_provider_mock = pytest.importorskip("oidc_provider_mock")
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.mark.django_db
@pytest.mark.filterwarnings(
    "ignore:get_jwt_config",
    "ignore:authlib.jose module is deprecated",
    "ignore:The httpx module is deprecated",
)
def test_login_against_a_provider_that_is_not_ours_is_let_in(
    foreign_provider: str, browser: Browser, settings: Any
) -> None:
    """A complete login against oidc-provider-mock: its tokens name no key id."""
    found = requests.get(f"{foreign_provider}/.well-known/openid-configuration", timeout=20).json()
    use_openid_provider(settings, found)
    connection = make_connection(jit="create", oidc_issuer=found["issuer"], oidc_client_id="suite")
    claims: dict[str, Any] = {"email": "ada@example.com", "email_verified": True}
    requests.put(f"{foreign_provider}/users/ada-1", json=claims, timeout=20).raise_for_status()

    start = browser.get("/oidc/authenticate/")
    page = browser.post(start.url, {"sub": "ada-1"})

    assert page.status == 200, page.text
    assert identity_of(connection, "ada@example.com").subject == "ada-1"


def test_keys_are_made_anew_and_kept_private(tmp_path: Path) -> None:
    """Two starts have two keys, readable by their owner alone."""
    from example_project.identity_providers.keys import write_key_pair

    first, second = write_key_pair(tmp_path / "a"), write_key_pair(tmp_path / "b")

    assert first.key_file.read_bytes() != second.key_file.read_bytes()
    assert first.key_file.stat().st_mode & 0o077 == 0


def test_server_of_a_provider_frees_its_port() -> None:
    """A stopped server answers no more."""
    from example_project.identity_providers.serving import LocalServer, Reply

    server = LocalServer()
    server.answer = lambda _: Reply("here")
    server.start()
    assert requests.get(server.url, timeout=20).text == "here"

    server.stop()

    started_at = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url, timeout=5)
    assert time.monotonic() - started_at < 10
