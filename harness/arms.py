"""The arms of a timing: stopped and woken processes, what the kernel says they used, and the slots that they share.

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

import numpy as np

from harness import calls, driven, handle, process, spec, wire
from harness.answer import Source
from harness.backends import backend
from harness.catalog import Shipped, SpecBroken
from harness.driven import Setting

MOST_BYTES = 2**30  # of one block's inputs and one arm's outputs together
POOL_FACTOR = 2  # a pool holds so many times a call's numbers; windows start anywhere in it


@dataclass(frozen=True)
class Reading:
    """What an arm used for one block, and what CPU it used since the block before (`idle_ns`)."""

    cpu_ns: int
    wall_ns: int
    delay_ns: int  # ready to run, but another process had the core
    idle_ns: int
    settled: bool = True  # did every thread sleep again once the reply was there?


@dataclass
class Arm:
    """A worker that stands still except when it is its turn."""

    name: str
    worker: handle.Worker
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
        core, and reading early gave samples 40% wrong (measuring.md, C8)."""
        idle_ns = self.cpu_ns() - self.last_cpu_ns
        cpu, delay, wall = self.cpu_ns(), self.delay_ns(), time.monotonic_ns()
        self.worker.send({"op": "block"}, "being timed")
        self.wake()
        reply = self.worker.reply(wall_s, "being timed")
        wall = time.monotonic_ns() - wall
        settled = self._until("SDZX")
        reading = Reading(self.cpu_ns() - cpu, wall, self.delay_ns() - delay, idle_ns, settled)
        self.last_cpu_ns = self.cpu_ns()
        signal.pidfd_send_signal(self.worker.pidfd, signal.SIGSTOP)
        self._until("T")
        return reading, reply

    def cpu_ns(self) -> int:
        """CPU time of all threads, by the kernel's clock of that process (0.44 us a read, measured)."""
        return time.clock_gettime_ns((~self.worker.pid << 3) | 2)

    def delay_ns(self) -> int:
        """Time spent ready but waiting for a core."""
        return int(Path(f"/proc/{self.worker.pid}/schedstat").read_text().split()[1])

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


def _state(path: str) -> str:
    with open(path, "rb") as file:
        return chr(file.read().rpartition(b") ")[2][0])


def start(shipped: Shipped, sources: Mapping[str, tuple[str, Source]], setting: Setting) -> dict[str, Arm]:
    """Fresh, confined, pinned processes, by the given keys, each an arm of that name with that source loaded.

    All are spawned before the first is waited for, so that their imports share the cores. Raises process.WorkerEnd.
    """
    limits = shipped.exercise.limits
    imports = backend(setting.backend, setting.device).imports
    spawned: dict[str, tuple[handle.Worker, Path]] = {}
    try:
        for key, (_, source) in sources.items():
            root = setting.workshop.lay_out(f"answer-{source.hash[:16]}", source.tree)
            box = driven.box_for(setting, root, limits, 4 * MOST_BYTES)
            worker = process.fresh_worker(box, driven.allowance(limits), imports, setting.threads)
            spawned[key] = worker, root
        return {key: _loaded(shipped, name, source, setting, *spawned[key]) for key, (name, source) in sources.items()}
    except BaseException:
        for worker, _ in spawned.values():
            worker.close()
        raise


def _loaded(shipped: Shipped, name: str, source: Source, setting: Setting, worker: handle.Worker, root: Path) -> Arm:
    worker.ready()
    os.sched_setaffinity(worker.pid, {max(os.sched_getaffinity(0))})
    reply = driven.load(worker, shipped, setting, source, root)
    if reply["status"] != "done" and name == "answer":  # it did load before: it does so only now and then
        raise handle.WorkerEnd("did not load", f"it did not load a second time: {reply.get('message')}")
    if reply["status"] != "done":
        raise SpecBroken(f"the {name} does not load for timing: {reply.get('message')}")
    arm = Arm(name, worker)
    arm.freeze()
    return arm


class Slots:
    """K slots of inputs that all arms read, and K of outputs for each arm; laid out once, refilled for every block."""

    def __init__(self, call: calls.Call, expected: Any, timing: spec.Timing, rng: np.random.Generator) -> None:
        self.call, self.expected, self.timing, self.rng = call, expected, timing, rng
        sent = calls.crossing(call.inputs)
        self.fresh = {n: v for n, v in sent.items() if timing.fresh == "draw" or _floats(v)}
        self.fixed = {n: v for n, v in sent.items() if n not in self.fresh}
        self.pools = {n: calls.map_leaves(self._pool, v) for n, v in self.fresh.items()}
        _, out_end = calls.template(call.part, call.inputs, expected, call.dtype, 0)
        self.in_bytes, self.out_bytes = _bytes(self.fresh) + 64, -(-max(out_end, 1) // 64) * 64
        ram = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        self.most = max(int(min(MOST_BYTES, ram / 8) // (self.in_bytes + self.out_bytes)), 1)
        self.count = 0
        self.hidden: dict[int, dict[str, Any]] = {}  # of each slot, where every slot is drawn anew

    def lay_out(self, count: int, arms: list[str]) -> None:
        """Arenas for so many calls."""
        self.close()
        self.count = count
        size = _bytes(self.fixed) + count * (self.in_bytes + 4096) + 4096
        self.inputs = wire.Arena.create(size, "inputs", seal_writes=True)
        self.outputs = {name: wire.Arena.create(count * self.out_bytes + 64, f"outputs-{name}") for name in arms}
        self.fixed_refs, at = wire.place_all(self.fixed, self.inputs, 0)
        self.refs = []
        for _ in range(count):
            refs, at = wire.place_all(self.fresh, self.inputs, at)
            self.refs.append(refs)
        self.expect = [
            calls.template(self.call.part, self.call.inputs, self.expected, self.call.dtype, i * self.out_bytes)[0]
            for i in range(count)
        ]

    def message(self) -> dict[str, Any]:
        return {"slots": self.refs, "constants": self.fixed_refs, "expect": self.expect}

    def refill(self) -> None:
        """New numbers in every input slot, poison in every output slot."""
        for slot, refs in enumerate(self.refs):
            if self.timing.fresh == "draw":
                drawn = calls.cast(self.call.part.inputs(self.rng, **self.timing.case.params), self.call.dtype)
                _write(refs, {n: drawn[n] for n in refs}, self.inputs)
                self.hidden[slot] = _hidden(drawn)
            else:
                self._windows(refs, self.pools)
        for arena in self.outputs.values():
            arena.fill(0, self.count * self.out_bytes, driven.POISON)

    def inputs_of(self, slot: int) -> dict[str, Any]:
        """A copy of what that slot holds now, Hidden inputs included."""
        read = wire.fetch_all({**self.fixed_refs, **self.refs[slot]}, self.inputs)
        return {**read, **self.hidden.get(slot, _hidden(self.call.inputs))}

    def output(self, arm: str, slot: int, values: Any) -> Any:
        """A copy of what that arm wrote into a slot."""
        told = values[slot] if isinstance(values, list) and len(values) == self.count else None
        return driven.collect(told, self.expect[slot], self.outputs[arm])

    def _pool(self, leaf: Any) -> Any:
        """Numbers like the drawn ones, more of them: the leaf itself and a shuffled copy."""
        flat = np.ravel(leaf)
        return np.concatenate([flat, *(self.rng.permutation(flat) for _ in range(POOL_FACTOR - 1))])

    def _windows(self, refs: Any, pools: Any) -> None:
        if isinstance(refs, wire.ArrayRef):
            target = self.inputs.view(refs)
            offset = int(self.rng.integers(len(pools) - target.size + 1))
            factor = target.dtype.type(self.rng.uniform(0.9, 1.1))
            np.multiply(pools[offset : offset + target.size].reshape(target.shape), factor, out=target)
        elif isinstance(refs, dict):
            for name in refs:
                self._windows(refs[name], pools[name])
        else:
            for ref, pool in zip(refs, pools, strict=True):
                self._windows(ref, pool)

    def close(self) -> None:
        if self.count:
            for arena in (self.inputs, *self.outputs.values()):
                arena.close()
        self.count = 0


def _hidden(inputs: dict[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in inputs.items() if isinstance(v, spec.Hidden)}


def _floats(value: Any) -> bool:
    """Is every leaf a floating array?"""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(_floats, value))
    if isinstance(value, dict):
        return bool(value) and all(map(_floats, value.values()))
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0


def _bytes(value: Any) -> int:
    """Arena bytes of a nested value, each array padded to 64."""
    if isinstance(value, dict):
        return sum(map(_bytes, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(_bytes, value))
    return -(-value.nbytes // 64) * 64 if isinstance(value, (np.ndarray, np.generic)) else 0


def _write(refs: Any, values: Any, arena: wire.Arena) -> None:
    if isinstance(refs, wire.ArrayRef):
        arena.view(refs)[...] = values
    elif isinstance(refs, dict):
        for name in refs:
            _write(refs[name], values[name], arena)
    elif isinstance(refs, (list, tuple)):
        for ref, value in zip(refs, values, strict=True):
            _write(ref, value, arena)
