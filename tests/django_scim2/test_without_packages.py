"""The package needs neither of the two: without them only the imports and the bridge are missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCKED = """
import sys
from importlib.machinery import PathFinder

class WithoutBoth:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ("django_scim", "django_scim2_server"):
            return None
        return PathFinder.find_spec(name, path, target)

sys.meta_path = [WithoutBoth if finder is PathFinder else finder for finder in sys.meta_path]
import django
django.setup()
"""


def run_without(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of the plain project, in which neither package can be imported."""
    return subprocess.run(
        [sys.executable, "-c", _BLOCKED + code],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings.default", "TEST_DATABASE": "sqlite"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_checks_and_the_old_url_names_need_no_package() -> None:
    """The app starts, its checks run, and the URLs under the old names are there."""
    finished = run_without(
        "from django.core.management import call_command\n"
        "call_command('check')\n"
        "from django.urls import reverse\n"
        "print(reverse('scim:users', urlconf='tests.django_scim2.urls_switched'))\n"
    )

    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "/scim/v2/Users"


def test_imports_without_their_packages_say_what_is_missing() -> None:
    """The commands are there and name the package that each reads through."""
    finished = run_without(
        "from django.core.management import CommandError, call_command\n"
        "call_command('migrate', verbosity=0)\n"
        "call_command('provisioning_create_connection', 'acme')\n"
        "for name in ('django_scim2', 'django_scim2_server'):\n"
        "    try:\n"
        "        call_command(f'provisioning_import_{name}', '--connection', 'acme')\n"
        "    except CommandError as error:\n"
        "        print(error)\n"
    )

    assert finished.returncode == 0, finished.stderr
    assert "django-scim2 is not installed here" in finished.stdout
    assert "django-scim2-server is not installed here" in finished.stdout
