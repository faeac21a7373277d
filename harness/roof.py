"""What this machine can do at best: products of matrices and copies, measured once and kept for the machine.

A roof in the sense of Williams, Waterman, Patterson 2009 (https://doi.org/10.1145/1498765.1498785): a call of so many
flops and bytes takes at least flops / peak and bytes / bandwidth. `python -I -m harness.roof THREADS DEVICE` measures, in a
process of its own with its threads fixed, and prints JSON; `of_this_machine` keeps the result by fingerprint.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import machine, process
from tracker import kept as cache
from tracker.report import Roof

if TYPE_CHECKING:
    from harness.driven import Setting

GPU_SIDE = 8192
SIDE = 1024  # of the matrices: 2 Gflop a product, and three of them fill no cache
IN_CACHE, IN_MEMORY = 2**17, 2**27  # bytes copied: within a core's own cache; beyond any
CACHE_LIMIT = 2**20  # a call that moves less than this is held to the cache's bandwidth
SECONDS = 0.4  # for each figure
FORMAT = 1


def of_this_machine(setting: Setting) -> Roof:
    """For the threads, or the GPU, of that setting."""
    return kept(setting.threads, setting.device)


def kept(threads: int, device: str = "cpu", *, fresh: bool = False) -> Roof:
    """The kept roof of this machine; measured first where there is none (2 s, once), or where a fresh one is wanted."""
    key = fingerprint(threads, device)
    body = None if fresh else cache.read(_place(threads, device), key)
    if body is not None:
        return Roof(**json.loads(body))
    return _keep(measured(threads, device))


def raised(old: Roof) -> Roof:
    """Measured again, and the higher of both kept: some shipped solution went past the old one, so that was taken in a
    bad minute."""
    new = measured(old.threads, old.device)
    best = Roof(
        old.device,
        old.threads,
        {name: max(value, old.gflop_per_s.get(name, 0.0)) for name, value in new.gflop_per_s.items()},
        {name: max(value, old.copy_gb_per_s.get(name, 0.0)) for name, value in new.copy_gb_per_s.items()},
        new.measured,
    )
    return _keep(best)


def measured(threads: int, device: str = "cpu") -> Roof:
    """Measure now, in a process with so many threads."""
    command = [sys.executable, "-I", "-B", "-m", "harness.roof", str(threads), device]
    done = subprocess.run(command, env=process.environment(threads), capture_output=True, check=True, timeout=120)
    return Roof(**json.loads(done.stdout))


def share(above: Roof, flops: float, bytes_moved: float, dtype: str, ns: float) -> tuple[float | None, str | None]:
    """Which part of the best possible speed a call of `ns` reached, and what bounds it: compute or memory."""
    peak = above.gflop_per_s.get(dtype)
    if not peak or ns <= 0:
        return None, None
    copies = above.copy_gb_per_s["cache" if bytes_moved < CACHE_LIMIT else "memory"]
    compute_ns, memory_ns = flops / peak, bytes_moved / copies
    return round(max(compute_ns, memory_ns) / ns, 4), "compute" if compute_ns >= memory_ns else "memory"


def fingerprint(threads: int, device: str) -> str:
    """Changes with the processor, the cores, numpy and what it was built with; for a GPU with the driver's list of them."""
    import numpy as np

    told = machine.describe()
    blas = np.show_config(mode="dicts") or {}
    devices = sorted(map(str, Path("/proc/driver/nvidia/gpus").glob("*"))) if device != "cpu" else []
    facts = (
        FORMAT,
        told.cpu,
        told.cores,
        told.system,
        np.__version__,
        str(blas.get("Build Dependencies")),
        threads,
        device,
        devices,
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _place(threads: int, device: str) -> Path | None:
    return cache.place(f"roof-{device}-{threads}.json")


def _keep(found: Roof) -> Roof:
    key = fingerprint(found.threads, found.device)
    cache.write(_place(found.threads, found.device), key, json.dumps(asdict(found)).encode())
    return found


def _measure(threads: int) -> dict[str, Any]:
    import numpy as np

    # Of one thread its CPU time, as timings take it: what other processes had of the core is no limit of the machine.
    clock = time.process_time_ns if threads == 1 else time.perf_counter_ns
    rng = np.random.default_rng(0)
    products = {}
    for dtype in ("float32", "float64"):
        a, out = rng.standard_normal((SIDE, SIDE)).astype(dtype), np.empty((SIDE, SIDE), dtype)
        products[dtype] = 2 * SIDE**3 / _best_ns(lambda a=a, out=out: np.matmul(a, a, out=out), clock)  # type: ignore[misc]
    copies = {}
    for name, size in (("cache", IN_CACHE), ("memory", IN_MEMORY)):
        source, target = np.ones(size // 8), np.empty(size // 8)
        repeats = max(IN_CACHE * 64 // size, 1)

        def copy(source: Any = source, target: Any = target, repeats: int = repeats) -> None:
            for _ in range(repeats):
                np.copyto(target, source)

        copies[name] = 2 * size * repeats / _best_ns(copy, clock)
    return {
        "device": "cpu", "threads": threads, "gflop_per_s": {n: round(v, 2) for n, v in products.items()},
        "copy_gb_per_s": {n: round(v, 2) for n, v in copies.items()}, "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
    }  # fmt: skip


def _best_ns(call: Callable[[], object], clock: Callable[[], int]) -> float:
    """The shortest of the calls that fit into SECONDS: a roof is what is possible, not what is usual."""
    call()
    end, best = time.monotonic() + SECONDS, float("inf")
    while time.monotonic() < end:
        start = clock()
        call()
        best = min(best, clock() - start)
    return best


def _measure_gpu(threads: int) -> dict[str, Any]:
    """The same on a CUDA device, by its events; 'tf32' is float32 with TF32 allowed. Never run yet (docs/decisions/0012)."""
    import torch

    products = {}
    for name, dtype in (("float64", torch.float64), ("float32", torch.float32), ("tf32", torch.float32),
                        ("float16", torch.float16), ("bfloat16", torch.bfloat16)):  # fmt: skip
        torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
        a = torch.randn(GPU_SIDE, GPU_SIDE, device="cuda", dtype=dtype)
        products[name] = 2 * GPU_SIDE**3 / _best_event_ns(lambda a=a: a @ a)  # type: ignore[misc]
    source = torch.ones(2**26, device="cuda")
    target = torch.empty_like(source)
    copied = 2 * source.nbytes / _best_event_ns(lambda: target.copy_(source))
    return {
        "device": "cuda", "threads": threads, "gflop_per_s": {n: round(v, 2) for n, v in products.items()},
        "copy_gb_per_s": {"cache": round(copied, 2), "memory": round(copied, 2)}, "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
    }  # fmt: skip


def _best_event_ns(call: Callable[[], object]) -> float:
    import torch

    call()
    end, best = time.monotonic() + SECONDS, float("inf")
    while time.monotonic() < end:
        first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        first.record()
        call()
        last.record()
        torch.cuda.synchronize()
        best = min(best, first.elapsed_time(last) * 1e6)
    return best


if __name__ == "__main__":
    _threads, _device = int(sys.argv[1]), sys.argv[2]
    print(json.dumps(_measure(_threads) if _device == "cpu" else _measure_gpu(_threads)))
