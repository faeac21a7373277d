"""K slots of inputs that all arms read and K of outputs for each arm, with numbers that no call has seen before.

The judge maps the inputs' arena and seals it before a worker sees it; poison fills the outputs before every block.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness import calls, driven, machine, spec, wire

MOST_BYTES = 2**30  # of one block's inputs and one arm's outputs together


class Slots:
    """K slots of inputs that all arms read, and K of outputs for each arm; laid out once, refilled for every block."""

    def __init__(
        self, call: calls.Call, expected: Any, timing: spec.Timing, rng: np.random.Generator, setting: driven.Setting
    ) -> None:
        self.call, self.expected, self.timing, self.rng, self.setting = call, expected, timing, rng, setting
        sent = calls.crossing(call.inputs)
        self.fresh = {n: v for n, v in sent.items() if timing.fresh == "draw" or _floats(v)}
        self.fixed = {n: v for n, v in sent.items() if n not in self.fresh}
        self.pools = {n: calls.map_leaves(self._pool, v) for n, v in self.fresh.items()}
        _, out_end = calls.template(call.part, call.inputs, expected, call.dtype, 0)
        self.in_bytes, self.out_bytes = bytes_of(self.fresh) + 64, -(-max(out_end, 1) // 64) * 64
        self.most = max(int(min(MOST_BYTES, machine.ram_bytes() / 8) // (self.in_bytes + self.out_bytes)), 1)
        self.count = 0
        self.hidden: dict[int, dict[str, Any]] = {}  # of each slot, where every slot is drawn anew

    def lay_out(self, count: int, arms: list[str]) -> None:
        """Arenas for so many calls."""
        self.close()
        self.count = count
        size = bytes_of(self.fixed) + count * (self.in_bytes + 4096) + 4096
        self.inputs = self.setting.arena(size, "inputs", seal_writes=True)
        self.outputs = {name: self.setting.arena(count * self.out_bytes + 64, f"outputs-{name}") for name in arms}
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
        """Numbers like the drawn ones, twice as many: the leaf itself, then back again. A shuffled copy took 40 times as
        long (150 ms for 8 million numbers, in every set of processes), and a window's place and factor are what is hidden."""
        flat = np.ravel(leaf)
        return np.concatenate([flat, flat[::-1]])

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


def bytes_of(value: Any) -> int:
    """Arena bytes of a nested value, each array padded to 64."""
    if isinstance(value, dict):
        return sum(map(bytes_of, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(bytes_of, value))
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
