"""SCIM alone: the package works where no SSO and no token library is installed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.quickstart.pages import ROOT

# The adapters, one file per library, and what reads signed tokens; every other module is for everybody.
ADAPTERS = (
    "jit.saml",
    "jit.saml_urls",
    "jit.oidc",
    "jit.allauth",
    "jit.social",
    "jit.back_channel",
    "jit.certificates",
    "jit.global_revocation",
    "jit.key_certificates",
    "jit.logout_urls",
    "jit.signed_tokens",
    "jit.signing_keys",
    "guard.channels",
    "guard.mozilla",
    "guard.oauth",
    "guard.simplejwt",
    "scim2_bridge.adapters",
    "scim2_bridge.django_scim2",
    "scim2_bridge.handlers",
    "scim2_bridge.mapping",
    "scim2_bridge.patching",
)
IMPORT_ALL = """
import importlib, pkgutil, sys
import tests.quickstart.no_sso_libraries
import django
django.setup()
import django_provisioning
adapters = tuple("django_provisioning." + name for name in sys.argv[1:])
for found in pkgutil.walk_packages(django_provisioning.__path__, "django_provisioning."):
    if not found.name.startswith(adapters):
        importlib.import_module(found.name)
        print(found.name)
"""
SLICE = ("tests/conformance/test_put.py", "tests/conformance/test_read.py")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on SQLite with the suite's settings, and none of what this run was started with."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "PYTEST_", "COV_"))
    }
    settings = {"DJANGO_SETTINGS_MODULE": "tests.settings.default", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env={**kept, **settings}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip


def test_package_imports_without_sso_libraries() -> None:
    """Every module but the adapters can be imported, those of the login door included (C36)."""
    finished = run("-c", IMPORT_ALL, *ADAPTERS)

    assert finished.returncode == 0, finished.stderr
    imported = finished.stdout.split()
    assert {"django_provisioning.jit.login", "django_provisioning.jit.pages"} <= set(imported)
    assert len(imported) > 100


@pytest.mark.parametrize("adapter", ["saml", "oidc"])
def test_adapter_without_its_library_names_it(adapter: str) -> None:
    """The refusal works, or the tests beside this one would show nothing: an adapter misses its library."""
    finished = run("-c", IMPORT_ALL, *(name for name in ADAPTERS if name != f"jit.{adapter}"))

    assert finished.returncode == 1
    assert "No module named" in finished.stderr


def test_scim_passes_without_sso_libraries() -> None:
    """A slice of the SCIM suite, through the real views, in a process that cannot import any of them (C25, C36)."""
    plugin = ("-p", "tests.quickstart.no_sso_libraries")

    finished = run("-m", "pytest", *plugin, "-q", "-n0", "--no-cov", "-p", "no:cacheprovider", *SLICE)

    assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-2000:]
    assert " passed" in finished.stdout
