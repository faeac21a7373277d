"""Which of a journal's graded events hold: their report is the file that was hashed then, and says what the event says.

Every report is hashed; parsed are only those that date a first pass and those that earned the most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tracker import evidence, progress, report
from tracker.bar import Say
from tracker.errors import UserError
from tracker.journal import Event
from tracker.report import Report
from tracker.workspace import Workspace


class Records:
    """Made by reading. `results`: exercise to the newest of the reports with the most marks, and its path, for each backend and device;
    `first`: exercise to the event of its first pass; `faults`: an event's id to why it counts for nothing."""

    def __init__(self, workspace: Workspace, events: Iterable[Event], say: Say) -> None:
        self.workspace = workspace
        self.results: dict[str, list[tuple[str, Report]]] = {}
        self.first: dict[str, Event] = {}
        self.faults: dict[str, str] = {}
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
        best: dict[tuple[str, str], tuple[str, Report]] = {}
        for event in sorted(passes, key=_worth, reverse=True):
            where = str(event.data.get("backend")), str(event.data.get("device", "cpu"))
            found = None if where in best else self._report(event)
            if found:
                best[where] = event.data["report"], found
        self.results[exercise] = [best[where] for where in sorted(best)]

    def _report(self, event: Event) -> Report | None:
        """What the event's report says, if it says what the event does; else why not is noted."""
        if event.id not in self.faults and event.id not in self._parsed:
            try:
                found = report.load((self.workspace.root / event.data["report"]).read_text("utf-8"))
            except (UserError, OSError, UnicodeDecodeError) as error:
                self._note(event, f"its report cannot be read: {str(error).splitlines()[0]}")
            else:
                self._parsed[event.id] = found
                self._note(event, _contradiction(event, found))
        return None if event.id in self.faults else self._parsed[event.id]


def _worth(event: Event) -> tuple[int, str, str]:
    return len(progress.marks_of(event.data)), event.time, event.id


def _contradiction(event: Event, found: Report) -> str | None:
    """Why a report gives no credit for what its event says; None where it does."""
    if found.demo:
        return "its report is of a demonstration, which earns nothing"
    if found.seed_given:
        return "its report is of a seed given by hand, which earns nothing"
    device = event.data.get("device", found.device)  # journals of before 2026-11-27 do not say it
    said = event.data["exercise"], event.data.get("backend"), device, event.data.get("verdict")
    earned = frozenset(mark for mark, yes in found.marks.items() if yes)
    of_it = found.exercise, found.backend, found.device, found.verdict.value
    if (said, progress.marks_of(event.data)) != (of_it, earned):
        return "its report says otherwise than the journal"
    return None
