"""The tooling: contracts that can break, settings for every database, scripts that say no."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

import django_provisioning
from tests.settings import databases

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
SCRIPTS = sorted(path.name for path in (ROOT / ".ci").iterdir() if path.suffix in {"", ".sh"})


@pytest.fixture
def copied_package(tmp_path: Path) -> Path:
    """Copy the package and its contracts to a place where they may be broken."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "django_provisioning", tmp_path / "django_provisioning", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the import contracts on the package in that directory."""
    return run([str(BIN / "lint-imports"), "--no-cache"], cwd=directory, PYTHONPATH=str(directory))


def run(command: list[str], *, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end without input."""
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("protocol/errors.py", "import django", "The protocol room knows no framework"),
        ("protocol/errors.py", "import rest_framework", "The protocol room knows no framework"),
        ("protocol/errors.py", "import django_provisioning.models", "Rooms import downwards only"),
        ("models/event.py", "import django_provisioning.lifecycle", "Rooms import downwards only"),
        ("models/event.py", "import django_provisioning.protocol", "Rooms import downwards only"),
        ("mapping/__init__.py", "import django_provisioning.scim", "Rooms import downwards only"),
        ("scim/__init__.py", "import django_provisioning.admin", "Rooms import downwards only"),
        ("lifecycle/__init__.py", "import rest_framework", "HTTP stays at the doors"),
        ("lifecycle/__init__.py", "import scim2_models", "Oracles and peers judge the package"),
    ],
)
def test_import_contract_breaks_on_a_forbidden_import(
    copied_package: Path, module: str, line: str, contract: str
) -> None:
    """Each contract sees the import that it is there to forbid."""
    with (copied_package / "django_provisioning" / module).open("a") as source:
        source.write(f"\n{line}\n")

    finished = lint_imports(copied_package)

    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert re.search(rf"{contract}.* BROKEN", finished.stdout)


def test_import_contracts_hold_and_know_every_room(copied_package: Path) -> None:
    """The package keeps its contracts; a room that no layer names would break them."""
    kept = lint_imports(copied_package)
    (copied_package / "django_provisioning" / "utils.py").write_text('"""A room that nobody planned."""\n')
    broken = lint_imports(copied_package)

    assert kept.returncode == 0, kept.stdout
    assert broken.returncode == 1


def test_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    """What pip installs has the types, templates and migrations, and neither tests nor example project."""
    pytest.importorskip("hatchling")

    built = run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)])

    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.name.startswith(f"django_provisioning-{django_provisioning.__version__}-")
    assert {name.split("/")[0].split("-")[0] for name in names} == {"django_provisioning"}
    assert "django_provisioning/py.typed" in names
    assert "django_provisioning/migrations/0001_initial.py" in names
    assert {f"django_provisioning/locale/{code}/LC_MESSAGES/django.mo" for code in ("de", "es")} <= set(names)


def test_classifiers_name_what_the_matrix_runs() -> None:
    """The Pythons and Djangos that the package claims are those that `make matrix` and `make test` run."""
    matrix = (ROOT / ".ci" / "matrix").read_text()
    classifiers = PYPROJECT["project"]["classifiers"]

    djangos = re.search(r"DJANGOS:-([\d. ]+)", matrix)
    pythons = re.search(r"PYTHONS:-([\d. ]+)", matrix)

    assert djangos
    assert pythons
    assert [
        entry.rpartition(" ")[2] for entry in classifiers if re.search(r"Django :: \d", entry)
    ] == djangos[1].split()
    assert [entry.rpartition(" ")[2] for entry in classifiers if re.search(r"Python :: 3\.", entry)] == [
        "3.11",
        *pythons[1].split(),
    ]


@pytest.mark.parametrize("script", SCRIPTS)
def test_shell_script_is_well_formed(script: str) -> None:
    """Bash can read every script of .ci."""
    finished = run(["bash", "-n", f".ci/{script}"])

    assert finished.returncode == 0, finished.stderr


def test_make_help_names_every_command() -> None:
    """A command that help does not list would not be found."""
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    finished = run(["make", "--no-print-directory", "help"])

    assert phony
    assert re.findall(r"make ([a-z]+)", finished.stdout) == phony[1].split()


@pytest.mark.parametrize(
    ("service", "variable", "url"),
    [
        ("postgres", "TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:1"),
        ("mariadb", "TEST_MARIADB_URL", "mysql://root@127.0.0.1:1"),
        ("redis", "TEST_REDIS_URL", "redis://127.0.0.1:1"),
    ],
)
def test_answers_says_no_for_a_service_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, service: str, variable: str, url: str
) -> None:
    """A service that the suite could not use does not count as answering."""
    monkeypatch.setenv(variable, url)

    finished = run([sys.executable, ".ci/answers.py", service])

    assert finished.returncode == 1
    assert finished.stderr.startswith(f"{service}: ")


def test_suite_refuses_an_unknown_part() -> None:
    """A misspelt part is an error, not a quiet success."""
    finished = run([".ci/suite", "everything"])

    assert finished.returncode == 1
    assert "everything" in finished.stderr


@pytest.mark.parametrize(
    ("kind", "engine"),
    [("", "sqlite3"), ("sqlite", "sqlite3"), ("postgres", "postgresql"), ("mariadb", "mysql")],
)
def test_chosen_database_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, kind: str, engine: str
) -> None:
    """TEST_DATABASE names the database of a run."""
    monkeypatch.setenv("TEST_DATABASE", kind)

    assert databases.chosen_database()["ENGINE"] == f"django.db.backends.{engine}"


def test_chosen_database_refuses_an_unknown_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt database does not fall back to SQLite."""
    monkeypatch.setenv("TEST_DATABASE", "postgresql")

    with pytest.raises(ValueError, match="sqlite, postgres or mariadb"):
        databases.chosen_database()


def test_suite_runs_on_the_chosen_database() -> None:
    """The settings in force are those that the environment asked for."""
    assert settings.DATABASES["default"]["ENGINE"] == databases.chosen_database()["ENGINE"]
