"""Presenting a credential to the pages that it opened before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .directory import StepFailed
from .probes.base import Credential
from .transport import Received, Sent, Transport

# What a site answers to a credential that it does not accept. Everything else that is no success proves nothing.
_REFUSALS = frozenset({301, 302, 303, 307, 308, 400, 401, 403, 404})


@dataclass(frozen=True, slots=True)
class Attempt:
    """A credential that works, and the pages that it opens; [] for one with an endpoint of its own."""

    transport: Transport
    credential: Credential
    pages: Sequence[str]
    person: str

    @property
    def name(self) -> str:
        """The credential's name."""
        return self.credential.name

    def present(self) -> tuple[int, bool]:
        """Present it everywhere, and give one status, of a page that let it in if there is one, and whether it did.

        An answer that is neither a success nor a refusal counts as let in: it does not prove the contrary.
        """
        statuses = [answer.status for answer in _answers(self.transport, self.credential, self.pages)]
        let_in = next((status for status in statuses if status not in _REFUSALS), None)
        return (statuses[0], False) if let_in is None else (let_in, True)


def attempts_for(
    transport: Transport, credential: Credential, pages: Sequence[str], person: str
) -> Attempt | None:
    """Find out what the credential opens now; None if nothing."""
    if credential.exchange is not None:
        shown = credential.twin or credential
        answer = next(_answers(transport, shown, ()))
        return Attempt(transport, credential, (), person) if _is_success(answer) else None
    opened = [page for page in pages if _opens(transport, credential, page, person)]
    return Attempt(transport, credential, opened, person) if opened else None


def require_closed_to_strangers(transport: Transport, pages: Sequence[str]) -> None:
    """See that the pages exist for people only.

    Raises:
        StepFailed: one lets everybody in.
    """
    for page in pages:
        if _is_success(transport.send(Sent("GET", page))):
            raise StepFailed(
                f"{page} answers without any credential, so it can prove nothing. Name a protected page."
            )


def _answers(transport: Transport, credential: Credential, pages: Sequence[str]) -> Iterator[Received]:
    if credential.exchange is not None:
        yield transport.send(Sent("POST", credential.exchange.path, form=credential.exchange.form))
        return
    for page in pages:
        yield transport.send(Sent("GET", page, credential.headers))


def _opens(transport: Transport, credential: Credential, page: str, person: str) -> bool:
    answer = transport.send(Sent("GET", page, credential.headers))
    if not _is_success(answer):
        return False
    # Our own page says whom it took the request for; another person there is no success.
    return page != transport.whoami or answer.document.get("user") == person


def _is_success(answer: Received) -> bool:
    return 200 <= answer.status < 300
