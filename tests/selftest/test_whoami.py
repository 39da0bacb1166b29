"""The protected page: it knows the people of a self-test and tells nobody else anything."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.authtoken.models import Token

from django_provisioning.models import Account
from django_provisioning.selftest.probes.sessions import open_any_session
from tests.factories import make_connection
from tests.lifecycle.people import push

pytestmark = pytest.mark.urls("django_provisioning.selftest.urls")


@pytest.fixture
def user(db: None) -> Any:
    """A person whom a directory pushed."""
    return push(make_connection("acme"), "ada").identity.user


def test_whoami_stranger_gets_404(db: None) -> None:
    """Without a credential there is no page."""
    assert Client().get("/whoami/").status_code == 404


def test_whoami_real_account_gets_the_same_404(user: Any) -> None:
    """A working session and a working token of a real account get what a stranger and a wrong token get."""
    token = Token.objects.create(user=user).key
    session = open_any_session(user).headers["Cookie"].partition("=")[2]
    client = Client()
    stranger = client.get("/whoami/", headers={"Authorization": "Token wrong"})

    by_token = client.get("/whoami/", headers={"Authorization": f"Token {token}"})
    client.cookies["sessionid"] = session
    by_session = client.get("/whoami/")

    assert [by_token.status_code, by_session.status_code] == [404, 404]
    assert by_token.content == stranger.content == by_session.content


def test_whoami_probe_is_told_who_it_is(user: Any) -> None:
    """An account of the kind that only the self-test makes is named by its key."""
    Account.objects.filter(user=user).update(kind=Account.Kind.TEST)
    token = Token.objects.create(user=user).key

    answer = Client().get("/whoami/", headers={"Authorization": f"Token {token}"})

    assert (answer.status_code, answer.json()) == (200, {"user": str(user.pk)})
    assert "no-store" in answer["Cache-Control"]
