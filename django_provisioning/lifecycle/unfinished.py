"""Finishes what is open for an account that was just refused: the price of a refused request, never of another."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth import get_user_model

from ..models import Leave
from . import leaves, out_of_band, revocation
from .context import Actor, Context
from .transactions import run


def finish(user: Any) -> None:
    """Complete a leave that only the user row tells of, and run what is pending [4 queries where nothing is open].

    A user that is no row, such as a stateless token's, has nothing open here.
    """
    if not isinstance(user, get_user_model()):
        return
    context = Context.of(Actor.policy("guard"), via=Leave.Path.OUT_OF_BAND)
    if not user.is_active:
        run(partial(out_of_band.follow, context, user))
    revocation.complete(context, user, due_only=True)
    leaves.close_finished(user)
