"""From a seed to the calls that an answer gets: which inputs, in which type, in which order. Knows no process.

The same seed gives the same calls on every machine with the same numpy: each case and property has a PCG64 stream of
its own, derived from the seed and its name, so that adding a case changes no other.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness import spec, wire
from harness.catalog import SpecBroken
from harness.check import safe_repr

SEED_BITS = 128


@dataclass(frozen=True)
class Call:
    """One case or property of one part in one type (None: nothing floats). `inputs` are cast; Hidden ones are among them."""

    part: spec.Part
    check: spec.Case | spec.Property
    dtype: str | None
    inputs: dict[str, Any]
    key: str

    @property
    def name(self) -> str:
        return self.check.name

    @property
    def kind(self) -> str:
        return "case" if isinstance(self.check, spec.Case) else "property"

    @property
    def mark(self) -> str:
        """Which mark this call can cost."""
        if isinstance(self.check, spec.Property) or self.check.mark == "robust":
            return "robust"
        return "gradient" if self.part.gradient_of else "correct"


def fresh_seed() -> int:
    return secrets.randbits(SEED_BITS)


def named_seed(name: str) -> int:
    """Always the same for a name: for checks that speak of a change, where a fresh one would speak of luck now and then."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[: SEED_BITS // 8], "big")


def stream(seed: int, key: str) -> np.random.Generator:
    """The random stream of that name under this seed."""
    words = np.frombuffer(hashlib.sha256(key.encode()).digest()[:16], "<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=tuple(map(int, words)))))


def draw(part: spec.Part, check: spec.Case | spec.Property, dtype: str | None, seed: int, **changed: Any) -> Call:
    """The inputs of one case; `changed` replaces some of its parameters, to shrink or to draw more."""
    key = f"{part.name}/{check.name}/{dtype}"
    try:
        inputs = part.inputs(stream(seed, key), **{**check.params, **changed})
    except Exception as error:
        raise SpecBroken(f"the inputs of {key} raised {type(error).__name__}: {error}") from error
    return Call(part, check, dtype, cast(inputs, dtype), key)


def map_leaves(function: Callable[[Any], Any], value: Any) -> Any:
    """Apply to every leaf of a nested value; containers and Hidden keep their shape."""
    if isinstance(value, spec.Hidden):
        return spec.Hidden(map_leaves(function, value.value))
    if isinstance(value, (list, tuple)):
        return type(value)(map_leaves(function, v) for v in value)
    if isinstance(value, Mapping):
        return {k: map_leaves(function, v) for k, v in value.items()}
    return function(value)


def cast(inputs: dict[str, Any], dtype: str | None) -> dict[str, Any]:
    """Floating arrays in the type under test; integers, bools and Python numbers as drawn."""
    floats = np.dtype(dtype) if dtype else None
    complexes = np.result_type(floats, np.complex64) if floats is not None else None

    def leaf(value: Any) -> Any:
        if not isinstance(value, (np.ndarray, np.generic)) or floats is None:
            return value
        kind = value.dtype.kind
        with np.errstate(over="ignore"):
            wanted = floats if kind == "f" else complexes if kind == "c" else value.dtype
            return np.ascontiguousarray(value, dtype=wanted).reshape(np.shape(value))

    result: dict[str, Any] = map_leaves(leaf, inputs)
    return result


def for_oracle(inputs: Mapping[str, Any], *, hidden: bool = False) -> dict[str, Any]:
    """The same rounded numbers in float64; Hidden inputs unwrapped, or left out."""

    def leaf(value: Any) -> Any:
        if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind not in "fc":
            return value
        return np.asarray(value, np.float64 if value.dtype.kind == "f" else np.complex128)

    with np.errstate(invalid="ignore"):  # widening a signalling NaN says that it was one
        wide = {k: map_leaves(leaf, v) for k, v in inputs.items()}
    if hidden:
        return {k: v.value if isinstance(v, spec.Hidden) else v for k, v in wide.items()}
    return {k: v for k, v in wide.items() if not isinstance(v, spec.Hidden)}


def crossing(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the answer gets: everything but the Hidden."""
    return {k: v for k, v in inputs.items() if not isinstance(v, spec.Hidden)}


def inputs_sha256(inputs: Mapping[str, Any]) -> str:
    """A hash of every byte that crosses, recorded in the report: the same seed must give it again."""
    digest = hashlib.sha256()

    def leaf(value: Any) -> Any:
        if isinstance(value, (np.ndarray, np.generic)):
            digest.update(f"{value.dtype.str}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
        else:
            digest.update(safe_repr(value).encode())
        return value

    for name, value in sorted(crossing(inputs).items()):
        digest.update(name.encode())
        map_leaves(leaf, value)
    return digest.hexdigest()


Template = Any  # nested tuples of wire.ArrayRef and {'kind': 'plain' | 'flat', ...}


def template(
    part: spec.Part, inputs: dict[str, Any], expected: Any, dtype: str | None, start: int
) -> tuple[Template, int]:
    """Where each output must be written, in which type and shape; returns it and the end of the last slot."""
    asked = part.outputs(**crossing(inputs)) if callable(part.outputs) else part.outputs
    place = _Slots(start, dtype, inputs)
    return (place.from_oracle(expected) if asked is None else place.from_spec(asked)), place.end


class _Slots:
    """Lays output slots one after the other, 64 bytes aligned."""

    def __init__(self, start: int, dtype: str | None, inputs: dict[str, Any]) -> None:
        self.end, self.dtype, self.inputs = start, dtype, inputs

    def array(self, dtype: str, shape: tuple[int, ...]) -> wire.ArrayRef:
        ref = wire.ArrayRef(-(-self.end // 64) * 64, dtype, tuple(int(n) for n in shape))
        self.end = ref.offset + ref.nbytes
        return ref

    def from_oracle(self, expected: Any) -> Template:
        """As the oracle's answer: its arrays cast to the type under test, everything else as plain Python."""
        if isinstance(expected, (np.ndarray, np.generic)):
            as_cast = cast({"": np.zeros(np.shape(expected), expected.dtype)}, self.dtype)[""]
            return self.array(str(as_cast.dtype), np.shape(expected))
        arrays = isinstance(expected, (tuple, list)) and any(isinstance(e, (np.ndarray, np.generic)) for e in expected)
        if isinstance(expected, tuple) or arrays:
            return tuple(self.from_oracle(e) for e in expected)
        return {"kind": "plain"}

    def from_spec(self, asked: Any) -> Template:
        if isinstance(asked, spec.Like):
            like = self.inputs[asked.name]
            return self.array(str(like.dtype), like.shape)
        if isinstance(asked, spec.Array):
            dtype = asked.dtype if asked.dtype != spec.FLOAT else self.dtype
            return self.array(str(np.dtype(dtype)), asked.shape)
        if isinstance(asked, spec.AtMost):
            self.end = start = -(-self.end // 64) * 64
            self.end += asked.bytes
            return {"kind": "flat", "dtype": asked.dtype, "offset": start, "bytes": asked.bytes}
        if isinstance(asked, (tuple, list)):
            return tuple(self.from_spec(a) for a in asked)
        return {"kind": "plain"}
