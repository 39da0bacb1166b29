"""The dates of X.509 certificates with which identity providers sign, as ``lifecycle/signing_certificates.py`` asks.

``saml_certificates`` finds them in metadata, ``key_certificates`` in key sets. A certificate that ends does not by
itself end logins: what trusts a key compares the key, and seldom its date. But the provider changes it by then.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from ..lifecycle.signing_certificates import SigningKeys

# RFC 5280 §4.1.2.5: 99991231235959Z is the date of a certificate that has none.
_NEVER = 9999


class NoCertificate(ValueError):
    """The text is no certificate that can be read."""


def end_of(text: str) -> datetime | None:
    """Give when a certificate in Base64 ends, None where it never does.

    Raises:
        NoCertificate: it cannot be read.
    """
    try:
        end = x509.load_der_x509_certificate(base64.b64decode(text)).not_valid_after_utc
    except (ValueError, x509.InvalidVersion) as error:
        raise NoCertificate("The text is no X.509 certificate.") from error
    return None if end.year == _NEVER else end


def together(ends: Sequence[datetime | None]) -> SigningKeys | None:
    """Sum up the keys of a provider; None where there is none.

    The last to end counts, because any of them may sign; one key without a date makes a set without a date.

    >>> together([datetime(2027, 1, 1), datetime(2028, 1, 1)]).ends_at.year
    2028
    >>> together([datetime(2027, 1, 1), None])
    SigningKeys(number=2, ends_at=None)
    """
    if not ends:
        return None
    dated = [end for end in ends if end is not None]
    return SigningKeys(len(ends), max(dated) if len(dated) == len(ends) else None)
