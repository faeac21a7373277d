"""Room, scales and legends of a figure of matplotlib's. Knows nothing of what is drawn; imports no matplotlib."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from tracker.page import printable
from tracker.svg import FONT, WIDE

LINE = 16.0  # the height of one line of words


def room(figure: Any, above: int, below: int = 0, left: float = 50) -> Any:
    """Axes that leave room for so many lines of words above and below, and for the labels."""
    high, bottom = figure.get_figheight() * 72, 42 + LINE * below
    return figure.add_axes(
        (left / WIDE, bottom / high, 1 - (left + 14) / WIDE, (high - bottom - LINE * above - 28) / high)
    )


def legend(figure: Any, columns: int = 1) -> None:
    figure.legend(loc="upper left", bbox_to_anchor=(0, 1 - 3 / (figure.get_figheight() * 72)), ncols=columns, borderaxespad=0,
                  borderpad=0.1, labelspacing=(LINE - FONT) / FONT - 0.1, handlelength=2.2, columnspacing=1.2)  # fmt: skip


def note(figure: Any, line: int, words: str) -> None:
    """Words at the foot, that many lines from the last."""
    figure.text(6 / WIDE, (4 + LINE * line) / (figure.get_figheight() * 72), words)


def log_axis(axes: Any, name: str, values: Iterable[float], words: Callable[[float], str], margin: float = 1.3) -> None:
    """Few ticks at round numbers; what lies a third beyond the values is on the axis too."""
    found = [value for value in values if is_drawable([value])] or [1.0, 10.0]
    low, high = min(found) / margin, max(found) * margin
    ticks = _ticks(low, high)
    getattr(axes, f"set_{name}scale")("log")
    getattr(axes, f"set_{name}lim")(low, high)
    axis = getattr(axes, f"{name}axis")
    axis.set_ticks(ticks, [words(tick) for tick in ticks])
    axis.set_ticks([], minor=True)


def _ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 times powers of ten where few decades are shown, else powers of ten, at most seven."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks: list[float] = []
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
        if len(ticks) <= 6:
            break
    return ticks[:: math.ceil(len(ticks) / 7) or 1] or [low]


def is_drawable(values: Iterable[float]) -> bool:
    return all(1e-30 < value < 1e30 for value in values)


def cut(words: str, most: int) -> str:
    flat = " ".join(printable(words).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
