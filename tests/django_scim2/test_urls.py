"""django-scim2's URL names and its ``uuid`` lead to our views, at the paths they always had."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import resolve, reverse

from django_provisioning.models import Identity
from tests.django_scim2.bodies import user_body
from tests.django_scim2.scenes import NewServer, make_tenant

_NAMES: dict[str, dict[str, str]] = {
    "root": {}, "search": {}, "users-search": {}, "users": {}, "groups-search": {}, "groups": {}, "me": {},
    "service-provider-config": {}, "resource-types": {}, "schemas": {}, "bulk": {},
    "users uuid": {"uuid": "17"}, "groups uuid": {"uuid": "a b"}, "resource-types uuid": {"uuid": "User"},
    "schemas uuid": {"uuid": "urn:ietf:params:scim:schemas:core:2.0:User"},
}  # fmt: skip


@pytest.fixture
def new(db: None, settings: Any) -> NewServer:
    """Our views under the old names."""
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"
    return make_tenant()[1]


@pytest.mark.parametrize("name", _NAMES)
def test_name_gives_the_path_of_before_and_leads_to_our_view(name: str, settings: Any) -> None:
    """Every name of django-scim2's URLconf reverses as it did and resolves to a view of ours."""
    view_name, given = f"scim:{name.partition(' ')[0]}", _NAMES[name]
    paths = []
    for urlconf in ("urls_django_scim", "urls_switched"):
        settings.ROOT_URLCONF = f"tests.django_scim2.{urlconf}"
        paths.append(reverse(view_name, kwargs=given))

    match = resolve(unquote(paths[1]))  # As the server hands it to Django.

    assert paths[0] == paths[1]
    assert match.view_name == view_name
    assert {key: match.kwargs[key] for key in given} == given
    assert match.func.__module__.startswith("django_provisioning.")


def test_resource_is_served_by_uuid_and_without(new: NewServer) -> None:
    """One URL stands for the collection and for the resource, as django-scim2 has it."""
    made = new.post("/Users", user_body("ada")).json()

    single, every = new.get(f"/Users/{made['id']}"), new.get("/Users")

    assert single.json()["id"] == made["id"]
    assert [one["id"] for one in every.json()["Resources"]] == [made["id"]]
    assert new.get("/ResourceTypes/User").json()["id"] == "User"
    assert new.get("/Users/").status_code == 200
    assert new.get("/Nothing").status_code == 404


def test_bearer_request_needs_no_csrf_token(new: NewServer) -> None:
    """The views under the old names are as free of cookies as ours."""
    new.client = Client(enforce_csrf_checks=True)

    answer = new.post("/Users", user_body("ada"))

    assert answer.status_code == 201, answer.content


def test_session_of_a_user_opens_nothing(new: NewServer, django_user_model: Any) -> None:
    """A logged-in superuser without a token is nobody here."""
    new.token = None
    new.client.force_login(
        django_user_model._default_manager.create_superuser("root", "root@example.com", "made-up")
    )

    assert new.get("/Users").status_code == 401


def test_location_of_an_id_with_a_blank_is_the_one_of_before(new: NewServer) -> None:
    """An id is one segment of the path, escaped as django-scim2 escaped it, and its address leads to it."""
    made = new.post("/Users", user_body("ada")).json()
    Identity.objects.filter(scim_id=made["id"]).update(scim_id="Ada Löv")

    answer = new.get("/Users/Ada%20L%C3%B6v")

    assert answer.json()["id"] == "Ada Löv"
    assert answer.json()["meta"]["location"].endswith(
        reverse("scim:users", kwargs={"uuid": answer.json()["id"]})
    )
