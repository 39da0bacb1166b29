"""What a token may do: each resource type names the scope that writing it needs; any scope may read."""

from __future__ import annotations

from ..models import ConnectionToken
from ..protocol.errors import Forbidden

_READS = frozenset({"GET", "HEAD"})


def require_scope(token: ConnectionToken, method: str, scope: str | None) -> None:
    """Hold a token's scopes against a request.

    Raises:
        Forbidden: the text names the scope that is missing.
    """
    if method not in _READS and scope is not None:
        require_write_scope(token, scope)
    elif not token.scopes:
        raise Forbidden("The bearer token has no scope.")


def require_write_scope(token: ConnectionToken, scope: str) -> None:
    """Refuse a write that the token has no scope for.

    Raises:
        Forbidden: the text names the scope.
    """
    if scope not in token.scopes:
        raise Forbidden(f"The bearer token needs the scope {scope}.")
