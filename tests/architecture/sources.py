"""The modules of the package as parsed source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "django_provisioning"


@dataclass(frozen=True)
class Module:
    """One module; ``path`` is relative to the package, with slashes: ``scim/views.py``."""

    path: str
    text: str

    @property
    def room(self) -> str:
        """First folder of the path; "" for a module at the top."""
        first, slash, _ = self.path.partition("/")
        return first if slash else ""

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source; each node knows its ``parent``."""
        tree = ast.parse(self.text)
        for node in ast.walk(tree):
            for child in ast.iter_child_nodes(node):
                child.parent = node  # type: ignore[attr-defined]
        return tree

    @property
    def lines(self) -> int:
        """Number of lines."""
        return len(self.text.splitlines())


@lru_cache(maxsize=1)
def modules() -> tuple[Module, ...]:
    """Give every module of the package but the migrations, which Django writes."""
    found = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
    return tuple(
        Module(path, (PACKAGE / path).read_text()) for path in found if not path.startswith("migrations/")
    )


def modules_of(*rooms: str) -> list[Module]:
    """Give the modules of some rooms."""
    return [module for module in modules() if module.room in rooms]


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a module, nested ones included."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
