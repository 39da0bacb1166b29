"""SAML single logout that the IdP starts: in the browser, in other browsers, and with no browser at all."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.test import Client
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, BINDING_SOAP, class_name
from saml2.saml import NAMEID_FORMAT_TRANSIENT, NameID
from saml2.sigver import SIGNER_ALGS, pre_signature_part
from saml2.xmldsig import SIG_RSA_SHA256

from django_provisioning.models import Event
from example_project.identity_providers.saml import SamlIdentityProvider, Visit
from tests.jit.browser import Browser
from tests.jit.doors import SamlDoor, make_person
from tests.jit.scenes import identity_of
from tests.jit.service_provider import TEST_SITE

pytestmark = pytest.mark.django_db

BINDINGS = [BINDING_HTTP_REDIRECT, BINDING_HTTP_POST, BINDING_SOAP]
_NAMES = {BINDING_HTTP_REDIRECT: "redirect", BINDING_HTTP_POST: "post", BINDING_SOAP: "soap"}
Browsers = Callable[[], Browser]


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, settings: Any, tmp_path: Any) -> str:
    """Use the engine that the test names, else the database."""
    name = getattr(request, "param", "db")
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{name}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    return str(name)


def logged_in(saml: SamlDoor, browser: Browser, name: str = "ada.marsh") -> Visit:
    """Log somebody in and give what the IdP remembers of it."""
    person = make_person(name)
    before = saml.provider.visits_of(person.key)
    saml.log_in(person, browser)
    assert browser.whoami() is not None
    return next(visit for visit in saml.provider.visits_of(person.key) if visit not in before)


def deliver(
    provider: SamlIdentityProvider,
    message: Any,
    binding: str,
    client: Client | None = None,
    *,
    edit: Callable[[str], str] = str,
    is_signed: bool = True,
) -> Any:
    """Take a request to the site on its way; ``edit`` changes what is on the wire."""
    client = client or Client(enforce_csrf_checks=True)
    text = str(message)
    if binding == BINDING_SOAP:
        envelope = provider.server.apply_binding(binding, text, sign=False)["data"]
        return client.post("/saml2/ls/soap/", edit(envelope), content_type="text/xml")
    if binding == BINDING_HTTP_POST:
        encoded = base64.b64encode(edit(text).encode()).decode()
        return client.post("/saml2/ls/post/", {"SAMLRequest": encoded, "RelayState": "back"})
    sent = provider.server.apply_binding(binding, text, f"{TEST_SITE}/saml2/ls/", "back", sign=is_signed)
    parts = urlsplit(dict(sent["headers"])["Location"])
    return client.get(f"{parts.path}?{edit(parts.query)}")


def answer_of(provider: SamlIdentityProvider, reply: Any, binding: str) -> Any:
    """Give the site's LogoutResponse, verified by the IdP as pysaml2 does it."""
    if binding == BINDING_SOAP:
        text = reply.content.decode()
    elif binding == BINDING_HTTP_REDIRECT:
        text = parse_qs(urlsplit(reply["Location"]).query)["SAMLResponse"][0]
    else:
        text = re.search(r'name="SAMLResponse" value="([^"]+)"', reply.content.decode())[1]  # type: ignore[index]
    return provider.server.parse_logout_request_response(text, binding)


@pytest.mark.compliance("SAML Profiles", "4.4", "A LogoutRequest ends the sessions that it names.")
@pytest.mark.parametrize("binding", BINDINGS, ids=_NAMES.get)
def test_request_ends_the_named_session_in_whatever_browser(
    saml: SamlDoor, browsers: Browsers, binding: str
) -> None:
    """C16: the request comes by a machine or by another browser; the session that it names is dead all the same."""
    saml.connect()
    first, second, other = browsers(), browsers(), browsers()
    visit = logged_in(saml, first)
    logged_in(saml, second)
    logged_in(saml, other, "bo.lindgren")

    reply = deliver(saml.provider, saml.provider.logout_request(visit, binding), binding)

    assert first.whoami() is None
    assert [second.whoami() is None, other.whoami() is None] == [False, False]
    assert answer_of(saml.provider, reply, BINDING_SOAP if binding == BINDING_SOAP else BINDING_HTTP_REDIRECT)
    assert Event.objects.get(type="session.revoked").reason == "single_logout"


@pytest.mark.parametrize("engine", ["db", "signed_cookies"], indirect=True)
def test_request_without_session_index_ends_all_of_the_person(saml: SamlDoor, browsers: Browsers) -> None:
    """SAML Core §3.7.3.2: without a SessionIndex all sessions of the principal end, on every engine."""
    connection = saml.connect()
    first, second, other = browsers(), browsers(), browsers()
    visit = logged_in(saml, first)
    logged_in(saml, second)
    logged_in(saml, other, "bo.lindgren")
    message = saml.provider.logout_request(visit, BINDING_SOAP, session_indexes=[])

    reply = deliver(saml.provider, message, BINDING_SOAP)

    assert reply.status_code == 200
    assert [first.whoami(), second.whoami()] == [None, None]
    assert other.whoami() is not None
    assert identity_of(connection, "ada.marsh").active


def test_soap_answer_is_signed_and_answers_the_request(saml: SamlDoor, browser: Browser) -> None:
    """The IdP can tell that it was this site, and which request it speaks of."""
    saml.connect()
    message = saml.provider.logout_request(logged_in(saml, browser), BINDING_SOAP)
    identifier = re.search(r' ID="([^"]+)"', str(message))[1]  # type: ignore[index]

    reply = deliver(saml.provider, message, BINDING_SOAP)

    answer = answer_of(saml.provider, reply, BINDING_SOAP)
    assert answer.response.in_response_to == identifier
    assert answer.response.signature is not None
    assert answer.response.status.status_code.value.endswith(":Success")
    assert reply["Cache-Control"] == "no-store"


def test_redirect_answer_carries_relay_state_and_signature(saml: SamlDoor, browser: Browser) -> None:
    """Bindings §3.4: the IdP gets its RelayState back, and the query is signed."""
    saml.connect()
    message = saml.provider.logout_request(logged_in(saml, browser), BINDING_HTTP_REDIRECT)

    reply = deliver(saml.provider, message, BINDING_HTTP_REDIRECT, browser.client)

    query = parse_qs(urlsplit(reply["Location"]).query)
    assert query["RelayState"] == ["back"]
    assert query["Signature"]


def test_browser_of_somebody_else_stays_logged_in(saml: SamlDoor, browsers: Browsers) -> None:
    """A logout request that comes by a browser does not end the session of another person in it."""
    saml.connect()
    ada, bo = browsers(), browsers()
    visit = logged_in(saml, ada)
    logged_in(saml, bo, "bo.lindgren")

    deliver(
        saml.provider,
        saml.provider.logout_request(visit, BINDING_HTTP_REDIRECT),
        BINDING_HTTP_REDIRECT,
        bo.client,
    )

    assert ada.whoami() is None
    assert bo.whoami() is not None


def test_own_browser_loses_cookie_and_library_state(saml: SamlDoor, browser: Browser) -> None:
    """djangosaml2's second session keeps NameID and attributes: they go as well."""
    saml.connect()
    visit = logged_in(saml, browser)
    library = browser.client.session.__class__(browser.client.cookies["saml_session"].value)
    assert "_saml2_identities" in library

    deliver(
        saml.provider,
        saml.provider.logout_request(visit, BINDING_HTTP_REDIRECT),
        BINDING_HTTP_REDIRECT,
        browser.client,
    )

    fresh = browser.client.session.__class__(browser.client.cookies["saml_session"].value)
    assert not fresh.get("_saml2_identities")
    assert browser.client.cookies["sessionid"].value == ""


def test_transient_name_is_found_by_its_session_index(
    saml: SamlDoor, browser: Browser, settings: Any
) -> None:
    """Where a person is known by an attribute, the SessionIndex finds the session."""
    settings.DJANGO_PROVISIONING = {"SAML_SUBJECT_ATTRIBUTE": "uid"}
    saml.connect()
    visit = logged_in(saml, browser)
    name = NameID(format=NAMEID_FORMAT_TRANSIENT, text="_7d1f")

    reply = deliver(
        saml.provider, saml.provider.logout_request(visit, BINDING_SOAP, name_id=name), BINDING_SOAP
    )

    assert reply.status_code == 200
    assert browser.whoami() is None


def test_unknown_person_is_logged_out_already(saml: SamlDoor, browser: Browser) -> None:
    """Nothing to end is success, and writes nothing."""
    saml.connect()
    visit = logged_in(saml, browser)
    message = saml.provider.logout_request(visit, BINDING_SOAP, name_id=NameID(text="nobody"))

    assert deliver(saml.provider, message, BINDING_SOAP).status_code == 200
    assert browser.whoami() is not None
    assert not Event.objects.filter(type="session.revoked").exists()


def test_query_is_verified_as_it_was_sent(saml: SamlDoor, browser: Browser) -> None:
    """Some IdPs write %2b for %2B; the signature is over what they wrote (Bindings §3.4.4.1)."""
    saml.connect()
    visit = logged_in(saml, browser)
    message = saml.provider.logout_request(visit, BINDING_HTTP_REDIRECT)

    reply = browser.client.get(f"/saml2/ls/?{lower_case_query(saml.provider, message)}")

    assert reply.status_code == 302, reply.content
    assert browser.whoami() is None


def test_envelope_is_verified_as_it_was_sent(saml: SamlDoor, browser: Browser) -> None:
    """Namespace prefixes are part of what is signed; an envelope with prefixes of its own must not break that."""
    saml.connect()
    message = saml.provider.logout_request(logged_in(saml, browser), BINDING_SOAP, sign=False)

    reply = Client().post(
        "/saml2/ls/soap/", foreign_envelope(saml.provider, message), content_type="text/xml"
    )

    assert reply.status_code == 200, reply.content
    assert browser.whoami() is None


def lower_case_query(provider: SamlIdentityProvider, message: Any) -> str:
    """Sign a query string that is escaped in lower case."""

    def escaped(text: str) -> str:
        return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quote(text, safe=""))

    packed = zlib.compress(str(message).encode(), wbits=-15)
    query = f"SAMLRequest={escaped(base64.b64encode(packed).decode())}&SigAlg={escaped(SIG_RSA_SHA256)}"
    pem = Path(provider.server.config.key_file).read_bytes()
    signature = SIGNER_ALGS[SIG_RSA_SHA256].sign(query.encode(), load_pem_private_key(pem, None))
    return f"{query}&Signature={escaped(base64.b64encode(signature).decode())}"


def foreign_envelope(provider: SamlIdentityProvider, message: Any) -> str:
    """Sign a request whose prefixes are declared by the envelope, as other software writes it."""
    security = provider.server.sec
    message.signature = pre_signature_part(message.id, security.my_cert, 1)
    text = str(message).replace("ns0:", "samlp:").replace("ns1:", "saml:")
    for prefix in ("ns0", "ns1"):
        text = re.sub(rf' xmlns:{prefix}="[^"]+"', "", text)
    declared = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
    envelope = (
        f'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" {declared}><S:Body>{text}</S:Body>'
        "</S:Envelope>"
    )
    return str(security.sign_statement(envelope, class_name(message), node_id=message.id))
