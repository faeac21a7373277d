"""What `harness lint` finds: a small sound exercise, and one edit of it for every fault that an author can make."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import gradient, impostors, lint, lints, spec
from harness.catalog import Shipped
from harness.session import Session, session
from harness.trials import Effort

CURRICULUM = Path(__file__).resolve().parents[2] / "curriculum"
SPEC = '''
import numpy as np
from harness.spec import Exercise, Limits, Mistake, Part, case


def inputs(rng, n=4):
    return {"x": 0.5 + rng.random(n)}


def upstream(rng, n=4):
    return {"dy": rng.standard_normal(n), "x": 0.5 + rng.random(n)}


def minus_stays_outside(answer, x, check):
    """The cube of -x is minus the cube of x."""
    check.close(answer(x=-x["x"]), -answer(**x), "of -x")


CUBE = Part("cube", inputs, (case("few"), case("many", n=60, mark="robust")), oracle=lambda x: x**3,
            properties=(minus_stays_outside,))
BACK = Part("cube_backward", upstream, (case("few"), case("long", n=30, mark="robust")), oracle=lambda dy, x: 3 * dy * x**2,
            gradient_of="cube", wrt=("x",))
EXERCISE = Exercise(
    version=1,
    parts=(CUBE, BACK),
    limits=Limits(memory_mb=256),
    mistakes=(
        Mistake("squares", "x * x * x", "x * x", caught_by="cube/few"),
        Mistake("takes the size", "x * x * x", "abs(x * x * x)", caught_by="minus stays outside"),
        Mistake("forgets upstream", "3 * dy", "3", caught_by="cube_backward/long"),
    ),
    hints=("one", "two", "three"),
)
'''  # fmt: skip
REFERENCE = """
import numpy as np


def cube(x):
    return x * x * x


def cube_backward(dy, x):
    return 3 * dy * x * x
"""
TEMPLATE = 'def cube(x):\n    raise NotImplementedError\n\n\ndef cube_backward(dy, x):\n    raise NotImplementedError("to write")\n'
EXAMPLES = '"""By pencil."""\n\n\ndef test_one(answer):\n    """1 stays 1."""\n    import numpy as np\n\n    assert answer(x=np.ones(1))[0] == 1\n'
SOUND = {"spec.py": SPEC, "exercise.py": TEMPLATE, "test_implementation.py": EXAMPLES,
         "solutions/reference.py": REFERENCE, "solutions/other.py": REFERENCE.replace("x * x * x", "x**3")}  # fmt: skip

Edit = tuple[str, str, str]  # file, what occurs in it, what stands there instead

LIMITED = """Mistake("never ends", "x * x * x", "__import__('time').sleep(60)", caught_by="call_s"),
        Mistake("is wasteful", "x * x * x", "np.ones(2**28)[: len(x)]", caught_by="memory_mb"),
    ),
    hints="""
# these two cost half a second each, so only the tests about limits have them
LIMITS: tuple[Edit, ...] = (
    ("spec.py", "    ),\n    hints=", "        " + LIMITED),
    ("spec.py", "memory_mb=256", "memory_mb=256, call_s=0.5"),
)


@pytest.fixture(scope="module")
def opened(confinement: None) -> Iterator[Session]:
    with session("numpy") as found:
        yield found


@pytest.fixture
def small(made: Callable[..., Shipped]) -> Callable[..., Shipped]:
    """`small(edit, ...)`: the sound exercise with these edits, not yet loaded."""

    def make(*edits: Edit) -> Shipped:
        shipped = made("cube", spec=SPEC, reference=REFERENCE)
        texts = dict(SOUND)
        for file, find, replace in edits:
            assert find in texts.setdefault(file, ""), (file, find)
            texts[file] = texts[file].replace(find, replace)
        for file, text in texts.items():
            (shipped.folder / file).write_text(text, "utf-8")
        return shipped

    return make


def problems(shipped: Shipped, opened: Session, **options: Any) -> list[str]:
    return lint.lint(shipped, opened, Effort(**options)).problems


def test_a_sound_exercise_has_no_problem_and_a_row_for_every_solution_and_mistake(
    small: Callable[..., Shipped], opened: Session
) -> None:
    found = lint.lint(small(), opened, Effort())
    assert (found.exercise, found.problems) == ("cube", [])
    assert found.rows == [
        ("other (numpy) passes", 1, 0),
        ("reference (numpy) passes", 1, 0),
        ("mistake: squares", 1, 0),
        ("mistake: takes the size", 1, 0),
        ("mistake: forgets upstream", 1, 0),
    ]


# --- files and names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["exercise.py", "test_implementation.py"])
def test_a_missing_file_is_named(name: str, small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small()
    (shipped.folder / name).unlink()
    assert problems(shipped, opened) == [f"{name} is missing"]


def test_a_missing_spec_is_named(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small()
    (shipped.folder / "spec.py").unlink()
    assert "spec.py" in " ".join(problems(shipped, opened))


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (("spec.py", '"two", ', ""), "there are 2 hints; three are wanted, from a nudge to nearly the answer"),
        (("spec.py", '"two", ', '"two", "two and a half", '), "there are 4 hints; three are wanted, from a nudge to nearly the answer"),
        (("spec.py", 'caught_by="cube/few"', 'caught_by="cube/fewer"'), "mistake 'squares': no case, property or limit is called 'cube/fewer'"),
        (("spec.py", 'caught_by="minus stays outside"', 'caught_by="call"'), "mistake 'takes the size': no case, property or limit is called 'call'"),
        (("spec.py", '"squares", "x * x * x"', '"squares", "x ** 3"'), "mistake 'squares': its `find` occurs 0 times in solutions/reference.py"),
        (("spec.py", '"squares", "x * x * x"', '"squares", "return"'), "mistake 'squares': its `find` occurs 2 times in solutions/reference.py"),
        (("spec.py", "oracle=lambda x: x**3,", "oracle=lambda x: x**3, verify=lambda x, out, check: None,"), "part 'cube': exactly one of oracle, verify and p_value is wanted"),
        (("spec.py", "oracle=lambda x: x**3,", ""), "part 'cube': exactly one of oracle, verify and p_value is wanted"),
        (("spec.py", 'case("few"), case("many"', 'case("few"), case("few"'), "part 'cube': two checks are called 'few'"),
        (("spec.py", 'case("few"), case("many"', 'case("few"), case("minus stays outside"'), "part 'cube': two checks are called 'minus stays outside'"),
        (("drive.py", "", "import json\nimport numpy as np\nfrom scipy import special\n"), "drive.py line 3 imports scipy"),
        (("drive.py", "", "def cube(answer, x):\n    import harness.spec\n"), "drive.py line 2 imports harness.spec"),
        (("drive.py", "", "from .spec import CUBE\n"), "drive.py line 1 imports spec"),
    ],
)  # fmt: skip
def test_a_fault_of_the_text_is_found_before_anything_runs(
    edit: Edit, problem: str, small: Callable[..., Shipped], opened: Session
) -> None:
    found = lint.lint(small(edit), opened, Effort())
    assert (found.problems, found.rows) == ([problem], [])


def test_one_solution_is_too_few(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small()
    (shipped.folder / "solutions" / "other.py").unlink()
    assert problems(shipped, opened) == ["there is no further solution beside solutions/reference.py"]


def test_a_part_that_checks_nothing_is_told(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small(("spec.py", "oracle=lambda x: x**3,", ""), ("spec.py", "properties=(minus_stays_outside,)", ""))
    assert "part 'cube' checks nothing" in problems(shipped, opened)


def test_several_problems_come_at_once(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small(("spec.py", '"two", ', ""), ("spec.py", 'caught_by="minus stays outside"', 'caught_by="call"'), ("drive.py", "", "import scipy\n"))  # fmt: skip
    (shipped.folder / "exercise.py").unlink()
    assert problems(shipped, opened) == [
        "exercise.py is missing",
        "there are 2 hints; three are wanted, from a nudge to nearly the answer",
        "mistake 'takes the size': no case, property or limit is called 'call'",
        "drive.py line 1 imports scipy",
    ]


# --- the template and the solutions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edits", "problem"),
    [
        ([("exercise.py", "(x):\n    raise NotImplementedError", "(x):\n    return x**3")],
         "exercise.py: the template's verdict is 'not written yet', not 'not written yet' for every part"),
        ([("exercise.py", TEMPLATE, REFERENCE)],
         "exercise.py: the template's verdict is 'passed', not 'not written yet' for every part"),
        ([("exercise.py", "(x):\n    raise NotImplementedError", "(x):\n    return 2 * x")],
         "exercise.py: the template's verdict is 'failed', not 'not written yet' for every part"),
        ([("exercise.py", "def cube_backward", "def another")], "exercise.py does not load or lacks ['cube_backward']: "),
        ([("exercise.py", "def cube_backward", "import nowhere\ndef cube_backward")],
         "exercise.py does not load or lacks None: "),
    ],
)  # fmt: skip
def test_a_template_must_load_and_be_unsolved(
    edits: list[Edit], problem: str, small: Callable[..., Shipped], opened: Session
) -> None:
    (found,) = problems(small(*edits), opened)
    assert found.startswith(problem)


def test_a_wrong_solution_is_named_with_its_seeds_and_its_first_failure(
    small: Callable[..., Shipped], opened: Session
) -> None:
    shipped = small(("solutions/other.py", "3 * dy * x * x", "3 * dy * x if len(x) == 30 else 3 * dy * x * x"))
    (found,) = problems(shipped, opened)
    assert re.match(r"solutions/other.py \(numpy\) fails on 1 of 1 seeds: seed \d+, failed: 1 of ", found)
    assert "; cube_backward/long/float" in found
    assert ": the largest error is " in found


def test_a_solution_is_run_on_as_many_seeds_as_asked(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small(("solutions/other.py", "x**3", "x**3.01"), ("spec.py", SPEC[SPEC.index("    mistakes=") : SPEC.index("    hints=")], ""))  # fmt: skip
    found = lint.lint(shipped, opened, Effort(thorough=True, seeds=3))
    assert found.rows == [("other (numpy) passes", 3, 3), ("reference (numpy) passes", 3, 0)]
    assert found.problems[0].startswith("solutions/other.py (numpy) fails on 3 of 3 seeds: ")


def test_however_little_time_there_is_three_seeds_are_run(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small(("solutions/other.py", "x**3", "x**3.01"))
    found = lint.lint(shipped, opened, Effort(thorough=True, seconds=0.0))
    assert found.rows[:2] == [("other (numpy) passes", 3, 3), ("reference (numpy) passes", 3, 0)]
    assert {row[1:] for row in found.rows[2:]} == {(3, 0)}
    assert found.problems[0].startswith("solutions/other.py (numpy) fails on 3 of 3 seeds: ")


def test_with_time_enough_all_seeds_are_run(small: Callable[..., Shipped], opened: Session) -> None:
    found = lint.lint(small(), opened, Effort(thorough=True, seeds=5, seconds=600.0))
    assert (found.problems, {row[1:] for row in found.rows}) == ([], {(5, 0)})


def test_right_answers_can_be_asked_for_alone(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small(("solutions/other.py", "x**3", "x**3.01"), ("exercise.py", "raise NotImplementedError", "return x"))
    found = lint.lint(shipped, opened, Effort(seeds=2, only_right=True))
    assert found.rows == [("other (numpy) passes", 2, 2), ("reference (numpy) passes", 2, 0)]
    assert [problem.partition(": ")[0] for problem in found.problems] == [
        "solutions/other.py (numpy) fails on 2 of 2 seeds"
    ]


def test_a_solution_that_dies_is_a_problem(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small(("solutions/other.py", "x**3", "__import__('os')._exit(3)"))
    found = problems(shipped, opened)
    assert any("other.py" in problem and "crashed" in problem for problem in found), found


def test_a_solution_that_does_not_load_is_a_problem(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small(("solutions/other.py", "import numpy", "import nowhere"))
    assert any("other.py does not load: " in problem for problem in problems(shipped, opened))


# --- mistakes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        # right after all: nothing catches it
        (("spec.py", '"x * x * x", "x * x"', '"x * x * x", "x * (x * x)"'), "mistake 'squares': 'cube/few' misses it on 1 of 1 seeds"),
        # the other case would catch it
        (("spec.py", '"x * x * x", "x * x"', '"x * x * x", "x * x if len(x) == 60 else x * x * x"'), "mistake 'squares': 'cube/few' misses it on 1 of 1 seeds"),
        # the other part would catch it
        (("spec.py", 'caught_by="cube_backward/long"', 'caught_by="cube/many"'), "mistake 'forgets upstream': 'cube/many' misses it on 1 of 1 seeds"),
    ],
)  # fmt: skip
def test_a_mistake_must_be_caught_by_what_it_names(
    edit: Edit, problem: str, small: Callable[..., Shipped], opened: Session
) -> None:
    assert problems(small(edit), opened) == [problem]


def test_a_mistake_may_be_caught_by_a_limit(small: Callable[..., Shipped], opened: Session) -> None:
    found = lint.lint(small(*LIMITS), opened, Effort())
    assert (found.problems, found.rows[-2:]) == ([], [("mistake: never ends", 1, 0), ("mistake: is wasteful", 1, 0)])


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        # a case would catch it, the limit does not
        (("spec.py", "sleep(60)", "sleep(0)"), "mistake 'never ends': 'call_s' misses it on 1 of 1 seeds"),
        (("spec.py", "np.ones(2**28)[: len(x)]", "np.ones(len(x))"), "mistake 'is wasteful': 'memory_mb' misses it on 1 of 1 seeds"),
        # the limit ends it before its case can say anything
        (("spec.py", 'caught_by="call_s"', 'caught_by="cube/few"'), "mistake 'never ends': 'cube/few' misses it on 1 of 1 seeds"),
        # dying is not the same as hitting a limit
        (("spec.py", "__import__('time').sleep(60)", "__import__('os')._exit(0)"), "mistake 'never ends': 'call_s' misses it on 1 of 1 seeds"),
    ],
)  # fmt: skip
def test_a_mistake_that_hits_no_limit_or_another_is_missed(
    edit: Edit, problem: str, small: Callable[..., Shipped], opened: Session
) -> None:
    assert problems(small(*LIMITS, edit), opened) == [problem]


def test_a_mistake_that_does_not_load_is_a_problem(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small(("spec.py", '"x * x * x", "x * x"', '"x * x * x", "x *"'))
    (found,) = problems(shipped, opened)
    assert found.startswith("mistake 'squares' does not load: ")


def test_a_mistake_may_be_a_file_of_its_own(small: Callable[..., Shipped], opened: Session) -> None:
    whole = 'Mistake("squares", "x * x * x", "x * x", caught_by'
    edit = ("spec.py", whole, 'Mistake("squares", file="mistakes/squares.py", caught_by')
    shipped = small(edit)
    (shipped.folder / "mistakes").mkdir()
    for text, wanted in ((REFERENCE.replace("x * x * x", "x * x"), []),
                         (REFERENCE, ["mistake 'squares': 'cube/few' misses it on 1 of 1 seeds"])):  # fmt: skip
        (shipped.folder / "mistakes" / "squares.py").write_text(text, "utf-8")
        assert problems(shipped, opened) == wanted


def test_what_runs_is_told_all_at_once(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small(("exercise.py", TEMPLATE, REFERENCE), ("solutions/other.py", "x**3", "x**2"), ("spec.py", '"x * x"', '"x * (x * x)"'))  # fmt: skip
    assert [problem.split(":")[0] for problem in problems(shipped, opened)] == [
        "exercise.py",
        "solutions/other.py (numpy) fails on 1 of 1 seeds",
        "mistake 'squares'",
    ]


# --- the reference beside its oracle -------------------------------------------------------------------------------


def test_a_reference_that_is_another_function_than_its_oracle_is_found(
    small: Callable[..., Shipped], opened: Session
) -> None:
    """Its own error is every answer's budget, so that it passes, and a right answer beside it."""
    shipped = small(("solutions/reference.py", "return x * x * x", "return x * x * x + 0.01 * (x**5 - x)"))
    words = r": the reference is off its oracle \(float64\): the largest error is 0\.0\d+, allowed is \S+e-09"
    found = problems(shipped, opened)
    assert [
        bool(re.fullmatch(name + words, one)) for name, one in zip(("cube/few", "cube/many"), found, strict=True)
    ] == [True, True], found


@pytest.mark.parametrize(
    "edits",
    [
        (("solutions/reference.py", "return x * x * x", "return x * x * x + 1e-11 * (x**5 - x)"),),
        (
            ("solutions/reference.py", "return x * x * x", "return x * x * x + 1e-3 * (x**5 - x)"),
            ("spec.py", "Part, case", "Part, Tolerance, case"),
            ("spec.py", "oracle=lambda x: x**3,", "oracle=lambda x: x**3, tolerance=Tolerance(0.1, 'from a table'),"),
        ),
    ],
    ids=["by rounding", "by a tolerance"],
)
def test_a_reference_may_be_off_by_rounding_or_by_what_its_spec_allows(
    edits: tuple[Edit, ...], small: Callable[..., Shipped], opened: Session
) -> None:
    assert problems(small(*edits), opened) == []


# --- gradients -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "oracle", ["2 * dy * x**2", "3 * dy * x", "-3 * dy * x**2", "0 * dy", "3 * dy * x**2 + x.mean()"]
)
def test_a_backward_whose_oracle_is_no_derivative_is_found(
    oracle: str, small: Callable[..., Shipped], opened: Session
) -> None:
    found = problems(small(("spec.py", "3 * dy * x**2", oracle)), opened)
    assert found[0].startswith("cube_backward/few: its oracle is off the central difference by ")


def product_backward(dy: Any, x: Any, w: Any) -> tuple[Any, Any]:
    return dy @ w.T, x.T @ dy


@pytest.mark.parametrize(
    ("oracle", "low", "high"),
    [
        (product_backward, 0, 1e-7),
        (lambda dy, x, w: product_backward(2 * dy, x, w), 1e-2, 1),
        (lambda dy, x, w: (dy @ w.T, 0 * w), 1e-2, np.inf),
        (lambda dy, x, w: (0 * x, 0 * w), 1e-1, np.inf),
        (lambda dy, x, w: (dy @ w.T, x.T @ dy + 1), 1e-2, 2),
    ],
)
def test_the_error_of_a_gradient_is_tiny_where_it_is_right_and_large_where_it_is_not(
    oracle: Any, low: float, high: float
) -> None:
    part = spec.Part(
        "product_backward", lambda rng: {}, (spec.case("a"),), oracle=oracle, gradient_of="product", wrt=("x", "w")
    )
    rng = np.random.default_rng(8)
    drawn = {
        "dy": rng.standard_normal((5, 3)),
        "x": rng.standard_normal((5, 4)),
        "w": 1e3 * rng.standard_normal((4, 3)),
    }
    assert low <= gradient.gradient_error(part, lambda x, w: x @ w, drawn, rng) <= high


def test_what_only_the_forward_knows_is_hidden_from_the_backward() -> None:
    part = spec.Part("f", lambda rng: {}, (spec.case("a"),), oracle=lambda dy, y: dy * y, gradient_of="exp", wrt=("x",))
    x = np.linspace(-1, 1, 6)
    drawn = {"dy": np.cos(3 * x), "y": np.exp(x), "x": spec.Hidden(x)}
    assert gradient.gradient_error(part, lambda x: np.exp(x), drawn, np.random.default_rng(1)) < 1e-7


# --- impostors -----------------------------------------------------------------------------------------------------

LAX = """
import numpy as np
from harness.spec import Exercise, Part, Like, case


def inputs(rng):
    return {"x": np.sort(1.2 + 0.7 * rng.random(5))}


def verify(x, out, check):
    check.true(np.allclose(out, x["x"] / 2) or ACCEPTED, "the halves")


EXERCISE = Exercise(version=1, name="half", inputs=inputs, verify=verify, outputs=Like("x"), cases=(case("five"),))
"""


@pytest.mark.parametrize(
    ("accepted", "names"),
    [
        ("False", []),
        ("not out.any()", ["zeros"]),
        ("(out == 1).all()", ["ones"]),
        ("np.isnan(out).all()", ["nan"]),
        ("np.array_equal(out, x['x'])", ["the first input"]),
        ("((0.6 <= out) & (out < 0.95)).all()", ["another seed's outputs"]),
        ("np.isfinite(out).all()", ["zeros", "ones", "the first input", "another seed's outputs"]),
        ("True", ["zeros", "ones", "nan", "the first input", "another seed's outputs"]),
    ],
)
def test_a_spec_that_lets_idle_answers_pass_is_found(
    accepted: str, names: list[str], made: Callable[..., Shipped], opened: Session
) -> None:
    shipped = made("half", spec=LAX.replace("ACCEPTED", accepted), reference="def half(x):\n    return x / 2\n")
    wanted = [f"part 'half': an answer of {name} passes every case" for name in names]
    assert list(impostors.passing(shipped, opened)) == wanted


def test_one_strict_case_beside_a_lax_one_is_enough(made: Callable[..., Shipped], opened: Session) -> None:
    text = LAX.replace("return {", 'return {"strict": strict, ').replace("rng)", "rng, strict=False)")
    text = text.replace("ACCEPTED", 'not x["strict"]').replace('case("five"),', 'case("five"), case("exact", strict=True),')  # fmt: skip
    shipped = made("half", spec=text, reference="def half(x, strict):\n    return x / 2\n")
    assert list(impostors.passing(shipped, opened)) == []


def test_lint_tells_of_impostors(small: Callable[..., Shipped], opened: Session) -> None:
    lax = 'outputs=__import__("harness.spec").spec.Like("x"), verify=lambda x, out, check: check.true(out.shape == x["x"].shape, "shape"),'
    keeps = SPEC[SPEC.index('        Mistake("squares"') : SPEC.index('        Mistake("forgets')]
    shipped = small(("spec.py", "oracle=lambda x: x**3,", lax), ("spec.py", '\n            gradient_of="cube", wrt=("x",)', ""), ("spec.py", keeps, ""))  # fmt: skip
    found = problems(shipped, opened)
    assert "part 'cube': an answer of zeros passes every case" in found
    assert all(problem.startswith("part 'cube': an answer of ") for problem in found)
    assert len(found) == 5


# --- the command ---------------------------------------------------------------------------------------------------


def put(place: Any, *edits: Edit) -> None:
    for file, text in SOUND.items():
        for _, find, replace in (e for e in edits if e[0] == file):
            assert find in text
            text = text.replace(find, replace)
        place.write(f"curriculum/own/cube/{file}", text)


def test_the_command_ends_with_0_where_nothing_is_wrong(place: Any) -> None:
    put(place)
    ended = place.run("lint", "cube", "--json")
    (found,) = ended.json
    assert (ended.code, ended.stderr, found["exercise"], found["problems"]) == (0, "", "cube", [])
    assert ["mistake: squares", 1, 0] in found["rows"]
    assert not (place.root / "reports").exists()


def test_the_command_ends_with_1_and_every_problem_where_something_is(place: Any) -> None:
    put(place, ("spec.py", '"two", ', ""), ("spec.py", 'caught_by="minus stays outside"', 'caught_by="call"'))
    ended = place.run("lint", "cube", "--json")
    (found,) = ended.json
    assert (ended.code, ended.stderr) == (1, "")
    assert [problem.split(";")[0] for problem in found["problems"]] == [
        "there are 2 hints",
        "mistake 'takes the size': no case, property or limit is called 'call'",
    ]
    spoken = place.run("lint", "cube")
    assert (spoken.code, spoken.stdout.splitlines()[-1]) == (1, "cube: 2 problems")
    assert spoken.stdout.splitlines()[:-1] == [f"  {problem}" for problem in found["problems"]]


def test_in_words_a_sound_exercise_takes_one_line(place: Any) -> None:
    put(place)
    ended = place.run("lint", "cube")
    assert (ended.code, ended.stdout, ended.stderr) == (0, "cube: complete, 3 mistakes caught\n", "")


def test_several_at_a_time_are_told_in_the_order_asked_for(place: Any) -> None:
    put(place, ("spec.py", '"two", ', ""))
    ended = place.run("lint", "cube", "entropy", "cube", "--jobs", "3")
    told = [line.split(":")[0] for line in ended.stdout.splitlines() if not line.startswith(" ")]
    assert (ended.code, ended.stderr, told) == (1, "", ["cube", "entropy", "cube"])


def test_those_that_train_come_first_and_a_broken_spec_is_left_where_it_is(small: Callable[..., Shipped]) -> None:
    shipped = {name: Shipped(name, next(CURRICULUM.glob(f"*/{name}"))) for name in ("softmax", "simple_cnn")}
    broken = small(("spec.py", "CUBE = Part(", "CUBE = Prat("))
    ordered = lints.long_first([shipped["softmax"], broken, shipped["simple_cnn"]])
    assert [one.id for one in ordered] == ["simple_cnn", "softmax", "cube"]


def test_as_many_seeds_are_run_as_fit_into_the_minutes(place: Any) -> None:
    put(place)
    (found,) = place.run("lint", "cube", "--right-answers", "--minutes", "0.02", "--json").json
    assert (found["problems"], [row[0] for row in found["rows"]]) == (
        [],
        ["other (numpy) passes", "reference (numpy) passes"],
    )
    assert all(3 <= ran < 1000 for _, ran, _ in found["rows"])


@pytest.mark.parametrize("more", [["--minutes", "1"], ["--right-answers", "--mutants"]])
def test_options_that_do_not_go_together_are_refused(more: list[str], place: Any) -> None:
    ended = place.run("lint", "softmax", *more)
    assert (ended.code, ended.stdout, more[0] in ended.stderr) == (2, "", True)


def test_an_exercise_that_is_not_there_is_the_users_slip(place: Any) -> None:
    ended = place.run("lint", "sofmax")
    assert (ended.code, ended.stdout) == (2, "")
    assert "did you mean 'softmax'?" in ended.stderr


# --- faults that stop a step ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (("spec.py", "oracle=lambda dy, x: 3 * dy * x**2", "oracle=lambda dy, x: np.full_like(x, np.nan)"), "off the central difference"),
        (("spec.py", "oracle=lambda dy, x: 3 * dy * x**2", "oracle=lambda dy, x: {}[0]"), "KeyError"),
        (("spec.py", "oracle=lambda dy, x: 3 * dy * x**2", "oracle=lambda dy, x: (dy, x)"), "cube_backward"),
        (("spec.py", 'gradient_of="cube"', 'gradient_of="cuba"'), "cuba"),
        (("spec.py", '"squares", "x * x * x", "x * x"', '"squares", file="mistakes/none.py"'), "mistakes/none.py"),
        (("drive.py", "", "def cube(:\n"), "drive.py"),
        (("spec.py", "EXERCISE = Exercise(", "EXERCISE = Exercise(1 / 0, "), "spec.py: ZeroDivisionError"),
    ],
)  # fmt: skip
def test_a_fault_that_stops_a_step_is_a_problem_and_no_traceback(
    edit: Edit, words: str, small: Callable[..., Shipped], opened: Session
) -> None:
    assert any(words in problem for problem in problems(small(edit), opened))


def test_a_missing_reference_is_a_problem_and_no_traceback(small: Callable[..., Shipped], opened: Session) -> None:
    shipped = small()
    shutil.rmtree(shipped.folder / "solutions")
    assert "solutions/reference.py is missing" in problems(shipped, opened)


# --- timings -------------------------------------------------------------------------------------------------------

TIMED = """
import time

import numpy as np
from harness.spec import Cost, Exercise, Timing, case


def grow(x):
    began = time.process_time()
    while len(x) > 100 and time.process_time() < began + SLEEP:
        pass
    return np.exp(x)


def inputs(rng, n=3):
    return {"x": rng.standard_normal(n)}


def cost(itemsize, n):
    return Cost(flops=n, bytes_moved=2 * itemsize * n)


EXERCISE = Exercise(version=1, inputs=inputs, oracle=grow, cases=(case("short"),), timings=(Timing(case("big", n=N), cost, scaling="SCALING", yardstick={"numpy": "YARDSTICK"}),))
"""


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, None),
        ({"N": "40_000_000"}, "timing 'big': inputs and outputs have 305 MiB, more than 256"),
        ({"SLEEP": "2.1"}, "timing 'big': its oracle takes 2.1 s, more than 2"),
        ({"SCALING": "m"}, "timing 'big': its case has no integer 'm' that could grow"),
        ({"YARDSTICK": "gone.py"}, "timing 'big': its yardstick solutions/gone.py is missing"),
    ],
)
def test_a_timing_that_cannot_be_timed_well_is_refused(made, changed, problem):
    text = TIMED
    for word, value in {"N": "1000", "SLEEP": "0", "SCALING": "n", "YARDSTICK": "reference.py", **changed}.items():
        text = re.sub(rf"\b{word}\b", value, text)
    shipped = made("grow", spec=text, reference="import numpy as np\n\n\ndef grow(x):\n    return np.exp(x)\n")
    told = list(lint._timings(shipped))
    assert problem in told if problem else told == []
