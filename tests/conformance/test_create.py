"""Creating (RFC 7644 §3.3): what is stored, what is refused, what is left out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.answers import ENTERPRISE, GROUP, USER, case, listed, names, read, refusal, user_body
from tests.scim_client import ScimClient


@pytest.mark.compliance("RFC 7644", "3.3", "B078 201 with Location, equal to meta.location, and the resource")
@pytest.mark.parametrize(
    ("endpoint", "body"),
    [("/Users", user_body("ada")), ("/Groups", {"schemas": [GROUP], "displayName": "Choir"})],
)
def test_create_answers_with_the_resource(scim: ScimClient, endpoint: str, body: dict[str, Any]) -> None:
    """The answer is the resource as a read gives it, and says where it is."""
    response = scim.post(endpoint, body)

    created = response.json()
    assert response.status_code == 201
    assert response["Location"] == created["meta"]["location"]
    assert response["Location"].endswith(f"{endpoint}/{created['id']}")
    assert created == read(scim, f"{endpoint}/{created['id']}")
    assert body.items() <= created.items()
    assert created["meta"]["created"] == created["meta"]["lastModified"]


@pytest.mark.compliance("RFC 7643", "3.1", "B079 a client's id and meta are ignored")
def test_create_with_id_and_meta_makes_its_own(scim: ScimClient) -> None:
    """Id and meta are the server's."""
    meta = {
        "resourceType": "Robot",
        "created": "1999-01-01T00:00:00Z",
        "version": 'W/"mine"',
        "location": "x",
    }

    created = scim.create_user("ada", id="mine", meta=meta)

    assert created["id"] != "mine"
    assert created["meta"]["resourceType"] == "User"
    assert {name for name, value in meta.items() if created["meta"][name] == value} == set()
    assert refusal(scim.get("/Users/mine")) == (404, None)


@pytest.mark.parametrize(
    "again",
    [
        case("3.3.1", "B080 a taken userName is 409 uniqueness", "ada@example.com"),
        case(
            "4.1.1",
            "B081 a userName that differs only in case is taken",
            "ADA@Example.com",
            standard="RFC 7643",
        ),
    ],
)
def test_create_with_a_taken_user_name_is_a_conflict(scim: ScimClient, again: str) -> None:
    """A userName names one person, whatever its case."""
    scim.create_user("ada@example.com")

    response = scim.post("/Users", user_body(again))

    assert refusal(response) == (409, "uniqueness")
    assert names(scim) == ["ada@example.com"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        case("4.1.1", "B082 a missing or empty userName is 400", {"schemas": [USER]}, (400, "invalidValue"),
             standard="RFC 7643"),
        case("4.1.1", "B082 a missing or empty userName is 400", user_body(""), (400, "invalidValue"),
             standard="RFC 7643"),
        case("4.1.1", "B082 a missing or empty userName is 400", user_body("  "), (400, "invalidValue"),
             standard="RFC 7643"),
        case("4.1.1", "B082 a missing or empty userName is 400", {"schemas": [USER], "userName": None},
             (400, "invalidValue"), standard="RFC 7643"),
        case("3", "B084 schemas must hold the core schema", {"schemas": [GROUP], "userName": "ada"},
             (400, "invalidSyntax"), standard="RFC 7643"),
        case("3", "B084 schemas must hold the core schema", {"schemas": [], "userName": "ada"},
             (400, "invalidSyntax"), standard="RFC 7643"),
        case("3", "B084 schemas must hold the core schema", {"schemas": [ENTERPRISE], "userName": "ada"},
             (400, "invalidSyntax"), standard="RFC 7643"),
        case("3.12", "B085 broken JSON is 400 invalidSyntax", '{"userName": "ada"', (400, "invalidSyntax")),
        case("3.12", "B085 broken JSON is 400 invalidSyntax", "userName=ada", (400, "invalidSyntax")),
        case("3.12", "B085 broken JSON is 400 invalidSyntax", "", (400, "invalidSyntax")),
        case("3.12", "B085 broken JSON is 400 invalidSyntax", '{"userName": NaN}', (400, "invalidSyntax")),
        case("3.12", "B086 a body that is no object is 400", "[]", (400, "invalidSyntax")),
        case("3.12", "B086 a body that is no object is 400", '"ada"', (400, "invalidSyntax")),
        case("3.12", "B086 a body that is no object is 400", "null", (400, "invalidSyntax")),
        case("3.12", "B087 a value of the wrong type is 400", user_body(7), (400, "invalidValue")),  # type: ignore[arg-type]
        case("3.12", "B087 a value of the wrong type is 400", user_body("ada", active="perhaps"),
             (400, "invalidValue")),
        case("3.12", "B087 a value of the wrong type is 400", user_body("ada", active=1), (400, "invalidValue")),
        case("3.12", "B087 a value of the wrong type is 400", user_body("ada", name="Ada"), (400, "invalidValue")),
        case("3.12", "B087 a value of the wrong type is 400", user_body("ada", emails=7), (400, "invalidValue")),
        case("3.12", "B087 a value of the wrong type is 400", user_body("ada", title={"value": "x"}),
             (400, "invalidValue")),
        case("3.12", "B087 a value of the wrong type is 400", user_body("ada", **{ENTERPRISE: "R&D"}),
             (400, "invalidValue")),
    ],
)  # fmt: skip
def test_create_with_a_bad_body_is_refused(scim: ScimClient, body: Any, expected: tuple[int, str]) -> None:
    """What is no user resource is 400 and makes nobody."""
    response = scim.post("/Users", body)

    assert refusal(response) == expected
    assert listed(scim.get("/Users"))["totalResults"] == 0


@pytest.mark.compliance("RFC 7643", "3", "B083 a body without schemas is read as the endpoint's type")
def test_create_without_schemas_is_taken(scim: ScimClient, strict: ScimClient) -> None:
    """Schemas may be left out, unless the connection is strict."""
    assert scim.post("/Users", {"userName": "ada"}).status_code == 201
    assert refusal(strict.post("/Users", {"userName": "ada"})) == (400, "invalidSyntax")


@pytest.mark.compliance("RFC 7643", "2.5", "B088 null and [] mean unassigned and come back as nothing")
def test_create_with_null_and_empty_arrays_assigns_nothing(scim: ScimClient) -> None:
    """What is unassigned is not in the answer."""
    created = scim.create_user("ada", title=None, emails=[], name=None, **{ENTERPRISE: {"department": None}})

    assert created.keys() & {"title", "emails", "name", ENTERPRISE} == set()


@pytest.mark.compliance("RFC 7643", "2.1", "B089 attribute names in bodies ignore case")
def test_create_reads_names_in_any_case(scim: ScimClient) -> None:
    """Names are taken in any case and come back as the schema spells them."""
    body = {
        "SCHEMAS": [USER],
        "USERNAME": "ada",
        "Name": {"GIVENNAME": "Ada"},
        "eMails": [{"Value": "a@example.com"}],
    }

    created = scim.post("/Users", {**body, ENTERPRISE.upper(): {"DEPARTMENT": "R&D"}}).json()

    assert created["userName"] == "ada"
    assert created["name"]["givenName"] == "Ada"
    assert created["emails"][0]["value"] == "a@example.com"
    assert created[ENTERPRISE] == {"department": "R&D"}


@pytest.mark.compliance("RFC 7643", "4.1.2", "B090 readOnly groups in a POST are ignored")
def test_create_with_groups_joins_none(scim: ScimClient) -> None:
    """Membership is changed through the group alone."""
    group = scim.create_group("Choir")

    created = scim.create_user("ada", groups=[{"value": group["id"]}])

    assert "groups" not in created
    assert "members" not in read(scim, f"/Groups/{group['id']}")


@pytest.mark.compliance("RFC 7643", "2.4", "B091 at most one primary value survives")
def test_create_with_two_primaries_keeps_one(scim: ScimClient) -> None:
    """Of two values that say they are the primary one, one is."""
    emails = [{"value": "a@example.com", "primary": True}, {"value": "b@example.com", "primary": True}]

    created = scim.create_user("ada", emails=emails)

    assert [email["value"] for email in created["emails"]] == ["a@example.com", "b@example.com"]
    assert [email.get("primary", False) for email in created["emails"]].count(True) == 1


@pytest.mark.compliance("RFC 7643", "2.3.2", "B092 a boolean is stored and returned as a boolean")
@pytest.mark.parametrize(("sent", "stored"), [(False, False), ("False", False), ("true", True)])
def test_create_returns_booleans_as_booleans(scim: ScimClient, sent: Any, stored: bool) -> None:
    """However a boolean was sent, it comes back as a JSON boolean."""
    created = scim.create_user("ada", active=sent, emails=[{"value": "a@example.com", "primary": sent}])

    assert created["active"] is stored
    assert created["emails"][0]["primary"] is stored
    assert read(scim, f"/Users/{created['id']}")["active"] is stored


@pytest.mark.compliance("RFC 7643", "4.1.1", "B093 a unicode userName survives and is found")
@pytest.mark.parametrize("user_name", ["åsa.öberg@example.com", "李小龍", "Ζωή", "ada🐙"])
def test_create_with_a_unicode_user_name_is_found(scim: ScimClient, user_name: str) -> None:
    """UserName is any text."""
    created = scim.create_user(user_name)

    assert created["userName"] == user_name
    assert names(scim, filter=f'userName eq "{user_name}"') == [user_name]


def _plural(value: str, **more: Any) -> list[dict[str, Any]]:
    return [{"value": value, "display": value, "type": "work", "primary": True, **more}]


EVERY_CORE_ATTRIBUTE: dict[str, Any] = {
    "externalId": "701984",
    "name": {
        "formatted": "Dr. Ada M Lindgren, III",
        "familyName": "Lindgren",
        "givenName": "Ada",
        "middleName": "Maria",
        "honorificPrefix": "Dr.",
        "honorificSuffix": "III",
    },
    "displayName": "Ada Lindgren",
    "nickName": "Ada",
    "profileUrl": "https://login.example.com/ada",
    "title": "Tour Guide",
    "userType": "Employee",
    "preferredLanguage": "en-US",
    "locale": "en-US",
    "timezone": "America/Los_Angeles",
    "active": True,
    "emails": _plural("ada@example.com"),
    "phoneNumbers": _plural("tel:+1-555-555-5555"),
    "ims": _plural("adalindgren", type="xmpp"),
    "photos": _plural("https://photos.example.com/1.jpg", type="photo"),
    "addresses": [
        {
            "formatted": "100 Example Street\nExampleville",
            "streetAddress": "100 Example Street",
            "locality": "Exampleville",
            "region": "CA",
            "postalCode": "91608",
            "country": "US",
            "type": "work",
            "primary": True,
        }
    ],
    "entitlements": _plural("build"),
    "roles": _plural("admin"),
    "x509Certificates": _plural("MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAw"),
}


@pytest.mark.compliance("RFC 7643", "8.2", "B094 every core User attribute survives a round trip")
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_every_core_attribute_survives(scim: ScimClient, method: str) -> None:
    """What was sent comes back, attribute by attribute."""
    body = user_body("ada", **EVERY_CORE_ATTRIBUTE)
    path = f"/Users/{scim.create_user('ada')['id']}" if method == "PUT" else "/Users"

    written = scim.request(method, path, body).json()

    assert {name: written.get(name) for name in body} == body
    assert read(scim, f"/Users/{written['id']}") == written


@pytest.mark.compliance("RFC 7643", "4.3", "B095 the enterprise extension survives a round trip")
def test_enterprise_extension_survives(scim: ScimClient) -> None:
    """The extension comes back under its URN, which joins schemas even when the client left it out."""
    boss = scim.create_user("boss")
    extension = {
        "employeeNumber": "701984",
        "costCenter": "4130",
        "organization": "Example Studios",
        "division": "Theme Park",
        "department": "Tour Operations",
        "manager": {"value": boss["id"], "$ref": boss["meta"]["location"]},
    }

    created = scim.create_user("ada", **{ENTERPRISE: extension})

    assert read(scim, f"/Users/{created['id']}")[ENTERPRISE] == extension
    assert set(created["schemas"]) == {USER, ENTERPRISE}


@pytest.mark.compliance("RFC 7644", "3.1", "B096 an unknown attribute or extension is left out")
@pytest.mark.parametrize("unknown", [{"shoeSize": 43}, {"urn:example:shoes:1.0:User": {"size": 43}}])
def test_create_with_unknown_attributes_leaves_them_out(
    scim: ScimClient, strict: ScimClient, unknown: dict[str, Any]
) -> None:
    """What no schema knows is not stored; a strict connection refuses it."""
    created = scim.create_user("ada", **unknown)

    assert created.keys() & unknown.keys() == set()
    assert refusal(strict.post("/Users", user_body("ada", **unknown))) == (400, "invalidValue")


@pytest.mark.compliance("RFC 7644", "3.2", "B097 POST on a resource is not allowed")
def test_post_on_a_resource_is_not_allowed(scim: ScimClient) -> None:
    """Resources are made on their endpoint."""
    user = scim.create_user("ada")

    response = scim.post(f"/Users/{user['id']}", user_body("bruno"))

    assert refusal(response) == (405, None)
    assert "POST" not in response["Allow"]
    assert names(scim) == ["ada"]
