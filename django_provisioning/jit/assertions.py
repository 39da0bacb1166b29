"""What the two protocols assert, as ``LoginClaims``: shared by the adapters of every library, and by the explanation.

Both functions take what a library has verified already; neither checks a signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..conf import settings
from ..mapping.claims import LoginClaims

# SAML Core §8.3.8. Spelled out, because pysaml2 need not be installed.
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_LONGEST_FORMAT = 100


def oidc_claims(
    id_token: Mapping[str, Any], userinfo: Mapping[str, Any], *, issuer: str, client_id: str
) -> LoginClaims:
    """Translate the claims of an ID token and of userinfo, which wins where both speak.

    ``email_verified`` counts only as the JSON value true: providers that send texts do not vouch (OIDC Core §5.1).
    The session is the ``sid`` of the ID token, which a back-channel logout will name.
    """
    claims = {**id_token, **userinfo}
    # What the ID token vouches for is its own address, not another one of userinfo.
    is_other = "email" in userinfo and userinfo["email"] != id_token.get("email")
    verified = (userinfo if is_other else claims).get("email_verified")
    return LoginClaims(
        protocol="oidc",
        issuer=issuer,
        subject=str(id_token.get("sub") or ""),
        client_id=client_id,
        session_index=str(id_token["sid"]) if id_token.get("sid") else None,
        email_verified=None if verified is None else verified is True,
        claims=claims,
    )


def saml_claims(
    attributes: Mapping[str, Any],
    *,
    issuer: str,
    name_id: str | None,
    name_id_format: str | None = None,
    session_index: str | None = None,
    session_expires_at: datetime | None = None,
) -> LoginClaims:
    """Translate an assertion; ``attributes`` maps names to lists of values."""
    subject, subject_format = saml_subject(name_id, name_id_format or "", attributes)
    return LoginClaims(
        protocol="saml",
        issuer=issuer,
        subject=subject,
        subject_format=subject_format,
        session_index=session_index or None,
        session_expires_at=session_expires_at,
        claims=attributes,
    )


def saml_subject(name_id: str | None, name_id_format: str, attributes: Mapping[str, Any]) -> tuple[str, str]:
    """Give what identifies the person for good, and its format; "" where the assertion has nothing of the kind.

    A transient NameID is another one at each login (SAML Core §8.3.8), so only a configured attribute will do.
    """
    named = settings.SAML_SUBJECT_ATTRIBUTE
    name_id_format = name_id_format[:_LONGEST_FORMAT]
    if named:
        values = attributes.get(named) or [""]
        value = values if isinstance(values, str) else values[0]
        return str(value), f"attribute:{named}"[:_LONGEST_FORMAT]
    if name_id is None or name_id_format == TRANSIENT:
        return "", name_id_format
    return name_id.strip(), name_id_format
