"""What the whole suite shares: how hard hypothesis tries.

``HYPOTHESIS_PROFILE=fuzz`` (``make fuzz``) tries much harder than an ordinary run.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# They print the matrices of the docs; see the options --compliance-matrix and --leaving-matrix.
pytest_plugins = ("tests.plugins.compliance", "tests.plugins.leaving")

# No deadline: a slow machine is no defect.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", settings.get_profile("suite"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
