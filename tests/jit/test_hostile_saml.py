"""Hostile SAML responses: none opens a session or writes a user, and each ends on a page, not on an error."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from example_project.identity_providers.saml import SamlIdentityProvider
from tests.jit import hostile_saml
from tests.jit.browser import Browser
from tests.jit.doors import SamlDoor, make_person
from tests.jit.hostile_saml import answer_to, deliver, signed
from tests.jit.scenes import everything, identity_of, refusal
from tests.jit.service_provider import acs_url, sp_entity_id

pytestmark = pytest.mark.django_db


def ago(**span: int) -> str:
    """Give a time in the past as SAML writes it."""
    return (datetime.now(UTC) - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _assertion(response: Any) -> Any:
    return response.assertion[0] if isinstance(response.assertion, list) else response.assertion


def _subject_data(response: Any) -> Any:
    return _assertion(response).subject.subject_confirmation[0].subject_confirmation_data


def _expired(response: Any) -> None:
    _assertion(response).conditions.not_on_or_after = ago(hours=1)
    _subject_data(response).not_on_or_after = ago(hours=1)


def _not_yet_valid(response: Any) -> None:
    _assertion(response).conditions.not_before = ago(hours=-1)


def _for_another_audience(response: Any) -> None:
    audience = _assertion(response).conditions.audience_restriction[0].audience[0]
    audience.text = "https://other.example.org/metadata"


def _for_another_recipient(response: Any) -> None:
    _subject_data(response).recipient = "https://other.example.org/acs"


def _without_recipient(response: Any) -> None:
    _subject_data(response).recipient = None


def _for_another_destination(response: Any) -> None:
    response.destination = "https://other.example.org/acs"


def _answering_another_request(response: Any) -> None:
    response.in_response_to = _subject_data(response).in_response_to = "id-of-another-browser"


def _without_authentication(response: Any) -> None:
    _assertion(response).authn_statement = []


def _from_an_unknown_issuer(response: Any) -> None:
    response.issuer.text = _assertion(response).issuer.text = "https://unknown.example.org/metadata"


def _failed(response: Any) -> None:
    response.status.status_code.value = "urn:oasis:names:tc:SAML:2.0:status:Responder"


CHANGES = [
    _expired,
    _not_yet_valid,
    _for_another_audience,
    _for_another_recipient,
    _without_recipient,
    _for_another_destination,
    _answering_another_request,
    _without_authentication,
    _from_an_unknown_issuer,
    _failed,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
@pytest.mark.parametrize("unsolicited", [False, True], ids=["solicited", "unsolicited allowed"])
def test_signed_response_that_is_not_for_this_login_is_refused(
    saml: SamlDoor, browser: Browser, settings: Any, change: Callable[[Any], None], *, unsolicited: bool
) -> None:
    """A good signature is not enough: times, audience, recipient, destination, request and issuer are held."""
    settings.TEST_SAML_UNSOLICITED = unsolicited
    saml.connect()

    page = deliver(browser, answer_to(saml, browser, make_person(), change))

    assert refusal(page, page.status).reason in {"assertion_refused", "unknown_connection"}
    assert page.status in {400, 403}
    assert browser.whoami() is None
    assert not get_user_model()._base_manager.exists()


@pytest.mark.parametrize(("whole", "inner"), [(False, False), (True, False), (False, True)])
def test_response_that_is_not_signed_throughout_is_refused(
    saml: SamlDoor, browser: Browser, *, whole: bool, inner: bool
) -> None:
    """Both the response and the assertion must carry a signature."""
    saml.connect()
    response = saml.provider.respond_unsigned(
        make_person(),
        sp_entity_id=sp_entity_id(),
        destination=acs_url(),
        in_response_to=hostile_saml.request_id(saml, browser),
    )

    page = deliver(browser, signed(saml.provider, response, whole=whole, inner=inner))

    assert page.status in {400, 403}
    assert browser.whoami() is None


def test_response_changed_after_signing_is_refused(saml: SamlDoor, browser: Browser) -> None:
    """One name replaced in signed XML breaks the signature."""
    saml.connect()
    xml = answer_to(saml, browser, make_person("eve"))

    page = deliver(browser, xml.replace("key-of-eve", "key-of-ada"))

    assert page.status in {400, 403}
    assert browser.whoami() is None


def test_response_signed_by_another_trusted_provider_is_refused(
    saml: SamlDoor, other_idp: SamlIdentityProvider, browser: Browser
) -> None:
    """The key must be the one of the IdP that the response names as its issuer."""
    saml.connect("acme")
    SamlDoor(other_idp).connect("globex")

    page = deliver(browser, answer_to(saml, browser, make_person(), signer=other_idp))

    assert page.status in {400, 403}
    assert browser.whoami() is None


WRAPPINGS = [
    hostile_saml.forged_first,
    hostile_saml.forged_last,
    hostile_saml.forged_around,
    hostile_saml.response_around,
]


@pytest.mark.parametrize("wrap", WRAPPINGS, ids=lambda wrap: wrap.__name__)
def test_wrapped_signature_never_speaks_for_the_victim(
    saml: SamlDoor, browser: Browser, wrap: Callable[[str, str, str], str]
) -> None:
    """A forged assertion beside, around or in place of the signed one is not read."""
    connection = saml.connect()
    saml.log_in(make_person("ada"))
    victim = identity_of(connection, "ada").user
    xml = answer_to(saml, browser, make_person("eve"))
    hostile = wrap(xml, "key-of-eve", "key-of-ada")
    assert "key-of-ada" in hostile

    page = deliver(browser, hostile)

    person = browser.whoami()
    assert person is None or person["pk"] != victim.pk
    assert page.status in {400, 403}


@pytest.mark.parametrize("comment", ["<!-- -->", "<!---->", "<?x y?>"])
def test_comment_in_a_subject_does_not_shorten_it(saml: SamlDoor, browser: Browser, comment: str) -> None:
    """Text after a comment still belongs to the NameID: the signature covers both spellings (CVE-2017-11427)."""
    connection = saml.connect()
    saml.log_in(make_person("ada", key="ada@example.com"))
    victim = identity_of(connection, "ada").user
    xml = answer_to(saml, browser, make_person("eve", key="ada@example.com.evil.example.org"))
    hostile = xml.replace("ada@example.com.evil", f"ada@example.com{comment}.evil")
    assert hostile != xml

    deliver(browser, hostile)

    person = browser.whoami()
    assert person is None or person["pk"] != victim.pk


def test_response_is_taken_once(saml: SamlDoor, browsers: Callable[[], Browser]) -> None:
    """The same response a second time, in the same browser or in another one, opens nothing."""
    saml.connect()
    first, second = browsers(), browsers()
    xml = answer_to(saml, first, make_person())
    assert deliver(first, xml).status == 200
    first.client.logout()

    again, elsewhere = deliver(first, xml), deliver(second, xml)

    assert {again.status, elsewhere.status} <= {400, 403}
    assert (first.whoami(), second.whoami()) == (None, None)


def test_unsolicited_response_is_taken_once(
    saml: SamlDoor, browsers: Callable[[], Browser], settings: Any
) -> None:
    """A login that the IdP started is let in the first time, and its replay is refused with an event."""
    settings.TEST_SAML_UNSOLICITED = True
    saml.connect()
    first, second = browsers(), browsers()
    xml = answer_to(saml, first, make_person(), asked=False)

    page, replay = deliver(first, xml), deliver(second, xml)

    assert page.status == 200, page.text
    assert refusal(replay).reason == "replayed_assertion"
    assert second.whoami() is None


def test_unsolicited_response_is_refused_where_it_is_not_allowed(saml: SamlDoor, browser: Browser) -> None:
    """By default a login starts at the site."""
    saml.connect()

    page = deliver(browser, answer_to(saml, browser, make_person(), asked=False))

    assert page.status in {400, 403}
    assert browser.whoami() is None


def test_answer_to_one_browser_opens_nothing_in_another(
    saml: SamlDoor, browsers: Callable[[], Browser], settings: Any
) -> None:
    """A response to the request of one browser is refused in another, also where unsolicited ones are allowed."""
    settings.TEST_SAML_UNSOLICITED = True
    saml.connect()
    mine, yours = browsers(), browsers()
    xml = answer_to(saml, mine, make_person())

    page = deliver(yours, xml)

    assert page.status in {400, 403}
    assert yours.whoami() is None


@pytest.mark.parametrize(
    "body", ["", "not base64", "PHg+", "PCFET0NUWVBFIHggWzwhRU5USVRZIHkgInoiPl0+PHg+Jnk7PC94Pg=="]
)
def test_rubbish_ends_on_the_page(saml: SamlDoor, browser: Browser, body: str) -> None:
    """What is no response at all is refused, entity declarations included."""
    saml.connect()
    before = everything()

    page = browser.post(acs_url(), {"SAMLResponse": body})

    assert page.status in {400, 403}
    assert everything() == before


def test_replay_is_refused_while_the_cache_is_down(
    saml: SamlDoor, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without memory of used assertions none is taken."""
    saml.connect()

    def broken(*_: Any, **__: Any) -> bool:
        raise ConnectionError("the cache is down")

    monkeypatch.setattr("django_provisioning.jit.saml.cache.add", broken)

    page = deliver(browser, answer_to(saml, browser, make_person()))

    assert page.status == 403
    assert browser.whoami() is None


def test_response_that_unpacks_to_a_flood_is_refused_unread(
    saml: SamlDoor, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pysaml2 inflates what anybody posts, without a limit: forty kilobytes would become forty megabytes."""
    saml.connect()
    deflater = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    bomb = deflater.compress(b" " * 40_000_000) + deflater.flush()

    def unravel(*_: Any, **__: Any) -> None:
        raise AssertionError("pysaml2 was given the bomb")

    monkeypatch.setattr("saml2.entity.Entity.unravel", staticmethod(unravel))
    page = browser.post(acs_url(), {"SAMLResponse": base64.b64encode(bomb).decode()})

    assert page.status == 400
