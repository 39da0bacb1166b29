"""The one mapping between a project's django-scim2 adapters and our documents.

Reading is the adapter's ``to_dict``; writing is its ``validate_dict``, ``from_dict`` and ``save`` with the whole
document. What of a document is ours (ids, meta, groups, members, ``active``) the handlers add or take away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.handlers.wsgi import WSGIRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django_scim import exceptions as theirs
from django_scim import utils

from ..exceptions import ProvisioningError
from ..lifecycle.delegation import delegated
from ..mapping.resource_types import group_type, user_type
from ..protocol.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    Mutability,
    NoTarget,
    NotFound,
    NotImplementedHere,
    ScimError,
    Uniqueness,
)
from ..protocol.schema import ResourceType
from ..protocol.tolerance import TOLERANT
from ..protocol.validation import read_resource
from . import shapes
from .adapters import is_own, is_raised_by_library, pruned, without_relations
from .django_scim2 import id_of
from .operations import Step

T = TypeVar("T")
logger = logging.getLogger("django_provisioning.scim2_bridge")

# Never handed over: the server's own, and a password that nobody who logs in by SSO should have.
NOT_HANDED_OVER = frozenset({"meta", "groups", "password"})
_BY_TYPE: Mapping[str, type[ScimError]] = {
    error.scim_type: error
    for error in (InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget, Uniqueness)
    if error.scim_type
}
_BY_STATUS: Mapping[int, type[ScimError]] = {
    400: BadRequest, 401: Forbidden, 403: Forbidden, 404: NotFound, 409: Uniqueness, 501: NotImplementedHere,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AdapterMapping:
    """A project's adapter class, and the resource type with the attributes of its ATTR_MAP."""

    adapter_class: Any
    resource_type: ResourceType

    @classmethod
    def of_users(cls) -> AdapterMapping:
        """The mapping of SCIM_SERVICE_PROVIDER['USER_ADAPTER']."""
        adapter = utils.get_user_adapter()
        return cls(adapter, shapes.of_attr_map(adapter.ATTR_MAP or {}, utils.get_user_model(), user_type()))

    @classmethod
    def of_groups(cls) -> AdapterMapping:
        """The mapping of SCIM_SERVICE_PROVIDER['GROUP_ADAPTER']."""
        adapter = utils.get_group_adapter()
        return cls(adapter, shapes.of_attr_map(adapter.ATTR_MAP or {}, utils.get_group_model(), group_type()))

    def is_own(self, name: str) -> bool:
        """Whether the project has overridden a method of django-scim2's adapter."""
        return is_own(self.adapter_class, name)

    def handles(self, op: str) -> bool:
        """Whether the project has PATCH code of its own for this kind of operation."""
        return any(map(self.is_own, (f"handle_{op}", "handle_operations", "handle_path_and_value")))

    def document(self, row: Any, base_url: str) -> dict[str, Any]:
        """Give what the adapter says of a row, canonical and without what only the server writes.

        Raises:
            ScimError: the adapter's ``to_dict`` failed; the log says how.
        """
        try:
            return self._document(row, base_url)
        except Exception as error:
            logger.exception("%s cannot write its document", self.adapter_class.__name__)
            raise ScimError(
                f"The adapter of this application failed on the resource of row {row.pk}."
            ) from error

    def _document(self, row: Any, base_url: str) -> dict[str, Any]:
        quiet = without_relations(self.adapter_class)(row, request=request_for(base_url))
        said = pruned(quiet.to_dict())
        said = {name: value for name, value in said.items() if name not in ("groups", "members")}
        return read_resource(said, self.type_of(said), TOLERANT).document

    def type_of(self, *documents: Any) -> ResourceType:
        """Give the resource type with every attribute that the documents hold."""
        return shapes.of_documents(self.resource_type, documents)

    def type_of_patch(self, document: Any, payload: Any) -> ResourceType:
        """Give the resource type with what the document holds and the operations name."""
        return shapes.of_patch(self.type_of(document), payload)

    def created(self, row: Any, document: Mapping[str, Any], base_url: str) -> str:
        """Let the adapter save a new row, and give the id that it will answer with, "" for none."""
        self.save(row, document, base_url)
        return id_of(self.adapter_class(row, request=request_for(base_url)))

    def save(self, row: Any, document: Mapping[str, Any], base_url: str) -> None:
        """Hand the whole document over: validated, taken and saved by the adapter.

        Raises:
            ScimError: the adapter refused it, as its exception says.
        """
        adapter = self.adapter_class(row, request=request_for(base_url))
        whole = {name: value for name, value in document.items() if name not in NOT_HANDED_OVER}

        def write() -> None:
            adapter.validate_dict(whole)
            adapter.from_dict(whole)
            adapter.save()

        _translated(write)

    def delete(self, row: Any, base_url: str) -> None:
        """Call the project's own ``delete``; django-scim2's is not called: the connection's policy decides."""
        if self.is_own("delete"):
            _translated(self.adapter_class(row, request=request_for(base_url)).delete)

    def handled(self, row: Any, step: Step, base_url: str) -> dict[str, Any] | None:
        """Let the project's PATCH code do one operation, and give the document after it.

        None if it did not: it says that it does not implement it, or it failed. What it wrote is undone then.

        Raises:
            ScimError: the project's own code refused the operation.
        """
        adapter = self.adapter_class(row, request=request_for(base_url))

        def work() -> dict[str, Any]:
            adapter.handle_operations([step.canonical()])
            return self._document(row, base_url)

        try:
            return delegated(work)
        except (OperationalError, InterfaceError, ProvisioningError):
            raise  # The transaction is repeated as a whole, or refused as a whole.
        except Exception as error:
            refusal = _refusal(error)
            if refusal is not None:
                raise refusal from error
            if not isinstance(error, theirs.NotImplementedError):
                # The exception's text may hold values of a person, so only its class is told.
                logger.warning(
                    "PATCH code of %s failed on %s %s with %s; the operation is computed on the document instead.",
                    self.adapter_class.__name__, step.operation.op, step.operation.path.key,
                    type(error).__name__,
                )  # fmt: skip
        row.refresh_from_db()
        return None


def _translated(work: Callable[[], T]) -> T:
    """Let the adapter write, and give its refusals in our words."""
    try:
        return delegated(work)
    except theirs.SCIMException as error:
        raise _as_ours(error) from error
    except ValidationError as error:
        raise InvalidValue("; ".join(error.messages)) from error


def _refusal(error: Exception) -> ScimError | None:
    """Give what the project's PATCH code refuses on purpose; django-scim2's own checks and any fault are none."""
    if isinstance(error, ValidationError):
        return InvalidValue("; ".join(error.messages))
    if not isinstance(error, theirs.SCIMException) or is_raised_by_library(error):
        return None
    return _as_ours(error) if 400 <= int(error.status) < 500 else None


def _as_ours(error: Any) -> ScimError:
    """Give the error with the status and scimType that the adapter chose, where the standard has them."""
    kind = _BY_TYPE.get(error.scim_type or "") or _BY_STATUS.get(int(error.status), ScimError)
    if kind is Uniqueness and error.scim_type is None:
        kind = Conflict
    return kind("" if kind is ScimError else str(error.detail))


def request_for(base_url: str) -> HttpRequest:
    """Give adapters the request that they ask for: scheme and host, and nothing of the caller."""
    parts = urlsplit(base_url)
    is_secure = parts.scheme == "https"
    return WSGIRequest(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": f"{parts.path}/",
            "SERVER_NAME": parts.hostname or "",
            "SERVER_PORT": str(parts.port or (443 if is_secure else 80)),
            "HTTP_HOST": parts.netloc,
            "wsgi.url_scheme": parts.scheme or "http",
            "wsgi.input": BytesIO(),
        }
    )
