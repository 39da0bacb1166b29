"""Signing keys of the local identity providers: made anew at each start, never kept in the repository."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Files with a private key and its self-signed certificate, in PEM."""

    key_file: Path
    certificate_file: Path


def make_key() -> rsa.RSAPrivateKey:
    """Give a new RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


def write_key_pair(directory: Path) -> KeyPair:
    """Write a new key, readable by its owner alone, and a certificate of one year."""
    key = make_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Local identity provider")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    directory.mkdir(parents=True, exist_ok=True)
    pair = KeyPair(directory / "idp.key", directory / "idp.crt")
    pair.key_file.touch(mode=0o600)
    pair.key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    pair.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return pair
