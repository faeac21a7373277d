"""Banned calls are found by the syntax tree, whatever they are called; text that is no call is never found."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.policy import GROUPS, Use, banned_uses
from harness.spec import Ban, Policy

POLICY = Policy(
    banned=("base", "@linalg", "@matmul", "torch.softmax", Ban("np.convolve", unless_earned="conv1d")),
    earns=("torch.softmax",),
)


def names(text: str, policy: Policy = POLICY, earned: tuple[str, ...] = ()) -> list[tuple[int, str]]:
    return [(use.line, use.name) for use in banned_uses(policy, {"answer.py": text}, earned)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import scipy", "scipy"),
        ("import scipy.special as s", "scipy"),
        ("from scipy.special import softmax", "scipy"),
        ("import numpy as np\nnp.linalg.svd(x)", "numpy.linalg"),
        ("import numpy\nnumpy.linalg.svd(x)", "numpy.linalg"),
        ("import numpy.linalg as la", "numpy.linalg"),
        ("from numpy import linalg", "numpy.linalg"),
        ("from numpy.linalg import svd as f", "numpy.linalg"),
        ("import numpy as np\na = np\nb = a\nc = b.linalg", "numpy.linalg"),
        ("import numpy as np\nf = np.linalg\ng = f.svd", "numpy.linalg"),
        ("import numpy as np\ngetattr(np, 'linalg')", "numpy.linalg"),
        ("import numpy as np\nif (la := np.linalg): pass", "numpy.linalg"),
        ("la = __import__('numpy.linalg')", "numpy.linalg"),
        ("__import__('scipy')", "scipy"),
        ("import torch\ntorch.softmax(x, -1)", "torch.softmax"),
        ("from array_api_compat import array_namespace\nxp = array_namespace(x)\nxp.linalg.svd(x)", "numpy.linalg"),
        ("y = a @ b", "@"),
        ("a @= b", "@"),
        ("import numpy as np\nnp.einsum('i,i', a, b)", "numpy.einsum"),
        ("import ctypes", "ctypes"),
        ("import sys\nsys.modules", "sys.modules"),
        ("import importlib\nimportlib.import_module('x')", "importlib"),
        ("def f():\n    from subprocess import run", "subprocess"),
        ("import harness.worker", "harness"),
    ],
)
def test_a_banned_call_is_found_under_every_name(text: str, name: str) -> None:
    assert any(f"{found}.".startswith(f"{name}.") for _, found in names(text))


@pytest.mark.parametrize(
    "text",
    [
        '"""import scipy; np.linalg.svd(x) and a @ b"""',
        "x = 'import ctypes'  # import scipy",
        "import numpy as np\nnp.exp(x).sum()",
        "linalg = 3\nlinalg + 1",
        "class Scipy:\n    def linalg(self): ...\nScipy().linalg()",
        "@decorator\ndef f(): ...",
        "def softmax(x): ...\nsoftmax(1)",
        "from .scipy import own",
        "import scipyish",
        "import torch\ntorch.softmaxes",
        "this is no python (",
        "",
    ],
)
def test_what_is_no_banned_call_is_not_found(text: str) -> None:
    assert names(text) == []


anything = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029"), max_size=60)
tempting = st.sampled_from([name for group in GROUPS.values() for name in group]).map(
    lambda name: f"import {name}; {name}(x) @ y"
)


@given(st.lists(st.one_of(anything, tempting), min_size=1, max_size=5))
def test_strings_docstrings_and_comments_never_count(lines: list[str]) -> None:
    said = " ".join(lines)
    text = f"def f(x):\n    {json.dumps(said)}\n    y = {json.dumps(said)}  # {said}\n    return x\n"
    assert names(text) == []


@given(st.text(max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    names(text)


def test_an_earned_call_is_allowed_and_only_that_one() -> None:
    text = "import numpy as np\nnp.convolve(a, b)\nnp.linalg.svd(a)\n"
    assert names(text) == [(2, "numpy.convolve"), (3, "numpy.linalg")]
    assert names(text, earned=("conv1d",)) == [(3, "numpy.linalg")]
    assert names(text, earned=("conv2d",)) == [(2, "numpy.convolve"), (3, "numpy.linalg")]


def test_base_is_banned_even_where_a_policy_does_not_say_so() -> None:
    assert names("import ctypes\nimport scipy\n", Policy(banned=())) == [(1, "ctypes"), (2, "scipy")]
    assert names("a @ b\nimport numpy.linalg\n", Policy(banned=())) == []


def test_a_group_of_base_may_be_earned() -> None:
    policy = Policy(banned=(Ban("base", unless_earned="all"),))
    assert (names("import scipy", policy), names("import scipy", policy, ("all",))) == ([(1, "scipy")], [])


def test_every_file_is_searched_in_order() -> None:
    found = banned_uses(POLICY, {"b.py": "import scipy\n", "a.py": "\nimport ctypes\n"}, ())
    assert [(use.file, use.line, use.name) for use in found] == [("a.py", 2, "ctypes"), ("b.py", 1, "scipy")]


@pytest.mark.parametrize(
    ("name", "earned_by", "words"),
    [
        ("numpy.convolve", "conv1d", "a.py line 3: numpy.convolve (np.convolve(a)): pass `harness run conv1d` with your own, and it is yours to use"),
        ("torch.softmax", None, "a.py line 3: torch.softmax (np.convolve(a)): this exercise is about writing it; passing softmax earns the call"),
        ("scipy", None, "a.py line 3: scipy (np.convolve(a)): this exercise is about doing without it"),
    ],
)  # fmt: skip
def test_the_words_say_how_the_call_is_earned(name: str, earned_by: str | None, words: str) -> None:
    assert Use("a.py", 3, name, "np.convolve(a)", earned_by).words("softmax", ("torch.softmax",)) == words
