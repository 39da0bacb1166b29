"""Every URL of the app in the admin, walked by an auditor, by staff without permissions, and by people outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from django_provisioning.models import Account, Connection, Event, GroupLink, Identity, Leave, SessionIndex
from tests.admin.pages import Browser
from tests.dashboard.scenes import auditor, one_of_each

pytestmark = pytest.mark.django_db

# What only shows something; every other URL asks before it changes something, or changes it.
READING = ("_changelist", "_change", "_history", "_export", "_setup", "_setup_status")
_APP = "django_provisioning"


def names() -> list[str]:
    """Give the names of all URLs of this app in the admin."""
    found = sorted(
        {name for name in _names(get_resolver("tests.urls").url_patterns) if name.startswith(_APP)}
    )
    assert len(found) > 30
    return found


def _names(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name


def url(name: str) -> str:
    """Give a URL that leads somewhere: with the keys of rows that are there."""
    model: Any = apps.get_model(_APP, name.split("_")[2])
    row = model.objects.order_by("pk").first()
    connection = Connection.objects.get(slug="acme")
    token, domain = connection.tokens.first(), connection.domains.first()
    assert token is not None
    key = connection.pk if model is Connection else getattr(row, "pk", 1)
    tries: list[list[Any]] = [["csv"]] if name.endswith("_export") else [[], [key], [key, token.pk]]
    if domain is not None:
        tries.append([key, domain.pk])
    for arguments in tries:
        try:
            return reverse(f"admin:{name}", args=arguments)
        except NoReverseMatch:
            continue
    raise AssertionError(f"no arguments are known for {name}")


def tables() -> dict[str, list[Any]]:
    """Give all rows of the app, but for the events that say what was exported."""
    found: dict[str, list[Any]] = {}
    for model in apps.get_app_config(_APP).get_models():
        rows: models.QuerySet[Any] = model._base_manager.order_by("pk")
        if model is Event:
            rows = rows.exclude(type="export.created")
        found[model.__name__] = list(rows.values())
    return found


def drained(response: Any) -> Any:
    """Read a streamed file to its end, as a browser would."""
    if response.streaming:
        response.getvalue()
    return response


def test_auditor_reads_everything_and_changes_nothing() -> None:
    """On every URL: what shows something is open, what asks or acts is closed, and no row differs afterwards."""
    one_of_each()
    browser = auditor()
    before = tables()

    answers = {
        name: [
            drained(browser.client.get(url(name))).status_code,
            drained(
                browser.client.post(url(name), {"confirmed": "1", "reason": "spite", "post": "yes"})
            ).status_code,
        ]
        for name in names()
    }

    read = {name: codes[0] for name, codes in answers.items() if name.endswith(READING)}
    acted = {name: codes for name, codes in answers.items() if not name.endswith(READING)}
    assert {name: code for name, code in read.items() if code != 200} == {}
    assert {name: codes for name, codes in acted.items() if set(codes) != {403}} == {}
    posted = {name: codes[1] for name, codes in answers.items() if name.endswith("_change")}
    assert set(posted.values()) == {403}
    assert tables() == before


def test_staff_without_permissions_opens_nothing() -> None:
    """To be staff is no permission for any page."""
    one_of_each()
    browser = Browser()

    answers = {name: browser.client.get(url(name)).status_code for name in names()}
    answers |= {f"POST {name}": browser.client.post(url(name)).status_code for name in names()}

    assert {name: code for name, code in answers.items() if code != 403} == {}


@pytest.mark.parametrize("is_logged_in", [False, True])
def test_outsider_is_sent_to_the_login(is_logged_in: bool) -> None:
    """Neither a visitor nor a user who is not staff sees a page."""
    person = one_of_each()["user"]
    client = Client()
    if is_logged_in:
        client.force_login(person)

    answers = {name: client.get(url(name)) for name in names()}

    assert {name for name, answer in answers.items() if answer.status_code != 302} == set()
    assert all("/login/" in answer["Location"] for answer in answers.values())


def test_every_model_with_a_page_is_walked() -> None:
    """A page that is added later is walked, or this fails."""
    walked = {name.split("_")[2] for name in names()}

    registered = {model._meta.model_name for model in admin.site._registry if model._meta.app_label == _APP}
    assert registered == walked
    assert {model._meta.model_name for model in (Account, GroupLink, Identity, Leave, SessionIndex)} <= walked
