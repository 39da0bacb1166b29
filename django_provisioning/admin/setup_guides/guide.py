"""What a guide is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise


@dataclass(frozen=True, slots=True)
class Guide:
    """The steps at one identity provider, and what to expect of it afterwards."""

    name: str
    steps: Sequence[Text]
    expect: Sequence[Text]
    # Put behind the base URL, where this IdP wants a flag there.
    url_suffix: str = ""
