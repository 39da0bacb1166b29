"""Errors of the protocol, each with the HTTP status and ``scimType`` that RFC 7644 §3.12 gives it.

Messages name the thing, the rule and the remedy. They never hold a token, a password or a whole document.

>>> NotFound("Resource 2819c223 is not known to this connection.").to_dict()["status"]
'404'
"""

from __future__ import annotations

from typing import Any, ClassVar

ERROR_URN = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """An answer that is no success; every other protocol error is a subclass.

    ``headers`` holds what the HTTP face must add (``WWW-Authenticate``, ``Retry-After``, ``Allow``).
    """

    status: ClassVar[int] = 500
    scim_type: ClassVar[str | None] = None
    default_detail: ClassVar[str] = "The server failed to process the request."

    def __init__(self, detail: str = "", *, headers: dict[str, str] | None = None) -> None:
        self.detail = detail or self.default_detail
        self.headers = headers or {}
        super().__init__(self.detail)

    def to_dict(self) -> dict[str, Any]:
        """Give the error message of RFC 7644 §3.12; ``status`` is a string there."""
        body: dict[str, Any] = {"schemas": [ERROR_URN], "status": str(self.status), "detail": self.detail}
        if self.scim_type is not None:
            body["scimType"] = self.scim_type
        return body


class BadRequest(ScimError):
    """400 without a keyword of RFC 7644 table 9."""

    status = 400
    default_detail = "The request cannot be understood."


class InvalidFilter(BadRequest):
    """400 invalidFilter: syntax, unknown attribute, or a comparison that the type does not have."""

    scim_type = "invalidFilter"
    default_detail = "The filter is not valid."


class TooMany(BadRequest):
    """400 tooMany: the request asks for more than the server is willing to process."""

    scim_type = "tooMany"
    default_detail = "The request asks for more than this server processes at once."


class Mutability(BadRequest):
    """400 mutability: a readOnly or required attribute may not be changed that way."""

    scim_type = "mutability"
    default_detail = "The attribute cannot be changed this way."


class InvalidSyntax(BadRequest):
    """400 invalidSyntax: the body is not the JSON message that the endpoint takes."""

    scim_type = "invalidSyntax"
    default_detail = "The request body is not a valid SCIM message."


class InvalidPath(BadRequest):
    """400 invalidPath: the path of a PATCH operation is malformed or names an unknown attribute."""

    scim_type = "invalidPath"
    default_detail = "The path is not valid."


class NoTarget(BadRequest):
    """400 noTarget: the path of a PATCH operation selects nothing that could be changed."""

    scim_type = "noTarget"
    default_detail = "The path selects no value."


class InvalidValue(BadRequest):
    """400 invalidValue: a required value is missing or a value has the wrong type."""

    scim_type = "invalidValue"
    default_detail = "A value is not valid."


class InvalidVersion(BadRequest):
    """400 invalidVers: another version of SCIM was asked for."""

    scim_type = "invalidVers"
    default_detail = "Only SCIM version 2 is served."


class InvalidCursor(BadRequest):
    """400 invalidCursor (RFC 9865 §2.1): the cursor is not one that this server gave for this query."""

    scim_type = "invalidCursor"
    default_detail = "The cursor is not valid for this query. Start again with an empty cursor."


class ExpiredCursor(BadRequest):
    """400 expiredCursor (RFC 9865 §2.1)."""

    scim_type = "expiredCursor"
    default_detail = "The cursor has expired. Start again with an empty cursor."


class InvalidCount(BadRequest):
    """400 invalidCount (RFC 9865 §2.1)."""

    scim_type = "invalidCount"
    default_detail = "count is not valid for cursor paging."


class Unauthorized(ScimError):
    """401: no credentials, or credentials that are not (or no longer) valid."""

    status = 401
    default_detail = "A valid bearer token is required."


class Forbidden(ScimError):
    """403: the token or the policy of the connection does not allow this."""

    status = 403
    default_detail = "This request is not allowed."


class Sensitive(Forbidden):
    """403 sensitive (RFC 7644 §7.5.2): the request carries personal data in a URI."""

    scim_type = "sensitive"


class NotFound(ScimError):
    """404: unknown endpoint, or an id that this connection does not know."""

    status = 404
    default_detail = "The resource is not known."


class MethodNotAllowed(ScimError):
    """405: the endpoint does not take this method."""

    status = 405
    default_detail = "The method is not allowed on this endpoint."


class Conflict(ScimError):
    """409 without a keyword: the request contradicts the state of the resource."""

    status = 409
    default_detail = "The request conflicts with the present state."


class Uniqueness(Conflict):
    """409 uniqueness: a value that must be unique is in use."""

    scim_type = "uniqueness"
    default_detail = "A value that must be unique is in use already."


class PreconditionFailed(ScimError):
    """412: the resource has changed since the client read it (RFC 7644 §3.14)."""

    status = 412
    default_detail = "The resource has changed since it was read. Read it again and repeat the change."


class PayloadTooLarge(ScimError):
    """413: the body is larger, or holds more operations, than ServiceProviderConfig announces."""

    status = 413
    default_detail = "The request is larger than this server takes."


class UnsupportedMediaType(ScimError):
    """415: the body is neither application/scim+json nor application/json, or is encoded."""

    status = 415
    default_detail = "Send the body as application/scim+json."


class NotAcceptable(ScimError):
    """406: the client accepts neither application/scim+json nor application/json."""

    status = 406
    default_detail = "This server answers with application/scim+json."


class TooManyRequests(ScimError):
    """429: the connection is throttled; ``Retry-After`` says for how many seconds."""

    status = 429
    default_detail = "Too many requests. Repeat the request after the time in Retry-After."


class NotImplementedHere(ScimError):
    """501: the standard has it, this server does not."""

    status = 501
    default_detail = "This server does not implement the operation."


class Unavailable(ScimError):
    """503: the database or the connection cannot take writes now; ``Retry-After`` says when to repeat."""

    status = 503
    default_detail = "The service cannot take the request now. Repeat it later."
