"""The pages of the local identity providers: pick a person, go on to the application, read a message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from .people import Person
from .serving import Reply


def choose_person(title: str, people: Iterable[Person], action: str, fields: Mapping[str, str]) -> Reply:
    """Offer a button for each person; it posts ``person`` and the hidden fields to ``action``."""
    buttons = "".join(
        f'<p><button name="person" value="{escape(person.key)}">{escape(person.name)}</button>'
        f" {escape(person.email or person.user_name)}</p>"
        for person in people
    )
    form = f'<form method="post" action="{escape(action)}">{_hidden(fields)}{buttons}</form>'
    return _page(title, f"<p>Who are you today?</p>{form}")


def post_to(url: str, fields: Mapping[str, str]) -> Reply:
    """Let the browser post the fields elsewhere by itself (SAML Bindings §3.5.4)."""
    form = (
        f'<form method="post" action="{escape(url)}" data-submit="now">{_hidden(fields)}'
        "<noscript><button>Continue</button></noscript></form>"
    )
    return _page("One moment", form + "<script>document.forms[0].submit()</script>")


def message(title: str, text: str, status: int = 200) -> Reply:
    """Show a sentence."""
    return _page(title, f"<p>{escape(text)}</p>", status)


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )


def _page(title: str, body: str, status: int = 200) -> Reply:
    head = f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>'
    main = f"<main><h1>{escape(title)}</h1>{body}</main>"
    return Reply(
        f'<!DOCTYPE html><html lang="en">{head}<body>{main}</body></html>',
        status,
        headers={"Cache-Control": "no-store"},
    )
