"""The directory of a self-test: pushes over SCIM with the token of the probe connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..exceptions import ProvisioningError
from ..protocol.core_schemas import GROUP_URN, USER_URN
from ..protocol.messages import BULK_REQUEST_URN, PATCH_OP_URN
from .transport import Sent, Transport


class StepFailed(ProvisioningError):
    """A step of the self-test did not do what it should; nothing can be concluded from what follows it."""

    reason = "step_failed"


@dataclass(frozen=True, slots=True)
class Directory:
    """Pushes people and groups; every request carries the run's name, which the events keep."""

    transport: Transport
    run_name: str
    token: str = field(repr=False)

    def send(self, method: str, path: str, body: Any = None) -> Mapping[str, Any]:
        """Send and give the document of the answer.

        Raises:
            StepFailed: the answer is no success.
        """
        if self.transport.scim is None:
            raise StepFailed("The project does not serve SCIM.")
        headers = {"Authorization": f"Bearer {self.token}", "X-Request-ID": self.run_name}
        answer = self.transport.send(Sent(method, self.transport.scim + path, headers, json=body))
        if not 200 <= answer.status < 300:
            detail = str(answer.document.get("detail", "")) or "without a SCIM error"
            raise StepFailed(f"SCIM answered {method} {path.split('/')[1]} with {answer.status}: {detail}")
        return answer.document

    def patch(self, path: str, *operations: Mapping[str, Any]) -> None:
        """PATCH a resource."""
        self.send("PATCH", path, {"schemas": [PATCH_OP_URN], "Operations": list(operations)})

    def bulk(self, *operations: Mapping[str, Any]) -> None:
        """Send a Bulk job, each operation of which has to succeed.

        Raises:
            StepFailed: one did not.
        """
        answer = self.send("POST", "/Bulk", {"schemas": [BULK_REQUEST_URN], "Operations": list(operations)})
        results = [str(one.get("status")) for one in answer.get("Operations", [])]
        if not results or any(not status.startswith("2") for status in results):
            raise StepFailed(f"Bulk answered {', '.join(results) or 'nothing'}.")


def user_document(user_name: str, *, active: bool = True) -> dict[str, Any]:
    """Give the document of a person."""
    name = {"givenName": "Self-test", "familyName": "Probe"}
    emails = [{"value": user_name, "primary": True}]
    return {"schemas": [USER_URN], "userName": user_name, "name": name, "emails": emails, "active": active}


def group_document(name: str) -> dict[str, Any]:
    """Give the document of a group without members."""
    return {"schemas": [GROUP_URN], "displayName": name}
