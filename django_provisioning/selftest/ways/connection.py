"""What a connection demands, and what becomes of its people when it is switched off."""

from __future__ import annotations

from collections.abc import Sequence

from ...lifecycle import connection_end, connections, transactions
from ..stage import Person, Stage
from .base import Way


class _RequiredGroup(Way):
    """The directory takes the person out of the group that the connection requires, and puts them back."""

    name = "required group"

    def obstacle(self, stage: Stage) -> str:
        return "" if stage.serves_scim else "the project does not serve SCIM"

    def leave(self, stage: Stage, person: Person) -> None:
        stage.configure(required_group=stage.group_name)
        stage.take_out_of_group(person)

    def rejoin(self, stage: Stage, person: Person) -> None:
        stage.put_into_group(person)
        stage.configure(required_group=None)


class _Disabled(Way):
    """The connection is disabled and its people are suspended; it is the last way, because nobody stays."""

    name = "connection disabled"

    def leave(self, stage: Stage, person: Person) -> None:
        context = stage.context()
        transactions.run(
            lambda: connections.disable(
                context, stage.connection, accounts=connection_end.SUSPEND, reason=stage.run_name
            )
        )

    def rejoin(self, stage: Stage, person: Person) -> None:
        stage.configure(enabled=True)
        super().rejoin(stage, person)


WAYS: Sequence[Way] = (_RequiredGroup(), _Disabled())
