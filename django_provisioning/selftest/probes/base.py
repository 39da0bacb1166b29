"""What a probe is, and what it makes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.apps import apps

from ...models import Connection


@dataclass(frozen=True, slots=True)
class Exchange:
    """A credential that is spent at an endpoint of its own, such as a refresh token: a form to be posted there."""

    path: str
    form: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """Something that lets a person in, and how it is presented; ``repr`` shows nothing of it.

    With ``headers`` it is presented to any protected page, with an ``exchange`` there. One that can be used only
    once has a ``twin``: using that one shows that the kind works, and this one is kept for after the leave.
    ``remedy`` is what to do when the credential outlives a leave.
    """

    name: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    exchange: Exchange | None = field(default=None, repr=False)
    twin: Credential | None = field(default=None, repr=False)
    remedy: str = ""


class Probe(ABC):
    """Makes one kind of credential for a person, as the project's own login or token page would.

    ``app`` is the label of the app that has to be installed, "" for none.
    """

    app: ClassVar[str] = ""

    def is_installed(self) -> bool:
        """Whether the project has this kind of credential."""
        return not self.app or self.app in apps.app_configs

    @abstractmethod
    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Make credentials that work now; ``connection`` is the one that the person logs in through."""

    def forget(self, user: Any) -> None:
        """Remove what the deletion of the user would leave behind; most packages leave nothing."""
        return

    def authentication_classes(self) -> Sequence[type]:
        """Give the REST framework classes that accept this kind.

        The protected page of the self-test asks them where the project's own defaults name no class of the kind.
        """
        return ()
