"""Durations on the command line: ``90d``, ``24h``, ``30m``."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta

_DURATION = re.compile(r"([0-9]{1,6})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def duration(text: str) -> timedelta:
    """Read a duration; ``0h`` is none at all.

    >>> duration("90d")
    datetime.timedelta(days=90)

    Raises:
        ArgumentTypeError: the text is no duration; argparse makes it a usage error.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write 90d, 24h or 30m.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
