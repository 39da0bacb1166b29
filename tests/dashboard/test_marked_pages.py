"""Every page, spoken in letters that no source has: what shows in plain letters is data, or went past gettext."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import trans_real

from django_provisioning.admin.connection.setup_guides import GUIDES
from django_provisioning.lifecycle.connections import IDPS
from django_provisioning.lifecycle.presets import PRESETS
from django_provisioning.mapping.fields import user_map
from django_provisioning.models import Account, Connection
from tests.admin.pages import superuser, text_of, url_of
from tests.dashboard import test_walk as walk
from tests.dashboard.scenes import one_of_each
from tests.dashboard.visible_text import texts_of, widened, words_of
from tests.factories import make_connection


class Wide(gettext.NullTranslations):
    """A language in which every text is itself in fullwidth letters."""

    def gettext(self, message: str) -> str:
        """Widen the text, without the context before it."""
        return widened(message.rpartition(trans_real.CONTEXT_SEPARATOR)[2])

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Widen the form for the number."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def to_language(self) -> str:
        """Give the language whose formats and direction are used."""
        return "en"


@pytest.fixture
def wide() -> Iterator[None]:
    """Speak in fullwidth letters."""
    with translation.override("en"):
        trans_real._active.value = Wide()  # type: ignore[attr-defined]
        yield


# What is written the same in every language: names of products, presets and attributes, and the words of protocols.
_SAME_EVERYWHERE = {
    "CSV", "JSONL", "RFC", "TOKEN", "UTC",
    "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT",
    *words_of([*IDPS.values(), *PRESETS]),
    *words_of([guide.name for guide in GUIDES.values()]),
    *words_of([source.title for guide in GUIDES.values() for source in guide.sources]),
}  # fmt: skip
# Django's own list says it so in every language.
_DJANGO_S_OWN = {"Search"}


def data_words() -> set[str]:
    """Give every word that a row holds, which is data and no text of ours; names of columns are not data."""
    users = get_user_model()._default_manager.values()
    rows = [*users, *(row for rows in walk.tables().values() for row in rows)]
    return {
        *words_of([list(row.values()) for row in rows]),
        *words_of(list(user_map().fields)),
        *_SAME_EVERYWHERE,
    }


def unmarked(html: str, data: set[str]) -> list[str]:
    """Give the texts with a word that neither went through gettext nor comes from a row; JSON is an example."""
    texts = [text for text in texts_of(html) if text not in _DJANGO_S_OWN and not text.startswith("{")]
    return [text for text in texts if not set(words_of(text)) <= data]


def pages() -> list[str]:
    """Give the names of all pages, those that ask before they act included."""
    return [name for name in walk.names() if not name.endswith(("_export", "_setup_status"))]


@pytest.mark.django_db
def test_every_text_of_every_page_goes_through_gettext(wide: None) -> None:
    """Spoken in letters of its own, no page shows a word in plain letters that is not data."""
    one_of_each()
    browser = superuser()
    data = data_words()

    found: dict[str, str] = {}
    for name in pages():
        response = browser.client.get(walk.url(name))
        if response.status_code == 200:
            found |= dict.fromkeys(unmarked(text_of(response), data), name)

    assert "\n".join(f"{text!r} on {name}" for text, name in sorted(found.items())) == ""


@pytest.mark.django_db
def test_every_text_of_a_site_in_trouble_goes_through_gettext(wide: None) -> None:
    """So do alarms, drift, halted and disabled connections, refused forms, and what an act reports afterwards."""
    scene = one_of_each()
    scene["user"].last_name = "Edited"
    scene["user"].save()
    Connection.objects.filter(slug="acme").update(halted_at=timezone.now(), linking="verified_email")
    Connection.objects.filter(slug="globex").update(enabled=False)
    browser = superuser()
    left, present = Account.objects.get(state="deprovisioned"), scene["account"]
    reason = {"confirmed": "1", "reason": "TICKET-9"}
    asked: list[tuple[Any, ...]] = [
        ("dashboard_changelist",),
        ("connection_changelist",),
        ("leave_changelist",),
    ]
    asked += [("connection_change", row.pk) for row in Connection.objects.all()]
    asked += [("connection_setup", row.pk) for row in Connection.objects.all()]
    asked += [("account_change", row.pk) for row in Account.objects.all()]

    answers = {str(page): browser.get(*page) for page in asked}
    answers["no reason"] = browser.post("account_offboard", present.pk, confirmed="1")
    answers["no scopes"] = browser.post("connection_issue_token", scene["connection"].pk, name="x")
    answers["offboarded"] = browser.client.post(url_of("account_offboard", present.pk), reason, follow=True)
    answers["reinstated"] = browser.client.post(url_of("account_reinstate", left.pk), reason, follow=True)
    data = data_words()

    shown = "".join(map(text_of, answers.values()))
    for text in ("Writes are halted.", "This connection is disabled.", "Drift", "Offboard"):
        assert widened(text) in shown
    found = {text: page for page, one in answers.items() for text in unmarked(text_of(one), data)}
    assert {page: one.status_code for page, one in answers.items() if one.status_code != 200} == {}
    assert "\n".join(f"{text!r} on {page}" for text, page in sorted(found.items())) == ""


@pytest.mark.django_db
def test_every_text_of_an_empty_site_goes_through_gettext(wide: None) -> None:
    """So do the first steps, and what lists say that have no rows."""
    browser = superuser()
    lists = [name for name in walk.names() if name.endswith("_changelist")]

    answers = {name: browser.client.get(reverse(f"admin:{name}")) for name in lists}
    data = data_words()

    found = {text: name for name, one in answers.items() for text in unmarked(text_of(one), data)}
    assert "\n".join(f"{text!r} on {name}" for text, name in sorted(found.items())) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("idp", [*GUIDES, "generic"])
def test_every_text_of_a_setup_page_goes_through_gettext(wide: None, idp: str) -> None:
    """So do the steps at each identity provider; its own names of fields stand inside of sentences of ours."""
    connection = make_connection("acme", idp=idp)

    page = text_of(superuser().get("connection_setup", connection.pk))

    assert unmarked(page, data_words()) == []


def test_unmarked_text_is_found(wide: None) -> None:
    """The check above sees a plain text, a plain label and a plain message of a script; not what is marked."""
    html = (
        f'<p>{translation.gettext("Overview")}</p><p>Look here</p><a aria-label="Open it">ada</a>'
        '<p data-waiting="Wait a bit" translate="no">djprov</p>'
    )

    assert unmarked(html, {"ada"}) == ["Look here", "Open it"]
