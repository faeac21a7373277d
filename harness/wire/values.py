"""The values of the wire that are no plain Python, and the caps on all of them. Encodes nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

ALIGNMENT = 64  # bytes: a cache line, and the widest vector register
MOST_DIMENSIONS = 64  # numpy's own limit

# bfloat16 is 16 raw bits: numpy has no such type, so its bits travel as uint16 under their own name.
STORAGE: dict[str, np.dtype[Any]] = {
    name: np.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
} | {"bfloat16": np.dtype("uint16")}
NAMES = tuple(STORAGE)
NAME_OF = {dtype: name for name, dtype in STORAGE.items() if name != "bfloat16"}  # dtype.name takes 5 µs
DTYPES: dict[str, int] = {name: code for code, name in enumerate(NAMES)}


class WireError(Exception):
    """A value or message that breaks the rules of the wire; the text says which rule, and where."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What one message may hold at most."""

    bytes: int = 16 * 2**20
    text_bytes: int = 8 * 2**20  # of one str (as UTF-8) or bytes
    items: int = 2_000_000  # elements of all containers, plus the containers themselves
    depth: int = 6  # containers inside each other in one value
    envelope: int = 3  # levels of a message around its values: message, list of calls, inputs by name


CAPS = Caps()


@dataclass(frozen=True, slots=True)
class ArrayRef:
    """Where an array's bytes lie in an arena: C-contiguous, native byte order. Raises WireError when it is no array."""

    offset: int
    dtype: str
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise WireError(f"{self.dtype!r} is no dtype of the wire (those are {', '.join(DTYPES)})")
        reach = STORAGE[self.dtype].itemsize
        for n in self.shape:
            if type(n) is not int or n < 0:
                raise WireError(f"an array cannot have the shape {str(self.shape)[:80]}")
            reach *= n or 1  # as numpy does: an empty array whose other sizes overflow is none
        if len(self.shape) > MOST_DIMENSIONS:
            raise WireError(f"an array of {len(self.shape)} dimensions; at most {MOST_DIMENSIONS} are allowed")
        if type(self.offset) is not int or self.offset < 0 or self.offset + reach >= 2**63:
            raise WireError(f"an array of shape {str(self.shape)[:80]} at {self.offset} does not fit in memory")

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * STORAGE[self.dtype].itemsize

    @property
    def end(self) -> int:
        """The offset of the first byte behind the array."""
        return self.offset + self.nbytes


@dataclass(frozen=True, slots=True)
class Rng:
    """A random stream as a value: the worker makes the backend's own generator from the seed."""

    seed: int

    def __post_init__(self) -> None:
        if type(self.seed) is not int or not 0 <= self.seed < 2**128:
            raise WireError("the seed of an Rng is an int from 0 to 2**128 - 1")


@dataclass(frozen=True, eq=False, slots=True)
class Bfloat16:
    """A bfloat16 array as its raw bits, uint16, in any shape."""

    bits: NDArray[np.uint16]


ATOMS = frozenset({type(None), bool, int, float, complex})  # cross as they are
