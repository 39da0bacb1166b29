"""The drawing: bars in proportion, none of them lost, and the axis with round numbers."""

from __future__ import annotations

import doctest
from datetime import date, timedelta
from itertools import pairwise

import pytest

from django_provisioning.reports import charts, export

DAYS = [date(2026, 11, 1) + timedelta(days=number) for number in range(14)]


@pytest.mark.parametrize("module", [charts, export])
def test_examples_in_the_docstrings_hold(module: object) -> None:
    """What the docstrings show is what the code gives."""
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_bars_are_in_proportion_and_inside_the_drawing() -> None:
    """Twice the events are twice the height, and nothing leaves the frame."""
    chart = charts.bars_of(DAYS, {"joiner": {DAYS[0]: 10}, "leaver": {DAYS[-1]: 5}})

    joiner, leaver = chart.bars
    assert int(joiner.height) == 2 * int(leaver.height)
    assert all(0 <= int(bar.x) <= int(chart.width) - int(bar.width) for bar in chart.bars)
    assert all(int(bar.y) >= 0 and int(bar.y) + int(bar.height) <= charts.HEIGHT for bar in chart.bars)
    assert [tick.text for tick in chart.ticks] == ["0", "5", "10"]


def test_single_event_is_seen_beside_a_thousand() -> None:
    """One late leaver is not rounded away."""
    chart = charts.bars_of(DAYS, {"leaver": {DAYS[0]: 1, DAYS[1]: 1_000}})

    assert [int(bar.height) > 0 for bar in chart.bars] == [True, True]


def test_chart_without_events_has_an_axis_and_no_bars() -> None:
    """Nothing happened: nothing is drawn, and nothing is divided by nought."""
    chart = charts.bars_of(DAYS, {"leaver": {}})

    assert list(chart.bars) == []
    assert len(chart.ticks) == 3


def test_every_seventh_day_is_named_up_to_the_last() -> None:
    """The last day is always named."""
    chart = charts.bars_of(DAYS, {"leaver": {}})

    assert [mark.text for mark in chart.days] == ["11-07", "11-14"]


@pytest.mark.parametrize(("span", "series"), [(30, 1), (30, 3), (90, 1), (90, 3)])
def test_bars_of_any_span_stand_side_by_side(span: int, series: int) -> None:
    """Thirty days or ninety, one bar a day or three: none covers another, and the page's width is enough."""
    days = [date(2026, 8, 1) + timedelta(days=number) for number in range(span)]

    chart = charts.bars_of(days, {f"series{number}": dict.fromkeys(days, 5) for number in range(series)})

    places = sorted((int(bar.x), int(bar.x) + int(bar.width)) for bar in chart.bars)
    assert len(places) == span * series
    assert all(end <= start for (_, end), (start, _) in pairwise(places))
    assert all(int(bar.width) >= 2 for bar in chart.bars)
    assert places[-1][1] <= int(chart.width) <= 1_200
