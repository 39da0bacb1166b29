"""Real identity providers for the suite, started once per process, and the browsers that visit them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache

# Under any other settings module neither SSO library is installed, and there is nothing to collect.
_HAS_LIBRARIES = "djangosaml2" in django_settings.INSTALLED_APPS
collect_ignore_glob = [] if _HAS_LIBRARIES else ["test_*.py"]

if _HAS_LIBRARIES:
    from django_provisioning.jit.signing_keys import forget_key_sets
    from example_project.identity_providers.keys import write_key_pair
    from example_project.identity_providers.saml import SamlIdentityProvider
    from example_project.identity_providers.serving import LocalServer
    from tests.jit import service_provider
    from tests.jit.browser import Browser
    from tests.jit.doors import Door, OidcDoor, SamlDoor
    from tests.jit.hostile_oidc import TamperedProvider, make_provider


@contextmanager
def _running_saml(directory: Any) -> Iterator[SamlIdentityProvider]:
    server = LocalServer()
    provider = SamlIdentityProvider(server.url, write_key_pair(directory), ())
    provider.add_service_provider(service_provider.sp_metadata())
    server.answer = provider.answer
    server.start()
    metadata = provider.metadata
    service_provider.trust(metadata)
    yield provider
    service_provider.distrust(metadata)
    server.stop()


@pytest.fixture(scope="session")
def _saml_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SamlIdentityProvider]:
    with _running_saml(tmp_path_factory.mktemp("saml")) as provider:
        yield provider


@pytest.fixture(scope="session")
def _second_saml_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SamlIdentityProvider]:
    with _running_saml(tmp_path_factory.mktemp("second_saml")) as provider:
        yield provider


@pytest.fixture(scope="session")
def _oidc_server() -> Iterator[TamperedProvider]:
    server = LocalServer()
    provider = make_provider(server.url)
    server.answer = provider.answer
    server.start()
    yield provider
    server.stop()


@pytest.fixture
def saml_idp(_saml_server: SamlIdentityProvider) -> SamlIdentityProvider:
    """Give the SAML IdP, without people."""
    _saml_server.people.clear()
    return _saml_server


@pytest.fixture
def other_idp(_second_saml_server: SamlIdentityProvider) -> SamlIdentityProvider:
    """Give another SAML IdP that the site trusts as well, for another tenant."""
    _second_saml_server.people.clear()
    return _second_saml_server


@pytest.fixture
def oidc_op(_oidc_server: TamperedProvider, settings: Any) -> TamperedProvider:
    """Give the OpenID provider, without people, honest until a test tampers with it."""
    _oidc_server.reset()
    use_openid_provider(settings, _oidc_server.configuration)
    return _oidc_server


def use_openid_provider(settings: Any, configuration: dict[str, Any]) -> None:
    """Point the site at the provider of a discovery document."""
    settings.OIDC_OP_ISSUER = configuration["issuer"]
    settings.OIDC_OP_AUTHORIZATION_ENDPOINT = configuration["authorization_endpoint"]
    settings.OIDC_OP_TOKEN_ENDPOINT = configuration["token_endpoint"]
    settings.OIDC_OP_USER_ENDPOINT = configuration["userinfo_endpoint"]
    settings.OIDC_OP_JWKS_ENDPOINT = configuration["jwks_uri"]


@pytest.fixture
def saml(saml_idp: SamlIdentityProvider) -> SamlDoor:
    """Give the way in by SAML."""
    return SamlDoor(saml_idp)


@pytest.fixture
def oidc(oidc_op: TamperedProvider) -> OidcDoor:
    """Give the way in by OpenID Connect."""
    return OidcDoor(oidc_op)


@pytest.fixture(params=["saml", "oidc"])
def door(request: pytest.FixtureRequest) -> Door:
    """Give each way in."""
    found: Door = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def browsers() -> Iterator[Callable[[], Browser]]:
    """Give new browsers, closed when the test is over."""
    opened: list[Browser] = []

    def make() -> Browser:
        opened.append(Browser())
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def browser(browsers: Callable[[], Browser]) -> Browser:
    """Give a person's browser."""
    return browsers()


@pytest.fixture
def stock(settings: Any) -> None:
    """Set the site up as the libraries' own guides do: their backends, their views."""
    settings.ROOT_URLCONF = "tests.jit.stock_urls"
    settings.AUTHENTICATION_BACKENDS = [
        "djangosaml2.backends.Saml2Backend",
        "mozilla_django_oidc.auth.OIDCAuthenticationBackend",
    ]
    settings.SAML_ACS_FAILURE_RESPONSE_FUNCTION = None


@pytest.fixture(autouse=True)
def _no_memory_of_assertions() -> None:
    cache.clear()
    if _HAS_LIBRARIES:
        forget_key_sets()
