"""These tests need tests.settings.leaving: a run with other settings does not collect them."""

from __future__ import annotations

from django.conf import settings

collect_ignore_glob = [] if settings.ROOT_URLCONF == "tests.leaving.urls" else ["test_*.py"]
