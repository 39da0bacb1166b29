"""The page of the matrix: what was seen, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "leaving-matrix.md"
COMMAND = "python -m pytest --ds tests.settings.matrix tests/matrix --leaving-matrix=docs/reference/leaving-matrix.md"

ENGINES = {
    "db": "`db`",
    "cached_db": "`cached_db`",
    "cache": "`cache` on Redis",
    "file": "`file`",
    "signed_cookies": "`signed_cookies`",
}
# The self-test's names of what it makes, and how the page calls them.
CREDENTIALS = {
    "session ModelBackend": "ModelBackend",
    "session Saml2Backend": "djangosaml2, stock",
    "session SamlProvisioningBackend": "djangosaml2, ours",
    "session OIDCAuthenticationBackend": "mozilla-django-oidc, stock",
    "session OIDCProvisioningBackend": "mozilla-django-oidc, ours",
    "session AuthenticationBackend": "allauth",
    "authtoken": "DRF authtoken",
    "knox": "knox",
    "jwt access": "simplejwt access",
    "jwt refresh": "simplejwt refresh",
    "oauth access": "OAuth access",
    "oauth refresh": "OAuth refresh",
}
PATHS = {
    "scim patch": "PATCH of `active`",
    "scim patch without path": "PATCH without a path",
    "scim patch string": 'PATCH with `"False"`',
    "scim put": "PUT",
    "scim post": "POST that adopts, inactive",
    "scim delete": "DELETE",
    "scim bulk": "Bulk",
    "required group": "out of the required group",
    "administrator": "administrator",
    "command": "command `provisioning_offboard`",
    "stale policy": "stale policy",
    "application save": "`user.is_active = False; user.save()`",
    "application update": "`QuerySet.update()`, swept",
    "application update, unswept": "`QuerySet.update()`, before the sweep",
    "connection disabled": "connection disabled",
    "connection deleted": "connection deleted",
    "sign-out": "sign-out with tokens (the account stays)",
}
_PREAMBLE = f"""# Leaving matrix

What ends when a person leaves: every session engine, login library, kind of token and way out, walked by the suite.
This page is generated: `{COMMAND}`.

For each engine and each way out, one person holds a session of every login library and a token of every kind at once.
All of them work before; the person leaves; each is presented again as the very next request; the person returns; each is presented once more, and a new login works.
A cell is **✓✓** where it was refused both times, and otherwise names what was let in.

The site is configured as the how-to pages say: [the guard](../how-to/guard.md) in MIDDLEWARE, `GuardedJWTAuthentication` and the guarded serializer for simplejwt, `GuardedOAuth2Validator` for django-oauth-toolkit.
The sessions are opened by Django's `login` with the library's own backend; the logins of the libraries themselves, at real identity providers, are walked elsewhere in the suite.
"""  # noqa: E501 - one sentence per line


@dataclass(frozen=True, slots=True)
class Cell:
    """One credential on one way out: whether it was let in right after the leave, and after the return."""

    engine: str
    path: str
    credential: str
    let_in_after: bool
    let_in_back: bool

    def told(self) -> tuple[str, str, str, bool, bool]:
        """Give it as a test report can carry it."""
        return (self.engine, self.path, self.credential, self.let_in_after, self.let_in_back)

    @property
    def text(self) -> str:
        """What the page prints."""
        if not (self.let_in_after or self.let_in_back):
            return "✓✓"
        return "let in " + " and ".join(
            ["after the leave"] * self.let_in_after + ["after the return"] * self.let_in_back
        )


def all_refused() -> list[Cell]:
    """Give the cells as they have to be."""
    return [
        Cell(engine, path, credential, let_in_after=False, let_in_back=False)
        for engine in ENGINES
        for path in PATHS
        for credential in CREDENTIALS
    ]


def render(cells: Iterable[Cell]) -> str:
    """Give the page: a table for each engine; a cell that nobody walked is empty."""
    found = {(cell.engine, cell.path, cell.credential): cell.text for cell in cells}
    tables = [_table(engine, title, found) for engine, title in ENGINES.items()]
    return "\n".join([_PREAMBLE, *tables])


def _table(engine: str, title: str, found: Mapping[tuple[str, str, str], str]) -> str:
    lines = [
        f"## {title}",
        "",
        f"| Way out | {' | '.join(CREDENTIALS.values())} |",
        "|---" * (len(CREDENTIALS) + 1) + "|",
    ]
    for path, name in PATHS.items():
        cells = [found.get((engine, path, credential), "") for credential in CREDENTIALS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
