"""Answers what a page asks of a login or a push, by the code of ``provisioning_explain``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from ..exceptions import ProvisioningError
from ..lifecycle.explainers import Door
from ..models import Connection
from .explanations import explain_login, explain_push
from .pushes import claims_of, push_of


def answered(connection: Connection, document: Mapping[str, Any], door: Door) -> dict[str, Any]:
    """Rehearse the document at a door and say what it did.

    Raises:
        ProvisioningError: the document is no such request.
    """
    try:
        if door == "scim":
            push = push_of(document)
            return explain_push(connection, push)
        claims = claims_of(document, connection, door)
    except CommandError as error:
        raise ProvisioningError(str(error), reason="malformed") from error
    return explain_login(connection, claims)
