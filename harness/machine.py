"""What machine and which versions a report was made with. No name of a user, a host or a path."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence

from tracker.report import Machine


def describe() -> Machine:
    """Processor, cores that this process may use, memory, operating system."""
    system = f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}"
    return Machine(cpu=_cpu(), cores=cores(), ram_gb=round(ram_bytes() / 2**30, 1), system=system)


def cores() -> int:
    """Those that this process may use; on a system that does not say, all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ram_bytes() -> int:
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    import psutil

    return int(psutil.virtual_memory().total)


def load_1min() -> float:
    """How many processes wanted to run over the last minute; 0 on a system that does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Python's version, and those of the packages that are installed."""
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith(("model name", "Model"))]
    except OSError:
        names = []
    return names[0] if names else platform.machine()
