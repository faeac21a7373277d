"""The second and third net: calls that the syntax tree does not show, found by running each part once in a tracing worker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import answer, nets
from harness.catalog import Shipped
from harness.session import session
from harness.spec import Ban, Policy

SPEC = """
import numpy as np
from harness.spec import Exercise, Part, case


def grow(x):
    return np.exp(x)


EXERCISE = Exercise(1, parts=(Part("grow", lambda rng: {"x": rng.standard_normal((3, 3))}, (case("short"),), oracle=grow),))
"""
REFERENCE = "import numpy as np\n\n\ndef grow(x):\n    return np.exp(x)\n"
RULES = Policy(banned=("base", "@linalg", "@matmul", "torch.softmax", Ban("np.convolve", unless_earned="conv1d")))
TOP = "import numpy as np\n\n\ndef grow(x):\n"


@pytest.fixture
def traced(made, confinement):
    """`traced(body)`: the banned calls of that body of grow() by line and name."""
    shipped = made("grow", spec=SPEC, reference=REFERENCE)
    object.__setattr__(shipped, "exercise", replace(shipped.exercise, policy=RULES))
    with session("numpy") as opened:

        def run(body: str, earned: tuple[str, ...] = (), top: str = TOP) -> list[tuple[int, str]]:
            source = answer.from_text("grow", top + "".join(f"    {line}\n" for line in body.splitlines()))
            return [(use.line, use.name) for use in nets.traced(shipped, source, opened, earned, 1).uses]

        yield run


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("vars(np)['lin' + 'alg'].norm(x)\nreturn x", "numpy.linalg.norm"),
        ("return getattr(np, 'mat' + 'mul')(x, x)", "numpy.matmul"),
        ("return x.dot(x)", "numpy.ndarray.dot"),
        ("return np.asarray(x).dot(x)", "numpy.ndarray.dot"),
        ("return getattr(np, 'ein' + 'sum')('ij,jk->ik', x, x)", "numpy.einsum"),
        ("return [f for n, f in vars(np).items() if n == 'tensor' + 'dot'][0](x, x, 1)", "numpy.tensordot"),
        ("__builtins__['__import__']('sci' + 'py')\nreturn x", "scipy"),
        ("getattr(np, 'con' + 'volve')(x[0], x[1])\nreturn x", "numpy.convolve"),
    ],
)
def test_a_banned_call_under_a_made_up_name_is_found(traced, body, name) -> None:
    assert any(found == name for _, found in traced(body))


@pytest.mark.parametrize(
    "body",
    [
        "return np.exp(x)",
        "return np.cov(x)",  # it multiplies matrices itself: that is numpy's own affair
        "return np.sqrt((x * x).sum(axis=-1, keepdims=True)) + np.zeros_like(x)",
        "return np.apply_along_axis(np.sort, 1, x)",
        "out = np.empty_like(x)\nnp.exp(x, out=out)\nreturn out",
        "return np.vectorize(float)(x)",
        "return np.array([[max(v, 0) for v in row] for row in x.tolist()])",
        "import dataclasses, functools, itertools, math\nreturn x",
        "raise RuntimeError('as it likes')",
        "import os\nos._exit(1)",
    ],
)
def test_honest_numpy_of_every_style_is_left_alone(traced, body) -> None:
    assert traced(body) == []


def test_what_has_been_earned_is_allowed(traced) -> None:
    body = "getattr(np, 'con' + 'volve')(x[0], x[1])\nreturn x"
    assert [name for _, name in traced(body)] == ["numpy.convolve"]
    assert traced(body, earned=("conv1d",)) == []


def test_calls_at_import_are_seen_too_with_their_line(traced) -> None:
    top = "import numpy as np\n\nVALUE = vars(np)['lin' + 'alg'].det(np.eye(2))\n\n\ndef grow(x):\n"
    assert traced("return x", top=top) == [(3, "numpy.linalg.det")]


def test_a_worker_that_tells_nonsense_is_not_believed() -> None:
    source = answer.from_text("grow", REFERENCE)
    for told in (None, 3, [3], [["numpy.linalg.svd", "impls/grow/grow.py", "one"]], [["numpy.linalg.svd", "/etc/passwd", 1]],
                 [["numpy.linalg.svd", "impls/grow/grow.py", 10**9]]):  # fmt: skip
        assert list(nets._banned(RULES, source, told, ())) == []
    (use,) = nets._banned(RULES, source, [["numpy.linalg.svd", "impls/grow/grow.py", 5]], ())
    assert (use.file, use.line, use.source) == ("grow.py", 5, "return np.exp(x)")


def test_torchs_calls_are_seen_as_functions_methods_and_operators(made, confinement) -> None:
    pytest.importorskip("torch")
    spec = SPEC.replace(
        "EXERCISE = Exercise(1,", "EXERCISE = Exercise(1, policy=Policy(backends=('numpy', 'torch')),"
    ).replace("import Exercise", "import Policy, Exercise")
    shipped = made("grow", spec=spec, reference=REFERENCE)
    object.__setattr__(shipped, "exercise", replace(shipped.exercise, policy=RULES))
    text = "import torch\n\n\ndef grow(x):\n    x.softmax(-1)\n    getattr(torch, 'soft' + 'max')(x, -1)\n    return x.relu()\n"
    with session("torch") as opened:
        found = nets.traced(shipped, answer.from_text("grow", text), opened, (), 1)
    assert [(use.line, use.name) for use in found.uses] == [(5, "torch.Tensor.softmax"), (6, "torch.softmax")]


def test_every_shipped_solution_of_softmax_passes_the_nets(confinement) -> None:
    shipped = Shipped("softmax", next(Path(__file__).parents[2].glob("curriculum/*/softmax")))
    with session("numpy") as opened:
        for path in shipped.solutions:
            if "numpy" in shipped.solution_backends(path):
                source = answer.from_text("softmax", path.read_text("utf-8"))
                assert nets.traced(shipped, source, opened, (), 1) == nets.Traced()


def test_the_verdict_says_what_was_called_and_where(place) -> None:
    hidden = "import numpy as np\n\n\ndef softmax(x, axis=-1, temperature=1.0):\n    return __builtins__['__import__']('sci' + 'py.special').special.softmax(x / temperature, axis)\n"
    found = place.grade(place.write("sly.py", hidden))
    assert (found.code, found.json["verdict"]) == (1, "used a banned call")
    assert found.json["message"].startswith("sly.py line 5: scipy") or found.json["message"].startswith(
        "softmax.py line 5: scipy"
    )
