"""Tokens that a stranger, or a provider gone wrong, could send to an endpoint that anybody may post to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from example_project.identity_providers.keys import make_key
from tests.jit.hostile_oidc import TamperedProvider

Claims = dict[str, Any]
Forgery = Callable[[TamperedProvider, Claims], str]

_STRANGER = make_key()


def forged(header: Claims, claims: Claims, signature: Callable[[bytes], bytes]) -> str:
    """Write a JWT by hand: no library would sign these."""
    body = ".".join(_segment(json.dumps(part).encode()) for part in (header, claims))
    return f"{body}.{_segment(signature(body.encode()))}"


def unsigned(provider: TamperedProvider, claims: Claims) -> str:
    """Alg none, the oldest trick."""
    return forged({"alg": "none", "kid": provider.key_id}, claims, lambda _: b"")


def unsigned_with_capitals(provider: TamperedProvider, claims: Claims) -> str:
    """Alg NONE: a list that forgets upper case."""
    return forged({"alg": "NONE", "kid": provider.key_id}, claims, lambda _: b"")


def hmac_with_the_public_key(provider: TamperedProvider, claims: Claims) -> str:
    """HS256 keyed with the published PEM: whoever mixes up the kinds of keys takes it."""
    public = provider.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = {"alg": "HS256", "kid": provider.key_id, "typ": "logout+jwt"}
    return forged(header, claims, lambda body: hmac.digest(public, body, hashlib.sha256))


def hmac_with_the_client_secret(provider: TamperedProvider, claims: Claims) -> str:
    """HS256 keyed with the client secret, which more parties know than the provider."""
    return jwt.encode(claims, "made-up-secret" * 4, algorithm="HS256", headers={"kid": provider.key_id})


def strangers_key(provider: TamperedProvider, claims: Claims) -> str:
    """A good signature by somebody else under the provider's key id."""
    return jwt.encode(claims, _STRANGER, algorithm="RS256", headers={"kid": provider.key_id})


def strangers_key_inside(provider: TamperedProvider, claims: Claims) -> str:
    """A stranger's signature with his key in the header (jwk, jku): only our own address counts."""
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(_STRANGER.public_key(), as_dict=True)
    headers = {"kid": "mine", "jwk": jwk, "jku": "https://evil.example.org/jwks"}
    return jwt.encode(claims, _STRANGER, algorithm="RS256", headers=headers)


def unknown_key_id(provider: TamperedProvider, claims: Claims) -> str:
    """The provider's own signature under a key id that it does not publish."""
    return jwt.encode(claims, provider.key, algorithm="RS256", headers={"kid": "unknown"})


def elliptic(provider: TamperedProvider, claims: Claims) -> str:
    """ES256 by a stranger: an algorithm that is allowed, of which the provider has no key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(claims, key, algorithm="ES256", headers={"kid": provider.key_id})


def edwards(provider: TamperedProvider, claims: Claims) -> str:
    """EdDSA by a stranger, likewise."""
    key = ed25519.Ed25519PrivateKey.generate()
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": provider.key_id})


def changed_afterwards(provider: TamperedProvider, claims: Claims) -> str:
    """The provider's signature over other claims."""
    header, _, signature = provider.signed({**claims, "sub": "somebody"}, "logout+jwt").split(".")
    return f"{header}.{_segment(json.dumps(claims).encode())}.{signature}"


def critical(provider: TamperedProvider, claims: Claims) -> str:
    """A header that must be understood and is not (RFC 7515 §4.1.11)."""
    headers = {"kid": provider.key_id, "crit": ["exp"], "exp": 1}
    return jwt.encode(claims, provider.key, algorithm="RS256", headers=headers)


def of_type(type_: str) -> Forgery:
    """Give the provider's own token of another kind."""
    return lambda provider, claims: provider.signed(claims, type_)


FORGERIES: dict[str, Forgery] = {
    "alg none": unsigned,
    "alg NONE": unsigned_with_capitals,
    "HS256 with the public key": hmac_with_the_public_key,
    "HS256 with the client secret": hmac_with_the_client_secret,
    "wrong key": strangers_key,
    "key in the header": strangers_key_inside,
    "unknown key id": unknown_key_id,
    "ES256 of a stranger": elliptic,
    "EdDSA of a stranger": edwards,
    "claims changed after signing": changed_afterwards,
    "critical header": critical,
    "access token": of_type("at+jwt"),
    "security event": of_type("secevent+jwt"),
}

NO_JWTS = {
    "nothing": "",
    "one word": "token",
    "two parts": "a.b",
    "no base64": "!.!.!",
    "no JSON": "YQ.YQ.YQ",
    "a list": f"{base64.urlsafe_b64encode(b'{}').decode()}.{base64.urlsafe_b64encode(b'[]').decode()}.",
    "issuer is a list": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOlsieCJdLCJhdWQiOiJzdWl0ZSJ9.YQ",
    "deep": base64.urlsafe_b64encode(b"[" * 9_000).decode() + ".e30.",
    "long": "a" * 20_000,
    "NUL": "\0.\0.\0",
    "not ASCII": "ä.ö.ü",
}


def without(*names: str) -> Callable[[Claims], Claims]:
    """Give a change that leaves claims out."""
    return lambda claims: {name: value for name, value in claims.items() if name not in names}


def with_(**changes: Any) -> Callable[[Claims], Claims]:
    """Give a change that sets claims."""
    return lambda claims: {**claims, **changes}


def later(**seconds: int) -> Callable[[Claims], Claims]:
    """Give a change that moves times, counted from the time of issue."""
    return lambda claims: {**claims, **{name: claims["iat"] + after for name, after in seconds.items()}}


def _segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
