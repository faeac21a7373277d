"""What the clock has read so far, as ratios with intervals, and what they say. Pure; starts nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.intervals import TOO_FEW, Interval, median, pooled
from harness.reading import Reading

PRECISION = 0.01  # half the 95% interval, relative: then there is no need for more blocks
TIE, TIE_SHORT, SHORT_NS = 0.03, 0.05, 50_000


@dataclass
class Samples:
    """What was read in the blocks so far: nanoseconds by arm, and one ratio a block, set of processes by set."""

    clock: str = "cpu"
    calls_per_block: int = 0
    wall_ns: dict[str, list[int]] = field(default_factory=dict)
    delay_ns: dict[str, list[int]] = field(default_factory=dict)
    per_call_ns: dict[str, list[float]] = field(default_factory=dict)
    sets: dict[str, list[list[float]]] = field(default_factory=dict)  # answer over that arm, less null
    wall_ratios: dict[str, list[float]] = field(default_factory=dict)
    null_share: list[float] = field(default_factory=list)
    peaks: dict[str, list[int]] = field(default_factory=dict)  # bytes
    begun: int = 0  # sets
    spent_s: float = 0.0  # in all blocks, and of that in the oracle
    oracle_s: float = 0.0

    def begin_set(self) -> None:
        self.begun += 1

    def add(self, block: Mapping[str, Reading], calls_per_block: int) -> None:
        """One block of all arms; blocks in which the overhead swallowed an arm are left out."""
        null = block["null"]
        net = {name: r.ns(self.clock) - null.ns(self.clock) for name, r in block.items() if name != "null"}
        if min(net.values()) <= 0:
            return
        self.calls_per_block = calls_per_block
        for name, reading in block.items():
            self.wall_ns.setdefault(name, []).append(reading.wall_ns)
            self.delay_ns.setdefault(name, []).append(reading.delay_ns)
        for name, ns in net.items():
            self.per_call_ns.setdefault(name, []).append(ns / calls_per_block)
        for name in net.keys() - {"answer"}:
            known = self.sets.setdefault(name, [])
            known.extend([] for _ in range(max(self.begun, 1) - len(known)))
            known[-1].append(net["answer"] / net[name])
            wall = block[name].wall_ns - null.wall_ns
            self.wall_ratios.setdefault(name, []).append(
                (block["answer"].wall_ns - null.wall_ns) / wall if wall > 0 else 1.0
            )
        self.null_share.append(null.ns(self.clock) / block["yardstick"].ns(self.clock))

    def ratios(self, against: str) -> list[float]:
        return [ratio for one in self.sets.get(against, []) for ratio in one]

    def interval(self, against: str) -> Interval:
        return pooled(self.sets[against])

    def is_precise(self, names: Iterable[str]) -> bool:
        """Is the interval of the ratio to each of these arms narrow enough to stop?"""
        return all(self._is_narrow(name) for name in names)

    def _is_narrow(self, name: str) -> bool:
        if sum(map(bool, self.sets.get(name, []))) < TOO_FEW:
            return False
        low, middle, high = self.interval(name)
        return (high - low) / 2 < PRECISION * middle


def tie_zone(per_call_ns: float) -> float:
    """How far from 1 a ratio says nothing: calls below 50 us vary more between processes (measuring.md, 4.4)."""
    return TIE_SHORT if per_call_ns < SHORT_NS else TIE


def verdict(found: Interval, zone: float) -> str:
    """faster, slower, or same where the whole interval lies on that side of the tie zone; else cannot tell."""
    low, _, high = found
    if high < 1 - zone:
        return "faster"
    if low > 1 + zone:
        return "slower"
    return "same" if 1 - zone <= low and high <= 1 + zone else "cannot tell"


@dataclass(frozen=True)
class Timed:
    """One timing against one other arm. A ratio is the answer's time over the other's: below 1 is faster."""

    case: str
    part: str
    dtype: str
    against: str  # yardstick, library, other
    against_name: str
    samples: Samples
    stopped: str  # precision, budget
    flops: float
    bytes_moved: float
    parameter: str | None = None  # the one that grows, where the timing belongs to a series
    size: int | None = None  # its value here
    series: str = ""  # the case of the series' largest size, which is this one where it is `main`

    @property
    def main(self) -> bool:
        """False: a smaller size, there for the exponent alone."""
        return not self.series or self.case == self.series

    @property
    def ratios(self) -> list[float]:
        return self.samples.ratios(self.against)

    @property
    def interval(self) -> Interval:
        return self.samples.interval(self.against)

    @property
    def zone(self) -> float:
        return tie_zone(median(self.samples.per_call_ns[self.against]))

    @property
    def verdict(self) -> str:
        return verdict(self.interval, self.zone)


def mark(intervals: Sequence[Interval], most: float) -> tuple[bool | None, str]:
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
