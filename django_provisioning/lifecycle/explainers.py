"""Where a page asks what a login or a push would do.

The doors that rehearse it stand above ``lifecycle`` and beside the pages, which may not import them; so whoever knows
both (``apps.py``) hands the answerer in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..exceptions import ProvisioningError
from ..models import Connection

Door = Literal["oidc", "saml", "scim"]
Answerer = Callable[[Connection, Mapping[str, Any], Door], Mapping[str, Any]]

_answerers: list[Answerer] = []


def use(answerer: Answerer) -> None:
    """Ask this one from now on."""
    _answerers[:] = [answerer]


def answer(connection: Connection, document: Mapping[str, Any], door: Door) -> Mapping[str, Any]:
    """Say what would happen, as ``provisioning_explain --format json`` does; nothing is written.

    Raises:
        ProvisioningError: the document is no login and no request, or nobody was handed in.
    """
    if not _answerers:
        raise ProvisioningError("Nobody explains here: the app is not ready.", reason="not_ready")
    return _answerers[0](connection, document, door)
