"""Small SVG pictures for a README: one for each exercise that was passed, one for all. Words are escaped; nothing is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tracker.page import printable
from tracker.portfolio import Portfolio
from tracker.portfolio_tables import figures
from tracker.report import MARKS

_LETTER, _PAD, _HIGH = 6.6, 8, 20  # pixels of a letter of 11 px, beside the words, of the badge
_MOST = 60  # letters on either side
_TONES = {
    1: "#57606a",
    2: "#57606a",
    3: "#0b57b0",
    4: "#1f7a33",
    5: "#1f7a33",
}  # by marks; white on each is 4.5 to 1 or more


def files(portfolio: Portfolio) -> Iterator[tuple[str, str]]:
    """The name and the text of each: `overall.svg`, and one called as its exercise."""
    words = ", ".join(f"{number} {what}" for number, what in figures(portfolio)[:2])
    yield "overall.svg", badge("from scratch", words, _TONES[4] if portfolio.works else _TONES[1])
    for work in portfolio.works:
        marks = work.best.marks
        yield f"{work.exercise}.svg", badge(work.exercise, " · ".join(marks), _TONES[min(len(marks), len(MARKS))])


def badge(label: str, value: str, tone: str) -> str:
    """`label` on grey, `value` on `tone`, which is a colour of ours. Long words are cut."""
    left, right = (_cut(printable(" ".join(words.split()))) for words in (label, value))
    wide, more = (round(len(words) * _LETTER) for words in (left, right))
    start = wide + 2 * _PAD
    whole = start + more + 2 * _PAD
    said = escape(f"{left}: {right}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{_HIGH}" role="img" aria-label="{said}">'
        f"<title>{said}</title>"
        f'<rect width="{whole}" height="{_HIGH}" rx="3" fill="#333a42"/>'
        f'<path fill="{tone}" d="M{start} 0h{whole - start - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{whole - start - 3}z"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_words(left, _PAD, wide)}{_words(right, start + _PAD, more)}</g></svg>\n"
    )


def _words(words: str, x: int, wide: int) -> str:
    """Made to fit: nobody knows which font a reader has."""
    return f'<text x="{x}" y="14" textLength="{wide}" lengthAdjust="spacingAndGlyphs">{escape(words)}</text>'


def _cut(words: str) -> str:
    return words if len(words) <= _MOST else words[: _MOST - 1] + "…"
