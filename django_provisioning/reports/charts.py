"""Bars as inline SVG: drawn on the server, coloured by the style sheet, readable without either.

Everything is text, never a number for the template to format: a decimal comma or a thousands separator inside an
attribute would break the drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

HEIGHT = 168
_GROUP = 24
# So many days and more are drawn closer together, so that the texts stay readable at the width of a page.
_MANY_DAYS = 45
_NARROW_GROUP = 12
_LEFT = 40
_BOTTOM = 24
_TOP = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; ``series`` is the word that the style sheet colours it by."""

    series: str
    x: str
    y: str
    height: str
    width: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A text at a place: a day below the bars, or a number beside the axis."""

    text: str
    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of groups of bars. ``ticks`` are the numbers of the axis, each with a line across."""

    width: str
    height: str
    bars: Sequence[Bar]
    days: Sequence[Mark]
    ticks: Sequence[Mark]
    left: str = str(_LEFT)


def bars_of(days: Sequence[date], series: Mapping[str, Mapping[date, int]]) -> Chart:
    """Draw one group of bars for each day; every seventh day is named.

    >>> chart = bars_of([date(2026, 11, 22)], {"leaver": {date(2026, 11, 22): 3}})
    >>> [(bar.series, bar.height) for bar in chart.bars]
    [('leaver', '102')]
    """
    top = _round_up(max((count for counts in series.values() for count in counts.values()), default=0))
    floor, room = HEIGHT - _BOTTOM, HEIGHT - _BOTTOM - _TOP
    group = _NARROW_GROUP if len(days) >= _MANY_DAYS else _GROUP
    step = (group - 3) // max(len(series), 1)
    bars, marks = [], []
    for place, day in enumerate(days):
        x = _LEFT + place * group
        if (len(days) - 1 - place) % 7 == 0:
            marks.append(Mark(day.isoformat()[5:], str(x + group), str(HEIGHT - 6)))
        for offset, (name, counts) in enumerate(series.items()):
            # What happened once must be seen beside what happened a thousand times.
            height = ceil(counts.get(day, 0) * room / top)
            if height:
                bars.append(
                    Bar(name, str(x + offset * step), str(floor - height), str(height), str(step - 1))
                )
    ticks = [
        Mark(str(number), str(_LEFT - 8), str(floor - ceil(number * room / top)))
        for number in (0, top // 2, top)
    ]
    return Chart(str(_LEFT + len(days) * group), str(HEIGHT), bars, marks, ticks)


def _round_up(count: int) -> int:
    """Give a pleasant even number that is not below: the top of the axis.

    >>> [_round_up(count) for count in (0, 1, 3, 11, 230)]
    [2, 2, 4, 20, 300]
    """
    if count <= 10:
        return max(2, count + count % 2)
    size: int = 10 ** (len(str(count)) - 1)
    return int(ceil(count / size) * size)
