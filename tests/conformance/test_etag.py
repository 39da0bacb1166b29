"""Versions (RFC 7644 §3.14, RFC 9110 §13.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_provisioning.models import Identity
from tests.conformance.answers import case, group_body, listed, read, refusal, user_body
from tests.scim_client import ScimClient

if TYPE_CHECKING:
    from tests.scim_client import Response

STALE = 'W/"0"'
NAMES = {"/Users": "userName", "/Groups": "displayName"}


def body(endpoint: str, name: str) -> dict[str, Any]:
    """Give the body of a resource of the endpoint."""
    return user_body(name) if endpoint == "/Users" else group_body(name)


@pytest.fixture(params=sorted(NAMES))
def endpoint(request: pytest.FixtureRequest) -> str:
    """Give each endpoint in turn."""
    return str(request.param)


@pytest.fixture
def resource(scim: ScimClient, endpoint: str) -> dict[str, Any]:
    """Make a resource of the endpoint."""
    return dict(scim.post(endpoint, body(endpoint, "ada")).json())


@pytest.fixture
def path(endpoint: str, resource: dict[str, Any]) -> str:
    """Give the path of the resource."""
    return f"{endpoint}/{resource['id']}"


def write(client: ScimClient, method: str, path: str, **headers: str) -> Response:
    """Send a write that changes or deletes the resource."""
    endpoint = path.rpartition("/")[0]
    if method == "PUT":
        return client.put(path, body(endpoint, "renamed"), **headers)
    if method == "PATCH":
        operation = {"op": "replace", "path": NAMES[endpoint], "value": "renamed"}
        return client.patch(path, [operation], **headers)
    return client.delete(path, **headers)


@pytest.mark.compliance("RFC 7644", "3.14", "B182 the ETag header equals meta.version")
def test_etag_is_the_version(scim: ScimClient, endpoint: str, path: str, resource: dict[str, Any]) -> None:
    """A read, and the resource in a list, carry the same tag."""
    response = scim.get(path)

    version = response.json()["meta"]["version"]
    assert response["ETag"] == version == resource["meta"]["version"]
    assert version.startswith('W/"')
    assert listed(scim.get(endpoint))["Resources"][0]["meta"]["version"] == version


@pytest.mark.compliance("RFC 7644", "3.14", "B183 answers of POST, PUT and PATCH carry the new tag")
def test_etag_of_writes_is_the_new_one(scim: ScimClient, endpoint: str) -> None:
    """The client need not read again to know the version."""
    created = scim.post(endpoint, body(endpoint, "ada"))
    path = f"{endpoint}/{created.json()['id']}"

    tags = [created["ETag"], read(scim, path)["meta"]["version"]]
    tags += [write(scim, "PATCH", path)["ETag"], read(scim, path)["meta"]["version"]]
    tags += [scim.put(path, body(endpoint, "again"))["ETag"], read(scim, path)["meta"]["version"]]

    assert tags[0::2] == tags[1::2]
    assert len(set(tags)) == 3


def reordered(value: Any) -> Any:
    """Give the value with the members of each object in the opposite order."""
    if isinstance(value, dict):
        return {name: reordered(value[name]) for name in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@pytest.mark.compliance(
    "RFC 7644", "3.14", "B182 the tag does not depend on the order in which a database keeps members"
)
def test_etag_is_the_same_whatever_the_order_of_members(scim: ScimClient) -> None:
    """PostgreSQL gives the members of stored JSON back in another order: that is no other version."""
    emails = [{"value": "ada@example.com", "type": "work", "display": "Ada", "primary": True}]
    created = scim.create_user(
        "ada", title="Boss", nickName="A", name={"givenName": "Ada", "familyName": "B"}, emails=emails
    )

    tags = [created["meta"]["version"], scim.get(f"/Users/{created['id']}")["ETag"]]
    for identity in Identity.objects.all():
        Identity.objects.filter(pk=identity.pk).update(attributes=reordered(identity.attributes))
    tags.append(scim.get(f"/Users/{created['id']}")["ETag"])

    assert len(set(tags)) == 1


@pytest.mark.compliance("RFC 7644", "3.14", "B183 a 204 to a PATCH carries the new tag")
def test_etag_of_a_patch_without_body_is_the_new_one(scim: ScimClient, settings: Any) -> None:
    """Also without a body the answer tells the version."""
    settings.DJANGO_PROVISIONING = {"MAX_GROUP_MEMBERS_RETURNED": 0}
    path = f"/Groups/{scim.create_group('Choir', scim.create_user('ada')['id'])['id']}"

    response = write(scim, "PATCH", path)

    assert (response.status_code, response["ETag"]) == (204, read(scim, path)["meta"]["version"])


@pytest.mark.parametrize(
    ("header", "status"),
    [
        case("3.14", "B184 If-None-Match with the present tag is 304", "{tag}", 304),
        case("3.14", "B184 If-None-Match with the present tag is 304", "{strong}", 304),
        case("3.14", "B184 If-None-Match with another tag is 200", STALE, 200),
        case("13.1.2", "B184 If-None-Match: * is 304", "*", 304, standard="RFC 9110"),
        case("13.1", "B188 a list of tags is understood", f"{STALE}, {{tag}}", 304, standard="RFC 9110"),
        case("13.1", "B188 a list of tags is understood", f'{STALE},"x"', 200, standard="RFC 9110"),
    ],
)
def test_read_with_if_none_match(
    scim: ScimClient, path: str, resource: dict[str, Any], header: str, status: int
) -> None:
    """What the client has already is not sent again, and the comparison is weak."""
    tag = resource["meta"]["version"]

    response = scim.get(path, If_None_Match=header.format(tag=tag, strong=tag.removeprefix("W/")))

    assert response.status_code == status
    assert response["ETag"] == tag
    assert bool(response.content) is (status == 200)


@pytest.mark.parametrize(
    "header",
    [
        case("3.14", "B185 If-Match with a stale tag is 412", STALE),
        case("13.1", "B188 a list of tags is understood", f'{STALE}, "x"', standard="RFC 9110"),
        case("13.1", "B188 junk is no tag, so it does not match", "junk", standard="RFC 9110"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_write_with_a_stale_tag_is_refused(
    scim: ScimClient, path: str, resource: dict[str, Any], method: str, header: str
) -> None:
    """A client that has not seen the present version changes nothing."""
    response = write(scim, method, path, If_Match=header)

    assert refusal(response) == (412, None)
    assert read(scim, path) == resource


@pytest.mark.parametrize(
    "header",
    [
        case("3.14", "B186 If-Match with the present tag goes through", "{tag}"),
        case("3.14", "B187 If-Match: * goes through", "*"),
        case("13.1", "B188 a list of tags is understood", f"{STALE}, {{tag}}", standard="RFC 9110"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_write_with_the_present_tag_goes_through(
    scim: ScimClient, path: str, resource: dict[str, Any], method: str, header: str
) -> None:
    """The write is done and the tag is another one afterwards."""
    tag = resource["meta"]["version"]

    response = write(scim, method, path, If_Match=header.format(tag=tag))

    assert response.status_code == (204 if method == "DELETE" else 200)
    assert response.headers.get("ETag") != tag


@pytest.mark.compliance(
    "RFC 7644", "3.14", "B189 PATCH of another attribute with a stale tag does not lose the update"
)
def test_patch_with_a_tag_from_before_another_change_is_refused(scim: ScimClient) -> None:
    """Two clients read, both write: the second hears of it, although it changes something else."""
    user = scim.create_user("ada")
    path, tag = f"/Users/{user['id']}", user["meta"]["version"]

    first = scim.patch(path, [{"op": "add", "path": "title", "value": "Boss"}], If_Match=tag)
    second = scim.patch(path, [{"op": "add", "path": "nickName", "value": "A"}], If_Match=tag)

    assert (first.status_code, refusal(second)) == (200, (412, None))
    assert read(scim, path)["title"] == "Boss"


@pytest.mark.compliance("RFC 7644", "3.14", "an unknown id is 404 before its precondition is looked at")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_write_on_an_unknown_id_with_a_tag_is_not_found(scim: ScimClient, endpoint: str, method: str) -> None:
    """There is no version of what is not there."""
    assert refusal(write(scim, method, f"{endpoint}/nobody", If_Match=STALE)) == (404, None)
