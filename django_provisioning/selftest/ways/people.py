"""What people and policies of this site decide: the administrator, the command, the stale policy."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from django.core.management import CommandError, call_command

from ...lifecycle import leave, sign_out, stale, transactions
from ...models import Account, Leave
from ..directory import StepFailed
from ..stage import Person, Stage
from .base import Way


class _Administrator(Way):
    """The action "Offboard" of the admin."""

    name = "administrator"

    def leave(self, stage: Stage, person: Person) -> None:
        context = stage.context(scoped=False, via=Leave.Path.ADMIN)
        transactions.run(lambda: leave.offboard(context, person.user, reason=stage.run_name))


class _Command(Way):
    """``provisioning_offboard``, and ``provisioning_reinstate`` back."""

    name = "command"

    def leave(self, stage: Stage, person: Person) -> None:
        _call("provisioning_offboard", stage, person)

    def rejoin(self, stage: Stage, person: Person) -> None:
        _call("provisioning_reinstate", stage, person)


class _StalePolicy(Way):
    """The suspension of somebody who was not seen for long."""

    name = "stale policy"
    login_lifts = True

    def leave(self, stage: Stage, person: Person) -> None:
        context = stale.policy_context(stage.context())
        found = stale.Stale(Account.objects.get(user=person.pk), context.now)
        if transactions.run(lambda: stale.suspend(context, found, context.now)) is None:
            raise StepFailed("The stale policy found nothing to suspend.")

    def rejoin(self, stage: Stage, person: Person) -> None:
        """Log in: the IdP vouches for the person anew."""
        if reason := stage.log_in(person):
            raise StepFailed(f"The login that lifts a suspension for staleness is refused: {reason}.")


class _SignOut(Way):
    """The end of sessions and tokens alone: the account stays, so there is nothing to return to."""

    name = "sign-out"
    ends_account = False
    login_lifts = True

    def leave(self, stage: Stage, person: Person) -> None:
        context = stage.context(scoped=False)
        transactions.run(
            lambda: sign_out.sign_out(
                context, person.user, connection=None, tokens=True, reason=stage.run_name
            )
        )

    def rejoin(self, stage: Stage, person: Person) -> None:
        """Do nothing: the person may log in again at any time."""


def _call(command: str, stage: Stage, person: Person) -> None:
    arguments = ["--user-pk", str(person.pk), "--reason", stage.run_name]
    try:
        call_command(command, *arguments, stdout=StringIO())
    except CommandError as error:
        raise StepFailed(f"{command}: {error}") from error


WAYS: Sequence[Way] = (_Administrator(), _Command(), _StalePolicy(), _SignOut())
