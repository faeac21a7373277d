"""What one arm used for one block, as the kernel and the device tell it, and which of it counts. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """Nanoseconds for one block, and the CPU time used since the block before (`idle_ns`)."""

    cpu_ns: int
    wall_ns: int
    delay_ns: int  # ready to run, but another process had the core
    idle_ns: int
    settled: bool = True  # did every thread sleep again once the reply was there?
    event_ns: int = 0  # between the device's events

    def ns(self, clock: str) -> int:
        """What counts by that clock: the CPU time of one thread; of several the wall less the waiting for a core; on a
        device the larger of its events and the wall, as events see one stream alone and the wall hides short kernels."""
        if clock == "cpu":
            return self.cpu_ns
        return self.wall_ns - self.delay_ns if clock == "wall less delay" else max(self.wall_ns, self.event_ns)
