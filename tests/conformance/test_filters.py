"""Filters (RFC 7644 §3.4.2.2): what each one finds among four people, and what is no filter."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from django_provisioning.models import Connection
from tests.conformance.answers import ENTERPRISE, USER, case, group_names, listed, names, refusal
from tests.scim_client import ScimClient

ADA, BRUNO, CHIARA, DEV = "Ada@example.com", "bruno", "chiara", "dev"
EVERYBODY = {ADA, BRUNO, CHIARA, DEV}


@pytest.fixture
def people(scim: ScimClient) -> ScimClient:
    """Make the four people whom the cases look for."""
    scim.create_user(
        ADA,
        externalId="E-ada",
        name={"givenName": "Ada", "familyName": "Lindgren"},
        title="Engineer",
        nickName='the "Ace" and \\friends\\',
        emails=[
            {"type": "work", "value": "ada@example.com", "primary": True},
            {"type": "home", "value": "ada@home.example.org"},
        ],
        **{ENTERPRISE: {"department": "R&D", "manager": {"value": "boss-1"}}},
    )
    scim.create_user(BRUNO, externalId="E-ADA", title="Manager", active=False, nickName="100%_x", emails=[])
    scim.create_user(
        CHIARA,
        name={"familyName": "Rossi"},
        title="Engineer",
        nickName="grüezi [x] or y",
        emails=[
            {"type": "work", "value": "chiara@example.com"},
            {"type": "home", "value": "shared@example.org"},
        ],
        **{ENTERPRISE: {"department": "Sales"}},
    )
    scim.create_user(DEV, nickName=None, emails=[{"type": "work", "value": "shared@example.org"}])
    return scim


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        case("4.1.1", "B001 userName is compared without case", f'userName eq "{ADA.upper()}"', {ADA},
             standard="RFC 7643"),
        case("3.1", "B002 externalId is compared with case", 'externalId eq "E-ada"', {ADA}, standard="RFC 7643"),
        case("3.1", "B002 externalId is compared with case", 'externalId eq "e-ada"', set(), standard="RFC 7643"),
        case("2.1", "B004 attribute names ignore case", f'USERNAME eq "{BRUNO}"', {BRUNO}, standard="RFC 7643"),
        case("2.1", "B004 attribute names ignore case", 'eMails.VALUE eq "ada@example.com"', {ADA},
             standard="RFC 7643"),
        case("3.4.2.2", "B005 operators ignore case", 'title EQ "Engineer" AND active Eq true', {ADA, CHIARA}),
        case("3.10", "B006 core attributes take their URN", f'{USER}:userName eq "{BRUNO}"', {BRUNO}),
        case("3.10", "B007 extension attributes are named by URN", f'{ENTERPRISE}:department eq "R&D"', {ADA}),
        case("3.10", "B008 extension sub-attributes are named by URN", f'{ENTERPRISE}:manager.value eq "boss-1"',
             {ADA}),
        case("3.4.2.2", "B009 a complex multi-valued attribute stands for its value", 'emails co "shared@"',
             {CHIARA, DEV}),
        case("3.4.2.2", "B010 any element can match", 'emails.value eq "ada@home.example.org"', {ADA}),
        case("3.4.2.2", "B011 a value path binds one element",
             'emails[type eq "work" and value eq "shared@example.org"]', {DEV}),
        case("3.4.2.2", "B012 without a value path elements may differ",
             'emails.type eq "work" and emails.value eq "shared@example.org"', {CHIARA, DEV}),
        case("3.4.2.2", "B013 a value path combines with other conditions",
             'emails[type eq "home"] and name.familyName eq "Rossi"', {CHIARA}),
        case("3.4.2.2", "B014 or inside a value path",
             'emails[type eq "home" or value eq "shared@example.org"]', {ADA, CHIARA, DEV}),
        case("3.4.2.2", "B015 pr holds for a value only", "title pr", {ADA, BRUNO, CHIARA}),
        case("3.4.2.2", "B016 pr on a complex attribute looks for any sub-attribute", "name pr", {ADA, CHIARA}),
        case("2.5", "B017 null and an empty array are no value", "emails pr", {ADA, CHIARA, DEV},
             standard="RFC 7643"),
        case("2.5", "B017 null and an empty array are no value", "nickName pr", {ADA, BRUNO, CHIARA},
             standard="RFC 7643"),
        case("3.4.2.2", "B018 ne holds for another value", 'title ne "Engineer" and title pr', {BRUNO}),
        case("3.4.2.2", "B019 ne holds for an absent value", 'title ne "Engineer"', {BRUNO, DEV}),
        case("3.4.2.2", "B020 not negates a group", 'not (title eq "Engineer")', {BRUNO, DEV}),
        case("3.4.2.2", "B021 NOT is not", 'NOT (title eq "Engineer")', {BRUNO, DEV}),
        case("3.4.2.2", "B022 and binds tighter than or",
             'title eq "Manager" or title eq "Engineer" and name.familyName eq "Rossi"', {BRUNO, CHIARA}),
        case("3.4.2.2", "B023 parentheses override the precedence",
             '(title eq "Manager" or title eq "Engineer") and name.familyName eq "Rossi"', {CHIARA}),
        case("3.4.2.2", "B024 co, sw and ew ignore case where the attribute does", 'title co "GINE"', {ADA, CHIARA}),
        case("3.4.2.2", "B024 co, sw and ew ignore case where the attribute does", 'title sw "mana"', {BRUNO}),
        case("3.4.2.2", "B024 co, sw and ew ignore case where the attribute does", 'title ew "AGER"', {BRUNO}),
        case("3.4.2.2", "B025 wildcards are text", 'nickName co "%"', {BRUNO}),
        case("3.4.2.2", "B025 wildcards are text", 'nickName sw "10_"', set()),
        case("3.4.2.2", "B025 wildcards are text", 'nickName co "%_x"', {BRUNO}),
        case("3.4.2.2", "B025 wildcards are text", 'title co ".*"', set()),
        case("3.4.2.2", "B026 strings are ordered", 'title gt "Engineer"', {BRUNO}),
        case("3.4.2.2", "B026 strings are ordered", 'title ge "engineer"', {ADA, BRUNO, CHIARA}),
        case("3.4.2.2", "B026 strings are ordered", 'title lt "Manager"', {ADA, CHIARA}),
        case("3.4.2.2", "B026 strings are ordered", 'title le "manager"', {ADA, BRUNO, CHIARA}),
        case("3.4.2.2", "B032 booleans are JSON literals", "active eq true", {ADA, CHIARA, DEV}),
        case("3.4.2.2", "B032 booleans are JSON literals", "active eq false", {BRUNO}),
        case("3.4.2.2", "B033 a boolean compared with its spelling is read as meant", 'active eq "False"', {BRUNO}),
        case("3.4.2.2", "B034 eq null finds unassigned values", "title eq null", {DEV}),
        case("3.4.2.2", "B038 string literals follow JSON", r'nickName eq "the \"Ace\" and \\friends\\"', {ADA}),
        case("3.4.2.2", "B038 string literals follow JSON", r'nickName sw "gr\u00fcezi"', {CHIARA}),
        case("3.4.2.2", "B039 operators inside a literal are text", 'nickName ew " [x] or y"', {CHIARA}),
        case("3.4.2.2", "B039 operators inside a literal are text", r'nickName co "\" and \\"', {ADA}),
        case("3.4.2.2", "B045 schemas are filtered by URN", f'schemas eq "{ENTERPRISE}"', {ADA, CHIARA}),
    ],
)  # fmt: skip
def test_filter_finds_whom_it_describes(people: ScimClient, filter_: str, expected: set[str]) -> None:
    """A filter lists the people for whom it holds, and nobody else."""
    found = names(people, filter=filter_)

    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("filter_", "status"),
    [
        case("3.4.2.2", "B020 not needs parentheses", 'not title eq "Engineer"', 400),
        case("3.4.2.2", "B030 a dateTime literal must be one", 'meta.created gt "yesterday"', 400),
        case("3.4.2.2", "B031 booleans have no order", "active gt false", 400),
        case("3.4.2.2", "B031 booleans have no order", "active le true", 400),
        case("3.4.2.2", "B033 a boolean compared with another string is refused", 'active eq "maybe"', 400),
        case("3.4.2.2", "B035 syntax errors", "userName", 400),
        case("3.4.2.2", "B035 syntax errors", "userName eq", 400),
        case("3.4.2.2", "B035 syntax errors", 'userName is "x"', 400),
        case("3.4.2.2", "B035 syntax errors", 'userName eq "x', 400),
        case("3.4.2.2", "B035 syntax errors", '(userName eq "x"', 400),
        case("3.4.2.2", "B035 syntax errors", 'userName eq "x" and', 400),
        case("3.4.2.2", "B035 syntax errors", 'emails[type eq "work"', 400),
        case("3.4.2.2", "B035 syntax errors", 'userName eq x', 400),
        case("3.4.2.2", "B036 an unknown attribute never lists everybody", 'shoeSize ne "43"', 400),
        case("3.4.2.2", "B036 an unknown attribute never lists everybody", "not (shoeSize pr)", 400),
        case("3.4.2.2", "B036 an unknown attribute never lists everybody", 'userName pr or shoeSize eq "1"', 400),
        case("3.4.2.2", "B037 an unknown attribute is invalidFilter", 'shoeSize eq "43"', 400),
        case("3.4.2.2", "B037 an unknown attribute is invalidFilter", 'name.shoeSize eq "43"', 400),
        case("3.4.2.2", "B037 an unknown attribute is invalidFilter", 'urn:example:none:userName eq "43"', 400),
        case("3.4.2.2", "B041 nesting without end is answered", "(" * 900 + "userName pr" + ")" * 900, 400),
        case("3.4.2.2", "B041 nesting without end is answered", "not (" * 400 + "userName pr" + ")" * 400, 400),
    ],
)  # fmt: skip
def test_filter_that_cannot_be_read_is_refused(people: ScimClient, filter_: str, status: int) -> None:
    """What is no filter of this resource type is 400 invalidFilter and lists nobody."""
    response = people.get("/Users", {"filter": filter_})

    assert refusal(response) == (status, "invalidFilter")


@pytest.mark.compliance("RFC 7643", "3.1", "B003 id finds the resource")
def test_filter_by_id_finds_the_resource(people: ScimClient) -> None:
    """`id eq` lists exactly the resource with the id."""
    wanted = listed(people.get("/Users"))["Resources"][2]

    assert names(people, filter=f'id eq "{wanted["id"]}"') == [wanted["userName"]]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        case(
            "3.4.2.2",
            "B027 ge and le include the instant",
            'meta.created ge "{}" and meta.created le "{}"',
            1,
        ),
        case(
            "3.4.2.2", "B027 ge and le include the instant", 'meta.created gt "{}" or meta.created lt "{}"', 0
        ),
        case("2.3.5", "B028 the offset counts", 'meta.created eq "{offset}"', 1, standard="RFC 7643"),
        case("2.3.5", "B028 the offset counts", 'meta.created gt "{offset}"', 0, standard="RFC 7643"),
        case("2.3.5", "B029 with and without fraction", 'meta.created ge "{whole}"', 1, standard="RFC 7643"),
        case(
            "2.3.5", "B029 with and without fraction", 'meta.created ge "{fraction}"', 1, standard="RFC 7643"
        ),
        case("2.3.5", "B029 with and without fraction", 'meta.created lt "{whole}"', 0, standard="RFC 7643"),
    ],
)
def test_filter_by_datetime_compares_instants(scim: ScimClient, pattern: str, expected: int) -> None:
    """DateTimes are compared as instants, however they are written."""
    created = scim.create_user("ada")["meta"]["created"]
    whole = created[:19] + "Z"
    hour = f"{(int(created[11:13]) + 2) % 24:02}"
    day = created[:10] if int(created[11:13]) < 22 else _next_day(created[:10])
    offset = f"{day}T{hour}{created[13:].removesuffix('Z')}+02:00"
    filter_ = pattern.format(created, created, offset=offset, whole=whole, fraction=whole[:-1] + ".000Z")

    assert listed(scim.get("/Users", {"filter": filter_}))["totalResults"] == expected


def _next_day(day: str) -> str:
    from datetime import date, timedelta

    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


@pytest.mark.compliance("RFC 7644", "3.4.2", "B040 a query is decoded with %20 and with +")
@pytest.mark.parametrize("space", ["%20", "+"])
def test_filter_in_the_url_is_decoded(people: ScimClient, space: str) -> None:
    """Both encodings of a space reach the filter as one."""
    encoded = space.join(quote(word, safe="") for word in ("title", "eq", '"Manager"'))

    found = listed(people.get(f"/Users?filter={encoded}"))

    assert [user["userName"] for user in found["Resources"]] == [BRUNO]


@pytest.mark.compliance("RFC 7644", "3.4.2.2", "B041 nesting within the limit is evaluated")
def test_filter_of_twenty_levels_is_evaluated(people: ScimClient) -> None:
    """A filter that is nested, but not absurdly so, finds whom it describes."""
    deep = "(" * 20 + f'userName eq "{BRUNO}"' + ")" * 20

    assert names(people, filter=deep) == [BRUNO]


@pytest.mark.compliance("RFC 7643", "7", "B042 a password cannot be guessed by filters")
@pytest.mark.parametrize("condition", ['eq "t1ger!lily-9"', "pr", 'sw "t"', 'ne "x"'])
def test_filter_on_password_tells_nothing(scim: ScimClient, condition: str) -> None:
    """A writeOnly attribute is refused in filters, so that no comparison can spell it out."""
    scim.create_user("ada", password="t1ger!lily-9")

    response = scim.get("/Users", {"filter": f"password {condition}"})

    assert refusal(response) == (400, "invalidFilter")


@pytest.mark.compliance("RFC 7644", "3.4.2.2", "B043 groups are filtered by members.value and by value path")
@pytest.mark.parametrize("pattern", ['members.value eq "{}"', 'members[value eq "{}"]', 'members eq "{}"'])
def test_filter_on_members_finds_the_groups_of_a_person(scim: ScimClient, pattern: str) -> None:
    """The groups that a person is a member of are found."""
    ada = scim.create_user("ada")["id"]
    scim.create_group("Choir", ada)
    scim.create_group("Band", scim.create_user("bruno")["id"])

    assert group_names(scim, filter=pattern.format(ada)) == ["Choir"]


@pytest.mark.compliance("RFC 7643", "4.1.2", "B044 users are filtered by groups.value")
@pytest.mark.parametrize("pattern", ['groups.value eq "{}"', 'groups[value eq "{}"]'])
def test_filter_on_groups_finds_the_members(scim: ScimClient, pattern: str) -> None:
    """The people who are members of a group are found."""
    choir = scim.create_group("Choir", scim.create_user("ada")["id"])["id"]
    scim.create_user("bruno")

    assert names(scim, filter=pattern.format(choir)) == ["ada"]


@pytest.mark.compliance("RFC 7644", "4", "B046 a filter on a discovery endpoint is 403")
@pytest.mark.parametrize("endpoint", ["/Schemas", "/ResourceTypes"])
def test_filter_on_discovery_is_forbidden(scim: ScimClient, endpoint: str) -> None:
    """Discovery takes no filter, not even one that would hold."""
    response = scim.get(endpoint, {"filter": "id pr"})

    assert refusal(response) == (403, None)


@pytest.mark.compliance("RFC 7644", "3.4.2.2", "a filter never reaches another connection's resources")
def test_filter_with_or_stays_within_the_connection(
    scim: ScimClient, strict: Any, connection: Connection
) -> None:
    """The restriction to the connection holds for every branch of a filter."""
    strict.create_user("ada")
    scim.create_user("bruno")

    assert names(scim, filter='userName eq "ada" or userName pr or not (userName eq "zoe")') == ["bruno"]
