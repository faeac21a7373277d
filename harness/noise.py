"""How much this machine disturbs a measurement: a fixed piece of work again and again, by CPU time and by the wall.

`python -I -m harness.noise` measures in a process of its own, pinned as timed workers are, and prints JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

SECONDS, BLOCK_NS = 1.5, 10_000_000


@dataclass(frozen=True)
class Noise:
    """Spreads are the distance between quartiles over the median, of blocks that should take 10 ms each."""

    blocks: int
    cpu_spread: float
    wall_spread: float
    delay_share: float  # of the wall time, waiting for a core


def measured() -> Noise:
    from harness import process

    command = [sys.executable, "-I", "-B", "-m", "harness.noise"]
    done = subprocess.run(command, env=process.environment(1), capture_output=True, check=True, timeout=60)
    return Noise(**json.loads(done.stdout))


def _measure() -> dict[str, float]:
    import numpy as np

    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    x = np.random.default_rng(0).standard_normal((64, 256)).astype(np.float32)

    def block(calls: int) -> tuple[int, int]:
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        for _ in range(calls):
            np.exp(x - x.max(-1, keepdims=True)) @ x.T
        return time.process_time_ns() - cpu, time.perf_counter_ns() - wall

    block(200)
    calls = max(round(200 * BLOCK_NS / block(200)[0]), 1)
    waited, start, blocks = _waited_ns(), time.perf_counter_ns(), []
    while time.perf_counter_ns() - start < SECONDS * 1e9:
        blocks.append(block(calls))
    passed = time.perf_counter_ns() - start
    cpus, walls = zip(*blocks, strict=True)
    return {
        "blocks": len(blocks), "cpu_spread": round(_spread(cpus), 4), "wall_spread": round(_spread(walls), 4),
        "delay_share": round((_waited_ns() - waited) / passed, 4),
    }  # fmt: skip


def _spread(values: tuple[int, ...]) -> float:
    low, _, high = quantiles(values, n=4)
    return (high - low) / median(values)


def _waited_ns() -> int:
    return int(Path("/proc/self/schedstat").read_text().split()[1])


if __name__ == "__main__":
    print(json.dumps(_measure()))
