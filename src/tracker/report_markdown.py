"""A report as a Markdown page that a person reads. Draws what the report says; grades and measures nothing."""

from __future__ import annotations

from collections.abc import Sequence

from tracker import backends, report_tables
from tracker.page import block, code, duration, table, text
from tracker.report import CLOSE, MARKS, Case, Failure, Mark, Report, Timing, Verdict


def markdown(report: Report, beside: Sequence[Report] = ()) -> str:
    """The whole page. `beside`: reports of the same exercise on other backends."""
    sections = (
        _top(report),
        _parts(report),
        _failures(report),
        _lesson(report),
        _timings(report),
        _beside(report, beside),
    )
    rest = (_printed(report), _facts(report), _proof(report), _again(report))
    return "\n\n".join(part for part in sections + rest if part) + "\n"


def _top(report: Report) -> str:
    lines = [f"# {text(report.exercise)}: {report.verdict}"]
    if report.demo:
        shipped = report.demo_verdict or report.verdict
        lines.append(f"**A demonstration:** this is the shipped solution ({shipped}), not your answer. It is no pass.")
    if report.message:
        lines.append(text(report.message))
    lines.append(table(("mark", "", "note"), [_mark_row(report, mark) for mark in MARKS]))
    close = [f"{code(name)} ({share:.0%})" for name, share in report.similarity.items() if share > CLOSE]
    if close:
        lines.append(f"**Close to the shipped solution**: {', '.join(close)} of its tokens are the same.")
    return "\n\n".join(lines)


def _mark_row(report: Report, mark: Mark) -> tuple[str, ...]:
    word = {True: "**yes**", False: "no", None: "–"}[report.marks.get(mark)]
    return mark, word, text(report.mark_notes.get(mark, ""))


def _parts(report: Report) -> str:
    def row(name: str) -> tuple[str, ...]:
        part, found = report.parts[name], report_tables.checks(case for case in report.cases if case.part == name)
        passed = f"{sum(found.values())} of {len(found)}"
        label = code(name) if part.required else f"{code(name)} (optional)"
        return label, part.verdict, passed, text(part.message)

    rows = [row(name) for name in report.parts]
    return "## Parts\n\n" + table(("part", "verdict", "checks passed", ""), rows) if rows else ""


def _failures(report: Report) -> str:
    ordered = sorted(report.cases, key=lambda case: case.passed)
    if not ordered:
        return ""
    head = ("check", "part", "type", "mark", "", "error / allowed", "")
    sections = (
        f"## Checks: {report_tables.checked(report)}",
        report_tables.repeated(report),
        table(head, [_case_row(case) for case in ordered]),
    )
    return "\n\n".join(filter(None, sections))


def _case_row(case: Case) -> tuple[str, ...]:
    error = "" if case.error is None else f"{case.error:.2g} / {'–' if case.allowed is None else f'{case.allowed:.2g}'}"
    result = "passed" if case.passed else "**failed**"
    return (
        text(case.name),
        code(case.part),
        text(case.dtype or ""),
        case.mark,
        result,
        error,
        text(case.message),
    )


def _lesson(report: Report) -> str:
    failure = report.failure
    if failure is None:
        return ""
    where = ", ".join(text(word) for word in (failure.part, failure.dtype) if word)
    lines = [f"## Why it failed: {text(failure.case)} ({where})", text(failure.sentence)]
    if failure.mistake:
        lines.append(f"**Likely mistake:** {text(failure.mistake)}")
    return "\n\n".join(lines + _evidence(failure))


def _evidence(failure: Failure) -> list[str]:
    inputs = "\n".join(f"{name} = {value}" for name, value in failure.inputs.items())
    titled = (
        ("The smallest input found that fails", inputs),
        ("Got", failure.got),
        ("Expected", failure.expected),
        ("Worst element", failure.worst),
        ("Where in the code", "\n".join(failure.frames)),
        ("See it again", failure.reproduce),
    )
    return [f"**{title}**\n\n{block(words)}" for title, words in titled if words]


def _timings(report: Report) -> str:
    def row(timing: Timing) -> tuple[str, ...]:
        case = f"{text(timing.case)} ({text(timing.dtype or timing.part)})"
        times = f"{duration(timing.median_ns)} / {duration(timing.against_median_ns)}"
        return case, code(timing.against_name), times, ratio_in_words(timing)

    rows = [row(timing) for timing in report.timings]
    head = ("input", "compared with", "this solution / the other", "in words")
    return "## Speed\n\n" + table(head, rows) if rows else ""


def ratio_in_words(timing: Timing) -> str:
    """'0.81 times the time of the yardstick (95% interval 0.79 to 0.83): faster', or why there is no figure."""
    whom = "the yardstick" if timing.against == "yardstick" else "the library"
    if timing.ratio is None or timing.ratio_low is None or timing.ratio_high is None:
        return f"not measured against {whom}" + (f": {text(timing.note)}" if timing.note else "")
    interval = f"95% interval {timing.ratio_low:.3g} to {timing.ratio_high:.3g}"
    return f"{timing.ratio:.3g} times the time of {whom} ({interval}): {timing.verdict}"


def _beside(report: Report, others: Sequence[Report]) -> str:
    if not others:
        return ""
    found, notes = backends.table([report, *others]), backends.notes([report, *others])
    rows = [tuple(map(text, row)) for row in found.rows]
    listed = "\n".join(f"- {text(words)}" for words in notes)
    return "\n\n".join(["## Backends side by side", *([table(found.head, rows)] if rows else []), listed])


def _printed(report: Report) -> str:
    return f"## What the code printed\n\n{block(report.printed)}" if report.printed else ""


def _facts(report: Report) -> str:
    machine = report.machine
    versions = ", ".join(f"{name} {version}" for name, version in sorted(report.versions.items()))
    rows = [
        ("backend", f"{report.backend} on {text(report.device)}, {report.threads} thread(s)"),
        ("machine", text(f"{machine.cpu}, {machine.cores} cores, {machine.ram_gb:g} GB, {machine.system}")),
        ("versions", text(f"harness {report.harness_version}, {versions}")),
        ("started", text(f"{report.started}, took {report.seconds:.1f} s")),
        ("seed", code(report.seed) + (" (given by hand: earns no credit)" if report.seed_given else "")),
        ("sandbox", text(", ".join([f"level {report.sandbox}", *report.protections]))),
        ("library calls earned", text(", ".join(report.earned) or "none")),
        ("answer", f"{', '.join(map(code, report.source))} (hash {code(report.source_hash)})"),
        ("exercise", f"version {report.exercise_version} (hash {code(report.spec_hash)})"),
    ]
    return "## How it was graded\n\n" + table(("", ""), rows)


def _proof(report: Report) -> str:
    lines = [f"**Proven:** {text(report.proven)}", f"**Not proven:** {text(report.not_proven)}"]
    return "## What this proves\n\n" + "\n\n".join(lines)


def _again(report: Report) -> str:
    words = f"harness run {report.exercise} --backend {report.backend}\n"
    words += f"harness run {report.exercise} --backend {report.backend} --seed {report.seed}  # the same inputs; earns no credit"
    if report.verdict is Verdict.SPEC_BROKEN:
        return f"## The exercise is at fault, not you\n\nPlease report it with this page.\n\n{block(words, 'sh')}"
    return f"## Run it again\n\n{block(words, 'sh')}"
