"""Readings of the source that the tests of this folder judge by: transactions, imports, scope, docstrings."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from tests.architecture.sources import Module, functions

_TRANSACTION_CONTROL = frozenset(
    {
        "atomic", "set_autocommit", "commit", "rollback", "savepoint_commit", "savepoint_rollback",
        "set_rollback", "clean_savepoints", "ATOMIC_REQUESTS",
    }
)  # fmt: skip
_TENANT_TABLES = frozenset({"Identity", "GroupLink"})
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})


def transaction_control(module: Module) -> list[str]:
    """Give every use of Django's transaction control: ``transaction.atomic`` by any spelling."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in _TRANSACTION_CONTROL:
            found.append(f"{module.path}:{node.lineno}: {ast.unparse(node)}")
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("db.transaction"):
            found.append(f"{module.path}:{node.lineno}: {ast.unparse(node)}")
    return found


def foreign_imports(module: Module) -> list[str]:
    """Give what a module of a room of plain Python imports from outside the standard library and its own room."""
    depth = module.path.count("/")
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
            found += [name for name in names if name not in sys.stdlib_module_names]
        elif isinstance(node, ast.ImportFrom):
            name = (node.module or "").partition(".")[0]
            leaves_room = node.level > depth
            if leaves_room or (node.level == 0 and name not in sys.stdlib_module_names):
                found.append("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"__import__", "import_module"}:
            found.append(ast.unparse(node))
    return found


def unscoped_reads(module: Module) -> list[str]:
    """Give the reads of a tenant's table that do not begin with ``.of(connection)``."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in _MANAGERS and _is_tenant_table(node.value):
            parent = node.parent  # type: ignore[attr-defined]
            if not (isinstance(parent, ast.Attribute) and parent.attr == "of"):
                found.append(f"{module.path}:{node.lineno}: {ast.unparse(_whole(node))}")
    return found


def without_docstring(module: Module) -> list[str]:
    """Name what is public at the top of a module, the module itself included, and has no docstring."""
    found = [] if ast.get_docstring(module.tree) else [module.path]
    for node in module.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if not node.name.startswith("_") and not ast.get_docstring(node):
            found.append(f"{module.path}:{node.lineno}: {node.name}")
    return found


def long_functions(module: Module, limit: int) -> Iterator[str]:
    """Yield the functions with more lines than the limit, from ``def`` to the last statement."""
    for function in functions(module):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > limit:
            yield f"{module.path}:{function.lineno}: {function.name} has {length} lines"


def setting_names(module: Module) -> set[str]:
    """Give the keys that a module reads as ``settings.KEY`` from ``conf``; none if it imports other settings."""
    names = set()
    imports = [node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom)]
    ours = {
        alias.asname or alias.name
        for node in imports
        if (node.module or "").rpartition(".")[2] == "conf" and node.level > 0
        for alias in node.names
        if alias.name == "settings"
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ours:
            names.add(node.attr)
    return names


def _is_tenant_table(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in _TENANT_TABLES


def _whole(node: ast.expr) -> ast.expr:
    """Give the whole chain of calls that an expression begins."""
    parent = getattr(node, "parent", None)
    while isinstance(parent, ast.Attribute | ast.Call):
        node, parent = parent, getattr(parent, "parent", None)
    return node
