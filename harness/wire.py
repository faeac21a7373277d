"""What may cross between judge and worker, and how it is laid out. Knows no exercise, no process and no verdict.

Three layers, none of which trusts the peer: structure (`encode`, `decode`: msgpack under caps), arrays (`Arena`: raw
bytes in memory that both sides map) and frames (`send`, `receive`: length, body and file descriptors on a socket).
A wire value is None, bool, int, float, complex, str, bytes, an array, `Rng`, or a list, tuple or dict of these.
"""

from __future__ import annotations

import math
import mmap
import os
import select
import socket
import struct
import time
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import msgpack
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Path = tuple[Any, Any] | None  # (the container's path, key or index), spelled out only in an error

ALIGNMENT = 64  # bytes: a cache line, and the widest vector register
MOST_DIMENSIONS = 64  # numpy's own limit
MOST_FDS = 4  # descriptors beside one message

# bfloat16 is 16 raw bits: numpy has no such type, so its bits travel as uint16 under their own name.
_STORAGE: dict[str, np.dtype[Any]] = {
    name: np.dtype(name)
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
} | {"bfloat16": np.dtype("uint16")}
_NAMES = tuple(_STORAGE)
_NAME_OF = {dtype: name for name, dtype in _STORAGE.items() if name != "bfloat16"}  # dtype.name takes 5 µs
DTYPES: dict[str, int] = {name: code for code, name in enumerate(_NAMES)}


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
        reach = _STORAGE[self.dtype].itemsize
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
        return math.prod(self.shape) * _STORAGE[self.dtype].itemsize

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


# --- structure -------------------------------------------------------------------------------------------------------

_TUPLE, _INT, _COMPLEX, _ARRAY, _RNG = 1, 2, 3, 4, 5  # msgpack's extension types 1 to 5 as used here
_ATOMS = frozenset({type(None), bool, int, float, complex})  # cross as they are


def encode(value: object, limits: Caps = CAPS) -> bytes:
    """A message of wire values whose arrays have already been placed in an arena.

    Raises WireError, with the path, for what cannot cross or goes over `limits` (depth: `depth` + `envelope`).
    """
    message = _pack(_Walk(limits, limits.depth + limits.envelope, _already_placed).visit(value))
    if len(message) > limits.bytes:
        raise WireError(f"the message has {len(message)} bytes, more than the {limits.bytes} allowed")
    return message


def decode(data: bytes, limits: Caps = CAPS) -> Any:
    """The value that `encode` was given. Raises WireError, and nothing else, for any other bytes.

    Allocates at most about 75 bytes a byte of `data` (an empty dict is one byte on the wire).
    """
    if not 0 < len(data) <= limits.bytes:
        raise WireError(f"the message has {len(data)} bytes; 1 to {limits.bytes} are allowed")
    return _Reader(len(data), limits).value(data)


def _pack(value: object) -> bytes:
    packed: bytes = msgpack.packb(value, default=_extension, strict_types=True)
    return packed


def _extension(value: object) -> msgpack.ExtType:
    """msgpack asks for what it has no type of its own for; with strict_types that includes tuples."""
    if type(value) is tuple:
        return msgpack.ExtType(_TUPLE, _pack(list(value)))
    if isinstance(value, ArrayRef):
        size = len(value.shape)
        layout = struct.pack(f"<QBB{size}Q", value.offset, DTYPES[value.dtype], size, *value.shape)
        return msgpack.ExtType(_ARRAY, layout)
    if isinstance(value, Rng):
        return msgpack.ExtType(_RNG, value.seed.to_bytes(16, "little"))
    if isinstance(value, complex):
        return msgpack.ExtType(_COMPLEX, struct.pack("<dd", value.real, value.imag))
    assert isinstance(value, int), "the walk lets nothing else through"
    return msgpack.ExtType(_INT, _int_bytes(value))


def _int_bytes(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)


@dataclass(frozen=True, slots=True)
class _PackedTuple:
    """A tuple not yet unpacked: how deep it lies is known only once the values around it are."""

    data: bytes


def _int(data: bytes) -> int:
    value = int.from_bytes(data, "little", signed=True)
    if -(2**63) <= value < 2**64 or _int_bytes(value) != data:
        raise WireError("a big int that is not written in its one shortest form")
    return value


def _complex(data: bytes) -> complex:
    return complex(*struct.unpack("<dd", data))


def _array_ref(data: bytes) -> ArrayRef:
    offset, code, dimensions = struct.unpack_from("<QBB", data)
    if code >= len(_NAMES):
        raise WireError(f"{code} is no dtype code")
    return ArrayRef(offset, _NAMES[code], struct.unpack(f"<{dimensions}Q", data[10:]))


def _rng(data: bytes) -> Rng:
    if len(data) != 16:
        raise WireError(f"an Rng has 16 bytes, not {len(data)}")
    return Rng(int.from_bytes(data, "little"))


_EXTENSIONS: dict[int, Callable[[bytes], object]] = {
    _TUPLE: _PackedTuple, _INT: _int, _COMPLEX: _complex, _ARRAY: _array_ref, _RNG: _rng,
}  # fmt: skip
_LEAVES = _ATOMS | {str, bytes, ArrayRef, Rng}


def _read_extension(code: int, data: bytes) -> object:
    if code not in _EXTENSIONS:
        raise WireError(f"extension type {code} is unknown")
    return _EXTENSIONS[code](data)


class _Tally:
    """Counts items while msgpack builds containers, so that too many are refused before they are all there."""

    def __init__(self, most: int) -> None:
        self.left = most

    def count(self, items: list[Any]) -> list[Any]:
        self.left -= 1 + len(items)
        if self.left < 0:
            raise WireError("more items than allowed")
        return items

    def mapping(self, pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
        self.count(pairs)
        found = dict(pairs)
        if len(found) != len(pairs):
            raise WireError("a dict with the same key twice")
        if bytes in map(type, found):  # strict_map_key lets nothing else by
            raise WireError("a dict with a key that is not str")
        return found


class _Reader:
    """Turns the bytes of one message into a value, from the outside inwards."""

    def __init__(self, size: int, caps: Caps) -> None:
        self.most_depth = caps.depth + caps.envelope
        tally = _Tally(caps.items)
        self.unpacker = msgpack.Unpacker(
            read_size=size, max_buffer_size=caps.bytes, strict_map_key=True,
            ext_hook=_read_extension, list_hook=tally.count, object_pairs_hook=tally.mapping,
            max_str_len=caps.text_bytes, max_bin_len=caps.text_bytes, max_ext_len=caps.bytes,
            max_array_len=caps.items, max_map_len=caps.items,
        )  # fmt: skip

    def value(self, data: bytes) -> object:
        return self.expand(self.parse(data), 1)

    def parse(self, data: bytes) -> object:
        """One msgpack value that fills `data`, with its tuples still packed.

        It is first skipped over, which allocates nothing: the parser makes a list of the length that the message claims
        before it has seen one element, and lists in lists would make a 5 kB message claim gigabytes.
        """
        unpacker = self.unpacker
        try:
            start = unpacker.tell()
            unpacker.feed(data)
            unpacker.skip()
            if unpacker.tell() - start != len(data):
                raise WireError("bytes after the end of the value")
            unpacker.feed(data)
            value: object = unpacker.unpack()
            return value
        except WireError:
            raise
        except Exception as error:  # whatever a parser makes of hostile bytes is the peer's fault
            raise WireError(f"not a message: {type(error).__name__} {str(error)[:200]}".rstrip()) from error

    def expand(self, value: Any, depth: int) -> object:
        """`value`, with the tuples in it unpacked, in place where it is a list or dict."""
        if type(value) in _LEAVES:
            return value
        if depth > self.most_depth:
            raise WireError(f"containers more than {self.most_depth} deep")
        if type(value) is _PackedTuple:
            items = self.parse(value.data)
            if type(items) is not list:
                raise WireError("a tuple without a list of its items")
            return tuple(self.expand(items, depth))  # type: ignore[arg-type]
        if type(value) is list:
            for index, item in enumerate(value):
                if type(item) not in _LEAVES:
                    value[index] = self.expand(item, depth + 1)
        elif type(value) is dict:
            for key, item in value.items():
                if type(item) not in _LEAVES:
                    value[key] = self.expand(item, depth + 1)
        else:  # msgpack's own timestamp
            raise WireError(f"a {type(value).__name__} is no value of the wire")
        return value


class _Walk:
    """One pass over a nested value: its containers are copied, its leaves replaced, and the caps kept.

    Subclasses of list, tuple, dict, str, bytes and of Python's numbers come out as their base.
    """

    def __init__(self, caps: Caps, most_depth: int, leaf: Callable[[Any], object]) -> None:
        self.caps, self.most_depth, self.leaf = caps, most_depth, leaf
        self.items_left, self.bytes_left = caps.items, caps.bytes

    def visit(self, value: Any, depth: int = 1, path: Path = None) -> Any:
        if type(value) in _ATOMS:
            return value
        try:
            if isinstance(value, (str, bytes)):
                return self.text(value)
            if not isinstance(value, (list, tuple, dict)):
                return _base(value) if _is_python_number(value) else self.leaf(value)
            self.enter(len(value), depth)
        except WireError as error:
            raise _at(path, error) from None
        if isinstance(value, dict):
            return self.mapping(value, depth, path)
        if isinstance(value, list):
            return self.sequence(list.__iter__(value), depth, path)
        return tuple(self.sequence(tuple.__iter__(value), depth, path))

    def enter(self, items: int, depth: int) -> None:
        if depth > self.most_depth:
            raise WireError(f"lists, tuples and dicts may lie at most {self.most_depth} deep in each other")
        self.items_left -= 1 + items
        if self.items_left < 0:
            raise WireError(f"the value has more than {self.caps.items} items")

    def sequence(self, items: Iterator[Any], depth: int, path: Path) -> list[Any]:
        return [
            item if type(item) in _ATOMS else self.visit(item, depth + 1, (path, index))
            for index, item in enumerate(items)
        ]

    def mapping(self, value: dict[Any, Any], depth: int, path: Path) -> dict[str, Any]:
        copied = {}
        for key, item in dict.items(value):
            try:
                name = self.key(key)
            except WireError as error:
                raise _at(path, error) from None
            copied[name] = item if type(item) in _ATOMS else self.visit(item, depth + 1, (path, key))
        if len(copied) != len(value):
            raise _at(path, WireError("two keys of a dict have the same text"))
        return copied

    def key(self, key: object) -> str:
        if not isinstance(key, str):
            raise WireError(f"the key of a dict must be str, not {_described(key)}")
        name: str = self.text(key)
        return name

    def text(self, value: Any) -> Any:
        """As its base: by the base's own method, since a subclass may have replaced its."""
        if type(value) is not str:
            value = str.__str__(value) if isinstance(value, str) else bytes.__bytes__(value)
        size = len(value) if value.isascii() or isinstance(value, bytes) else _utf8_bytes(value)
        self.bytes_left -= size
        if size > self.caps.text_bytes or self.bytes_left < 0:
            raise WireError(f"more text than the {self.caps.text_bytes} bytes that may cross")
        return value


def _utf8_bytes(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise WireError(f"text with half a character (a lone surrogate) at position {error.start}") from None


def _is_python_number(value: object) -> bool:
    """Also of a subclass; but np.float64 and np.complex128, which are subclasses, count as NumPy scalars."""
    return isinstance(value, (int, float, complex)) and not isinstance(value, np.generic)


def _base(value: complex) -> complex:
    """A number of a subclass (an IntEnum) as a plain int, float or complex."""
    base = next(base for base in (int, float, complex) if isinstance(value, base))
    unbound = {int: int.__int__, float: float.__float__, complex: complex.__complex__}[base]
    plain: complex = unbound(value)  # type: ignore[arg-type]
    return plain


def _at(path: Path, error: WireError) -> WireError:
    return WireError(f"at {_spell(path)}: {error}") if path else error


def _spell(path: Path) -> str:
    """(((None, 0), 'w')) as [0]['w']."""
    keys = []
    while path is not None:
        path, key = path
        keys.append(f"[{str(repr(key))[:80]}]")
    return "".join(reversed(keys))


_WORDS: dict[type, str] = {
    types.FunctionType: "a function", types.BuiltinFunctionType: "a function", types.MethodType: "a method",
    types.GeneratorType: "a generator", types.ModuleType: "a module", types.CoroutineType: "a coroutine",
    type: "a class", set: "a set", frozenset: "a set", range: "a range", bytearray: "a bytearray", map: "a map object",
}  # fmt: skip


def _described(value: object) -> str:
    kind = type(value)
    return _WORDS.get(kind, f"a value of type {kind.__module__}.{kind.__qualname__}".replace(" builtins.", " ")[:200])


def _cannot_cross(value: object) -> WireError:
    return WireError(
        f"{_described(value)} cannot cross; None, bool, int, float, complex, str, bytes, arrays, "
        "and lists, tuples and dicts of these can"
    )


def _already_placed(value: object) -> object:
    if isinstance(value, (ArrayRef, Rng)):
        return value
    if isinstance(value, (np.ndarray, np.generic, Bfloat16)):
        raise WireError("an array must be placed in an arena first (place_all)")
    raise _cannot_cross(value)


# --- arrays ----------------------------------------------------------------------------------------------------------


class Arena:
    """Memory that both sides map, of a size that neither can change: a memfd, sparse until written.

    Linux only. `fd` belongs to the arena. Views outlive `close`: the memory is unmapped with the last of them.
    """

    def __init__(self, fd: int, size: int, writable: bool) -> None:
        protection = mmap.PROT_READ | mmap.PROT_WRITE if writable else mmap.PROT_READ
        self.fd, self.size, self.writable = fd, size, writable
        self._map = mmap.mmap(fd, size, flags=mmap.MAP_SHARED, prot=protection)
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
    def attach(cls, fd: int, size: int, writable: bool) -> Arena:
        """The peer's arena. Takes `fd` over; raises WireError when there is less behind it than `size`."""
        if os.fstat(fd).st_size < size:  # touching a page behind the end is SIGBUS
            raise WireError(f"the arena is smaller than the {size} bytes announced")
        return cls(fd, size, writable)

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
        return np.ndarray(ref.shape, _STORAGE[ref.dtype], self._part(ref.offset, ref.end), ref.offset)

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
    if native not in _NAME_OF:
        held = f"an array of {_KINDS[dtype.kind]}" if dtype.kind in _KINDS else "an array"
        raise WireError(f"{held} (dtype {str(dtype)[:80]}) cannot cross; those that can are {', '.join(_NAMES)}")
    return _NAME_OF[native]


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
            raise _cannot_cross(leaf)
        ref = arena.place(np.asarray(leaf) if isinstance(leaf, np.generic) else leaf, end)
        end = ref.end
        return ref

    return _Walk(limits, limits.depth, placed).visit(value), end


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
            raise _cannot_cross(leaf)
        left -= leaf.nbytes
        if left < 0:  # the same gigabyte named a thousand times would be a thousand copies
            raise WireError("the arrays together claim more bytes than the arena has")
        array = arena.view(leaf)
        if copy:
            array = array.view(np.uint8) != 0 if leaf.dtype == "bool" else array.copy()
        return Bfloat16(array) if leaf.dtype == "bfloat16" else array

    return _Walk(limits, limits.depth, fetched).visit(value)


# --- frames ----------------------------------------------------------------------------------------------------------

_LENGTH = struct.Struct("<I")


def send(sock: socket.socket, message: bytes, fds: Sequence[int] = (), deadline: float | None = None) -> None:
    """One frame, with at most 4 descriptors, on a Unix stream socket: a length (4 bytes, little endian), then the body.

    deadline: in seconds of time.monotonic(). Raises TimeoutError, or the OSError (BrokenPipeError) of a peer that is gone.
    """
    if len(fds) > MOST_FDS:
        raise WireError(f"{len(fds)} descriptors beside one message; at most {MOST_FDS} may be")
    ready = _Ready(sock, select.POLLOUT, deadline)
    unsent = memoryview(_LENGTH.pack(len(message)) + message)
    beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f"{len(fds)}i", *fds))] if fds else []
    while unsent:
        ready.wait()
        try:
            sent = sock.sendmsg([unsent], beside, socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        unsent, beside = unsent[sent:], []


def receive(
    sock: socket.socket, deadline: float | None, limits: Caps = CAPS, most_fds: int = MOST_FDS
) -> tuple[bytes, tuple[int, ...]]:
    """The next frame's body and descriptors, which are close-on-exec and the caller's to close.

    deadline: in seconds of time.monotonic(); a peer that sends byte after byte does not outlast it. Raises
    TimeoutError, EOFError (the peer has closed, between frames or within one), and WireError for a frame over
    `limits.bytes` or with more than `most_fds` descriptors. After any of these the channel is of no more use.
    """
    ready = _Ready(sock, select.POLLIN, deadline)
    fds: list[int] = []
    try:
        length = _receive_length(sock, ready, fds, most_fds)
        if length > limits.bytes:
            raise WireError(f"a frame of {length} bytes was announced; at most {limits.bytes} are allowed")
        return _receive_body(sock, ready, length), tuple(fds)
    except BaseException:
        for fd in fds:
            os.close(fd)
        raise


def _receive_length(sock: socket.socket, ready: _Ready, fds: list[int], most_fds: int) -> int:
    """Reads the head of a frame; its descriptors are added to `fds` as they come."""
    head = b""
    room = socket.CMSG_LEN(most_fds * 4)
    # Not socket.recv_fds: in Python 3.11 it drops its flags, and so the deadline and close-on-exec.
    flags = socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC
    while len(head) < _LENGTH.size:
        ready.wait()
        try:
            data, beside, state, _ = sock.recvmsg(_LENGTH.size - len(head), room, flags)
        except BlockingIOError:
            continue
        except ConnectionResetError:
            data, beside, state = b"", [], 0
        for level, kind, payload in beside:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds += struct.unpack(f"{len(payload) // 4}i", payload[: len(payload) // 4 * 4])
        if len(fds) > most_fds or state & socket.MSG_CTRUNC:  # the kernel has closed those that did not fit
            raise WireError(f"more than {most_fds} descriptors beside one message")
        if not data:
            raise EOFError("the peer closed the channel" + (" within a frame" if head else ""))
        head += data
    length: int = _LENGTH.unpack(head)[0]
    return length


def _receive_body(sock: socket.socket, ready: _Ready, length: int) -> bytes:
    body = bytearray(length)
    unfilled = memoryview(body)
    while unfilled:
        try:
            got = sock.recv_into(
                unfilled, flags=socket.MSG_DONTWAIT
            )  # without room for descriptors: the kernel closes them
        except BlockingIOError:
            ready.wait()
            continue
        except ConnectionResetError:
            got = 0
        if not got:
            raise EOFError(f"the peer closed the channel {len(unfilled)} bytes before the end of a frame")
        unfilled = unfilled[got:]
        ready.check()
    return bytes(body)


class _Ready:
    """Waits until a socket can be read or written, never past the deadline. The socket's own mode stays as it is."""

    def __init__(self, sock: socket.socket, event: int, deadline: float | None) -> None:
        self.poll = select.poll()
        self.poll.register(sock, event)
        self.deadline = deadline

    def check(self) -> float | None:
        """Milliseconds left."""
        if self.deadline is None:
            return None
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the peer did not finish within the time allowed")
        return left_s * 1000

    def wait(self) -> None:
        if not self.poll.poll(self.check()):
            raise TimeoutError("the peer did not finish within the time allowed")
