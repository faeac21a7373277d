"""The overview of a cohort, and a page for each learner, as self-contained HTML. Decides nothing.

Everything that comes from learners (names, code, messages, output) passes jinja's escaping and `printable`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from harness.cohort import likeness
from harness.cohort.grades import Grade
from harness.cohort.results import Result
from tracker import html
from tracker.report import MARKS

BINS = 10


def file_name(learner: str) -> str:
    """A name that is safe on every disk and still tells whose it is; two ids never share one."""
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", learner).strip("-")[:40] or "learner"
    return f"{kept}-{hashlib.sha256(learner.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}.html"


def overview(
    marked: Sequence[Grade], results: Sequence[Result], alike: Sequence[Sequence[Result]], shipped: set[str]
) -> str:
    """Marks by exercise, a histogram of points, common mistakes by name, near-identical submissions, every learner."""
    exercises = list(dict.fromkeys(g.exercise for g in marked))
    people: dict[str, list[Grade]] = {}
    for g in marked:
        people.setdefault(g.person.id, []).append(g)
    return _render(
        "overview.html.j2", exercises=exercises, people=list(people.values()), marks=[_marks(e, marked) for e in exercises],
        histogram=_histogram(list(people.values())), mistakes=_mistakes(results), verdicts=_verdicts(marked),
        alike=[(one, likeness.fingerprint([one[0].source]) in shipped) for one in alike], page=file_name,
    )  # fmt: skip


def feedback(mine: Sequence[Grade], *, show_inputs: bool) -> str:
    """What one learner reads: verdicts, marks, points, and the lesson of each failure.

    Without show_inputs nothing is on it that an answer could have put a hidden input into: its output, its exceptions.
    """
    facts = [g.result.facts for g in mine]
    return _render("feedback.html.j2", mine=mine, facts=facts, marks=MARKS, show_inputs=show_inputs)


def _marks(exercise: str, marked: Sequence[Grade]) -> tuple[str, int, dict[str, int]]:
    mine = [g for g in marked if g.exercise == exercise and g.submissions]
    return exercise, len(mine), {mark: sum(g.result.marks.get(mark) is True for g in mine) for mark in MARKS}


def _histogram(people: Sequence[Sequence[Grade]]) -> list[tuple[str, int, int]]:
    """(label, learners, percent of the fullest bin) for each tenth of the points that could be had."""
    counts = [0] * BINS
    for one in people:
        of = sum(g.of for g in one)
        share = sum(g.points for g in one) / of if of else 0.0
        counts[min(int(share * BINS), BINS - 1)] += 1
    most = max(counts, default=0) or 1
    return [(f"{100 * i // BINS} to {100 * (i + 1) // BINS}%", n, round(100 * n / most)) for i, n in enumerate(counts)]


def _mistakes(results: Sequence[Result]) -> list[tuple[str, str, int]]:
    """Known mistakes by exercise and name; failures that are none of them by the check that failed first."""
    seen: Counter[tuple[str, str]] = Counter()
    for result in results:
        failure = result.facts.get("failure")
        if failure:
            seen[result.exercise, failure.get("mistake") or f"fails {failure['part']}: {failure['case']}"] += 1
    return [(exercise, name, count) for (exercise, name), count in seen.most_common(40)]


def _verdicts(marked: Sequence[Grade]) -> list[tuple[str, int]]:
    return Counter(g.result.verdict for g in marked).most_common()


def _render(name: str, **values: Any) -> str:
    return html.environment("harness.cohort").get_template(name).render(**values) + "\n"
