"""A report as rows and sentences for the page that shows it. Plain words, not escaped yet; decides nothing.

What is long is cut at 20,000 characters, and says so: the report beside the page holds everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tracker.page import duration
from tracker.pictures import interval, ratio_in_digits
from tracker.plots import input_name
from tracker.report import CLOSE, MARKS, Case, Conditions, Failure, Report, Roof, Timing, Verdict

_LIMIT = 20_000
_WHO = {"yardstick": "the yardstick", "library": "the library"}


class Table(NamedTuple):
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def filled(table: Table) -> Table:
    """Without the columns in which no row says anything."""
    told = [number for number in range(len(table.head)) if any(row[number] not in ("", "–") for row in table.rows)]
    return Table(tuple(table.head[n] for n in told), [tuple(row[n] for n in told) for row in table.rows])


class Step(NamedTuple):
    words: str
    command: str = ""


def marks(report: Report) -> Iterator[tuple[str, str, str]]:
    """Each mark, 'yes', 'no' or 'not judged', and the note on it."""
    words = {True: "yes", False: "no", None: "not judged"}
    for mark in MARKS:
        yield mark, words[report.marks.get(mark)], report.mark_notes.get(mark, "")


def close_solutions(report: Report) -> str:
    close = [f"{name} ({share:.0%})" for name, share in report.similarity.items() if share > CLOSE]
    return ", ".join(close)


def parts(report: Report) -> Table:
    def row(name: str) -> tuple[str, ...]:
        part, found = report.parts[name], checks([case for case in report.cases if case.part == name])
        passed = f"{sum(found.values())} of {len(found)}"
        return name, "yes" if part.required else "no", part.verdict.value, passed, part.message

    head = ("part", "required", "verdict", "checks passed", "message")
    return filled(Table(head, [row(name) for name in report.parts]))


def checks(cases: Iterable[Case]) -> dict[tuple[str, str], bool]:
    """Each check, by part and name, and whether it passed: in every type that it was run in."""
    found: dict[tuple[str, str], bool] = {}
    for case in cases:
        found[case.part, case.name] = case.passed and found.get((case.part, case.name), True)
    return found


def checked(report: Report) -> str:
    """'2 of 57 failed', counted as the message at the top counts."""
    found = checks(report.cases)
    failed = len(found) - sum(found.values())
    return f"{failed} of {len(found)} failed" if failed else f"all {len(found)} passed"


def repeated(report: Report) -> str:
    """Why there are more rows than checks; '' where there are not."""
    count = len(checks(report.cases))
    words = f"Each type that a check was run in has a row of its own: {len(report.cases)} rows for {count} checks."
    return words if len(report.cases) > count else ""


def cases(report: Report, *, passed: bool) -> Table:
    head = ("check", "part", "type", "kind", "mark", "error / allowed", "inputs (SHA-256)", "message")
    return filled(Table(head, [_case(case) for case in report.cases if case.passed is passed]))


def _case(case: Case) -> tuple[str, ...]:
    allowed = "–" if case.allowed is None else f"{case.allowed:.2g}"
    error = "" if case.error is None and case.allowed is None else f"{_digits(case.error)} / {allowed}"
    inputs = (case.inputs_sha256 or "")[:12]
    return case.name, case.part, case.dtype or "", case.kind, case.mark, error, inputs, case.message


def evidence(failure: Failure) -> list[tuple[str, str]]:
    """Titles, and what stands under them as it was written."""
    found = (
        ("The smallest input found that fails", "\n".join(f"{name} = {text}" for name, text in failure.inputs.items())),
        ("Got", failure.got),
        ("Expected", failure.expected),
        ("Worst element", failure.worst),
        ("Where in the code", "\n".join(failure.frames)),
        ("See it again", failure.reproduce),
    )
    return [(title, shown(words)) for title, words in found if words]


def speed(report: Report) -> Table:
    def row(t: Timing) -> tuple[str, ...]:
        times = duration(t.median_ns), duration(t.against_median_ns)
        return input_name(t), f"{_WHO[t.against]}: {t.against_name}", *times, _ratio(t), t.verdict

    head = ("input", "compared with", "this solution", "the other", "ratio (95% interval)", "verdict")
    return Table(head, [row(timing) for timing in report.timings])


def _ratio(timing: Timing) -> str:
    if timing.ratio is None:
        return "not measured" + (f": {timing.note}" if timing.note else "")
    return f"{ratio_in_digits(timing.ratio)} {interval(timing)}" + (f"; {timing.note}" if timing.note else "")


def measuring(report: Report) -> Table:
    """How each figure of the speed table was got."""
    head = ("input", "against", "clock", "blocks × calls", "processes", "stopped by", "wall ratio", "waiting",
            "flops, bytes", "GFLOP/s, GB/s", "of the roof")  # fmt: skip
    return Table(head, [_measured(timing) for timing in report.timings if timing.ratio is not None])


def _measured(t: Timing) -> tuple[str, ...]:
    sets = f"{t.processes}" + (f" (blocks of each: {', '.join(map(str, t.sets))})" if t.sets else "")
    bound = f", bound by {t.bound}" if t.bound else ""
    return (
        input_name(t), t.against, t.clock, f"{t.blocks} × {t.calls_per_block}", sets, t.stopped,
        _digits(t.wall_ratio), _share(t.delay_share), f"{_digits(t.flops)}, {_digits(t.bytes)}",
        f"{_digits(t.gflop_per_s)}, {_digits(t.gb_per_s)}", _share(t.roof_share) + bound,
    )  # fmt: skip


def scaling(report: Report) -> Table:
    def power(middle: float, low: float, high: float) -> str:
        return f"{middle:.2f} ({low:.2f} to {high:.2f})"

    head = (
        "input",
        "part",
        "over",
        "power of its time",
        "yardstick's",
        "expected",
        "beyond the yardstick's",
        "verdict",
    )
    return Table(head, [
        (s.case, s.part, s.parameter, power(s.exponent, s.exponent_low, s.exponent_high), f"{s.yardstick_exponent:.2f}",
         f"{s.expected:.2f}", power(s.excess, s.excess_low, s.excess_high), s.verdict)
        for s in report.scalings
    ])  # fmt: skip


def roof(found: Roof) -> Table:
    rows = [("device", f"{found.device}, {found.threads} thread{'s' * (found.threads != 1)}")]
    rows += [(f"products of matrices, {name}", f"{rate:.4g} GFLOP/s") for name, rate in found.gflop_per_s.items()]
    rows += [(f"copies, {name}", f"{rate:.3g} GB/s") for name, rate in found.copy_gb_per_s.items()]
    return Table(("what", "measured"), [*rows, ("measured", found.measured)])


def conditions(found: Conditions) -> Table:
    rows = [
        ("load in the last minute", f"{found.load_1min:.2f}"),
        ("waiting for a core", _share(found.delay_share)),
        ("taken by the host of a virtual machine", _share(found.steal_share)),
        ("frequency governor", found.governor or "not told"),
        ("sets of processes", f"{found.sets}"),
        ("time spent measuring", f"{found.seconds:.1f} s"),
    ]
    return Table(("what", "noted"), rows)


def facts(report: Report) -> Table:
    machine = report.machine
    rows = [
        ("backend", f"{report.backend} on {report.device}, {report.threads} thread{'s' * (report.threads != 1)}"),
        ("thread pools", ", ".join(report.libraries) or "not told"),
        ("machine", f"{machine.cpu}, {machine.cores} cores, {machine.ram_gb:g} GB, {machine.system}"),
        ("versions", ", ".join(f"{name} {version}" for name, version in sorted(report.versions.items()))),
        ("harness", f"{report.harness_version}, report schema {report.schema}"),
        ("started", f"{report.started}, took {report.seconds:.1f} s"),
        (
            "seed",
            report.seed + (" (given by hand: earns no credit)" if report.seed_given else " (drawn by the harness)"),
        ),
        ("sandbox level", report.sandbox),
        ("protections", ", ".join(report.protections) or "none"),
        ("library calls earned", ", ".join(report.earned) or "none"),
        ("answer", f"{', '.join(report.source)} (hash {report.source_hash})"),
        ("exercise", f"version {report.exercise_version} (hash {report.spec_hash})"),
    ]
    return Table(("what", "value"), rows)


def similarity(report: Report) -> Table:
    return Table(("shipped solution", "same tokens"), [(n, f"{share:.0%}") for n, share in report.similarity.items()])


def again(report: Report) -> str:
    call = f"harness run {report.exercise} --backend {report.backend}"
    return f"{call}\n{call} --seed {report.seed}  # the same inputs; earns no credit"


def next_steps(report: Report) -> list[Step]:
    """What to try now, most urgent first."""
    if report.verdict is Verdict.SPEC_BROKEN:
        return [Step("The exercise is at fault, not you: please report it with this page.")]
    if report.demo:
        return [Step("Write your own; this makes the empty file:", f"tracker start {report.exercise}")]
    if report.verdict is Verdict.PASSED:
        return [*map(Step, _better(report)), Step("What this opened and what comes next:", "tracker next")]
    return [*map(Step, _right(report)), Step("One hint at a time:", f"harness hint {report.exercise}")]


def _right(report: Report) -> Iterator[str]:
    """Towards a pass."""
    missing = [name for name, part in report.parts.items() if part.verdict is Verdict.NOT_WRITTEN_YET and part.required]
    if missing:
        yield f"Write {', '.join(missing)}."
    if report.failure is not None:
        yield f"Begin with '{report.failure.case}': follow its smallest failing input through the code by hand."
    if not missing and report.failure is None:
        yield f"The verdict is '{report.verdict.value}'; the message at the top says what happened."


def _better(report: Report) -> Iterator[str]:
    """Towards the marks not earned yet, and less time and memory."""
    failed = dict.fromkeys(case.name for case in report.cases if not case.passed)
    if failed:
        yield f"Make these checks pass too: {', '.join(failed)}."
    for name, part in report.parts.items():
        if part.verdict is Verdict.NOT_WRITTEN_YET:
            yield f"{name} is optional and not written yet."
    slow = [t for t in report.timings if t.ratio is not None and t.verdict == "slower" and t.against == "yardstick"]
    if slow:
        yield _faster(max(slow, key=lambda t: t.ratio or 0))
    yield from _leaner(report)


def _faster(timing: Timing) -> str:
    advice = {
        "memory": "it is bound by memory, so read and write each array fewer times",
        "compute": "it is bound by compute, so leave the arithmetic to large products",
        None: "find the line that takes the time with a profiler",
    }
    return (
        f"{timing.case} takes {ratio_in_digits(timing.ratio or 0)} times the yardstick's time: {advice[timing.bound]}."
    )


def _leaner(report: Report) -> Iterator[str]:
    for one in report.scalings:
        if one.verdict == "too fast":
            yield f"{one.case}: time grows faster with {one.parameter} than it should; look for a loop too many."
    for held in report.memory:
        if held.peak_bytes > 1.5 * held.yardstick_peak_bytes > 0:
            times = held.peak_bytes / held.yardstick_peak_bytes
            yield f"{held.case}: peak memory is {times:.1f} times the yardstick's; look for temporaries."


def shown(words: str) -> str:
    return words if len(words) <= _LIMIT else f"{words[:_LIMIT]}\n… and {len(words) - _LIMIT:,} characters more"


def _digits(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3g}"


def _share(part: float | None) -> str:
    return "–" if part is None else f"{part:.1%}"
