"""A project's own API keys: the revokers of the how-to page keep the contract, and the contract sees who does not."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.models import Connection
from django_provisioning.testing.revokers import RevokerContract
from tests.apps.keys import revokers
from tests.apps.keys.models import ApiKey
from tests.factories import make_connection
from tests.lifecycle.people import events, fresh, push, push_move

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_revoker(settings: Any) -> None:
    settings.DJANGO_PROVISIONING = {
        "REVOKERS": [f"{revokers.__name__}.{name}" for name in ("ApiKeyRevoker", "MarkedKeyRevoker")]
    }


class KeyContract(RevokerContract):
    """Makes and counts the keys of the table."""

    def make(self, user: Any) -> None:
        """Make a key."""
        ApiKey._default_manager.create(user=user, digest=uuid.uuid4().hex)

    def count(self, user: Any) -> int:
        """Count the keys that open something."""
        return ApiKey._default_manager.filter(user=user, revoked_at=None).count()


class TestApiKeys(KeyContract):
    """Keys that are deleted."""

    revoker = revokers.ApiKeyRevoker

    @pytest.fixture(autouse=True)
    def _alone(self, settings: Any) -> None:
        """A table is one revoker's: origins are written under its kind."""
        settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{revokers.__name__}.ApiKeyRevoker"]}


class TestMarkedKeys(KeyContract):
    """Keys that are kept and marked."""

    revoker = revokers.MarkedKeyRevoker


class Forgetful(Revoker):
    """Ends one key of many."""

    kind = "some"
    database_only = True

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """End the first."""
        return int(
            ApiKey._default_manager.filter(
                pk__in=ApiKey._default_manager.filter(user=user)[:1].values("pk")
            ).delete()[0]
        )


class Boastful(revokers.ApiKeyRevoker):
    """Counts what has gone already."""

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """End all and say one more."""
        return super().revoke(user, connection) + 1


class Careless(revokers.ApiKeyRevoker):
    """Takes everybody's keys."""

    def of(self, model: Any, user: Any) -> Any:
        """Give all rows."""
        return model._base_manager.all()


class Slow(revokers.ApiKeyRevoker):
    """Asks once for each key."""

    def end(self, rows: Any) -> int:
        """Delete one after the other."""
        return sum(row.delete()[0] for row in rows)


class Tactless(revokers.ApiKeyRevoker):
    """Does not tell connections apart."""

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """End all."""
        return super().revoke(user, None)


class Blind(revokers.ApiKeyRevoker):
    """Lists everybody as a holder."""

    def holders(self) -> Any:
        """Give all users."""
        return get_user_model().objects.values("pk")


@pytest.mark.parametrize(
    ("flawed", "test"),
    [
        (Forgetful, "everything_of_the_person_ends"),
        (Boastful, "everything_of_the_person_ends"),
        (Boastful, "repetition_ends_nothing_more"),
        (Careless, "everything_of_the_person_ends"),
        (Slow, "queries_do_not_grow_with_the_credentials"),
        (Tactless, "end_of_one_connection_spares_the_others"),
        (Blind, "holders_are_who_still_holds_some"),
    ],
)
def test_contract_breaks_on_a_flaw(flawed: type[Revoker], test: str, settings: Any) -> None:
    """Each rule of the contract sees the flaw that it is there for."""
    settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{__name__}.{flawed.__name__}"]}
    contract = KeyContract()
    contract.revoker = flawed  # type: ignore[misc]

    with pytest.raises(AssertionError):
        getattr(contract, f"test_{test}")()


def test_own_keys_end_with_a_leave() -> None:
    """C16: a key of the project's own ends like any other access, and the event counts it (N16)."""
    identity = push(make_connection(), "ada").identity
    KeyContract().make(identity.user)

    push_move(identity, "ada", active=False)

    assert not fresh(identity.user).is_active
    assert not ApiKey._default_manager.exists()
    assert events("account.deactivated")[0].effects["api_keys"] == 1


def test_how_to_page_shows_the_code_that_is_tested() -> None:
    """What the page tells to write is what runs here."""
    page = (ROOT / "docs/how-to/end-your-own-tokens.md").read_text()
    shown = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    tested = (ROOT / "tests/apps/keys/revokers.py").read_text()

    for name in ("ApiKeyRevoker", "MarkedKeyRevoker"):
        body = re.search(rf"class {name}.*?(?=\n\n\n|\Z)", tested, re.DOTALL)
        assert body is not None
        code = [line for line in body[0].splitlines() if line and '"""' not in line]
        assert [line for line in code if line not in shown] == []
