"""Hostile LogoutRequests: what no IdP of ours signed, just now and for us, ends nothing."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import caches
from django.test import Client
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, BINDING_SOAP
from saml2.saml import NAMEID_FORMAT_TRANSIENT, EncryptedID, NameID

from django_provisioning.models import Connection, Event, Identity, SessionIndex
from example_project.identity_providers.saml import SamlIdentityProvider, Visit
from tests.jit.doors import SamlDoor
from tests.jit.service_provider import sp_entity_id
from tests.jit.test_saml_logout import deliver

pytestmark = pytest.mark.django_db

VISIT = Visit(sp_entity_id(), NameID(text="key-of-ada"), "s1")
SOAP = "/saml2/ls/soap/"
Change = Callable[[Any], None]
Edit = Callable[[str], str]
_REQUEST = re.compile(r"<(\w+):LogoutRequest .*</\1:LogoutRequest>", re.DOTALL)
_SIGNATURE = re.compile(r"<(\w+):Signature .*</\1:Signature>", re.DOTALL)


@pytest.fixture
def connection(saml: SamlDoor) -> Connection:
    """Trust the IdP."""
    return saml.connect()


@pytest.fixture
def ada(connection: Connection) -> Client:
    """Give the browser of a person whose session the IdP calls s1, without the cost of a login."""
    user = get_user_model().objects.create_user("ada")
    facts = {"user_name": "ada", "user_name_key": "ada", "scim_id": "1", "subject": "key-of-ada"}
    now = datetime.now(UTC)
    Identity.objects.create(connection=connection, user=user, created_at=now, updated_at=now, **facts)
    browser = Client()
    browser.force_login(user)
    SessionIndex.objects.update(connection=connection, idp_session="s1")
    return browser


def signed(provider: SamlIdentityProvider, message: Any) -> str:
    """Sign a request inside, as the IdP does."""
    return str(provider.server.sign(message, message.id))


def assert_nothing_happened(ada: Client, reply: Any, status: int = 403) -> None:
    """Hold that the request was refused, that the session lives on and that no row was written."""
    assert reply.status_code == status, reply.content
    assert ada.get("/whoami/").status_code == 200
    assert not Event.objects.filter(type="session.revoked").exists()


def test_honest_request_is_taken(saml: SamlDoor, ada: Client) -> None:
    """The scene of this module works: without a change the session ends."""
    message = saml.provider.logout_request(VISIT, BINDING_SOAP, sign=False)

    assert deliver(saml.provider, signed(saml.provider, message), BINDING_SOAP).status_code == 200
    assert ada.get("/whoami/").status_code != 200


def later(**after: int) -> str:
    """Write a time as SAML does."""
    return (datetime.now(UTC) + timedelta(**after)).strftime("%Y-%m-%dT%H:%M:%SZ")


def setting(**values: Any) -> Change:
    """Give a change that sets attributes of the message."""

    def change(message: Any) -> None:
        for name, value in values.items():
            setattr(message, name, value() if callable(value) else value)

    return change


def name_encrypted(message: Any) -> None:
    """Hide the name: this site has no way to read it."""
    message.name_id, message.encrypted_id, message.session_index = None, EncryptedID(), []


CHANGES: dict[str, Change] = {
    "issued yesterday": setting(issue_instant=lambda: later(days=-1)),
    "issued an hour ago": setting(issue_instant=lambda: later(hours=-1)),
    "issued tomorrow": setting(issue_instant=lambda: later(days=1)),
    "issued at no time": setting(issue_instant="now"),
    "expired": setting(not_on_or_after=lambda: later(minutes=-5)),
    "for another destination": setting(destination="https://other.example.org/saml2/ls/"),
    "for another path": setting(destination="http://testserver/saml2/acs/"),
    "of another version": setting(version="1.1"),
    "without an issuer": setting(issuer=None),
    "of an unknown issuer": lambda message: setattr(message.issuer, "text", "https://idp.example.org"),
    "of the site itself": lambda message: setattr(message.issuer, "text", sp_entity_id()),
    "with an encrypted name": name_encrypted,
    "with nobody in it": setting(name_id=NameID(format=NAMEID_FORMAT_TRANSIENT, text="_1"), session_index=[]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_request_that_breaks_a_rule(saml: SamlDoor, ada: Client, change: Change) -> None:
    """N21: the IdP's own signature does not help a request that is stale, for somebody else, or of nobody."""
    message = saml.provider.logout_request(VISIT, BINDING_SOAP, sign=False)
    change(message)

    reply = deliver(saml.provider, signed(saml.provider, message), BINDING_SOAP)

    assert_nothing_happened(ada, reply)


@pytest.mark.parametrize("binding", [BINDING_SOAP, BINDING_HTTP_POST, BINDING_HTTP_REDIRECT])
def test_unsigned_request(saml: SamlDoor, ada: Client, binding: str) -> None:
    """N21: pysaml2 would take it; nobody is logged out by what anybody can write, not even in his own browser."""
    message = saml.provider.logout_request(VISIT, binding, sign=False)
    client = None if binding == BINDING_SOAP else ada

    reply = deliver(saml.provider, message, binding, client, is_signed=False)

    assert_nothing_happened(ada, reply, 403 if binding == BINDING_SOAP else 400)


@pytest.mark.parametrize("binding", [BINDING_SOAP, BINDING_HTTP_REDIRECT])
def test_request_that_another_idp_signed(
    saml: SamlDoor, other_idp: SamlIdentityProvider, ada: Client, binding: str
) -> None:
    """C15: the metadata has both, but each signs for itself alone."""
    message: Any = saml.provider.logout_request(VISIT, binding, sign=False)
    if binding == BINDING_SOAP:
        message = signed(other_idp, message)

    reply = deliver(other_idp, message, binding)

    assert_nothing_happened(ada, reply, 403 if binding == BINDING_SOAP else 400)


@pytest.mark.parametrize("is_connected", [True, False])
def test_request_of_another_idp_for_the_same_name(
    other_idp: SamlIdentityProvider, ada: Client, is_connected: bool
) -> None:
    """C15: another tenant's IdP names the same NameID and SessionIndex and reaches nobody of ours."""
    if is_connected:
        SamlDoor(other_idp).connect()
    message = signed(other_idp, other_idp.logout_request(VISIT, BINDING_SOAP, sign=False))

    reply = deliver(other_idp, message, BINDING_SOAP)

    assert_nothing_happened(ada, reply, 200 if is_connected else 403)


def without_destination(binding: str) -> int:
    """Give the answer to a request without a destination: only SOAP needs none."""
    return 200 if binding == BINDING_SOAP else 400


@pytest.mark.parametrize("binding", [BINDING_SOAP, BINDING_HTTP_POST])
def test_front_channel_request_without_destination(saml: SamlDoor, ada: Client, binding: str) -> None:
    """Bindings §3.5.5.2: a signed message that a browser carries says where it belongs."""
    message = saml.provider.logout_request(VISIT, binding, sign=False)
    message.destination = None

    reply = deliver(saml.provider, signed(saml.provider, message), binding)

    assert reply.status_code == without_destination(binding)


def body_of(envelope: str) -> str:
    """Give the request of an envelope."""
    found = _REQUEST.search(envelope)
    assert found is not None
    return found[0]


def forged(request: str, *, keep_id: bool) -> str:
    """Give the request again, unsigned and about everybody of the victim's name."""
    text = _SIGNATURE.sub("", request).replace("key-of-somebody", "key-of-ada")
    return text if keep_id else re.sub(r' ID="[^"]+"', ' ID="_forged"', text, count=1)


def wrapped_in_header(envelope: str) -> str:
    """Put the signed request into the header and a forged one with its id and signature into the body."""
    request = body_of(envelope)
    evil = request.replace("key-of-somebody", "key-of-ada")
    header = f"<ns0:Header>{request}</ns0:Header>"
    assert "<ns0:Body>" in envelope
    return envelope.replace(request, evil).replace("<ns0:Body>", f"{header}<ns0:Body>")


def wrapped_beside(envelope: str) -> str:
    """Put a forged request before the signed one."""
    request = body_of(envelope)
    return envelope.replace(request, forged(request, keep_id=False) + request)


def wrapped_inside(envelope: str) -> str:
    """Let a forged request carry the signed one in its extensions, with the signature on the outside."""
    request = body_of(envelope)
    signature = _SIGNATURE.search(request)
    assert signature is not None
    evil = forged(request, keep_id=False)
    start = evil.index(">", evil.index("Issuer")) + 1
    start = evil.index("Issuer>", start) + len("Issuer>")
    prefix = request[1 : request.index(":")]
    inside = f"{signature[0]}<{prefix}:Extensions>{_SIGNATURE.sub('', request)}</{prefix}:Extensions>"
    return envelope.replace(request, evil[:start] + inside + evil[start:])


EDITS: dict[str, Edit] = {
    "changed after signing": lambda text: text.replace("key-of-somebody", "key-of-ada"),
    "signed request in the header": wrapped_in_header,
    "forged request beside it": wrapped_beside,
    "forged request around it": wrapped_inside,
    "comment in the name": lambda text: text.replace("key-of-somebody", "key-of-ada<!---->somebody"),
    "entity in the name": lambda text: (
        '<!DOCTYPE x [<!ENTITY who "key-of-ada">]>' + text.replace("key-of-somebody", "&who;")
    ),
    "no body": lambda text: text.replace("Body>", "Corps>"),
    "no request": lambda text: text.replace(body_of(text), ""),
    "another message": lambda text: text.replace("LogoutRequest", "ArtifactResolve"),
    "no envelope": body_of,
    "half a document": lambda text: text[: len(text) // 2],
    "nothing": lambda _: "",
    "endless": lambda text: text + " " * 70_000,
    "no UTF-8": lambda text: text.replace("key-of-somebody", "\ud800"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_document_that_is_not_what_was_signed(saml: SamlDoor, ada: Client, edit: Edit) -> None:
    """N21: a request of the IdP about somebody else cannot be turned into one about the victim."""
    somebody = Visit(sp_entity_id(), NameID(text="key-of-somebody"), "s9")
    message = signed(saml.provider, saml.provider.logout_request(somebody, BINDING_SOAP, sign=False))
    envelope = saml.provider.server.apply_binding(BINDING_SOAP, message, sign=False)["data"]

    body = edit(envelope).encode(errors="surrogatepass")
    reply = Client().post(SOAP, body, content_type="text/xml")

    assert_nothing_happened(ada, reply)


QUERIES: dict[str, Edit] = {
    "relay state changed": lambda query: query.replace("RelayState=back", "RelayState=evil"),
    "parameter twice": lambda query: f"{query}&SAMLRequest=x",
    "no signature": lambda query: query.partition("&Signature=")[0],
    "empty signature": lambda query: query.partition("&Signature=")[0] + "&Signature=",
    "unknown algorithm": lambda query: re.sub(
        "SigAlg=[^&]+", "SigAlg=" + quote("http://www.w3.org/2000/09/xmldsig#hmac-sha1", safe=""), query
    ),
    "other algorithm": lambda query: query.replace("rsa-sha1", "rsa-sha512"),
    "signature that is no base64": lambda query: re.sub("Signature=[^&]+", "Signature=%FF%FE", query),
    "no deflated request": lambda query: re.sub("SAMLRequest=[^&]+", "SAMLRequest=AAAA", query),
}


@pytest.mark.parametrize("edit", QUERIES.values(), ids=QUERIES)
def test_query_that_is_not_what_was_signed(saml: SamlDoor, ada: Client, edit: Edit) -> None:
    """Bindings §3.4.4.1: the signature covers request, relay state and algorithm."""
    message = saml.provider.logout_request(VISIT, BINDING_HTTP_REDIRECT)

    reply = deliver(saml.provider, message, BINDING_HTTP_REDIRECT, ada, edit=edit)

    assert_nothing_happened(ada, reply, 400)


def packed(document: str) -> str:
    """Deflate a document as the redirect binding does, for a query."""
    return quote(base64.b64encode(zlib.compress(document.encode(), wbits=-15)), safe="")


SMUGGLED: dict[str, Edit] = {
    "escaped name": lambda forged: f"&SAML%52equest={forged}",
    "name escaped as a whole": lambda forged: f"&%53%41%4d%4c%52%65%71%75%65%73%74={forged}",
    "same name": lambda forged: f"&SAMLRequest={forged}",
    "escaped signature": lambda _: "&Signatur%65=AAAA",
    "escaped algorithm": lambda _: "&Sig%41lg=none",
    "escaped relay state": lambda _: "&RelayStat%65=evil",
    "escaped response": lambda forged: f"&SAML%52esponse={forged}",
}


@pytest.mark.parametrize("is_first", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("smuggled", SMUGGLED.values(), ids=SMUGGLED)
def test_parameter_beside_the_signed_ones(
    saml: SamlDoor, ada: Client, smuggled: Edit, is_first: bool
) -> None:
    """N21: what is read is what was signed; a second name that only decoding shows brings in no other message."""
    somebody = Visit(sp_entity_id(), NameID(text="key-of-somebody"), "s9")
    message = saml.provider.logout_request(somebody, BINDING_HTTP_REDIRECT)
    addition = smuggled(packed(str(saml.provider.logout_request(VISIT, BINDING_HTTP_REDIRECT, sign=False))))

    def edit(query: str) -> str:
        return f"{addition[1:]}&{query}" if is_first else query + addition

    reply = deliver(saml.provider, message, BINDING_HTTP_REDIRECT, edit=edit)

    assert_nothing_happened(ada, reply, 400)


def test_parameter_that_means_nothing_to_saml(saml: SamlDoor, ada: Client) -> None:
    """A proxy may add parameters of its own, twice even; the signature does not cover them."""
    message = saml.provider.logout_request(VISIT, BINDING_HTTP_REDIRECT)

    reply = deliver(saml.provider, message, BINDING_HTTP_REDIRECT, edit=lambda query: query + "&a=1&a=2&")

    assert reply.status_code == 302
    assert ada.get("/whoami/").status_code != 200


@pytest.fixture
def inflated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give how much each inflation without a limit made, in bytes; the library's only way is ``zlib.decompress``."""
    sizes: list[int] = []
    plain = zlib.decompress

    def measured(*args: Any, **kwargs: Any) -> bytes:
        document = plain(*args, **kwargs)
        sizes.append(len(document))
        return document

    monkeypatch.setattr(zlib, "decompress", measured)
    return sizes


@pytest.mark.parametrize("name", ["SAMLRequest", "SAMLResponse"])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("tail", ["</a>", "</a>\0", "<"], ids=["whole", "with a byte more", "cut"])
def test_bomb_is_not_inflated(
    saml: SamlDoor, ada: Client, inflated: list[int], name: str, method: str, tail: str
) -> None:
    """N21: a short text of a stranger does not become megabytes before anybody asks who signed it."""
    bomb = zlib.compress(b"<a>" + b"<b/>" * 500_000 + tail.encode(), 9, -15)

    reply = getattr(ada, method)(
        "/saml2/ls/" if method == "get" else "/saml2/ls/post/", {name: base64.b64encode(bomb).decode()}
    )

    assert max(inflated, default=0) <= 64 * 1024
    assert_nothing_happened(ada, reply, 400)


DOCUMENTS = {
    "deflated": zlib.compress(b"<a/>", wbits=-15),
    "cut off": zlib.compress(b"<a>" + bytes(range(32, 60)) + b"</a>", wbits=-15)[:-4],
    "with a document type": b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    "no XML": b"hello",
    "empty": b"",
}


@pytest.mark.parametrize("name", ["SAMLRequest", "SAMLResponse"])
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_posted_document_that_is_no_plain_xml(
    saml: SamlDoor, ada: Client, document: bytes, name: str
) -> None:
    """Bindings §3.5.4: the POST binding is base64 alone, and a document type is in no SAML message."""
    reply = ada.post("/saml2/ls/post/", {name: base64.b64encode(document).decode()})

    assert_nothing_happened(ada, reply, 400)


def test_request_is_taken_once(saml: SamlDoor, ada: Client) -> None:
    """A request that was seen on the wire does not end the next session."""
    message = signed(saml.provider, saml.provider.logout_request(VISIT, BINDING_SOAP, sign=False))
    assert deliver(saml.provider, message, BINDING_SOAP).status_code == 200
    ada.force_login(get_user_model().objects.get())
    SessionIndex.objects.update(connection=Connection.objects.get(), idp_session="s1")

    reply = deliver(saml.provider, message, BINDING_SOAP)

    assert reply.status_code == 403
    assert ada.get("/whoami/").status_code == 200


def test_cache_that_fails_lets_nothing_through(
    saml: SamlDoor, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a memory a replay cannot be told from a first use; the IdP is asked to come again."""

    def fail(*_: Any, **__: Any) -> bool:
        raise ConnectionError("the cache is down")

    message = signed(saml.provider, saml.provider.logout_request(VISIT, BINDING_SOAP, sign=False))
    monkeypatch.setattr(caches["default"], "add", fail)

    assert_nothing_happened(ada, deliver(saml.provider, message, BINDING_SOAP), 503)


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_soap_endpoint_takes_post_only(method: str) -> None:
    """Nothing else is SOAP."""
    assert getattr(Client(), method)(SOAP).status_code == 405
