"""Evidence: one text for one content, signed so that a change of text, row or signature shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from django_provisioning.checks.evidence import evidence_is_signed_with_a_key_of_its_own as check
from django_provisioning.lifecycle import evidence, transactions
from django_provisioning.models import Event, Evidence
from tests.factories import make_context

SECRET = "a-text-that-is-long-enough-to-sign-with"


def ed25519_pem() -> tuple[str, str]:
    """Make a key pair, as PEM."""
    private = ed25519.Ed25519PrivateKey.generate()
    return _private_pem(private), private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def _private_pem(key: Any) -> str:
    return str(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
    )


def store(*, passed: bool = True, **content: Any) -> Evidence:
    """Keep a proof, as its maker does."""
    context = make_context()
    return transactions.run(lambda: evidence.store(context, "selftest", passed=passed, content=content))


def test_canonical_is_independent_of_order_and_zone() -> None:
    """The same content is the same text, whatever order and time zone it came in."""
    moment = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))

    texts = [
        evidence.canonical({"b": [1, None], "a": moment}),
        evidence.canonical({"a": moment.astimezone(UTC), "b": [1, None]}),
    ]

    assert texts == ['{"a":"2026-03-01T10:00:00.000000Z","b":[1,null]}'] * 2


@pytest.mark.parametrize("value", [object(), float("nan"), b"bytes"])
def test_canonical_refuses_what_has_no_one_text(value: object) -> None:
    """A value that another reader could write differently is an error, not a guess."""
    with pytest.raises((TypeError, ValueError)):
        evidence.canonical({"a": value})


@pytest.mark.parametrize("key", [None, SECRET, "pem"])
def test_stored_proof_holds_and_names_its_key(db: None, settings: Any, key: str | None) -> None:
    """C29: with each kind of key the proof holds when it is read again, and an event speaks of it."""
    settings.DJANGO_PROVISIONING = {"EVIDENCE_KEY": ed25519_pem()[0] if key == "pem" else key}

    row = Evidence.objects.get(pk=store(gaps=[]).pk)

    word = {None: "secret-key", SECRET: "hmac-sha256", "pem": "ed25519"}[key]
    assert row.key_id.startswith(f"{word}:")
    assert evidence.problem_of(evidence.proof_of(row), row) == ""
    assert (evidence.public_key() is not None) is (key == "pem")
    assert Event.objects.get().type == "selftest.finished"
    assert SECRET not in row.content + row.key_id + row.signature


@pytest.mark.parametrize("key", [SECRET, "pem"])
@pytest.mark.parametrize("change", ["text", "signature", "passed", "kind", "created_at"])
def test_changed_proof_does_not_hold(db: None, settings: Any, key: str, change: str) -> None:
    """Whoever can write to the table can change neither the text nor a column without its being seen."""
    settings.DJANGO_PROVISIONING = {"EVIDENCE_KEY": ed25519_pem()[0] if key == "pem" else key}
    row = store(passed=False, gaps=["one"])
    changed = {
        "text": {"content": row.content.replace('"one"', '"two"')},
        "signature": {"signature": row.signature[::-1]},
        "passed": {"passed": True},
        "kind": {"kind": "review"},
        "created_at": {"created_at": row.created_at + timedelta(seconds=1)},
    }[change]
    Evidence.objects.filter(pk=row.pk).update(**changed)

    row.refresh_from_db()

    assert "changed" in evidence.problem_of(evidence.proof_of(row), row)


def test_key_of_before_verifies_as_a_fallback(db: None, settings: Any) -> None:
    """After a change of key old proofs hold while the old key is named, and say which key is missing otherwise."""
    settings.DJANGO_PROVISIONING = {"EVIDENCE_KEY": SECRET}
    row = store()
    settings.DJANGO_PROVISIONING = {"EVIDENCE_KEY": SECRET[::-1]}
    without = evidence.problem_of(evidence.proof_of(row), row)
    settings.DJANGO_PROVISIONING = {"EVIDENCE_KEY": SECRET[::-1], "EVIDENCE_KEY_FALLBACKS": [SECRET]}

    with_it = evidence.problem_of(evidence.proof_of(row), row)

    assert row.key_id in without
    assert with_it == ""


def test_secret_key_of_before_verifies(db: None, settings: Any) -> None:
    """Without a key of its own evidence outlives a rotation of SECRET_KEY by SECRET_KEY_FALLBACKS."""
    settings.DJANGO_PROVISIONING = {}
    row = store()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = (
        "another-secret-key-of-the-suite",
        [settings.SECRET_KEY],
    )

    assert evidence.problem_of(evidence.proof_of(row), row) == ""
    assert evidence.sign({}).key_id != row.key_id


def test_public_key_verifies_and_does_not_sign(db: None, settings: Any) -> None:
    """The public half of an Ed25519 key is enough to check a proof, and no more."""
    private, public = ed25519_pem()
    settings.DJANGO_PROVISIONING = {"EVIDENCE_KEY": private}
    row = store()
    settings.DJANGO_PROVISIONING = {"EVIDENCE_KEY": public}

    assert evidence.problem_of(evidence.proof_of(row), row) == ""
    with pytest.raises(evidence.EvidenceKeyUnusable, match="cannot sign"):
        evidence.sign({})


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (None, "signed with SECRET_KEY"),
        ("the secret key", "signed with SECRET_KEY"),
        ("too short", "shorter than 32"),
        ("-----BEGIN NOTHING-----", "no key in PEM"),
        ("rsa", "must be an Ed25519 key"),
        ("public", "cannot sign"),
        (SECRET, None),
        ("private", None),
    ],
)
def test_check_w006_names_what_is_wrong_with_the_key(
    settings: Any, key: str | None, problem: str | None
) -> None:
    """W006 warns of a missing, borrowed or unfit key, and of no other."""
    private, public = ed25519_pem()
    pems = {"private": private, "public": public, "the secret key": settings.SECRET_KEY}
    if key == "rsa":
        pems["rsa"] = _private_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    settings.DJANGO_PROVISIONING = {"EVIDENCE_KEY": pems.get(key or "", key)}

    found = [text for text, _hint in check()]

    assert len(found) == (0 if problem is None else 1)
    assert problem is None or problem in found[0]
