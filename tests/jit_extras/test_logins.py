"""The contract of an adapter, run under the settings of each library: it verifies, ``sign_in`` decides."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from django_provisioning.lifecycle import connections, leave, transactions
from django_provisioning.models import Account, Connection, Event, Identity, SessionIndex
from tests.factories import make_connection, make_context
from tests.jit_extras.answers import refusal, whoami
from tests.jit_extras.libraries import Library, is_installed
from tests.jit_extras.provider import Provider, log_in
from tests.lifecycle.people import account_of, fresh, local_user, push

if not is_installed():
    pytest.skip("needs --ds tests.settings.allauth or tests.settings.social", allow_module_level=True)

pytestmark = pytest.mark.django_db


def test_first_login_makes_the_account(
    client: Client, library: Library, provider: Provider, connection: Connection
) -> None:
    """A complete login makes one account through the lifecycle, the library's row beside it, the session known."""
    provider.person("s-1", preferred_username="alice", email="alice@example.com", given_name="Alice")

    answer = log_in(client, provider, "s-1", library.start)

    assert answer.json() == {"user": "alice"}
    user = get_user_model().objects.get()
    assert (user.first_name, user.has_usable_password()) == ("Alice", False)
    assert account_of(user).origin == Account.Origin.JIT_OIDC
    assert Identity.objects.get().subject == "s-1"
    assert library.links.get().user_id == user.pk
    assert SessionIndex.objects.get().connection_id == connection.pk


def test_second_login_refreshes_the_same_account(
    client: Client, library: Library, provider: Provider, connection: Connection
) -> None:
    """The subject is the key: another address and name change the account, they do not make another."""
    provider.person("s-2", preferred_username="bob", email="bob@example.com", given_name="Bob")
    log_in(client, provider, "s-2", library.start)
    provider.person("s-2", preferred_username="robert", email="robert@example.com", given_name="Robert")

    log_in(Client(), provider, "s-2", library.start)

    user = get_user_model().objects.get()
    assert (user.username, user.first_name, user.email) == ("bob", "Robert", "robert@example.com")
    assert library.links.count() == 1


def test_login_never_saves_a_whole_user(
    client: Client, library: Library, provider: Provider, connection: Connection, whole_saves: list[Any]
) -> None:
    """Neither the first nor a later login writes columns that nobody named."""
    provider.person("s-3", preferred_username="carol")

    log_in(client, provider, "s-3", library.start)
    log_in(Client(), provider, "s-3", library.start)

    assert whole_saves == []


def test_login_of_a_pushed_person_binds(
    client: Client, library: Library, provider: Provider, connection: Connection
) -> None:
    """Somebody whom SCIM made is bound by name: the same primary key, what SCIM said untouched."""
    connections.configure(make_context(connection), connection, jit="off")
    pushed = push(connection, "dora", name={"givenName": "Dora"}).identity
    provider.person("s-4", preferred_username="dora", given_name="Mallory")

    answer = log_in(client, provider, "s-4", library.start)

    assert answer.json() == {"user": "dora"}
    assert fresh(pushed).subject == "s-4"
    assert fresh(pushed.user).first_name == "Dora"
    assert account_of(pushed.user).managed_by == Account.ManagedBy.SCIM_SSO


def test_login_of_a_departed_person_ends_on_the_page(
    client: Client, library: Library, provider: Provider, connection: Connection
) -> None:
    """Somebody whom the directory removed is refused, although the library still has the row of the earlier login."""
    pushed = push(connection, "erin").identity
    provider.person("s-5", preferred_username="erin")
    log_in(client, provider, "s-5", library.start)
    transactions.run(lambda: leave.delete(make_context(connection), fresh(pushed)))
    before = get_user_model().objects.values().get()

    later = Client()
    answer = log_in(later, provider, "s-5", library.start)

    assert answer.status_code == 403
    assert refusal().reason == "deprovisioned"
    assert refusal().correlation_id in answer.content.decode()
    assert whoami(later) is None
    assert get_user_model().objects.values().get() == before


def test_login_of_a_stranger_with_jit_off_leaves_nothing(
    client: Client, library: Library, provider: Provider, connection: Connection
) -> None:
    """Neither an account nor the library's row of one is made."""
    connections.configure(make_context(connection), connection, jit="off")
    provider.person("s-6", preferred_username="frank")

    answer = log_in(client, provider, "s-6", library.start)

    assert (answer.status_code, refusal().reason) == (403, "jit_disabled")
    assert not get_user_model().objects.exists()
    assert not library.links.exists()


def test_login_without_connection_is_refused(
    client: Client, library: Library, provider: Provider, db: None
) -> None:
    """An issuer that no connection trusts opens nothing."""
    provider.person("s-7", preferred_username="grace")

    answer = log_in(client, provider, "s-7", library.start)

    assert (answer.status_code, refusal().reason) == (403, "unknown_connection")
    assert not get_user_model().objects.exists()


def test_row_that_points_elsewhere_is_put_right(
    client: Client, library: Library, provider: Provider, connection: Connection
) -> None:
    """The identity decides whose login it is, whatever the library remembered."""
    provider.person("s-9", preferred_username="heidi")
    log_in(client, provider, "s-9", library.start)
    library.links.update(user=local_user("stale"))

    answer = log_in(Client(), provider, "s-9", library.start)

    assert answer.json() == {"user": "heidi"}
    assert library.links.get().user.get_username() == "heidi"


def test_login_replaces_the_session_of_another_person(
    client: Client, library: Library, provider: Provider, connection: Connection
) -> None:
    """Whoever sat at the browser before is logged out: a library could hang the login on them."""
    client.force_login(local_user("ivan"), backend="django.contrib.auth.backends.ModelBackend")
    provider.person("s-10", preferred_username="judy")

    answer = log_in(client, provider, "s-10", library.start)

    assert answer.json() == {"user": "judy"}
    assert library.links.get().user.get_username() == "judy"


@pytest.mark.parametrize(
    "userinfo", [{"sub": "somebody else", "email": "kim@example.com"}, {"email": "kim@example.com"}]
)
def test_userinfo_of_another_subject_is_refused(
    client: Client,
    library: Library,
    provider: Provider,
    connection: Connection,
    userinfo: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Userinfo must name the subject of the ID token (OpenID Connect Core §5.3.2); the libraries do not look."""
    library.say_userinfo(userinfo, monkeypatch)

    answer = log_in(client, provider, "s-12", library.start)

    assert (answer.status_code, refusal().reason) == (403, "token_refused")
    assert not get_user_model().objects.exists()


def test_code_that_the_provider_refuses_ends_on_the_page(
    client: Client, library: Library, provider: Provider, connection: Connection
) -> None:
    """What the library refuses has an event and a reference as well."""
    begun = client.post(library.start)
    back = provider.authorize(begun["Location"], "s-13").partition("testserver")[2]

    answer = client.get(back.replace("code=", "code=x"))

    assert (answer.status_code, refusal().reason) == (403, "token_refused")
    assert refusal().correlation_id in answer.content.decode()


def test_provider_that_is_down_is_named_so(
    client: Client, library: Library, provider: Provider, connection: Connection
) -> None:
    """A provider that does not answer is its own reason."""
    begun = client.post(library.start)
    back = provider.authorize(begun["Location"], "s-14").partition("testserver")[2]
    library.lose_token_endpoint()

    answer = client.get(back)

    assert (answer.status_code, refusal().reason) == (403, "idp_unreachable")


def test_cancelled_login_is_no_refusal(
    client: Client, library: Library, provider: Provider, connection: Connection
) -> None:
    """Somebody who says no at the provider is left to the library, and no event is written."""
    begun = client.post(library.start)
    state = begun["Location"].partition("state=")[2].partition("&")[0]
    client.raise_request_exception = False

    client.get(f"{library.callback}?error=access_denied&state={state}")

    assert not Event.objects.filter(type="login.refused").exists()
    assert whoami(client) is None


def test_connection_is_that_of_the_client_id(
    client: Client, library: Library, provider: Provider, db: None
) -> None:
    """The same issuer under another client id is another connection."""
    make_connection("other", jit="create", oidc_issuer=provider.issuer, oidc_client_id="another app")
    provider.person("s-16", preferred_username="lena")

    log_in(client, provider, "s-16", library.start)

    assert refusal().reason == "unknown_connection"
