"""A portfolio as rows and sentences, for its page and its Markdown. Plain words, not escaped yet; decides nothing."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from tracker.comparison import over
from tracker.graph import PROVEN_STATES
from tracker.plots import input_name
from tracker.portfolio import Portfolio, Result, Work, slowest
from tracker.report import CLOSE, MARKS
from tracker.report_tables import Step, Table

_EXTRAS = ("torch", "triton")  # backends for whose reports verify.py's Scratchmark lacks a library
_OF_A_CHECKOUT = ("oracles",)  # what verify.py always installs, and bootstrap.py does not
_GOOD = 3  # of FSRS's ratings
PROVEN = (
    "Proven: the code in each report gave right answers on inputs drawn after it was handed in, and gives them again on new"
    " inputs wherever you run the command."
)
NOT_PROVEN = "Not proven: who wrote it, and what help they had beyond what is told here."
CHECKED = (
    "Each answer ran apart from its judge, on inputs drawn after its bytes had been hashed, and was compared with an"
    " oracle in float64: values, shapes, types, edge cases, properties and, where asked, gradients.",
    "A ratio is the answer's time over that of a yardstick, a solution written for the same exercise and backend, or of"
    " the library that people would call: below 1 is faster. The two were timed in turn, in random order, on fresh inputs,"
    " and the interval covers the true ratio 95 times in 100. Where several inputs were timed, the one that does worst is shown.",
    "Ratios and times hold for the machine named with them. 'Not measured' and '–' mean that nobody knows, not that it is good.",
)
CLOSE_WORDS = f"Close: close to the shipped solution, more than {CLOSE:.0%} of the tokens are the same."
MARK_WORDS = {
    "correct": "right values, shapes and types on every check",
    "robust": "stable, edge cases, inputs untouched",
    "gradient": "the backward is right too",
    "efficient": "grows as it should, and takes at most 3 times the yardstick's time",
    "expert": "as fast as the library that people would call, or half of what the machine can do",
}


def title(portfolio: Portfolio) -> str:
    return portfolio.owner.name or "A portfolio"


def figures(portfolio: Portfolio) -> list[tuple[str, str]]:
    """The numbers that a reader of two minutes takes away, each with its words."""
    standings = portfolio.map.standings.values()
    proven = sum(standing.state in PROVEN_STATES for standing in standings)
    hours = sum(standing.hours_done for standing in standings)
    expert = sum("expert" in work.best.marks for work in portfolio.works)
    return [
        (str(len(portfolio.works)), _many("exercise", len(portfolio.works)) + " passed"),
        (str(expert), "at expert speed"),
        (f"{proven} of {len(standings)}", "topics proven"),
        (f"{hours:,.0f} h", "of the roadmap done"),
        (str(portfolio.runs), _many("graded run", portfolio.runs)),
    ]  # fmt: skip


def modules(portfolio: Portfolio) -> dict[str, list[Work]]:
    """Works by the title of their module, in the roadmap's order."""
    found: dict[str, list[Work]] = {}
    for work in portfolio.works:
        found.setdefault(work.module, []).append(work)
    return found


def roadmap(portfolio: Portfolio) -> Table:
    """A row for each module: how much of it is done."""
    map = portfolio.map
    rows = []
    for module in map.roadmap.modules:
        now = [map.standings[name] for name in module.topics]
        proven = sum(standing.state in PROVEN_STATES for standing in now)
        passed = sum(work.module == module.title for work in portfolio.works)
        hours = sum(map.roadmap.topics[name].hours for name in module.topics)
        done = sum(standing.hours_done for standing in now)
        rows.append((module.title, f"{proven} of {len(now)}", str(passed), f"{done:,.0f} of {hours:,.0f} h"))
    return Table(("module", "topics proven", "exercises passed", "hours of the roadmap"), rows)


def marks(result: Result) -> list[tuple[str, str]]:
    """Each mark with 'yes', 'no' or 'not judged'."""
    words = {True: "yes", False: "no", None: "not judged"}
    return [(mark, words[result.report.marks.get(mark)]) for mark in MARKS]


def speed(result: Result) -> list[str]:
    """A sentence for each whom the answer was timed against."""
    found = []
    for against, whom in (("yardstick", "the yardstick"), ("library", "the library")):
        timing = slowest(result.report, against)
        if timing:
            times = f"{over(result.report, against)} times the time of {whom} ({timing.against_name})"
            found.append(f"{times} on {input_name(timing)}")
    return found or ["Its time was not measured."]


def tries(work: Work) -> str:
    """How many graded runs it took."""
    return "at the first graded run" if work.attempts == 1 else f"after {work.attempts} graded runs"


def history(work: Work) -> str:
    """'passed on 2026-11-20 at the first graded run'."""
    return f"passed on {work.passed[:10]} {tries(work)}"


def help_taken(work: Work) -> str:
    """What the journal tells of help before the pass; '' where there was none."""
    hints = f"{len(work.hints)} of 3 hints" if work.hints else ""
    early = "solution seen before the pass" if work.seen and work.seen < work.passed else ""
    return ", ".join(words for words in (hints, early) if words)


def likeness(result: Result) -> str:
    """'34% (reference.py)': tokens in common with the shipped solution that it is most alike."""
    name, share = result.closest
    return f"{share:.0%} ({name})" if name else "–"


def any_close(portfolio: Portfolio) -> bool:
    return any(result.is_close for work in portfolio.works for result in work.results)


def helped(portfolio: Portfolio) -> str:
    """What the journal and the reports know of help, in two sentences."""
    hints = sum(len(work.hints) for work in portfolio.works)
    seen = sum("seen" in help_taken(work) for work in portfolio.works)
    close = sum(any(result.is_close for result in work.results) for work in portfolio.works)
    return (
        f"Before the passes shown here the owner took {_count('hint', hints)} and saw the solutions of {_count('exercise', seen)}."
        f" Close to a shipped solution (more than 80% of the tokens): {_count('exercise', close)}."
    )


def helps(portfolio: Portfolio) -> Table:
    """A row for each exercise that help was taken with before its pass."""
    helped = [(work.exercise, help_taken(work), history(work)) for work in portfolio.works if help_taken(work)]
    return Table(("exercise", "help", ""), helped)


def assistance(portfolio: Portfolio) -> str:
    said = portfolio.owner.ai
    return f"The owner on AI assistance: {said}" if said else "The owner says nothing about AI assistance."


def reviewed(portfolio: Portfolio) -> str:
    """A sentence on spaced reviews; '' where there were none."""
    cards = [answers for answers in portfolio.map.progress.reviews.values() if answers]
    if not cards:
        return ""
    known = sum(answers[-1].rating >= _GOOD for answers in cards)
    return (
        f"Spaced reviews: {_count('answer', sum(map(len, cards)))} to {_count('card', len(cards))} (questions, and exercises"
        f" written again), as the owner rated them; the last rating was good or easy for {known}."
    )


def graded(portfolio: Portfolio) -> Table:
    """Where and how the reports shown were made."""
    reports = [result.report for work in portfolio.works for result in work.results]
    machines = (
        f"{r.machine.cpu}, {r.machine.cores} cores, {r.machine.ram_gb:g} GB, {r.machine.system}" for r in reports
    )
    started = sorted(report.started[:10] for report in reports)
    rows = [
        ("reports shown", f"{len(reports)}, of {portfolio.runs} graded runs"),
        ("graded", f"{started[0]} to {started[-1]}"),
        ("machines", _counted(machines)),
        ("sandbox levels", _counted(report.sandbox for report in reports)),
        ("backends", _counted(f"{report.backend} on {report.device}" for report in reports)),
        ("harness", _counted(report.harness_version for report in reports)),
        ("records", records(portfolio)),
    ] if reports else []  # fmt: skip
    return Table(("what", "value"), rows)


def records(portfolio: Portfolio) -> str:
    """How many of the journal's graded runs still have the report that was hashed then."""
    if not portfolio.runs:
        return "No run was graded yet."
    if not portfolio.faults:
        return "Every graded run of the journal still has the report that was hashed then."
    return f"{len(portfolio.faults)} of {portfolio.runs} graded runs do not count: their reports are gone or say otherwise."


def check(portfolio: Portfolio, result: Result) -> Step:
    """How a stranger grades that report again, today; with what its backend needs."""
    verifier, backend = portfolio.verifier, result.report.backend
    extras = [*(_OF_A_CHECKOUT if "bootstrap.py" in verifier else ()), *([backend] if backend in _EXTRAS else ())]
    if extras:
        verifier = verifier.replace(".py", f".py --with {','.join(extras)}", 1)
    call = f"{verifier} {shlex.quote(result.path)}"
    found = portfolio.repository
    needs = "on Linux" + (
        " with Scratchmark installed" if portfolio.verifier.startswith("harness") else ", with Python 3.11 and git"
    )
    if not found.url:
        return Step(
            f"These files are at no public address that git knows of. Whoever has the owner's folder can run, {needs}:",
            call,
        )
    published = "" if found.pushed and found.clean else " (Some of it was not published yet when this page was built.)"
    clone = f"git clone {found.url} && cd {shlex.quote(found.folder)} && git checkout --quiet {found.commit}"
    words = f"Works {needs}; the code runs in a sandbox, after you have said yes:{published}"
    return Step(words, f"{clone} && {call}")


def nothing(portfolio: Portfolio) -> list[Step]:
    """What to do where no exercise was passed."""
    there = (name for name, (_, task) in portfolio.map.roadmap.exercises().items() if not task.planned)
    name = next(there, "EXERCISE")
    return [
        Step("See what to begin with:", "tracker next"),
        Step("Get an exercise's empty file, and write it:", f"tracker start {name}"),
        Step("Grade it:", f"harness run {name}"),
        Step("Then build this page again:", "tracker portfolio"),
    ]  # fmt: skip


def _counted(names: Iterator[str]) -> str:
    """'numpy on cpu (9), torch on cpu (1)'; a single name without its count."""
    counts = Counter(names)
    return ", ".join(name if len(counts) == 1 else f"{name} ({count})" for name, count in counts.most_common())


def _count(word: str, count: int) -> str:
    return f"{count or 'no'} {_many(word, count)}"


def _many(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
