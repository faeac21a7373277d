"""What the clock has read so far, as ratios with intervals, and what they say. Pure; starts nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness import arms, spec
from harness.intervals import interval, median

FEWEST_BLOCKS = 11
PRECISION = 0.01  # half the 95% interval, relative: then there is no need for more blocks
TIE, TIE_SHORT, SHORT_NS = 0.03, 0.05, 50_000


@dataclass
class Samples:
    """What was read in the blocks so far: nanoseconds for K calls, by arm."""

    calls_per_block: int = 0
    wall_ns: dict[str, list[int]] = field(default_factory=dict)
    delay_ns: dict[str, list[int]] = field(default_factory=dict)
    per_call_ns: dict[str, list[float]] = field(default_factory=dict)
    ratios: dict[str, list[float]] = field(default_factory=dict)  # answer over that arm, CPU time less null
    wall_ratios: dict[str, list[float]] = field(default_factory=dict)
    null_share: list[float] = field(default_factory=list)
    spent_s: float = 0.0  # in all blocks, and of that in the oracle
    oracle_s: float = 0.0

    def add(self, block: dict[str, arms.Reading], calls_per_block: int) -> None:
        """One block of all arms; blocks in which the overhead swallowed an arm are left out."""
        null = block["null"]
        net = {name: r.cpu_ns - null.cpu_ns for name, r in block.items() if name != "null"}
        if min(net.values()) <= 0:
            return
        self.calls_per_block = calls_per_block
        for name, reading in block.items():
            self.wall_ns.setdefault(name, []).append(reading.wall_ns)
            self.delay_ns.setdefault(name, []).append(reading.delay_ns)
        for name, ns in net.items():
            self.per_call_ns.setdefault(name, []).append(ns / calls_per_block)
        for name in net.keys() - {"answer"}:
            self.ratios.setdefault(name, []).append(net["answer"] / net[name])
            wall = block[name].wall_ns - null.wall_ns
            self.wall_ratios.setdefault(name, []).append(
                (block["answer"].wall_ns - null.wall_ns) / wall if wall > 0 else 1.0
            )
        self.null_share.append(null.cpu_ns / block["yardstick"].cpu_ns)

    @property
    def precise(self) -> bool:
        """Is the interval of every ratio narrow enough to stop?"""
        return bool(self.ratios) and all(
            len(r) >= FEWEST_BLOCKS and (interval(r)[2] - interval(r)[0]) / 2 < PRECISION * interval(r)[1]
            for r in self.ratios.values()
        )


@dataclass(frozen=True)
class Timed:
    """One timing against one other arm. A ratio is the answer's time over the other's: below 1 is faster."""

    timing: spec.Timing
    part: str
    against: str  # yardstick, library
    against_name: str
    samples: Samples
    stopped: str  # precision, budget
    cost: spec.Cost

    @property
    def ratios(self) -> list[float]:
        return self.samples.ratios[self.against]

    @property
    def interval(self) -> tuple[float, float, float]:
        return interval(self.ratios)

    @property
    def verdict(self) -> str:
        """faster or slower where the whole interval leaves the tie zone, else cannot tell."""
        low, _, high = self.interval
        zone = TIE_SHORT if median(self.samples.per_call_ns[self.against]) < SHORT_NS else TIE
        return "faster" if high < 1 - zone else "slower" if low > 1 + zone else "cannot tell"


def mark(intervals: Sequence[tuple[float, float, float]], most: float) -> tuple[bool | None, str]:
    """True when every whole interval is at most `most`, False when one lies wholly above, else None and why."""
    if not intervals:
        return None, "not measured"
    if any(low > most for low, _, _ in intervals):
        return False, ""
    close = [(low, high) for low, _, high in intervals if high > most]
    return (
        (True, "")
        if not close
        else (None, f"too close to call, {close[0][0]:.2f} to {close[0][1]:.2f} against {most:g}")
    )
