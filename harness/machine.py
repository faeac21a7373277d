"""What machine and which versions a report was made with. No name of a user, a host or a path."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence

from tracker.report import Machine


def describe() -> Machine:
    """Processor, cores that this process may use, memory, operating system."""
    ram = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    system = f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}"
    return Machine(cpu=_cpu(), cores=len(os.sched_getaffinity(0)), ram_gb=round(ram / 2**30, 1), system=system)


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
