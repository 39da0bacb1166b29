"""What of a django-scim2 adapter is the project's own, and an adapter that asks nothing of the database."""

from __future__ import annotations

from functools import lru_cache
from types import CodeType
from typing import Any

from django_scim import utils

_LIBRARY = "django_scim.adapters"


def is_own(adapter: type[Any], name: str) -> bool:
    """Tell whether the project has overridden a method or property of django-scim2's adapters.

    It has if a class of its own defines the name before a class of the library does.
    """
    for base in adapter.__mro__:
        if name in vars(base):
            return base.__module__ not in (_LIBRARY, __name__)
    return False


def is_raised_by_library(error: BaseException) -> bool:
    """Tell whether django-scim2's own code raised the exception, and not the project's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    return str(module).partition(".")[0] == "django_scim"


def reads(adapter: type[Any], name: str) -> bool:
    """Tell whether the project's own code in an adapter speaks of an attribute: ``self.groups``."""
    own = [base for base in adapter.__mro__ if base.__module__ not in (_LIBRARY, __name__, "builtins")]
    members = [member for base in own for member in vars(base).values()]
    functions = [getattr(member, "fget", None) or getattr(member, "__func__", member) for member in members]
    return any(_speaks_of(getattr(function, "__code__", None), name) for function in functions)


def _speaks_of(code: Any, name: str) -> bool:
    """Look into comprehensions and inner functions too."""
    if not isinstance(code, CodeType):
        return False
    return name in code.co_names or any(_speaks_of(inner, name) for inner in code.co_consts)


@lru_cache(maxsize=8)
def without_relations(adapter: Any) -> type[Any]:
    """Give the adapter without addresses, and with ``groups`` and ``members`` only where the project reads them.

    They are ours to answer with, and cost queries a row.
    """
    own: dict[str, Any] = {"path": "", "location": "", "__module__": __name__}
    for name, relation in (("groups", _groups), ("members", _members)):
        if not reads(adapter, name):
            own[name] = []
        elif not is_own(adapter, name):
            own[name] = property(relation)
    return type(f"Reading{adapter.__name__}", (adapter,), own)


def _groups(adapter: Any) -> list[dict[str, Any]]:
    return _references(adapter, utils.get_group_adapter(), adapter.obj.scim_groups.all())


def _members(adapter: Any) -> list[dict[str, Any]]:
    return _references(adapter, utils.get_user_adapter(), adapter.obj.user_set.all())


def _references(adapter: Any, kind: Any, rows: Any) -> list[dict[str, Any]]:
    """Write rows as django-scim2 does, but for their addresses, which need its URL names."""
    others = [without_relations(kind)(row, request=adapter.request) for row in rows]
    return [{"value": other.id, "$ref": "", "display": other.display_name} for other in others]


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
