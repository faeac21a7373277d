"""Runs every case, property and worked example of an exercise against an answer, and makes the verdict. Times nothing.

The answer and the sound implementation (the reference solution) are two workers; oracle, seed, expected values and
comparison stay here. Whatever an answer does, the result is a `Grade`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from typing import Any

import numpy as np

from harness import calls, oracle, spec
from harness.catalog import Example, Shipped, SpecBroken
from harness.check import BUDGET, Broken, Checks, Distances, Finding, NeedsReview, compare, is_near
from harness.driven import Driven, Outcome
from harness.grade import Grade, Result, verdict
from harness.handle import WorkerEnd
from harness.proxy import HalfExact, NotWritten, Proxy, told

_NUMPYS_WORDS = "Not equal to tolerance", "Arrays are not"
ALPHA, ALPHA_AGAIN, MORE_DRAWS = 1e-4, 1e-3, 4  # together at most 1e-7 false alarms for a right answer


Progress = Callable[[int, int], None]


def grade(one: Judge, only: str | None = None, progress: Progress = lambda done, total: None) -> Grade:
    """Judge a loaded answer, or only the check of that name ('part/name'). Never raises for an answer's fault."""
    results: list[Result] = []
    order = [item for item in plan(one.shipped, one.seed) if only is None or is_named(item, only)]
    try:
        for number, item in enumerate(order):
            progress(number, len(order))
            one.refuse_to_go_on()
            if item[0].name not in one.unwritten:
                results.append(one.result(*item))
    except WorkerEnd as end:
        return Grade(end.verdict, end.words, tuple(results), tuple(one.unwritten))
    except NeedsReview as error:
        return Grade("needs review", str(error), tuple(results), tuple(one.unwritten))
    results += one.untouched_inputs() if only is None else []
    return verdict(one.shipped.exercise, tuple(results), one.unwritten)


def is_named(item: Item, name: str) -> bool:
    """Is this the check called `name`, or 'part/name'?"""
    return name in (item[1].name, f"{item[0].name}/{item[1].name}")


CheckOf = spec.Case | spec.Property | Example
Item = tuple[spec.Part, CheckOf, str | None]


def plan(shipped: Shipped, seed: int) -> list[Item]:
    """Every check in every type, in an order drawn from the seed."""
    exercise = shipped.exercise
    wanted: list[Item] = [
        (part, check, t) for part in exercise.parts for check in part.checks for t in part.types_of(check)
    ]
    wanted += [(exercise.parts[0], example, None) for example in shipped.examples]
    calls.stream(seed, "order").shuffle(wanted)
    return wanted


class Judge:
    """One answer on one seed, call by call."""

    def __init__(self, shipped: Shipped, answer: Driven, reference: Driven, seed: int) -> None:
        self.shipped, self.answer, self.reference, self.seed = shipped, answer, reference, seed
        self.unwritten: set[str] = set()
        self.began = time.monotonic()
        self.changed: dict[str, set[str]] = {}

    def refuse_to_go_on(self) -> None:
        """Raises WorkerEnd once all calls together took longer than the exercise allows."""
        limits = self.shipped.exercise.limits
        limit = self.answer.setting.patience * (limits.total_s or 20 * limits.call_s)
        if time.monotonic() - self.began > limit:
            raise self.answer.worker.stopped(f"all its calls together took longer than {limit:g} s")

    def result(self, part: spec.Part, check: CheckOf, dtype: str | None) -> Result:
        """Run one check; a part that turns out not to be written is remembered in `unwritten`."""
        if isinstance(check, Example):
            return self._by_function(part, check, None, {}, "correct")
        call = calls.draw(part, check, dtype, self.seed)
        if isinstance(check, spec.Property):
            result = self._by_function(part, check, dtype, call.inputs, "robust")
            return result if result.call else replace(result, call=call)
        return self.case(call)

    def case(self, call: calls.Call) -> Result:
        """Run one case: the oracle here, then the answer, then the comparison."""
        part, check = call.part, call.check
        assert isinstance(check, spec.Case)
        expected = None if check.raises else oracle.right_answer(part, call.inputs)
        outcome = self.call(part, call.inputs, expected, call.dtype)
        blank = Result(
            part.name, check.name, "case", call.dtype, call.mark, True, check.why, None, outcome, call, expected
        )
        if outcome.status == "not written":
            return replace(blank, passed=False, status="not written")
        finding = (
            self._raised(check, outcome) if check.raises else told(outcome) or self._judged(call, outcome, expected)
        )
        return replace(blank, passed=finding is None, finding=finding)

    def call(self, part: spec.Part, inputs: dict[str, Any], expected: Any, dtype: str | None) -> Outcome:
        """One call of the answer; changed inputs and unwritten parts are remembered. Raises WorkerEnd."""
        outcome = self.answer.call(part, inputs, expected, dtype)
        if outcome.status == "not written":
            self.unwritten.add(part.name)
        if outcome.status == "raised" and "MemoryError" in outcome.names:
            raise WorkerEnd(
                "out of memory",
                f"{part.name} asked for more memory than it may have ({_limit(self.shipped)}): {outcome.words}",
            )
        if outcome.changed:
            self.changed.setdefault(part.name, set()).update(outcome.changed)
        return outcome

    def _judged(self, call: calls.Call, outcome: Outcome, expected: Any) -> Finding | None:
        part = call.part
        known = calls.for_oracle(call.inputs, hidden=True)
        if part.verify is not None:
            return attempt(lambda: part.verify(known, outcome.value, Checks(call.dtype or "float64")), part)  # type: ignore[misc]
        if part.p_value is not None:
            return self._statistical(call, outcome)
        finding = self.compare(call, outcome.value, expected)
        return None if finding is None else self._by_convention(call, outcome.value) or finding

    def compare(self, call: calls.Call, got: Any, expected: Any) -> Finding | None:
        """Within the error budget? The sound implementation runs only where the floor alone does not settle it."""
        tolerance = call.part.tolerance
        quick = compare(got, expected, None, call.dtype, tolerance)
        if quick is None or quick.error is None or tolerance is not None:
            return quick
        sound = self._sound(call, call.inputs, expected)
        if sound.status != "done":
            raise SpecBroken(f"the reference solution fails {call.key}: {sound.words}")
        finding = compare(got, expected, sound.value, call.dtype, tolerance)
        if finding is None or not is_near(finding, call.dtype):
            return finding
        return compare(got, expected, sound.value, call.dtype, tolerance, near=list(self._more_draws(call, expected)))

    def _sound(self, call: calls.Call, inputs: dict[str, Any], expected: Any) -> Outcome:
        with _ours(call.key):
            return self.reference.call(call.part, inputs, expected, call.dtype)

    def _more_draws(self, call: calls.Call, expected: Any) -> Iterator[tuple[Any, Any]]:
        """The reference's and the exact outputs for neighbouring inputs: its error on one is a draw, now and then nil by luck."""
        for inputs in oracle.neighbours(call.inputs, call.dtype or "float64"):
            try:
                exact = oracle.right_answer(call.part, inputs)
            except SpecBroken:
                continue  # no input of the oracle, as probabilities that no longer add up to 1
            theirs = self._sound(call, inputs, exact)
            if theirs.status == "done" and oracle.alike(exact, expected):
                yield theirs.value, exact

    def _by_convention(self, call: calls.Call, got: Any) -> Finding | None:
        """Does the answer follow another legitimate convention? Then say its name instead of 'wrong'."""
        for convention in call.part.conventions:
            other = oracle.run(convention.oracle, call.part, call.inputs)
            tolerance = call.part.tolerance or spec.Tolerance(1e-4 if call.dtype == "float32" else 1e-9, "convention")
            if compare(got, other, None, call.dtype, tolerance) is None:
                return Finding(
                    f"this follows another convention ({convention.name}); right in itself, but not what is asked here"
                )
        return None

    def _statistical(self, call: calls.Call, outcome: Outcome) -> Finding | None:
        """Two stages: strange at 1e-4, and again on four times as many fresh draws at 1e-3."""
        p = _p_value(call, outcome)
        if p >= ALPHA:
            return None
        draws = int(call.check.params["draws"]) * MORE_DRAWS
        again = calls.draw(call.part, call.check, call.dtype, self.seed ^ 1, draws=draws)
        second = self.call(call.part, again.inputs, None, call.dtype)
        words = told(second)
        q = 0.0 if words else _p_value(again, second)
        if q >= ALPHA_AGAIN:
            return None
        return words or Finding(
            f"a right answer would draw so strangely with chance {q:.1g} ({draws:,} draws), and {p:.1g} before"
        )

    def _raised(self, check: spec.Case, outcome: Outcome) -> Finding | None:
        wanted = " or ".join(check.raises)
        if outcome.status == "raised" and set(check.raises) & set(outcome.names):
            return None
        got = f"{outcome.names[0]}: {outcome.words}" if outcome.status == "raised" else "no exception"
        return Finding(f"expected {wanted}, got {got}")

    def _by_function(
        self, part: spec.Part, check: spec.Property | Example, dtype: str | None, inputs: dict[str, Any], mark: str
    ) -> Result:
        """A property or a worked example: our function, calling the answer through a proxy."""
        proxy = Proxy(self, part, dtype)
        is_property = isinstance(check, spec.Property)
        kind = "property" if is_property else "example"
        blank = Result(part.name, check.name, kind, dtype, mark, True, check.sentence)
        try:
            if isinstance(check, spec.Property):
                finding = self._held(part, check, dtype, inputs, proxy)
            else:
                finding = attempt(lambda: check.function(proxy), part, proxy)
        except NotWritten:
            return replace(blank, passed=False, status="not written", part=proxy.last.part.name)
        last = proxy.last
        return replace(
            blank, passed=finding is None, finding=finding, part=part.name if is_property else last.part.name,
            call=last if finding else None, outcome=proxy.outcome, expected=proxy.expected,
        )  # fmt: skip

    def _held(
        self, part: spec.Part, check: spec.Property, dtype: str | None, inputs: dict[str, Any], proxy: Proxy
    ) -> Finding | None:
        """Does it hold? What fails by little is asked again with what the reference's two sides fall apart on neighbouring inputs."""
        finding = attempt(lambda: check.check(proxy, inputs, Checks(dtype or "float64")), part, proxy)
        if finding is None or dtype is None or not is_near(finding, dtype):
            return finding
        more = self._apart(part, check, dtype, inputs)
        proxy.again()
        return attempt(lambda: check.check(proxy, inputs, Checks(dtype, more)), part, proxy)

    def _apart(self, part: spec.Part, check: spec.Property, dtype: str, inputs: dict[str, Any]) -> list[float]:
        """For each `close` of a property, in the order of the calls, BUDGET times what the reference's error leaves between its sides."""
        sound, found = Judge(self.shipped, self.reference, self.reference, self.seed), []
        for number, nearby in enumerate(oracle.neighbours(inputs, dtype)):
            distances = Distances(dtype)
            proxy = HalfExact(sound, part, dtype, calls.stream(self.seed, f"half exact/{number}"))
            with _ours(f"{part.name}/{check.name}"), contextlib.suppress(SpecBroken):  # neighbours may be no inputs
                if attempt(partial(check.check, proxy, nearby, distances), part) is None:
                    found.append(distances.found)
        return [BUDGET * max(one) for one in zip_longest(*found, fillvalue=0.0)]

    def untouched_inputs(self) -> list[Result]:
        """One result a part: did every call leave its inputs as they were?"""
        return [self._untouched(part.name) for part in self.shipped.exercise.parts if part.name not in self.unwritten]

    def _untouched(self, part: str) -> Result:
        names = ", ".join(sorted(self.changed.get(part, ())))
        finding = Finding(f"it changed its input {names}; work on a copy") if names else None
        sentence = "a call leaves its inputs as they were"
        return Result(part, "inputs stay untouched", "property", None, "robust", not names, sentence, finding)


@contextlib.contextmanager
def _ours(where: str) -> Iterator[None]:
    """That the reference's worker ends is the exercise's fault, not the answer's."""
    try:
        yield
    except WorkerEnd as end:
        raise SpecBroken(f"the reference solution ends at {where}: {end.words}") from end


def attempt(check: Callable[[], None], part: spec.Part, proxy: Proxy | None = None) -> Finding | None:
    """What a check of ours finds wrong. An exception in it is our fault, unless the answer had returned something wrong to it."""
    try:
        with np.errstate(all="ignore"):
            check()
    except Broken as broken:
        return broken.finding
    except AssertionError as error:
        said = " ".join(str(error).split())[:600]
        by_numpy = not said or said.startswith(_NUMPYS_WORDS)  # the numbers themselves are shown beside it
        return Finding("this worked example does not come out" if by_numpy else said)
    except (NotWritten, NeedsReview, SpecBroken, WorkerEnd):
        raise
    except Exception as error:
        if proxy is not None and proxy.was_wrong:
            return Finding(f"what it returned could not be used ({type(error).__name__}: {error})"[:600])
        raise SpecBroken(f"a check of {part.name} raised {type(error).__name__}: {error}") from error
    return None


def _p_value(call: calls.Call, outcome: Outcome) -> float:
    try:
        return float(call.part.p_value(calls.for_oracle(call.inputs, hidden=True), outcome.value))  # type: ignore[misc]
    except Exception as error:
        raise SpecBroken(f"the test of {call.part.name} raised {type(error).__name__}: {error}") from error


def _limit(shipped: Shipped) -> str:
    return f"{shipped.exercise.limits.memory_mb} MB"
