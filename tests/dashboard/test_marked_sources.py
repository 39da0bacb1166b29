"""The sources of the pages: no text for people is written past gettext, not even for a rare state."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.dashboard.visible_text import texts_of

ROOT = Path(__file__).resolve().parents[2]
# Where Django and our pages expect a text for people.
_TEXT_ARGUMENTS = frozenset(
    {"description", "empty_label", "help_text", "label", "title", "verbose_name", "verbose_name_plural"}
)
_TEXT_NAMES = frozenset({"button", "empty_value_display", "search_help_text", "short_description", "title"})
_TEXT_CALLS = frozenset(
    {"add_error", "error", "info", "message_user", "success", "warning", "ValidationError"}
)
_TEMPLATES = ROOT / "django_provisioning" / "templates"
# What is translated, and the blocks that hold names of CSS classes.
_BLOCK = re.compile(
    r"{% (blocktrans(?:late)?|comment)\b.*?%}.*?{% end\1 %}|{% block (?:coltype|bodyclass) %}.*?{% endblock %}",
    re.DOTALL,
)


def plain_texts(template: str) -> list[str]:
    """Give the texts of a template that are written into it, and not into a tag that translates them."""
    rest = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", " ", _BLOCK.sub(" ", template), flags=re.DOTALL)
    return [text for text in texts_of(rest) if re.search(r"[A-Za-z]{2}", text)]


def plain_arguments(source: str) -> list[str]:
    """Give the texts for people in Python that no gettext call is around."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
                found += [word.value for word in node.keywords if word.arg in _TEXT_ARGUMENTS]
                found += node.args if name in _TEXT_CALLS else []
            case ast.Assign(targets=[ast.Name(id=name)]) if name in _TEXT_NAMES:
                found.append(node.value)
    return [ast.unparse(one) for one in found if _is_plain(one)]


def _is_plain(node: ast.expr) -> bool:
    """Whether it is a text; a lower-case word alone is the name of a field."""
    match node:
        case ast.JoinedStr():
            return True
        case ast.Constant(value=str(text)):
            return re.fullmatch(r"[a-z0-9_]*", text) is None
        case _:
            return False


@pytest.mark.parametrize(
    "path", sorted(_TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(_TEMPLATES))
)
def test_template_has_no_text_outside_of_translation(path: Path) -> None:
    """Also what a page says only in a rare state is marked, as in an alarm or an empty list."""
    assert plain_texts(path.read_text()) == []


def test_template_checker_finds_plain_text() -> None:
    """The check above sees a text and a label, inside of conditions as well."""
    template = (
        '{% load i18n %}{% if one %}<p aria-label="Which">Look {{ here }}</p>{% endif %}'
        "{% blocktranslate %}All is <b>well</b>{% endblocktranslate %}<code>curl</code>"
    )

    assert plain_texts(template) == ["Which", "Look"]


@pytest.mark.parametrize("room", ["admin", "models", "reports"])
def test_python_has_no_text_for_people_outside_of_gettext(room: str) -> None:
    """Labels, help texts, titles and messages are marked."""
    files = sorted((ROOT / "django_provisioning" / room).rglob("*.py"))

    found = {path.name: plain_arguments(path.read_text()) for path in files}

    assert {name: texts for name, texts in found.items() if texts} == {}


def test_python_checker_finds_plain_text() -> None:
    """The check above sees arguments, class attributes and f-strings; not what is marked."""
    source = (
        'title = "Look here"\n'
        'field(label=_("Kind"), help_text="Which kind")\n'
        'page.message_user(request, f"{one} done well")\n'
    )

    assert plain_arguments(source) == ["'Look here'", "'Which kind'", "f'{one} done well'"]
