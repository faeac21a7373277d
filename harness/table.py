"""The generated table of all exercises, docs/exercises.md: counts from the specs, measured numbers kept in the page itself.

The last column is the spec's hash when its numbers were taken: a row with another hash is out of date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import store
from harness.catalog import Shipped
from harness.lint import Findings

HEAD = """\
# All exercises, measured

Generated: `harness lint --thorough --table docs/exercises.md` measures what has changed and writes this page; a test holds it to the
specs. Not to be edited. *Mutants*: one change each of the reference solution, and how many of them some check catches, those left out that
are listed in the spec as equivalent, with the reason. *False failures*: right answers that failed, of so many seeds, over all solutions.
How to write an exercise: [adding-an-exercise.md](adding-an-exercise.md).
"""
_COLUMNS = (
    "exercise", "module", "parts", "cases", "properties", "mistakes", "mutants caught", "score", "equivalent",
    "false failures", "timings", "backends", "spec",
)  # fmt: skip
_TEXT = {"exercise", "module", "backends", "spec"}


@dataclass(frozen=True)
class Measured:
    """What only a run can tell: 'caught/of' mutants, 'failed/of' seeds ('' unless thorough), and under which spec."""

    mutants: str
    failures: str
    stamp: str


def stamp(shipped: Shipped) -> str:
    return shipped.spec_hash[:12]


def is_current(measured: Measured | None, shipped: Shipped) -> bool:
    return measured is not None and measured.stamp == stamp(shipped)


def learn(known: Mapping[str, Measured], shipped: Shipped, found: Findings) -> dict[str, Measured]:
    """The kept numbers, and those that lint has just found. Seeds without mutants go into a row that is current."""
    before = known.get(shipped.id)
    before = before if is_current(before, shipped) else None
    caught = next((f"{total - missed}/{total}" for what, total, missed in found.rows if what == "mutants caught"), "")
    runs = [(seeds, misses) for what, seeds, misses in found.rows if what.endswith(" passes") and seeds > 1]
    failures = f"{sum(m for _, m in runs)}/{sum(s for s, _ in runs)}" if runs else before.failures if before else ""
    caught = caught or (before.mutants if before else "")
    return {**known, shipped.id: Measured(caught, failures, stamp(shipped))} if caught else dict(known)


def read(path: Path) -> dict[str, Measured]:
    """The measured numbers that a page holds; none where there is no page."""
    found = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        row = dict(zip(_COLUMNS, cells, strict=False))
        if line.startswith("| `") and len(cells) == len(_COLUMNS):
            failures = row["false failures"].removesuffix("–").replace(",", "").replace(" of ", "/")
            found[row["exercise"]] = Measured(row["mutants caught"], failures, row["spec"])
    return found


def rows(exercises: Sequence[Shipped], known: Mapping[str, Measured]) -> str:
    """The table of those exercises that have numbers, by module."""
    right = ["---" if name in _TEXT else "---:" for name in _COLUMNS]
    shown = sorted((s for s in exercises if s.id in known), key=lambda s: (s.folder.parent.name, s.id))
    lines = [_line(_COLUMNS), _line(right), *(_line(_cells(s, known[s.id])) for s in shown)]
    return "\n".join(lines)


def page(exercises: Sequence[Shipped], known: Mapping[str, Measured]) -> str:
    return f"{HEAD}\n{rows(exercises, known)}\n"


def write(path: Path, known: Mapping[str, Measured], exercises: Sequence[Shipped]) -> None:
    """The page; rows of exercises that are no more fall away."""
    store.write(path, page(exercises, known))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(shipped: Shipped, measured: Measured) -> list[str]:
    exercise, (caught, total) = shipped.exercise, map(int, measured.mutants.split("/"))
    failed, _, runs = measured.failures.partition("/")
    return [
        f"`{shipped.id}`",
        shipped.folder.parent.name,
        str(len(exercise.parts)),
        str(sum(len(part.cases) for part in exercise.parts)),
        str(sum(len(part.properties) for part in exercise.parts)),
        str(len(exercise.mistakes)),
        measured.mutants,
        f"{caught / total if total else 1:.1%}",
        str(len(exercise.equivalent)),
        f"{failed} of {int(runs):,}" if runs else "–",
        str(len(exercise.timings)),
        ", ".join(exercise.policy.backends),
        f"`{measured.stamp}`",
    ]
