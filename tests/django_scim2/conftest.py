"""The three projects: which of them the settings are, and how the days before and after the switch look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache

# Under any other settings module neither package is installed, and there is nothing to collect.
_IS_PROJECT = {"django_scim", "django_scim2_server"} & set(django_settings.INSTALLED_APPS)
_ONLY_IN = {
    "test_bridge.py": "scim2_uuid.Employee",
    "test_own_patch.py": "scim2_uuid.Employee",
    "test_parity.py": "scim2_mixin.User",
    "test_rows.py": "scim2_mixin.User",
    "test_urls.py": "scim2_mixin.User",
    "test_without_packages.py": "scim2_mixin.User",
}
collect_ignore_glob = [] if _IS_PROJECT else ["test_*.py"]
collect_ignore_glob += [] if "django_scim2_server" in _IS_PROJECT else ["test_server_rows.py"]
collect_ignore_glob += [name for name, model in _ONLY_IN.items() if model != django_settings.AUTH_USER_MODEL]


@pytest.fixture(autouse=True)
def _fresh_counters() -> Iterator[None]:
    """Requests and failures are counted in the cache, which outlives a test."""
    cache.clear()
    yield
    cache.clear()
