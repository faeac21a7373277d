"""Triton's kernels without a GPU: their values through Triton's interpreter, confined like any answer."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import calls, oracle, spec
from harness.catalog import Shipped
from harness.check import compare

pytest.importorskip("torch")
pytest.importorskip("triton")

CURRICULUM = Path(__file__).parents[2] / "curriculum"
# A few of each, as a call takes up to a second there; `harness run X --backend triton --demo --quick` grades all of them.
CASES = [
    ("softmax", "softmax", "three axes", "float64"),
    ("softmax", "softmax", "middle axis", "float32"),
    ("softmax", "softmax", "long rows", "float32"),
    ("softmax", "softmax", "a row of -inf", "float32"),
    ("softmax", "softmax", "no rows", "float32"),
    ("softmax", "log_softmax", "scores near -10,000", "float32"),
    ("softmax", "logsumexp", "down the columns", "float64"),
    ("softmax", "logsumexp", "a row of -inf", "float64"),
    ("softmax", "softmax_backward", "long rows", "float32"),
    ("layer_norm", "layer_norm", "half precision", "float16"),
    ("layer_norm", "layer_norm", "many columns", "float64"),
    ("layer_norm", "layer_norm", "one column", "float32"),
    ("layer_norm", "layer_norm_backward", "batch of sequences", "float64"),
    ("layer_norm", "layer_norm_backward", "no rows", "float32"),
    ("layer_norm", "rms_norm", "variance below eps", "float32"),
    ("layer_norm", "rms_norm_backward", "four rows", "float64"),
    ("matmul", "matmul", "more than a block", "float32"),
    ("matmul", "matmul", "wide times tall", "float64"),
    ("matmul", "matmul", "every second column", "float32"),
    ("matmul", "matmul", "nothing to sum", "float32"),
    ("matmul", "matmul", "zero times infinity", "float32"),
    ("attention", "attention", "long", "float32"),
    ("attention", "attention", "a query without keys", "float32"),
    ("attention", "attention", "padding of each sentence", "float64"),
    ("attention", "attention", "hidden keys overflow", "float32"),
    ("attention", "attention", "scores of tens of thousands", "float32"),
    ("attention", "attention", "no queries", "float32"),
    ("attention", "attention_backward", "one mask for all", "float32"),
    ("attention", "attention_backward", "one matrix", "float64"),
    ("attention", "attention_backward", "a mask of one row", "float32"),
    ("attention", "attention_backward", "no queries", "float32"),
]


@pytest.fixture(scope="module")
def interpreter(confinement: None) -> Iterator[SimpleNamespace]:
    """One session for all, and in it a worker for each exercise's kernels and one for its torch solution."""
    from harness.session import session

    with session("triton", "cpu") as opened:
        workers = {}

        def workers_of(exercise: str) -> tuple:
            if exercise not in workers:
                shipped = Shipped(exercise, next(CURRICULUM.glob(f"*/{exercise}")))
                paths = [shipped.reference_for(backend) for backend in ("triton", "torch")]
                workers[exercise] = shipped, *(opened.open_shipped(shipped, path) for path in paths)
            return workers[exercise]

        yield SimpleNamespace(of=workers_of)


def check_named(part: spec.Part, name: str) -> spec.Case:
    return next(case for case in part.cases if case.name == name)


@pytest.mark.parametrize(("exercise", "name", "case", "dtype"), CASES)
def test_a_kernel_gives_what_the_oracle_gives(exercise, name, case, dtype, interpreter):
    shipped, kernels, sound = interpreter.of(exercise)
    part = shipped.exercise.part(name)
    call = calls.draw(part, check_named(part, case), dtype, seed=20261127)
    expected = oracle.right_answer(part, call.inputs)
    got, theirs = (worker.call(part, call.inputs, expected, dtype) for worker in (kernels, sound))
    assert (got.status, got.words, got.changed) == ("done", "", ())
    finding = compare(got.value, expected, theirs.value, dtype, part.tolerance)
    assert finding is None, finding.sentence


def test_the_kernels_of_every_exercise_for_triton_are_among_these(interpreter):
    shipped = [Shipped(folder.parent.name, folder.parent) for folder in CURRICULUM.glob("*/*/spec.py")]
    for_triton = {one.id for one in shipped if '"triton"' in (one.folder / "spec.py").read_text("utf-8")}
    assert for_triton == {exercise for exercise, *_ in CASES}
