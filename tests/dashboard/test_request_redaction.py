"""What the log of SCIM requests holds: the form of what was sent, and nothing that is somebody's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_provisioning.mapping import redaction
from django_provisioning.mapping.redaction import body_form, filter_form, path_form, query_form, text_form
from django_provisioning.models import ScimRequest
from tests.admin.pages import Browser, text_of, url_of
from tests.scim.scenes import bulk_body, group_body, make_tenant, patch_body, user_body

PERSON = "Zaphod"
ADDRESS = "zaphod@example.com"
SECRET = "correct horse battery"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (f'userName eq "{ADDRESS}"', 'userName eq "…"'),
        (f"userName eq {ADDRESS}", "userName eq …"),
        (f"userName eq {PERSON}", "userName eq …"),
        ("employeeNumber eq 701984", "employeeNumber eq …"),
        ("active eq true and title pr", "active eq true and title pr"),
        (
            f'emails[type eq "work" and value co "{PERSON}"]',
            'emails[type eq "…" and value co "…"]',
        ),
        (f'not (name.familyName sw "{PERSON}")', 'not (name.familyName sw "…")'),
        (f'{ENTERPRISE}:department eq "{PERSON}"', f'{ENTERPRISE}:department eq "…"'),
        ('emails[type eq "work"].value', 'emails[type eq "…"].value'),
        (f'userName eq "{PERSON}', "…"),
        ("eq eq eq", "eq … eq"),
        ("", ""),
    ],
)
def test_filter_keeps_names_and_operators_only(sent: str, kept: str) -> None:
    """What was compared with what stays readable, the literals do not; an unreadable filter is masked whole."""
    assert filter_form(sent) == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("startIndex=1&count=100", "startIndex=1&count=100"),
        (f"count={PERSON}", "count=…"),
        ("attributes=userName,name.givenName", "attributes=userName,name.givenName"),
        (f"attributes={ADDRESS}", "attributes=…"),
        (f"{ADDRESS}=1", "…=…"),
        ("cursor=eyJhIjoiYWRhIn0", "cursor=…"),
        ("aadOptscim062020", "aadOptscim062020="),
        ("FILTER=userName+eq+%22x%22", 'FILTER=userName eq "…"'),
        ("filter=a%00b", "filter=…"),
        ("djprov_0123456789ab_0123456789abcdef0123456789abcdef0123456789abc", "…="),
        ("", ""),
    ],
)
def test_query_keeps_what_is_known_to_be_harmless(sent: str, kept: str) -> None:
    """Parameters that nobody knows keep their name alone."""
    assert query_form(sent) == kept


def test_path_keeps_ids_and_no_name() -> None:
    """Our ids, imported numbers, schemas and endpoints stay; whatever else stands in the place of an id is masked."""
    prefix = "/people/api/v2/"
    known = "/people/api/v2/Users/2819c223-7f76-453a-919d-413861904646"
    assert path_form(known, prefix=prefix) == known
    assert path_form("/Groups/42/.search") == "/Groups/42/.search"
    assert path_form(f"/Schemas/{ENTERPRISE}") == f"/Schemas/{ENTERPRISE}"
    assert path_form("/Badges/7", endpoints={"Badges"}) == "/Badges/7"
    for name in (ADDRESS, PERSON, "zaphod.beeblebrox", "zaphod42", "004912345678901", "a\0b", "facade"):
        assert path_form(f"{prefix}Users/{name}", prefix=prefix) == f"{prefix}Users/…"
    assert path_form(f"{prefix}{PERSON}", prefix=prefix) == f"{prefix}…"
    assert path_form(f"/elsewhere/{PERSON}", prefix=prefix) == "/…/…"


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("'shoeSize' is not an attribute of User.", "'shoeSize' is not an attribute of User."),
        (f"A local group is named '{PERSON} and friends' here.", "A local group is named '…' here."),
        (f"“{PERSON}” is no valid choice.", "“…” is no valid choice."),
        (f"{ADDRESS} is blocked.", "… is blocked."),
        (f"displayName '{PERSON}' is in use.", "displayName '…' is in use."),
        (f"There is no endpoint '{PERSON}'.", "There is no endpoint '…'."),
        (
            "The connection's token is over. The user's too.",
            "The connection's token is over. The user's too.",
        ),
    ],
)
def test_detail_quotes_names_of_attributes_only(sentence: str, kept: str) -> None:
    """Our own words stay, what they quote does not."""
    assert text_form(sentence) == kept


def test_body_keeps_its_form() -> None:
    """Operations, paths, names and truth values stay; that is what a mistake of a mapping shows in."""
    body = patch_body(
        {"op": "replace", "path": f'emails[value eq "{ADDRESS}"].value', "value": ADDRESS},
        {
            "op": "Add",
            "value": {"active": False, "name.familyName": PERSON, f"{ENTERPRISE}:department": PERSON},
        },
    )

    kept = json.loads(body_form(body))

    assert kept == {
        "schemas": body["schemas"],
        "Operations": [
            {"op": "replace", "path": 'emails[value eq "…"].value', "value": "…"},
            {
                "op": "Add",
                "value": {"active": False, "name.familyName": "…", f"{ENTERPRISE}:department": "…"},
            },
        ],
    }


@pytest.mark.parametrize(
    "body",
    [
        user_body(
            ADDRESS, password=SECRET, displayName=PERSON, externalId=ADDRESS, active=True,
            name={"familyName": PERSON}, emails=[{"value": ADDRESS, "type": "work", "primary": True}],
            addresses=[{"streetAddress": SECRET}], x509Certificates=[{"value": SECRET}],
        ),
        group_body(PERSON, members=[{"value": "5b0d", "display": PERSON}]),
        bulk_body({"method": "POST", "path": "/Users", "bulkId": "q", "data": user_body(ADDRESS, password=SECRET)}),
        patch_body({"op": "replace", "value": {f'emails[value eq "{ADDRESS}"].type': PERSON, ADDRESS: 1, PERSON: 2}}),
        {"path": f"/Users/{ADDRESS}", "detail": f"'{SECRET}' is wrong", "type": ADDRESS, "schemas": [ADDRESS, SECRET]},
        {"id": ADDRESS, "version": SECRET, "urn:x:Any": {"anything": [[PERSON, 701984]]}},
        [ADDRESS, [SECRET], {"a": {"b": PERSON}}],
        ADDRESS,
    ],
)  # fmt: skip
def test_body_keeps_nothing_of_a_person(body: Any) -> None:
    """No value of any kind of message is in what is kept, wherever it stood."""
    kept = body_form(body).replace(f'"{PERSON}":', "")  # A bare word as a name is the name of an attribute.

    assert [secret for secret in (PERSON, ADDRESS, SECRET, "701984") if secret in kept] == []


_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(_DOCUMENTS)
def test_body_of_any_kind_has_a_form(document: Any) -> None:
    """Whatever JSON comes, its form is JSON of the same shape, and the log does not fail over it."""
    kept = json.loads(body_form(document))

    assert type(kept) is type(document) or kept == redaction.MASK


@given(st.text())
def test_texts_of_any_kind_have_a_form(text: str) -> None:
    """No query, path or sentence makes the log fail."""
    assert all(isinstance(form(text), str) for form in (query_form, filter_form, path_form, text_form))


@pytest.mark.django_db
def test_bodies_are_kept_only_where_they_are_switched_on(settings: Any) -> None:
    """Without the setting the columns stay empty; with it the form of both bodies is there, and no value."""
    tenant = make_tenant()
    tenant.client.post("/Users", user_body(ADDRESS, password=SECRET, displayName=PERSON))
    settings.DJANGO_PROVISIONING = {"REQUEST_LOG_BODIES": True}
    tenant.client.post("/Users", user_body(f"2{ADDRESS}", password=SECRET, displayName=PERSON))
    tenant.client.post("/Users", "{broken")

    kept = rows()

    off, on, broken = kept[-3:]
    assert (off.request_body, off.response_body) == ("", "")
    assert '"userName": "…"' in on.request_body
    assert '"resourceType": "User"' in on.response_body
    assert [
        secret for secret in (ADDRESS, SECRET, PERSON) if secret in on.request_body + on.response_body
    ] == []
    assert broken.request_body == ""
    assert '"scimType": "invalidSyntax"' in broken.response_body


@pytest.mark.django_db
def test_body_that_cannot_be_masked_fails_no_request(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong with a record is in our log, and the person is made all the same."""
    settings.DJANGO_PROVISIONING = {"REQUEST_LOG_BODIES": True}
    tenant = make_tenant()

    def broken(*_arguments: Any) -> str:
        raise RecursionError("too deep")

    monkeypatch.setattr(redaction, "filter_form", broken)

    assert tenant.client.post("/Users", user_body("grace")).status_code == 201


@pytest.mark.django_db
def test_long_body_is_cut(settings: Any) -> None:
    """So many bytes are kept of a body, cut between two characters."""
    settings.DJANGO_PROVISIONING = {"REQUEST_LOG_BODIES": True, "REQUEST_LOG_BODY_BYTES": 101}
    tenant = make_tenant()

    tenant.client.post("/Users", user_body("é" * 50, nickName="é" * 99))

    kept = rows()[-1].request_body
    assert len(kept.encode()) <= 101 + len("\n…".encode())
    assert kept.endswith("\n…")


@pytest.mark.django_db
def test_bodies_need_a_permission_of_their_own(settings: Any) -> None:
    """To see requests is not to see their bodies, on the page and in the file."""
    settings.DJANGO_PROVISIONING = {"REQUEST_LOG_BODIES": True}
    make_tenant()
    row = rows()[0]
    plain = Browser("view_scimrequest", "export_report")
    privileged = Browser("view_scimrequest", "view_request_body", "export_report")

    pages = [text_of(browser.get("scimrequest_change", row.pk)) for browser in (plain, privileged)]
    file = privileged.get("scimrequest_export", "jsonl").getvalue().decode()

    assert ["userName" in page for page in pages] == [False, True]
    assert "request_body" not in file
    assert url_of("scimrequest_changelist")


def rows() -> list[ScimRequest]:
    """Give the rows in their order, including those that wait for the end of the test's transaction."""
    from django_provisioning.lifecycle import request_log

    request_log.flush()
    return list(ScimRequest.objects.order_by("pk"))
