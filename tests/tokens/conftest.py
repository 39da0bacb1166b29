"""The tests of this folder need the packages in INSTALLED_APPS: run them with ``--ds tests.settings.tokens``."""

from __future__ import annotations

from django.conf import settings

collect_ignore_glob = [] if "knox" in settings.INSTALLED_APPS else ["test_*.py"]
