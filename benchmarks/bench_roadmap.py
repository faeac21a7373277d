"""Unlocking and planning over 100 to 100,000 topics, and the journal: `make bench`. Reported with the slope, never asserted.

A slope of 1 on log-log axes is linear: ten times the topics, ten times the time.
"""

from __future__ import annotations

import gc
import json
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tracker import advice, graph, journal, plan, progress
from tracker.graph import Map
from tracker.journal import Event
from tracker.roadmap import Module, Question, Roadmap, Task, Topic

SIZES = (100, 1_000, 10_000, 100_000)
START = date(2026, 12, 1)
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def roadmap_of(count: int) -> Roadmap:
    """`count` topics with up to three needs among the 300 before each, four tasks each, in modules of a hundred."""
    chance = random.Random(0)
    topics = {}
    for n in range(count):
        needs = sorted({chance.randrange(max(0, n - 300), n) for _ in range(min(n, 3))})
        tasks = tuple(Task(f"task-{k}", "study", f"Study part {k} of topic {n}", 1.0) for k in range(4))
        questions = (Question(f"What does topic {n} do?", "What its number says."),)
        ids = tuple(f"t{need}" for need in needs)
        topics[f"t{n}"] = Topic(
            f"t{n}", f"Topic {n}", f"m{n // 100}", "Beginner", 4.0, ids, tasks=tasks, questions=questions
        )
    names = list(topics)
    modules = [
        Module(f"m{k}", f"Module {k}", "", (), tuple(names[k * 100 : k * 100 + 100]))
        for k in range((count + 99) // 100)
    ]
    return Roadmap("Large", tuple(modules), topics)


def map_of(roadmap: Roadmap) -> Map:
    """Half of the topics are done."""
    half = list(roadmap.topics)[: len(roadmap.topics) // 2]
    ticks = {f"{name}/task-{k}": Event("0", "2026-11-01T00:00:00Z", "h", "done", {}) for name in half for k in range(4)}
    done = progress.Progress(ticked=ticks)
    return Map(roadmap, done, graph.standings(roadmap, done))


WORK: dict[str, Callable[[Map], object]] = {
    "unlocking": lambda map: graph.standings(map.roadmap, map.progress),
    "what is next": advice.suggestions,
    "planning": lambda map: plan.plan(map, 8, START, map.roadmap.topics),
    "the way to the last": lambda map: graph.in_order(
        map.roadmap, graph.ancestors(map.roadmap, [list(map.roadmap.topics)[-1]])
    ),
}


@pytest.mark.parametrize("name", WORK)
def bench_slope(benchmark, capsys, name: str) -> None:  # type: ignore[no-untyped-def]
    """Seconds at each size, the best of five, and the slope by least squares through their logarithms."""
    seconds = []
    for size in SIZES:
        map = map_of(roadmap_of(size))
        gc.disable()  # as `tracker` does
        seconds.append(min(_timed(WORK[name], map) for _ in range(5)))
        gc.enable()
    xs, ys = [math.log(size) for size in SIZES], [math.log(spent) for spent in seconds]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / sum(
        (x - middle_x) ** 2 for x in xs
    )
    benchmark.extra_info |= {"slope": slope, "seconds": dict(zip(SIZES, seconds, strict=True))}
    benchmark.pedantic(WORK[name], (map_of(roadmap_of(1_000)),), rounds=5)
    with capsys.disabled():
        shown = ", ".join(f"{size:,}: {spent * 1e3:.1f} ms" for size, spent in zip(SIZES, seconds, strict=True))
        print(f"\n{name}: {shown}; slope {slope:.2f}")


def bench_journal_of_100_000_events(benchmark, capsys, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "journal.jsonl"
    chance = random.Random(0)
    with path.open("w") as file:
        for n in range(100_000):
            own = {
                "id": f"{chance.getrandbits(96):024x}",
                "host": "abcdef",
                "time": f"2026-{1 + n // 9000:02}-{1 + n % 28:02}T10:00:00.{n:06}Z",
            }
            data = (
                {"kind": "done", "task": f"t{n % 500}/task-{n % 4}"}
                if n % 2
                else {"kind": "spent", "topic": f"t{n % 500}", "hours": 1.5}
            )
            file.write(json.dumps(own | data, sort_keys=True) + "\n")
    gc.disable()
    benchmark.pedantic(lambda: progress.of(journal.read(path).events), rounds=5)
    gc.enable()
    with capsys.disabled():
        print(
            f"\na journal of 100,000 events ({path.stat().st_size / 1e6:.0f} MB): {benchmark.stats.stats.min * 1e3:.0f} ms; target 1000 ms"
        )


def bench_status_of_10_000_topics(benchmark, capsys, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A cold process, the roadmap cached."""
    _write(tmp_path, roadmap_of(10_000))
    command = [Path(sys.executable).parent / "tracker", "status"]
    call = lambda: subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, check=True, capture_output=True)  # noqa: E731
    benchmark.pedantic(call, rounds=7, warmup_rounds=1)
    with capsys.disabled():
        print(f"\ntracker status, 10,000 topics: {benchmark.stats.stats.median * 1e3:.0f} ms; target 1000 ms")


def _timed(work: Callable[[Map], object], map: Map) -> float:
    before = time.perf_counter()
    work(map)
    return time.perf_counter() - before


def _write(folder: Path, roadmap: Roadmap) -> None:
    """The roadmap as its files; a module's needs are those of its topics."""
    home = {topic.id: topic.module for topic in roadmap.topics.values()}
    entries = []
    for module in roadmap.modules:
        topics = [roadmap.topics[name] for name in module.topics]
        needs = sorted({home[need] for topic in topics for need in topic.needs} - {module.id})
        entries.append({"id": module.id, "needs": needs})
        place = folder / "curriculum" / module.id
        place.mkdir(parents=True)
        (place / "module.yaml").write_text(
            json.dumps({"title": module.title, "topics": [_entry(one) for one in topics]})
        )
    (folder / "roadmap.yaml").write_text(json.dumps({"title": roadmap.title, "modules": entries}))


def _entry(topic: Topic) -> dict[str, object]:
    tasks = [{"id": task.id, "kind": task.kind, "text": task.text, "hours": task.hours} for task in topic.tasks]
    questions = [{"question": one.question, "answer": one.answer} for one in topic.questions]
    own = {"id": topic.id, "title": topic.title, "level": topic.level, "hours": topic.hours, "needs": list(topic.needs)}
    return own | {"tasks": tasks, "questions": questions}
