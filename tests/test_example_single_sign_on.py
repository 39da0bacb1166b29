"""The example project with single sign-on: real providers, a real server, whole logins over HTTP."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from example_project.demo.browser import Browser, Step
from example_project.identity_providers.people import Person
from tests import live_server

pytest.importorskip("djangosaml2")
pytest.importorskip("mozilla_django_oidc")

from saml2.assertion import Policy
from saml2.saml import NAME_FORMAT_BASIC, NAME_FORMAT_UNSPECIFIED, NAME_FORMAT_URI

from example_project.identity_providers.keys import write_key_pair
from example_project.identity_providers.oidc import Client, OpenIdProvider
from example_project.identity_providers.saml import SamlIdentityProvider
from example_project.identity_providers.serving import LocalServer

pytestmark = [
    pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 signs and verifies the XML"),
    pytest.mark.xdist_group("example single sign-on"),
]

ADA = Person("7f1c2a90", "ada.marsh", "ada.marsh@example.com", "Ada", "Marsh", ("Engineers",))
BO = Person("3be85d14", "bo.lindgren", "bo.lindgren@example.com", "Bo", "Lindgren", ("Pilots",))
CHIPO = Person("c04e7761", "chipo.dube", "chipo.dube@example.com", "Chipo", "Dube")
DEV = Person("a81f03e2", "dev.okoye", "dev.okoye@example.com", "Dev", "Okoye", ("Pilots",))
PEOPLE = (ADA, BO, CHIPO)
CLIENT = "example"
_READ = """
import json, sys
import django
django.setup()
from django_provisioning.models import Identity
found = Identity.objects.filter(subject=sys.argv[1], connection__slug=sys.argv[2])
fields = ("user__username", "user__first_name", "user__last_name", "user__email", "subject", "active")
print(json.dumps(list(found.values(*fields))))
"""


@dataclass(frozen=True, slots=True)
class Site:
    """The example project with an OpenID provider and two SAML IdPs, a connection for each."""

    server: live_server.LiveServer
    openid: OpenIdProvider
    saml: SamlIdentityProvider
    other_saml: SamlIdentityProvider

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return self.server.url

    def identity(self, person: Person, slug: str) -> dict[str, Any] | None:
        """Read what the site holds of a person in a connection."""
        found = json.loads(self.server.run(_READ, person.key, slug))
        return found[0] if found else None


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Start the providers, then the site, as the environment of an operator would."""
    folder = tmp_path_factory.mktemp("example")
    servers = [LocalServer() for _ in range(3)]
    openid = OpenIdProvider(servers[0].url, [], PEOPLE)
    saml = SamlIdentityProvider(servers[1].url, write_key_pair(folder / "saml"), PEOPLE)
    other_saml = SamlIdentityProvider(servers[2].url, write_key_pair(folder / "other"), PEOPLE)
    for server, answer in zip(servers, (openid.answer, saml.answer, other_saml.answer), strict=True):
        server.answer = answer
        server.start()
    with live_server.started(folder, environment=environment(folder, openid, saml, other_saml)) as site:
        logout = f"{site.url}/idp/backchannel-logout/"
        openid.clients[CLIENT] = Client(CLIENT, "made-up", (f"{site.url}/oidc/callback/",), logout)
        metadata = requests.get(f"{site.url}/saml2/metadata/", timeout=20).text
        saml.add_service_provider(metadata)
        other_saml.add_service_provider(metadata)
        # Whoever comes from Tundra must bring groups: a login proves that they arrived.
        trust = {"saml_entity_id": saml.entity_id, "required_claims": {"groups": []}}
        site.connect("lumen", name="Lumen", jit="create", oidc_issuer=openid.issuer, oidc_client_id=CLIENT)
        site.connect("tundra", name="Tundra", jit="create", **trust)
        yield Site(site, openid, saml, other_saml)
    for server in servers:
        server.stop()


def environment(folder: Path, openid: OpenIdProvider, *saml: SamlIdentityProvider) -> dict[str, str]:
    """Give the variables that name the providers; the metadata goes into files."""
    files = [folder / f"idp{number}.xml" for number in range(len(saml))]
    for file, provider in zip(files, saml, strict=True):
        file.write_text(provider.metadata)
    return {
        "OIDC_OP_ISSUER": openid.issuer,
        "OIDC_OP_AUTHORIZATION_ENDPOINT": f"{openid.issuer}/authorize",
        "OIDC_OP_TOKEN_ENDPOINT": f"{openid.issuer}/token",
        "OIDC_OP_USER_ENDPOINT": f"{openid.issuer}/userinfo",
        "OIDC_OP_JWKS_ENDPOINT": f"{openid.issuer}/jwks",
        "OIDC_RP_CLIENT_ID": CLIENT,
        "OIDC_RP_CLIENT_SECRET": "made-up",
        "SAML_IDP_METADATA": ",".join(map(str, files)),
        "SAML_ALLOW_UNSOLICITED": "1",
        "SUPPORT_CONTACT": "the service desk",
    }


def respond(site: Site, person: Person, **more: Any) -> Step:
    """Let the SAML IdP open the site for a person without being asked, and give where the browser ends."""
    acs = f"{site.url}/saml2/acs/"
    entity_id = f"{site.url}/saml2/metadata/"
    facts = {"sign_response": True, "sign_assertion": True, **more}
    response = str(site.saml.respond_unsigned(person, sp_entity_id=entity_id, destination=acs, **facts))
    page = Browser(site.url)
    return page.follow("POST", acs, {"SAMLResponse": _encoded(response)})[-1]


def _encoded(xml: str) -> str:
    return base64.b64encode(xml.encode()).decode()


def test_login_page_has_a_button_for_each_provider(site: Site) -> None:
    """Connections lend their names; an IdP without a connection is called by its entity id."""
    text = requests.get(f"{site.url}/accounts/login/?next=/admin/", timeout=20).text

    assert ">Log in with Lumen</a>" in text
    assert ">Log in with Tundra</a>" in text
    assert f">Log in with {site.other_saml.entity_id}</a>" in text
    assert 'href="/oidc/authenticate/?next=%2Fadmin%2F"' in text
    assert 'name="password"' in text


@pytest.mark.parametrize(("person", "start", "slug"), [(ADA, "oidc", "lumen"), (BO, "saml", "tundra")])
def test_login_through_a_provider_makes_the_account_and_ends_at_whoami(
    site: Site, person: Person, start: str, slug: str
) -> None:
    """The usual attributes of either protocol fill the account without any mapping of the site's own."""
    browser = Browser(site.url)
    path = "/oidc/authenticate/" if start == "oidc" else f"/saml2/login/?idp={site.saml.entity_id}"

    page = browser.choose(browser.follow("GET", path)[-1], person.key)[-1]

    assert page.url == f"{site.url}/whoami/"
    assert page.answer.body["username"] == person.user_name
    assert page.answer.body["email"] == person.email
    found = site.identity(person, slug) or {}
    assert (found["user__first_name"], found["user__last_name"]) == (person.given_name, person.family_name)


def test_login_of_an_idp_without_connection_ends_on_the_page(site: Site) -> None:
    """Metadata alone lets nobody in: the second IdP has no connection."""
    browser = Browser(site.url)
    chooser = browser.follow("GET", f"/saml2/login/?idp={site.other_saml.entity_id}")[-1]

    page = browser.choose(chooser, CHIPO.key)[-1]

    assert page.answer.status == 403
    assert "Please ask the service desk." in page.answer.text
    assert browser.get("/whoami/").status == 401


@pytest.mark.parametrize(
    ("signed", "status"),
    [
        ({"sign_response": True, "sign_assertion": False}, 200),
        ({"sign_response": False, "sign_assertion": True}, 200),
        ({"sign_response": False, "sign_assertion": False}, 403),
    ],
    ids=["response", "assertion", "neither"],
)
def test_saml_response_needs_one_signature(site: Site, signed: dict[str, bool], status: int) -> None:
    """IdPs sign the response or the assertion; what nobody signed lets nobody in."""
    page = respond(site, DEV, **signed)

    assert page.answer.status == status, page.answer.text[-2000:]


@pytest.mark.parametrize("name_format", [NAME_FORMAT_BASIC, NAME_FORMAT_URI, NAME_FORMAT_UNSPECIFIED])
def test_saml_attributes_arrive_whatever_their_name_format(site: Site, name_format: str) -> None:
    """``uid``, ``mail``, ``givenName``, ``sn`` and ``groups`` keep their names in each format."""
    short = name_format.rpartition(":")[2]
    person = Person(
        f"noor-{short}", f"noor.{short}", f"noor.{short}@example.com", "Noor", "Falk", ("Pilots",)
    )
    policy = Policy({"default": {"lifetime": {"minutes": 5}, "name_form": name_format}})

    page = respond(site, person, release_policy=policy)

    assert page.answer.status == 200, page.answer.text[-2000:]
    found = site.identity(person, "tundra") or {}
    assert found["user__username"] == person.user_name
    assert (found["user__email"], found["user__first_name"], found["user__last_name"]) == (
        person.email,
        "Noor",
        "Falk",
    )


def test_logout_at_the_openid_provider_ends_the_session_at_the_site(site: Site) -> None:
    """The provider tells the site over HTTP, and the next request with the old cookie is refused (C16)."""
    browser = Browser(site.url)
    chooser = browser.follow("GET", "/oidc/authenticate/")[-1]
    assert browser.choose(chooser, ADA.key)[-1].answer.status == 200
    assert browser.get("/whoami/").status == 200

    page = browser.follow("GET", f"{site.openid.issuer}/logout")[-1]

    assert "You are logged out of the provider." in page.answer.text
    assert browser.get("/whoami/").status == 401


def test_saml_idp_ends_sessions_without_any_browser(site: Site) -> None:
    """The IdP posts a SOAP LogoutRequest, and the browser that knows nothing of it is out (C16)."""
    browser = Browser(site.url)
    chooser = browser.follow("GET", f"/saml2/login/?idp={site.saml.entity_id}")[-1]
    assert browser.choose(chooser, BO.key)[-1].answer.status == 200
    assert browser.get("/whoami/").status == 200

    page = requests.post(f"{site.saml.url}/end", {"person": BO.key}, timeout=20)

    assert "Every service was told." in page.text
    assert browser.get("/whoami/").status == 401
