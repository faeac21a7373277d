"""One pass over a nested value on its way to the wire, which copies it and keeps the caps; and the words of refusals."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from harness.wire.values import ATOMS, ArrayRef, Bfloat16, Caps, Rng, WireError

Path = tuple[Any, Any] | None  # (the container's path, key or index), spelled out only in an error


class Walk:
    """One pass over a nested value: its containers are copied, its leaves replaced, and the caps kept.

    Subclasses of list, tuple, dict, str, bytes and of Python's numbers come out as their base.
    """

    def __init__(self, caps: Caps, most_depth: int, leaf: Callable[[Any], object]) -> None:
        self.caps, self.most_depth, self.leaf = caps, most_depth, leaf
        self.items_left, self.bytes_left = caps.items, caps.bytes

    def visit(self, value: Any, depth: int = 1, path: Path = None) -> Any:
        if type(value) in ATOMS:
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
            item if type(item) in ATOMS else self.visit(item, depth + 1, (path, index))
            for index, item in enumerate(items)
        ]

    def mapping(self, value: dict[Any, Any], depth: int, path: Path) -> dict[str, Any]:
        copied = {}
        for key, item in dict.items(value):
            try:
                name = self.key(key)
            except WireError as error:
                raise _at(path, error) from None
            copied[name] = item if type(item) in ATOMS else self.visit(item, depth + 1, (path, key))
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


def cannot_cross(value: object) -> WireError:
    return WireError(
        f"{_described(value)} cannot cross; None, bool, int, float, complex, str, bytes, arrays, "
        "and lists, tuples and dicts of these can"
    )


def already_placed(value: object) -> object:
    if isinstance(value, (ArrayRef, Rng)):
        return value
    if isinstance(value, (np.ndarray, np.generic, Bfloat16)):
        raise WireError("an array must be placed in an arena first (place_all)")
    raise cannot_cross(value)
