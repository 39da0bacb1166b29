"""Bytes out: SCIM answers and errors as HTTP responses."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from ..lifecycle import request_log
from ..mapping.json_text import dumps
from ..models import ScimRequest
from ..protocol.errors import ScimError
from .call import Answer

CONTENT_TYPE = "application/scim+json"


class ScimResponse(HttpResponse):
    """A SCIM message; no cache keeps it, no browser guesses its type.

    ``record`` is noted when the server closes the answer, which it does after the last byte has gone out.
    """

    record: ScimRequest | None = None

    def __init__(self, body: Any, *, status: int, headers: dict[str, str] | None = None) -> None:
        content = b"" if body is None else dumps(body)
        super().__init__(content, status=status, content_type=CONTENT_TYPE)
        if body is None:
            del self["Content-Type"]
        self["Cache-Control"] = "no-store"
        self["X-Content-Type-Options"] = "nosniff"
        for name, value in (headers or {}).items():
            self[name] = value

    def close(self) -> None:
        """Hand the record over, while the database connection of the request is still there."""
        record, self.record = self.record, None
        if record is not None:
            request_log.note(record)
        super().close()


def respond(answer: Answer) -> ScimResponse:
    """Write an answer."""
    return ScimResponse(answer.body, status=answer.status, headers=answer.headers)


def respond_error(error: ScimError) -> ScimResponse:
    """Write an error."""
    return ScimResponse(error.to_dict(), status=error.status, headers=error.headers)
