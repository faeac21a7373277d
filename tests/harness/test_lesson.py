"""A failure as a lesson: small inputs, the mistake by its name, and a line that shows the failure again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as shapes

from harness import answer, calls, judge, lesson, trials
from harness.catalog import Shipped
from harness.judge import Judge
from harness.session import Session, session
from tracker.report import Failure

SOFTMAX = next((Path(__file__).resolve().parents[2] / "curriculum").glob("*/softmax"))
REFERENCE = (SOFTMAX / "solutions" / "reference.py").read_text("utf-8")
SHIPPED = Shipped("softmax", SOFTMAX)
SEED = 0xC0FFEE


@pytest.fixture(scope="module")
def opened(confinement: None) -> Iterator[Session]:
    with session("numpy") as found:
        yield found


def explained(opened: Session, text: str, seed: int = SEED) -> Failure | None:
    reference = opened.open_shipped(SHIPPED, SHIPPED.reference)
    own, loaded = opened.open(SHIPPED, answer.from_text("softmax", text))
    assert loaded.status == "done", loaded.words
    try:
        one = Judge(SHIPPED, own, reference, seed)
        return lesson.explain(one, judge.grade(one).results, opened, seed)
    finally:
        opened.close(own)
        opened.close(reference)


def edited(find: str, replace: str) -> str:
    assert REFERENCE.count(find) == 1
    return REFERENCE.replace(find, replace)


def test_a_right_answer_has_no_lesson(opened: Session) -> None:
    assert explained(opened, REFERENCE) is None


NAMED = ["no maximum subtracted", "temperature multiplies", "sums over everything", "log of softmax", "the maximum is not added back", "backward forgets the mean", "the axis stays"]  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_a_known_mistake_is_called_by_its_name(name: str, opened: Session) -> None:
    mistake = next(m for m in SHIPPED.exercise.mistakes if m.name == name)
    found = explained(opened, trials.mistaken(SHIPPED, mistake).texts["softmax.py"])
    assert found is not None
    assert found.mistake == name


def test_an_unknown_mistake_is_not_given_a_name(opened: Session) -> None:
    found = explained(opened, edited("weights / weights.sum(axis=axis, keepdims=True)", "0.7 * weights"))
    assert found is not None
    assert found.mistake is None


def test_got_and_expected_stand_side_by_side_with_the_worst_element(opened: Session) -> None:
    found = explained(opened, edited("return y * (dy - mean)", "return y * (dy - mean) + 1"))
    assert found is not None
    assert (found.part, found.case) == ("softmax_backward", "the gradient is what stands above the mean")
    assert found.sentence.startswith(
        "With weights 1/4 and 3/4, dy = (4, 0) has the mean 1, so dx = (1/4 * 3, 3/4 * -1): this worked"
    )
    assert found.inputs == {"dy": "[4. 0.]  (float64, shape (2,))", "y": "[0.25 0.75]  (float64, shape (2,))"}
    assert (found.got, found.expected) == ("[1.75 0.25]  (float64, shape (2,))", "[ 0.75 -0.75]  (float64, shape (2,))")
    assert found.worst == "at [0]: got 1.75, expected 0.75"


def test_the_input_is_the_smallest_that_still_fails(opened: Session) -> None:
    """Wrong from five entries on: the case has four rows of seven, the lesson one row of few, in round numbers."""
    text = edited(
        "    return weights / weights", "    weights = weights + (weights.size > 4)\n    return weights / weights"
    )
    found = explained(opened, text)
    assert found is not None
    size = len(found.inputs["x"].partition("]")[0].replace("[", "").split()) * found.inputs["x"].count("]")
    assert size <= 12, found.inputs
    assert "shape" in found.got
    assert found.worst.startswith("at [")


def test_the_frames_are_the_learners_own_with_the_workspaces_path(opened: Session) -> None:
    found = explained(opened, edited("return weights / weights.sum(axis=axis, keepdims=True)", "return missing_name"))
    assert found is not None
    assert "it raised NameError: name 'missing_name' is not defined" in found.sentence
    assert [frame.partition(":")[0] for frame in found.frames] == ["impls/softmax/softmax.py"]
    assert found.frames[0].endswith("in softmax: return missing_name")


def test_the_line_to_paste_calls_the_function_on_these_very_inputs(opened: Session) -> None:
    found = explained(opened, edited("return y * (dy - mean)", "return y * dy"))
    assert found is not None
    program, flag, code = shlex.split(found.reproduce)
    assert (program, flag) == ("python", "-c")
    imports, call = code.split("; print(")
    assert imports == "import numpy as np; from impls.softmax.softmax import softmax_backward as f"
    assert call == "f(dy=np.array([4.0, 0.0], np.float64), y=np.array([0.25, 0.75], np.float64)))"


def test_a_broken_property_is_reproduced_by_its_seed(opened: Session) -> None:
    found = explained(
        opened, edited("weights = np.exp((x", "x = np.where(x > 900, x + 1e-3 * x, x)\n    weights = np.exp((x")
    )
    assert found is not None
    if found.case == "adding a constant changes nothing":
        assert (
            found.reproduce
            == f"harness run softmax --seed {SEED:032x} --case 'softmax/adding a constant changes nothing'"
        )
        assert found.sentence.startswith(
            "Adding the same number to all scores of a row changes no weight: after adding 1024"
        )


# --- values as source ----------------------------------------------------------------------------------------------

arrays = shapes.arrays(
    st.sampled_from([np.dtype(name) for name in ("float64", "float32", "int64", "bool", "complex128")]),
    shapes.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)


@given(arrays)
def test_the_source_of_an_array_makes_it_again_exactly(array: np.ndarray) -> None:
    again = np.asarray(value_of(lesson._code(array)))
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(again, array)


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), st.binary(max_size=9)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3), st.tuples(inner, inner)),
    max_leaves=6,
)  # fmt: skip


@given(plain)
def test_the_source_of_a_python_value_makes_it_again(value: Any) -> None:
    assert repr(value_of(lesson._code(value))) == repr(value)


def value_of(source: str) -> Any:
    """Our own source, made from a value above."""
    return eval(source, {"np": np, "nan": np.nan, "inf": np.inf})


def test_smaller_numbers_come_smallest_first() -> None:
    assert list(lesson._smaller(10)) == [1, 2, 3, 5, 9]
    assert list(lesson._smaller(2)) == [1]
    assert [list(lesson._smaller(value)) for value in (1, 0, -3, True, 2.5, "n", None)] == [[]] * 7


def test_rounding_keeps_type_shape_and_what_is_no_float() -> None:
    assert lesson._rounded(np.array([1.26, -0.04], np.float32), 1).tolist() == [np.float32(1.3), 0.0]
    assert lesson._rounded(np.array([1, 2]), 0).tolist() == [1, 2]
    assert not np.signbit(lesson._rounded(np.array([-0.1]), 0)).any()
    assert calls.map_leaves(lambda leaf: lesson._rounded(leaf, 0), {"k": 3, "x": [np.array(1.4)]}) == {
        "k": 3,
        "x": [np.array(1.0)],
    }
