"""django-allauth through ``ProvisioningSocialAccountAdapter``: allauth verifies, ``sign_in`` decides."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage import default_storage
from django.db.models.signals import post_save
from django.test import Client, RequestFactory
from django.urls import reverse

from django_provisioning.lifecycle import connections, leave, transactions
from django_provisioning.models import Account, Connection, Event, Identity, SessionIndex
from tests.factories import make_connection, make_context
from tests.jit_extras.provider import Provider, log_in
from tests.lifecycle.people import account_of, fresh, local_user, push

if not apps.is_installed("allauth.socialaccount"):
    pytest.skip("needs --ds tests.settings.allauth", allow_module_level=True)

from allauth.core import context as allauth_context
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.socialaccount.providers.saml.provider import SAMLProvider

from django_provisioning.jit.allauth import ProvisioningSocialAccountAdapter

pytestmark = pytest.mark.django_db
START = "/accounts/oidc/example/login/"
CALLBACK = "/accounts/oidc/example/login/callback/"


@pytest.fixture(autouse=True)
def _use_provider(provider: Provider, settings: Any) -> None:
    providers = copy.deepcopy(settings.SOCIALACCOUNT_PROVIDERS)
    providers["openid_connect"]["APPS"][0]["settings"]["server_url"] = provider.issuer
    settings.SOCIALACCOUNT_PROVIDERS = providers


def whoami(client: Client) -> str | None:
    """Give the login name of the session."""
    return client.get("/whoami/").json()["user"]


def refusal() -> Event:
    """Give the only refused login."""
    return Event.objects.get(type="login.refused")


def test_allauth_first_login_makes_the_account(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """A complete login makes one account through the lifecycle, with allauth's row beside it and the session known."""
    provider.person("s-1", preferred_username="alice", email="alice@example.com", given_name="Alice")

    answer = log_in(client, provider, "s-1", START)

    assert answer.json() == {"user": "alice"}
    user = get_user_model().objects.get()
    assert (user.first_name, user.has_usable_password()) == ("Alice", False)
    assert account_of(user).origin == Account.Origin.JIT_OIDC
    assert Identity.objects.get().subject == "s-1"
    assert SocialAccount.objects.get().user_id == user.pk
    assert SessionIndex.objects.get().connection_id == connection.pk


def test_allauth_second_login_refreshes_the_same_account(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """The subject is the key: another address and name change the account, they do not make another."""
    provider.person("s-2", preferred_username="bob", email="bob@example.com", given_name="Bob")
    log_in(client, provider, "s-2", START)
    provider.person("s-2", preferred_username="robert", email="robert@example.com", given_name="Robert")

    log_in(Client(), provider, "s-2", START)

    user = get_user_model().objects.get()
    assert (user.username, user.first_name, user.email) == ("bob", "Robert", "robert@example.com")
    assert SocialAccount.objects.count() == 1


@pytest.fixture
def whole_saves() -> Iterator[list[Any]]:
    """Collect the users whose whole row somebody writes again: nobody named the columns."""
    found: list[Any] = []

    def receiver(instance: Any, created: bool, update_fields: Any, **_: Any) -> None:
        if not created and update_fields is None:
            found.append(instance)

    post_save.connect(receiver, sender=get_user_model())
    yield found
    post_save.disconnect(receiver, sender=get_user_model())


def test_allauth_login_never_saves_a_whole_user(
    client: Client, provider: Provider, connection: Connection, whole_saves: list[Any]
) -> None:
    """Neither the first nor a later login writes columns that nobody named."""
    provider.person("s-3", preferred_username="carol")

    log_in(client, provider, "s-3", START)
    log_in(Client(), provider, "s-3", START)

    assert whole_saves == []


def test_allauth_login_of_a_pushed_person_binds(
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


def test_allauth_login_of_a_departed_person_ends_on_the_page(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """Somebody whom the directory removed is refused, although allauth still has the row of the earlier login."""
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


def test_allauth_login_of_a_stranger_with_jit_off_leaves_nothing(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """Neither an account nor allauth's row of one is made."""
    connections.configure(make_context(connection), connection, jit="off")
    provider.person("s-6", preferred_username="frank")

    answer = log_in(client, provider, "s-6", START)

    assert (answer.status_code, refusal().reason) == (403, "jit_disabled")
    assert not get_user_model().objects.exists()
    assert not SocialAccount.objects.exists()


def test_allauth_login_without_connection_is_refused(client: Client, provider: Provider, db: None) -> None:
    """An issuer that no connection trusts opens nothing."""
    provider.person("s-7", preferred_username="grace")

    answer = log_in(client, provider, "s-7", START)

    assert (answer.status_code, refusal().reason) == (403, "unknown_connection")
    assert not get_user_model().objects.exists()


def test_allauth_verified_address_of_a_local_account_does_not_open_it(
    client: Client, provider: Provider, connection: Connection, whole_saves: list[Any]
) -> None:
    """Allauth's own login by e-mail is closed: the linking policy decides, and nobody's password is wiped."""
    local = local_user("owner", password="secret", email="owner@example.com")
    whole_saves.clear()
    provider.person("s-8", preferred_username="other", email="owner@example.com", email_verified=True)

    answer = log_in(client, provider, "s-8", START)

    assert answer.json() == {"user": "other"}
    assert fresh(local).check_password("secret")
    assert SocialAccount.objects.get().user_id != local.pk
    assert whole_saves == []


def test_allauth_row_that_points_elsewhere_is_put_right(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """The identity decides whose login it is, whatever allauth remembered."""
    stale = local_user("stale")
    SocialAccount.objects.create(user=stale, provider="example", uid="s-9")
    provider.person("s-9", preferred_username="heidi")

    answer = log_in(client, provider, "s-9", START)

    assert answer.json() == {"user": "heidi"}
    assert SocialAccount.objects.get().user.get_username() == "heidi"


def test_allauth_login_replaces_the_session_of_another_person(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """Whoever sat at the browser before is logged out."""
    client.force_login(local_user("ivan"))
    provider.person("s-10", preferred_username="judy")

    answer = log_in(client, provider, "s-10", START)

    assert answer.json() == {"user": "judy"}


def test_allauth_connecting_from_inside_an_account_is_refused(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """A login is not hung on the account that happens to be open."""
    ivan = local_user("ivan")
    client.force_login(ivan)
    provider.person("s-11", preferred_username="judy")

    answer = log_in(client, provider, "s-11", START + "?process=connect")

    assert (answer.status_code, refusal().reason) == (403, "not_a_login")
    assert not SocialAccount.objects.exists()
    assert whoami(client) == "ivan"


@pytest.mark.parametrize(
    "userinfo", [{"sub": "somebody else", "email": "kim@example.com"}, {"email": "kim@example.com"}]
)
def test_allauth_userinfo_of_another_subject_is_refused(
    client: Client,
    provider: Provider,
    connection: Connection,
    userinfo: dict[str, str],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Userinfo must name the subject of the ID token (OpenID Connect Core §5.3.2); allauth does not look."""
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["uid_field"] = "email"
    monkeypatch.setattr(OpenIDConnectOAuth2Adapter, "_fetch_user_info", lambda *_: userinfo)

    answer = log_in(client, provider, "s-12", START)

    assert (answer.status_code, refusal().reason) == (403, "token_refused")
    assert not get_user_model().objects.exists()


def test_allauth_code_that_the_provider_refuses_ends_on_the_page(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """What the library refuses has an event and a reference as well."""
    begun = client.post(START)
    back = provider.authorize(begun["Location"], "s-13").partition("testserver")[2]

    answer = client.get(back.replace("code=", "code=x"))

    assert (answer.status_code, refusal().reason) == (403, "token_refused")
    assert refusal().correlation_id in answer.content.decode()


def test_allauth_provider_that_is_down_is_named_so(
    client: Client, provider: Provider, connection: Connection, settings: Any
) -> None:
    """A provider that does not answer is its own reason."""
    begun = client.post(START)
    back = provider.authorize(begun["Location"], "s-14").partition("testserver")[2]
    overrides = {"token_endpoint": "http://127.0.0.1:9/token"}
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"][
        "openid_configuration_overrides"
    ] = overrides

    answer = client.get(back)

    assert (answer.status_code, refusal().reason) == (403, "idp_unreachable")


def test_allauth_cancelled_login_is_no_refusal(
    client: Client, provider: Provider, connection: Connection
) -> None:
    """Somebody who says no at the provider sees allauth's page for it, and no event is written."""
    begun = client.post(START)
    state = begun["Location"].partition("state=")[2].partition("&")[0]

    answer = client.get(f"{CALLBACK}?error=access_denied&state={state}")

    assert (answer.status_code, answer["Location"]) == (302, reverse("socialaccount_login_cancelled"))
    assert not Event.objects.filter(type="login.refused").exists()


def complete(sociallogin: Any, client: Client) -> Any:
    """Hand a verified login to allauth as its callback views do."""
    request = RequestFactory().get(CALLBACK)
    request.session, request.user = client.session, AnonymousUser()
    request._messages = default_storage(request)  # type: ignore[attr-defined]
    with allauth_context.request_context(request):
        return complete_social_login(request, sociallogin), request


def test_allauth_provider_of_another_kind_is_refused(client: Client, connection: Connection) -> None:
    """A provider whose answers nothing vouches for is refused, unless the project exempts it."""
    request = RequestFactory().get("/")
    github = get_adapter().get_provider(request, "github")
    sociallogin = github.sociallogin_from_response(
        request, {"id": 7, "login": "mallory", "iss": "x", "sub": "y"}
    )
    sociallogin.state = {"process": "login"}

    answer, _ = complete(sociallogin, client)

    assert (answer.status_code, refusal().reason) == (403, "unsupported_provider")
    assert not get_user_model().objects.exists()


def test_allauth_exempt_provider_stays_with_allauth(
    client: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider that the project exempts is none of the connection's business."""
    monkeypatch.setattr(
        ProvisioningSocialAccountAdapter, "is_provisioned", lambda _, provider: provider.id != "github"
    )
    request = RequestFactory().get("/")
    github = get_adapter().get_provider(request, "github")
    sociallogin = github.sociallogin_from_response(request, {"id": 7, "login": "guest"})
    sociallogin.state = {"process": "login"}

    complete(sociallogin, client)

    assert get_user_model().objects.get().get_username() == "guest"
    assert not Identity.objects.exists()


class Assertion:
    """A verified assertion as python3-saml hands it to allauth."""

    def __init__(self, name_id: str, attributes: dict[str, list[str]]) -> None:
        self.name_id = name_id
        self.attributes = attributes

    def get_attributes(self) -> dict[str, list[str]]:
        """Give the attributes."""
        return self.attributes

    def get_nameid(self) -> str:
        """Give the NameID."""
        return self.name_id

    def get_nameid_format(self) -> str:
        """Give its format."""
        return "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


@pytest.mark.parametrize(("subject_attribute", "subject"), [(None, "n-1"), ("employee", "e-1")])
def test_allauth_saml_login_finds_the_connection_by_entity_id(
    client: Client, db: None, settings: Any, subject_attribute: str | None, subject: str
) -> None:
    """A SAML login is matched by issuer and NameID, or by the attribute that the project names."""
    settings.DJANGO_PROVISIONING = {"SAML_SUBJECT_ATTRIBUTE": subject_attribute}
    entity_id = "https://idp.example.com/saml"
    make_connection(jit="create", saml_entity_id=entity_id)
    app = SocialApp(provider="saml", client_id="acme", settings={"idp": {"entity_id": entity_id}})
    request = RequestFactory().get("/")
    assertion = Assertion("n-1", {"uid": ["alice"], "employee": ["e-1"]})
    sociallogin = SAMLProvider(request, app=app).sociallogin_from_response(request, assertion)
    sociallogin.state = {"process": "login"}

    _, seen = complete(sociallogin, client)

    identity = Identity.objects.get()
    assert (identity.subject, identity.user.get_username()) == (subject, "alice")
    assert account_of(identity.user).origin == Account.Origin.JIT_SAML
    assert seen.session["_auth_user_id"] == str(identity.user.pk)


def test_allauth_connection_is_that_of_the_client_id(client: Client, provider: Provider, db: None) -> None:
    """The same issuer under another client id is another connection."""
    make_connection("other", jit="create", oidc_issuer=provider.issuer, oidc_client_id="another app")
    provider.person("s-16", preferred_username="lena")

    log_in(client, provider, "s-16", START)

    assert refusal().reason == "unknown_connection"
