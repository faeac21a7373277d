"""Lines of coloured text for a terminal of any width. Knows signs and colours, and nothing of what is shown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from tracker.graph import State
from tracker.signs import SIGN

STYLE = {
    State.LOCKED: "dim",
    State.OPEN: "cyan",
    State.IN_PROGRESS: "yellow",
    State.PROVEN: "green",
    State.DONE: "bold green",
    State.DUE: "magenta",
}
_PLAIN = str.maketrans("·○◐●✓↻━─…→≈–×", ".o~*x@#-_>~-x")  # for a terminal whose encoding has none of these


class _Terminal(Console):
    def on_broken_pipe(self) -> None:
        """Rich would exit with 1, which means that an answer failed."""
        raise  # called from rich's own `except BrokenPipeError`


def show(lines: Iterable[Text]) -> None:
    """Print lines that fit the terminal. Colour goes with NO_COLOR and in a pipe."""
    console = _Terminal(highlight=False, markup=False, emoji=False)
    for line in lines:
        if not console.encoding.lower().startswith("utf"):
            line.plain = line.plain.translate(_PLAIN)
        if line.overflow == "ignore":  # a link or a path: cut or broken it would be useless
            console.print(line, soft_wrap=True)
        else:
            console.print(line, no_wrap=True, overflow="ellipsis")


def width() -> int:
    return Console().width


def bar(share: float, size: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """A bar of `size` columns, full to `share`; anything begun shows, anything unfinished is not full."""
    full = max(min(max(round(share * size), 1 if share > 0 else 0), size if share >= 1 else size - 1), 0)
    return ("━" * full, "green"), ("─" * (size - full), "dim")


def legend() -> Text:
    return Text("  ").join(Text(f"{SIGN[state]} {state}", style=STYLE[state]) for state in State)


def link(title: str, url: str, columns: int, indent: str) -> Iterator[Text]:
    yield from wrapped(title, columns, indent, "")
    yield Text(f"{indent}{url}", style="blue", overflow="ignore")


def wrapped(words: str, columns: int, indent: str, style: str, hang: str | None = None) -> Iterator[Text]:
    after = indent if hang is None else hang
    for line in textwrap.wrap(words, max(columns, 20), initial_indent=indent, subsequent_indent=after):
        yield Text(line, style=style)


def some(names: Sequence[str], room: int) -> str:
    """'a, b +2 more': as many of the names as fit into `room` columns, at least one."""
    for count in range(len(names), 0, -1):
        more = f" +{len(names) - count} more" if count < len(names) else ""
        words = f"{', '.join(names[:count])}{more}"
        if len(words) <= room:
            break
    return words


def number(hours: float) -> str:
    """'1,030' or '2.5'."""
    return f"{hours:,.1f}".removesuffix(".0")
