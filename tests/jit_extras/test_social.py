"""social-auth-app-django through ``jit.social.provision``: the library verifies, ``sign_in`` decides."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from django_provisioning.models import Account, Connection, Identity
from tests.factories import make_connection
from tests.jit_extras.answers import refusal
from tests.jit_extras.libraries import Library
from tests.jit_extras.provider import Provider, log_in
from tests.lifecycle.people import account_of

if not apps.is_installed("social_django"):
    pytest.skip("needs --ds tests.settings.social", allow_module_level=True)

from social_core.backends.github import GithubOAuth2
from social_core.backends.open_id_connect import OpenIdConnectAuth
from social_core.exceptions import AuthException
from social_django.utils import load_strategy

from django_provisioning.jit.social import provision

pytestmark = pytest.mark.django_db
START = "/social/login/oidc/"
CALLBACK = "/social/complete/oidc/"


@pytest.fixture(autouse=True)
def _use_provider(library: Library) -> None:
    """Every test here logs in at the provider."""


def anonymous(rf: Any) -> Any:
    """Give a request of nobody."""
    request = rf.get("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    return request


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
