"""Evidence: a proof as canonical JSON, signed, kept, and checked again years later.

``EVIDENCE_KEY`` signs: a text of at least 32 characters (HMAC-SHA256), or an Ed25519 private key in PEM, whose public
half lets others check without being able to sign. Without it the key is derived from SECRET_KEY. Keys of before, in
``EVIDENCE_KEY_FALLBACKS``, still verify.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings as django_settings

from ..conf import settings
from ..exceptions import ProvisioningError
from ..models import Evidence
from . import audit
from .context import Context

SHORTEST_KEY = 32
_PURPOSE = b"django_provisioning.evidence"
_PEM = "-----BEGIN "


class EvidenceKeyUnusable(ProvisioningError):
    """The configured key cannot sign or verify."""

    reason = "evidence_key"


@dataclass(frozen=True, slots=True)
class Proof:
    """A signed text, from the database or from a file."""

    text: str
    key_id: str
    signature: str

    @property
    def content(self) -> dict[str, Any]:
        """What the text says."""
        return dict(json.loads(self.text))


class Key(ABC):
    """Signs and verifies; ``id`` names algorithm and key without telling anything of it."""

    id: str

    @abstractmethod
    def sign(self, text: bytes) -> str:
        """Give the signature as text.

        Raises:
            EvidenceKeyUnusable: it only verifies.
        """

    @abstractmethod
    def verifies(self, text: bytes, signature: str) -> bool:
        """Whether the signature is this key's over the text."""


def canonical(content: Mapping[str, Any]) -> str:
    """Give the one JSON text of a content: keys sorted, no space, ASCII, times in UTC.

    >>> canonical({"b": 1, "a": datetime(2026, 1, 2, tzinfo=UTC)})
    '{"a":"2026-01-02T00:00:00.000000Z","b":1}'
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), default=_plain, allow_nan=False)


def store(context: Context, kind: str, *, passed: bool, content: Mapping[str, Any]) -> Evidence:
    """Sign a content together with its kind, time and verdict, and keep it [2 queries].

    Raises:
        EvidenceKeyUnusable: the configured key cannot sign.
    """
    told = {**content, "kind": kind, "created_at": context.now, "passed": passed}
    proof = sign(told)
    evidence = Evidence(
        kind=kind, created_at=context.now, passed=passed,
        content=proof.text, key_id=proof.key_id, signature=proof.signature,
    )  # fmt: skip
    evidence.save(force_insert=True)
    subject = audit.Subject("evidence", str(evidence.pk), str(evidence)[:255])
    effects = {"passed": passed, "digest": hashlib.sha256(proof.text.encode()).hexdigest()}
    audit.record(context, f"{kind}.finished", subject, effects=effects)
    return evidence


def sign(content: Mapping[str, Any]) -> Proof:
    """Sign a content with the present key.

    Raises:
        EvidenceKeyUnusable: the configured key cannot sign.
    """
    text, key = canonical(content), next(_keys())
    return Proof(text, key.id, key.sign(text.encode()))


def proof_of(evidence: Evidence) -> Proof:
    """Give the proof of a row."""
    return Proof(evidence.content, evidence.key_id, evidence.signature)


def problem_of(proof: Proof, evidence: Evidence | None = None) -> str:
    """Say what is wrong with a proof, "" for nothing; a row has to say what its signed text says."""
    key = next((one for one in _keys() if hmac.compare_digest(one.id, proof.key_id)), None)
    if key is None:
        return f"It was signed with another key, {proof.key_id}. Add that one to EVIDENCE_KEY_FALLBACKS."
    if not key.verifies(proof.text.encode(), proof.signature):
        return "The signature is not that of the text: one of the two was changed."
    if evidence is not None:
        content = proof.content
        row = {"kind": evidence.kind, "passed": evidence.passed, "created_at": _plain(evidence.created_at)}
        for name, value in row.items():
            if content.get(name) != value:
                return f"The row's {name} is not what the signed text says: the row was changed."
    return ""


def public_key() -> str | None:
    """Give the public half of the present key in PEM; None for a key that has none."""
    key = next(_keys())
    return key.public_pem() if isinstance(key, _Ed25519) else None


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    raise TypeError(f"Evidence holds plain values, not {type(value).__name__}.")


def _keys() -> Iterator[Key]:
    """Yield the keys, the present one first."""
    if settings.EVIDENCE_KEY:
        yield _key(settings.EVIDENCE_KEY)
    for secret in (django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS):
        yield _Hmac(
            hmac.digest(secret if isinstance(secret, bytes) else secret.encode(), _PURPOSE, "sha256"),
            "secret-key",
        )
    for text in settings.EVIDENCE_KEY_FALLBACKS:
        yield _key(text)


def _key(text: str) -> Key:
    return _Ed25519(text) if text.lstrip().startswith(_PEM) else _Hmac(text.encode(), "hmac-sha256")


class _Hmac(Key):
    def __init__(self, secret: bytes, word: str) -> None:
        if len(secret) < SHORTEST_KEY:
            raise EvidenceKeyUnusable(
                f"EVIDENCE_KEY is shorter than {SHORTEST_KEY} characters; make a longer one."
            )
        self._secret = secret
        self.id = f"{word}:{hmac.new(secret, b'key id', hashlib.sha256).hexdigest()[:16]}"

    def sign(self, text: bytes) -> str:
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()

    def verifies(self, text: bytes, signature: str) -> bool:
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())


class _Ed25519(Key):
    """A private key signs; a public one, kept as a fallback, only verifies."""

    def __init__(self, pem: str) -> None:
        try:
            from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 (an optional package)
            from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415
        except ImportError as error:
            raise EvidenceKeyUnusable("An EVIDENCE_KEY in PEM needs the package cryptography.") from error
        self._forms = serialization
        data = pem.strip().encode()
        try:
            is_public = b"PUBLIC" in data.partition(b"\n")[0]
            key: Any = (
                serialization.load_pem_public_key(data)
                if is_public
                else serialization.load_pem_private_key(data, None)
            )
        except (TypeError, ValueError) as error:
            raise EvidenceKeyUnusable("EVIDENCE_KEY is no key in PEM, or has a passphrase.") from error
        if not isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
            raise EvidenceKeyUnusable("EVIDENCE_KEY in PEM must be an Ed25519 key.")
        self._private = None if isinstance(key, ed25519.Ed25519PublicKey) else key
        self._public = key.public_key() if isinstance(key, ed25519.Ed25519PrivateKey) else key
        raw = self._public.public_bytes_raw()
        self.id = f"ed25519:{hashlib.sha256(raw).hexdigest()[:16]}"

    def sign(self, text: bytes) -> str:
        if self._private is None:
            raise EvidenceKeyUnusable("EVIDENCE_KEY is a public key, which cannot sign.")
        return b64encode(self._private.sign(text)).decode()

    def verifies(self, text: bytes, signature: str) -> bool:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

        try:
            self._public.verify(b64decode(signature, validate=True), text)
        except (InvalidSignature, ValueError):
            return False
        return True

    def public_pem(self) -> str:
        forms = self._forms
        pem = self._public.public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
        return str(pem.decode())
