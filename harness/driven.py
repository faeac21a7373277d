"""An answer that can be called: a worker with the source loaded, and the arenas. Judge side; decides nothing.

Inputs are placed in an arena that the worker may write to, so that the judge can see afterwards whether it did;
outputs are written by the worker into slots that the judge chose and poisoned, and copied out at once.
"""

from __future__ import annotations

import functools
import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness import calls, confine, handle, namespaces, process, reach, spec, wire
from harness.answer import Source
from harness.catalog import Shipped

TRITON_PATIENCE = 30  # a first call is compiled; without a GPU each is interpreted, lora_linear's training for 27 s
POISON = 0xFF  # NaN in every float type, -1 in every integer


@dataclass(frozen=True)
class Outcome:
    """What one call came to. status: done, mismatch, not written, raised (`names` are the exception's and its bases')."""

    status: str
    value: Any = None
    words: str = ""
    names: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """Where and how answers run: one for a whole run."""

    backend: str
    device: str
    workshop: process.Workshop
    sandbox: str  # the level: process, namespaces, none
    threads: int = 1
    portable: bool = False

    @property
    def patience(self) -> int:
        """How many times longer a call may take than the exercise says."""
        return TRITON_PATIENCE if self.backend == "triton" else 1

    def arena(self, size: int, name: str, *, seal_writes: bool = False) -> wire.Arena:
        """Memory that workers map too."""
        if self.portable:
            return wire.Arena.in_file(self.workshop.root / f"{name}-{secrets.token_hex(6)}", size)
        return wire.Arena.create(size, name, seal_writes)

    def home(self, source: Source) -> str | None:
        """Where Triton and CuPy keep what they compile, for all workers of one source; a confined worker has its scratch."""
        return None if self.sandbox != "none" else str(self.workshop.home(source.hash[:16]))


def allowance(limits: spec.Limits) -> handle.Allowance:
    return handle.Allowance(limits.call_s, limits.load_s, limits.memory_mb, limits.scratch_mb, limits.printed_mb)


def box_for(
    setting: Setting, root: Path, limits: spec.Limits, arena_bytes: int, scratch: Path | None = None
) -> confine.Box | None:
    """The confinement of a worker that runs the answer under `root` and maps so many bytes of arenas; None at level 'none'.

    scratch: the folder that it may write to; a fresh one where none is given.
    """
    if setting.sandbox == "none":
        return None
    readable, listable = _libraries()
    return confine.Box(
        readable=(*readable, str(root)),
        listable=listable,
        scratch=str(scratch or setting.workshop.scratch()),
        uid=_uid(),
        memory_bytes=limits.memory_mb * 2**20 + arena_bytes,
        cpu_s=3600,
        file_bytes=limits.scratch_mb * 2**20,
        open_files=256,
    )


def inside(box: confine.Box, room: namespaces.Room) -> confine.Box:
    """The same confinement in a sandbox, which has other paths and no other uid."""
    return replace(box, readable=namespaces.readable(room), listable=(), uid=None)


@functools.cache
def _libraries() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What every worker may read, and of what only the names: once a process, as it takes 5 ms (measured)."""
    readable, listable = reach.readable_tree(reach.library_roots(), shut_out())
    return tuple(readable), tuple(listable)


@functools.cache
def _uid() -> int | None:
    """The uid that root's workers become; Landlock and seccomp keep them apart from each other. 8 ms to find."""
    return confine.unused_uid() if os.geteuid() == 0 else None


def shut_out() -> list[Path]:
    """What no worker may read although it lies among the libraries: our content, our code, data sets with hidden rows."""
    import sys

    package = Path(__file__).resolve().parent
    places = [package, package.parent / "tracker"]
    if (package.parent / "curriculum").is_dir():
        places += [package.parent / name for name in ("curriculum", "src", "impls", "reports", "tests")]
    # An editable install leaves a copy of the content among the packages, which is not where this file lies.
    return places + [Path(entry, name) for entry in sys.path if entry for name in namespaces.OURS]


class Driven:
    """One worker with one answer loaded. Raises handle.WorkerEnd when it dies."""

    def __init__(self, worker: handle.Worker, shipped: Shipped, setting: Setting) -> None:
        self.worker, self.shipped, self.setting = worker, shipped, setting
        self.inputs = setting.arena(process.ARENA_BYTES, "inputs")
        self.outputs = setting.arena(process.ARENA_BYTES, "outputs")
        attach(worker, self.inputs, self.outputs, in_writable=True)

    def load(self, source: Source, root: Path, trace: bool = False) -> Outcome:
        """Import the answer; `value` is the list of parts that it lacks."""
        reply = load(self.worker, self.shipped, self.setting, source, root, trace)
        return self._outcome(reply, reply.get("missing"))

    def call(self, part: spec.Part, inputs: dict[str, Any], expected: Any, dtype: str | None) -> Outcome:
        """Call one part, and the exchange that follows where the part has one."""
        outcome, more = self._step("call", part, inputs, expected, dtype)
        if part.exchange is None or outcome.status != "done":
            return outcome
        outputs, changed = [outcome.value], set(outcome.changed)
        known = calls.for_oracle(inputs, hidden=True)
        while outcome.status == "done" and (later := part.exchange(known, outputs)) is not None:
            if not more:
                return Outcome("mismatch", words="drive ended before the judge had sent everything")
            outcome, more = self._step("resume", part, calls.cast(later, dtype), expected, dtype)
            outputs.append(outcome.value)
            changed |= set(outcome.changed)
        if outcome.status != "done":
            return outcome
        return Outcome("done", outputs, changed=tuple(sorted(changed)))

    def _step(
        self, op: str, part: spec.Part, inputs: dict[str, Any], expected: Any, dtype: str | None
    ) -> tuple[Outcome, bool]:
        sent = calls.crossing(inputs)
        placed, _ = wire.place_all(sent, self.inputs, 0)
        slots, end = calls.template(part, inputs, expected, dtype, 0)
        self.outputs.fill(0, end, POISON)
        message = {"op": op, "part": part.name, "inputs": placed, "expect": slots}
        reply = self.worker.request(message, self.worker.allowance.call_s, f"running {part.name}")
        value = self._collect(reply, slots) if reply["status"] == "done" else None
        changed = tuple(name for name in sent if not _same(sent[name], placed[name], self.inputs))
        return self._outcome(reply, value, changed), bool(reply.get("more"))

    def _collect(self, reply: dict[str, Any], slots: Any) -> Any:
        """The outputs: arrays from the judge's own slots, whatever the reply says of them; plain values from the reply."""
        try:
            return collect(reply.get("value"), slots, self.outputs)
        except (wire.WireError, TypeError, KeyError, IndexError) as error:
            raise self.worker.broken(f"its reply does not fit what was asked: {error}") from None

    @staticmethod
    def _outcome(reply: dict[str, Any], value: Any, changed: tuple[str, ...] = ()) -> Outcome:
        if reply["status"] == "raised":
            names = tuple(name[:200] for name in reply["names"][:20])
            frames = tuple(frame[:300] for frame in reply["frames"][-12:])
            return Outcome("raised", words=reply["message"][:2000], names=names, frames=frames, changed=changed)
        return Outcome(reply["status"], value, str(reply.get("message", ""))[:2000], changed=changed)

    def traced(self) -> Any:
        """What the answer's files have called so far, as the worker tells it: [name, file, line] each, if it is honest."""
        return self.worker.request({"op": "traced"}, handle.START_S, "telling its calls").get("names")

    def thread_pools(self) -> tuple[str, ...]:
        """The libraries with thread pools in that process, each with its number of threads. Ask a shipped solution's."""
        reply = self.worker.request({"op": "pools"}, handle.START_S, "telling its libraries")
        told = reply.get("pools")
        return tuple(str(name) for name in told) if isinstance(told, list) else ()

    def close(self) -> None:
        self.worker.close()
        self.inputs.close()
        self.outputs.close()


def attach(worker: handle.Worker, inputs: wire.Arena, outputs: wire.Arena, *, in_writable: bool) -> None:
    """Have a worker map these arenas."""
    sizes = {"in_bytes": inputs.size, "out_bytes": outputs.size, "in_writable": in_writable}
    paths = [inputs.path, outputs.path] if inputs.path else []
    fds = [] if paths else [inputs.fd, outputs.fd]
    worker.request({"op": "attach", **sizes, "paths": paths}, handle.START_S, "starting", fds)


def load(
    worker: handle.Worker, shipped: Shipped, setting: Setting, source: Source, root: Path, trace: bool = False
) -> dict[str, Any]:
    """Have a worker import an answer that lies under `root`; returns its reply."""
    message = {
        "op": "load", "root": str(root), "exercise": source.exercise, "module": source.module,
        "drive": shipped.drive, "backend": setting.backend, "device": setting.device, "trace": trace,
        "parts": [part.name for part in shipped.exercise.parts], "home": setting.home(source),
    }  # fmt: skip
    return worker.request(message, worker.allowance.load_s, "being imported")


def collect(told: Any, slot: Any, arena: wire.Arena) -> Any:
    if isinstance(slot, wire.ArrayRef):
        return wire.fetch_all(slot, arena)
    if isinstance(slot, tuple):
        if not isinstance(told, (list, tuple)) or len(told) != len(slot):
            raise TypeError("the number of outputs differs")
        return tuple(collect(t, s, arena) for t, s in zip(told, slot, strict=True))
    if slot["kind"] == "flat":
        inside = isinstance(told, wire.ArrayRef) and told.offset == slot["offset"] and told.dtype == slot["dtype"]
        if not inside or told.nbytes > slot["bytes"]:
            raise TypeError("a flat output lies outside its slot")
        return wire.fetch_all(told, arena)
    if _holds_refs(told):
        raise TypeError("a plain output holds an array")
    return told


def _holds_refs(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_holds_refs, value))
    if isinstance(value, dict):
        return any(map(_holds_refs, value.values()))
    return isinstance(value, (wire.ArrayRef, wire.Rng))


def _same(sent: Any, placed: Any, arena: wire.Arena) -> bool:
    """Are the bytes in the arena still those that were sent?"""
    if isinstance(placed, wire.ArrayRef):
        return bool(np.ascontiguousarray(sent).tobytes() == arena.view(placed).tobytes())
    if isinstance(sent, (list, tuple)):
        return all(_same(s, p, arena) for s, p in zip(sent, placed, strict=True))
    return all(_same(sent[k], placed[k], arena) for k in sent) if isinstance(sent, dict) else True
