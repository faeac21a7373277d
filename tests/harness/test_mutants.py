"""Mutants: each rule on a source of a line or two, with the exact texts; and what a spec makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness import kills, lint
from harness.catalog import Shipped, SpecBroken
from harness.mutants import mutants
from harness.session import Session, session


def after(*body: str, parts: tuple[str, ...] = ()) -> list[str]:
    """The changed statements of `def f(...)` with this body."""
    return [m.after for m in mutants("def f(a, b, n):\n" + "".join(f"    {line}\n" for line in body), parts)]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("c = a + b", ["c = a - b"]),
        ("c = a - b", ["c = a + b"]),
        ("c = a * b", ["c = a / b"]),
        ("c = a / b", ["c = a * b"]),
        ("c = a // b", ["c = a / b"]),
        ("c = a % b", ["c = a // b"]),
        ("c = a ** b", ["c = a * b"]),
        ("c = a @ b", ["c = a * b"]),
        ("a += b", ["pass", "a -= b"]),
        ("a[b] = n", ["pass"]),
        ("a = b", []),
        ("a.sort()", ["pass"]),
        ("c = a < b", ["c = a <= b", "c = a >= b"]),
        ("c = a <= b", ["c = a < b", "c = a > b"]),
        ("c = a > b", ["c = a >= b", "c = a <= b"]),
        ("c = a >= b", ["c = a > b", "c = a < b"]),
        ("c = a == b", ["c = a != b"]),
        ("c = a != b", ["c = a == b"]),
        ("c = a is None", ["c = a is not None"]),
        ("c = a not in b", ["c = a in b"]),
        ("c = -a", ["c = a"]),
        ("c = not a", ["c = a"]),
        ("c = a and b", ["c = a or b"]),
        ("c = a or b", ["c = a and b"]),
        ("c = a(0)", ["c = a(1)"]),
        ("c = a(1)", ["c = a(0)"]),
        ("c = a(7)", ["c = a(8)"]),
        ("c = a(0.5)", ["c = a(1.0)"]),
        ("c = a(0.0)", ["c = a(1.0)"]),
        ("c = a(True)", ["c = a(False)"]),
        ("c = a(None)", []),
        ("c = a(x, axis=-1)", ["c = a(x, axis=0)"]),
        ("c = a(x, axis=0)", ["c = a(x, axis=-1)"]),
        ("c = a(x, axis=1)", ["c = a(x, axis=0)"]),
        ("c = a(x, dim=-1)", ["c = a(x, dim=0)"]),
        ("c = a(x, axis=b)", []),
        ("c = a(x, copy=False)", []),
        ("c = np.result_type(a, b)", []),
        ("c = a(x, keepdims=True)", ["c = a(x)"]),
        ("c = a(x, b)", ["c = a(b, x)"]),
        ("c = a(x, x)", []),
        ("c = a(x, b, n)", []),
        ("c = a(*x, b)", []),
        ("c = min(a, b)", ["c = max(a, b)"]),
        ("c = a.max()", ["c = a.min()"]),
        ("c = np.maximum(a, b)", ["c = np.minimum(a, b)"]),
        ("c = a.sum()", ["c = a.mean()"]),
        ("c = a.mean()", ["c = a.sum()"]),
        ("c = sum(a)", []),
        ("c = a.argmax()", ["c = a.argmin()"]),
        ("c = np.exp(a)", ["c = a"]),
        ("c = np.log(a)", ["c = a"]),
        ("c = a.exp()", ["c = a"]),
        ("c = np.exp(a, out=a)", []),
        ("c = a[n:]", ["c = a[n + 1:]", "c = a[n - 1:]"]),
        ("c = a[:1]", ["c = a[:2]", "c = a[:0]"]),
        ("c = a[:-1]", ["c = a[:0]", "c = a[:-2]"]),
        ("c = a[:n - 1]", ["c = a[:n + 1]", "c = a[:n - 0]"]),
        ("for i in range(n): pass", ["for i in range(n + 1):", "for i in range(n - 1):"]),
        ("for i in range(1, b): pass", [
            "for i in range(b, 1):", "for i in range(2, b):", "for i in range(0, b):", "for i in range(1, b + 1):",
            "for i in range(1, b - 1):"]),
        ("while a < b: a += n", ["while a <= b:", "while a >= b:", "pass", "a -= n"]),
        ("if a: b[0] = n", ["pass", "b[1] = n"]),
        ("return a", ["return -a"]),
        ("return", []),
    ],
)  # fmt: skip
def test_a_rule_makes_exactly_these(statement: str, expected: list[str]) -> None:
    assert sorted(after(statement)) == sorted(expected)


@pytest.mark.parametrize(
    "text",
    [
        '"""A docstring of 3 words: 1 + 1."""',
        "import numpy as np",
        "from os import path",
        "raise ValueError(f'{a + 1} of', 3 - a)",
        "c = 'a text' + b",
        "c = 'of %d' % b",
        "c = f'{a + 1}'",
        "c: tuple[1 + 1]",
    ],
)
def test_what_cannot_matter_is_left_alone(text: str) -> None:
    assert after(text) == []


def test_a_mutant_knows_its_place_and_the_whole_new_source() -> None:
    source = "class A:\n    def f(self, x):\n        # why\n        return x + 1\n\n\ndef g(x):\n    return x(0)\n"
    first, second, third = mutants(source)
    assert (first.function, first.line, first.before, first.after) == ("A.f", 4, "return x + 1", "return x - 1")
    assert (second.function, second.after) == ("A.f", "return x + 0")
    assert third.source_text == "class A:\n\n    def f(self, x):\n        return x + 1\n\ndef g(x):\n    return x(1)\n"
    assert first.paste() == 'Equivalent("A.f", "return x + 1", "return x - 1", ""),'


def test_no_two_mutants_have_the_same_text() -> None:
    texts = [m.source_text for m in mutants("def f(x):\n    return x.sum(axis=-1, keepdims=True)[1:-1] - -1\n")]
    assert len(texts) == len(set(texts)) > 5


@pytest.mark.parametrize(
    ("calls", "parts", "expected"),
    [
        ("g(x)", (), ["def g(x, n=4):"]),
        ("g(x, 5)", (), []),
        ("g(x, n=5)", (), []),
        ("g(x, 5) + g(x)", (), ["def g(x, n=4):"]),
        ("g(*x)", (), ["def g(x, n=4):"]),
        ("g(x, 5)", ("g",), ["def g(x, n=4):"]),
        ("map(g, x)", (), ["def g(x, n=4):"]),
    ],
)
def test_a_default_counts_where_something_falls_back_on_it(
    calls: str, parts: tuple[str, ...], expected: list[str]
) -> None:
    source = f"def g(x, n=3):\n    return n(x)\n\n\ndef f(x):\n    return {calls}\n"
    assert [m.after for m in mutants(source, parts) if m.function == "g"] == expected


def test_a_sample_is_the_same_each_time_and_in_order() -> None:
    every = mutants("def f(x):\n" + "".join(f"    x = x * {n}\n" for n in range(2, 40)))
    few = kills.sample(every, 10)
    assert len(few) == 10
    assert few == kills.sample(every, 10)
    assert [m for m in every if m in few] == few
    assert kills.sample(every, None) == kills.sample(every, 1000) == every


# --- what a spec makes of them -------------------------------------------------------------------------------------

SPEC = '''
import numpy as np
from harness.spec import Equivalent, Exercise, Limits, Part, case


def inputs(rng, n=4, low=0.5):
    return {"x": low + rng.random(n)}


EXERCISE = Exercise(
    version=1,
    parts=(Part("clipped", inputs, (case("inside"), MORE), oracle=lambda x: np.maximum(x, 0.0) ** 3),),
    limits=Limits(memory_mb=256),
    equivalent=(LISTED),
)
'''  # fmt: skip
REFERENCE = """
import numpy as np


def clipped(x):
    below = x < 0
    y = x * x * x
    y[below] = 0
    return y
"""
GAP = "y[below] = 0"
BOUNDARY = 'Equivalent("clipped", "below = x < 0", "below = x <= 0", "0 cubed is 0 either way"),'


@pytest.fixture(scope="module")
def opened(confinement: None) -> Iterator[Session]:
    with session("numpy") as found:
        yield found


@pytest.fixture
def clipped(made: Callable[..., Shipped]) -> Callable[..., Shipped]:
    def make(more: str = "", listed: str = BOUNDARY, reference: str = REFERENCE) -> Shipped:
        return made("clipped", spec=SPEC.replace("MORE", more).replace("LISTED", listed), reference=reference)

    return make


BELOW = 'case("some below 0", low=-0.5, n=30)'


def test_a_gap_in_a_spec_has_survivors_and_the_case_that_is_missing_has_none(
    clipped: Callable[..., Shipped], opened: Session
) -> None:
    found = kills.score(clipped(), opened)
    assert "pass" in [m.after for m in found.survivors]
    assert {m.before for m in found.survivors} == {GAP}
    assert found.share < kills.ENOUGH
    assert next(found.problems()).startswith(f"{found.killed} of {found.mutants} mutants are caught, ")


def test_the_case_that_was_missing_catches_them_all(clipped: Callable[..., Shipped], opened: Session) -> None:
    found = kills.score(clipped(BELOW), opened)
    assert (found.survivors, found.killed, found.share, list(found.problems())) == ((), found.mutants, 1.0, [])
    assert opened.opened == []


def test_a_mutant_not_listed_as_equivalent_counts(clipped: Callable[..., Shipped], opened: Session) -> None:
    (one,) = kills.score(clipped(BELOW, listed=""), opened).survivors
    assert one.paste().replace('""', '"0 cubed is 0 either way"') == BOUNDARY


def test_an_entry_that_matches_no_mutant_or_a_caught_one_is_told(
    clipped: Callable[..., Shipped], opened: Session
) -> None:
    listed = (
        BOUNDARY
        + 'Equivalent("clipped", "gone = 1", "gone = 2", "long ago"), Equivalent("clipped", "return y", "return -y", "no"),'
    )
    stale, caught = kills.score(clipped(BELOW, listed), opened).problems()
    assert stale == "equivalent: no mutant of clipped makes 'gone = 2' of 'gone = 1'"
    assert caught.startswith("equivalent: 'return -y' in clipped is caught by clipped/")


def test_an_endless_mutant_is_ended_and_counts_as_caught(clipped: Callable[..., Shipped], opened: Session) -> None:
    endless = "def clipped(x):\n    i, y = 0, 1.0\n    while i < 3:\n        i += 1\n        y = y * x.clip(0)\n    return y\n"
    shipped = clipped(BELOW, "", endless)
    (mutant,) = [m for m in mutants(endless, ["clipped"]) if m.after == "pass"]
    with kills.closing_what_it_opens(opened):
        assert kills.Trial(shipped, opened).caught_by(mutant) == "its end (timed out)"


def test_a_reference_that_fails_its_own_spec_has_no_score(clipped: Callable[..., Shipped], opened: Session) -> None:
    with pytest.raises(SpecBroken, match="the reference solution fails clipped/"):
        kills.score(clipped(BELOW, reference=REFERENCE.replace("return y", "return y[:1]")), opened)


def test_lint_shows_survivors_to_paste_and_a_row(clipped: Callable[..., Shipped], opened: Session) -> None:
    shipped = clipped(BELOW, listed="")
    found = lint.Findings("clipped")
    lint._mutants(shipped, opened, found, None, lambda words: None)
    assert found.rows == [("mutants caught", len(mutants(REFERENCE, ["clipped"])), 1)]
    assert found.survivors == ['line 6: Equivalent("clipped", "below = x < 0", "below = x <= 0", ""),']
