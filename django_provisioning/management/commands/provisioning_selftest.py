"""Prove that a leave ends all access, here or on a deployed site."""

from __future__ import annotations

import json
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from django_provisioning.exceptions import ProvisioningError
from django_provisioning.lifecycle import evidence
from django_provisioning.management.output import FORMATS, rendered
from django_provisioning.models import Evidence
from django_provisioning.selftest import results, run, ways
from django_provisioning.selftest.transport import InProcess, Remote, Transport

_FINDINGS, _INTEGRITY, _INTERRUPTED = 3, 5, 130


class Command(BaseCommand):
    """``provisioning_selftest [--url …] [--path …] [--quick | --way …] [--out …]``, and ``--verify ID|FILE``.

    It is no ``ProvisioningCommand``: what it does has to be committed for the requests to see it.
    """

    help = "Proves with real requests that a leave ends every session and token, on every path. Exit code 3 on a gap."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the site, the pages, the ways and where the result goes."""
        parser.add_argument(
            "--url", help="a deployed site with this database; without it the site in this process"
        )
        parser.add_argument(
            "--timeout", type=float, default=10, metavar="SECONDS", help="per request, with --url"
        )
        parser.add_argument(
            "--insecure", action="store_true", help="with --url: take any certificate, and plain HTTP"
        )
        parser.add_argument(
            "--path", action="append", default=[], help="a protected page of the project; may be repeated"
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--quick", action="store_true", help="one way for each kind of effect")
        which.add_argument(
            "--way",
            action="append",
            default=[],
            choices=_names(),
            metavar="NAME",
            help=f"may be repeated; one of: {'; '.join(_names())}",
        )
        which.add_argument(
            "--verify", metavar="ID|FILE", help="check a stored proof, or one from a file, again"
        )
        which.add_argument("--clear", action="store_true", help="only remove what a killed run left behind")
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help="write the signed proof to a file as well"
        )
        parser.add_argument(
            "--format", choices=FORMATS, default="table", help="table for people (default), json for scripts"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, clear or verify, and print.

        Raises:
            CommandError: 3 for a gap, 5 for a proof that does not hold, 130 for an interruption, 1 for the rest.
        """
        try:
            if options["verify"]:
                self._verify(options["verify"], options["format"])
            elif options["clear"]:
                self._print({"cleared": run.clear_leftovers()}, options["format"])
            else:
                self._run(options)
        except ProvisioningError as error:
            raise CommandError(error.detail) from error
        except KeyboardInterrupt as error:
            raise CommandError(
                "Interrupted. What was made has been removed; what is left, the next run removes.",
                returncode=_INTERRUPTED,
            ) from error

    def _run(self, options: Mapping[str, Any]) -> None:
        transport = _transport(options)
        pages = [*options["path"], *([transport.whoami] if transport.whoami else [])]
        if not pages:
            raise CommandError(
                "The site has no page to ask. Include django_provisioning.selftest.urls in its URLs, or name a "
                "protected page with --path."
            )
        chosen = ways.named(
            ways.QUICK if options["quick"] else options["way"] or [way.name for way in ways.ALL]
        )
        with _terminated_as_interrupted():
            result = run.prove(transport, chosen, pages, self._watch(options))
        if options["out"]:
            options["out"].write_text(_file(result.evidence))
        self._print(_answer(result, transport), options["format"])
        if not result.passed:
            raise CommandError(
                f"{len(result.gaps)} gaps: access is not ended everywhere.", returncode=_FINDINGS
            )

    def _watch(self, options: Mapping[str, Any]) -> Any:
        def tell(row: results.Row) -> None:
            if options["verbosity"] > 1:
                self.stderr.write(f"{row.way}: {row.not_gone or row.error or f'{len(row.cells)} cells'}")

        return tell

    def _verify(self, which: str, form: str) -> None:
        """Check a proof, and say what it says.

        Raises:
            CommandError: it is not there, or does not hold.
        """
        row = Evidence.objects.filter(pk=int(which)).first() if which.isdecimal() else None
        if row is None and which.isdecimal():
            raise CommandError(f"There is no evidence {which}.")
        proof = evidence.proof_of(row) if row is not None else _proof_in(Path(which))
        if problem := evidence.problem_of(proof, row):
            raise CommandError(f"The proof does not hold. {problem}", returncode=_INTEGRITY)
        told = ("kind", "created_at", "passed", "run", "site", "versions", "gaps")
        content = proof.content
        self._print(
            {"valid": True, "key_id": proof.key_id, **{name: content.get(name) for name in told}}, form
        )

    def _print(self, answer: Mapping[str, Any], form: str) -> None:
        self.stdout.write(rendered(answer, form))


def _names() -> list[str]:
    return [way.name for way in (*ways.ALL, *ways.ONLY_BY_NAME)]


def _transport(options: Mapping[str, Any]) -> Transport:
    if not options["url"]:
        return InProcess()
    return Remote(options["url"], timeout_seconds=options["timeout"], insecure=options["insecure"])


def _answer(result: run.Run, transport: Transport) -> dict[str, Any]:
    stored = result.evidence
    return {
        "result": "passed" if result.passed else "GAPS",
        "site": transport.name,
        "evidence": stored.pk if stored else None,
        "key_id": stored.key_id if stored else None,
        "seconds": result.seconds,
        "cells": sum(len(row.cells) for row in result.rows),
        "cleared": result.cleared,
        "not_gone": [f"{row.way}: {row.not_gone}" for row in result.rows if row.not_gone],
        "table": results.table([row for row in result.rows if not row.not_gone]),
        "gaps": [{"gap": gap} for gap in result.gaps],
    }


def _file(stored: Evidence | None) -> str:
    assert stored is not None  # noqa: S101  (a finished run has one)
    proof = evidence.proof_of(stored)
    told = {"text": proof.text, "key_id": proof.key_id, "signature": proof.signature}
    return (
        json.dumps({**told, "public_key": evidence.public_key(), "content": proof.content}, indent=2) + "\n"
    )


def _proof_in(path: Path) -> evidence.Proof:
    """Read a proof from a file; only the signed text counts, not its copy for readers.

    Raises:
        CommandError: there is no such file, or it holds no proof.
    """
    try:
        told = json.loads(path.read_text())
        return evidence.Proof(*(str(told[name]) for name in ("text", "key_id", "signature")))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} holds no proof.", returncode=_INTEGRITY) from error


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let a SIGTERM end the run as Ctrl-C does: what was made is removed first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
