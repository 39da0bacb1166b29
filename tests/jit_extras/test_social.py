"""social-auth-app-django through ``jit.social.provision``: the library verifies, ``sign_in`` decides."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db.models.signals import post_save
from django.test import Client

from django_provisioning.lifecycle import connections, leave, transactions
from django_provisioning.models import Account, Connection, Event, Identity, SessionIndex
from tests.factories import make_connection, make_context
from tests.jit_extras.provider import Provider, log_in
from tests.lifecycle.people import account_of, fresh, local_user, push

if not apps.is_installed("social_django"):
    pytest.skip("needs --ds tests.settings.social", allow_module_level=True)

from social_core.backends.github import GithubOAuth2
from social_core.backends.open_id_connect import OpenIdConnectAuth
from social_core.exceptions import AuthException
from social_django.models import UserSocialAuth
from social_django.utils import load_strategy

from django_provisioning.jit.social import provision

pytestmark = pytest.mark.django_db
START = "/social/login/oidc/"
CALLBACK = "/social/complete/oidc/"


@pytest.fixture(autouse=True)
def _use_provider(provider: Provider, settings: Any) -> None:
    settings.SOCIAL_AUTH_OIDC_OIDC_ENDPOINT = provider.issuer


def whoami(client: Client) -> str | None:
    """Give the login name of the session."""
    return client.get("/whoami/").json()["user"]


def refusal() -> Event:
    """Give the only refused login."""
    return Event.objects.get(type="login.refused")


def anonymous(rf: Any) -> Any:
    """Give a request of nobody."""
    request = rf.get("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    return request


def test_social_first_login_makes_the_account(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """A complete login makes one account through the lifecycle, associated, with the session known."""
    provider.person("s-1", preferred_username="alice", email="alice@example.com", given_name="Alice")

    answer = log_in(client, provider, "s-1", START)

    assert answer.json() == {"user": "alice"}
    user = get_user_model().objects.get()
    assert (user.first_name, user.has_usable_password()) == ("Alice", False)
    assert account_of(user).origin == Account.Origin.JIT_OIDC
    assert Identity.objects.get().subject == "s-1"
    assert UserSocialAuth.objects.get().user == user
    assert SessionIndex.objects.get().connection_id == connection.pk


def test_social_second_login_refreshes_the_same_account(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """The subject is the key; and no login writes columns of the user that nobody named."""
    provider.person("s-2", preferred_username="bob", email="bob@example.com", given_name="Bob")
    log_in(client, provider, "s-2", START)
    provider.person("s-2", preferred_username="robert", email="robert@example.com", given_name="Robert")
    whole: list[Any] = []

    def receiver(update_fields: Any, **_: Any) -> None:
        if update_fields is None:
            whole.append(update_fields)

    post_save.connect(receiver, sender=get_user_model())
    try:
        log_in(Client(), provider, "s-2", START)
    finally:
        post_save.disconnect(receiver, sender=get_user_model())

    user = get_user_model().objects.get()
    assert (user.username, user.first_name, user.email) == ("bob", "Robert", "robert@example.com")
    assert UserSocialAuth.objects.count() == 1
    assert whole == []


def test_social_login_of_a_pushed_person_binds(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """Somebody whom SCIM made is bound by name: the same primary key, what SCIM said untouched."""
    connections.configure(make_context(connection), connection, jit="off")
    pushed = push(connection, "dora", name={"givenName": "Dora"}).identity
    provider.person("s-4", preferred_username="dora", given_name="Mallory")

    answer = log_in(client, provider, "s-4", START)

    assert answer.json() == {"user": "dora"}
    assert fresh(pushed).subject == "s-4"
    assert fresh(pushed.user).first_name == "Dora"
    assert account_of(pushed.user).managed_by == Account.ManagedBy.SCIM_SSO


def test_social_login_of_a_departed_person_ends_on_the_page(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """Somebody whom the directory removed is refused, although the library still has the association."""
    pushed = push(connection, "erin").identity
    provider.person("s-5", preferred_username="erin")
    log_in(client, provider, "s-5", START)
    transactions.run(lambda: leave.delete(make_context(connection), fresh(pushed)))
    before = get_user_model().objects.values().get()

    later = Client()
    answer = log_in(later, provider, "s-5", START)

    assert answer.status_code == 403
    assert refusal().reason == "deprovisioned"
    assert refusal().correlation_id in answer.content.decode()
    assert whoami(later) is None
    assert get_user_model().objects.values().get() == before


def test_social_login_of_a_stranger_with_jit_off_leaves_nothing(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """Neither an account nor an association is made."""
    connections.configure(make_context(connection), connection, jit="off")
    provider.person("s-6", preferred_username="frank")

    answer = log_in(client, provider, "s-6", START)

    assert (answer.status_code, refusal().reason) == (403, "jit_disabled")
    assert not get_user_model().objects.exists()
    assert not UserSocialAuth.objects.exists()


def test_social_login_without_connection_is_refused(client: Client, provider: Provider, db: None) -> None:
    """An issuer that no connection trusts opens nothing."""
    provider.person("s-7", preferred_username="grace")

    answer = log_in(client, provider, "s-7", START)

    assert (answer.status_code, refusal().reason) == (403, "unknown_connection")


def test_social_association_that_points_elsewhere_is_put_right(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """The identity decides whose login it is, whatever the library remembered."""
    provider.person("s-9", preferred_username="heidi")
    log_in(client, provider, "s-9", START)
    UserSocialAuth.objects.update(user=local_user("stale"))

    answer = log_in(Client(), provider, "s-9", START)

    assert answer.json() == {"user": "heidi"}
    assert UserSocialAuth.objects.get().user.get_username() == "heidi"


def test_social_login_replaces_the_session_of_another_person(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """Whoever sat at the browser before is logged out: the library would associate the login with them."""
    client.force_login(local_user("ivan"), backend="django.contrib.auth.backends.ModelBackend")
    provider.person("s-10", preferred_username="judy")

    answer = log_in(client, provider, "s-10", START)

    assert answer.json() == {"user": "judy"}
    assert UserSocialAuth.objects.get().user.get_username() == "judy"


@pytest.mark.parametrize(
    "userinfo", [{"sub": "somebody else", "email": "kim@example.com"}, {"email": "kim@example.com"}]
)
def test_social_userinfo_of_another_subject_is_refused(
    client: Client,
    provider: Provider,
    connection: Connection,
    userinfo: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Userinfo must name the subject of the ID token (OpenID Connect Core §5.3.2)."""
    monkeypatch.setattr(OpenIdConnectAuth, "user_data", lambda *_, **__: dict(userinfo))

    answer = log_in(client, provider, "s-12", START)

    assert (answer.status_code, refusal().reason) == (403, "token_refused")
    assert not get_user_model().objects.exists()


def test_social_code_that_the_provider_refuses_ends_on_the_page(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """What the library refuses has an event and a reference as well."""
    begun = client.post(START)
    back = provider.authorize(begun["Location"], "s-13").partition("testserver")[2]

    answer = client.get(back.replace("code=", "code=x"))

    assert (answer.status_code, refusal().reason) == (403, "token_refused")
    assert refusal().correlation_id in answer.content.decode()


def test_social_provider_that_is_down_is_named_so(
    client: Client, provider: Provider, connection: Connection, settings: Any
) -> None:
    """A provider that does not answer is its own reason."""
    begun = client.post(START)
    back = provider.authorize(begun["Location"], "s-14").partition("testserver")[2]
    settings.SOCIAL_AUTH_OIDC_ACCESS_TOKEN_URL = "http://127.0.0.1:9/token"

    answer = client.get(back)

    assert (answer.status_code, refusal().reason) == (403, "idp_unreachable")


def test_social_cancelled_login_is_no_refusal(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """Somebody who says no at the provider is left to the library, and no event is written."""
    begun = client.post(START)
    state = begun["Location"].partition("state=")[2].partition("&")[0]
    client.raise_request_exception = False

    client.get(f"{CALLBACK}?error=access_denied&state={state}")

    assert not Event.objects.filter(type="login.refused").exists()


def test_social_other_errors_are_not_caught(client: Client) -> None:
    """The middleware leaves what is not the library's to Django."""
    from django_provisioning.jit.social import RefusedPageMiddleware

    answer = RefusedPageMiddleware(lambda _: None).process_exception(  # type: ignore[arg-type, return-value]
        SimpleNamespace(),  # type: ignore[arg-type]
        ZeroDivisionError(),
    )

    assert answer is None


def test_social_backend_of_another_kind_is_refused(rf: Any, connection: Connection) -> None:
    """A backend whose answers nothing vouches for is refused."""
    strategy = load_strategy(anonymous(rf))

    page = provision(strategy, GithubOAuth2(strategy), {"id": 7, "login": "mallory", "iss": "x", "sub": "y"})

    assert (page.status_code, refusal().reason) == (403, "unsupported_provider")


def test_social_refusal_without_a_request_is_the_librarys_error(connection: Connection) -> None:
    """Where there is nothing to answer with a page, a posted access token for example, the library's error tells."""
    strategy = load_strategy()

    with pytest.raises(AuthException):
        provision(strategy, OpenIdConnectAuth(strategy), {"sub": "s-1", "access_token": "opaque"})

    assert refusal().reason == "token_refused"


def test_social_tokens_are_no_claims(provider: Provider, connection: Connection, client: Client) -> None:
    """The raw tokens that the library mixes into its response reach neither claims nor receivers."""
    from django_provisioning import signals

    seen: list[set[str]] = []

    def receiver(claims: Any, **_: Any) -> None:
        seen.append(set(claims.claims))

    provider.person("s-17", preferred_username="mona")
    signals.sso_login.connect(receiver)
    try:
        log_in(client, provider, "s-17", START)
    finally:
        signals.sso_login.disconnect(receiver)

    assert len(seen) == 1
    assert not seen[0] & {"access_token", "refresh_token", "id_token"}


@pytest.mark.parametrize(("subject_attribute", "subject"), [(None, "n-1"), ("employee", "e-1")])
def test_social_saml_login_finds_the_connection_by_entity_id(
    rf: Any, db: None, settings: Any, subject_attribute: str | None, subject: str
) -> None:
    """A SAML login is matched by issuer and NameID, or by the attribute that the project names."""
    settings.DJANGO_PROVISIONING = {"SAML_SUBJECT_ATTRIBUTE": subject_attribute}
    entity_id = "https://idp.example.com/saml"
    make_connection(jit="create", saml_entity_id=entity_id)
    # The library's SAML backend needs python3-saml; this is the shape of what it hands over.
    backend = SimpleNamespace(name="saml", get_idp=lambda _: SimpleNamespace(entity_id=entity_id))
    response = {
        "idp_name": "example",
        "session_index": "_s1",
        "attributes": {"name_id": "n-1", "uid": ["alice"], "employee": ["e-1"]},
    }

    given = provision(load_strategy(anonymous(rf)), backend, response)

    identity = Identity.objects.get()
    assert (identity.subject, given["user"].pk, given["is_new"]) == (subject, identity.user.pk, True)
    assert account_of(identity.user).origin == Account.Origin.JIT_SAML
