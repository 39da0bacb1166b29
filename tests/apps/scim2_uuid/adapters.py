"""The project's own adapters, written for django-scim2 and not changed for the switch."""

from __future__ import annotations

from typing import Any

from django_scim import exceptions
from django_scim.adapters import SCIMGroup, SCIMUser

from tests.apps.scim2_uuid.filters import OFFICE
from tests.apps.scim2_uuid.models import Employee

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class EmployeeAdapter(SCIMUser):
    """Carries the department in the enterprise schema, badge and desk in a schema of the project's own."""

    id_field = "id"

    def to_dict(self) -> dict[str, Any]:
        """Add the project's attributes."""
        document = super().to_dict()
        if self.obj.department:
            document[ENTERPRISE] = {"department": self.obj.department}
        office = {"badge": self.obj.badge, "desk": self.obj.desk}
        document[OFFICE] = {name: value for name, value in office.items() if value not in ("", None)}
        return document

    def validate_dict(self, d: dict[str, Any]) -> None:
        """Refuse a badge that the doors cannot read."""
        super().validate_dict(d)
        badge = d.get(OFFICE, {}).get("badge")
        if badge is not None and not str(badge).startswith("B-"):
            raise exceptions.BadRequestError("A badge starts with B-.", scim_type="invalidValue")

    def from_dict(self, d: dict[str, Any]) -> None:
        """Take the project's attributes."""
        super().from_dict(d)
        self.obj.department = d.get(ENTERPRISE, {}).get("department", "")
        self.obj.badge = d.get(OFFICE, {}).get("badge", "")
        self.obj.desk = d.get(OFFICE, {}).get("desk")


class SquadAdapter(SCIMGroup):
    """Carries the purpose of a squad, and adds members by their UUID, which django-scim2 cannot."""

    id_field = "id"

    def to_dict(self) -> dict[str, Any]:
        """Add the purpose."""
        return {**super().to_dict(), "purpose": self.obj.purpose}

    def from_dict(self, d: dict[str, Any]) -> None:
        """Take the purpose."""
        super().from_dict(d)
        self.obj.purpose = d.get("purpose") or ""

    def handle_add(self, path: Any, value: Any, operation: Any) -> None:
        """Add members by their UUID."""
        if path.first_path != ("members", None, None):
            raise exceptions.NotImplementedError
        ids = [member["value"] for member in value or []]
        self.obj.user_set.add(*Employee.objects.filter(id__in=ids))
