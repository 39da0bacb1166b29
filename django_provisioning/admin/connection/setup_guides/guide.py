"""What a guide is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise


@dataclass(frozen=True, slots=True)
class Source:
    """The vendor's own page about it. ``read`` is the month in which the steps were compared with it, "" if never."""

    title: str
    url: str
    read: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """The steps at one identity provider, and what to expect of it afterwards.

    Names of fields and menus are the vendor's own. ``template`` is text that the vendor asks to be pasted, such as the
    JSON of OneLogin.
    """

    name: str
    steps: Sequence[Text]
    expect: Sequence[Text]
    sources: Sequence[Source]
    # Put behind the base URL, where this IdP wants a flag there.
    url_suffix: str = ""
    template: str = ""
