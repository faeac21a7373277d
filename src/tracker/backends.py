"""One exercise on several backends, side by side: from plain reports to a table and to what must be known of it. Measures nothing.

The first report is the one that others are put beside. Only reports of its very exercise, by hash, had the same inputs
in the same sizes, so only their times stand in the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.page import duration
from tracker.pictures import interval, ratio_in_digits
from tracker.plots import input_name
from tracker.report import Report, Timing
from tracker.report_tables import Table, filled

_ONE = "All of it was measured on one machine."
_SEVERAL = "These were measured on different machines: compare the ratios, not the times."
_OWN = "The time is the median of one call; a ratio is against the yardstick and the library of its own backend."


def name(report: Report) -> str:
    return f"{report.backend} on {report.device}"


def short_name(report: Report) -> str:
    """'numpy', 'torch', 'torch on cuda'."""
    return report.backend if report.device == "cpu" else name(report)


def table(reports: Sequence[Report]) -> Table:
    """Every input that was timed on one of them, with the time on each that was timed at all: `notes` tells of the others."""
    alike = [report for report in reports if report.timings and report.spec_hash == reports[0].spec_hash]
    timed = [timing for report in alike for timing in report.timings if timing.median_ns is not None]
    head = ("input", "backend", "time", "over yardstick", "over library")
    return filled(
        Table(head, [_row(wanted, report) for wanted in dict.fromkeys(map(input_name, timed)) for report in alike])
    )


def _row(wanted: str, report: Report) -> tuple[str, ...]:
    own = [timing for timing in report.timings if input_name(timing) == wanted]
    time = next((timing.median_ns for timing in own if timing.median_ns is not None), None)
    told = "not measured" if time is None else duration(time)
    return wanted, name(report), told, _against(own, "yardstick"), _against(own, "library")


def _against(own: Sequence[Timing], whom: str) -> str:
    measured = [timing for timing in own if timing.against == whom and timing.ratio is not None]
    return ratio(measured[0]) if measured else "–"


def ratio(timing: Timing) -> str:
    """'1.42 (1.38 to 1.47)'."""
    return f"{ratio_in_digits(timing.ratio or 0.0)} {interval(timing)}".strip()


def notes(reports: Sequence[Report]) -> list[str]:
    """How to read the table, then a sentence for each report that is not what the first is."""
    first, others = reports[0], reports[1:]
    differing = [(report, "; ".join(_differences(report, first))) for report in reports]
    told = [f"{name(report)} (graded on {report.started[:10]}): {words}." for report, words in differing if words]
    unlike = [name(report) for report in others if report.source_hash != first.source_hash]
    same = [] if unlike else ["Each was graded from the same files."]
    return [_OWN, machines(reports), *same, *told]


def machines(reports: Sequence[Report]) -> str:
    return _ONE if all(report.machine == reports[0].machine for report in reports) else _SEVERAL


def _differences(report: Report, first: Report) -> Iterator[str]:
    if report.spec_hash != first.spec_hash:
        version = f"version {report.exercise_version}, not {first.exercise_version}"
        yield f"by another state of the exercise ({version}), so its times are left out"
    elif not report.timings:
        yield report.mark_notes.get("efficient") or "not measured"
    if report.source_hash != first.source_hash:
        hashes = f"hash {report.source_hash[:10]}, not {first.source_hash[:10]}"
        yield f"from another version of the source than {name(first)} ({hashes})"
    if report.machine != first.machine:
        machine = report.machine
        yield f"on {machine.cpu}, {machine.cores} cores, {machine.ram_gb:g} GB, {machine.system}"
    if report.threads != first.threads:
        yield f"with {report.threads} thread{'s' * (report.threads != 1)}, not {first.threads}"
    common = sorted(report.versions.keys() & first.versions.keys())
    other = [one for one in common if report.versions[one] != first.versions[one]]
    if other:
        yield "with " + ", ".join(f"{one} {report.versions[one]}, not {first.versions[one]}" for one in other)
