"""How a learner's work spread over time: passes, ticks and logged hours by day, week or month, as a plot and its numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from tracker import svg
from tracker.axes import room
from tracker.plots import Plot
from tracker.portfolio import Portfolio

_BY_DAY, _BY_WEEK = 31, 200  # days that the whole may span to be told by day, by week; else by month
_TICKS = 4
TITLE = "Exercises passed over time"


def plot(portfolio: Portfolio) -> Plot | None:
    """None where nothing has a date; without a picture where all was done on one day."""
    passed = sorted(_dates(work.passed for work in portfolio.works))
    ticked = sorted(_dates(event.time for event in portfolio.map.progress.ticked.values()))
    spent = portfolio.map.progress.spent
    dates = [*passed, *ticked, *_dates(event.time for event in spent)]
    if not dates:
        return None
    first, last = min(dates), max(dates)
    unit, start = _unit((last - first).days)
    passes, ticks = Counter(map(start, passed)), Counter(map(start, ticked))
    hours: defaultdict[str, float] = defaultdict(float)
    for event in spent:
        for day in _dates([event.time]):
            hours[start(day)] += event.data["hours"]
    rows = tuple(
        (name, str(passes[name]), str(ticks[name]), f"{hours[name]:g}")
        for name in sorted(passes.keys() | ticks.keys() | hours.keys())
    )
    alt = f"{len(passed)} exercises passed, {len(ticked)} other tasks ticked, {sum(hours.values()):g} hours logged, {first} to {last}."
    picture = svg.drawn(200, TITLE, alt, lambda figure: _draw(figure, passed)) if passed and first < last else ""
    return Plot(picture, TITLE, alt, (unit, "exercises passed", "other tasks ticked", "hours logged"), rows)


def _dates(times: Iterable[str]) -> Iterator[date]:
    """The days of those that are times."""
    for time in times:
        try:
            yield datetime.fromisoformat(time).date()
        except ValueError:
            continue


def _unit(days: int) -> tuple[str, Callable[[date], str]]:
    """What a row of the table is, and the row of a day; rows are in order as words are."""
    if days <= _BY_DAY:
        return "day", date.isoformat
    if days <= _BY_WEEK:
        return "week from", lambda day: (day - timedelta(days=day.weekday())).isoformat()
    return "month", lambda day: day.isoformat()[:7]


def _draw(figure: Any, passed: Sequence[date]) -> None:
    """A stair that rises at each pass; flat where nothing was passed."""
    axes = room(figure, above=0, left=34)
    axes.set_title("exercises passed")
    days = [day.toordinal() for day in passed]
    axes.step([days[0], *days], range(len(days) + 1), where="post", color=svg.ANSWER, linewidth=2)
    axes.plot(days, range(1, len(days) + 1), "o", color=svg.ANSWER, markersize=4)
    axes.set_ylim(0, len(days) * 1.08)
    axes.locator_params(axis="y", integer=True, nbins=5)
    ticks = sorted({days[0] + (days[-1] - days[0]) * number // (_TICKS - 1) for number in range(_TICKS)})
    axes.set_xticks(ticks, [date.fromordinal(tick).isoformat() for tick in ticks])
    for label, side in zip(axes.get_xticklabels()[:: max(len(ticks) - 1, 1)], ("left", "right"), strict=False):
        label.set_horizontalalignment(side)
