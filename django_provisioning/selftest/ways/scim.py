"""What a directory pushes: every form of "no longer active" that identity providers send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..directory import user_document
from ..stage import Person, Stage
from .base import Way


class _Pushed(Way):
    """A leave over SCIM; the way back is the same attribute."""

    def obstacle(self, stage: Stage) -> str:
        return "" if stage.serves_scim else "the project does not serve SCIM"

    def rejoin(self, stage: Stage, person: Person) -> None:
        stage.directory.patch(f"/Users/{person.scim_id}", {"op": "replace", "path": "active", "value": True})


class _Patch(_Pushed):
    """PATCH with one operation."""

    def __init__(self, name: str, operation: Mapping[str, Any]) -> None:
        self.name = name  # type: ignore[misc]
        self._operation = operation

    def leave(self, stage: Stage, person: Person) -> None:
        stage.directory.patch(f"/Users/{person.scim_id}", self._operation)


class _Put(_Pushed):
    """PUT of the whole person."""

    name = "scim put"

    def leave(self, stage: Stage, person: Person) -> None:
        stage.directory.send("PUT", f"/Users/{person.scim_id}", user_document(person.user_name, active=False))


class _PostAdopting(_Pushed):
    """POST of somebody whom a login made: the directory takes the person over, inactive at once."""

    name = "scim post"
    by_login = True

    def leave(self, stage: Stage, person: Person) -> None:
        document = stage.directory.send("POST", "/Users", user_document(person.user_name, active=False))
        person.scim_id = str(document["id"])


class _Delete(_Pushed):
    """DELETE; the way back is a POST, which gives the person a new id."""

    name = "scim delete"

    def leave(self, stage: Stage, person: Person) -> None:
        stage.directory.send("DELETE", f"/Users/{person.scim_id}")

    def rejoin(self, stage: Stage, person: Person) -> None:
        person.scim_id = str(stage.directory.send("POST", "/Users", user_document(person.user_name))["id"])


class _Bulk(_Pushed):
    """Bulk with a PATCH in it."""

    name = "scim bulk"

    def leave(self, stage: Stage, person: Person) -> None:
        operation = {"op": "replace", "path": "active", "value": False}
        job = {"method": "PATCH", "path": f"/Users/{person.scim_id}", "data": {"Operations": [operation]}}
        stage.directory.bulk(job)


WAYS: Sequence[Way] = (
    _Patch("scim patch", {"op": "replace", "path": "active", "value": False}),
    _Patch("scim patch without path", {"op": "replace", "value": {"active": False}}),
    _Patch("scim patch string", {"op": "Replace", "path": "active", "value": "False"}),
    _Put(),
    _PostAdopting(),
    _Delete(),
    _Bulk(),
)
