"""The guard under ASGI: the same judgements without leaving the event loop where nothing is asked."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.test import AsyncClient

from django_provisioning.guard import GuardMiddleware, middleware
from django_provisioning.models import Identity
from tests.guard.visits import BACKENDS, enter

pytestmark = pytest.mark.django_db


def ask(cookie: str, path: str) -> int:
    """Request a page of the ASGI site and give the status."""
    browser = AsyncClient()
    browser.cookies["sessionid"] = cookie
    return int(async_to_sync(browser.get)(path).status_code)


@pytest.mark.parametrize("engine", ["db", "signed_cookies"], indirect=True)
@pytest.mark.parametrize("path", ["/me/", "/me/async/", "/me/async/later/"])
@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_asgi_site_refuses_the_inactive(engine: str, ada: Identity, backend: str, path: str) -> None:
    """N22: async views that await ``auser`` and sync views that read ``user`` are guarded alike."""
    cookie = str(enter(ada.user, backend=backend).cookies["sessionid"].value)
    before = ask(cookie, path)

    get_user_model().objects.filter(pk=ada.user_id).update(is_active=False)
    after = ask(cookie, path)
    get_user_model().objects.filter(pk=ada.user_id).update(is_active=True)

    assert before == 200
    assert after in {302, 403}
    assert ask(cookie, path) in {302, 403}


def test_admitted_request_stays_on_the_event_loop(ada: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread is borrowed only where the database is asked."""
    cookie = str(enter(ada.user, connection="acme").cookies["sessionid"].value)

    def no_thread(_work: Any) -> Any:
        raise AssertionError("The guard borrowed a thread.")

    monkeypatch.setattr(middleware, "sync_to_async", no_thread)

    assert ask(cookie, "/me/async/") == 200


def test_room_offers_nothing_else() -> None:
    """A wrong name is an AttributeError, as of any module."""
    from django_provisioning import guard

    assert guard.GuardMiddleware is GuardMiddleware
    with pytest.raises(AttributeError, match="GuardMiddlewear"):
        _ = guard.GuardMiddlewear
