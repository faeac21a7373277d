"""`tracker portfolio` over 5,000 graded runs of 165 exercises: `make bench`. Reported beside its targets, never asserted.

Each run has a report of some 50 kB, as the harness writes them; a cold process, its bytecode compiled.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from tracker import cache, report, workspace
from tracker.report import Point, Report, Scaling, Verdict

RUNS, EXERCISES = 5_000, 165
SAMPLE = report.load((Path(__file__).resolve().parents[1] / "tests/data/report-schema-1.json").read_text("utf-8"))
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def bench_portfolio_of_5000_runs(benchmark, capsys, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    names = workspace_of(tmp_path)
    size = sum(path.stat().st_size for path in tmp_path.rglob("reports/*/*.json")) / RUNS
    command = [Path(sys.executable).parent / "tracker", "portfolio", "--badges"]
    call = lambda: subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, check=True, capture_output=True)  # noqa: E731
    benchmark.pedantic(call, rounds=3, warmup_rounds=1)
    page = (tmp_path / "reports/portfolio/index.html").stat().st_size
    with capsys.disabled():
        print(f"\ntracker portfolio, {RUNS:,} runs of {len(names)} exercises, {size / 1e3:.0f} kB a report: "
              f"{benchmark.stats.stats.median:.1f} s; target 20 s. The page: {page / 1e6:.2f} MB; target 2 MB")  # fmt: skip


def workspace_of(root: Path) -> list[str]:
    """A journal and its reports: every exercise of the roadmap, and some that it no longer has."""
    (root / "roadmap.yaml").write_text("extends: scratchmark\n")
    known = list(cache.load(workspace.find(root)).exercises())
    names = (known + [f"other_{number}" for number in range(EXERCISES)])[:EXERCISES]
    chance, start = random.Random(0), datetime(2025, 1, 1)
    lines = []
    for number in range(RUNS):
        found = run_of(names[number % EXERCISES], number, chance)
        text = report.dump(found)
        path = f"reports/{found.exercise}/{number:05}-{found.backend}.json"
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
        lines.append(json.dumps({
            "id": f"{number:024x}", "host": "abcdef", "kind": "graded", "exercise": found.exercise, "backend": found.backend,
            "time": f"{(start + timedelta(hours=3 * number)).isoformat(timespec='microseconds')}Z", "verdict": found.verdict.value,
            "marks": found.marks, "report": path, "report_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }))  # fmt: skip
    (root / "reports/journal.jsonl").write_text("\n".join(lines) + "\n")
    return names


def run_of(exercise: str, number: int, chance: random.Random) -> Report:
    """A run with as many blocks and checks as a real one; two in three pass, one in ten on torch."""
    passed = chance.random() < 2 / 3
    ratios = tuple(chance.gauss(1.4, 0.02) for _ in range(60))
    times = tuple(chance.randrange(10**6, 10**7) for _ in range(60))
    timing = replace(SAMPLE.timings[0], ratios=ratios, samples_ns=times, against_samples_ns=times, sets=(20, 20, 20))
    points = tuple(Point(n, 200 * n, 100 * n, 2.0, 1.9, 2.1) for n in (16, 32, 64, 128, 256))
    scaling = Scaling("a", exercise, "n", points, 1.0, 0.9, 1.1, 1.0, 1.0, 0.0, -0.1, 0.1, "as it should", "")
    return replace(
        SAMPLE, exercise=exercise, verdict=Verdict.PASSED if passed else Verdict.FAILED, backend="torch" if number % 10 == 9 else "numpy",
        marks={**SAMPLE.marks, "correct": passed, "robust": chance.random() < 0.5}, cases=SAMPLE.cases * 25, scalings=(scaling,),
        timings=(timing,) * 6, source={f"{exercise}.py": "def f(x):\n    return x + 1  # a line of some length\n" * 80},
    )  # fmt: skip
