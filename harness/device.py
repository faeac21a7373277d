"""Times calls on a CUDA device from within the worker: what happens between device calls. Knows no answer, no verdict.

Theory. The judge's wall clock brackets the whole request `block`, as on the CPU. A device adds three things to it:

- Calls return before their work is done, and may work on streams that events do not see. So the block ends with a
  device-wide synchronization inside the bracket; the judge takes the larger of wall time and the events' sum.
- A cache of 30 to 120 MB would hold the inputs of the call before. So every call begins with a flush. Its cost lies
  inside the bracket, as do the checksums and the look at memory and clock: the null arm pays the same and is subtracted.
- Copies between host and device take longer than most kernels. So inputs are staged in a request before the block, and
  outputs delivered in one after it; checksums of both moments must agree, else something wrote to them in between.

Compilation and warm-up happen at the first staging, which is never counted. A worker with a device is a trusted worker:
what its code does to this module's memory, or to the device's, no process boundary prevents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Call = Callable[[], Any]  # one call on inputs of its own; returns what the answer returned


class Rewritten(Exception):
    """An output is not what it was when its call had ended; the message says how, in words."""


class Device(Protocol):
    """One CUDA device through one library. Kernels go to that library's current stream, in order."""

    def settle(self) -> None:
        """Set the precision policy again: TF32 off unless asked for, whatever the answer's module has set."""

    def flush(self) -> None:
        """Take persisting lines back, then write at least twice the L2 cache."""

    def event(self) -> Any:
        """An event recorded now on the current stream."""

    def synchronize(self) -> None:
        """Wait for every stream of the device, not only the current one."""

    def elapsed_ns(self, start: Any, end: Any) -> int:
        """Between two events that have happened."""

    def checksum(self, outputs: Any) -> tuple[int, ...]:
        """One number for each array in the outputs, from a kernel that reads all of it; waits for the numbers."""

    def used_bytes(self) -> int:
        """Memory in use on the whole device, whoever uses it: an allocator's own count misses what goes past it."""

    def release(self) -> None:
        """Give back the memory that the allocator keeps for later."""

    def clock_mhz(self) -> int | None:
        """The clock of the multiprocessors now; None where nobody tells."""

    def capture(self, call: Call) -> Call | None:
        """The call as a CUDA graph: a replay that returns the same outputs. None where it cannot be captured."""


@dataclass(frozen=True)
class DeviceBlock:
    """What one block of calls gave.

    event_ns: of each call, between its two events. null_safe: may the null arm's wall time be subtracted? Not with
    graphs, which are captured inside the bracket: then the events alone count. peak_bytes: more of the device than
    before one call, at its end.
    """

    outputs: tuple[Any, ...]
    event_ns: tuple[int, ...]
    checksums: tuple[tuple[int, ...], ...]
    null_safe: bool
    peak_bytes: int
    clock_mhz: int | None

    def to_wire(self) -> dict[str, Any]:
        """For the judge, which compares the sum over the calls with the wall time of the block."""
        return {
            "event_ns": sum(self.event_ns), "null_safe": self.null_safe, "peak_bytes": self.peak_bytes,
            "clock_mhz": self.clock_mhz,
        }  # fmt: skip


def warm_up(device: Device, call: Call) -> int:
    """Compile and load whatever one call needs; then the bytes by which the device is fuller after another one.

    The memory is looked at when the allocator has given back what it kept: it does not return what it once took, so
    that its growth over one call is that call's peak, rounded up to the allocator's blocks.
    """
    device.settle()
    call()
    device.synchronize()
    device.release()
    before = device.used_bytes()
    outputs = call()
    device.synchronize()
    grown = device.used_bytes() - before
    del outputs
    return max(grown, 0)


def timed_block(device: Device, calls: Sequence[Call], *, graph: bool = False, peak_bytes: int = 0) -> DeviceBlock:
    """Every call once, each after a flush and between two events; all of it lies inside the judge's bracket."""
    replays = [device.capture(call) for call in calls] if graph else []
    captured = bool(replays) and None not in replays  # all or none: calls of one block are alike
    events, outputs = [], []
    for call in replays if captured else calls:
        device.flush()  # the host is ahead by then: launching the call hides behind the flush
        start = device.event()
        outputs.append(call())  # type: ignore[misc]
        events.append((start, device.event()))
    device.synchronize()
    checksums = tuple(device.checksum(output) for output in outputs)
    event_ns = tuple(device.elapsed_ns(start, end) for start, end in events)
    return DeviceBlock(tuple(outputs), event_ns, checksums, not graph, peak_bytes, device.clock_mhz())


class Bench:
    """One part's slots on one device: `stage` before the bracket, `block` inside, `delivered` after it."""

    def __init__(
        self, device: Device, function: Callable[..., Any], arrive: Callable[[], list[dict[str, Any]]], *, graph: bool
    ) -> None:
        self.device, self.function, self.arrive, self.graph = device, function, arrive, graph
        self.calls: list[Call] = []
        self.peak_bytes: int | None = None
        self.done: DeviceBlock | None = None

    def stage(self) -> None:
        """Copy what the judge has just written to the device. The first time, warm up on it: that block is not counted."""
        self.done = None
        self.device.settle()
        self.calls = [_call(self.function, slot) for slot in self.arrive()]
        if self.peak_bytes is None:
            self.peak_bytes = warm_up(self.device, self.calls[0])
        self.device.synchronize()

    def block(self) -> DeviceBlock:
        """The timed calls, once for each staging. Raises RuntimeError when nothing fresh is staged."""
        if not self.calls:
            raise RuntimeError("the judge stages fresh inputs before every block")
        calls, self.calls = self.calls, []
        self.done = timed_block(self.device, calls, graph=self.graph, peak_bytes=self.peak_bytes or 0)
        return self.done

    def delivered(self) -> tuple[Any, ...]:
        """The block's outputs, to be copied to the host. Raises Rewritten when one was written to after its call."""
        if self.done is None:
            raise RuntimeError("the judge fetches outputs once after every block")
        done, self.done = self.done, None
        returned = [one for output in done.outputs for one in {id(array) for array in _arrays(output)}]
        if len(set(returned)) < len(returned):
            raise Rewritten("two calls returned the same array: the second has overwritten what the first had returned")
        self.device.synchronize()
        if not all(map(self._agrees, done.outputs, done.checksums)):
            raise Rewritten("an output changed after its call had ended")
        return done.outputs

    def _agrees(self, outputs: Any, checksum: tuple[int, ...]) -> bool:
        return self.device.checksum(outputs) == checksum


def _arrays(outputs: Any) -> Iterator[Any]:
    """Whatever has a shape among nested outputs."""
    if hasattr(outputs, "shape"):
        yield outputs
    elif isinstance(outputs, (list, tuple)):
        for one in outputs:
            yield from _arrays(one)


def _call(function: Callable[..., Any], slot: dict[str, Any]) -> Call:
    return lambda: function(**slot)
