"""The example project with a probe that kills the process in the middle of a run."""

from __future__ import annotations

from example_project.settings import *  # noqa: F403 - a settings module is its names
from example_project.settings import DJANGO_PROVISIONING as _EXAMPLE

DJANGO_PROVISIONING = {**_EXAMPLE, "SELFTEST_PROBES": ["tests.selftest.probes_for_tests.KillingProbe"]}
