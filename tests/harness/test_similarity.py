"""How alike two sources are: what must not count does not, and different code is not called alike."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.similarity import similarity
from tracker.report import CLOSE

CURRICULUM = Path(__file__).resolve().parents[2] / "curriculum"
REFERENCE = next(CURRICULUM.glob("*/softmax/solutions/reference.py")).read_text("utf-8")
OTHER = next(CURRICULUM.glob("*/bpe/solutions/reference.py")).read_text("utf-8")
OWN_NAMES = sorted(
    {a.arg for a in ast.walk(ast.parse(REFERENCE)) if isinstance(a, ast.arg)}
    | {"weights", "shifted", "top", "anchor", "mean"}
)


def alike(answer: str, solution: str = REFERENCE) -> float:
    return similarity({"answer.py": answer}, {"reference.py": solution})["reference.py"]


class Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self.names.get(node.arg, node.arg))


names = st.from_regex(r"v_[a-z]{1,8}", fullmatch=True)


@given(st.lists(names, min_size=len(OWN_NAMES), max_size=len(OWN_NAMES), unique=True))
def test_renaming_variables_gives_1(new: list[str]) -> None:
    plain = ast.unparse(ast.parse(REFERENCE))
    renamed = ast.unparse(Renamed(dict(zip(OWN_NAMES, new, strict=True))).visit(ast.parse(REFERENCE)))
    assert renamed != plain
    assert alike(renamed, plain) == 1.0


comments = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029"), max_size=40)


@given(comments)
def test_comments_and_blank_lines_do_not_count(comment: str) -> None:
    assert (
        alike(
            "\n\n".join(f"{line}  # {comment}" for line in ast.unparse(ast.parse(REFERENCE)).splitlines()),
            ast.unparse(ast.parse(REFERENCE)),
        )
        == 1.0
    )


@pytest.mark.parametrize("answer", [OTHER, "", "x = 1\n", "import numpy as np\n"])
def test_other_code_is_not_close(answer: str) -> None:
    assert alike(answer) < CLOSE


def test_the_functions_of_a_library_count() -> None:
    one, other = "def f(x):\n    return np.exp(x).sum()\n", "def f(x):\n    return np.log(x).max()\n"
    assert alike(one, one) == 1.0
    assert alike(one, other) < 1.0


def test_numbers_and_texts_do_not_count() -> None:
    assert alike("x = f(1e-5, 'a')\n", "y = g(2.0, 'b')\n") == 1.0


def test_every_solution_gets_its_figure() -> None:
    found = similarity({"a.py": REFERENCE}, {"reference.py": REFERENCE, "other.py": OTHER})
    assert found == {"other.py": alike(REFERENCE, OTHER), "reference.py": 1.0}


@given(st.text(max_size=80))
def test_any_text_has_a_figure(text: str) -> None:
    assert 0.0 <= alike(text) <= 1.0
