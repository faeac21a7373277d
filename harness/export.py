"""A report's timings as pytest-benchmark's JSON, so that its `compare` and the services that read it take ours. Pure.

Format: pytest-benchmark 5, `pytest_benchmark/stats.py` and the files that `--benchmark-json` writes. One benchmark for
the answer and one for each that it was compared with; a round is a block, `iterations` its calls; seconds a call.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from tracker.report import Report, Timing

VERSION = "5.1.0"  # the format's, not the installed one's


def pytest_benchmark(found: Report) -> dict[str, Any]:
    """The whole file as plain values. Statistics are of the seconds a call took in each block."""
    machine = found.machine
    return {
        "machine_info": {
            "processor": machine.cpu, "machine": machine.system.split()[-1], "system": machine.system.split()[0],
            "release": machine.system.split()[1], "node": "", "python_version": found.versions.get("python", ""),
            "python_implementation": "CPython", "cpu": {"brand_raw": machine.cpu, "count": machine.cores},
        },
        "commit_info": {"id": found.source_hash, "dirty": False, "project": "scratchmark", "branch": "(unknown)",
                        "time": None, "author_time": None},
        "benchmarks": [one for timing in found.timings for one in _benchmarks(found, timing)],
        "datetime": found.started, "version": VERSION,
    }  # fmt: skip


def _benchmarks(found: Report, timing: Timing) -> Iterator[dict[str, Any]]:
    """The answer's once, with the yardstick; each other's beside it."""
    if timing.against == "yardstick":
        yield _benchmark(found, timing, "answer", timing.samples_ns)
    yield _benchmark(found, timing, timing.against, timing.against_samples_ns)


def _benchmark(found: Report, timing: Timing, who: str, samples_ns: Sequence[int]) -> dict[str, Any]:
    name = f"{timing.part}[{timing.case}-{who}]"
    return {
        "group": f"{found.exercise}: {timing.case}", "name": name, "fullname": f"{found.exercise}.py::{name}",
        "params": {"case": timing.case, "who": who}, "param": f"{timing.case}-{who}",
        "extra_info": {"ratio": timing.ratio, "ratio_low": timing.ratio_low, "ratio_high": timing.ratio_high,
                       "clock": timing.clock, "backend": found.backend, "dtype": timing.dtype},
        "options": {"disable_gc": True, "timer": "process_time", "min_rounds": 1, "max_time": 0.0, "min_time": 0.0, "warmup": True},
        "stats": _stats([ns / 1e9 for ns in samples_ns], timing.calls_per_block),
    }  # fmt: skip


def _stats(data: Sequence[float], iterations: int) -> dict[str, Any]:
    ordered = sorted(data)
    q1, middle, q3 = statistics.quantiles(ordered, n=4) if len(ordered) > 1 else ordered * 3
    mean = statistics.fmean(ordered)
    deviation = statistics.stdev(ordered) if len(ordered) > 1 else 0.0
    iqr = q3 - q1
    fences = q1 - 1.5 * iqr, q3 + 1.5 * iqr
    far = sum(not fences[0] <= x <= fences[1] for x in ordered)
    beyond = sum(abs(x - mean) > deviation for x in ordered)
    return {
        "min": ordered[0], "max": ordered[-1], "mean": mean, "stddev": deviation, "rounds": len(ordered),
        "median": middle, "iqr": iqr, "q1": q1, "q3": q3, "iqr_outliers": far, "stddev_outliers": beyond,
        "outliers": f"{beyond};{far}", "ld15iqr": next(x for x in ordered if x >= fences[0]),
        "hd15iqr": next(x for x in reversed(ordered) if x <= fences[1]), "ops": 1 / mean if mean else math.inf,
        "total": math.fsum(ordered), "iterations": iterations, "data": list(data),
    }  # fmt: skip
