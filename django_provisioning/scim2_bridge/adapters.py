"""What of a django-scim2 adapter is the project's own, and an adapter that asks nothing of the database."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_LIBRARY = "django_scim.adapters"


def is_own(adapter: type[Any], name: str) -> bool:
    """Tell whether the project has overridden a method or property of django-scim2's adapters.

    It has if a class of its own defines the name before a class of the library does.
    """
    for base in adapter.__mro__:
        if name in vars(base):
            return base.__module__ not in (_LIBRARY, __name__)
    return False


@lru_cache(maxsize=8)
def without_relations(adapter: Any) -> type[Any]:
    """Give the adapter with ``groups``, ``members`` and addresses empty: they are ours, and cost queries a row."""
    nothing: dict[str, Any] = {
        "groups": [],
        "members": [],
        "path": "",
        "location": "",
        "__module__": __name__,
    }
    return type(f"Reading{adapter.__name__}", (adapter,), nothing)


def pruned(said: Any) -> Any:
    """Leave out what says nothing: null, blank text, and elements whose ``value`` is blank.

    django-scim2 writes ``[{"value": "", "primary": true}]`` for somebody without an address, and refuses to take it.

    >>> pruned({"emails": [{"value": "", "primary": True}], "name": {"givenName": ""}, "active": False})
    {'active': False}
    """
    if isinstance(said, dict):
        kept = {name: pruned(value) for name, value in said.items()}
        return {name: value for name, value in kept.items() if value not in _NOTHING}
    if isinstance(said, list):
        elements = [
            pruned(element) for element in said if not (isinstance(element, dict) and _is_blank(element))
        ]
        return [element for element in elements if element not in _NOTHING]
    return said


_NOTHING: tuple[Any, ...] = (None, "", [], {})


def _is_blank(element: dict[str, Any]) -> bool:
    return "value" in element and element["value"] in (None, "")
