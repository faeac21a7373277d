"""The verdict, check by check: small exercises made here, real workers, and an answer for every way to be right or wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness import answer, calls, gradient, judge, spec
from harness.catalog import Shipped, SpecBroken
from harness.grade import Grade, Result
from harness.grade import marks as marks_of
from harness.grade import verdict as verdict_of
from harness.judge import Judge
from harness.session import Session, session

SPEC = '''
import numpy as np
from harness.spec import Convention, Exercise, Part, case, holds


def inputs(rng, n=3):
    return {"x": np.abs(rng.standard_normal(n)) + 1}


def two(rng, n=3):
    return inputs(rng, n) | {"y": rng.standard_normal(n)}


def negative(rng, n=3):
    return {"x": -inputs(rng, n)["x"]}


def doubling_the_half_gives_the_whole(answer, x, check):
    """Twice the half is the whole."""
    check.close(2 * answer(**x), x["x"], "twice the half")


def asks_often(answer, x, check):
    """It asks seventeen times."""
    for _ in range(17):
        answer(**x)


def raises(answer, x, check):
    """It is broken itself."""
    answer(**x)["no such key"]


PARTS = (
    Part("half", inputs, (case("short"), case("long", n=500, mark="robust")), oracle=lambda x: x / 2,
         properties=(doubling_the_half_gives_the_whole,), conventions=(Convention("doubling", lambda x: 2 * x),)),
    Part("split", two, (case("pair"),), oracle=lambda x, y: (x + y, x - y)),
    Part("root", negative, (case("of a negative number", raises=("ValueError", "LinAlgError")),), oracle=lambda x: x, dtypes=("float64",)),
    Part("order", inputs, (case("three", dtypes=("float64",)),), verify=lambda x, out, check: check.true(sorted(x["x"]) == list(out), "it is not sorted"),
         outputs=lambda x: None, required=False, dtypes=()),
)
EXERCISE = Exercise(version=1, parts=PARTS)
'''  # fmt: skip
REFERENCE = """
def half(x):
    return x / 2


def split(x, y):
    return x + y, x - y


def root(x):
    raise ValueError("not of a negative number")


def order(x):
    return sorted(x)
"""
EXAMPLES = '''
import numpy as np


def test_half_of_two(answer):
    """Half of 2 is 1."""
    np.testing.assert_allclose(answer(x=np.array([2.0])), [1.0])


def test_split_of_three_and_one(answer):
    """3 and 1 split into 4 and 2."""
    total, difference = answer.part("split", x=np.array([3.0]), y=np.array([1.0]))
    assert (total[0], difference[0]) == (4, 2), f"got {total[0]} and {difference[0]}"
'''


@pytest.fixture(scope="module")
def opened(confinement: None) -> Iterator[Session]:
    with session("numpy") as found:
        yield found


@pytest.fixture
def small(made: Callable[..., Shipped]) -> Shipped:
    return made(
        spec=SPEC.replace("outputs=lambda x: None, ", "outputs=__import__('harness.spec').spec.Plain(), "),
        reference=REFERENCE,
        examples=EXAMPLES,
    )


def graded(
    shipped: Shipped, opened: Session, text: str = REFERENCE, only: str | None = None, seed: int | None = None
) -> Grade:
    reference = opened.open_shipped(shipped, shipped.reference)
    own, loaded = opened.open(shipped, answer.from_text(shipped.id, text))
    assert loaded.status == "done", loaded.words
    try:
        return judge.grade(Judge(shipped, own, reference, calls.fresh_seed() if seed is None else seed), only)
    finally:
        opened.close(own)
        opened.close(reference)


def failed(grade: Grade) -> set[tuple[str, str, str]]:
    return {(r.part, r.name, r.message) for r in grade.failed}


# --- passing -------------------------------------------------------------------------------------------------------


def test_a_right_answer_passes_every_check(small: Shipped, opened: Session) -> None:
    grade = graded(small, opened)
    assert (grade.verdict, grade.words, grade.missing, grade.failed) == ("passed", "all 12 checks passed", (), [])
    kinds = {(r.kind, r.part, r.name, r.dtype) for r in grade.results}
    assert {("example", "half", "half of two", None), ("example", "split", "split of three and one", None)} <= kinds
    assert {d for _, part, name, d in kinds if (part, name) == ("half", "short")} == {"float64", "float32"}
    assert marks_of(small.exercise, grade) == {
        "correct": True,
        "robust": True,
        "gradient": None,
        "efficient": None,
        "expert": None,
    }


def test_the_order_of_the_checks_is_drawn_from_the_seed(small: Shipped) -> None:
    def names(seed: int) -> list[tuple[str, str | None]]:
        return [(check.name, dtype) for _, check, dtype in judge.plan(small, seed)]

    assert names(1) == names(1)
    assert names(1) != names(2)
    assert sorted(map(str, names(1))) == sorted(map(str, names(2)))


def test_one_check_can_be_run_alone(small: Shipped, opened: Session) -> None:
    for only in ("long", "half/long"):
        assert {(r.part, r.name) for r in graded(small, opened, only=only).results} == {("half", "long")}


# --- failing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("find", "replace_by", "check"),
    [
        ("x / 2", "x / 2.001", ("half", "short", "the largest error is")),
        ("x / 2", "x / 2.001", ("half", "doubling the half gives the whole", "twice the half: the largest error is")),
        ("x / 2", "x / 2.001", ("half", "half of two", "this worked example does not come out")),
        ("x / 2", "x / 2 if len(x) < 9 else x", ("half", "long", "the largest error is")),
        ("x / 2", "2 * x", ("half", "short", "this follows another convention (doubling); right in itself, but not what is asked here")),
        ("x / 2", "(x / 2).astype('float64')", ("half", "short", "expected a numpy.ndarray float32 (3,), got numpy.ndarray float64 (3,)")),
        ("x + y, x - y", "x + y", ("split", "pair", "expected 2 values, got numpy.ndarray float64 (3,)")),
        ("x + y, x - y", "x + y, x + y", ("split", "pair", "[1]: the largest error is")),
        ("x + y, x - y", "x + y, x + y", ("split", "split of three and one", "got 4.0 and 4.0")),
        ("x + y, x - y", "x + y, None", ("split", "pair", "[1]: expected a numpy.ndarray float64 (3,), got None")),
        ('raise ValueError("not of a negative number")', "return x", ("root", "of a negative number", "expected ValueError or LinAlgError, got no exception")),
        ("raise ValueError(", "raise KeyError(", ("root", "of a negative number", "expected ValueError or LinAlgError, got KeyError: 'not of a")),
        ("x / 2", "x / 0 if 1 else {}[x]", ("half", "short", "the answer is infinite where")),
        ("x / 2", "{}['two']", ("half", "short", "it raised KeyError: 'two'")),
    ],
)  # fmt: skip
def test_a_wrong_answer_fails_the_check_that_catches_it(
    find: str, replace_by: str, check: tuple[str, str, str], small: Shipped, opened: Session
) -> None:
    assert REFERENCE.count(find) == 1
    grade = graded(small, opened, REFERENCE.replace(find, replace_by))
    part, name, words = check
    assert grade.verdict == "failed"
    assert any((p, n) == (part, name) and m.startswith(words) for p, n, m in failed(grade)), failed(grade)
    assert {p for p, _, _ in failed(grade)} == {part}
    assert marks_of(small.exercise, grade)["correct"] is (name == "long")


def test_a_subclass_of_the_exception_asked_for_is_right(small: Shipped, opened: Session) -> None:
    text = REFERENCE.replace("raise ValueError(", "raise UnicodeDecodeError('x', b'', 0, 0, ")
    assert graded(small, opened, text).verdict == "passed"


def test_a_part_that_is_not_required_costs_nothing(small: Shipped, opened: Session) -> None:
    grade = graded(small, opened, REFERENCE.replace("sorted(x)", "[0.0]"))
    assert (grade.verdict, failed(grade)) == ("passed", {("order", "three", "it is not sorted")})


def test_a_part_that_is_not_there_is_not_written_yet(small: Shipped, opened: Session) -> None:
    grade = graded(small, opened, REFERENCE.replace("def split", "def divide"))
    assert (grade.verdict, grade.words, grade.missing) == ("not written yet", "still to write: split", ("split",))
    assert marks_of(small.exercise, grade)["correct"] is False


def test_a_failing_part_decides_over_one_that_is_not_written(small: Shipped, opened: Session) -> None:
    text = REFERENCE.replace("def split", "def divide").replace("x / 2", "x")
    assert graded(small, opened, text).verdict == "failed"


def test_changed_inputs_cost_robust_and_not_correct(small: Shipped, opened: Session) -> None:
    text = REFERENCE.replace("return x / 2", "result = x / 2\n    x += 1\n    return result")
    grade = graded(small, opened, text)
    assert failed(grade) == {("half", "inputs stay untouched", "it changed its input x; work on a copy")}
    assert [marks_of(small.exercise, grade)[mark] for mark in ("correct", "robust")] == [True, False]


def test_an_answer_that_dies_halfway_keeps_the_results_before(small: Shipped, opened: Session) -> None:
    text = "import os\ncalls = 0\n" + REFERENCE.replace(
        "return x / 2", "global calls\n    calls += 1\n    return x / 2 if calls < 3 else os._exit(7)"
    )
    grade = graded(small, opened, text)
    assert (grade.verdict, grade.words) == ("crashed", "it ended itself with exit code 7 while running half")
    assert 2 <= len(grade.results) < 16
    assert set(marks_of(small.exercise, grade).values()) == {False, None}


FORGED = """
import harness.worker as worker

honest = worker._send


def send(channel, message):
    forged = {"seq": message["seq"], "status": "raised", "names": [], "message": "", "frames": []}
    honest(channel, forged if message["seq"] > 2 else message)


worker._send = send
"""


def test_a_forged_exception_without_a_name_is_no_reply(small: Shipped, opened: Session) -> None:
    grade = graded(small, opened, FORGED + REFERENCE, only="root/of a negative number")
    assert grade.verdict == "protocol broken"


# --- the spec's own faults -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("find", "replace_by", "words"),
    [
        ("properties=(doubling_the_half_gives_the_whole,)", "properties=(asks_often,)", "a property of half calls the answer more than 16 times"),
        ("properties=(doubling_the_half_gives_the_whole,)", "properties=(raises,)", "a check of half raised IndexError"),
        ("oracle=lambda x: x / 2", "oracle=lambda x: {}[0]", "the oracle of half raised KeyError: 0"),
        ("check.true(sorted(x", "check.no(sorted(x", "a check of order raised AttributeError"),
    ],
)  # fmt: skip
def test_a_fault_of_the_spec_is_not_the_answers(
    find: str, replace_by: str, words: str, made: Callable[..., Shipped], opened: Session
) -> None:
    text = SPEC.replace("outputs=lambda x: None, ", "outputs=__import__('harness.spec').spec.Plain(), ")
    assert text.count(find) == 1
    shipped = made("broken", spec=text.replace(find, replace_by), reference=REFERENCE)
    with pytest.raises(SpecBroken, match=words):
        graded(shipped, opened)


# --- sums that cancel ----------------------------------------------------------------------------------------------

CANCELS = '''
import math

import numpy as np
from harness.spec import Exercise, Part, case


def inputs(rng):
    u, v = 1 + rng.random((2, 8, 1))
    return {"x": np.hstack([u, v, -u, 1e-4 - v])}


def rows_are_on_their_own(answer, x, check):
    """The rows give one by one what they give together."""
    alone = [answer(x=x["x"][i : i + 1]) for i in range(8)]
    check.close(np.concatenate(alone), answer(**x), "the rows one by one")


PART = Part("total", inputs, (case("eight"),), oracle=lambda x: np.array([math.fsum(row) for row in x]), properties=(rows_are_on_their_own,), dtypes=("float64",))
EXERCISE = Exercise(version=1, parts=(PART,))
'''
IN_ANOTHER_ORDER = """
def total(x):
    a, b, c, d = x.T
    return a + b + c + d if len(x) > 1 else (a + c) + (b + d)
"""


def test_a_property_allows_what_a_sound_answer_leaves_between_its_sides(
    made: Callable[..., Shipped], opened: Session
) -> None:
    shipped = made("total", spec=CANCELS, reference="def total(x): return x.sum(axis=1)")
    assert failed(graded(shipped, opened, IN_ANOTHER_ORDER, seed=1)) == set()


def test_a_property_allows_no_more_than_that(made: Callable[..., Shipped], opened: Session) -> None:
    shipped = made("total", spec=CANCELS, reference="def total(x): return x.sum(axis=1)")
    wrong = IN_ANOTHER_ORDER.replace("(b + d)", "(b + d) + 2e-14")
    (found,) = graded(shipped, opened, wrong).failed
    assert (found.name, found.message[:42]) == ("rows are on their own", "the rows one by one: the largest error is ")


def test_a_property_that_neighbouring_inputs_break_says_what_it_said_before(
    made: Callable[..., Shipped], opened: Session
) -> None:
    whole = CANCELS.replace("rng.random((2, 8, 1))\n", "rng.random((2, 8, 1))\n    u[0] = 1.5\n")
    picky = whole.replace("    alone = ", "    ['no'][int(x['x'][0, 0] != 1.5)]\n    alone = ")
    shipped = made("total", spec=picky, reference="def total(x): return x.sum(axis=1)")
    (found,) = graded(shipped, opened, IN_ANOTHER_ORDER, seed=1).failed
    assert (found.name, found.message[:42]) == ("rows are on their own", "the rows one by one: the largest error is ")


def test_that_the_reference_ends_is_not_the_answers_fault(made: Callable[..., Shipped], opened: Session) -> None:
    shipped = made("total", spec=CANCELS, reference="import os\n\ndef total(x):\n    os._exit(3)\n")
    with pytest.raises(SpecBroken, match=r"the reference solution ends at total/eight/float64: .* exit code 3"):
        graded(shipped, opened, "def total(x): return x.sum(axis=1) * 1.001")


ONE_SUM = """
import math

import numpy as np
from harness.spec import Exercise, Part, case


def inputs(rng):
    return {"x": np.array([1.75, 1.5, -1.75, 1e-3 - 1.5])}  # b + (a + c) + d is exact, a + b + c + d is not


EXERCISE = Exercise(version=1, parts=(Part("total", inputs, (case("four"),), oracle=lambda x: np.array(math.fsum(x)), dtypes=("float32",)),))
"""
EXACT_HERE = """
import numpy as np

def total(x):
    a, b, c, d = x
    return np.asarray((a + c) + (b + d))
"""


@pytest.mark.parametrize(("by", "verdict"), [("3e-7", "passed"), ("1e-5", "failed")])
def test_where_the_reference_is_exact_by_luck_its_error_beside_it_counts(
    made: Callable[..., Shipped], opened: Session, by: str, verdict: str
) -> None:
    reference = "import numpy as np\n\ndef total(x):\n    return np.asarray(((x[3] + x[2]) + x[1]) + x[0])\n"
    shipped = made("total", spec=ONE_SUM, reference=reference)
    wrong = EXACT_HERE.replace("(b + d))", f"(b + d) + np.float32({by}))")
    assert graded(shipped, opened, wrong).verdict == verdict


# --- answers that are not unique, random, or in conversation -------------------------------------------------------

DRAWS = """
from harness.spec import Exercise, Plain, Rng, case, chi_square


def inputs(rng, draws=400):
    return {"rng": Rng(int(rng.integers(2**60))), "draws": draws}


def p_value(x, out):
    return chi_square([out.count(0), out.count(1)], [0.5, 0.5])


EXERCISE = Exercise(version=1, name="coin", inputs=inputs, p_value=p_value, outputs=Plain(), cases=(case("fair", draws=400),), dtypes=())
"""


@pytest.mark.parametrize(("answer_text", "verdict"), [
    ("return [int(i) for i in rng.integers(2, size=draws)]", "passed"),
    ("return [int(i) for i in rng.random(draws) < 0.7]", "failed"),
    ("return [0] * draws", "failed"),
    ("return [0, 1] * (draws // 2 - 1) + [2, 2]", "passed"),  # this test looks at zeros and ones alone
])  # fmt: skip
def test_a_random_answer_is_judged_by_its_distribution(
    answer_text: str, verdict: str, made: Callable[..., Shipped], opened: Session
) -> None:
    text = f"def coin(rng, draws):\n    {answer_text}\n"
    shipped = made("coin", spec=DRAWS, reference=text)
    grade = graded(shipped, opened, text)
    assert grade.verdict == verdict
    if verdict == "failed":
        assert "a right answer would draw so strangely with chance" in grade.failed[0].message
        assert "(1,600 draws)" in grade.failed[0].message


def test_a_strange_first_draw_alone_fails_nobody(made: Callable[..., Shipped], opened: Session) -> None:
    """One right answer in ten thousand looks strange once; on fresh draws it does not again."""
    text = "def coin(rng, draws):\n    return [0] * draws if draws == 400 else [int(i) for i in rng.integers(2, size=draws)]\n"
    assert graded(made("coin", spec=DRAWS, reference=text), opened, text).verdict == "passed"


TALKS = """
from harness.spec import Exercise, Plain, case


def inputs(rng, n=3):
    return {"start": n}


def exchange(x, outputs):
    return {"more": 10 * len(outputs)} if len(outputs) < 3 else None


def verify(x, outputs, check):
    check.equal(outputs, [x["start"], x["start"] + 10, x["start"] + 30], "the totals")


EXERCISE = Exercise(version=1, name="counter", inputs=inputs, verify=verify, exchange=exchange, outputs=Plain(), cases=(case("three"),), dtypes=())
"""
DRIVE = """
def counter(answer, start):
    machine = answer.Counter(start)
    later = yield machine.total
    while True:
        later = yield machine.add(later["more"])
"""
COUNTER = "class Counter:\n    def __init__(self, total):\n        self.total = total\n\n    def add(self, more):\n        self.total += more\n        return self.total\n"


@pytest.mark.parametrize(("find", "replace_by", "message"), [
    ("", "", ""),
    ("self.total += more", "pass", "the totals"),
    ("return self.total", "raise OSError('enough')", "it raised OSError: enough"),
    ("return self.total", "return object()", "expected Python numbers, text, lists or tuples, got object"),
])  # fmt: skip
def test_a_drive_that_yields_gets_its_next_inputs_only_then(
    find: str, replace_by: str, message: str, made: Callable[..., Shipped], opened: Session
) -> None:
    shipped = made("counter", spec=TALKS, reference=COUNTER, drive=DRIVE)
    grade = graded(shipped, opened, COUNTER.replace(find, replace_by))
    assert (grade.verdict, [r.message for r in grade.failed]) == (("failed", [message]) if message else ("passed", []))


def test_a_drive_that_ends_too_early_is_told(made: Callable[..., Shipped], opened: Session) -> None:
    early = DRIVE.replace("while True:", "if True:")
    grade = graded(made("counter", spec=TALKS, reference=COUNTER, drive=early), opened, COUNTER)
    assert grade.verdict == "failed"


# --- verdict and marks from results alone --------------------------------------------------------------------------

PARTS = (
    spec.Part("f", lambda rng: {}, (spec.case("a"),), oracle=lambda: 0),
    spec.Part("g", lambda rng: {}, (spec.case("a"),), oracle=lambda: 0, gradient_of="f"),
    spec.Part("extra", lambda rng: {}, (spec.case("a"),), oracle=lambda: 0, required=False),
)
EXERCISE = spec.Exercise(version=1, parts=PARTS)


def result(part: str, mark: str, passed: bool = True, status: str = "done") -> Result:
    return Result(part, f"{part} {mark}", "case", None, mark, passed, status=status)


RIGHT = (result("f", "correct"), result("f", "robust"), result("g", "gradient"), result("extra", "correct"))


@pytest.mark.parametrize(
    ("wrong", "unwritten", "verdict", "marks"),
    [
        (set(), set(), "passed", (True, True, True)),
        ({"f correct"}, set(), "failed", (False, True, True)),
        ({"f robust"}, set(), "failed", (True, False, True)),
        ({"g gradient"}, set(), "failed", (True, True, False)),
        ({"extra correct"}, set(), "passed", (True, True, True)),
        (set(), {"f"}, "not written yet", (False, False, True)),
        (set(), {"g"}, "not written yet", (True, False, False)),
        (set(), {"extra"}, "passed", (True, True, True)),
        ({"f correct"}, {"g"}, "failed", (False, False, False)),
    ],
)
def test_verdict_and_marks(wrong: set[str], unwritten: set[str], verdict: str, marks: tuple[bool, bool, bool]) -> None:
    results = tuple(replace(r, passed=r.name not in wrong) for r in RIGHT if r.part not in unwritten)
    grade = verdict_of(EXERCISE, results, unwritten)
    found = marks_of(EXERCISE, grade)
    assert (grade.verdict, tuple(found[m] for m in ("correct", "robust", "gradient"))) == (verdict, marks)
    assert (found["efficient"], found["expert"]) == (None, None)


@pytest.mark.parametrize("verdict", ["crashed", "timed out", "used a banned call", "did not load", "needs review"])
def test_any_other_verdict_earns_no_mark(verdict: str) -> None:
    assert marks_of(EXERCISE, Grade(verdict, "", RIGHT)) == {
        "correct": False,
        "robust": False,
        "gradient": False,
        "efficient": None,
        "expert": None,
    }


# --- a backward's oracle against its forward's ---------------------------------------------------------------------


@pytest.mark.parametrize(("backward", "right"), [
    (lambda dy, x: 3 * dy * x**2, True),
    (lambda dy, x: 2 * dy * x**2, False),
    (lambda dy, x: 3 * dy * x**2 - dy.mean(), False),
    (lambda dy, x: -3 * dy * x**2, False),
    (lambda dy, x: np.zeros_like(x), False),
])  # fmt: skip
def test_a_gradient_is_checked_by_central_differences(backward: Any, right: bool) -> None:
    part = spec.Part("g", lambda rng: {}, (spec.case("a"),), oracle=backward, gradient_of="f", wrt=("x",))
    rng = np.random.default_rng(3)
    drawn = {"dy": rng.standard_normal((3, 4)), "x": rng.standard_normal((3, 4))}
    error = gradient.gradient_error(part, lambda x: x**3, drawn, rng)
    assert error < 1e-7 if right else error > 1e-3
