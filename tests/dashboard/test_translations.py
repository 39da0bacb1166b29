"""The catalogs of German and Spanish: they say all of it, keep what is put into texts, and are what pages show."""

from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import django
import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from django_provisioning.admin.filters import EVENT_TYPES
from django_provisioning.models import Account, Connection
from django_provisioning.models.event_types import LABELS
from tests.admin.pages import superuser, text_of, url_of
from tests.dashboard import test_walk as walk
from tests.dashboard.scenes import one_of_each
from tests.dashboard.test_marked_pages import pages
from tests.factories import make_token
from tests.lifecycle.people import push

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("de", "es")
_PLACEHOLDER = re.compile(r"%\(\w+\)[-.\d]*[a-z]|%[-.\d]*[a-z%]|\{\w*\}")
_TAG = re.compile(r"</?[a-z][^>]*>")


def catalog(language: str, package: Path = ROOT / "django_provisioning") -> dict[Any, str]:
    """Give the compiled messages: text, or (text, number of the plural form), to its translation."""
    path = package / "locale" / language / "LC_MESSAGES" / "django.mo"
    with path.open("rb") as file:
        messages: dict[Any, str] = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    del messages[""]
    return messages


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the package in which the catalogs were just brought in step with its sources."""
    if shutil.which("msgmerge") is None:
        if os.environ.get("REQUIRED"):
            pytest.fail("REQUIRED=1 asks for the translations, and there is no GNU gettext.")
        pytest.skip("there is no GNU gettext")
    copy = tmp_path_factory.mktemp("messages") / "django_provisioning"
    shutil.copytree(ROOT / "django_provisioning", copy, ignore=shutil.ignore_patterns("__pycache__"))
    command = [str(ROOT / ".ci" / "messages"), str(copy), sys.executable]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
    return copy


def entries(copy: Path, language: str, wanted: str) -> list[str]:
    """Give the entries of a catalog that have the attribute, as ``msgattrib`` names it."""
    path = copy / "locale" / language / "LC_MESSAGES" / "django.po"
    command = ["msgattrib", "--no-wrap", wanted, str(path)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [text for text in re.findall(r'^msgid "(.*)"$', finished.stdout, re.MULTILINE) if text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalog_translates_every_text_of_the_sources(extracted: Path, language: str) -> None:
    """A text that was added or changed without its translation is named here; `make messages` collects it."""
    assert entries(extracted, language, "--untranslated") == []
    assert entries(extracted, language, "--only-fuzzy") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalog_compiled_is_what_the_sources_need(extracted: Path, language: str) -> None:
    """What is shipped was compiled after the last change; texts that left the sources left the catalog."""
    shipped, fresh = catalog(language), catalog(language, extracted)

    assert set(shipped) - set(fresh) == set()
    assert shipped == fresh


@pytest.mark.parametrize("language", LANGUAGES)
def test_translation_keeps_placeholders_and_tags(language: str) -> None:
    """What is put into a text, and what marks a part of it up, stands in its translation as well."""
    differing = {}
    for message, translated in catalog(language).items():
        text = message[0] if isinstance(message, tuple) else message
        for pattern in (_PLACEHOLDER, _TAG):
            if sorted(pattern.findall(text)) != sorted(pattern.findall(translated)):
                differing[text] = translated

    assert differing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_translation_of_what_django_says_as_well_is_django_s(language: str) -> None:
    """Catalogs of all apps are one: a word of ours must not reword the pages of others."""
    theirs: dict[Any, set[str]] = {}
    for room in ("conf", "contrib/admin", "contrib/auth"):
        place = Path(django.__file__).parent / room / "locale" / language / "LC_MESSAGES" / "django.mo"
        with place.open("rb") as file:
            for message, text in gettext.GNUTranslations(file)._catalog.items():  # type: ignore[attr-defined]
                theirs.setdefault(message, set()).add(text)

    other = {
        message: (text, theirs[message])
        for message, text in catalog(language).items()
        if message in theirs and text not in theirs[message]
    }

    assert other == {}


def test_every_type_of_event_has_a_label() -> None:
    """What the list of events filters by is said in words, and no label is left over from a type that went."""
    assert set(LABELS) == set(EVENT_TYPES)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "heading", "column"),
    [("de", "Austritte", "Verbindung"), ("es", "Bajas", "Conexión")],
)
def test_pages_speak_the_language_of_the_reader(language: str, heading: str, column: str) -> None:
    """Every page opens in German and Spanish, and the overview says so in its headings; times stay ISO dates."""
    one_of_each()
    browser = superuser()

    with translation.override(language):
        answers = {name: browser.client.get(walk.url(name)).status_code for name in pages()}
        overview = text_of(browser.client.get(url_of("dashboard_changelist")))

    assert {name: code for name, code in answers.items() if code not in {200, 302, 403, 405}} == {}
    assert list(answers.values()).count(200) > 30
    assert re.search(rf"<h2[^>]*>{heading}</h2>", overview)
    assert f'<th scope="col">{column}</th>' in overview
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", overview)
    assert f'lang="{language}"' in overview


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Sign-in refused"), ("de", "Anmeldung verweigert"), ("es", "Inicio de sesión rechazado")],
)
def test_refusal_page_speaks_the_language_of_the_person(language: str, title: str) -> None:
    """The page that a refused login ends on is translated, its reference is not."""
    with translation.override(language):
        page = render_to_string("django_provisioning/refused.html", {"reference": "3f2a", "sentence": ""})

    assert f"<h1>{title}</h1>" in page
    assert f'<html lang="{language}">' in page
    assert "<code>3f2a</code>" in page


@pytest.mark.django_db
def test_links_hold_keys_as_they_are_under_thousand_separators(settings: Any) -> None:
    """A project that groups digits gets links and hidden fields that still lead to the row."""
    settings.USE_THOUSAND_SEPARATOR = True
    connection = Connection.objects.create(pk=54321, slug="large", name="Large", created_at=timezone.now())
    make_token(connection)
    user = push(connection, "ada@example.com").identity.user
    Account.objects.filter(user=user).update(id=54321)
    browser = superuser()
    asked: list[tuple[Any, ...]] = [
        ("dashboard_changelist",), ("connection_changelist",), ("account_changelist",), ("event_changelist",),
        ("connection_change", 54321), ("connection_setup", 54321), ("connection_issue_token", 54321),
        ("account_change", 54321), ("account_offboard", 54321),
    ]  # fmt: skip

    with translation.override("de"):
        shown = {str(page): text_of(browser.get(*page)) for page in asked}

    assert all("54321" in html for page, html in shown.items() if "event" not in page)
    assert [page for page, html in shown.items() if "54.321" in html] == []
