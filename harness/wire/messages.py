"""Structure as bytes: msgpack under caps, read from a peer that nobody trusts. Knows no arena and no socket."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack

from harness.wire.values import ATOMS, CAPS, DTYPES, NAMES, ArrayRef, Caps, Rng, WireError
from harness.wire.walk import Walk, already_placed

_TUPLE, _INT, _COMPLEX, _ARRAY, _RNG = 1, 2, 3, 4, 5  # msgpack's extension types 1 to 5 as used here


def encode(value: object, limits: Caps = CAPS) -> bytes:
    """A message of wire values whose arrays have already been placed in an arena.

    Raises WireError, with the path, for what cannot cross or goes over `limits` (depth: `depth` + `envelope`).
    """
    message = _pack(Walk(limits, limits.depth + limits.envelope, already_placed).visit(value))
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
    if code >= len(NAMES):
        raise WireError(f"{code} is no dtype code")
    return ArrayRef(offset, NAMES[code], struct.unpack(f"<{dimensions}Q", data[10:]))


def _rng(data: bytes) -> Rng:
    if len(data) != 16:
        raise WireError(f"an Rng has 16 bytes, not {len(data)}")
    return Rng(int.from_bytes(data, "little"))


_EXTENSIONS: dict[int, Callable[[bytes], object]] = {
    _TUPLE: _PackedTuple, _INT: _int, _COMPLEX: _complex, _ARRAY: _array_ref, _RNG: _rng,
}  # fmt: skip
_LEAVES = ATOMS | {str, bytes, ArrayRef, Rng}


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
