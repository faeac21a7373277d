"""The fixture `answer`: pytest itself, on the worked examples that an exercise ships, in a learner's workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SOFTMAX = next((CHECKOUT / "curriculum").glob("*/softmax"))
REFERENCE = (SOFTMAX / "solutions" / "reference.py").read_text("utf-8")
TEMPLATE = (SOFTMAX / "exercise.py").read_text("utf-8")
EXAMPLES = SOFTMAX / "test_implementation.py"
OWN = "impls/softmax/softmax.py"
COUNT = EXAMPLES.read_text("utf-8").count("\ndef test_")


def examples(place: Any, *arguments: str, file: Path = EXAMPLES) -> Any:
    """pytest in the workspace, as a learner starts it."""
    return place.run(str(file), "-q", "-rs", "-p", "no:cacheprovider", *arguments, module="pytest")


def last(ended: Any) -> str:
    """pytest's last line without the seconds: '2 failed, 5 passed'."""
    words: str = ended.stdout.strip().splitlines()[-1]
    return words.partition(" in ")[0]


def test_the_worked_examples_pass_for_the_reference(place: Any) -> None:
    place.write(OWN, REFERENCE)
    ended = examples(place)
    assert (ended.code, last(ended)) == (0, f"{COUNT} passed"), ended.stdout


def test_a_wrong_answer_fails_the_examples_that_show_it(place: Any) -> None:
    assert REFERENCE.count("return y * (dy - mean)") == 1
    place.write(OWN, REFERENCE.replace("return y * (dy - mean)", "return y * dy"))
    ended = examples(place)
    assert (ended.code, last(ended)) == (1, f"1 failed, {COUNT - 1} passed"), ended.stdout
    assert "test_the_gradient_is_what_stands_above_the_mean" in ended.stdout
    assert "this worked example does not come out" not in ended.stdout
    assert "array([1., 0.])" in ended.stdout  # 4 * 1/4 and 0 * 3/4, where 0.75 and -0.75 are right


def test_an_answer_that_raises_is_told_in_its_own_words(place: Any) -> None:
    place.write(OWN, REFERENCE + "\n\ndef logsumexp(x, axis=-1):\n    raise OverflowError('too much for me')\n")
    ended = examples(place)
    assert (ended.code, last(ended)) == (1, f"1 failed, {COUNT - 1} passed"), ended.stdout
    assert "it raised OverflowError: too much for me" in ended.stdout


def test_an_answer_that_does_not_load_is_told_once_for_each_example(place: Any) -> None:
    place.write(OWN, "import nowhere\n")
    ended = examples(place)
    assert (ended.code, last(ended)) == (1, f"{COUNT} errors"), ended.stdout
    assert "the answer does not load: " in ended.stdout
    assert "nowhere" in ended.stdout


def test_without_an_answer_the_examples_are_skipped_with_the_line_that_makes_one(place: Any) -> None:
    ended = examples(place)
    assert (ended.code, last(ended)) == (0, f"{COUNT} skipped"), ended.stdout
    assert "there is no answer yet: tracker start softmax" in ended.stdout
    assert not (place.root / "impls").exists()


def test_an_unwritten_part_fails_its_own_examples_alone(place: Any) -> None:
    place.write(OWN, TEMPLATE[: TEMPLATE.index("def softmax(")] + REFERENCE + "\n\n" + TEMPLATE[TEMPLATE.index("def softmax_backward") :])  # fmt: skip
    ended = examples(place)
    assert ended.code == 1
    assert last(ended) == f"1 failed, {COUNT - 1} passed", ended.stdout


def test_examples_run_the_answer_confined(place: Any) -> None:
    """It may neither write beside itself nor read the exercise that judges it."""
    greedy = f"try:\n    open({str(SOFTMAX / 'spec.py')!r}).read()\nexcept OSError:\n    pass\nelse:\n    raise SystemExit('it could read the spec')\n"
    place.write(OWN, greedy + REFERENCE)
    ended = examples(place)
    assert (ended.code, last(ended)) == (0, f"{COUNT} passed"), ended.stdout


def test_an_exercise_of_the_workspace_works_likewise(place: Any) -> None:
    folder = "curriculum/own/double"
    place.write(f"{folder}/spec.py", "from harness.spec import Exercise, case\n\n\ndef double(x):\n    return 2 * x\n\n\n"
                "EXERCISE = Exercise(version=1, inputs=lambda rng: {'x': rng.random(3)}, oracle=double, cases=(case('any'),))\n")  # fmt: skip
    place.write(f"{folder}/solutions/reference.py", "def double(x):\n    return x + x\n")
    file = place.write(f"{folder}/test_implementation.py", "import numpy as np\n\n\ndef test_two(answer):\n    assert answer(x=np.ones(1))[0] == 2\n\n\n"
                       "def test_in_its_own_type(answer):\n    assert answer(x=np.ones(1, 'float32')).dtype == 'float32'\n")  # fmt: skip
    for text, code, words in (("2 * x", 0, "2 passed"), ("3 * x", 1, "1 failed, 1 passed"), ("2 * x.astype(float)", 1, "1 failed, 1 passed")):  # fmt: skip
        place.write("impls/double/double.py", f"def double(x):\n    return {text}\n")
        ended = examples(place, file=file)
        assert (ended.code, last(ended)) == (code, words), ended.stdout


@pytest.mark.parametrize("name", ["answer", "scratchmark_judge"])
def test_the_plugin_costs_a_run_that_asks_for_no_answer_nothing(name: str, place: Any) -> None:
    """Its fixtures are there in every pytest of this Python, but import the harness only when one is asked for."""
    test = "import sys\n\n\ndef test_it():\n    assert not {'harness.session', 'harness.judge', 'numpy'} & set(sys.modules)\n"
    file = place.write("test_other.py", test)
    assert examples(place, file=file).code == 0
    assert name in place.run("--fixtures", "-q", "-p", "no:cacheprovider", "test_other.py", module="pytest").stdout
