"""What Django holds is what SCIM returns: live values, mapped fields, extensions of the project."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_provisioning.exceptions import ValueRefused
from django_provisioning.mapping.fields import user_map
from django_provisioning.models import Connection, Event
from django_provisioning.protocol.core_schemas import GROUP_URN, USER_URN
from django_provisioning.protocol.schema import Attribute, Schema
from tests.factories import make_connection, make_token
from tests.lifecycle.people import fresh, login_of, push, user_changes
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

STAFF_URN = "urn:example:params:scim:schemas:staff:1.0:User"
TEAM_URN = "urn:example:params:scim:schemas:team:1.0:Group"
STAFF = Schema(
    STAFF_URN,
    "Staff",
    "What the project knows of its people",
    (
        Attribute("badge", "integer", "Number of the badge."),
        Attribute("nick", description="Name in the chat."),
        Attribute("code", description="Code as printed.", case_exact=True),
        Attribute("since", "dateTime", "First day."),
        Attribute("pin", description="Code of the door.", mutability="writeOnly", returned="never"),
        Attribute(
            "desks",
            "complex",
            "Where the person sits.",
            multi_valued=True,
            sub_attributes=(Attribute("value"), Attribute("floor", "integer")),
        ),
    ),
)
TEAM = Schema(TEAM_URN, "Team", "What the project knows of its groups", (Attribute("cost", "decimal"),))


@pytest.fixture
def connection() -> Connection:
    """A connection with nobody in it."""
    return make_connection()


@pytest.fixture
def client(connection: Connection) -> ScimClient:
    """A SCIM client of the connection."""
    return ScimClient(make_token(connection))


@pytest.fixture
def extended(settings: Any) -> None:
    """The project declares an extension for users and one for groups."""
    settings.DJANGO_PROVISIONING = {
        "EXTENSIONS": {"User": [f"{__name__}.STAFF"], "Group": [f"{__name__}.TEAM"]},
    }


def found(client: ScimClient, endpoint: str, text: str) -> list[str]:
    """Give the names of what a filter finds, over HTTP."""
    answer = client.get(endpoint, {"filter": text})
    assert answer.status_code == 200, answer.content
    resources = answer.json()["Resources"]
    return sorted(one.get("userName") or one["displayName"] for one in resources)


def edit(scim_id: str, connection: Connection, **values: Any) -> None:
    """Change columns of the Django user behind our back."""
    user = connection.identities.get(scim_id=scim_id).user
    get_user_model().objects.filter(pk=user.pk).update(**values)


@pytest.mark.compliance("RFC 7643", "3.1", "the resource shows the present values")
def test_local_edit_of_a_name_is_what_scim_returns(connection: Connection, client: ScimClient) -> None:
    """A first name corrected in Django is read by the directory; what Django does not hold stays as pushed."""
    made = client.create_user(
        login_of("ada"), name={"givenName": "Ada", "familyName": "King", "middleName": "A"}
    )

    edit(made["id"], connection, first_name="Augusta")

    read = client.get(f"/Users/{made['id']}").json()
    assert read["name"] == {"givenName": "Augusta", "familyName": "King", "middleName": "A"}
    assert read["meta"]["version"] != made["meta"]["version"]


def test_local_edit_to_nothing_takes_the_attribute_away(connection: Connection, client: ScimClient) -> None:
    """An emptied field has no value, so the attribute is not returned."""
    made = client.create_user(login_of("ada"), name={"givenName": "Ada"})

    edit(made["id"], connection, first_name="")

    assert "name" not in client.get(f"/Users/{made['id']}").json()


def test_local_edit_survives_a_patch_of_something_else(connection: Connection, client: ScimClient) -> None:
    """A PATCH changes what it names and nothing else."""
    made = client.create_user(login_of("ada"), name={"givenName": "Ada"})
    edit(made["id"], connection, first_name="Augusta")

    answer = client.patch(f"/Users/{made['id']}", [{"op": "replace", "path": "title", "value": "Countess"}])

    assert answer.json()["name"]["givenName"] == "Augusta"
    assert connection.identities.get().user.first_name == "Augusta"


def test_put_over_a_local_edit_wins_and_the_event_shows_it(
    connection: Connection, client: ScimClient
) -> None:
    """The directory says what is; the trail holds old and new, although the pushed document did not change."""
    made = client.create_user(login_of("ada"), name={"givenName": "Ada"})
    edit(made["id"], connection, first_name="Augusta")

    body = {"schemas": [USER_URN], "userName": made["userName"], "name": {"givenName": "Ada"}}
    answer = client.put(f"/Users/{made['id']}", body)

    event = Event.objects.filter(type="account.updated").latest("id")
    assert answer.json()["name"]["givenName"] == "Ada"
    assert connection.identities.get().user.first_name == "Ada"
    assert "Augusta" in str(event.changes)


@pytest.mark.skipif(
    get_user_model().USERNAME_FIELD == "email",
    reason="the e-mail is the login name, which is never read back",
)
def test_local_edit_of_the_email_changes_the_primary_one(connection: Connection, client: ScimClient) -> None:
    """The field is the primary address; the others and the element's type stay."""
    emails = [
        {"value": "home@example.com", "type": "home"},
        {"value": "work@example.com", "type": "work", "primary": True},
    ]
    made = client.create_user("ada", emails=emails)
    assert connection.identities.get().user.email == "work@example.com"

    edit(made["id"], connection, email="new@example.com")

    read = client.get(f"/Users/{made['id']}").json()
    assert read["emails"] == [
        {"value": "home@example.com", "type": "home"},
        {"value": "new@example.com", "type": "work", "primary": True},
    ]


def test_filter_finds_what_was_pushed_last_whatever_a_local_edit_made_of_it(
    connection: Connection, client: ScimClient
) -> None:
    """The documented decision: filters look at the directory's last word, reads at what Django holds now."""
    made = client.create_user(login_of("ada"), name={"givenName": "Ada"})

    edit(made["id"], connection, first_name="Augusta")

    assert found(client, "/Users", 'name.givenName eq "Ada"') == [made["userName"]]
    assert found(client, "/Users", 'name.givenName eq "augusta"') == []


def test_user_mapping_writes_another_field(settings: Any) -> None:
    """A row of USER_MAPPING sends an attribute to a field of the project's choice."""
    settings.DJANGO_PROVISIONING = {"USER_MAPPING": {"title": "last_name", "name.familyName": None}}

    identity = push(
        make_connection(), login_of("ada"), title="Countess", name={"familyName": "King"}
    ).identity

    assert identity.user.last_name == "Countess"
    assert identity.attributes["name"] == {"familyName": "King"}


def test_user_mapping_of_an_extension_attribute_is_live(
    settings: Any, extended: None, connection: Connection, client: ScimClient
) -> None:
    """A custom attribute in a user field: written by a push, read back after a local edit."""
    settings.DJANGO_PROVISIONING |= {"USER_MAPPING": {f"{STAFF_URN}:nick": "last_name"}}
    made = client.create_user(login_of("ada"), **{STAFF_URN: {"nick": "enchantress", "badge": 7}})
    assert connection.identities.get().user.last_name == "enchantress"

    edit(made["id"], connection, last_name="countess")

    read = client.get(f"/Users/{made['id']}").json()
    assert read[STAFF_URN] == {"nick": "countess", "badge": 7}


def test_user_mapping_without_a_row_leaves_the_field_alone(settings: Any, client: ScimClient) -> None:
    """None takes a field out: the push neither writes nor reads it, and the value is still given back."""
    settings.DJANGO_PROVISIONING = {"USER_MAPPING": {"name.givenName": None}}

    made = client.create_user(login_of("ada"), name={"givenName": "Ada"})

    assert made["name"] == {"givenName": "Ada"}
    assert get_user_model().objects.get().first_name == ""


@pytest.mark.parametrize("length", [151, 1_000])
def test_value_longer_than_its_field_is_refused(length: int) -> None:
    """Nothing is cut in silence: what the field cannot hold is the client's error."""
    with pytest.raises(ValueRefused, match="longer than"):
        user_changes(login_of("ada"), name={"givenName": "a" * length})


def test_changes_write_every_mapped_field(connection: Connection) -> None:
    """The fields that the mapping found by itself, for this user model."""
    identity = push(
        connection, login_of("ada"), name={"givenName": "Ada", "familyName": "King"},
        emails=[{"value": "ada@example.com"}],
    ).identity  # fmt: skip

    user = fresh(identity.user)
    assert (user.first_name, user.last_name, user.email) == ("Ada", "King", "ada@example.com")
    assert user.get_username() == login_of("ada")
    assert user_map().login_field == get_user_model().USERNAME_FIELD


@pytest.mark.compliance("RFC 7643", "3.3", "schema extensions of the project")
@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"{STAFF_URN}:badge eq 7", ["ada"]),
        (f"{STAFF_URN}:badge gt 7", ["bob"]),
        (f"{STAFF_URN}:badge lt 10", ["ada", "eve"]),
        (f"{STAFF_URN}:badge le -3", ["eve"]),
        (f'{STAFF_URN}:nick eq "ENCHANTRESS"', ["ada"]),
        (f'{STAFF_URN}:code eq "x1"', []),
        (f'{STAFF_URN}:code eq "X1"', ["ada"]),
        (f'{STAFF_URN}:since lt "2026-01-02T00:30:00+01:00"', ["ada"]),
        (f'{STAFF_URN}:desks[value eq "a" and floor gt 1]', ["bob"]),
        (f"{STAFF_URN}:badge pr", ["ada", "bob", "eve"]),
        (f"not ({STAFF_URN}:nick pr)", ["bob", "eve", "zoe"]),
        (f'schemas eq "{STAFF_URN}"', ["ada", "bob", "eve"]),
    ],
)
def test_extension_of_the_project_is_filterable(
    extended: None, client: ScimClient, text: str, names: list[str]
) -> None:
    """Numbers by value, dateTimes as instants, case as declared, one element between brackets."""
    desks = {
        "low": [{"value": "a", "floor": 1}, {"value": "b", "floor": 2}],
        "high": [{"value": "A", "floor": 2}],
    }
    first = {
        "badge": 7,
        "nick": "Enchantress",
        "code": "X1",
        "since": "2026-01-01T23:00:00Z",
        "desks": desks["low"],
    }
    client.create_user(login_of("ada"), **{STAFF_URN: first})
    client.create_user(login_of("bob"), **{STAFF_URN: {"badge": 10, "desks": desks["high"]}})
    client.create_user(login_of("eve"), **{STAFF_URN: {"badge": -30}})
    client.create_user(login_of("zoe"))

    assert found(client, "/Users", text) == [login_of(name) for name in names]


@pytest.mark.parametrize(
    ("text", "names"), [(f"{TEAM_URN}:cost ge 9.5", ["b"]), (f"{TEAM_URN}:cost eq 9.25", ["a"]),
                        (f'schemas eq "{TEAM_URN}"', ["a", "b"])]
)  # fmt: skip
def test_extension_of_groups_is_filterable(
    extended: None, client: ScimClient, text: str, names: list[str]
) -> None:
    """Groups take extensions as users do."""
    client.create_group("a", **{TEAM_URN: {"cost": 9.25}})
    client.create_group("b", **{TEAM_URN: {"cost": 10}})
    client.create_group("c")

    assert found(client, "/Groups", text) == names


def test_extension_is_given_back_and_named(extended: None, client: ScimClient) -> None:
    """Both resources return their extension and list its URN."""
    user = client.create_user(login_of("ada"), **{STAFF_URN: {"badge": 7}})
    group = client.create_group("engine", **{TEAM_URN: {"cost": 9.25}})

    assert user[STAFF_URN] == {"badge": 7}
    assert group[TEAM_URN] == {"cost": 9.25}
    assert user["schemas"] == [USER_URN, STAFF_URN]
    assert group["schemas"] == [GROUP_URN, TEAM_URN]


def test_secret_of_an_extension_stays_out_of_the_trail(extended: None, client: ScimClient) -> None:
    """An attribute that is never returned is in no event, no answer and no row that filters read."""
    made = client.create_user(login_of("ada"), **{STAFF_URN: {"badge": 7, "pin": "4711-secret"}})
    client.patch(f"/Users/{made['id']}", [{"op": "add", "path": f"{STAFF_URN}:pin", "value": "0815-secret"}])

    event_texts = [str(event.changes) for event in Event.objects.all()]

    assert "pin" not in made[STAFF_URN]
    assert not any("secret" in text for text in event_texts)
