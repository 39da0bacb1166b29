"""What a way out is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from ...lifecycle import rejoin, transactions
from ..stage import Person, Stage


class Way(ABC):
    """Ends the access of a person on one path, and lets the person return.

    ``by_login`` asks for a person whom a login made; ``login_lifts`` says that the next login is the way back.
    """

    name: ClassVar[str]
    by_login: ClassVar[bool] = False
    ends_account: ClassVar[bool] = True
    login_lifts: ClassVar[bool] = False

    def obstacle(self, stage: Stage) -> str:
        """Say why it cannot be gone in this project, "" if it can."""
        return ""

    @abstractmethod
    def leave(self, stage: Stage, person: Person) -> None:
        """End the access; when this returns, it has to have ended."""

    def rejoin(self, stage: Stage, person: Person) -> None:
        """Let the person in again, as an administrator does."""
        context = stage.context(scoped=False)
        transactions.run(lambda: rejoin.reinstate(context, person.user, reason=stage.run_name))
