"""Length of files and functions, docstrings, and settings that are declared, used and explained (STYLE)."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_provisioning.conf import SETTINGS
from tests.architecture.rules import long_functions, setting_names, without_docstring
from tests.architecture.sources import Module, modules

_LONGEST_FILE = 400
_LONGEST_FUNCTION = 40
_REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "settings.md"


@pytest.mark.parametrize(
    "source", ["def f(): pass", '"""Module."""\n\ndef f(): pass', '"""Module."""\n\nclass C: pass']
)
def test_docstring_checker_missing_docstring_is_found(source: str) -> None:
    """A module, function or class without a docstring is seen."""
    found = without_docstring(Module("scim/planted.py", source))

    assert found != []


def test_length_checker_long_function_is_found() -> None:
    """A function of 41 lines is seen, one of 40 is not."""
    source = "def short():\n" + "    pass\n" * 39 + "def long():\n" + "    pass\n" * 40

    found = list(long_functions(Module("scim/planted.py", source), 40))

    assert [line.split(": ")[1] for line in found] == ["long has 41 lines"]


def test_files_are_short() -> None:
    """No file has more than 400 lines."""
    found = {module.path: module.lines for module in modules() if module.lines > _LONGEST_FILE}

    assert found == {}


def test_functions_are_short() -> None:
    """No function has more than 40 lines."""
    found = [line for module in modules() for line in long_functions(module, _LONGEST_FUNCTION)]

    assert found == []


def test_public_names_have_docstrings() -> None:
    """Every module, public class and public function says what it gives."""
    found = [line for module in modules() for line in without_docstring(module)]

    assert found == []


def test_settings_every_key_is_used_and_no_other() -> None:
    """Code reads exactly the declared settings: nothing undeclared, nothing declared in vain."""
    used = {name for module in modules() for name in setting_names(module)}

    assert used == set(SETTINGS)


@pytest.mark.parametrize("key", SETTINGS)
def test_setting_default_has_its_type_and_a_meaning(key: str) -> None:
    """A setting's default is one of its types, and its meaning is a sentence."""
    setting = SETTINGS[key]

    assert isinstance(setting.default, setting.types)
    assert setting.meaning.endswith(".")
    assert key.isupper()


@pytest.mark.skipif(
    not _REFERENCE.exists(), reason="the reference of the settings is not part of this checkout"
)
def test_settings_reference_names_every_key() -> None:
    """The reference page names every setting."""
    text = _REFERENCE.read_text()

    assert [key for key in SETTINGS if f"`{key}`" not in text] == []
