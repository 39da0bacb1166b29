"""Text that means harm, in every column that others fill: inert in every page, every file and every header."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.apps import apps

from tests.admin.pages import superuser
from tests.browser.conftest import Site
from tests.browser.hostile import HOSTILE, make_hostile
from tests.browser.pages import every_page
from tests.dashboard.scenes import one_of_each
from tests.dashboard.test_walk import names, url
from tests.factories import make_connection, make_token
from tests.lifecycle.people import push
from tests.scim_client import ScimClient

_TAMPERED = "() => [window.owned ?? 0, document.querySelectorAll('[data-injected]').length]"
# What a spreadsheet takes for the beginning of a formula, after the blanks that it trims.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def listened(page: Any) -> list[str]:
    """Give the list into which the browser's complaints come, and all that the text should not have caused."""
    noises: list[str] = []

    def dismiss(dialog: Any) -> None:
        noises.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def hear(message: Any) -> None:
        # The browser asks every site for an icon by itself; this one has none.
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
            noises.append(f"console {message.text}")

    def follow(request: Any) -> None:
        if "injected" in request.url:
            noises.append(f"request {request.url}")

    page.on("dialog", dismiss)
    page.on("pageerror", lambda error: noises.append(f"error {error}"))
    page.on("console", hear)
    page.on("request", follow)
    return noises


@pytest.mark.django_db(transaction=True)
def test_hostile_text_is_inert_in_every_page(site: Site, page: Any) -> None:
    """No dialog, no script, no element, no request and no error comes of it, and the template is not evaluated."""
    rows = site.rows
    push(rows["connection"], "second@example.com", displayName="x", title="y")
    make_hostile()
    noises = listened(page)
    problems: dict[str, Any] = {}
    seen = 0

    for name, address in every_page(site).items():
        page.goto(address)
        tampered = page.evaluate(_TAMPERED)
        seen += "{{7*7}}" in page.locator("body").inner_text()
        if noises or tampered != [0, 0]:
            problems[name] = [*noises, tampered]
            noises.clear()

    assert problems == {}
    assert seen > 15


def exported(name: str) -> dict[str, str]:
    """Give the list's file in both formats."""
    client = superuser().client
    address = url(name)
    return {
        form: client.get(address.replace("/csv/", f"/{form}/")).getvalue().decode()
        for form in ("csv", "jsonl")
    }


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in names() if name.endswith("_export")])
def test_hostile_text_is_inert_in_every_file(name: str) -> None:
    """No cell of a CSV begins a formula, and JSON lines hold the text letter by letter."""
    one_of_each()
    make_connection("formula")
    make_hostile()

    files = exported(name)

    cells = [cell for row in csv.reader(io.StringIO(files["csv"], newline="")) for cell in row]
    texts = [text for line in files["jsonl"].splitlines() for text in _texts(json.loads(line))]
    assert [cell for cell in cells if cell.lstrip(" \u00a0\ufeff").startswith(_FORMULA)] == []
    assert any(cell.startswith("'=cmd()") or HOSTILE[:40] in cell for cell in cells)
    assert any(HOSTILE[:40] in text for text in texts)
    assert all("'=cmd()" not in text.replace(HOSTILE, "") for text in texts)


def _texts(value: Any) -> list[str]:
    match value:
        case dict():
            return [text for one in value.items() for text in _texts(list(one))]
        case list():
            return [text for one in value for text in _texts(one)]
        case str():
            return [value]
        case _:
            return []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    [
        "=cmd()",
        "<script>window.owned=1</script>",
        "a\u202eb".encode().decode("latin-1"),
        "x" * 4_000,
        "{{7*7}}",
    ],
)
def test_hostile_header_of_a_directory_is_kept_as_text_or_replaced(header: str) -> None:
    """User agent and request id of a push come back in no header as they were sent, and the push goes through."""
    directory = ScimClient(make_token(make_connection("acme")))

    response = directory.post(
        "/Users",
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@example.com"},
        User_Agent=header,
        X_Request_ID=header,
    )

    assert response.status_code == 201
    assert header not in response.headers.values()
    for model in apps.get_app_config("django_provisioning").get_models():
        for row in model._base_manager.values():
            assert row.get("correlation_id") != header
