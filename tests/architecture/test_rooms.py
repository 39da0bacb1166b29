"""Who opens transactions, what the protocol may import, and where every read of a tenant begins (DESIGN §3)."""

from __future__ import annotations

import pytest

from tests.architecture.rules import foreign_imports, transaction_control, unscoped_reads
from tests.architecture.sources import Module, modules, modules_of

# /Me reads the caller's own identity: a person may have several connections and belongs to none.
_OWN_IDENTITY = "Identity.objects.filter(user=request.user.pk, live=True)"


@pytest.mark.parametrize(
    "source",
    [
        "with transaction.atomic():\n    pass",
        "from django.db.transaction import atomic",
        "@django.db.transaction.atomic\ndef f(): pass",
        "transaction.set_autocommit(False)",
        "connection.rollback()",
    ],
)
def test_transaction_checker_planted_control_is_found(source: str) -> None:
    """Every spelling of transaction control is seen."""
    found = transaction_control(Module("scim/planted.py", source))

    assert len(found) == 1


def test_transactions_outside_lifecycle_are_not_opened() -> None:
    """Only ``lifecycle`` opens transactions; ``non_atomic_requests`` opens none."""
    elsewhere = [module for module in modules() if module.room != "lifecycle"]

    found = [line for module in elsewhere for line in transaction_control(module)]

    assert found == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("protocol/planted.py", "import orjson"),
        ("protocol/planted.py", "from django.utils import timezone"),
        ("protocol/planted.py", "from ..conf import settings"),
        ("protocol/quirks/planted.py", "from ...models import Identity"),
        ("protocol/planted.py", "def f():\n    import django.db"),
        ("protocol/planted.py", "import_module('django')"),
    ],
)
def test_import_checker_planted_import_is_found(path: str, source: str) -> None:
    """An import of a framework or of another room is seen wherever it stands."""
    found = foreign_imports(Module(path, source))

    assert len(found) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("protocol/harmless.py", "import json\nfrom .errors import ScimError"),
        (
            "protocol/quirks/harmless.py",
            "from ..errors import ScimError\nfrom collections.abc import Mapping",
        ),
    ],
)
def test_import_checker_standard_library_and_room_are_not_reported(path: str, source: str) -> None:
    """The standard library and the room itself may be imported."""
    found = foreign_imports(Module(path, source))

    assert found == []


def test_protocol_imports_only_the_standard_library() -> None:
    """``protocol`` is plain Python: no Django, no HTTP, no database."""
    found = {module.path: foreign_imports(module) for module in modules_of("protocol")}

    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "Identity.objects.filter(scim_id=scim_id)",
        "GroupLink.objects.all()",
        "models.Identity.objects.get(pk=1)",
        "Identity._default_manager.of(connection)\nIdentity._base_manager.first()",
        "rows = GroupLink.objects",
    ],
)
def test_scope_checker_planted_read_is_found(source: str) -> None:
    """A read that does not begin at a connection is seen."""
    found = unscoped_reads(Module("scim/planted.py", source))

    assert len(found) == 1


@pytest.mark.parametrize(
    "source", ["Identity.objects.of(connection).filter(scim_id=scim_id)", "GroupNesting.objects"]
)
def test_scope_checker_scoped_read_is_not_reported(source: str) -> None:
    """A read that begins with ``of(connection)`` is the rule."""
    found = unscoped_reads(Module("scim/harmless.py", source))

    assert found == []


def test_scim_reads_begin_at_the_connection() -> None:
    """No tenant's table is read in ``scim`` or ``mapping`` without its connection (SECURITY: the first decision)."""
    found = [line for module in modules_of("scim", "mapping") for line in unscoped_reads(module)]

    assert [line for line in found if not (line.startswith("scim/me.py:") and _OWN_IDENTITY in line)] == []
