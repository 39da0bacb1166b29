"""A pytest plugin, and a function, that make the SSO and token libraries impossible to import.

For Python an installed distribution is what its finders find. One that stands before all others and refuses these names
leaves nothing of them: ``import``, ``importlib.util.find_spec`` and Django's ``apps.get_app_config`` answer as where
they are not installed, also for imports inside functions. What it does not show, a package that needs one of them to
be *installed*, is in ``pyproject.toml``: they are extras.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

LIBRARIES: Final = (
    "djangosaml2",
    "saml2",
    "mozilla_django_oidc",
    "jwt",
    "josepy",
    "allauth",
    "social_django",
    "social_core",
    "knox",
    "rest_framework_simplejwt",
    "oauth2_provider",
    "channels",
    "django_otp",
    "django_agent_trust",
    "django_scim",
)


class Refuser(MetaPathFinder):
    """Finds none of the libraries, and keeps the finders behind it from being asked."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse a library and whatever is in it."""
        if fullname.partition(".")[0] in LIBRARIES:
            raise ModuleNotFoundError(f"No module named {fullname!r} (refused)", name=fullname)
        return None


def refuse() -> None:
    """Let the libraries be gone, from now on.

    Raises:
        RuntimeError: one of them is there already.
    """
    present = [name for name in LIBRARIES if name in sys.modules]
    if present:
        raise RuntimeError(f"Too late: {', '.join(present)} is imported.")
    sys.meta_path.insert(0, Refuser())


if __name__ != "__main__":
    refuse()
