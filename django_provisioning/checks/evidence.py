"""Whether what signs evidence is fit to sign."""

from __future__ import annotations

from django.conf import settings as django_settings

from ..conf import NAME, settings
from ..lifecycle.evidence import EvidenceKeyUnusable, sign
from .problems import Problems


def evidence_is_signed_with_a_key_of_its_own() -> Problems:
    """W006: a key for evidence is configured, is not SECRET_KEY, and can sign."""
    key = settings.EVIDENCE_KEY
    if not key or key == django_settings.SECRET_KEY:
        yield (
            "Evidence is signed with SECRET_KEY, which every process of the site knows and which is changed one day.",
            f"Set {NAME}['EVIDENCE_KEY'] to a key of its own.",
        )
        return
    try:
        sign({})
    except EvidenceKeyUnusable as error:
        yield error.detail, f"Correct {NAME}['EVIDENCE_KEY']."
