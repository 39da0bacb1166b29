"""The subject is the key: recycled names, look-alikes, other tenants and changed formats never reach an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_TRANSIENT, NameID

from django_provisioning.exceptions import ProvisioningError
from django_provisioning.lifecycle import connections
from django_provisioning.models import Event, Identity
from example_project.identity_providers.saml import SamlIdentityProvider
from tests.factories import make_connection, make_context
from tests.jit.browser import Browser
from tests.jit.doors import Door, OidcDoor, SamlDoor, make_person
from tests.jit.hostile_saml import answer_to, deliver
from tests.jit.scenes import directory_of, everything, identity_of, refusal

pytestmark = pytest.mark.django_db


def test_known_subject_keeps_the_account_whatever_else_the_claims_say(door: Door, browser: Browser) -> None:
    """Another user name and another address under the same subject are the same person."""
    connection = door.connect()
    door.log_in(make_person("ada.marsh", key="k"))
    user = identity_of(connection, "ada.marsh").user

    door.log_in(make_person("ada.lake", key="k"), browser)

    assert browser.whoami()["pk"] == user.pk  # type: ignore[index]
    assert Identity.objects.count() == 1


def test_user_name_of_a_bound_account_is_refused_to_another_subject(door: Door) -> None:
    """A recycled user name does not open the account of the one who had it before (N8)."""
    door.connect()
    door.log_in(make_person(key="first"))
    before = everything()

    page = door.log_in(make_person(key="second"))

    assert refusal(page).reason == "subject_mismatch"
    assert everything() == before


def test_email_of_a_bound_account_makes_another_account_for_another_subject(
    door: Door, browser: Browser
) -> None:
    """A recycled address, verified or not, does not open the account of the one who had it before (N8)."""
    connection = door.connect(linking="trusted")
    door.log_in(make_person("ada.marsh", email="shared@example.com"))
    first = identity_of(connection, "ada.marsh").user

    door.log_in(make_person("bo.lindgren", email="shared@example.com"), browser)

    assert browser.whoami()["pk"] != first.pk  # type: ignore[index]


def test_email_of_a_pushed_account_binds_only_when_it_is_verified(
    oidc: OidcDoor, browsers: Callable[[], Browser]
) -> None:
    """A pushed person is bound by the address if the provider says that it is verified, else not (N8)."""
    connection = oidc.connect()
    directory_of(connection).create_user("a1", emails=[{"value": "ada@example.com", "primary": True}])
    pushed = identity_of(connection, "a1")
    unverified, verified = browsers(), browsers()

    oidc.log_in(make_person("eve", email="ada@example.com", email_verified=None), unverified)
    oidc.log_in(make_person("ada", email="ada@example.com", email_verified=True), verified)

    assert unverified.whoami()["pk"] != pushed.user_id  # type: ignore[index]
    assert verified.whoami()["pk"] == pushed.user_id  # type: ignore[index]


def test_verified_flag_of_the_id_token_does_not_vouch_for_another_address_in_userinfo(
    oidc: OidcDoor, browser: Browser
) -> None:
    """email_verified belongs to the address that it came with."""
    connection = oidc.connect()
    directory_of(connection).create_user("a1", emails=[{"value": "ada@example.com", "primary": True}])
    oidc.provider.tamper["id_token"] = lambda claims: claims.update(  # type: ignore[attr-defined]
        email="eve@example.net", email_verified=True
    )

    oidc.log_in(make_person("eve", email="ada@example.com", email_verified=None), browser)

    assert browser.whoami()["pk"] != identity_of(connection, "a1").user_id  # type: ignore[index]


@pytest.mark.parametrize(
    "look_alike",
    ["аda.marsh", "ａda.marsh", "ada．marsh", "ada.marsh\u200b", "a\u0301da.marsh", "ada.marѕh"],
    ids=["cyrillic a", "full-width a", "full-width dot", "zero-width space", "accent", "cyrillic s"],
)
@pytest.mark.parametrize("linking", ["never", "trusted"])
def test_look_alike_of_a_name_never_reaches_the_account(
    door: Door, browser: Browser, look_alike: str, linking: str
) -> None:
    """A name that only looks the same, or only becomes the same by normalisation, is somebody else's (N8)."""
    connection = door.connect(linking=linking)
    directory_of(connection).create_user("ada.marsh")
    pushed = identity_of(connection, "ada.marsh")

    page = door.log_in(make_person(look_alike, key="other", email="other@example.com"), browser)

    person = browser.whoami()
    assert person is None or person["pk"] != pushed.user_id
    assert page.status in {200, 403}
    assert identity_of(connection, "ada.marsh").subject is None


def test_case_of_a_user_name_is_not_another_person(door: Door, browser: Browser) -> None:
    """A userName is compared without case (RFC 7643 §4.1.1), so that nobody gets two accounts."""
    connection = door.connect()
    directory_of(connection).create_user("Ada.Marsh@Example.COM")

    door.log_in(make_person("ada.marsh@example.com"), browser)

    assert browser.whoami()["pk"] == identity_of(connection, "Ada.Marsh@Example.COM").user_id  # type: ignore[index]


def test_case_of_a_subject_is_another_person(door: Door, browser: Browser) -> None:
    """Subjects are compared byte by byte: another case is another subject, also on a folding database."""
    connection = door.connect()
    door.log_in(make_person("ada", key="AbC"))
    first = identity_of(connection, "ada").user

    door.log_in(make_person("bo", key="aBc"), browser)

    assert browser.whoami()["pk"] != first.pk  # type: ignore[index]
    assert Identity.objects.filter(connection=connection).count() == 2


def test_external_id_of_a_bound_account_does_not_open_it(door: Door) -> None:
    """A subject equal to somebody's externalId is no key once that account has another subject."""
    connection = door.connect()
    directory_of(connection).create_user("ada.marsh", externalId="e-1")
    door.log_in(make_person("ada.marsh", key="real"))

    page = door.log_in(make_person("eve", key="e-1"))

    assert refusal(page).reason == "subject_mismatch"


@pytest.mark.parametrize("column", ["pk", "username"])
def test_subject_and_external_id_are_never_looked_up_as_keys_of_django(
    door: Door, browser: Browser, column: str
) -> None:
    """An externalId or subject that is the primary key or name of an administrator means nothing."""
    root = get_user_model().objects.create_superuser("root", "root@example.com", "kept-secret")
    connection = door.connect(linking="trusted")
    value = str(root.pk) if column == "pk" else "root"
    directory_of(connection).create_user("eve", externalId=value)

    door.log_in(make_person("eve", key=value), browser)

    assert browser.whoami()["pk"] != root.pk  # type: ignore[index]
    assert not Identity.objects.filter(user=root).exists()


def test_another_tenants_provider_never_reaches_the_account(
    saml: SamlDoor, other_idp: SamlIdentityProvider, browser: Browser
) -> None:
    """The other trusted IdP asserts the same NameID, name and address: it gets an account of its own tenant."""
    ours, theirs = saml.connect("acme"), SamlDoor(other_idp).connect("globex")
    saml.log_in(make_person())

    SamlDoor(other_idp).log_in(make_person(), browser)

    mine = identity_of(ours, "ada.marsh")
    assert browser.whoami()["pk"] == identity_of(theirs, "ada.marsh").user_id != mine.user_id  # type: ignore[index]
    assert browser.whoami()["username"] == "ada.marsh.globex"  # type: ignore[index]


def test_email_pushed_by_one_tenant_does_not_link_in_another(
    saml: SamlDoor, other_idp: SamlIdentityProvider, browser: Browser
) -> None:
    """Whoever has a live identity in another connection is out of reach, even of a trusted one."""
    saml.connect("acme")
    saml.log_in(make_person())
    SamlDoor(other_idp).connect("globex", linking="trusted")

    SamlDoor(other_idp).log_in(make_person("someone", key="x", email="ada.marsh@example.com"), browser)

    assert browser.whoami()["username"] == "someone"  # type: ignore[index]


def test_subject_of_another_issuer_is_not_the_bound_one(
    saml: SamlDoor, other_idp: SamlIdentityProvider
) -> None:
    """A connection that is pointed at another IdP does not take its subjects for those it knows."""
    connection = saml.connect()
    saml.log_in(make_person())
    connections.configure(make_context(connection), connection, saml_entity_id=other_idp.entity_id)
    before = everything()

    page = SamlDoor(other_idp).log_in(make_person())

    assert refusal(page).reason == "subject_issuer"
    assert everything() == before


def test_entity_id_belongs_to_one_connection(saml: SamlDoor) -> None:
    """A second tenant cannot register the IdP of the first."""
    saml.connect("acme")

    with pytest.raises(ProvisioningError, match="already exists"):
        make_connection("globex", saml_entity_id=saml.provider.entity_id)


def test_transient_subject_is_refused(saml: SamlDoor, browser: Browser) -> None:
    """A NameID that is another one each time identifies nobody."""
    saml.connect()
    transient = NameID(format=NAMEID_FORMAT_TRANSIENT, text="_5d1f")

    page = deliver(browser, answer_to(saml, browser, make_person(), name_id=transient))

    assert refusal(page).reason == "no_subject"
    assert not get_user_model()._base_manager.exists()


def test_transient_subject_with_a_configured_attribute_keeps_the_account(
    saml: SamlDoor, browsers: Callable[[], Browser], settings: Any
) -> None:
    """SAML_SUBJECT_ATTRIBUTE names what stays the same where the NameID does not."""
    settings.DJANGO_PROVISIONING = {"SAML_SUBJECT_ATTRIBUTE": "subject-id"}
    saml.connect()
    person = make_person(more={"subject-id": ["s-1@example.com"]})
    seen = []

    for text in ("_1", "_2"):
        browser = browsers()
        transient = NameID(format=NAMEID_FORMAT_TRANSIENT, text=text)
        deliver(browser, answer_to(saml, browser, person, name_id=transient))
        seen.append(browser.whoami())

    assert seen[0] == seen[1]
    assert Identity.objects.get().subject == "s-1@example.com"


def test_changed_format_of_a_subject_is_refused(saml: SamlDoor, browser: Browser) -> None:
    """The same text as an address is not the persistent id that was bound."""
    saml.connect()
    saml.log_in(make_person())
    address = NameID(format=NAMEID_FORMAT_EMAILADDRESS, text="key-of-ada.marsh")

    page = deliver(browser, answer_to(saml, browser, make_person(), name_id=address))

    assert refusal(page).reason == "subject_format"


def test_blank_subject_is_refused(saml: SamlDoor, browser: Browser) -> None:
    """A NameID of spaces identifies nobody."""
    saml.connect()
    blank = NameID(format=NAMEID_FORMAT_PERSISTENT, text="   ")

    page = deliver(browser, answer_to(saml, browser, make_person(), name_id=blank))

    assert page.status in {400, 403}
    assert browser.whoami() is None
    assert not get_user_model()._base_manager.exists()


def test_two_people_who_fit_are_nobody(door: Door) -> None:
    """A name of one pushed person and the externalId of another decide nothing (N8)."""
    connection = door.connect()
    client = directory_of(connection)
    client.create_user("ada.marsh")
    client.create_user("someone", externalId="key-of-ada.marsh")

    page = door.log_in(make_person())

    assert refusal(page).reason == "ambiguous_match"
    assert not Identity.objects.filter(subject__isnull=False).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"user_name": "ada\0marsh"},
        {"key": "key\0"},
        {"key": "k" * 300},
        {"user_name": "u" * 2_000},
        {"user_name": "\ud800"},
        {"email": "no address"},
        {"email": "e" * 500 + "@example.com"},
        {"given_name": "g" * 5_000},
        {"more": {"preferred_username": {"nested": ["x"]}}},
        {"more": {"preferred_username": None, "email": ["a@example.com", {"x": 1}]}},
        {"more": {"groups": "not a list"}},
        {"more": {"groups": [{"id": 1}, None, 7]}},
    ],
    ids=str,
)
def test_claims_that_no_column_holds_end_on_the_page(
    oidc: OidcDoor, browser: Browser, changes: dict[str, Any]
) -> None:
    """NUL, lone surrogates, over-long and misshapen claims are let in or refused, never a server error."""
    oidc.connect(group_sync="additive", attribute_sync={"default": "always"})
    person = make_person(**changes)
    oidc.provider.people[person.key] = person

    page = browser.get(oidc.login_path)
    page = browser.get(oidc.provider.redirect_for(page, person))  # type: ignore[attr-defined]

    assert page.status in {200, 403}, page.text
    if page.status == 403:
        assert refusal(page).reason
        assert not get_user_model()._base_manager.exists()


def test_subject_once_bound_never_moves(door: Door) -> None:
    """Of two subjects with the name of a pushed person the first is bound and the second refused."""
    connection = door.connect()
    directory_of(connection).create_user("ada.marsh")
    door.log_in(make_person(key="first"))

    page = door.log_in(make_person(key="second"))

    assert refusal(page).reason == "subject_mismatch"
    assert identity_of(connection, "ada.marsh").subject == "first"
    assert Event.objects.filter(type="account.subject_bound").count() == 1
