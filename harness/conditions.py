"""What goes on around the timed processes: load, stolen time, clock policy. Noted in the report, never required."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness import machine
from harness.clock import Measured
from tracker.report import Conditions


@dataclass(frozen=True)
class Moment:
    """Clock ticks of all cores since the machine started, and of these what the host of a virtual machine took."""

    all_ticks: int
    stolen_ticks: int


def now() -> Moment:
    try:
        words = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return Moment(0, 0)
    ticks = [int(word) for word in words[:8]]  # user nice system idle iowait irq softirq steal
    return Moment(sum(ticks), ticks[7] if len(ticks) > 7 else 0)


def between(before: Moment, after: Moment, found: Measured) -> Conditions:
    """The conditions of a measurement that lay between the two."""
    passed = after.all_ticks - before.all_ticks
    walls = sum(sum(t.samples.wall_ns["answer"]) for t in found.timed)
    delays = sum(sum(t.samples.delay_ns["answer"]) for t in found.timed)
    return Conditions(
        load_1min=round(machine.load_1min(), 2), delay_share=round(min(delays / walls, 1.0), 4) if walls else 0.0,
        steal_share=round((after.stolen_ticks - before.stolen_ticks) / passed, 4) if passed else None,
        governor=governor(), sets=found.sets, seconds=round(found.seconds, 2),
    )  # fmt: skip


def governor() -> str | None:
    """How the kernel chooses the processor's speed; virtual machines do not say."""
    path = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return path.read_text().strip() if path.exists() else None
