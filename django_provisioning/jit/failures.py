"""Why a library gave a login up, as the reason of the refusal."""

from __future__ import annotations

import requests


def reason_of(error: BaseException | None) -> str:
    """Give ``idp_unreachable`` or ``token_refused``.

    A provider that answers 400 or 401 has understood and said no: to the code, or to the token (RFC 6749 §5.2, RFC
    6750 §3.1). Any other failure of the exchange means that it did not answer properly.
    """
    if not isinstance(error, requests.RequestException):
        return "token_refused"
    said_no = error.response is not None and error.response.status_code in (400, 401)
    return "token_refused" if said_no else "idp_unreachable"
