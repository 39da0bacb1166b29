"""Real certificates that end when a test says so, as SAML metadata and key sets carry them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.jit import service_provider

_LIVES = timedelta(days=3650)


def certificate(ends_at: datetime) -> str:
    """Give a self-signed certificate in Base64, as ``X509Certificate`` and ``x5c`` hold it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Identity provider")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends_at - _LIVES)
        .not_valid_after(ends_at)
        .sign(_key(), hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def key_of(text: str, use: str = ' use="signing"') -> str:
    """Give a key descriptor with a certificate, or with whatever else stands in its place."""
    found = f"<ds:X509Data><ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data>" if text else ""
    return f"<md:KeyDescriptor{use}><ds:KeyInfo><ds:KeyName>key</ds:KeyName>{found}</ds:KeyInfo></md:KeyDescriptor>"


@contextmanager
def trusted(entity_id: str, *keys: str) -> Iterator[None]:
    """Let the site trust an identity provider with these key descriptors."""
    metadata = (
        '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
        f'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{entity_id}">'
        '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f"{''.join(keys)}"
        '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" '
        'Location="https://idp.example.com/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
    )
    service_provider.trust(metadata)
    try:
        yield
    finally:
        service_provider.distrust(metadata)


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())
