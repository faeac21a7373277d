"""What a learner can show: from the roadmap, the journal and the reports that hold to plain data. Draws nothing.

The same files give the same portfolio, always.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker import cache, graph, journal, owner, progress, repository
from tracker.bar import Say
from tracker.graph import Map
from tracker.journal import Event
from tracker.owner import Owner
from tracker.records import Records
from tracker.report import CLOSE, MARKS, Report, Timing
from tracker.repository import Repository
from tracker.roadmap import Roadmap
from tracker.workspace import Workspace

LEVELS = ("Beginner", "Intermediate", "Advanced")
OTHER = "Other exercises"  # of workspaces whose roadmap names them no more
_MOST_HIGHLIGHTS = 6
_HARNESS = "harness verify"
_VERIFIERS = {"verify.py": "python3 verify.py", "bootstrap.py": f"python3 bootstrap.py {_HARNESS}"}


@dataclass(frozen=True)
class Result:
    """An exercise on one backend and device: the newest of the reports that earned the most marks. `path`: from the workspace's root."""

    path: str
    report: Report

    @property
    def closest(self) -> tuple[str, float]:
        """The shipped solution that it is most alike, and the share of tokens; ('', 0.0) where none was compared."""
        return max(self.report.similarity.items(), key=lambda item: item[1], default=("", 0.0))

    @property
    def is_close(self) -> bool:
        return self.closest[1] > CLOSE

    @property
    def marks(self) -> tuple[str, ...]:
        return tuple(mark for mark in MARKS if self.report.marks.get(mark) is True)


@dataclass(frozen=True)
class Work:
    """An exercise that was passed. `topic` is '' where the roadmap no longer has it; `depth`: how many topics come before.

    `begun` and `passed` are times: its first event, its first pass. `attempts`: graded runs up to and with that pass, of
    `runs` in all. `hints`: levels taken before the pass; `seen`: when a solution was first shown, '' if never.
    """

    exercise: str
    title: str
    topic: str
    module: str
    level: str
    depth: int
    results: tuple[Result, ...]
    begun: str
    passed: str
    attempts: int
    runs: int
    hints: tuple[int, ...] = ()
    seen: str = ""

    @property
    def best(self) -> Result:
        """The result with the most marks; of equals the first."""
        return max(self.results, key=lambda result: len(result.marks))


@dataclass(frozen=True)
class Portfolio:
    """`map`: by what holds alone, reviews left out. `works`: in the roadmap's order, `highlights` some of them, best first.

    `verifier`: what grades a report again in this workspace. `faults`: graded events that do not count, and why; `notes`:
    what else the owner should know. `latest`: the time of the last event, '' where nothing was done yet.
    """

    owner: Owner
    map: Map
    works: tuple[Work, ...]
    highlights: tuple[Work, ...]
    repository: Repository
    verifier: str = _HARNESS
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    runs: int = 0
    latest: str = ""


def read(workspace: Workspace, say: Say = lambda what, share: None) -> Portfolio:
    """The portfolio of a workspace, from its files as they are now. Raises UserError where one of them cannot be read."""
    roadmap, log, person = cache.load(workspace), journal.read(workspace.journal), owner.read(workspace)
    found = Records(workspace, log.events, say)
    events = tuple(event for event in log.events if event.id not in found.faults)
    done = progress.of(events)
    map = Map(roadmap, done, graph.standings(roadmap, done), log.warnings)
    works = tuple(_works(roadmap, log.events, found.results, found.first))
    missing = [name for name in person.highlights if name not in found.results]
    notes = [f"{owner.FILE}: {name!r} is no highlight, for no report shows that it was passed" for name in missing]
    return Portfolio(
        person, map, works, highlights(works, person.highlights), repository.of(workspace.root), _verifier(workspace),
        tuple(found.faults.values()), (*log.warnings, *notes), sum(event.kind == "graded" for event in log.events),
        log.events[-1].time if log.events else "",
    )  # fmt: skip


def _verifier(workspace: Workspace) -> str:
    """A workspace may bring its own; a checkout of Scratchmark installs itself."""
    return next((call for name, call in _VERIFIERS.items() if (workspace.root / name).is_file()), _HARNESS)


def highlights(works: Sequence[Work], chosen: Sequence[str] = ()) -> tuple[Work, ...]:
    """The chosen ones; else three to six, the hardest first, and of equals those with the best ratios.

    What is close to a shipped solution, or was passed after seeing one, comes after everything else."""
    by_name = {work.exercise: work for work in works}
    own = tuple(by_name[name] for name in dict.fromkeys(chosen) if name in by_name)
    count = min(max(len(works) // 3, 3), _MOST_HIGHLIGHTS)
    return own or tuple(sorted(works, key=_rank)[:count])


def _rank(work: Work) -> tuple[object, ...]:
    helped = work.best.is_close or bool(work.seen and work.seen < work.passed)
    level = LEVELS.index(work.level) if work.level in LEVELS else -1
    timing = slowest(work.best.report, "yardstick")
    ratio = timing.ratio if timing and timing.ratio is not None else math.inf
    return helped, -level, -len(work.best.marks), ratio, -work.depth, work.exercise


def slowest(found: Report, against: str) -> Timing | None:
    """The input with the largest ratio to the yardstick or the library, which says most; None where none was measured."""
    measured = [timing for timing in found.timings if timing.against == against and timing.ratio is not None]
    return max(measured, key=lambda timing: timing.ratio or 0.0, default=None)


def _works(
    roadmap: Roadmap,
    events: Sequence[Event],
    results: Mapping[str, Sequence[tuple[str, Report]]],
    first: Mapping[str, Event],
) -> Iterator[Work]:
    graded = roadmap.exercises()
    about = _by_exercise(events)
    modules = {module.id: module.title for module in roadmap.modules}
    for exercise in sorted(results, key=[*graded, *sorted(results)].index):
        topic, task = graded.get(exercise, (None, None))
        yield Work(
            exercise, task.text if task else exercise, topic.id if topic else "",
            modules.get(topic.module, topic.module) if topic else OTHER, topic.level if topic else "",
            len(graph.ancestors(roadmap, [topic.id])) if topic else 0, tuple(Result(*found) for found in results[exercise]),
            **_history(about[exercise], first[exercise]),
        )  # fmt: skip


def _by_exercise(events: Iterable[Event]) -> Mapping[str, list[Event]]:
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.kind in ("started", "graded", "hint", "spoiled") and isinstance(event.data.get("exercise"), str):
            found[event.data["exercise"]].append(event)
    return found


def _history(events: Sequence[Event], first: Event) -> dict[str, Any]:
    """What the journal tells of one exercise. An attempt whose report is gone is an attempt all the same."""
    runs = [event for event in events if event.kind == "graded"]
    before = events[: events.index(first)]
    levels = [event.data.get("level") for event in before if event.kind == "hint"]
    return {
        "begun": events[0].time,
        "passed": first.time,
        "attempts": runs.index(first) + 1,
        "runs": len(runs),
        "hints": tuple(sorted({level for level in levels if isinstance(level, int)})),
        "seen": next((event.time for event in events if event.kind == "spoiled"), ""),
    }
