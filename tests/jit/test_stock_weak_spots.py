"""What the libraries' own backends do where ours does better.

Each test runs the same login on both. The bad outcome of the stock backend is asserted in so many words, so that a
release that repairs it is noticed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import RequestFactory
from mozilla_django_oidc.contrib.drf import OIDCAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from example_project.identity_providers.oidc import Grant
from example_project.identity_providers.people import Person
from example_project.identity_providers.saml import SamlIdentityProvider
from tests.jit.browser import Browser
from tests.jit.doors import OidcDoor, SamlDoor, make_person
from tests.jit.hostile_oidc import TamperedProvider
from tests.jit.hostile_saml import answer_to, deliver

pytestmark = pytest.mark.django_db

OURS_OIDC = "django_provisioning.jit.oidc.OIDCProvisioningBackend"
STOCK_OIDC = "mozilla_django_oidc.auth.OIDCAuthenticationBackend"


@pytest.fixture(params=["ours", "stock"])
def backend(request: pytest.FixtureRequest) -> str:
    """Set the site up with our backends or with the libraries' own; give which."""
    if request.param == "stock":
        request.getfixturevalue("stock")
    return str(request.param)


def users() -> int:
    """Count the users."""
    return get_user_model()._base_manager.count()


TOKENS: dict[str, Callable[[TamperedProvider], Any]] = {
    "iss": lambda op: op.tamper.update(id_token=lambda token: token.update(iss="https://other.example.org")),
    "aud": lambda op: op.tamper.update(id_token=lambda token: token.update(aud="another-client")),
    "azp": lambda op: op.tamper.update(id_token=lambda token: token.update(azp="another-client")),
    "sub of userinfo": lambda op: op.tamper.update(userinfo=lambda claims: claims.update(sub="another")),
}


@pytest.mark.parametrize("lie", TOKENS.values(), ids=TOKENS.keys())
def test_oidc_token_for_somebody_else_is_let_in_by_stock(
    oidc: OidcDoor, browser: Browser, backend: str, lie: Callable[[TamperedProvider], Any]
) -> None:
    """mozilla-django-oidc checks neither iss, aud, azp nor the sub of userinfo (JIT facts 3)."""
    oidc.connect()
    lie(oidc.provider)  # type: ignore[arg-type]

    oidc.log_in(make_person(), browser)

    assert (browser.whoami() is not None) is (backend == "stock")


@pytest.mark.parametrize("verified", [None, False])
def test_oidc_recycled_email_opens_the_old_account_on_stock(
    oidc: OidcDoor, browsers: Callable[[], Browser], backend: str, verified: Any
) -> None:
    """mozilla-django-oidc takes an unverified address for the key: another sub gets the account."""
    oidc.connect()
    ada, eve = browsers(), browsers()
    oidc.log_in(make_person("ada", email="ada@example.com"), ada)

    oidc.log_in(make_person("eve", email="ADA@example.com", email_verified=verified), eve)

    same = ada.whoami()["pk"] == (eve.whoami() or {}).get("pk")  # type: ignore[index]
    assert same is (backend == "stock")


def test_oidc_changed_email_makes_a_second_account_on_stock(
    oidc: OidcDoor, browser: Browser, backend: str
) -> None:
    """mozilla-django-oidc loses a person whose address changed."""
    oidc.connect()
    oidc.log_in(make_person(email="ada@example.com"))

    oidc.log_in(make_person(email="ada.lake@example.com"), browser)

    assert users() == (2 if backend == "stock" else 1)


FRAGILE: dict[str, Callable[[TamperedProvider], Any]] = {
    "no kid": lambda op: op.tamper.update(header=lambda header: header.pop("kid")),
    "expired": lambda op: op.tamper.update(id_token=lambda token: token.update(exp=1_000_000_000)),
    "no id token": lambda op: op.tamper.update(token=lambda document: document.pop("id_token")),
}


@pytest.mark.parametrize("habit", FRAGILE.values(), ids=FRAGILE.keys())
def test_oidc_unusual_token_is_a_server_error_on_stock(
    oidc: OidcDoor, browser: Browser, backend: str, habit: Callable[[TamperedProvider], Any]
) -> None:
    """mozilla-django-oidc answers 500 where ours lets in or shows the page."""
    oidc.connect()
    habit(oidc.provider)  # type: ignore[arg-type]

    page = oidc.log_in(make_person(), browser)

    assert (page.status == 500) is (backend == "stock")
    assert page.status in {200, 403, 500}


def test_oidc_refused_code_is_a_server_error_on_stock(oidc: OidcDoor, browser: Browser, backend: str) -> None:
    """A code that the provider does not redeem is a 500 on mozilla-django-oidc."""
    oidc.connect()
    page = browser.get(oidc.login_path)
    person = make_person()
    back = oidc.provider.redirect_for(page, person)  # type: ignore[attr-defined]

    refused = browser.get(back.replace("code=", "code=x"))

    assert refused.status == (500 if backend == "stock" else 403)


@pytest.mark.parametrize("is_guarded", [True, False])
def test_oidc_session_of_a_deactivated_person_goes_on_on_stock_without_the_guard(
    oidc: OidcDoor, browsers: Callable[[], Browser], backend: str, settings: Any, is_guarded: bool
) -> None:
    """mozilla-django-oidc's get_user ignores is_active (its issue 520); our backend and our guard do not."""
    if not is_guarded:
        settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "guard" not in one]
    browser = browsers()
    oidc.connect()
    oidc.log_in(make_person(), browser)
    get_user_model()._base_manager.update(is_active=False)

    person = browser.whoami()

    assert (person is not None) is (backend == "stock" and not is_guarded)


@pytest.mark.parametrize("case", ["a stranger", "somebody inactive"])
def test_oidc_api_call_is_let_in_by_stock(oidc: OidcDoor, backend: str, settings: Any, case: str) -> None:
    """mozilla-django-oidc's DRF class makes accounts on API calls and lets inactive people in."""
    settings.OIDC_DRF_AUTH_BACKEND = STOCK_OIDC if backend == "stock" else OURS_OIDC
    oidc.connect()
    person = make_person()
    if case == "somebody inactive":
        oidc.log_in(person)
        get_user_model()._base_manager.update(is_active=False)
    before = users()

    found = api_user(oidc.provider, person)  # type: ignore[arg-type]

    assert (found is not None) is (backend == "stock")
    assert users() - before == (1 if backend == "stock" and case == "a stranger" else 0)


def test_oidc_api_call_of_a_known_person_is_let_in(oidc: OidcDoor, settings: Any) -> None:
    """Our backend serves API calls of people who are known and active."""
    settings.OIDC_DRF_AUTH_BACKEND = OURS_OIDC
    oidc.connect()
    oidc.log_in(make_person())

    found = api_user(oidc.provider, make_person())  # type: ignore[arg-type]

    assert found == get_user_model()._base_manager.get()


def api_user(provider: TamperedProvider, person: Person) -> Any:
    """Give whom the DRF class takes a bearer of the person's access token for."""
    token = provider.issue_access_token(Grant(person, provider.clients["suite"], {}, 0, "s"))
    request = Request(RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"}))
    try:
        found = OIDCAuthentication().authenticate(request)
    except APIException:
        return None
    return found[0] if found else None


def test_oidc_refusal_says_nothing_on_stock(oidc: OidcDoor, browser: Browser, backend: str) -> None:
    """mozilla-django-oidc sends a refused person to the front page without a word (its issue 546)."""
    oidc.connect(jit="off")
    oidc.provider.tamper["userinfo"] = lambda claims: claims.pop("email")  # type: ignore[attr-defined]

    page = oidc.log_in(make_person(), browser)

    assert browser.whoami() is None
    assert ("Sign-in refused" in page.text) is (backend == "ours")


def test_saml_other_provider_takes_the_account_over_on_stock(
    saml: SamlDoor, other_idp: SamlIdentityProvider, browsers: Callable[[], Browser], backend: str
) -> None:
    """djangosaml2 finds the account by uid alone: any trusted IdP opens any account."""
    saml.connect("acme")
    SamlDoor(other_idp).connect("globex")
    ada, eve = browsers(), browsers()
    saml.log_in(make_person(), ada)

    SamlDoor(other_idp).log_in(make_person(), eve)

    assert (ada.whoami()["pk"] == eve.whoami()["pk"]) is (backend == "stock")  # type: ignore[index]


def test_saml_recycled_uid_opens_the_old_account_on_stock(
    saml: SamlDoor, browsers: Callable[[], Browser], backend: str
) -> None:
    """djangosaml2 ignores the NameID: a new hire with an old uid is the old person."""
    saml.connect()
    old, new = browsers(), browsers()
    saml.log_in(make_person(key="old"), old)

    saml.log_in(make_person(key="new"), new)

    assert (new.whoami() is not None) is (backend == "stock")


def test_saml_look_alike_opens_the_account_on_stock(
    saml: SamlDoor, browsers: Callable[[], Browser], backend: str, settings: Any
) -> None:
    """djangosaml2 knows no bound subject: a mapped address in other letter case is whatever the look-up says."""
    settings.SAML_DJANGO_USER_MAIN_ATTRIBUTE_LOOKUP = "__iexact"
    saml.connect()
    ada, eve = browsers(), browsers()
    saml.log_in(make_person("ada"), ada)

    saml.log_in(make_person("ADA", key="another"), eve)

    assert (eve.whoami() is not None) is (backend == "stock")


def _other_recipient(response: Any) -> None:
    data = response.assertion.subject.subject_confirmation[0].subject_confirmation_data
    data.recipient = "https://other.example.org/acs"


def test_saml_assertion_for_another_recipient_is_let_in_by_stock(
    saml: SamlDoor, browser: Browser, backend: str
) -> None:
    """pysaml2 never compares the Recipient (SAML Profiles §4.1.4.3)."""
    saml.connect()

    deliver(browser, answer_to(saml, browser, make_person(), _other_recipient))

    assert (browser.whoami() is not None) is (backend == "stock")


@pytest.mark.parametrize("asked", [True, False], ids=["of another browser", "of nobody"])
def test_saml_replay_is_let_in_by_stock(
    saml: SamlDoor, browsers: Callable[[], Browser], backend: str, settings: Any, *, asked: bool
) -> None:
    """Where unsolicited responses are allowed, djangosaml2 takes one as often as it comes, answers included."""
    settings.TEST_SAML_UNSOLICITED = True
    saml.connect()
    mine, thief = browsers(), browsers()
    xml = answer_to(saml, mine, make_person(), asked=asked)
    deliver(mine, xml)

    deliver(thief, xml)

    assert mine.whoami() is not None
    assert (thief.whoami() is not None) is (backend == "stock")


def _other_destination(response: Any) -> None:
    response.destination = "https://other.example.org/acs"


def test_saml_response_for_another_destination_is_a_server_error_on_stock(
    saml: SamlDoor, browser: Browser, backend: str
) -> None:
    """djangosaml2 answers 500 to a response that is addressed to another service."""
    saml.connect()

    page = deliver(browser, answer_to(saml, browser, make_person(), _other_destination))

    assert page.status == (500 if backend == "stock" else 400)


def test_saml_refused_login_changes_the_account_on_stock(
    saml: SamlDoor, browser: Browser, backend: str
) -> None:
    """djangosaml2 writes the attributes before it looks at is_active."""
    saml.connect()
    saml.log_in(make_person(given_name="Ada"))
    get_user_model()._base_manager.update(is_active=False)

    saml.log_in(make_person(given_name="Eve"), browser)

    assert browser.whoami() is None
    assert get_user_model()._base_manager.get().first_name == ("Eve" if backend == "stock" else "Ada")


def test_saml_claim_makes_a_superuser_on_stock(
    saml: SamlDoor, browser: Browser, backend: str, settings: Any
) -> None:
    """djangosaml2's mapping writes any field that it names, is_superuser included (its issue 126)."""
    settings.SAML_ATTRIBUTE_MAPPING = {"uid": ("username",), "admin": ("is_superuser",)}
    saml.connect()

    saml.log_in(make_person(more={"admin": ["1"]}), browser)

    assert bool(get_user_model()._base_manager.get().is_superuser) is (backend == "stock")


def test_saml_missing_name_puts_the_attributes_into_the_log_on_stock(
    saml: SamlDoor, browser: Browser, backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    """djangosaml2 logs every attribute at ERROR when the one it looks for is missing."""
    saml.connect(jit="off")

    saml.log_in(make_person(user_name="", email="marker@example.com"), browser)

    assert browser.whoami() is None
    assert ("marker@example.com" in caplog.text) is (backend == "stock")


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Look at warnings and errors, as an operator's log shows them."""
    with caplog.at_level("WARNING"):
        yield
