"""What a learner can show and what it rests on: from roadmap, journal and reports to plain data. Draws nothing.

A graded event counts only while its report is the file that was hashed then and says what the event says: whatever is
shown was read from a report that holds. The same files give the same portfolio, always.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker import cache, evidence, graph, journal, owner, progress, report, repository
from tracker.errors import UserError
from tracker.graph import Map
from tracker.journal import Event
from tracker.owner import Owner
from tracker.report import Report, Timing
from tracker.repository import Repository
from tracker.roadmap import Roadmap
from tracker.workspace import Workspace

CLOSE = 0.8  # share of tokens from which an answer counts as close to a shipped solution
LEVELS = ("Beginner", "Intermediate", "Advanced")
OTHER = "Other exercises"  # of workspaces whose roadmap names them no more
_MOST_HIGHLIGHTS = 6
_HARNESS = "harness verify"
_VERIFIERS = {"verify.py": "python3 verify.py", "bootstrap.py": f"python3 bootstrap.py {_HARNESS}"}

Say = Callable[[str, float], None]  # what is being done, and which share of it is over


@dataclass(frozen=True)
class Result:
    """An exercise on one backend: the newest of the reports that earned the most marks. `path`: from the workspace's root."""

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
        return tuple(mark for mark in report.MARKS if self.report.marks.get(mark) is True)


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
    found = _Evidence(workspace, log.events, say)
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


class _Evidence:
    """The reports that hold, from the journal's graded events; made by reading them.

    `results`: exercise to backend to its best. `first`: exercise to the event of its first pass. `faults`: an event's id
    to why it does not count. Every report is hashed, and only those that are shown or date a pass are parsed."""

    def __init__(self, workspace: Workspace, events: Sequence[Event], say: Say) -> None:
        self.workspace = workspace
        self.faults: dict[str, str] = {}
        self.results: dict[str, dict[str, Result]] = {}
        self.first: dict[str, Event] = {}
        self._parsed: dict[str, Report] = {}
        graded = [event for event in events if event.kind == "graded" and isinstance(event.data.get("exercise"), str)]
        for number, event in enumerate(graded):
            say("checking reports", 0.3 * number / len(graded))
            self._note(event, evidence.fault(workspace, event))
        passes = self._passes(graded)
        for number, (exercise, found) in enumerate(passes.items()):
            say(f"reading {exercise}", 0.3 + 0.7 * number / len(passes))
            self._read(exercise, found)

    def _note(self, event: Event, wrong: str | None) -> None:
        if wrong:
            self.faults[event.id] = f"event {event.id[:8]} ({event.data.get('exercise')}): {wrong}"

    def _passes(self, graded: Iterable[Event]) -> Mapping[str, list[Event]]:
        found: defaultdict[str, list[Event]] = defaultdict(list)
        for event in graded:
            if event.id not in self.faults and "correct" in progress.marks_of(event.data):
                found[event.data["exercise"]].append(event)
        return found

    def _read(self, exercise: str, passes: Sequence[Event]) -> None:
        first = next((event for event in passes if self._report(event)), None)
        if first is None:
            return
        self.first[exercise] = first
        best: dict[str, Result] = {}
        for event in sorted(passes, key=_worth, reverse=True):
            backend = str(event.data.get("backend"))
            found = None if backend in best else self._report(event)
            if found:
                best[backend] = Result(event.data["report"], found)
        self.results[exercise] = dict(sorted(best.items()))

    def _report(self, event: Event) -> Report | None:
        """What the event's report says, if it says what the event does; else why not is noted."""
        if event.id in self.faults:
            return None
        if event.id not in self._parsed:
            try:
                found = report.load((self.workspace.root / event.data["report"]).read_text("utf-8"))
            except (UserError, OSError, UnicodeDecodeError) as error:
                self._note(event, f"its report cannot be read: {str(error).splitlines()[0]}")
                return None
            self._note(event, _contradiction(event, found))
            self._parsed[event.id] = found
        return None if event.id in self.faults else self._parsed[event.id]


def _worth(event: Event) -> tuple[int, str, str]:
    return len(progress.marks_of(event.data)), event.time, event.id


def _contradiction(event: Event, found: Report) -> str | None:
    """Why a report gives no credit for what its event says; None where it does."""
    if found.demo or found.seed_given:
        return (
            "its report is of "
            + ("a demonstration" if found.demo else "a seed given by hand")
            + ", which earns nothing"
        )
    said = (event.data["exercise"], event.data.get("backend"), event.data.get("verdict"), progress.marks_of(event.data))
    earned = frozenset(mark for mark, yes in found.marks.items() if yes)
    if said != (found.exercise, found.backend, found.verdict.value, earned):
        return "its report says otherwise than the journal"
    return None


def _works(
    roadmap: Roadmap, events: Sequence[Event], results: Mapping[str, Mapping[str, Result]], first: Mapping[str, Event]
) -> Iterator[Work]:
    graded = roadmap.exercises()
    about = _by_exercise(events)
    modules = {module.id: module.title for module in roadmap.modules}
    for exercise in sorted(results, key=[*graded, *sorted(results)].index):
        topic, task = graded.get(exercise, (None, None))
        yield Work(
            exercise, task.text if task else exercise, topic.id if topic else "",
            modules.get(topic.module, topic.module) if topic else OTHER, topic.level if topic else "",
            len(graph.ancestors(roadmap, [topic.id])) if topic else 0, tuple(results[exercise].values()),
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
    levels = {event.data.get("level") for event in before if event.kind == "hint"}
    return {
        "begun": events[0].time,
        "passed": first.time,
        "attempts": runs.index(first) + 1,
        "runs": len(runs),
        "hints": tuple(sorted(level for level in levels if isinstance(level, int))),
        "seen": next((event.time for event in events if event.kind == "spoiled"), ""),
    }
