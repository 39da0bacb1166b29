"""A LogoutRequest of an identity provider, believed only when all of it holds (SAML Core §3.7, Bindings §3.2-3.5).

pysaml2 takes an unsigned request from anybody, up to a day old and as often as it comes: enough for a browser that
logs itself out, not for ending other people's sessions.
"""

from __future__ import annotations

import base64
import calendar
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus
from xml.etree.ElementTree import tostring

from defusedxml.ElementTree import fromstring
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, BINDING_SOAP, class_name
from saml2.samlp import LogoutRequest, logout_request_from_string
from saml2.sigver import SIGNER_ALGS, extract_rsa_key_from_x509_cert, pem_format
from saml2.time_util import str_to_time
from saml2.validate import valid_instance

from ..mapping.claims import storable
from .assertions import saml_subject
from .named_sessions import Named
from .signed_tokens import LEEWAY_SECONDS, LONGEST_AGE_SECONDS, TokenRefused

_LONGEST_MESSAGE = 64 * 1024
_SIGNED_PARAMETERS = ("SAMLRequest", "RelayState", "SigAlg")
_ONCE = {*_SIGNED_PARAMETERS, "SAMLResponse", "Signature"}
_REQUEST = "{urn:oasis:names:tc:SAML:2.0:protocol}LogoutRequest"
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it came: its parameters (a SOAP envelope is the one ``SAMLRequest``), and how.

    For the redirect binding ``escaped`` has the parameters as they were written, which is what the signature covers.
    """

    parameters: Mapping[str, str]
    binding: str
    escaped: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def by_redirect(cls, query: str) -> Sent:
        """Read a query string once, so that what is verified and what is used cannot differ.

        Raises:
            TokenRefused: a name is escaped, or a parameter of SAML comes twice.
        """
        escaped = dict(_parameters(query))
        plain = {name: unquote_plus(value) for name, value in escaped.items()}
        return cls(plain, BINDING_HTTP_REDIRECT, escaped)


def verified_request(client: Any, sent: Sent) -> LogoutRequest:
    """Give the message of a request that an IdP of the metadata signed, now and for us; pysaml2's class.

    Raises:
        TokenRefused: the text says which rule it breaks.
    """
    try:
        document, message = _read(sent)
        _require_signature(client, sent, document, message)
    except TokenRefused:
        raise
    except (
        Exception
    ) as error:  # XML of a stranger: pysaml2 and the XML libraries raise whatever it makes them.
        raise TokenRefused(f"The request is not correctly signed: {type(error).__name__}.") from error
    _require_fresh(message)
    _require_destination(client, sent.binding, message)
    return message


def named_in(message: LogoutRequest) -> Named:
    """Give whom a verified request means: its NameID where that is a person's key here, and its session indexes.

    Raises:
        TokenRefused: nobody whom this site could know.
    """
    name_id = message.name_id
    text = name_id.text if name_id is not None else None
    subject, _format = saml_subject(text, getattr(name_id, "format", None) or "", {})
    indexes = tuple(one.text.strip() for one in message.session_index if one.text and one.text.strip())
    if any(storable(part) != part for part in (subject, *indexes)):
        raise TokenRefused("The request names something that cannot be stored.")
    if not subject and not indexes:
        raise TokenRefused("The request names neither a known kind of NameID nor a session.")
    return Named(subject, indexes)


def parameters_of(message: LogoutRequest) -> Mapping[str, str]:
    """Give what makes the request unique, for ``used_once``."""
    return {"iss": message.issuer.text.strip(), "jti": message.id}


def repacked_response(sent: Sent) -> str:
    """Give a LogoutResponse for pysaml2, which inflates without a limit, and also what came by POST.

    Deflated here from a measured document, it unpacks to that document on either binding.

    Raises:
        TokenRefused: it is too long, or no XML without a document type.
    """
    try:
        document = _unpacked(sent.parameters["SAMLResponse"], sent.binding)
        fromstring(document.decode(), forbid_dtd=True)
    except TokenRefused:
        raise
    except Exception as error:  # As above: whatever a stranger's text makes the XML library raise.
        raise TokenRefused(f"The response cannot be read: {type(error).__name__}.") from error
    return base64.b64encode(zlib.compress(document, wbits=-15)).decode()


def unpacks_to_more(text: str, limit: int) -> bool:
    """Whether pysaml2 would make more bytes than the limit of a posted message, deflated or plain."""
    try:
        packed = base64.b64decode(text)
    except ValueError:
        return False  # It will refuse this itself.
    if len(packed) > limit:
        return True
    try:
        return len(zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, limit + 1)) > limit
    except zlib.error:
        return False


def _unpacked(text: str, binding: str) -> bytes:
    """Give the document: only the redirect binding deflates it (Bindings §3.4.4.1, §3.5.4)."""
    if len(text) > _LONGEST_MESSAGE:
        raise TokenRefused("The message is too long.")
    if binding == BINDING_SOAP:
        return text.encode()
    document = base64.b64decode(text)
    if binding != BINDING_HTTP_REDIRECT:
        return document
    # Anybody can send this, and deflate packs a thousand to one: never inflate more than is allowed.
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    document = inflater.decompress(document, _LONGEST_MESSAGE + 1)
    if len(document) > _LONGEST_MESSAGE:
        raise TokenRefused("The message is too long.")
    if not inflater.eof:
        raise TokenRefused("The message is cut off.")
    return document


def _read(sent: Sent) -> tuple[str, LogoutRequest]:
    """Give the document as it was signed, and its one LogoutRequest."""
    document = _unpacked(sent.parameters["SAMLRequest"], sent.binding).decode()
    root = fromstring(document, forbid_dtd=True)
    body = root.find(f"{_SOAP}Body") if sent.binding == BINDING_SOAP else [root]
    found = [element for element in body or () if element.tag == _REQUEST]
    # A second one anywhere could be what the signature really covers (XML signature wrapping).
    counts = (len(found), len(list(root.iter(_REQUEST))), len(list(root.iter(_SIGNATURE))))
    if counts not in {(1, 1, 0), (1, 1, 1)}:
        raise TokenRefused("The document is not one LogoutRequest with one signature.")
    message = logout_request_from_string(tostring(found[0], encoding="unicode"))
    valid_instance(message)
    return document, message


def _require_signature(client: Any, sent: Sent, document: str, message: LogoutRequest) -> None:
    issuer = message.issuer.text.strip()
    certificates = [certificate for _, certificate in client.metadata.certs(issuer, "idpsso", "signing")]
    if not certificates:
        raise TokenRefused("The issuer is no identity provider of the metadata.")
    if sent.binding == BINDING_HTTP_REDIRECT:
        _require_signed_query(sent.escaped, certificates)
    elif message.signature is None:
        raise TokenRefused("The request is not signed.")
    else:
        client.sec.check_signature(message, class_name(message), origdoc=document, must=True)


def _require_signed_query(raw: Mapping[str, str], certificates: list[str]) -> None:
    """Hold the signature against the query string as it was sent (Bindings §3.4.4.1): IdPs escape differently."""
    algorithm = unquote_plus(raw.get("SigAlg", ""))
    # The library's list, SHA-1 included: where it is good enough for a login, a log-out must not fail over it.
    if "Signature" not in raw or algorithm not in SIGNER_ALGS:
        raise TokenRefused("The query is not signed, or with an unknown algorithm.")
    signed = "&".join(f"{name}={raw[name]}" for name in _SIGNED_PARAMETERS if name in raw).encode()
    signature = base64.b64decode(unquote_plus(raw["Signature"]), validate=False)
    for certificate in certificates:
        key = extract_rsa_key_from_x509_cert(pem_format(certificate))
        if SIGNER_ALGS[algorithm].verify(signed, signature, key):
            return
    raise TokenRefused("No key of the identity provider signed the query.")


def _parameters(query: str) -> Iterator[tuple[str, str]]:
    seen = set()
    for part in query.split("&"):
        name, _, value = part.partition("=")
        # SAML%52equest is SAMLRequest for every other reader of the query, and no signature covers it.
        if unquote_plus(name) != name:
            raise TokenRefused("The name of a parameter is escaped.")
        if name in seen and name in _ONCE:
            raise TokenRefused("A parameter comes twice.")
        seen.add(name)
        yield name, value


def _require_fresh(message: LogoutRequest) -> None:
    if message.version != "2.0":
        raise TokenRefused("The request is not of SAML 2.0.")
    now = time.time()
    age = now - _seconds(message.issue_instant)
    if not -LEEWAY_SECONDS <= age <= LONGEST_AGE_SECONDS + LEEWAY_SECONDS:
        raise TokenRefused("The request was not issued just now.")
    if message.not_on_or_after and now >= _seconds(message.not_on_or_after) + LEEWAY_SECONDS:
        raise TokenRefused("The request has expired.")


def _seconds(text: str) -> float:
    return float(calendar.timegm(str_to_time(text)))


def _require_destination(client: Any, binding: str, message: LogoutRequest) -> None:
    """Hold the Destination against our own addresses; a signed front-channel message must have one (§3.4.5.2)."""
    own = {
        address
        for one in (BINDING_HTTP_REDIRECT, BINDING_HTTP_POST, BINDING_SOAP)
        for address in client.config.endpoint("single_logout_service", one, "sp")
    }
    is_optional = binding == BINDING_SOAP
    if message.destination not in own and not (is_optional and message.destination is None):
        raise TokenRefused("The request is for another destination.")
