"""A report in a terminal: verdict, marks, the lesson of a failure, timings, what to do next. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from tracker.page import duration, printable, size
from tracker.report import MARKS, Failure, Report, Timing, Verdict

_GOOD, _BAD, _SOSO = "bold green", "bold red", "bold yellow"
_SIGNS = {True: ("✓", _GOOD), False: ("✗", _BAD), None: ("–", "dim")}
_PLAIN = str.maketrans("✓✗–×·…µ", "+x-x..u")  # for a terminal whose encoding has none of these
_MOST_CASES = 8
_ROW = "  ✗ "  # a failed check: one line each, cut at the width
_PASTE = "  python -c ", "  harness run "


def show(found: Report, saved: str | None, opened: list[str]) -> None:
    """Print it, as wide as the terminal is; no colour in a pipe or under NO_COLOR."""
    console = Console(highlight=False, markup=False, emoji=False)
    for line in lines(found, saved, opened):
        line.plain = printable(line.plain)  # one character for one, so styles stay where they are
        is_row, is_utf = line.plain.startswith(_ROW), console.encoding.lower().startswith("utf")
        if not is_utf:
            line.plain = line.plain.translate(_PLAIN).encode(console.encoding, "replace").decode(console.encoding)
        if line.plain.startswith(_PASTE):  # folded, it would not paste as one line
            console.print(line, overflow="ignore", soft_wrap=True)
        elif is_row:
            console.print(line, overflow="ellipsis" if is_utf else "crop", no_wrap=True)
        else:
            _print_indented(console, line)


def _print_indented(console: Console, line: Text) -> None:
    """Wrapped, every line as far to the right as the first, and none ending with spaces."""
    indent = len(line.plain) - len(line.plain.lstrip(" "))
    for piece in line[indent:].wrap(console, max(console.width - indent, 10), overflow="fold") or [line]:
        piece.rstrip()
        console.print(Text(" " * indent) + piece, overflow="fold")


def lines(found: Report, saved: str | None, opened: list[str]) -> Iterator[Text]:
    """Everything, top-down: the verdict first, what to do next last."""
    yield from _top(found)
    yield from _parts(found)
    if found.failure is not None:
        yield from _lesson(found.failure)
    yield from _failed(found)
    yield from _timings(found)
    if found.printed.strip():
        yield Text("\nyour code printed", style="bold")
        shown = printable(found.printed).splitlines()
        yield from (Text(f"  {line[:200]}") for line in shown[:10])
        if len(shown) > 10:
            yield Text(f"  … {len(shown) - 10} lines more in the report", style="dim")
    yield from _next(found, saved, opened)


def _top(found: Report) -> Iterator[Text]:
    verdict = found.demo_verdict if found.demo and found.demo_verdict else found.verdict
    style = _GOOD if verdict is Verdict.PASSED else _SOSO if verdict is Verdict.NOT_WRITTEN_YET else _BAD
    if found.demo:
        yield Text(
            f"{found.exercise} is not written yet; this is the shipped reference solution, as a demonstration",
            style="yellow",
        )
    title = Text.assemble(
        (found.exercise, "bold"), (f" ({found.backend}, {found.device})  ", "dim"), (verdict.value, style)
    )
    yield title
    if found.message:
        yield Text(found.message)
    marks = Text()
    for mark in MARKS:
        sign, style = _SIGNS[found.marks.get(mark)]
        marks.append(f"{sign} {mark}   ", style=style)
    yield marks
    for note in dict.fromkeys(found.mark_notes.values()):
        names = ", ".join(name for name, said in found.mark_notes.items() if said == note)
        yield Text(f"  {names}: {note}", style="dim")


def _parts(found: Report) -> Iterator[Text]:
    if len(found.parts) < 2:
        return
    widest = max(map(len, found.parts))
    yield Text()
    for name, part in found.parts.items():
        style = (
            _GOOD if part.verdict is Verdict.PASSED else "yellow" if part.verdict is Verdict.NOT_WRITTEN_YET else _BAD
        )
        yield Text.assemble(
            (f"  {name:<{widest}}  "), (part.verdict.value, style), "" if part.required else " (optional)"
        )


def _failed(found: Report) -> Iterator[Text]:
    """Every check that failed, once, its types together."""
    failed: dict[tuple[str, str], list[str]] = {}
    order = {name: number for number, name in enumerate(found.parts)}
    for case in sorted(found.cases, key=lambda c: (order.get(c.part, 0), c.mark)):
        if not case.passed and case.message != "not written yet":
            failed.setdefault((case.part, case.name), []).append(case.message)
    if not failed:
        return
    yield Text("\nfailed checks", style="bold")
    for (part, name), messages in list(failed.items())[:_MOST_CASES]:
        yield Text.assemble(("  ✗ ", _BAD), (f"{part}: {name}", ""), (f" – {messages[0][:160]}", "dim"))
    if len(failed) > _MOST_CASES:
        yield Text(f"  … and {len(failed) - _MOST_CASES} more in the report", style="dim")


def _lesson(failure: Failure) -> Iterator[Text]:
    yield Text(
        f"\nwhat went wrong: {failure.part}, {failure.case}" + (f" ({failure.dtype})" if failure.dtype else ""),
        style="bold",
    )
    yield Text(f"  {printable(failure.sentence)}")
    for name, value in failure.inputs.items():
        yield Text(_labelled(name, value))
    if failure.got:
        yield Text(_labelled("got", failure.got), style="red")
    if failure.expected:
        yield Text(_labelled("expected", failure.expected), style="green")
    if failure.worst:
        yield Text(f"  worst {failure.worst}")
    if failure.mistake:
        yield Text.assemble(("  a known mistake gives the same numbers: ", ""), (failure.mistake, "bold yellow"))
    for frame in failure.frames:
        yield Text(f"    {printable(frame)}", style="dim")
    if failure.reproduce:
        yield Text("  to see it again, paste this in your workspace:")
        yield Text(f"  {failure.reproduce}", style="cyan")


def _labelled(name: str, value: str) -> str:
    """'  x = [[1 2]\n       [3 4]]': the lines of an array under each other."""
    head = f"{name} = "
    return f"  {head}" + printable(value).replace("\n", "\n" + " " * len(head))


def show_speed(found: Report) -> None:
    """The speed alone, or why there is none."""
    console = Console(highlight=False, markup=False, emoji=False)
    for line in _timings(found) if found.timings else _top(found):
        _print_indented(console, line)


def _timings(found: Report) -> Iterator[Text]:
    if not found.timings:
        return
    clocks = {"cpu": "CPU time", "device": "time on the device", "wall": "wall time"}
    of_what = clocks.get(found.timings[0].clock, "wall time less waiting")
    yield Text(f"\nspeed ({of_what} of your code over theirs, 95% interval; below 1 is faster)", style="bold")
    shown: set[tuple[str, str]] = set()
    for t in found.timings:
        if (t.part, t.case) not in shown:
            yield Text(f"  {t.part}, {t.case}: {duration(t.median_ns)} a call{_rates(t)}")
        shown.add((t.part, t.case))
        yield _against(t)
    yield from _growth(found)
    for m in found.memory:
        less = f"{m.peak_bytes / max(m.yardstick_peak_bytes, 1):.1f}× the yardstick's"
        yield Text(f"  {m.part}, {m.case}: peak memory {size(m.peak_bytes)} ({less})")
    if found.conditions is not None:
        c = found.conditions
        stolen = f", {c.steal_share:.1%} taken by the host" if c.steal_share else ""
        stopped = found.timings[0].stopped
        yield Text(
            f"  {c.sets} sets of processes in {c.seconds:.1f} s, stopped by {stopped}; load {c.load_1min:g}{stolen}",
            style="dim",
        )


def _growth(found: Report) -> Iterator[Text]:
    for s in found.scalings:
        yield Text(f"  {s.part}: {s.words}", style="yellow" if s.verdict == "too fast" else "")


def _rates(t: Timing) -> str:
    """', 12 GFLOP/s, 45% of the roof': what the machine's limit says of it."""
    if t.roof_share is None or t.gflop_per_s is None or t.gb_per_s is None:
        return ""
    rate = f"{t.gflop_per_s:.3g} GFLOP/s" if t.bound == "compute" else f"{t.gb_per_s:.3g} GB/s"
    return f", {rate}, {t.roof_share:.0%} of this machine's roof"


def _against(t: Timing) -> Text:
    style = {"faster": _GOOD, "slower": "yellow"}.get(t.verdict, "")
    ratio = (
        f"{t.ratio:.2f}× ({t.ratio_low:.2f} to {t.ratio_high:.2f})" if t.ratio is not None else f"not measured {t.note}"
    )
    whom = f"the {t.against} ({t.against_name})"
    return Text.assemble(
        "    ",
        (ratio, style),
        f" {t.verdict} than {whom}" if t.verdict != "cannot tell" else f" no telling from {whom}",
    )


def _next(found: Report, saved: str | None, opened: list[str]) -> Iterator[Text]:
    yield Text()
    if opened:
        yield Text(f"newly open: {', '.join(opened)}", style=_GOOD)
    if found.seed_given:
        yield Text("a seed was given: for debugging only, it earns no credit", style="dim")
    if saved:
        yield Text.assemble(("report  ", "dim"), saved)
    if found.demo:
        following = f"tracker start {found.exercise}"
    elif found.verdict is Verdict.PASSED:
        following = "tracker next"
    else:
        following = f"harness hint {found.exercise}"
    yield Text.assemble(("next    ", "dim"), (following, "cyan"))
