"""How long a cold process takes, as a user feels it: `make bench`. Reported beside the targets, never asserted.

Fifteen runs each after one to warm the disk's cache and the bytecode (so PYTHONDONTWRITEBYTECODE must be unset: with
it every process compiles our modules again).
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(sys.executable).parent
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
ROUNDS = 15


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A learner's folder with the reference attention as the answer."""
    _call(tmp_path, "tracker", "init", "my-ml")
    place = tmp_path / "my-ml"
    _call(place, "tracker", "start", "attention")
    solution = next((Path(__file__).resolve().parents[1] / "curriculum").glob("**/attention/solutions/reference.py"))
    (place / "impls" / "attention" / "attention.py").write_bytes(solution.read_bytes())
    return place


@pytest.mark.parametrize(
    ("command", "target_ms"),
    [
        (("tracker", "status"), 150),
        (("tracker", "next"), 150),
        (("tracker", "--help"), 150),
        (("harness", "run", "attention", "--quick", "--no-save"), 1500),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else f"target {value} ms",
)
def bench_cold_start(benchmark, capsys, workspace: Path, command: tuple[str, ...], target_ms: int) -> None:  # type: ignore[no-untyped-def]
    cpu_ms = []

    def timed() -> None:
        before = _cpu_ms()
        _call(workspace, *command)
        cpu_ms.append(_cpu_ms() - before)

    benchmark.pedantic(timed, rounds=ROUNDS, iterations=1, warmup_rounds=1)
    benchmark.extra_info |= {"target_ms": target_ms, "cpu_ms": statistics.median(cpu_ms)}
    wall_ms = statistics.median(benchmark.stats.stats.data) * 1e3 if benchmark.stats else float("nan")
    with capsys.disabled():
        print(
            f"\n{' '.join(command)}: {wall_ms:.0f} ms, of CPU {statistics.median(cpu_ms):.0f} ms; target {target_ms} ms"
        )


def _cpu_ms() -> float:
    """CPU time of all processes that ended and were waited for; on a busy machine it says more than the wall clock."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1e3


def _call(place: Path, program: str, *arguments: str) -> None:
    subprocess.run([PROGRAMS / program, *arguments], cwd=place, env=ENVIRONMENT, check=True, capture_output=True)
