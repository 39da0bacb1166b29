"""What the guard costs: nothing, where nobody is refused and Django can end the session by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_provisioning.models import Identity
from tests.guard.visits import BACKENDS, GUARD, enter

pytestmark = pytest.mark.django_db

PAGES = ["/public/", "/me/", "/me/async/", "/me/async/later/", "/api/"]


def queries(settings: Any, browser: Any, path: str, *, guarded: bool) -> int:
    """Count the queries of a request to a site with the guard or without."""
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != GUARD] + [GUARD] * guarded
    browser.handler._middleware_chain = None  # The same browser meets another site.
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert browser.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("how", [{}, {"connection": "acme"}], ids=["local", "sso"])
def test_guard_adds_no_query(
    engine: str, ada: Identity, settings: Any, path: str, how: dict[str, str]
) -> None:
    """Issue 4: 0 queries on a normal request; a session in a signed cookie costs one look each time it is asked."""
    browser = enter(ada.user, **how)
    without = queries(settings, browser, path, guarded=False)

    added = queries(settings, browser, path, guarded=True) - without

    asks = {"/public/": 0, "/me/async/later/": 2}.get(path, 1)
    assert added == (asks if engine == "signed_cookies" else 0)


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_page_that_asks_for_nobody_loads_nobody(ada: Identity, settings: Any, backend: str) -> None:
    """The user stays lazy: no session, no user, no query."""
    browser = enter(ada.user, backend=backend)

    assert queries(settings, browser, "/public/", guarded=True) == 0
    assert queries(settings, browser, "/me/", guarded=True) == 2
