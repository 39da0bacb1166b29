"""OneLogin.

The JSON templates that vendors hand out name the manager as SCIM 1.1 did:

- sent:  ``"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"managerId": "12"}}``
- meant: ``"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "12"}}``

Source, among others: https://doc.keepnetlabs.com, "OneLogin SCIM integration".
"""

from __future__ import annotations

from typing import Any

from ..core_schemas import ENTERPRISE_URN
from .rewriting import Quirk, Quirks, each_member, each_operation, member

_EXTENSION = ENTERPRISE_URN.lower()
_MANAGER = f"{_EXTENSION}:manager"
_OLD_NAME = "managerid"


def _on_resource(payload: Any) -> Any:
    in_extension = each_member(
        payload, _EXTENSION, lambda attributes: each_member(attributes, "manager", _manager)
    )
    return each_member(in_extension, _MANAGER, _manager)


def _on_patch(payload: Any) -> Any:
    return each_operation(payload, _operation)


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    path = member(operation, "path")
    if not isinstance(path, str):
        return _with_value(operation, _on_resource)
    match path.lower():
        case folded if folded == _EXTENSION:
            return _with_value(operation, lambda value: each_member(value, "manager", _manager))
        case folded if folded == _MANAGER:
            return _with_value(operation, _manager)
        case folded if folded == f"{_MANAGER}.{_OLD_NAME}":
            new = f"{ENTERPRISE_URN}:manager.value"
            return {key: new if key.lower() == "path" else value for key, value in operation.items()}
    return operation


def _with_value(operation: dict[str, Any], rewrite: Quirk) -> dict[str, Any]:
    return {key: rewrite(value) if key.lower() == "value" else value for key, value in operation.items()}


def _manager(manager: Any) -> Any:
    """Rename the sub-attribute; a manager that has both keeps the new one."""
    if not isinstance(manager, dict) or member(manager, _OLD_NAME) is None:
        return manager
    rest = {key: item for key, item in manager.items() if key.lower() != _OLD_NAME}
    return {"value": member(manager, _OLD_NAME), **rest}


ONELOGIN = Quirks("onelogin", _on_resource, _on_patch)
