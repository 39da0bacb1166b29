"""The same day at two companies with single sign-on: at Lumen the login comes first, at Tundra the directory."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model

from django_provisioning.models import Account
from example_project.demo import directory
from example_project.demo.providers import OpenIdProvider, SamlProvider
from example_project.demo.stage import Idp, Stage
from example_project.demo.visitor import Visitor
from example_project.identity_providers.people import PEOPLE

ADA, BO, *_ = PEOPLE


def lumen_on_openid(stage: Stage, pushes: Idp, provider: OpenIdProvider) -> None:
    """A login makes the account, the directory takes it over, and ends it."""
    stage.narrator.chapter("Lumen, with OpenID Connect: the login comes first")
    stage.narrator.scene("09:00", "Ada Marsh logs in at Lumen's provider. Nobody here knows her yet.")
    ada = Visitor(stage, ADA, provider.login_path)
    told = ada.logs_in()
    stage.claim("the account says how it came to be", holds=_account(told).origin == "jit_oidc")
    stage.narrator.scene("12:00", "Lumen connects its directory as well, which looks for Ada and pushes her.")
    pushes.sends(directory.find(ADA), body={"totalResults": 0})
    made = pushes.sends(directory.create(ADA, title="Engineer"), 201, {"active": True})
    stage.claim("it is the same Django user", holds=_pk_of(ADA.user_name) == told.get("pk"))
    stage.claim("both doors look after it", holds=_account(told).managed_by == "scim+sso")
    stage.narrator.scene(
        "17:00", "Ada leaves Lumen. Her browser is still open, and her provider still knows her."
    )
    pushes.sends(directory.set_active(str(made.get("id", "")), active=False), body={"active": False})
    ada.is_locked_out()
    ada.is_refused()


def tundra_on_saml(stage: Stage, pushes: Idp, provider: SamlProvider) -> None:
    """The directory makes the account, the first login binds it, and a suspension ends every session."""
    stage.narrator.chapter("Tundra, with SAML: the directory comes first")
    stage.narrator.scene("09:10", "Bo Lindgren is hired; HR writes the name as it stands in the passport.")
    names = {"givenName": "Bodil", "familyName": "Lindgren"}
    made = pushes.sends(directory.create(BO, name=names), 201, {"active": True})
    pk = _pk_of(BO.user_name)
    stage.narrator.scene(
        "10:00", "Bo logs in for the first time. The assertion says Bo; the directory's Bodil stays."
    )
    bo = Visitor(stage, BO, provider.login_path)
    told = bo.logs_in()
    stage.claim("it is the same Django user", holds=told.get("pk") == pk)
    stage.claim("the directory's name stays", holds=_first_name_of(BO.user_name) == "Bodil")
    scim_id = str(made.get("id", ""))
    stage.narrator.scene("17:10", "Bo is suspended, and tries again.")
    pushes.sends(directory.set_active(scim_id, active=False), body={"active": False})
    bo.is_locked_out()
    bo.is_refused()
    stage.narrator.scene("17:40", "The suspension is lifted. Bo is let in again, on a new session only.")
    pushes.sends(directory.set_active(scim_id, active=True), body={"active": True})
    bo.is_locked_out()
    bo.logs_in()


def _account(told: dict[str, Any]) -> Account:
    """Give the provisioning record of whom ``/whoami/`` told of, an empty one without any."""
    return Account.objects.filter(user_id=told.get("pk", 0)).first() or Account()


def _pk_of(user_name: str) -> Any:
    users = get_user_model()._default_manager
    return users.filter(username=user_name).values_list("pk", flat=True).first()


def _first_name_of(user_name: str) -> Any:
    users = get_user_model()._default_manager
    return users.filter(username=user_name).values_list("first_name", flat=True).first()
