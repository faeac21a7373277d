"""Runs every case, property and worked example of an exercise against an answer, and makes the verdict. Times nothing.

The answer and the sound implementation (the reference solution) are two workers; oracle, seed, expected values and
comparison stay here. Whatever an answer does, the result is a `Grade`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, zip_longest
from typing import Any

import numpy as np

from harness import calls, oracle, spec
from harness.catalog import Example, Shipped, SpecBroken
from harness.check import BUDGET, Broken, Checks, Distances, Finding, NeedsReview, compare, is_near
from harness.driven import Driven, Outcome
from harness.grade import Grade, Result, verdict
from harness.handle import WorkerEnd

MAX_PROPERTY_CALLS = 16
_NUMPYS_WORDS = "Not equal to tolerance", "Arrays are not"
ROUGHLY = spec.Tolerance(1e-2, "only to see whose fault an exception in a check is")
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
        self.halves = count()  # each HalfExact has chances of its own

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
        sound = self.reference.call(call.part, call.inputs, expected, call.dtype)
        if sound.status != "done":
            raise SpecBroken(f"the reference solution fails {call.key}: {sound.words}")
        finding = compare(got, expected, sound.value, call.dtype, tolerance)
        if finding is None or not is_near(finding, call.dtype):
            return finding
        return compare(got, expected, sound.value, call.dtype, tolerance, near=list(self._more_draws(call, expected)))

    def _more_draws(self, call: calls.Call, expected: Any) -> Iterator[tuple[Any, Any]]:
        """The reference's and the exact outputs for neighbouring inputs: its error on one is a draw, now and then nil by luck."""
        for inputs in oracle.neighbours(call.inputs, call.dtype or "float64"):
            try:
                exact = oracle.right_answer(call.part, inputs)
            except SpecBroken:
                continue  # no input of the oracle, as probabilities that no longer add up to 1
            theirs = self.reference.call(call.part, inputs, exact, call.dtype)
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
        for nearby in oracle.neighbours(inputs, dtype):
            distances = Distances(dtype)
            with (
                contextlib.suppress(Broken, SpecBroken),
                np.errstate(all="ignore"),
            ):  # neighbours may be no inputs at all
                check.check(HalfExact(sound, part, dtype), nearby, distances)
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


class NotWritten(Exception):
    """A property or example called a part that is not there yet."""


class Proxy:
    """The answer as properties and examples see it: call it, or one of its parts by name. Remembers the last call."""

    def __init__(self, judge: Judge, part: spec.Part, dtype: str | None) -> None:
        self._judge, self._part, self._dtype, self._count = judge, part, dtype, 0
        self.last = calls.Call(part, part.cases[0], dtype, {}, "")
        self.outcome: Outcome | None = None
        self.expected: Any = None
        self.was_wrong = False  # has any call so far returned something else than the oracle says?

    def __call__(self, **inputs: Any) -> Any:
        return self._call(self._part, inputs)

    def again(self) -> None:
        """The same property from its beginning."""
        self._count = 0

    def part(self, name: str, /, **inputs: Any) -> Any:
        return self._call(self._judge.shipped.exercise.part(name), inputs)

    def _call(self, part: spec.Part, inputs: dict[str, Any]) -> Any:
        self._count += 1
        if self._count > MAX_PROPERTY_CALLS:
            raise SpecBroken(f"a property of {part.name} calls the answer more than {MAX_PROPERTY_CALLS} times")
        dtype = self._dtype or (_float_type(inputs) if part.dtypes else None)
        given = calls.cast(inputs, dtype)
        self.last = replace(self.last, part=part, dtype=dtype, inputs=given)
        self.expected = self._right_answer(part, given)
        outcome = self.outcome = self._judge.call(part, given, self.expected, dtype)
        if outcome.status == "not written":
            raise NotWritten
        finding = told(outcome)
        if finding is not None:
            raise Broken(finding)
        if self.expected is not None:
            right = compare(outcome.value, self.expected, None, dtype, ROUGHLY) is None
            self.was_wrong = self.was_wrong or not right
        return outcome.value

    def _right_answer(self, part: spec.Part, given: dict[str, Any]) -> Any:
        """The oracle's; where it cannot digest something wrong that the answer returned before, that is the answer's failure."""
        try:
            return oracle.right_answer(part, given)
        except SpecBroken as error:
            if not self.was_wrong:
                raise
            raise Broken(Finding(f"what it returned before is no input for {part.name}")) from error


class HalfExact(Proxy):
    """Some calls give the reference's output and some the exact one, by chance: what parts the two shows, also where it errs alike."""

    def __init__(self, judge: Judge, part: spec.Part, dtype: str | None) -> None:
        super().__init__(judge, part, dtype)
        self._rng = calls.stream(judge.seed, f"exact/{next(judge.halves)}")

    def _call(self, part: spec.Part, inputs: dict[str, Any]) -> Any:
        value = super()._call(part, inputs)
        if self.expected is None or self._rng.random() < 0.5:
            return value
        return calls.cast({"exact": self.expected}, self.last.dtype)["exact"]


def told(outcome: Outcome) -> Finding | None:
    """What an outcome without a value says in words."""
    if outcome.status == "mismatch":
        return Finding(outcome.words)
    if outcome.status == "raised":
        said = f"{outcome.names[0] if outcome.names else 'an exception'}: {outcome.words}".rstrip(": ")
        return Finding(f"it raised {said}")
    return None


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


def _float_type(inputs: dict[str, Any]) -> str:
    """The float type that an example's arrays have, float64 where none floats."""
    found: list[str] = []

    def leaf(value: Any) -> Any:
        if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f":
            found.append(str(value.dtype))
        return value

    calls.map_leaves(leaf, inputs)
    return found[0] if found else "float64"


def _limit(shipped: Shipped) -> str:
    return f"{shipped.exercise.limits.memory_mb} MB"
