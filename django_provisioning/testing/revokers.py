"""The contract of a revoker, as tests: subclass it, say how a credential is made, and run it with pytest.

::

    @pytest.mark.django_db
    class TestKeyRevoker(RevokerContract):
        revoker = KeyRevoker

        def make(self, user):
            ApiKey.objects.create(user=user)

        def count(self, user):
            return ApiKey.objects.filter(user=user).count()
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth import get_user_model
from django.db import connections as databases
from django.test.utils import CaptureQueriesContext

from ..lifecycle import connections
from ..lifecycle.context import Actor, Context
from ..lifecycle.credentials import current_connection
from ..lifecycle.transactions import database, savepoint
from ..models import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..lifecycle.revokers.base import Revoker


class RevokerContract:
    """Tests of one revoker. ``many`` is how many credentials one person can have, at most fifty are made.

    Set ``tells_connections`` to False for a kind of access that belongs to the person and to no connection.
    """

    revoker: ClassVar[type[Revoker]]
    many: ClassVar[int] = 50
    tells_connections: ClassVar[bool] = True

    def make(self, user: Any) -> None:
        """Make one credential of the user, as the project does."""
        raise NotImplementedError

    def count(self, user: Any) -> int:
        """Count the credentials of the user that still open something."""
        raise NotImplementedError

    def make_user(self) -> Any:
        """Make a person who has no credential yet."""
        model = get_user_model()
        user = model(**{model.USERNAME_FIELD: f"{uuid.uuid4().hex}@example.com"})
        user.set_unusable_password()
        user.save()
        return user

    def make_connection(self) -> Connection:
        """Make a connection."""
        slug = f"contract-{uuid.uuid4().hex[:12]}"
        return connections.create(Context.of(Actor.command("test")), slug=slug, name=slug, idp="generic")

    def make_through(self, connection: Connection | None, user: Any) -> None:
        """Make one credential in a session that came through a connection, None for a local login."""
        token = current_connection.set(connection.pk if connection is not None else None)
        try:
            self.make(user)
        finally:
            current_connection.reset(token)

    def test_everything_of_the_person_ends(self) -> None:
        """All credentials of the person end, they are counted, and nobody else's is touched."""
        user, other = self._person(self.many), self._person(1)

        ended = self.revoker().revoke(user, None)

        _hold(self.count(user) == 0, "The revoker left credentials of the person.")
        _hold(ended == self.many, f"The revoker counted {ended} of {self.many} credentials.")
        _hold(self.count(other) == 1, "The revoker ended the credential of somebody else.")

    def test_repetition_ends_nothing_more(self) -> None:
        """A second run changes nothing and says so: a failed leave is repeated until it succeeds."""
        user = self._person(1)
        self.revoker().revoke(user, None)

        again = self.revoker().revoke(user, None)

        _hold(again == 0, f"The second run counted {again} credentials.")

    def test_queries_do_not_grow_with_the_credentials(self) -> None:
        """Many credentials cost as many queries as one."""
        one, many = self._queries(self._person(1)), self._queries(self._person(self.many))

        _hold(many == one, f"One credential costs {one} queries, {self.many} cost {many}.")

    def test_end_of_one_connection_spares_the_others(self) -> None:
        """What was made in a session of another connection, or in a local one, goes on."""
        leaving, staying = self.make_connection(), self.make_connection()
        user = self._person_through(leaving)
        others = [self._person_through(staying), self._person_through(None)]
        if self.many > 1:
            self.make_through(staying, user)
            self.make_through(None, user)
        before = self.count(user)

        ended = self.revoker().revoke(user, leaving)
        for other in others:
            ended += self.revoker().revoke(other, leaving)

        expected = 1 if self.tells_connections else 0
        _hold(self.count(user) == before - expected, f"{before} became {self.count(user)}, not one less.")
        _hold(ended == expected, f"The revoker counted {ended} credentials of the connection.")
        _hold(all(self.count(other) == 1 for other in others), "The end of one connection reached another's.")

    def test_rollback_gives_the_credentials_back(self) -> None:
        """What promises ``database_only`` does nothing that a rollback cannot undo."""
        if not self.revoker.database_only:
            return
        user = self._person(1)

        try:
            with savepoint():
                self.revoker().revoke(user, None)
                raise _RolledBackError
        except _RolledBackError:
            pass

        _hold(self.count(user) == 1, "A rollback did not give the credential back; take database_only away.")

    def test_holders_are_who_still_holds_some(self) -> None:
        """Where the revoker can list who holds something, it lists these and nobody else."""
        holder, former = self._person(1), self._person(1)
        self.revoker().revoke(former, None)

        found = self.revoker().holders()

        if found is not None:
            people = get_user_model()._base_manager.filter(pk__in=found)
            _hold(list(people) == [holder], "holders() does not give exactly who holds a live credential.")

    def _person(self, credentials: int) -> Any:
        user = self.make_user()
        for _number in range(credentials):
            self.make(user)
        return user

    def _person_through(self, connection: Connection | None) -> Any:
        user = self.make_user()
        self.make_through(connection, user)
        return user

    def _queries(self, user: Any) -> int:
        with _counted() as queries:
            self.revoker().revoke(user, None)
        return len(queries)


class _RolledBackError(Exception):
    """Ends a transaction on purpose."""


@contextmanager
def _counted() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(databases[database()]) as queries:
        yield queries


def _hold(holds: bool, otherwise: str) -> None:
    """Fail with a sentence: pytest rewrites no ``assert`` of an installed package."""
    if not holds:
        raise AssertionError(otherwise)
