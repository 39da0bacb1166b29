"""Responses that an honest IdP never sends: changed before signing, or torn after it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from saml2 import class_name
from saml2.samlp import Response
from saml2.sigver import pre_signature_part, signed_instance_factory

from example_project.identity_providers.people import Person
from example_project.identity_providers.saml import SamlIdentityProvider
from tests.jit.browser import Browser, Form, Page
from tests.jit.doors import SamlDoor
from tests.jit.service_provider import acs_url, sp_entity_id

Change = Callable[[Any], None]
_ASSERTION = re.compile(r"<(\w+):Assertion .*?</\1:Assertion>", re.DOTALL)
_SIGNATURE = re.compile(r"<(\w+):Signature[ >].*?</\1:Signature>", re.DOTALL)


def request_id(door: SamlDoor, browser: Browser) -> str:
    """Start a login in the browser and give the id of its AuthnRequest."""
    form = Form.of(browser.get(door.login_path).text)
    parsed = door.provider.server.parse_authn_request(form.fields["SAMLRequest"], form.fields["binding"])
    return str(parsed.message.id)


def answer_to(
    door: SamlDoor,
    browser: Browser,
    person: Person,
    change: Change | None = None,
    *,
    signer: SamlIdentityProvider | None = None,
    asked: bool = True,
    **more: Any,
) -> str:
    """Answer a login that the browser has just started, with a change made before signing.

    ``signer`` signs in place of the IdP; without ``asked`` the response answers nothing; ``more`` is pysaml2's.
    """
    provider = door.provider
    response = provider.respond_unsigned(
        person,
        sp_entity_id=sp_entity_id(),
        destination=acs_url(),
        in_response_to=request_id(door, browser) if asked else None,
        **more,
    )
    if change is not None:
        change(response)
    return signed(signer or provider, response)


def signed(
    provider: SamlIdentityProvider, response: Response, *, whole: bool = True, inner: bool = True
) -> str:
    """Sign assertion and response, or one of them, as the IdP does."""
    security = provider.server.sec
    parts = []
    if inner:
        assertion = response.assertion[0] if isinstance(response.assertion, list) else response.assertion
        assertion.signature = pre_signature_part(assertion.id, security.my_cert, 1)
        parts.append((class_name(assertion), assertion.id))
    if whole:
        response.signature = pre_signature_part(response.id, security.my_cert, 2)
        parts.append((class_name(response), response.id))
    return str(signed_instance_factory(response, security, parts)) if parts else str(response)


def deliver(browser: Browser, xml: str) -> Page:
    """Post a response to the site."""
    return browser.post(acs_url(), {"SAMLResponse": base64.b64encode(xml.encode()).decode()})


def forged(xml: str, key: str, victim: str) -> str:
    """Give the assertion of a response again, unsigned, under a new id, and about the victim."""
    found = _ASSERTION.search(xml)
    assert found is not None
    return re.sub(r'ID="[^"]+"', f'ID="_{uuid4().hex}"', _SIGNATURE.sub("", found[0]), count=1).replace(
        key, victim
    )


def forged_first(xml: str, key: str, victim: str) -> str:
    """Signature wrapping: a forged assertion before the signed one."""
    return _ASSERTION.sub(lambda found: forged(xml, key, victim) + found[0], _without_outer_signature(xml))


def forged_last(xml: str, key: str, victim: str) -> str:
    """Signature wrapping: a forged assertion after the signed one."""
    return _ASSERTION.sub(lambda found: found[0] + forged(xml, key, victim), _without_outer_signature(xml))


def forged_around(xml: str, key: str, victim: str) -> str:
    """Signature wrapping: a forged assertion that holds the signed one in its advice."""
    outer = forged(xml, key, victim)
    prefix = outer[1 : outer.index(":")]

    def wrap(found: re.Match[str]) -> str:
        advice = f"<{prefix}:Advice>{found[0]}</{prefix}:Advice>"
        return outer.replace(f"</{prefix}:Conditions>", f"</{prefix}:Conditions>{advice}")

    return _ASSERTION.sub(wrap, _without_outer_signature(xml))


def response_around(xml: str, key: str, victim: str) -> str:
    """Signature wrapping: a forged response that carries the signed one inside the object of its signature."""
    body = xml[xml.index("<", xml.index("?>") + 2) :] if xml.startswith("<?xml") else xml
    found = _SIGNATURE.search(body)
    assert found is not None
    prefix = found[1]
    carried = f"<{prefix}:Object>{body}</{prefix}:Object></{prefix}:Signature>"
    holder = found[0].replace(f"</{prefix}:Signature>", carried)
    outer = re.sub(r'ID="[^"]+"', f'ID="_{uuid4().hex}"', body, count=1)
    outer = outer.replace(found[0], "\0", 1)
    outer = _ASSERTION.sub(lambda _: forged(xml, key, victim), outer)
    return outer.replace("\0", holder, 1)


def _without_outer_signature(xml: str) -> str:
    """Take the signature over the whole response away, which any change would break."""
    return _SIGNATURE.sub("", xml, count=1)
