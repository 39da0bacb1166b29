"""Finds code that writes rows: a reading of the source, so that no test has to reach the line.

Names like ``save`` and ``bulk_create`` only ever mean a write. ``update``, ``add``, ``set``, ``remove`` and ``clear``
also belong to dicts and sets: they count where the receiver is a manager, a queryset or a related manager.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.apps import apps
from django.contrib.auth import get_user_model

from tests.architecture.sources import Module

_ALWAYS = frozenset(
    {
        "save", "create", "delete", "get_or_create", "update_or_create", "bulk_create", "bulk_update",
        "save_base", "_raw_delete", "_update", "_insert", "select_for_update",
        "create_user", "create_superuser", "update_fields",
        "execute", "executemany", "executescript", "callproc",
    }
)  # fmt: skip
_ON_ROWS = frozenset({"update", "add", "set", "remove", "clear", "raw"})
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_QUERYSETS = frozenset(
    {"all", "filter", "exclude", "annotate", "order_by", "select_related", "of", "using", "distinct", "none"}
)


@dataclass(frozen=True, slots=True)
class Write:
    """A write: the module's path, the line, and the source of the expression (``user.save``)."""

    path: str
    line: int
    expression: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.expression}"


def writes_in(module: Module) -> list[Write]:
    """Give every write in a module, called or handed on (``map(User.save, …)``)."""
    found = [*_attribute_writes(module), *_named_writes(module)]
    return sorted(found, key=lambda write: write.line)


def _attribute_writes(module: Module) -> Iterator[Write]:
    foreign = _imported_from_elsewhere(module)
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        name = _sync(node.attr)
        if _root(node) in foreign and name != "update_fields":
            continue
        if name in _ALWAYS or (name in _ON_ROWS and _is_rows(node.value)):
            yield Write(module.path, node.lineno, ast.unparse(node))


def _named_writes(module: Module) -> Iterator[Write]:
    """Yield ``getattr(user, "save")`` and ``update_fields(…)``, the lifecycle's own tool, used elsewhere."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id in {"update_fields", "attrgetter", "methodcaller"} and _names_write(node, 0):
            yield Write(module.path, node.lineno, ast.unparse(node))
        if node.func.id == "getattr" and _names_write(node, 1):
            yield Write(module.path, node.lineno, ast.unparse(node))


def _names_write(call: ast.Call, position: int) -> bool:
    if isinstance(call.func, ast.Name) and call.func.id == "update_fields":
        return True
    argument = call.args[position] if len(call.args) > position else None
    return isinstance(argument, ast.Constant) and _sync(str(argument.value)) in _ALWAYS | _ON_ROWS


def _sync(name: str) -> str:
    """Give ``save`` for ``asave``: Django's asynchronous names write as well."""
    rest = name.removeprefix("a")
    return rest if rest in _ALWAYS | _ON_ROWS else name


def _root(node: ast.expr) -> str:
    """Give the name that a chain of attributes and calls starts at."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_rows(receiver: ast.expr) -> bool:
    """Tell whether an expression is a manager, a queryset or a related manager by the names in its chain."""
    node: ast.expr = receiver
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        if isinstance(node, ast.Attribute):
            if node.attr in _MANAGERS | _QUERYSETS | _relations():
                return True
            node = node.value
        else:
            node = node.func if isinstance(node, ast.Call) else node.value
    return False


@lru_cache(maxsize=1)
def _relations() -> frozenset[str]:
    """Give the names of all related managers of our models, the user and the group model."""
    models = [*apps.get_app_config("django_provisioning").get_models(), get_user_model()]
    models += [field.related_model for field in get_user_model()._meta.many_to_many]
    names: set[str] = set()
    for model in models:
        names.update(field.name for field in model._meta.many_to_many)
        names.update(
            relation.get_accessor_name() or ""
            for relation in model._meta.related_objects
            if relation.multiple
        )
    return frozenset(names - {""})


def _imported_from_elsewhere(module: Module) -> frozenset[str]:
    """Give the modules and functions imported from the lifecycle, and what is no table; never a class."""
    names: set[str] = set()
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        source = node.module or ""
        for alias in node.names:
            whole = f"{source}.{alias.name}"
            if "lifecycle" in whole.split(".") or whole == "django.core.cache.cache":
                names.add(alias.asname or alias.name)
    return frozenset(name for name in names if name.islower())
