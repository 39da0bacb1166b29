"""Whose word an attribute is: the form of a user, the page of an account, drift and what really happens agree."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from django_provisioning.jit.login import Refused, sign_in
from django_provisioning.lifecycle.ownership import owned_fields
from django_provisioning.mapping.claims import LoginClaims
from django_provisioning.mapping.fields import user_map
from django_provisioning.models import Connection, Identity
from django_provisioning.reports.deciders import deciders_of
from django_provisioning.reports.drift import drift_of
from django_provisioning.reports.policies_in_words import attribute_rules
from tests.dashboard.scenes import set_account
from tests.factories import make_connection, make_token
from tests.lifecycle.people import fresh, jit_identity, push
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

NAME = "ada@example.com"
ISSUER = "https://idp.example.com"
OURS = None


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody with links to connections, and who decides the attribute at ``path`` of theirs, in that order.

    ``links`` says what each connection knows: "push" and "login" brought a value, "bare push" and "bare login" none,
    "both" is a push that a login has met, "by hand" is a link that nothing has used, "gone" was deleted.
    ``policies``, ``user`` and ``account`` are set afterwards.
    """

    links: Sequence[str]
    owners: Sequence[str]
    policies: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "human"
    drifts: bool = False
    path: str = "name.givenName"
    mapping: Mapping[str, Any] = field(default_factory=dict)


STAFF = {"is_staff": True}
ACME_OFF = {"acme": {"enabled": False}}

CASES = {
    "pushed": Case(["push"], ["acme"], drifts=True),
    "not pushed": Case(["bare push"], []),
    "pushed, and no login may change anything": Case(
        ["push"], ["acme"], {"acme": {"attribute_sync": {"default": "never"}}}, drifts=True
    ),
    "pushed, and logged in": Case(["both"], ["acme"], drifts=True),
    "pushed by a disabled connection": Case(["push"], [], ACME_OFF, drifts=True),
    "pushed, now staff": Case(["push"], [], user=STAFF, drifts=True),
    "pushed, now break-glass": Case(["push"], [], kind="break_glass", drifts=True),
    "pushed, staff that the connection manages": Case(
        ["push"], ["acme"], {"acme": {"manages_privileged": True}}, STAFF, drifts=True
    ),
    "deleted there": Case(["gone"], []),
    "login that always syncs": Case(["login"], ["acme"]),
    "login that says nothing of it": Case(["bare login"], []),
    "login that never syncs": Case(["login"], [], {"acme": {"attribute_sync": {"default": "never"}}}),
    "login that never syncs this": Case(["login"], [], {"acme": {"attribute_sync": {"name.givenName": "never"}}}),
    "login that syncs only this": Case(
        ["login"], ["acme"], {"acme": {"attribute_sync": {"default": "never", "name.givenName": "always"}}}
    ),
    "login that fills what is empty": Case(["login"], [], {"acme": {"attribute_sync": {"default": "empty_only"}}}),
    "login with a mistyped rule": Case(["login"], ["acme"], {"acme": {"attribute_sync": {"name.givenname": "never"}}}),
    "login through a disabled connection": Case(["login"], [], ACME_OFF),
    "login of a connection without an issuer": Case(
        ["login"], [], {"acme": {"oidc_issuer": None, "oidc_client_id": ""}}
    ),
    "login, just-in-time off": Case(["login"], ["acme"], {"acme": {"jit": "off"}}),
    "login, now staff": Case(["login"], [], user=STAFF),
    "login, now break-glass": Case(["login"], [], kind="break_glass"),
    "linked by hand": Case(["by hand"], []),
    "pushed here, login there": Case(["push", "login"], ["acme", "globex"], drifts=True),
    "login here, pushed there": Case(["login", "push"], ["globex", "acme"], drifts=True),
    "pushed here, login there that never syncs": Case(
        ["push", "login"], ["acme"], {"globex": {"attribute_sync": {"default": "never"}}}, drifts=True
    ),
    "pushed by a disabled one, login there": Case(["push", "login"], ["globex"], ACME_OFF, drifts=True),
    "pushed twice": Case(["push", "push"], ["acme", "globex"], drifts=True),
    "column of its own, mapped": Case(
        ["push"], ["acme"], drifts=True, path="externalId",
        mapping={"externalId": "first_name", "name.givenName": None},
    ),
    "column of its own, mapped and not pushed": Case(
        ["bare push"], [], path="externalId", mapping={"externalId": "first_name", "name.givenName": None}
    ),
    "mapped, and no claim fills it": Case(
        ["login"], [], {"acme": {"attribute_sync": {"title": "always"}}}, path="title",
        mapping={"title": "first_name", "name.givenName": None},
    ),
    "mapped, and pushed": Case(
        ["push"], ["acme"], drifts=True, path="title",
        mapping={"title": "first_name", "name.givenName": None},
    ),
}  # fmt: skip


class Person:
    """A user with the links of a case, and the identity providers behind them."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.user: Any = None
        self.tokens: dict[str, str] = {}
        for slug, link in zip(("acme", "globex"), case.links, strict=False):
            self._link(slug, link)
        for slug, policies in case.policies.items():
            Connection.objects.filter(slug=slug).update(**policies)
        if case.user:
            get_user_model()._base_manager.update(**case.user)
        set_account(self.user, kind=case.kind)
        self.user = fresh(self.user)

    @property
    def identities(self) -> list[Identity]:
        """All links of the person, as the pages read them."""
        return list(Identity.objects.filter(user=self.user).select_related("connection").order_by("pk"))

    def link_of(self, slug: str) -> str:
        """What a connection knows of the person, as the case says."""
        return dict(zip(("acme", "globex"), self.case.links, strict=False))[slug]

    def edit(self) -> None:
        """Change the attribute here, past every page."""
        get_user_model()._base_manager.filter(pk=self.user.pk).update(first_name="Edited")
        self.user = fresh(self.user)

    def hear_from(self, slug: str) -> str:
        """Let the identity provider of a connection say something new, by push and login; give what stands here."""
        for identity in self.identities:
            if identity.connection.slug == slug:
                said = {"path": self.case.path, "value": "New"} if "bare" not in self.link_of(slug) else {}
                operation = {"op": "replace", **(said or {"path": "nickName", "value": "New"})}
                ScimClient(self.tokens[slug]).patch(f"/Users/{identity.scim_id}", [operation])
        if "login" in self.link_of(slug) or self.link_of(slug) == "both":
            with contextlib.suppress(Refused):
                sign_in(self._claims(slug, "New"))
        return str(fresh(self.user).first_name)

    def _claims(self, slug: str, name: str) -> LoginClaims:
        said = {} if "bare" in self.link_of(slug) else {"given_name": name}
        claims = {"preferred_username": NAME, "email": NAME, **said}
        return LoginClaims("oidc", ISSUER, "subject-1", client_id=slug, email_verified=True, claims=claims)

    def _link(self, slug: str, link: str) -> None:
        policies = {"jit": "create", "linking": "trusted", "visibility": "managed"}
        connection = make_connection(slug, oidc_issuer=ISSUER, oidc_client_id=slug, **policies)
        self.tokens[slug] = make_token(connection)
        value = {} if "bare" in link else _document(self.case.path, "Ada")
        if self.user is not None or link in ("by hand", "gone"):
            self._link_later(connection, link, value)
            return
        if link.endswith("login"):
            self.user = sign_in(self._claims(slug, "Ada")).user
            if self.case.path == "title":
                Identity.objects.update(attributes=value)
            return
        self.user = push(connection, NAME, **value).identity.user
        if link == "both":
            sign_in(self._claims(slug, "Ada"))

    def _link_later(self, connection: Connection, link: str, value: Mapping[str, Any]) -> None:
        """Add what no single request makes today: a second link of the same person, one by hand, a tombstone."""
        user = {} if self.user is None else {"user": self.user}
        identity = jit_identity(connection, NAME, attributes=dict(value), **user)
        self.user = identity.user
        changes: dict[str, dict[str, Any]] = {
            "login": {"subject": "subject-1"},
            "push": {"subject": None, "scim_managed": True},
            "by hand": {"subject": None},
            "gone": {"subject": None, "scim_managed": True, "live": None, "deleted_at": identity.created_at},
        }
        Identity.objects.filter(pk=identity.pk).update(**changes[link])


def _document(path: str, value: str) -> dict[str, Any]:
    parent, _, name = path.rpartition(".")
    return {parent: {name: value}} if parent else {name: value}


@pytest.fixture(params=CASES, ids=[name.replace(" ", "-") for name in CASES])
def person(request: pytest.FixtureRequest, settings: Any) -> Person:
    """Give the person of each case."""
    case = CASES[request.param]
    if case.mapping:
        settings.DJANGO_PROVISIONING = {"USER_MAPPING": dict(case.mapping)}
    return Person(case)


def test_pages_agree_who_decides(person: Person) -> None:
    """What the form of the user locks is what the page of the account gives to a connection, the same first (N11)."""
    identities, user = person.identities, person.user
    locked = owned_fields(user, identities).get("first_name")
    lines = [one for one in deciders_of(identities, user) if one.attribute == person.case.path]

    assert [one.connection.slug for one in lines if one.connection] == list(person.case.owners)
    assert (locked.connection.slug if locked else None) == next(iter(person.case.owners), OURS)
    assert lines
    assert not person.case.owners or all(one.connection for one in lines)


def test_who_decides_is_who_can_change_it(person: Person) -> None:
    """An edit here lasts exactly where the pages say that no connection decides: every other word is tried (N11)."""
    person.edit()

    for slug in person.tokens:
        if person.link_of(slug) in ("by hand", "gone"):
            continue
        heard = person.hear_from(slug)

        assert heard == ("New" if slug in person.case.owners else "Edited")
        person.edit()


def test_drift_is_every_difference_from_a_push(person: Person) -> None:
    """Whatever a directory pushed is compared, also while nobody may overwrite the edit; nothing else is (C17)."""
    person.edit()

    found = {one.attribute for one in drift_of(person.identities, person.user)}

    assert found == ({person.case.path} if person.case.drifts else set())


def test_connection_page_says_of_logins_what_the_account_page_says() -> None:
    """One text for one rule: where a login manages an attribute, both pages show the same sentence (C4)."""
    person = Person(CASES["login that fills what is empty"])
    connection = Connection.objects.get(slug="acme")
    rules = {one.attribute: one.text for one in attribute_rules(connection)}

    lines = {one.attribute: one.rule for one in deciders_of(person.identities, person.user)}

    assert lines == {path: rules[path] for path in user_map().fields}


def test_account_page_asks_nothing_to_say_who_decides() -> None:
    """With the account and the connections at hand, the lines cost no query however many links there are."""
    person = Person(CASES["pushed here, login there"])
    identities, user = person.identities, person.user
    assert user.provisioning_account is not None

    with CaptureQueriesContext(database) as queries:
        assert deciders_of(identities, user)

    assert len(queries) == 0
