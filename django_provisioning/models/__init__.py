"""Tables and querysets; no policy.

Owns what is stored and what the database itself guarantees (unique and check constraints). Only
``lifecycle`` writes these tables. May import: ``conf``, ``exceptions``. Start reading in ``identity.py``.
"""

from .account import Account
from .attribute_value import AttributeValue
from .connection import Connection, ConnectionDomain
from .event import Event
from .flagged import FlaggedAccount
from .group import GroupLink, GroupNesting, MemberLabel
from .identity import Identity
from .leave import Leave
from .request import ScimRequest
from .rollup import Dashboard, Rollup
from .run import Evidence, PolicyRun
from .session import CredentialOrigin, PendingRevocation, SessionIndex
from .token import ConnectionToken

__all__ = [
    "Account",
    "AttributeValue",
    "Connection",
    "ConnectionDomain",
    "ConnectionToken",
    "CredentialOrigin",
    "Dashboard",
    "Event",
    "Evidence",
    "FlaggedAccount",
    "GroupLink",
    "GroupNesting",
    "Identity",
    "Leave",
    "MemberLabel",
    "PendingRevocation",
    "PolicyRun",
    "Rollup",
    "ScimRequest",
    "SessionIndex",
]
