"""The guard: refuses an inactive or revoked account on its next request, whatever the authentication backend forgets.

Owns the middleware and the mixins that stand between a request and the project's views. Imports ``lifecycle`` and what
is right of it; the doors (``scim``, ``jit``, ``admin``) stand beside it. Start reading in ``middleware.py``; what is
refused and why is ``judgement.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .middleware import GuardMiddleware

__all__ = ["GuardMiddleware"]


def __getattr__(name: str) -> Any:
    """Give ``GuardMiddleware`` when asked: other modules here may be imported before the apps are ready."""
    if name == "GuardMiddleware":
        from .middleware import GuardMiddleware  # noqa: PLC0415 - it needs the models

        return GuardMiddleware
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
