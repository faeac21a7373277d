"""A portfolio as Markdown, for a README or a profile. Decides nothing; what a learner wrote can start no markup and no HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tracker import backends, comparison, pace
from tracker import portfolio_tables as told
from tracker.comparison import over
from tracker.page import block, code, table, text
from tracker.portfolio import Portfolio, Result, Work
from tracker.report_tables import Table
from tracker.roadmap import Resource


def markdown(portfolio: Portfolio, version: str, link: Callable[[Result], str] = lambda result: "") -> str:
    """The whole of it. `link`: where the page of a result's report lies, seen from this file; '' where it lies nowhere."""
    parts = [*_top(portfolio), *(_works(portfolio, link) if portfolio.works else _nothing(portfolio))]
    parts += ["## The roadmap", _table(told.roadmap(portfolio)), *_rest(portfolio)]
    parts.append(text(f"Made by Scratchmark {version} from the owner's reports and journal. {told.records(portfolio)}"))
    return "\n\n".join(parts) + "\n"


def _top(portfolio: Portfolio) -> Iterator[str]:
    owner = portfolio.owner
    yield f"# {text(told.title(portfolio))}"
    if owner.about:
        yield text(owner.about)
    if owner.links:
        yield " · ".join(map(_link, owner.links))
    if portfolio.works:
        yield "\n".join(f"- **{text(number)}** {text(words)}" for number, words in told.figures(portfolio))
        step = told.check(portfolio, (portfolio.highlights or portfolio.works)[0].best)
        yield "## What is proven, and how to check it"
        yield from (f"**{text(told.PROVEN)}** {text(told.NOT_PROVEN)}", text(step.words), block(step.command, "sh"))


def _nothing(portfolio: Portfolio) -> Iterator[str]:
    yield "Nothing is passed yet."
    yield "\n".join(f"- {text(step.words)} {code(step.command)}" for step in told.nothing(portfolio))


def _works(portfolio: Portfolio, link: Callable[[Result], str]) -> Iterator[str]:
    yield "## Highlights"
    for work in portfolio.highlights:
        yield f"### {_named(work, work.best, link)}: {text(work.title)}"
        facts = (*told.speed(work.best), told.history(work), told.help_taken(work) or "no hint, no solution seen")
        yield "\n".join(
            f"- {text(words)}" for words in (f"marks: {', '.join(work.best.marks)}", *facts, _alike(work.best))
        )
    yield "## What was built"
    head = (
        "exercise",
        "backend",
        "marks",
        "time over the yardstick",
        "over the library",
        "passed",
        "help",
        "alike",
        "sandbox",
    )
    for module, works in told.modules(portfolio).items():
        yield f"### {text(module)}"
        yield table(head, [_row(work, result, link) for work in works for result in work.results])
    if told.any_close(portfolio):
        yield text(told.CLOSE_WORDS)


def _row(work: Work, result: Result, link: Callable[[Result], str]) -> tuple[str, ...]:
    said = (
        backends.short_name(result.report), ", ".join(result.marks), over(result.report, "yardstick"), over(result.report, "library"),
        f"{work.passed[:10]} {told.tries(work)}", told.help_taken(work) or "none", told.likeness(result) + (", close" if result.is_close else ""), result.report.sandbox,
    )  # fmt: skip
    return _named(work, result, link), *map(text, said)


def _alike(result: Result) -> str:
    close = "close to the shipped solution: " if result.is_close else "most alike shipped solution: "
    return close + told.likeness(result)


def _rest(portfolio: Portfolio) -> Iterator[str]:
    if portfolio.works:
        yield from ("## What was measured, and how", *map(text, told.CHECKED), _table(told.graded(portfolio)))
        yield from ("## Help taken", text(told.helped(portfolio)), text(told.assistance(portfolio)))
        if told.helps(portfolio).rows:
            yield _table(told.helps(portfolio))
    done = pace.plot(portfolio)
    if done:
        yield from ("## Pace", _table(Table(done.head, done.rows)), *filter(None, [text(told.reviewed(portfolio))]))
    for one in comparison.of(portfolio):
        yield from (f"## Comparison: {text(one.title)}", text(one.note))
        if one.table.rows:
            yield _table(one.table)


def _table(found: Table) -> str:
    return table(tuple(map(text, found.head)), [tuple(map(text, row)) for row in found.rows])


def _named(work: Work, result: Result, link: Callable[[Result], str]) -> str:
    where = link(result)
    return _link(Resource(work.exercise, where)) if where else code(work.exercise)


def _link(one: Resource) -> str:
    """A link whose address can end neither itself nor a table's cell."""
    return f"[{text(one.title)}](<{one.url.translate(_IN_ADDRESS)}>)"


_IN_ADDRESS = {ord(sign): f"%{ord(sign):02X}" for sign in "<>|\\ \"'`()[]"}
