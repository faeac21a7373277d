"""Arrays as raw bytes in memory that two processes map: a memfd of a size that neither can change, or (portable) a file."""

from __future__ import annotations

import contextlib
import mmap
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from harness.wire.values import (
    ALIGNMENT,
    CAPS,
    NAME_OF,
    NAMES,
    STORAGE,
    Array,
    ArrayRef,
    Bfloat16,
    Caps,
    Rng,
    WireError,
)
from harness.wire.walk import Walk, cannot_cross

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change line ends


class Arena:
    """Memory that both sides map, sparse until written: a memfd of a size that neither can change (Linux), or a file.

    `fd` belongs to the arena. `path`: the file's, '' for a memfd. Views outlive `close`: the memory is unmapped with the
    last of them.
    """

    def __init__(self, fd: int, size: int, writable: bool, path: str = "") -> None:
        self.fd, self.size, self.writable, self.path = fd, size, writable, path
        self._map = mmap.mmap(fd, size, access=mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ)
        # One array over all of it, from which views are cut: it keeps the map from being unmapped under a view
        # (np.ndarray(buffer=map) would not, and reading the view would end the process).
        self._all: NDArray[np.uint8] | None = np.frombuffer(self._map, np.uint8)

    @classmethod
    def create(cls, size: int, name: str, seal_writes: bool = False) -> Arena:
        """A new arena of `size` bytes, at least 1, mapped writable here.

        seal_writes: nobody who gets the fd can map it writable; only this mapping still can write. (A mapping without
        PROT_WRITE would not do: it is undone by opening /proc/self/fd again.)
        """
        import fcntl

        future_write = 0x0010  # F_SEAL_FUTURE_WRITE of Linux 5.1, which fcntl does not name
        fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(fd, size)
            arena = cls(fd, size, writable=True)
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals | (future_write if seal_writes else 0))
        except BaseException:
            os.close(fd)
            raise
        return arena

    @classmethod
    def in_file(cls, path: Path, size: int) -> Arena:
        """A new arena in a new file, for systems without memfds; `path` may not exist."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        os.ftruncate(fd, size)
        return cls(fd, size, writable=True, path=str(path))

    @classmethod
    def attach(cls, fd: int, size: int, writable: bool) -> Arena:
        """The peer's arena. Takes `fd` over; raises WireError when there is less behind it than `size`."""
        if os.fstat(fd).st_size < size:  # touching a page behind the end is SIGBUS
            raise WireError(f"the arena is smaller than the {size} bytes announced")
        return cls(fd, size, writable)

    @classmethod
    def attach_file(cls, path: str, size: int, writable: bool) -> Arena:
        """The peer's arena in a file. Raises as `attach` does."""
        return cls.attach(os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | _BINARY), size, writable)

    def place(self, array: Array | Bfloat16, at: int) -> ArrayRef:
        """Copy `array`, of any strides and byte order, to the first multiple of 64 from `at`."""
        bits = array.bits if isinstance(array, Bfloat16) else array
        ref = ArrayRef(-(-at // ALIGNMENT) * ALIGNMENT, _dtype_name(bits), bits.shape)
        np.copyto(self.view(ref), bits, casting="equiv")
        if not isinstance(array, Bfloat16):
            return ref
        if ref.dtype != "uint16":
            raise WireError(f"the bits of a bfloat16 array are uint16, not {ref.dtype}")
        return replace(ref, dtype="bfloat16")

    def view(self, ref: ArrayRef) -> Array:
        """The array itself, not a copy (bfloat16: its bits, uint16); read-only where the arena is mapped so.

        The peer may still be writing to it: copy before you judge it.
        """
        if ref.offset % ALIGNMENT:
            raise WireError(f"an array starts at {ref.offset}, which is no multiple of {ALIGNMENT}")
        return np.ndarray(ref.shape, STORAGE[ref.dtype], self._part(ref.offset, ref.end), ref.offset)

    def fill(self, start: int, end: int, byte: int) -> None:
        """Set the bytes from `start` up to `end`."""
        self._part(start, end)[start:end] = byte

    def _part(self, start: int, end: int) -> NDArray[np.uint8]:
        """All of the arena, once `start` to `end` is known to lie in it."""
        if self._all is None:
            raise ValueError("this arena is closed")
        if not 0 <= start <= end <= self.size:
            raise WireError(f"bytes {start} to {end} lie outside the arena of {self.size}")
        return self._all

    def close(self) -> None:
        if self._all is None:
            return
        self._all = None
        os.close(self.fd)
        try:
            self._map.close()
        except BufferError:  # views are still alive
            del self._map
        if self.path:
            with contextlib.suppress(OSError):  # Windows keeps a file that the peer still maps; its folder goes later
                os.unlink(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_KINDS = {
    "O": "objects",
    "U": "text",
    "S": "bytes",
    "T": "text",
    "V": "records",
    "M": "dates",
    "m": "time spans",
}


def _dtype_name(array: Array) -> str:
    """The wire's name of an exact ndarray's dtype; raises WireError in words."""
    kind, dtype = type(array), array.dtype
    if kind is not np.ndarray:
        name = f"{kind.__module__}.{kind.__qualname__}"
        raise WireError(f"a {name} cannot cross, being a subclass of numpy.ndarray; np.asarray makes it one that can")
    native = dtype if dtype.isnative else dtype.newbyteorder("=")
    if native not in NAME_OF:
        held = f"an array of {_KINDS[dtype.kind]}" if dtype.kind in _KINDS else "an array"
        raise WireError(f"{held} (dtype {str(dtype)[:80]}) cannot cross; those that can are {', '.join(NAMES)}")
    return NAME_OF[native]


def place_all(value: object, arena: Arena, start: int, limits: Caps = CAPS) -> tuple[Any, int]:
    """`value` with each array (and NumPy scalar, as one of shape ()) copied into `arena`, and where the last one ends.

    Raises WireError, naming the place like [0]['w'], for what cannot cross, lies too deep, or does not fit.
    """
    end = start

    def placed(leaf: object) -> object:
        nonlocal end
        if isinstance(leaf, (ArrayRef, Rng)):
            return leaf
        if not isinstance(leaf, (np.ndarray, np.generic, Bfloat16)):
            raise cannot_cross(leaf)
        ref = arena.place(np.asarray(leaf) if isinstance(leaf, np.generic) else leaf, end)
        end = ref.end
        return ref

    return Walk(limits, limits.depth, placed).visit(value), end


def fetch_all(value: object, arena: Arena, copy: bool = True, limits: Caps = CAPS) -> Any:
    """`value` with each ArrayRef replaced by its array: the way back from `place_all`.

    copy: arrays that the peer can no longer change, and bools that are 0 or 1 whatever byte it wrote.
    Raises WireError for an array outside the arena, a value too deep, and arrays that together claim more than the arena.
    """
    left = arena.size

    def fetched(leaf: object) -> object:
        nonlocal left
        if isinstance(leaf, Rng):
            return leaf
        if not isinstance(leaf, ArrayRef):
            raise cannot_cross(leaf)
        left -= leaf.nbytes
        if left < 0:  # the same gigabyte named a thousand times would be a thousand copies
            raise WireError("the arrays together claim more bytes than the arena has")
        array = arena.view(leaf)
        if copy:
            array = array.view(np.uint8) != 0 if leaf.dtype == "bool" else array.copy()
        return Bfloat16(array) if leaf.dtype == "bfloat16" else array

    return Walk(limits, limits.depth, fetched).visit(value)
