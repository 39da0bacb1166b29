"""Turns every exception under the SCIM prefix into a SCIM error (RFC 7644 §3.12). One place, nothing else catches.

Texts are ours: no message of the database, of Django or of a library goes out.
"""

from __future__ import annotations

import logging

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions as drf

from ..exceptions import (
    AmbiguousMatch,
    ConnectionHalted,
    LinkRefused,
    NotUnique,
    ProtectedAccount,
    ProvisioningError,
    TransientDatabaseError,
    UnknownResource,
    ValueRefused,
)
from ..protocol.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidValue,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    ScimError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Uniqueness,
    UnsupportedMediaType,
)

logger = logging.getLogger("django_provisioning.scim")

_RETRY_SOON = {"Retry-After": "2"}
_RETRY_LATER = {"Retry-After": "3600"}
_LIFECYCLE: tuple[tuple[type[ProvisioningError], type[ScimError], dict[str, str]], ...] = (
    (UnknownResource, NotFound, {}),
    (NotUnique, Uniqueness, {}),
    (LinkRefused, Uniqueness, {}),
    (AmbiguousMatch, Uniqueness, {}),
    (ProtectedAccount, Forbidden, {}),
    (ValueRefused, InvalidValue, {}),
    (ConnectionHalted, Unavailable, _RETRY_LATER),
    (TransientDatabaseError, Unavailable, _RETRY_SOON),
)
_FRAMEWORK: tuple[tuple[type[Exception], type[ScimError]], ...] = (
    (Http404, NotFound),
    (drf.NotFound, NotFound),
    (drf.MethodNotAllowed, MethodNotAllowed),
    (drf.AuthenticationFailed, Unauthorized),
    (drf.NotAuthenticated, Unauthorized),
    (drf.PermissionDenied, Forbidden),
    (PermissionDenied, Forbidden),
    (drf.UnsupportedMediaType, UnsupportedMediaType),
    (drf.Throttled, TooManyRequests),
    (RequestDataTooBig, PayloadTooLarge),
    (SuspiciousOperation, BadRequest),
    (drf.APIException, BadRequest),
)


def as_scim_error(error: Exception, reference: str) -> ScimError:
    """Give the SCIM error for any exception; ``reference`` (the request id) is what a 500 tells the client."""
    if isinstance(error, ScimError):
        return error
    if isinstance(error, ProvisioningError):
        return _of_lifecycle(error)
    if isinstance(error, DatabaseError | InterfaceError):
        return _of_database(error, reference)
    for kind, answer in _FRAMEWORK:
        if isinstance(error, kind):
            return answer()
    logger.error("SCIM request %s failed", reference, exc_info=error)
    return ScimError(f"The server failed. Tell its administrators this reference: {reference}")


def _of_lifecycle(error: ProvisioningError) -> ScimError:
    for kind, answer, headers in _LIFECYCLE:
        if isinstance(error, kind):
            return answer(error.detail, headers=headers)
    return Conflict(error.detail)


def _of_database(error: Exception, reference: str) -> ScimError:
    """A constraint is a conflict, a value that the column cannot hold is the client's, the rest passes."""
    if isinstance(error, IntegrityError):
        return Uniqueness("A value that must be unique is in use already.")
    if isinstance(error, DataError):
        return InvalidValue("A value cannot be stored.")
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("SCIM request %s found the database unavailable", reference, exc_info=error)
        return Unavailable(headers=_RETRY_SOON)
    logger.error("SCIM request %s failed", reference, exc_info=error)
    return ScimError(f"The server failed. Tell its administrators this reference: {reference}")
