"""Does the clock keep what it promises? The same file against itself, known slowdowns, other tools beside it, its cost.

    python benchmarks/proof.py same --repeats 100          # called 'same', and how far off the ratio ever was
    python benchmarks/proof.py slower --repeats 40         # 5, 10, 25% more work: how often 'slower'
    python benchmarks/proof.py tools --repeats 20          # timeit, pyperf, pytest-benchmark, torch beside us
    python benchmarks/proof.py cost                        # wall seconds for a second of useful timing

`--neighbour` keeps another process busy meanwhile. Each prints a Markdown table; docs/measuring.md holds the results.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from harness import compare
from harness.answer import from_text
from tracker.workspace import Workspace, packaged_content

SPEC = """
import numpy as np
from harness.spec import Cost, Exercise, Timing, case


def attend(q, k, v):
    scores = q @ k.T / np.sqrt(q.shape[1])
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ v


def inputs(rng, n=8, d=16):
    return {name: rng.standard_normal((n, d)) for name in "qkv"}


def cost(itemsize, n, d):
    return Cost(flops=4 * n * n * d, bytes_moved=4 * itemsize * n * d)


EXERCISE = Exercise(version=1, inputs=inputs, oracle=attend, cases=(case("small"),), timings=(Timing(case("timed", n=SIZE, d=WIDTH), cost),))
"""
ATTEND = """import numpy as np


def attend(q, k, v):
    scores = q @ k.T / q.dtype.type(np.sqrt(q.shape[1]))
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ v
"""
SIZES = {
    "20 us": (12, 16),
    "1 ms": (190, 64),
    "50 ms": (1650, 64),
}  # n, d of attention: near these on this kind of machine
SLOWDOWNS = (5, 10, 25)


def slowed(percent: int) -> str:
    """The same answer with so many percent more of its work: 20 parts of a call's work, then percent/5 parts again."""
    return (
        ATTEND.replace("def attend", "def once").replace("import numpy as np\n", "import numpy as np\n\nPART = 20\n")
        + f"""

def attend(q, k, v):
    out = np.empty_like(q)
    step = max(len(q) // PART, 1)
    for start in range(0, len(q), step):
        out[start : start + step] = once(q[start : start + step], k, v)
    for start in range(0, step * {percent // 5}, step):
        once(q[start : start + step], k, v)
    return out
"""
    )


@contextlib.contextmanager
def workspace() -> Iterator[Workspace]:
    """One exercise for each size, in a folder that goes away."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "roadmap.yaml").write_text("extends: scratchmark\n")
        for number, (n, d) in enumerate(SIZES.values()):
            folder = root / "curriculum" / "own" / f"attend_{number}"
            (folder / "solutions").mkdir(parents=True)
            (folder / "spec.py").write_text(SPEC.replace("SIZE", str(n)).replace("WIDTH", str(d)))
            (folder / "solutions" / "reference.py").write_text(ATTEND)
        yield Workspace(root, (root, packaged_content()))


@contextlib.contextmanager
def neighbour(wanted: bool) -> Iterator[None]:
    """A process that multiplies matrices without end."""
    busy = multiprocessing.get_context("spawn").Process(target=_busy, daemon=True) if wanted else None
    if busy is not None:
        busy.start()
    try:
        yield
    finally:
        if busy is not None:
            busy.kill()
            busy.join()


def _busy() -> None:
    import numpy as np

    a = np.ones((700, 700))
    while True:
        a @ a


def ratio(place: Workspace, number: int, a: str, b: str, budget_s: float) -> compare.Comparison:
    name = f"attend_{number}"
    sides = [compare.Side(label, from_text(name, text)) for label, text in (("A", a), ("B", b))]
    found = compare.compare(place, sides[0], sides[1], "numpy", budget_s=budget_s)
    if found.message:
        raise SystemExit(found.message)
    return found


def same(place: Workspace, repeats: int, budget_s: float) -> list[dict[str, object]]:
    """A file against itself: truth 1."""
    found: dict[str, list[compare.Comparison]] = {size: [] for size in SIZES}
    for repeat in range(repeats):
        for number, size in enumerate(SIZES):
            found[size].append(ratio(place, number, ATTEND, ATTEND, budget_s))
        _say(f"{repeat + 1}/{repeats}: " + ", ".join(f"{size} {ones[-1].ratio}" for size, ones in found.items()))
    return [_same_row(size, ones) for size, ones in found.items()]


def _same_row(size: str, ones: list[compare.Comparison]) -> dict[str, object]:
    ratios = [one.ratio or 0.0 for one in ones]
    called = [one.verdict for one in ones]
    per_call = statistics.median(statistics.median(one.timings[0].samples.per_call_ns["other"]) for one in ones)
    return {
        "kernel": f"{size} ({per_call / 1e3:,.0f} us)", "repeats": len(ones), "same": called.count("same"),
        "cannot tell": called.count("cannot tell"), "faster or slower": called.count("faster") + called.count("slower"),
        "lowest": min(ratios), "highest": max(ratios), "worst": f"{max(abs(r - 1) for r in ratios):.1%}",
        "within 3%": sum(abs(r - 1) <= 0.03 for r in ratios), "seconds": round(statistics.median(one.seconds for one in ones), 1),
        "interval holds 1": sum((one.ratio_low or 0) <= 1 <= (one.ratio_high or 0) for one in ones),
    }  # fmt: skip


def slower(place: Workspace, repeats: int, budget_s: float) -> list[dict[str, object]]:
    """5, 10 and 25% more work; the 20 us kernel is left out, where twenty parts would be overhead alone."""
    rows = []
    for number, size in list(enumerate(SIZES))[1:]:
        for percent in SLOWDOWNS:
            ones = [ratio(place, number, slowed(0), slowed(percent), budget_s) for _ in range(repeats)]
            called = [one.verdict for one in ones]
            ratios = sorted(one.ratio or 0.0 for one in ones)
            rows.append({
                "kernel": size, "slowdown": f"{percent}%", "repeats": repeats, "slower": called.count("slower"),
                "cannot tell": called.count("cannot tell"), "same or faster": called.count("same") + called.count("faster"),
                "lowest": ratios[0], "median": statistics.median(ratios), "highest": ratios[-1],
            })  # fmt: skip
            _say(str(rows[-1]))
    return rows


# --- the other tools -----------------------------------------------------------------------------------------------

SETUP = "import numpy as np; rng = np.random.default_rng(0); q, k, v = (rng.standard_normal(({n}, {d})).astype('float32') for _ in range(3))"


def tools(place: Workspace, repeats: int, budget_s: float) -> list[dict[str, object]]:
    """Each tool as its documentation says, on the same kernel, the file against a copy of itself; order random."""
    found: dict[tuple[str, str], list[float]] = {}
    spent: dict[tuple[str, str], list[float]] = {}
    for repeat in range(repeats):
        for number, (size, (n, d)) in enumerate(SIZES.items()):
            runs: dict[str, Callable[[], float]] = {
                "harness compare": lambda number=number: ratio(place, number, ATTEND, ATTEND, budget_s).ratio or 0.0,  # type: ignore[misc]
                **{name: lambda tool=tool, n=n, d=d: tool(n, d) / tool(n, d) for name, tool in TOOLS.items()},  # type: ignore[misc]
            }
            for name in random.sample(list(runs), len(runs)):
                start = time.monotonic()
                found.setdefault((size, name), []).append(runs[name]())
                spent.setdefault((size, name), []).append(time.monotonic() - start)
        _say(f"{repeat + 1}/{repeats}")
    return [
        {"kernel": size, "tool": name, "repeats": len(ratios), "lowest": round(min(ratios), 3),
         "median": round(statistics.median(ratios), 3), "highest": round(max(ratios), 3),
         "spread": f"{statistics.pstdev([math.log(r) for r in ratios]):.1%}",
         "worst": f"{max(abs(r - 1) for r in ratios):.1%}", "seconds": round(statistics.median(spent[size, name]), 1)}
        for (size, name), ratios in found.items()
    ]  # fmt: skip


TIMEIT = """
import timeit
timer = timeit.Timer("attend(q, k, v)", globals=globals())
calls, _ = timer.autorange()
print(min(timer.repeat(5, calls)) / calls)
"""
TORCH = """
from torch.utils import benchmark
print(benchmark.Timer("attend(q, k, v)", globals=globals()).blocked_autorange().median)
"""


def _script(text: str, n: int, d: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "answer.py").write_text(ATTEND)
        setup = SETUP.format(n=n, d=d) + "; from answer import attend"
        done = subprocess.run(
            [sys.executable, "-c", setup + "\n" + text],
            cwd=folder,
            env=_environment(folder),
            capture_output=True,
            text=True,
            check=True,
        )
        return float(done.stdout.split()[-1])


def _environment(folder: str) -> dict[str, str]:
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": folder}


def _pyperf(n: int, d: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "answer.py").write_text(ATTEND)
        command = [sys.executable, "-m", "pyperf", "timeit", "-q", "--inherit-environ=PYTHONPATH,OPENBLAS_NUM_THREADS",
                   "-o", "out.json", "-s", SETUP.format(n=n, d=d) + "; from answer import attend", "attend(q, k, v)"]  # fmt: skip
        subprocess.run(command, cwd=folder, env=_environment(folder), capture_output=True, check=True)
        runs = json.loads(Path(folder, "out.json").read_text())["benchmarks"][0]["runs"]
        return statistics.fmean(value for run in runs for value in run.get("values", []))


def _pytest_benchmark(n: int, d: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "answer.py").write_text(ATTEND)
        text = (
            SETUP.format(n=n, d=d)
            + "\nfrom answer import attend\n\n\ndef test_it(benchmark):\n    benchmark(attend, q, k, v)\n"
        )
        Path(folder, "test_speed.py").write_text(text)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--benchmark-json=out.json",
            "test_speed.py",
        ]
        subprocess.run(command, cwd=folder, env=_environment(folder), capture_output=True, check=True)
        return float(json.loads(Path(folder, "out.json").read_text())["benchmarks"][0]["stats"]["median"])


TOOLS: dict[str, Callable[[int, int], float]] = {
    "timeit (min of 5)": lambda n, d: _script(TIMEIT, n, d),
    "torch.utils.benchmark (median)": lambda n, d: _script(TORCH, n, d),
    "pyperf (mean)": _pyperf,
    "pytest-benchmark (median)": _pytest_benchmark,
}


# --- what it costs -------------------------------------------------------------------------------------------------


def cost(place: Workspace, repeats: int, budget_s: float) -> list[dict[str, object]]:
    """Wall seconds for a second in which a judged answer ran in a block that counts."""
    rows = []
    for number, size in enumerate(SIZES):
        found = ratio(place, number, ATTEND, slowed(25) if number else ATTEND, budget_s)
        samples = found.timings[0].samples
        useful = sum(sum(samples.wall_ns[arm]) for arm in ("answer", "other")) / 1e9
        null_ns = statistics.median(samples.wall_ns["null"])
        rows.append({
            "kernel": size, "wall seconds": found.seconds, "useful seconds": round(useful, 2),
            "wall per useful second": round(found.seconds / useful, 1), "calls a block": samples.calls_per_block,
            "a null block, us": round(null_ns / 1e3, 1), "sets": found.sets,
        })  # fmt: skip
    return rows


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def table(rows: list[dict[str, object]]) -> str:
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([str(row[key]) for key in head] for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["same", "slower", "tools", "cost"])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--budget", type=float, default=30.0, help="seconds for one comparison, at most")
    parser.add_argument("--neighbour", action="store_true", help="with another process busy all the time")
    asked = parser.parse_args()
    with workspace() as place, neighbour(asked.neighbour):
        rows = {"same": same, "slower": slower, "tools": tools, "cost": cost}[asked.what](
            place, asked.repeats, asked.budget
        )
    print(table(rows))


if __name__ == "__main__":
    main()
