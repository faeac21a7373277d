"""The wire: what crosses, what is refused, and that hostile bytes do neither harm nor surprise."""

from __future__ import annotations

import ast
import contextlib
import copy
import enum
import mmap
import os
import socket
import struct
import threading
import time
import tracemalloc
from collections import OrderedDict, namedtuple
from pathlib import Path

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import wire
from harness.wire import Arena, ArrayRef, Bfloat16, Caps, Rng, WireError, decode, encode, fetch_all, place_all

# --- structure -------------------------------------------------------------------------------------------------------


def same(a: object, b: object) -> bool:
    """Equal in type and in every bit: nan equals itself, -0.0 is not 0.0, True is not 1, a tuple no list."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return struct.pack("<d", a) == struct.pack("<d", b)
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
refs = st.builds(
    ArrayRef,
    st.integers(0, 2**40),
    st.sampled_from(list(wire.DTYPES)),
    st.lists(st.integers(0, 2**9), max_size=2).map(tuple),
)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(2**200), 2**200), st.floats(), st.complex_numbers(),
    text, st.binary(max_size=40), refs, st.builds(Rng, st.integers(0, 2**128 - 1)),
)  # fmt: skip
values = leaves
for _ in range(4):
    values = st.one_of(
        leaves,
        st.lists(values, max_size=4),
        st.lists(values, max_size=4).map(tuple),
        st.dictionaries(text, values, max_size=4),
    )


@given(values)
def test_a_value_comes_back_as_it_was_sent(value):
    assert same(decode(encode(value)), value)


@pytest.mark.parametrize(
    "value",
    [
        *(
            True,
            1,
            1.0,
            -0.0,
            float("inf"),
            float("nan"),
            complex(-0.0, float("nan")),
            None,
            "",
            b"",
            "é\0\U0001f600",
        ),
        *(2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 2**64 + 1, -(2**4000)),
        *((), [], {}, ((1,), [()]), {"": {}}, [[[[[[]]]]]], ((((((),),),),),)),
        ArrayRef(0, "bfloat16", ()),
        ArrayRef(64, "float32", (2**20, 0, 3)),
        Rng(2**128 - 1),
    ],
)
def test_types_signs_and_sizes_survive(value):
    assert same(decode(encode(value)), value)


def test_subclasses_are_sent_as_their_base():
    class Text(str):
        def __str__(self):
            return "a lie"

    Pair = namedtuple("Pair", "x y")
    colour = enum.IntEnum("colour", "red")
    sent = [Text("truth"), Pair(colour.red, OrderedDict({Text("k"): type("F", (float,), {})(2.5)}))]
    assert same(decode(encode(sent)), ["truth", (1, {"k": 2.5})])


def test_two_keys_that_are_one_text_are_refused():
    class Other(str):
        __slots__ = ()

        def __hash__(self):
            return 1

        def __eq__(self, other):
            return self is other

    with pytest.raises(WireError, match=r"at \[0\]: two keys of a dict have the same text"):
        encode([{Other("k"): 1, "k": 2}])


def nested(depth: int, of=lambda inner: [inner]) -> object:
    value: object = None
    for _ in range(depth):
        value = of(value)
    return value


SMALL = Caps(bytes=200, text_bytes=20, items=20)
loop: list = []
loop.append(loop)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (nested(10), "at most 9 deep"),
        (nested(10, lambda v: (v,)), "at most 9 deep"),
        (nested(10, lambda v: {"k": v}), "at most 9 deep"),
        (loop, "at most 9 deep"),
        ({1: 2}, "key of a dict must be str, not a value of type int"),
        ([{b"k": 2}], r"at \[0\]: the key of a dict must be str, not a value of type bytes"),
        (["\ud800"], r"at \[0\]: text with half a character"),
        ({"k": [0, print]}, r"at \['k'\]\[1\]: a function cannot cross"),
        ([(i for i in ())], r"at \[0\]: a generator cannot cross"),
        ({1, 2}, "a set cannot cross"),
        (bytearray(b""), "a bytearray cannot cross"),
        (np.zeros(3), "placed in an arena first"),
        (np.float64(3), "placed in an arena first"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(value, words):
    with pytest.raises(WireError, match=words):
        encode(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([0] * 20, "more than 20 items"),
        ("x" * 21, "more text than"),
        (b"x" * 21, "more text than"),
        ("é" * 11, "more text than"),
        (["x" * 20] * 11, "more text than"),
        ([2**500] * 4, "more than the 200 allowed"),
    ],
)
def test_what_is_too_long_is_neither_sent_nor_taken(value, words):
    with pytest.raises(WireError, match=words):
        encode(value, SMALL)
    with pytest.raises(WireError):
        decode(encode(value), SMALL)


def test_a_small_value_shared_a_million_times_is_refused_before_it_is_spelled_out():
    value: object = "x"
    for _ in range(6):
        value = [value] * 1000
    with pytest.raises(WireError, match="more than 2000000 items"):
        encode(value)


def ext(code: int, data: bytes) -> bytes:
    return msgpack.packb(msgpack.ExtType(code, data))


def ref_bytes(offset: int, code: int, *shape: int, dimensions: int | None = None) -> bytes:
    head = struct.pack("<QBB", offset, code, len(shape) if dimensions is None else dimensions)
    return ext(4, head + struct.pack(f"<{len(shape)}Q", *shape))


REFUSED = {
    "nothing": b"",
    "a byte that begins no value": b"\xc1",
    "half a list": b"\x92\x01",
    "bytes after the end": b"\x01\x01",
    "a list deeper than the caps": b"\x91" * 9 + b"\x90",
    "a list deeper than the parser": b"\x91" * 5000 + b"\x90",
    "a list that claims 4 billion items": b"\xdd\xff\xff\xff\xff\x01",
    "a dict that claims 4 billion items": b"\xdf\xff\xff\xff\xff\xa1a\x01",
    "bytes that claim 4 billion": b"\xc6\xff\xff\xff\xff\x01",
    "a key twice": b"\x82\xa1a\x01\xa1a\x02",
    "a key that is int": b"\x81\x01\x01",
    "a key that is bytes": b"\x81\xc4\x01a\x01",
    "a key that is a list": b"\x81\x90\x01",
    "a lone surrogate": b"\xa3\xed\xa0\x80",
    "no UTF-8": b"\xa1\xff",
    "UTF-8 in too many bytes": b"\xa2\xc0\x80",
    "an unknown extension": ext(6, b""),
    "a timestamp": b"\xd6\xff" + bytes(4),
    "a timestamp of a wrong length": b"\xd5\xff\0\0",
    "a tuple of nothing": ext(1, b""),
    "a tuple that is an int": ext(1, b"\x01"),
    "a tuple that is a tuple": ext(1, ext(1, b"\x90")),
    "a tuple with bytes after its end": ext(1, b"\x90\x90"),
    "a tuple with a key twice in it": ext(1, b"\x91\x82\xa1a\x01\xa1a\x02"),
    "a big int that is small": ext(2, (5).to_bytes(9, "little")),
    "a big int with a byte too many": ext(2, (2**70).to_bytes(10, "little")),
    "a big int of nothing": ext(2, b""),
    "a complex of 15 bytes": ext(3, bytes(15)),
    "an array of nothing": ext(4, b""),
    "an array of an unknown dtype": ref_bytes(0, len(wire.DTYPES), 3),
    "an array with fewer sizes than it says": ref_bytes(0, 1, 3, dimensions=2),
    "an array with more sizes than it says": ref_bytes(0, 1, 3, dimensions=0),
    "an array of 65 dimensions": ref_bytes(0, 1, *[1] * 65),
    "an array that overflows": ref_bytes(0, 1, 2**32, 2**32),
    "an empty array that overflows": ref_bytes(0, 1, 2**32, 2**32, 0),
    "an array at the end of all memory": ref_bytes(2**63 - 1, 1, 1),
    "an Rng of 15 bytes": ext(5, bytes(15)),
    "an Rng of 17 bytes": ext(5, bytes(17)),
}
assert len(set(REFUSED.values())) == len(REFUSED)


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_a_message_that_breaks_a_rule_is_refused(data):
    with pytest.raises(WireError):
        decode(data)


def test_tuples_count_in_the_depth_and_the_envelope_can_be_taken_away():
    data = encode(nested(7, lambda v: (v,)))
    assert decode(data) == nested(7, lambda v: (v,))
    with pytest.raises(WireError, match="more than 6 deep"):
        decode(data, Caps(envelope=0))


@pytest.mark.parametrize("seed", [-1, 2**128, True, 1.0, None])
def test_a_seed_is_an_int_of_128_bits(seed):
    with pytest.raises(WireError, match="seed"):
        Rng(seed)


@pytest.mark.parametrize(
    ("offset", "dtype", "shape"),
    [
        (-1, "int8", ()),
        (0, "float128", ()),
        (0, "int8", (-1,)),
        (0, "int8", (True,)),
        (0, "int8", (2**63,)),
        (1.0, "int8", ()),
    ],
)
def test_an_array_reference_that_is_none_cannot_be_made(offset, dtype, shape):
    with pytest.raises(WireError):
        ArrayRef(offset, dtype, shape)


# --- hostile bytes ---------------------------------------------------------------------------------------------------


def survives(data: bytes) -> None:
    """Either a value that comes back the same when sent on, or WireError."""
    try:
        value = decode(data)
    except WireError:
        return
    assert same(decode(encode(value)), value)


@settings(max_examples=1000)
@given(st.binary(max_size=400))
def test_random_bytes_are_a_value_or_refused(data):
    survives(data)


@st.composite
def mutated(draw) -> bytes:
    """A good message with a few bits flipped, bytes cut, repeated or spliced in from another, or a length made a lie."""
    data = bytearray(encode(draw(values)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        how = draw(st.sampled_from(["flip", "cut", "drop", "repeat", "splice", "lie"]))
        if how == "flip" and at < len(data):
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif how == "cut":
            del data[at:]
        elif how == "drop":
            del data[at : at + draw(st.integers(1, 8))]
        elif how == "repeat":
            data[at:at] = data[at : at + 30]
        elif how == "splice":
            data[at:at] = encode(draw(values))
        elif how == "lie":
            data[at : at + 5] = draw(st.sampled_from(b"\xdd\xdf\xc6\xdb\xc9")).to_bytes(1, "big") + draw(
                st.binary(min_size=4, max_size=4)
            )
    return bytes(data)


@settings(max_examples=1000)
@given(mutated())
def test_a_damaged_message_is_a_value_or_refused(data):
    survives(data)


BOMBS = {
    "lists in lists, each claiming all": b"\xdd\x00\x01\x00\x00" * 1000 + bytes(65536),
    "lists in lists, truncated": b"\xdc\xff\xff" * 20_000,
    "dicts in dicts, each claiming all": b"\xdf\x00\x01\x00\x00\xa1a" * 1000 + bytes(65536),
    "empty dicts": b"\xdd" + struct.pack(">I", 10**5) + b"\x80" * 10**5,
    "empty lists": b"\xdd" + struct.pack(">I", 10**5) + b"\x90" * 10**5,
    "the same key for ever": b"\xdf" + struct.pack(">I", 10**5) + b"\xa0\xc0" * 10**5,
    "tuples in tuples": b"",
}
for _ in range(9_000):  # each level once more in an extension
    BOMBS["tuples in tuples"] = (
        b"\xc9" + struct.pack(">Ib", len(BOMBS["tuples in tuples"]), 1) + BOMBS["tuples in tuples"]
    )


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_memory_stays_a_small_multiple_of_the_message(data):
    tracemalloc.start()
    try:
        with contextlib.suppress(WireError):
            decode(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * len(data)


def test_too_many_items_are_refused_before_they_are_all_made():
    data = b"\xdd" + struct.pack(">I", 10_000) + b"\x90" * 10_000
    data = b"\xdc\x00\x64" + data * 100  # a hundred lists of ten thousand empty lists
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="more items"):
            decode(data, Caps(items=20_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * len(data)  # a million empty lists would be 66


def test_the_wire_never_imports_pickle():
    folder = Path(wire.__file__).parent
    modules = [ast.parse(path.read_text()) for path in folder.glob("*.py")]
    tree = ast.Module([node for module in modules for node in module.body], [])
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= {
        *(
            "__future__",
            "harness",
            "collections",
            "contextlib",
            "pathlib",
            "queue",
            "dataclasses",
            "fcntl",
            "math",
            "mmap",
            "os",
            "select",
            "socket",
            "struct",
        ),
        *("time", "types", "typing", "msgpack", "numpy"),
    }
    assert not any(isinstance(n, ast.Attribute) and n.attr in {"load", "loads", "dumps"} for n in ast.walk(tree))


# --- arrays ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def arena():
    with Arena.create(2**16, "test") as arena:
        yield arena


@pytest.mark.parametrize("dtype", [name for name in wire.DTYPES if name != "bfloat16"])
def test_an_array_of_each_dtype_comes_back_bit_by_bit(arena, dtype):
    array = np.arange(12).reshape(3, 4).astype(dtype)
    sent, end = place_all(array, arena, 100)
    assert (sent, end) == (ArrayRef(128, dtype, (3, 4)), 128 + array.nbytes)
    back = fetch_all(sent, arena)
    assert back.dtype == array.dtype
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0)[::-3],
        np.arange(3, dtype=">f8"),
        np.broadcast_to(np.float32(2), (5, 2)),
        np.zeros((0, 3)),
        np.array(7, np.int8),
    ],
)
def test_strides_and_byte_order_are_made_plain(arena, array):
    back = fetch_all(place_all(array, arena, 0)[0], arena)
    assert back.flags.c_contiguous
    assert back.dtype.isnative
    np.testing.assert_array_equal(back, array, strict=array.dtype.isnative)


def test_a_nested_value_is_placed_and_fetched(arena):
    value = {"w": [np.float32(2.5), np.ones(3)], "rest": ("text", Rng(5), np.True_, 3)}
    sent, end = place_all(value, arena, 0)
    refs = [ArrayRef(0, "float32", ()), ArrayRef(64, "float64", (3,))]
    assert (sent, end) == ({"w": refs, "rest": ("text", Rng(5), ArrayRef(128, "bool", ()), 3)}, 129)
    back = fetch_all(decode(encode(sent)), arena)
    assert back["w"][0].dtype == np.float32
    assert back["w"][0].shape == ()
    assert back["w"][0] == 2.5
    assert back["w"][1].tolist() == [1, 1, 1]
    assert back["rest"][:2] == ("text", Rng(5))
    assert back["rest"][3] == 3


def test_bfloat16_crosses_as_its_bits(arena):
    bits = np.array([[0x3F80, 0x7FC0]], np.uint16)
    sent, _ = place_all([Bfloat16(bits)], arena, 0)
    assert sent == [ArrayRef(0, "bfloat16", (1, 2))]
    (back,) = fetch_all(sent, arena)
    assert isinstance(back, Bfloat16)
    assert back.bits.tolist() == bits.tolist()
    with pytest.raises(WireError, match="uint16, not float32"):
        place_all(Bfloat16(np.zeros(2, np.float32)), arena, 0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([np.array([None])], r"at \[0\]: an array of objects \(dtype object\) cannot cross"),
        ({"w": np.array(["a"])}, r"at \['w'\]: an array of text"),
        (np.array([b"a"]), "an array of bytes"),
        (np.zeros(2, "i4,f4"), "an array of records"),
        (np.zeros(2, "M8[s]"), "an array of dates"),
        (np.datetime64("2026-01-01"), "an array of dates"),
        (np.zeros(2, np.longdouble), r"an array \(dtype float128\)"),
        (np.ma.zeros(2), "subclass of numpy.ndarray"),
        (np.zeros((2, 2)).view(np.matrix), "subclass of numpy.ndarray"),
        ([{"w": lambda: 0}], r"at \[0\]\['w'\]: a function cannot cross"),
        (object(), "a value of type object cannot cross"),
        (np.zeros(2**16), "outside the arena"),
        (nested(7), "at most 6 deep"),
        (["\udfff"], r"at \[0\]: text with half a character"),
    ],
)
def test_what_cannot_be_placed_is_refused_in_words(arena, value, words):
    with pytest.raises(WireError, match=words):
        place_all(value, arena, 0)


def test_numpy_text_counts_as_text(arena):
    assert same(place_all([np.str_("a"), np.bytes_(b"b")], arena, 0), (["a", b"b"], 0))


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        (ArrayRef(2**16 - 64, "int8", (65,)), "outside the arena"),
        (ArrayRef(2**16 + 64, "int8", (0,)), "outside the arena"),
        (ArrayRef(2**62, "int8", (1,)), "outside the arena"),
        (ArrayRef(8, "int8", (1,)), "no multiple of 64"),
    ],
)
def test_no_view_leaves_the_arena(arena, ref, words):
    with pytest.raises(WireError, match=words):
        arena.view(ref)


def test_an_empty_array_may_lie_at_the_very_end(arena):
    assert arena.view(ArrayRef(2**16, "float64", (3, 0))).shape == (3, 0)


def test_one_array_named_many_times_is_not_copied_many_times(arena):
    whole = ArrayRef(0, "uint8", (2**16,))
    assert fetch_all([whole], arena)[0].nbytes == 2**16
    with pytest.raises(WireError, match=r"at \[1\]: the arrays together claim more"):
        fetch_all([whole, ArrayRef(0, "uint8", (1,))], arena)


def test_a_fetched_value_may_not_be_deeper_than_a_placed_one(arena):
    with pytest.raises(WireError, match="at most 6 deep"):
        fetch_all(nested(7), arena)


def test_a_copy_no_longer_changes_and_a_view_does(arena):
    ref = arena.place(np.arange(3), 0)
    copied, viewed = fetch_all([ref], arena)[0], fetch_all([ref], arena, copy=False)[0]
    arena.fill(ref.offset, ref.end, 0)
    assert (copied.tolist(), viewed.tolist()) == ([0, 1, 2], [0, 0, 0])


def test_a_bool_is_0_or_1_whatever_byte_was_written(arena):
    arena.fill(0, 2, 0xAB)
    assert fetch_all(ArrayRef(0, "bool", (3,)), arena).view(np.uint8).tolist() == [1, 1, 0]
    assert fetch_all(ArrayRef(0, "bool", ()), arena).view(np.uint8).tolist() == 1


def test_fill_poisons_a_range_and_nothing_else(arena):
    arena.fill(3, 5, 0xFF)
    assert arena.view(ArrayRef(0, "uint8", (8,))).tolist() == [0, 0, 0, 255, 255, 0, 0, 0]
    with pytest.raises(WireError):
        arena.fill(0, 2**16 + 1, 0)


def test_both_sides_map_the_same_memory(arena):
    with Arena.attach(os.dup(arena.fd), arena.size, writable=True) as other:
        ref = other.place(np.arange(3), 0)
        assert arena.view(ref).tolist() == [0, 1, 2]


def test_an_arena_can_neither_shrink_nor_grow(arena):
    for size in (0, 2**17):
        with pytest.raises(PermissionError):
            os.ftruncate(arena.fd, size)


def test_an_arena_smaller_than_announced_is_refused(arena):
    with pytest.raises(WireError, match="smaller"):
        Arena.attach(arena.fd, arena.size + 1, writable=True)


def test_a_sealed_arena_is_written_by_its_maker_alone():
    with Arena.create(4096, "sealed", seal_writes=True) as ours:
        ref = ours.place(np.arange(3), 0)
        with pytest.raises(PermissionError):
            Arena.attach(ours.fd, 4096, writable=True)
        again = os.open(f"/proc/self/fd/{ours.fd}", os.O_RDWR)
        with pytest.raises(PermissionError):
            mmap.mmap(again, 4096)
        with pytest.raises(PermissionError):
            os.write(again, b"x")
        with Arena.attach(again, 4096, writable=False) as theirs:
            view = theirs.view(ref)
            ours.place(np.arange(3) + 7, 0)
            assert view.tolist() == [7, 8, 9]
            with pytest.raises(ValueError, match="read-only"):
                view[0] = 1
            with pytest.raises(ValueError, match="WRITEABLE"):
                view.flags.writeable = True


def test_a_view_outlives_the_arena_and_a_closed_arena_gives_none():
    arena = Arena.create(4096, "short")
    view = arena.view(arena.place(np.arange(3), 0))
    arena.close()
    arena.close()
    assert view.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="closed"):
        arena.view(ArrayRef(0, "int8", ()))


array_values = st.one_of(
    st.integers(),
    text,
    st.sampled_from([np.arange(6.0).reshape(2, 3), np.float16(2), np.zeros((0, 2), "c8"), np.array([True, False])]),
)


@given(
    st.lists(
        st.one_of(array_values, st.dictionaries(text, st.tuples(array_values, array_values), max_size=3)),
        max_size=5,
    )
)
def test_any_value_with_arrays_comes_back(value):
    with Arena.create(2**16, "round") as arena:
        back = fetch_all(decode(encode(place_all(value, arena, 0)[0])), arena)
    assert repr(back) == repr(plain_scalars(copy.deepcopy(value)))


def plain_scalars(value):
    """NumPy scalars as arrays of shape (), which is how they come back."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain_scalars, value))
    if isinstance(value, dict):
        return {k: plain_scalars(v) for k, v in value.items()}
    return np.asarray(value) if isinstance(value, np.generic) else value


# --- frames ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, theirs:
        yield ours, theirs


def soon() -> float:
    return time.monotonic() + 20


def open_fds() -> set[str]:
    """Descriptors of this process, without the one that lists them."""
    return {fd for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")}


def test_frames_arrive_one_by_one(pair):
    for body in (b"first", b"", b"third"):
        wire.send(pair[0], body)
    assert [wire.receive(pair[1], soon()) for _ in range(3)] == [(b"first", ()), (b"", ()), (b"third", ())]


def test_a_frame_larger_than_any_buffer_arrives_whole(pair):
    body = os.urandom(5 * 2**20)
    sender = threading.Thread(target=wire.send, args=(pair[0], body, (), soon()))
    sender.start()
    got = wire.receive(pair[1], soon())
    sender.join()
    assert got == (body, ())


def test_a_frame_that_comes_byte_by_byte_arrives(pair):
    def dribble():
        for byte in struct.pack("<I", 300) + bytes(300):
            pair[0].send(bytes([byte]))

    sender = threading.Thread(target=dribble)
    sender.start()
    got = wire.receive(pair[1], soon())
    sender.join()
    assert got == (bytes(300), ())


def test_descriptors_arrive_close_on_exec(pair):
    with Arena.create(4096, "passed") as arena:
        ref = arena.place(np.arange(3), 0)
        wire.send(pair[0], b"attach", [arena.fd, arena.fd, arena.fd, arena.fd])
        body, fds = wire.receive(pair[1], soon())
        assert (body, len(fds)) == (b"attach", 4)
        assert not any(os.get_inheritable(fd) for fd in fds)
        for fd in fds[1:]:
            os.close(fd)
        with Arena.attach(fds[0], 4096, writable=False) as other:
            assert other.view(ref).tolist() == [0, 1, 2]


def test_more_descriptors_than_welcome_are_refused_and_closed(pair):
    before = open_fds()
    for count, most in ((5, 4), (100, 4), (1, 0), (2, 1)):
        socket.send_fds(pair[0], [struct.pack("<I", 1) + b"x"], [pair[0].fileno()] * count)
        with pytest.raises(WireError, match=f"more than {most} descriptors"):
            wire.receive(pair[1], soon(), most_fds=most)
        pair[1].recv(1, socket.MSG_DONTWAIT)  # the body
        assert open_fds() == before
    with pytest.raises(WireError, match="5 descriptors"):
        wire.send(pair[0], b"x", [0] * 5)


def test_descriptors_beside_the_body_or_byte_by_byte_do_not_add_up(pair):
    before = open_fds()
    pair[0].send(struct.pack("<I", 2) + b"x")
    socket.send_fds(pair[0], [b"y"], [pair[0].fileno()])
    assert wire.receive(pair[1], soon()) == (b"xy", ())
    for byte in struct.pack("<I", 1):
        socket.send_fds(pair[0], [bytes([byte])], [pair[0].fileno()] * 2)
    with pytest.raises(WireError, match="more than 4 descriptors"):
        wire.receive(pair[1], soon())
    assert open_fds() == before


def test_a_length_over_the_cap_is_refused_before_anything_is_made(pair):
    before = open_fds()
    socket.send_fds(pair[0], [struct.pack("<I", 2**32 - 1)], [pair[0].fileno()])
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="4294967295 bytes was announced"):
            wire.receive(pair[1], soon())
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    assert open_fds() == before


@pytest.mark.parametrize(
    ("sent", "words"), [(b"", "channel$"), (b"\x01", "within a frame"), (b"\x05\0\0\0ab", "3 bytes before")]
)
def test_a_peer_that_closes_is_the_end(pair, sent, words):
    pair[0].send(sent)
    pair[0].close()
    with pytest.raises(EOFError, match=words):
        wire.receive(pair[1], soon())


def test_a_peer_that_dies_with_unread_messages_is_the_end_too(pair):
    wire.send(pair[1], b"never read")
    pair[0].close()
    with pytest.raises(EOFError):
        wire.receive(pair[1], soon())


@pytest.mark.parametrize("sent", [b"", b"\x05", b"\x05\0\0\0ab"])
def test_silence_ends_at_the_deadline(pair, sent):
    pair[0].send(sent)
    with pytest.raises(TimeoutError):
        wire.receive(pair[1], time.monotonic() + 0.02)


def test_a_deadline_that_has_passed_is_no_time_even_for_what_is_there(pair):
    wire.send(pair[0], b"late")
    with pytest.raises(TimeoutError):
        wire.receive(pair[1], time.monotonic())


def test_a_peer_that_dribbles_does_not_outlast_the_deadline(pair):
    stop = threading.Event()
    pair[0].send(struct.pack("<I", 2**24))

    def dribble():
        while not stop.is_set():
            pair[0].send(b"x")

    sender = threading.Thread(target=dribble)
    sender.start()
    try:
        with pytest.raises(TimeoutError):
            wire.receive(pair[1], time.monotonic() + 0.1)
    finally:
        stop.set()
        while sender.is_alive():  # it may be waiting for room
            try:
                pair[1].recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                sender.join(0.001)


def test_a_peer_that_does_not_read_does_not_hold_the_sender_for_ever(pair):
    with pytest.raises(TimeoutError):
        wire.send(pair[0], bytes(2**22), deadline=time.monotonic() + 0.05)


def test_sending_to_nobody_is_a_broken_pipe(pair):
    pair[1].close()
    with pytest.raises(BrokenPipeError):
        wire.send(pair[0], b"x")


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_random_bytes_on_the_channel_are_frames_or_an_end(data):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        bodies: list[bytes] = []
        with pytest.raises((EOFError, WireError)):
            read_to_the_end(ours, bodies)
        assert data.startswith(b"".join(struct.pack("<I", len(body)) + body for body in bodies))


def read_to_the_end(sock: socket.socket, bodies: list[bytes]) -> None:
    while True:
        bodies.append(wire.receive(sock, soon())[0])
