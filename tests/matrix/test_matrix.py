"""C15, C16, N16: who leaves is refused on the very next request, at every door, and stays refused after a return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_provisioning.selftest import probes
from tests.matrix.page import COMMAND, CREDENTIALS, PAGE, PATHS, all_refused, render
from tests.matrix.scene import WAYS, walk

OIDC = "session OIDCAuthenticationBackend"


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_everything_is_refused_after_the_leave_and_after_the_return(
    engine: str,
    path: str,
    record_property: Callable[[str, Any], None],
    django_capture_on_commit_callbacks: Any,
) -> None:
    """One person, every credential, one way out: all of it is dead, and a new login is not."""
    walked = walk(engine, path, django_capture_on_commit_callbacks)

    for cell in walked.cells:
        record_property("leaving", cell.told())
    assert walked.dead_before == []
    assert {cell.credential: cell.text for cell in walked.cells} == dict.fromkeys(CREDENTIALS, "✓✓")
    assert walked.can_log_in_again


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "flaw", "let_in"),
    [
        ("application update, unswept", "no guard", {OIDC: "let in after the leave"}),
        ("scim patch", "no guard on signed cookies", {}),
        ("sign-out", "no revoker of knox", {"knox": "let in after the leave and after the return"}),
        ("command", "no revoker of knox", {"knox": "let in after the return"}),
    ],
)
def test_matrix_shows_a_planted_flaw(
    settings: Any,
    path: str,
    flaw: str,
    let_in: dict[str, str],
    django_capture_on_commit_callbacks: Any,
) -> None:
    """A matrix that cannot show a gap proves nothing; a leave over SCIM needs no guard, on signed cookies neither."""
    if "guard" in flaw:
        settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if not one.endswith("GuardMiddleware")]
    else:
        settings.DJANGO_PROVISIONING = {"REVOKERS_OFF": ["knox_tokens"]}
    if "cookies" in flaw:
        settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

    walked = walk("db", path, django_capture_on_commit_callbacks)

    assert {cell.credential: cell.text for cell in walked.cells if cell.text != "✓✓"} == let_in


def test_matrix_has_every_way_out_and_every_kind() -> None:
    """A new way or probe of the self-test gets its row or column here."""
    assert {way.name for way in WAYS} == set(PATHS)
    assert len(probes.installed()) == len(probes.BUILT_IN)


def test_page_is_what_the_matrix_demands() -> None:
    """The page in the docs shows all cells, all of them refused; the run above is what it was printed from."""
    assert PAGE.read_text(encoding="utf-8") == render(all_refused()), f"Run: {COMMAND}"
