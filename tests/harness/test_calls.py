"""From a seed to inputs: the same again from the same seed, independent of what else is drawn; and where outputs go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import calls, wire
from harness.spec import FLOAT, Array, AtMost, Hidden, Like, Part, Plain, case, holds


def inputs(rng: np.random.Generator, n: int = 3) -> dict[str, Any]:
    drawn = {
        "x": rng.standard_normal(n),
        "labels": rng.integers(9, size=n),
        "k": n,
        "secret": Hidden(rng.standard_normal(2)),
    }
    return drawn | {"pair": (rng.standard_normal(1), rng.standard_normal(1) + 1j), "mask": rng.random(n) < 0.5}


def stays(answer: Any, x: Any, check: Any) -> None:
    """It stays."""


PART = Part("f", inputs, (case("short"), case("long", n=50)), oracle=lambda **_: 0.0, properties=(holds(stays, n=4),))
seeds = st.integers(0, 2**128 - 1)
RECORDED = [2924169368, 2305180418, 524900829]


def draw(seed: int, name: str = "short", dtype: str | None = "float64", **changed: Any) -> calls.Call:
    return calls.draw(PART, next(c for c in PART.checks if c.name == name), dtype, seed, **changed)


# --- drawing -------------------------------------------------------------------------------------------------------


@given(seeds)
def test_the_same_seed_draws_the_same_bytes(seed: int) -> None:
    assert calls.inputs_sha256(draw(seed).inputs) == calls.inputs_sha256(draw(seed).inputs)


@given(seeds)
def test_seeds_cases_and_types_have_streams_of_their_own(seed: int) -> None:
    drawn = [draw(seed), draw(seed ^ 1), draw(seed ^ 2**127), draw(seed, "stays", n=3), draw(seed, dtype="float32")]
    first = [float(call.inputs["x"][0]) for call in drawn]
    assert len(set(first)) == len(first)


def test_the_stream_is_the_same_everywhere_and_forever() -> None:
    """Reports are graded again on their seed, years later: these three numbers may never change."""
    found = calls.stream(0xC0FFEE, "softmax/matrix/float64").integers(2**32, size=3).tolist()
    assert found == RECORDED


def test_another_case_changes_no_other() -> None:
    more = Part("f", inputs, (case("new"), *PART.cases), oracle=PART.oracle)
    assert calls.inputs_sha256(calls.draw(more, more.cases[1], "float64", 7).inputs) == calls.inputs_sha256(
        draw(7).inputs
    )


def test_parameters_can_be_replaced_to_shrink() -> None:
    assert draw(7, "long", n=2).inputs["x"].shape == (2,)


def test_fresh_seeds_have_128_bits_and_differ() -> None:
    drawn = {calls.fresh_seed() for _ in range(100)}
    assert len(drawn) == 100
    assert max(drawn).bit_length() > 118


def test_a_named_seed_is_the_same_everywhere() -> None:
    assert calls.named_seed("softmax") == 0x9A5FD614FF183BBA6984EEC7FC8F987D
    assert calls.named_seed("softmax") != calls.named_seed("softmax/")


def test_which_mark_a_call_can_cost() -> None:
    backward = Part("g", inputs, (case("short"), case("edge", mark="robust")), oracle=PART.oracle, gradient_of="f")
    assert [calls.draw(backward, c, None, 1).mark for c in backward.cases] == ["gradient", "robust"]
    assert [(draw(1).mark, draw(1).kind), (draw(1, "stays").mark, draw(1, "stays").kind)] == [
        ("correct", "case"),
        ("robust", "property"),
    ]


# --- types ---------------------------------------------------------------------------------------------------------


def kinds(values: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in values.items():
        items = value.value if isinstance(value, Hidden) else value
        found[name] = " ".join(
            str(getattr(v, "dtype", type(v).__name__)) for v in (items if isinstance(items, tuple) else (items,))
        )
    return found


def test_floats_are_cast_to_the_type_under_test_and_nothing_else() -> None:
    wide = {
        "x": "float64",
        "labels": "int64",
        "k": "int",
        "secret": "float64",
        "pair": "float64 complex128",
        "mask": "bool",
    }
    narrow = {
        "x": "float32",
        "labels": "int64",
        "k": "int",
        "secret": "float32",
        "pair": "float32 complex64",
        "mask": "bool",
    }
    assert (kinds(draw(1).inputs), kinds(draw(1, dtype="float32").inputs)) == (wide, narrow)
    assert kinds(draw(1, dtype=None).inputs) == wide


def test_the_oracle_gets_the_same_rounded_numbers_in_float64() -> None:
    call = draw(1, dtype="float32")
    known = calls.for_oracle(call.inputs, hidden=True)
    assert kinds(known) == kinds(draw(1).inputs)
    np.testing.assert_array_equal(known["x"], call.inputs["x"])
    assert "secret" not in calls.for_oracle(call.inputs)


def test_what_is_hidden_never_crosses_and_does_not_count_in_the_hash() -> None:
    call = draw(1)
    assert "secret" not in calls.crossing(call.inputs)
    other = {**call.inputs, "secret": Hidden(0)}
    assert calls.inputs_sha256(other) == calls.inputs_sha256(call.inputs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"x": np.zeros(3)}, {"x": np.zeros(3, np.float32)}),
        ({"x": np.zeros(4)}, {"x": np.zeros((2, 2))}),
        ({"x": np.zeros(3)}, {"y": np.zeros(3)}),
        ({"x": np.array([0.0])}, {"x": np.array([-0.0])}),
        ({"x": 1}, {"x": True}),
        ({"x": "a"}, {"x": b"a"}),
    ],
)
def test_the_hash_tells_types_shapes_names_and_bits_apart(one: Any, other: Any) -> None:
    assert calls.inputs_sha256(one) != calls.inputs_sha256(other)


# --- where outputs go ----------------------------------------------------------------------------------------------


def slots(asked: Any = None, oracle: Any = None, dtype: str | None = "float32") -> Any:
    part = Part("f", inputs, PART.cases, oracle=PART.oracle, outputs=asked)
    return calls.template(part, {"x": np.zeros((2, 3), np.float32)}, oracle, dtype, 10)


def test_outputs_are_as_the_oracles_in_the_type_under_test() -> None:
    found, end = slots(oracle=(np.zeros((2, 3)), np.zeros(5, np.int64)))
    assert found == (wire.ArrayRef(64, "float32", (2, 3)), wire.ArrayRef(128, "int64", (5,)))
    assert end == 168
    assert slots(oracle=np.zeros(2), dtype="float64")[0] == wire.ArrayRef(64, "float64", (2,))
    assert slots(oracle=[1, 2])[0] == {"kind": "plain"}
    assert slots(oracle="text")[0] == {"kind": "plain"}


def test_outputs_may_be_asked_for_otherwise() -> None:
    assert slots(Like("x"))[0] == wire.ArrayRef(64, "float32", (2, 3))
    assert slots(Array("int32", (4,)))[0] == wire.ArrayRef(64, "int32", (4,))
    assert slots(Array(FLOAT, (4,)))[0] == wire.ArrayRef(64, "float32", (4,))
    assert slots(AtMost(80))[0] == {"kind": "flat", "dtype": "int64", "offset": 64, "bytes": 80}
    assert slots((Plain(), Like("x")))[0] == ({"kind": "plain"}, wire.ArrayRef(64, "float32", (2, 3)))
    assert slots(lambda x: Array("int8", x.shape))[0] == wire.ArrayRef(64, "int8", (2, 3))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_no_two_slots_overlap(sizes: list[int]) -> None:
    found, end = slots(tuple(Array("float64", (n,)) for n in sizes))
    ends = [ref.end for ref in found]
    assert all(ref.offset >= before for ref, before in zip(found, [10, *ends], strict=False))
    assert (end, {ref.offset % 64 for ref in found}) == (ends[-1], {0})
