"""A portfolio as one HTML page for any browser: for two minutes or for ten. Decides nothing.

The page needs no network and no script, and may load nothing: its policy names the hash of its own style. What comes
from a learner reaches it made printable, then escaped: by jinja, by pygments (the source) or as SVG's text is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tracker import backends, comparison, map_picture, pace, plots, portfolio_tables, report_page
from tracker import html as html_of
from tracker.bar import Say
from tracker.plots import Plot
from tracker.portfolio import Portfolio, Result, Work
from tracker.report import Report
from tracker.report_tables import Step

_CODE = 10_000  # characters of a highlight's source: in colours ten times as much, in a page of 2 MB at most


class Highlight(NamedTuple):
    work: Work
    result: Result
    plot: Plot | None
    sources: list[tuple[str, str, int]]
    check: Step


def html(
    portfolio: Portfolio,
    version: str,
    link: Callable[[Result], str] = lambda result: "",
    roadmap: str = "",
    lessons: str = "",
    say: Say = lambda what, share: None,
) -> str:
    """The whole page; the same for the same portfolio where the same libraries are installed.

    `link`: where the page of a result's report lies, seen from this page, '' where it lies nowhere; `roadmap`: so for
    the interactive roadmap and the lessons. `say` is told how far the drawing is.
    """
    from markupsafe import Markup

    style = html_of.file("report.css") + html_of.file("portfolio.css")
    return html_of.environment("tracker").get_template("portfolio.html.j2").render(
        portfolio=portfolio,
        version=version,
        told=portfolio_tables,
        highlights=list(_highlights(portfolio, say)),
        picture=map_picture.svg(portfolio.map, _alt(portfolio)),
        states=map_picture.KEY,
        comparisons=comparison.of(portfolio),
        over=comparison.over,
        backend=backends.short_name,
        pace=pace.plot(portfolio),
        link=link,
        roadmap=roadmap,
        lessons=lessons,
        markup=Markup,
        policy=html_of.policy(style),
        style=Markup(style),
    )  # fmt: skip


def _highlights(portfolio: Portfolio, say: Say) -> Iterator[Highlight]:
    for number, work in enumerate(portfolio.highlights):
        say(f"drawing {work.exercise}", number / len(portfolio.highlights))
        result = work.best
        check = portfolio_tables.check(portfolio, result)
        yield Highlight(work, result, _plot(result.report), list(_sources(result.report)), check)


def _plot(report: Report) -> Plot | None:
    """What says most: how time grows with size; else how the ratio was spread."""
    for scaling in report.scalings:
        if scaling.points:
            return plots.time_over_size(scaling)
    for timing in report.timings:
        if timing.ratios:
            return plots.distribution(timing)
    return None


def _sources(report: Report) -> Iterator[tuple[str, str, int]]:
    """Each file's name, its beginning in colours while there is room, and how many characters are left out."""
    room = _CODE
    for name, text in report.source.items():
        yield name, report_page.coloured(name, text[:room]), max(len(text) - room, 0)
        room = max(room - len(text), 0)


def _alt(portfolio: Portfolio) -> str:
    rows = portfolio_tables.roadmap(portfolio).rows
    proven = "; ".join(f"{row[0]}: {row[1]}" for row in rows)
    return f"The roadmap as a graph of topics in their modules. Proven: {proven}."
