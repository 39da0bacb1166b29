"""Sign-out: sessions and tokens of the asked reach end at once; the account stays as it is."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from django_provisioning.lifecycle import revocation, transactions
from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.lifecycle.sign_out import sign_out
from django_provisioning.models import Account, Connection, Event, PendingRevocation, SessionIndex
from tests.factories import make_connection, make_context

pytestmark = pytest.mark.django_db(transaction=False)

ENGINES = ["db", "cached_db", "cache", "file", "signed_cookies"]
LISTING = ENGINES[:-1]


class LateRevoker(Revoker):
    """Speaks to another service, so it runs after the commit."""

    kind = "badges"
    works: ClassVar[bool] = True

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """End two, or break."""
        if not self.works:
            raise ConnectionError("badges.example.com does not answer")
        return 2


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, settings: Any, tmp_path: Any) -> str:
    """Use the engine that the test names, else the database."""
    name = getattr(request, "param", "db")
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{name}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    return str(name)


@pytest.fixture
def ada() -> Any:
    """Somebody whom an IdP manages, so without a password, and who may look at the admin."""
    return get_user_model().objects.create_user("ada", is_staff=True)


def browser_of(user: Any, connection: Connection | None = None, idp_session: str | None = None) -> Client:
    """Give a browser whose session came through the connection."""
    browser = Client()
    browser.force_login(get_user_model().objects.get(pk=user.pk))
    rows = SessionIndex.objects.filter(session_key=browser.cookies["sessionid"].value[:64])
    rows.update(connection=connection, idp_session=idp_session)
    assert is_in(browser)
    return browser


def is_in(browser: Client) -> bool:
    """Whether the admin opens; the thief keeps the cookie that an answer told him to forget."""
    kept = browser.cookies["sessionid"].value
    status = browser.get("/admin/").status_code
    browser.cookies["sessionid"] = kept
    return status == 200


def end(user: Any, connection: Connection | None = None, **how: Any) -> Event | None:
    """Sign out in a transaction of its own, as a request with a copy of the row would."""
    user = get_user_model().objects.get(pk=user.pk)
    context = make_context(connection)
    return transactions.run(lambda: sign_out(context, user, connection=connection, reason="test", **how))


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_everywhere_ends_every_session_even_one_that_nobody_indexed(ada: Any) -> None:
    """C16: no engine, and no session from before the app was installed, survives a sign-out everywhere."""
    browsers = [browser_of(ada, make_connection()), browser_of(ada), browser_of(ada)]
    SessionIndex.objects.filter(session_key=browsers[-1].cookies["sessionid"].value[:64]).delete()

    event = end(ada)

    assert [is_in(browser) for browser in browsers] == [False, False, False]
    assert event is not None
    assert event.effects["voided"] == "session_hash"
    ada.refresh_from_db()
    assert ada.is_active
    assert ada.is_staff


@pytest.mark.parametrize("engine", LISTING, indirect=True)
def test_connection_ends_its_own_sessions_only(ada: Any) -> None:
    """C15: the sessions of another tenant and of a local login go on."""
    ours, other = make_connection(), make_connection()
    browsers = [browser_of(ada, ours), browser_of(ada, ours), browser_of(ada, other), browser_of(ada)]

    event = end(ada, ours)

    assert [is_in(browser) for browser in browsers] == [False, False, True, True]
    assert event is not None
    assert (event.type, event.effects, event.reason) == ("session.revoked", {"sessions": 2}, "test")


@pytest.mark.parametrize("engine", LISTING, indirect=True)
def test_session_of_the_idp_ends_alone(ada: Any) -> None:
    """The same word of another connection is another session; one that the IdP gave no word may be the one."""
    ours, other = make_connection(), make_connection()
    known = [browser_of(ada, ours, "s1"), browser_of(ada, ours, "s2"), browser_of(ada, other, "s1")]
    nameless = browser_of(ada, ours)

    event = end(ada, ours, idp_session="s1")

    assert [is_in(browser) for browser in known] == [False, True, True]
    assert not is_in(nameless)
    assert event is not None
    assert event.effects == {"sessions": 2}


@pytest.mark.parametrize("engine", ["signed_cookies"], indirect=True)
def test_sessions_that_cannot_be_listed_end_all_together(ada: Any) -> None:
    """Signed cookies of one connection cannot be told apart, so all of them end rather than none."""
    browser = browser_of(ada)

    event = end(ada, make_connection())

    assert not is_in(browser)
    assert event is not None
    assert event.effects == {"voided": "session_hash"}


@pytest.mark.parametrize("engine", ["db", "signed_cookies"], indirect=True)
def test_local_password_survives_and_the_account_is_stamped(ada: Any) -> None:
    """A password is not lost by a sign-out: the guard refuses older sessions by the account's time instead."""
    ada.set_password("a local password")
    ada.save()

    event = end(ada)

    ada.refresh_from_db()
    assert ada.check_password("a local password")
    assert event is not None
    assert Account.objects.get(user=ada).access_valid_after == event.occurred_at


def test_nothing_to_end_writes_nothing(ada: Any) -> None:
    """A repetition succeeds, writes no second event and leaves the session hash alone."""
    connection = make_connection()
    browser_of(ada, connection)
    other = browser_of(ada)
    end(ada, connection)

    event = end(ada, connection)

    assert event is None
    assert is_in(other)
    assert Event.objects.filter(type="session.revoked").count() == 1


def test_tokens_end_as_well_and_a_failing_revoker_stays_pending(
    ada: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    """What cannot join the transaction runs after the commit; where it fails a row remembers it."""
    settings.DJANGO_PROVISIONING = {"REVOKERS": ["tests.lifecycle.test_sign_out.LateRevoker"]}
    connection = make_connection()
    with django_capture_on_commit_callbacks(execute=True):
        end(ada, connection)
    assert not PendingRevocation.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        end(ada, connection, tokens=True)
    assert not PendingRevocation.objects.exists()
    monkeypatch.setattr(LateRevoker, "works", False)

    with django_capture_on_commit_callbacks(execute=True):
        event = end(ada, connection, tokens=True)

    assert event is not None
    assert event.effects["open"] == ["badges"]
    row = PendingRevocation.objects.get(user=ada)
    assert (row.revoker, row.connection, row.attempts) == ("badges", connection, 1)
    assert revocation.is_open(ada)


def test_sign_out_reads_the_password_anew(ada: Any) -> None:
    """A password that was set meanwhile is not overwritten by a caller's old copy of the row."""
    stale = get_user_model().objects.get(pk=ada.pk)
    ada.set_password("set meanwhile")
    ada.save()

    transactions.run(lambda: sign_out(make_context(), stale, connection=None, reason="test"))

    ada.refresh_from_db()
    assert ada.check_password("set meanwhile")


@pytest.mark.parametrize("how", [{"connection": None}, {"tokens": True}])
def test_idp_session_needs_its_connection_and_knows_no_tokens(ada: Any, how: dict[str, Any]) -> None:
    """A mistaken call fails instead of ending too much."""
    arguments = {"connection": make_connection(), **how}

    with pytest.raises(TypeError, match="session at the IdP"):
        sign_out(make_context(), ada, idp_session="s1", reason="test", **arguments)


def test_thousand_sessions_cost_as_many_queries_as_one(ada: Any, django_assert_max_num_queries: Any) -> None:
    """The number of queries does not grow with the sessions."""
    connection = make_connection()
    now = make_context().now
    SessionIndex.objects.bulk_create(
        SessionIndex(user=ada, session_key=f"s{n}", connection=connection, created_at=now, last_seen_at=now)
        for n in range(1000)
    )

    with django_assert_max_num_queries(10):
        event = end(ada, connection)

    assert event is not None
    assert event.effects == {"sessions": 1000}
