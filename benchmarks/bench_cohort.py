"""How many answers to softmax a cohort grades in a second, how long one takes, what memory it wants, and that each
verdict is the right one: `python benchmarks/bench_cohort.py 100 --sandbox namespaces --hostile 5`.

Right answers are the shipped solutions for NumPy, wrong ones the spec's mistakes, hostile ones those of
tests/harness/hostile, each with the verdict that it must get. The wall clock says something on a quiet machine only;
the CPU seconds of all processes say something on any.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness import trials
from harness.catalog import Shipped
from harness.cohort import results, run
from tracker import workspace

CHECKOUT = Path(__file__).resolve().parent.parent
HOSTILE = CHECKOUT / "tests" / "harness" / "hostile"
RIGHT_SHARE = 0.7


def main() -> None:
    arguments = _arguments()
    place = workspace.find(CHECKOUT)
    shipped = Shipped("softmax", workspace.exercise_folder(place, "softmax"))
    with tempfile.TemporaryDirectory(prefix="bench-cohort-") as folder:
        wanted = write_answers(Path(folder, "in"), shipped, arguments.count, arguments.hostile)
        order = run.Order(
            Path(folder, "in"), Path(folder, "out"), ("softmax",), arguments.sandbox, arguments.jobs, earned={"softmax": ()}
        )  # fmt: skip
        with results.opened(None, order.out, "bench") as kept, Memory() as memory:
            before, began = _cpu_s(), time.monotonic()
            run.grade_all(place, order, kept, lambda done, total: None)
            wall_s, cpu_s = time.monotonic() - began, _cpu_s() - before
            told(arguments, wanted, kept.all(), wall_s, cpu_s, memory.peak_bytes)


def told(
    arguments: argparse.Namespace, wanted: dict[str, str], found: list[results.Result], wall_s: float, cpu_s: float, peak: int
) -> None:  # fmt: skip
    """One JSON object on a line."""
    seconds = sorted(r.seconds for r in found)
    wrong = {
        r.submission: (wanted[r.submission], r.verdict, r.message[:80])
        for r in found
        if r.verdict != wanted[r.submission]
    }
    facts = {
        "answers": len(found), "sandbox": arguments.sandbox, "hostile_percent": arguments.hostile, "jobs": arguments.jobs,
        "load": round(os.getloadavg()[0], 1), "wall_s": round(wall_s, 1), "a_second": round(len(found) / wall_s, 2),
        "cpu_s": round(cpu_s, 1), "cpu_s_each": round(cpu_s / len(found), 3), "p50_s": round(statistics.median(seconds), 3),
        "p99_s": round(seconds[min(int(0.99 * len(seconds)), len(seconds) - 1)], 3), "peak_mb": round(peak / 2**20),
        "verdicts": dict(Counter(r.verdict for r in found)), "wrong_verdicts": wrong,
    }  # fmt: skip
    print(json.dumps(facts))


def write_answers(folder: Path, shipped: Shipped, count: int, hostile_percent: float) -> dict[str, str]:
    """`count` answers, no two with the same bytes, mixed; returns the verdict that each must get."""
    folder.mkdir()
    hostile, right, wrong = (
        itertools.cycle(_hostile(shipped)),
        itertools.cycle(_right(shipped)),
        itertools.cycle(_wrong(shipped)),
    )
    wanted = {}
    for number in range(count):
        place = (number * 37 % 100) / 100  # every kind everywhere in the order
        bad = hostile_percent / 100
        text, verdict = next(hostile if place < bad else right if place < bad + RIGHT_SHARE * (1 - bad) else wrong)
        wanted[f"s{number:04}"] = verdict
        (folder / f"s{number:04}.py").write_text(f"{text}\n# {number}\n")
    return wanted


def _right(shipped: Shipped) -> Iterator[tuple[str, str]]:
    for path in shipped.solutions:
        if "numpy" in shipped.solution_backends(path) and "array_namespace" not in path.read_text():
            yield path.read_text(), "passed"


def _wrong(shipped: Shipped) -> Iterator[tuple[str, str]]:
    for mistake in shipped.exercise.mistakes:
        yield trials.mistaken(shipped, mistake).texts["softmax.py"], "failed"


def _hostile(shipped: Shipped) -> Iterator[tuple[str, str]]:
    """Those whose verdict does not hang on limits that only a test sets."""
    for path in sorted(HOSTILE.glob("*.py")):
        head = dict(
            line[2:].split(": ", 1) for line in path.read_text().splitlines() if line.startswith("# ") and ": " in line
        )
        if "limits" not in head and "verdict" in head:
            text = path.read_text()
            yield (
                f"{shipped.reference.read_text()}\n\n{text}" if head.get("base") == "reference" else text,
                head["verdict"],
            )


class Memory:
    """The most that this process and all below it held at once (PSS), looked at twice a second."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.ended.wait(0.5):
            self.peak_bytes = max(self.peak_bytes, sum(map(_pss, _family(os.getpid()))))


def _family(root: int) -> list[int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(") ")[2].split()[1])
        except OSError:
            continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _cpu_s() -> float:
    """Of this process and of all that ended below it and were waited for."""
    return sum(
        u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--sandbox", default="process", choices=["process", "namespaces"])
    parser.add_argument("--hostile", type=float, default=0.0, metavar="PERCENT")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
