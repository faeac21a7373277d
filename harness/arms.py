"""The arms of a timing: stopped and woken processes, and what the kernel says that they used.

Knows no verdict. Linux only: SIGSTOP, /proc, and the CPU clock of another process.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import driven, handle, process
from harness.answer import Source
from harness.backends import backend
from harness.catalog import Shipped, SpecBroken
from harness.driven import Setting
from harness.reading import Reading
from harness.rooms import Rooms
from harness.slots import MOST_BYTES

JUDGED = ("answer", "other")  # arms whose faults are their own; every other is ours


@dataclass
class Arm:
    """A worker that stands still except when it is its turn."""

    name: str
    worker: handle.Worker
    on_device: bool = False
    last_cpu_ns: int = 0

    def freeze(self) -> None:
        """Stop every thread, and see that it has stopped."""
        signal.pidfd_send_signal(self.worker.pidfd, signal.SIGSTOP)
        self._until("T")
        self.last_cpu_ns = self.cpu_ns()

    def wake(self) -> None:
        signal.pidfd_send_signal(self.worker.pidfd, signal.SIGCONT)

    def go(self, wall_s: float) -> tuple[Reading, dict[str, Any]]:
        """One block. CPU time is read once all threads sleep again: the kernel accounts a process when it leaves the
        core, and reading early gave samples 40% wrong (measuring.md, C8). On a device the inputs are copied there
        before the bracket, and the outputs back after it."""
        idle_ns = self.cpu_ns() - self.last_cpu_ns
        if self.on_device:
            self.wake()
            staged = self.worker.request({"op": "stage"}, handle.START_S, "being given inputs")  # compiles at first
            if staged["status"] != "done":
                return Reading(0, 0, 0, 0), staged
        cpu, delay, wall = self.cpu_ns(), self.delay_ns(), time.monotonic_ns()
        self.worker.send({"op": "block"}, "being timed")
        self.wake()
        reply = self.worker.reply(wall_s, "being timed")
        wall = time.monotonic_ns() - wall
        settled = self._until("SDZX")
        reading = Reading(self.cpu_ns() - cpu, wall, self.delay_ns() - delay, idle_ns, settled, _event_ns(reply))
        if self.on_device and reply["status"] == "done":
            reply = self.worker.request({"op": "deliver"}, wall_s, "handing over outputs")
        self.last_cpu_ns = self.cpu_ns()
        signal.pidfd_send_signal(self.worker.pidfd, signal.SIGSTOP)
        self._until("T")
        return reading, reply

    def cpu_ns(self) -> int:
        """CPU time of all threads, by the kernel's clock of that process (0.44 us a read, measured)."""
        return time.clock_gettime_ns((~self.worker.pid << 3) | 2)

    def delay_ns(self) -> int:
        """Time spent ready but waiting for a core; of several threads the one that waited longest."""
        folder = Path(f"/proc/{self.worker.pid}/task")
        return max((_waited_ns(folder / thread / "schedstat") for thread in os.listdir(folder)), default=0)

    def peak_bytes(self, wall_s: float) -> tuple[int, dict[str, Any]]:
        """Peak memory, and the reply, of one block beyond what the process holds before it, as the kernel counts resident pages.

        What the C library keeps of freed memory is given back first, or a call would find its temporaries there.
        """
        self.wake()
        self.worker.request({"op": "settle"}, wall_s, "giving back memory")
        before = self._status_kb("VmRSS")
        Path(f"/proc/{self.worker.pid}/clear_refs").write_text("5")  # resets the peak; 11 us, measured
        reply = self.worker.request({"op": "block"}, wall_s, "showing its memory")
        peak = self._status_kb("VmHWM")
        self.freeze()
        return max(peak - before, 0) * 1024, reply

    def _status_kb(self, name: str) -> int:
        text = Path(f"/proc/{self.worker.pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith(name + ":")).split()[1])

    def _until(self, states: str, wall_s: float = 2.0) -> bool:
        """Wait until every thread is in one of these states; False when one will not."""
        deadline = time.monotonic() + wall_s
        while time.monotonic() < deadline:
            if all(state in states for state in self._states()):
                return True
        return False

    def _states(self) -> list[str]:
        folder = f"/proc/{self.worker.pid}/task"
        try:
            return [_state(f"{folder}/{thread}/stat") for thread in os.listdir(folder)]
        except OSError:
            return []


def _waited_ns(path: Path) -> int:
    """0 for a thread that ended since it was listed."""
    try:
        return int(path.read_text().split()[1])
    except OSError:
        return 0


def _state(path: str) -> str:
    with open(path, "rb") as file:
        return chr(file.read().rpartition(b") ")[2][0])


def _event_ns(reply: dict[str, Any]) -> int:
    told = reply.get("device")
    event_ns = told.get("event_ns") if isinstance(told, dict) else None
    return event_ns if isinstance(event_ns, int) else 0


def start(
    shipped: Shipped, sources: Mapping[str, tuple[str, Source]], setting: Setting, zygote: process.Zygote | None,
    rooms: Rooms,
) -> dict[str, Arm]:  # fmt: skip
    """Confined, pinned processes by the given keys, each an arm of that name with that source loaded.

    Forked from a zygote of their own, they share addresses and hash seed, so that none is lucky; the next set has others
    (docs/decisions/0013). Without one (CUDA does not survive a fork) all are spawned, then waited for. Where answers have
    sandboxes, each judged one has a room of its own. Raises WorkerEnd.
    """
    limits = shipped.exercise.limits
    imports = backend(setting.backend, setting.device).imports
    spawned: dict[str, tuple[handle.Worker, Path]] = {}
    try:
        for key, (name, source) in sources.items():
            allowed = driven.allowance(limits)
            if setting.sandbox == "namespaces" and name in JUDGED:
                spawned[key] = rooms.worker(source, setting, limits, 4 * MOST_BYTES, allowed)
                continue
            root = setting.workshop.lay_out(f"answer-{source.hash[:16]}", source.tree)
            box = driven.box_for(setting, root, limits, 4 * MOST_BYTES)
            if zygote is not None:
                spawned[key] = zygote.fork(box, allowed), root
            else:
                spawned[key] = process.fresh_worker(box, allowed, imports, setting.threads), root
        if zygote is None:
            for worker, _ in spawned.values():
                worker.ready()
        return {key: _loaded(shipped, name, source, setting, *spawned[key]) for key, (name, source) in sources.items()}
    except BaseException:
        for worker, _ in spawned.values():
            worker.close()
        raise


def _loaded(shipped: Shipped, name: str, source: Source, setting: Setting, worker: handle.Worker, root: Path) -> Arm:
    if setting.threads == 1:
        os.sched_setaffinity(worker.pid, {max(os.sched_getaffinity(0))})
    load(worker, shipped, name, source, setting, root)
    arm = Arm(name, worker, setting.device == "cuda")
    arm.freeze()
    return arm


def load(worker: handle.Worker, shipped: Shipped, name: str, source: Source, setting: Setting, root: Path) -> None:
    """Have the worker of that arm import its source. Raises WorkerEnd for an answer's fault, SpecBroken for ours."""
    reply = driven.load(worker, shipped, setting, source, root)
    if reply["status"] != "done" and name in JUDGED:  # it did load before: it does so only now and then
        raise handle.WorkerEnd("did not load", f"it did not load a second time: {reply.get('message')}")
    if reply["status"] != "done":
        raise SpecBroken(f"the {name} does not load for timing: {reply.get('message')}")
