"""django-allauth through ``ProvisioningSocialAccountAdapter``: allauth verifies, ``sign_in`` decides."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage import default_storage
from django.test import Client, RequestFactory
from django.urls import reverse

from django_provisioning.models import Account, Connection, Event, Identity
from tests.factories import make_connection
from tests.jit_extras.answers import refusal, whoami
from tests.jit_extras.libraries import Library
from tests.jit_extras.provider import Provider, log_in
from tests.lifecycle.people import account_of, fresh, local_user

if not apps.is_installed("allauth.socialaccount"):
    pytest.skip("needs --ds tests.settings.allauth", allow_module_level=True)

from allauth.core import context as allauth_context
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.saml.provider import SAMLProvider

from django_provisioning.jit.allauth import ProvisioningSocialAccountAdapter

pytestmark = pytest.mark.django_db
START = "/accounts/oidc/example/login/"
CALLBACK = "/accounts/oidc/example/login/callback/"


@pytest.fixture(autouse=True)
def _use_provider(library: Library) -> None:
    """Every test here logs in at the provider."""


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
