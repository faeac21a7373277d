"""Words for pages: what is untrusted made harmless, durations and sizes as people read them, tables in Markdown.

What an answer printed, raised or named reaches a Markdown page only through `text`, `code` or `block`, after which it
can start no markup, no HTML and no terminal sequence; any other page through `printable`, then escaped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_MARKUP = re.compile(r"([\\`*_\[\]{}<>|~$&!#@])")
_LIST_START = re.compile(r"^(\d*)([-+=.)])")
_LINK = re.compile(r"(?i)(https?|ftp)://|(www)\.")
_BLOCK_LIMIT = 8_000  # characters: a page is read, the report beside it holds everything


def printable(words: str) -> str:
    """`words` without anything that steers a terminal or hides text: control, format and private characters."""
    return "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "\ufffd" for c in words)


def text(words: str) -> str:
    """`words` as plain Markdown text on one line, safe in a table's cell too."""
    flat = " ".join(printable(words).split())
    escaped = _LIST_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", flat))
    return _LINK.sub(lambda m: f"{m[1]}\\://" if m[1] else f"{m[2]}\\.", escaped)


def code(words: str) -> str:
    """`words` as a code span on one line, safe in a table's cell too."""
    flat = " ".join(printable(words).split()).replace("|", "\\|") or " "
    fence = _fence(flat, 1)
    return f"{fence} {flat} {fence}" if "`" in flat else f"{fence}{flat}{fence}"


def block(words: str, language: str = "text") -> str:
    """`words` as a fenced block; what is longer than 8,000 characters is cut, and says so."""
    shown = printable(words)
    if len(shown) > _BLOCK_LIMIT:
        shown = f"{shown[:_BLOCK_LIMIT]}\n… and {len(shown) - _BLOCK_LIMIT:,} characters more"
    fence = _fence(shown, 3)
    return f"{fence}{language}\n{shown.rstrip()}\n{fence}"


def duration(nanoseconds: int | None) -> str:
    """'3.42 ms': three digits and the unit that keeps them readable."""
    if nanoseconds is None:
        return "–"
    for unit, size in (("s", 10**9), ("ms", 10**6), ("µs", 10**3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds} ns"


def size(held: float | None) -> str:
    """'12.6 MB': a unit is a thousand of the one before."""
    if held is None:
        return "–"
    for unit, one in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if held >= one:
            return f"{held / one:.3g} {unit}"
    return f"{held:.0f} bytes"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _fence(words: str, at_least: int) -> str:
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    return "`" * max(at_least, longest + 1)
