"""A report as one HTML page for any browser: all that it says, with pictures where matplotlib is there. Decides nothing.

The page needs no network and no script, and may load nothing: its policy names the hash of its own style. What an
answer wrote reaches it made printable, then escaped: by jinja, by pygments (the source) or by `tracker.svg` (the plots).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tracker import backends, plots, report_tables
from tracker import html as html_of
from tracker.page import printable
from tracker.plots import Plot
from tracker.report import Report, Verdict

if TYPE_CHECKING:
    from markupsafe import Markup

_COLOURED = 200_000  # characters of source; pygments takes about 1 s for so many
_TONES = {Verdict.PASSED: "good", Verdict.NOT_WRITTEN_YET: "open", Verdict.NEEDS_REVIEW: "open"}


def html(report: Report, home: str = "", beside: Sequence[Report] = ()) -> str:
    """The whole page; the same for the same reports where the same libraries are installed.

    `home`: where the portfolio lies that a stranger comes from, seen from this page; '' for the learner's own page,
    which says what to do next. `beside`: reports of the same exercise on other backends.
    """
    from markupsafe import Markup

    style = html_of.file("report.css")
    pictured = list(_pictured(report))
    return html_of.environment("tracker").get_template("report.html.j2").render(
        report=report,
        home=home,
        told=report_tables,
        together=[report, *beside],
        backends=backends,
        tone=_TONES.get(report.verdict, "bad"),
        plots=pictured,
        svg=Markup,
        drawn=all(plot.svg for plot in pictured),
        sources=[(name, coloured(name, text)) for name, text in report.source.items()],
        policy=html_of.policy(style),
        style=Markup(style),
    )  # fmt: skip


def _pictured(report: Report) -> Iterator[Plot]:
    """Every plot that has something to show, once: two of the same would share their ids."""
    found = [plots.time_over_size(scaling) for scaling in report.scalings if scaling.points]
    if report.roof is not None and report.timings:
        found.append(plots.roofline(report.roof, report.timings))
    found += [plots.distribution(timing) for timing in report.timings if timing.ratios]
    if report.memory:
        found.append(plots.memory_bars(report.memory))
    return iter(dict.fromkeys(found))


def coloured(name: str, text: str) -> Markup:
    """The file with numbered lines; in colours where it is Python and of a usual size."""
    from markupsafe import Markup
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer
    from pygments.lexers.special import TextLexer

    is_python = name.endswith(".py") and len(text) <= _COLOURED
    lexer = PythonLexer(stripnl=False) if is_python else TextLexer(stripnl=False)  # else line numbers would shift
    return Markup(highlight(printable(text), lexer, HtmlFormatter(cssclass="source", linenos="inline")))
