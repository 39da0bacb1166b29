"""A day at two companies: Acme feeds this site from Okta, Globex from Entra ID."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib.auth import get_user_model

from example_project.demo import entra, okta
from example_project.demo.stage import Idp, Stage


@dataclass(frozen=True, slots=True)
class Hire:
    """Somebody who starts today: at what time, and who it is."""

    clock: str
    given: str
    family: str
    user_name: str


ADA = Hire("08:30", "Ada", "Lindgren", "ada.lindgren@acme.example.com")
BRUNO = Hire("08:31", "Bruno", "Sato", "bruno.sato@acme.example.com")
CHIARA = Hire("11:40", "Chiara", "Weiss", "chiara.weiss@globex.example.com")
DEV = Hire("11:41", "Dev", "Okoye", "dev.okoye@globex.example.com")
EMIL = Hire("11:42", "Emil", "Novak", "emil.novak@globex.example.com")
GROUP_PATCHED = (200, 204)


def acme_on_okta(stage: Stage, idp: Idp) -> None:
    """Joiners, a group, a mover and a leaver in Okta's request forms."""
    stage.narrator.chapter("Acme, on Okta")
    stage.narrator.scene("08:00", "The administrator of Acme enters URL and token and presses Save.")
    idp.sends(okta.probe_users(), body={"totalResults": 0})
    idp.sends(okta.probe_groups(), body={"totalResults": 0})
    ada_id = _okta_joiner(stage, idp, ADA)
    bruno_id = _okta_joiner(stage, idp, BRUNO)

    stage.narrator.scene("09:00", "Ada gets a title; Okta reads her and puts the whole user back.")
    document = idp.sends(okta.read(ada_id), body={"id": ada_id})
    title = "Site reliability engineer"
    idp.sends(okta.replace(ada_id, document, title=title), body={"title": title})

    group_id = _okta_group(stage, idp, ada_id, bruno_id)
    _okta_leaver(stage, idp, ada_id, group_id)


def _okta_joiner(stage: Stage, idp: Idp, hire: Hire) -> str:
    stage.narrator.scene(hire.clock, f"{hire.given} {hire.family} is assigned to the application.")
    idp.sends(okta.find(hire.user_name), body={"totalResults": 0})
    made = idp.sends(
        okta.create(hire.given, hire.family, hire.user_name, f"00u{hire.given.lower()}"),
        201,
        {"active": True},
    )
    stage.claim(f"{hire.user_name} is a Django user", holds=_is_active(hire) is True)
    return str(made.get("id", ""))


def _okta_group(stage: Stage, idp: Idp, ada_id: str, bruno_id: str) -> str:
    stage.narrator.scene("09:30", "The group Engineering is pushed; its members follow in a second request.")
    made = idp.sends(okta.push_group("Engineering"), 201, {"displayName": "Engineering"})
    group_id = str(made.get("id", ""))
    idp.sends(
        okta.rename_group(group_id, "Engineering", okta.add_member(bruno_id, BRUNO.user_name)), GROUP_PATCHED
    )
    stage.narrator.scene("10:00", "It is renamed, Bruno leaves it and Ada joins it, all in one request.")
    swap = okta.remove_member(bruno_id), okta.add_member(ada_id, ADA.user_name)
    idp.sends(okta.rename_group(group_id, "Platform", *swap), GROUP_PATCHED)
    return group_id


def _okta_leaver(stage: Stage, idp: Idp, ada_id: str, group_id: str) -> None:
    stage.narrator.scene("11:00", "Ada logs in and works.")
    ada = stage.person("Ada", ADA.user_name)
    ada.logs_in()
    stage.narrator.scene("16:00", "Ada leaves Acme. Okta says so without naming a path.")
    idp.sends(okta.set_active(ada_id, active=False), body={"active": False})
    stage.claim("Ada's Django user is inactive", holds=_is_active(ADA) is False)
    ada.is_locked_out()
    stage.narrator.scene("16:30", "It was a mistake. She is back, but not the session of before.")
    idp.sends(okta.set_active(ada_id, active=True), body={"active": True})
    ada.is_locked_out()
    idp.sends(okta.rename_group(group_id, "Platform", okta.add_member(ada_id, ADA.user_name)), GROUP_PATCHED)
    ada.logs_in()


def globex_on_entra(stage: Stage, idp: Idp) -> None:
    """Joiners, a group, a mover, a suspension and a deletion in Entra's request forms."""
    stage.narrator.chapter("Globex, on Microsoft Entra ID")
    stage.narrator.scene("11:30", "Test Connection asks for a user and a group that cannot exist.")
    idp.sends(entra.find_user(str(uuid.uuid4())), body={"totalResults": 0})
    idp.sends(entra.find_group(str(uuid.uuid4())), body={"totalResults": 0})
    chiara_id = _entra_joiner(stage, idp, CHIARA)
    dev_id = _entra_joiner(stage, idp, DEV)
    emil_id = _entra_joiner(stage, idp, EMIL)
    _entra_group(stage, idp, dev_id, emil_id)

    stage.narrator.scene("13:00", "Dev moves to Sales, with Chiara as manager and a new title.")
    idp.sends(
        entra.move(dev_id, department="Sales", manager_id=chiara_id, title="Account manager"),
        body={
            "title": "Account manager",
            entra.ENTERPRISE_SCHEMA: {"department": "Sales", "manager": {"value": chiara_id}},
        },
    )
    _entra_suspension(stage, idp, dev_id)
    _entra_deletion(stage, idp, emil_id)


def _entra_joiner(stage: Stage, idp: Idp, hire: Hire) -> str:
    stage.narrator.scene(hire.clock, f"{hire.given} {hire.family} is assigned to the enterprise application.")
    idp.sends(entra.find_user(hire.user_name), body={"totalResults": 0})
    department = {entra.ENTERPRISE_SCHEMA: {"department": "Trainees"}}
    made = idp.sends(
        entra.create(hire.given, hire.family, hire.user_name, **department), 201, {"active": True}
    )
    stage.claim(f"{hire.user_name} is a Django user", holds=_is_active(hire) is True)
    return str(made.get("id", ""))


def _entra_group(stage: Stage, idp: Idp, *member_ids: str) -> None:
    stage.narrator.scene("12:00", "The group Sales team is provisioned, then its members, one request each.")
    idp.sends(entra.find_group("Sales team"), body={"totalResults": 0})
    made = idp.sends(entra.create_group("Sales team", str(uuid.uuid4())), 201, {"displayName": "Sales team"})
    for member_id in member_ids:
        idp.sends(entra.add_members(str(made.get("id", "")), member_id), GROUP_PATCHED)


def _entra_suspension(stage: Stage, idp: Idp, dev_id: str) -> None:
    stage.narrator.scene("13:30", "Dev logs in.")
    dev = stage.person("Dev", DEV.user_name)
    dev.logs_in()
    stage.narrator.scene(
        "17:00", "Dev's sign-in is blocked in Entra, which says so with a text for a boolean."
    )
    idp.sends(entra.set_active(dev_id, active=False), body={"active": False})
    stage.claim("Dev's Django user is inactive", holds=_is_active(DEV) is False)
    dev.is_locked_out()
    stage.narrator.scene("17:30", "The block is lifted. The old cookie stays dead.")
    idp.sends(entra.set_active(dev_id, active=True), body={"active": True})
    stage.claim("Dev's Django user is active again", holds=_is_active(DEV) is True)
    dev.is_locked_out()


def _entra_deletion(stage: Stage, idp: Idp, emil_id: str) -> None:
    stage.narrator.scene("18:00", "Emil's account is deleted in Entra, which first deactivates it here …")
    idp.sends(entra.set_active(emil_id, active=False), body={"active": False})
    stage.narrator.scene("+30 d", "… and thirty days later deletes it, then repeats itself.")
    idp.sends(entra.delete(emil_id), 204)
    idp.sends(entra.delete(emil_id), 404, {"status": "404"})
    stage.claim("Emil's Django user cannot log in", holds=_is_active(EMIL) is not True)


def _is_active(hire: Hire) -> bool | None:
    """Give ``is_active`` of the Django user, None without one."""
    users = get_user_model()._default_manager
    return users.filter(username=hire.user_name).values_list("is_active", flat=True).first()
