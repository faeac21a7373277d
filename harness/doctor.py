"""What this machine is good for: cores, libraries, noise, roof, GPU, sandbox, and what would make figures better."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import conditions, confine, machine, namespaces, noise, probes, roof
from harness.handle import WorkerEnd
from harness.noise import Noise
from tracker.report import Roof

NOISY, BUSY, STOLEN = 0.05, 0.05, 0.01  # spread of CPU time, waiting for a core, taken by the host


@dataclass(frozen=True)
class Finding:
    """One line: `advice` says what would be better, '' where all is well."""

    what: str
    found: str
    advice: str = ""


def examine(secret: Path, fresh_roof: bool = False) -> Iterator[Finding]:
    """Everything, as it is found; noise and roof take some seconds. `secret`: a file that no answer may read."""
    yield from _machine()
    yield from _libraries()
    yield from sandboxes(secret)
    yield _gpu()
    if sys.platform == "linux":
        yield from _noise(noise.measured())
        yield from _roofs(fresh_roof)


def _machine() -> Iterator[Finding]:
    told = machine.describe()
    cores = told.cores
    yield Finding("processor", f"{told.cpu}, {cores} core{'s' * (cores > 1)} for this process, {told.ram_gb:g} GB, {told.system}",
                  "" if cores > 1 else "with one core the judge and the timed process take turns: waits count as noise")  # fmt: skip
    governor = conditions.governor()
    slow = governor not in (None, "performance")
    yield Finding("clock policy", governor or "not told (a virtual machine)",
                  "the processor may change its speed while it is timed: cpupower frequency-set -g performance" if slow else "")  # fmt: skip
    load = machine.load_1min()
    yield Finding("load", f"{load:.2f} over the last minute",
                  "other programs are running: figures stay honest, and take longer to become sure" if load > 0.5 * cores else "")  # fmt: skip


def _libraries() -> Iterator[Finding]:
    import numpy  # noqa: F401 - so that its BLAS is loaded and can be asked
    import threadpoolctl

    pools: list[dict[str, Any]] = threadpoolctl.threadpool_info()
    told = [f"{p['internal_api']} {p.get('version') or ''} ({p.get('architecture') or p['user_api']})" for p in pools]
    yield Finding("BLAS", ", ".join(told) or "none found",
                  "" if told else "numpy without a BLAS multiplies matrices some fifty times slower")  # fmt: skip
    yield Finding("threads", "1 for each timed process, unless --threads says more")
    found = machine.versions(["numpy", "torch", "cupy-cuda12x", "cupy-cuda13x", "triton"])
    yield Finding("versions", ", ".join(f"{name} {version}" for name, version in found.items()))


def sandboxes(secret: Path) -> Iterator[Finding]:
    """What each level really stops here, tried. `secret`: a file that no answer may read."""
    for level in ("process", "namespaces"):
        missing = "; ".join(confine.available()) or (namespaces.missing() if level == "namespaces" else "")
        if missing:
            yield Finding(f"sandbox {level}", "not there", f"it lacks {missing}")
            continue
        try:
            probed = probes.probe(level, secret)
        except (confine.ConfinementError, WorkerEnd) as error:
            yield Finding(f"sandbox {level}", "does not start", str(error))
            continue
        closed = len(probed.found) - len(probed.open)
        yield Finding(f"sandbox {level}", f"{closed} of {len(probed.found)} attempts closed",
                      f"an answer could {', '.join(probed.open)}" if probed.open else "")  # fmt: skip


def _gpu() -> Finding:
    program = shutil.which("nvidia-smi")
    if program is None:
        return Finding("GPU", "not measured: no CUDA device")
    asked = "name,memory.total,driver_version,clocks.sm,clocks.max.sm,temperature.gpu"
    try:
        done = subprocess.run(
            [program, f"--query-gpu={asked}", "--format=csv,noheader"], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return Finding("GPU", "nvidia-smi does not answer", "see whether the driver is loaded")
    lines = done.stdout.strip().splitlines()
    return (
        Finding("GPU", "; ".join(lines))
        if done.returncode == 0 and lines
        else Finding("GPU", "not measured: no CUDA device")
    )


def _noise(found: Noise) -> Iterator[Finding]:
    words = (
        f"{found.blocks} blocks of 10 ms: CPU time varies by {found.cpu_spread:.1%}, wall time by {found.wall_spread:.1%} "
        f"(quartiles); {found.delay_share:.0%} of the time waiting for a core"
    )
    advice = []
    if found.delay_share > BUSY:
        advice.append("other programs want the same cores: close them, or give a larger --budget")
    if found.cpu_spread > NOISY:
        advice.append(
            "neighbours share the caches, or the clock changes: ratios need more sets of processes, so more budget"
        )
    yield Finding("noise", words, "; ".join(advice))


def _roofs(fresh: bool) -> Iterator[Finding]:
    cores = machine.cores()
    for threads in dict.fromkeys((1, cores)):
        found = roof.kept(threads, fresh=fresh)
        yield Finding(f"roof, {threads} thread{'s' * (threads > 1)}", words(found))


def words(found: Roof) -> str:
    products = ", ".join(f"{value:g} GFLOP/s {name}" for name, value in found.gflop_per_s.items())
    copies = ", ".join(f"{value:g} GB/s in {name}" for name, value in found.copy_gb_per_s.items())
    return f"products {products}; copies {copies} (measured {found.measured})"
