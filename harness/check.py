"""Is an output right? Error budgets against a float64 oracle, and the Check that verify and properties use. Pure functions.

The budget of an answer is what a sound implementation in the same type needs: rms and maximum error at most
BUDGET times that of the reference solution, plus FLOOR eps of the output's own size (measuring.md, 2.1). Comparisons
are NaN-safe: a value passes by being close, never by failing to be far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness import spec

BUDGET = 4.0  # docs/decisions/0003-error-budget.md has the measurement over the nine exercises
FLOOR_EPS = 16.0
FAR = 1000.0  # times what is allowed, 4e-12 of the size in float64: what is off by more is no bad luck
WIDE = ("float32", "float64")  # in float16 a thousand times the allowance would be anything
PROPERTY_EPS = 64.0


@dataclass(frozen=True)
class Finding:
    """What is wrong with one output: a sentence, where ('[1]' in a tuple), the worst element, error and allowance."""

    sentence: str
    path: str = ""
    worst: tuple[int, ...] | None = None
    error: float | None = None
    allowed: float | None = None


class Broken(Exception):
    """A property or a verification does not hold; the finding says how."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


class NeedsReview(Exception):
    """Too good or too strange for a machine to decide; the message says why."""


def compare(
    got: Any,
    oracle: Any,
    sound: Any,
    dtype: str | None,
    tolerance: spec.Tolerance | None,
    path: str = "",
    near: Sequence[tuple[Any, Any]] = (),
) -> Finding | None:
    """The first thing wrong with `got`, or None.

    `sound` is the reference solution's output in the same type (or None); `near` are its outputs and the oracle's for
    neighbouring inputs, further draws of its error.
    """
    if isinstance(oracle, (np.ndarray, np.generic)):
        return _compare_arrays(got, np.asarray(oracle), sound, dtype, tolerance, path, near)
    if isinstance(oracle, (list, tuple, dict)):
        if type(got) is not type(oracle) and not (isinstance(got, (list, tuple)) and isinstance(oracle, (list, tuple))):
            return Finding(f"expected {_kind(oracle)}, got {_kind(got)}", path)
        if len(got) != len(oracle):
            return Finding(f"expected {len(oracle)} items, got {len(got)}", path)
        keys = oracle.keys() if isinstance(oracle, dict) else range(len(oracle))
        for key in keys:
            if isinstance(oracle, dict) and key not in got:
                return Finding(f"the key {key!r} is missing", path)
            part = None if sound is None else sound[key]
            around = [(theirs[key], exact[key]) for theirs, exact in near]
            finding = compare(got[key], oracle[key], part, dtype, tolerance, f"{path}[{key!r}]", around)
            if finding is not None:
                return finding
        return None
    if isinstance(oracle, float) and not isinstance(oracle, bool):
        if not isinstance(got, (int, float)) or isinstance(got, bool):
            return Finding(f"expected a float, got {_kind(got)}", path)
        return _compare_arrays(
            np.asarray(got, np.float64), np.asarray(oracle), sound, dtype or "float64", tolerance, path, near
        )
    if type(got) is not type(oracle) or got != oracle:
        return Finding(f"expected {_short(oracle)}, got {_short(got)}", path)
    return None


def allowance(
    oracle: np.ndarray,
    sound: Any,
    dtype: str | None,
    tolerance: spec.Tolerance | None,
    near: Sequence[tuple[Any, Any]] = (),
) -> tuple[float, float]:
    """How large the rms and the maximum error may be; of several draws of the sound error the worst counts."""
    finite = np.asarray(oracle, np.float64)[np.isfinite(oracle)] if oracle.dtype.kind != "c" else np.abs(oracle)
    size_max = float(np.abs(finite).max(initial=0.0))
    if tolerance is not None:
        limit = tolerance.relative * size_max + tolerance.absolute
        return limit, limit
    floor = FLOOR_EPS * float(np.finfo(dtype or "float64").eps)
    size_rms = float(np.sqrt(np.mean(np.square(finite / size_max)))) * size_max if size_max else 0.0
    rms, worst = _errors(np.asarray(sound), oracle)[:2] if sound is not None else (0.0, 0.0)
    rms_allowed, max_allowed = BUDGET * rms + floor * size_rms, BUDGET * worst + floor * size_max
    for theirs, exact in near:
        rms, worst = _errors(np.asarray(theirs), np.asarray(exact))[:2]
        rms_allowed, max_allowed = max(rms_allowed, BUDGET * rms), max(max_allowed, BUDGET * worst)
    return rms_allowed, max_allowed


def is_near(found: Finding, dtype: str | None) -> bool:
    """Is it off by so little that it may be bad luck, the reference's error on this very input being small by chance?"""
    if found.error is None or found.allowed is None or dtype not in WIDE:
        return False
    return found.error <= FAR * found.allowed


def _compare_arrays(
    got: Any,
    oracle: np.ndarray,
    sound: Any,
    dtype: str | None,
    tolerance: spec.Tolerance | None,
    path: str,
    near: Sequence[tuple[Any, Any]] = (),
) -> Finding | None:
    if not isinstance(got, (np.ndarray, np.generic)) or np.shape(got) != oracle.shape:
        return Finding(f"expected shape {oracle.shape}, got {_kind(got)}", path)
    got = np.asarray(got)
    if oracle.dtype.kind not in "fc":
        wrong = got != oracle
        if not wrong.any():
            return None
        first = tuple(int(i) for i in np.argwhere(wrong)[0]) if oracle.ndim else ()
        return Finding(f"{int(wrong.sum())} of {wrong.size} elements are wrong", path, first)
    strange = _strangers(got, oracle)
    if strange is not None:
        return Finding(strange[0], path, strange[1])
    rms_allowed, max_allowed = allowance(oracle, sound, dtype, tolerance, near)
    rms, worst, where = _errors(got, oracle)
    if rms <= rms_allowed and worst <= max_allowed:
        return None
    if worst > max_allowed:
        return Finding(
            f"the largest error is {worst:.2g}, allowed is {max_allowed:.2g}", path, where, worst, max_allowed
        )
    return Finding(f"the typical (rms) error is {rms:.2g}, allowed is {rms_allowed:.2g}", path, where, rms, rms_allowed)


def _strangers(got: np.ndarray, oracle: np.ndarray) -> tuple[str, tuple[int, ...]] | None:
    """NaN and infinities must stand exactly where the oracle has them."""
    for words, same in (
        ("is not a number (nan)", np.isnan(got) == np.isnan(oracle)),
        ("is infinite", np.isinf(got) == np.isinf(oracle)),
        ("is the other infinity", ~np.isinf(oracle) | (got == oracle)),
    ):
        if not np.all(same):
            where = tuple(int(i) for i in np.argwhere(~np.atleast_1d(same))[0]) if oracle.ndim else ()
            if not np.isfinite(got[where]):
                return f"the answer {words} where {_short(oracle[where])} is expected", where
            return f"the answer is {_short(got[where])} where {_short(oracle[where])} is expected", where
    return None


def _errors(got: np.ndarray, oracle: np.ndarray) -> tuple[float, float, tuple[int, ...]]:
    """rms and maximum of |got - oracle| over the finite elements, and where the maximum is."""
    wide = np.complex128 if oracle.dtype.kind == "c" else np.float64
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(np.where(np.isfinite(oracle), got.astype(wide) - oracle, 0.0))
    if error.size == 0:
        return 0.0, 0.0, ()
    where = np.unravel_index(int(np.argmax(error)), error.shape) if error.ndim else ()
    worst = float(error.max())
    rms = worst * float(np.sqrt(np.mean(np.square(error / worst)))) if worst and np.isfinite(worst) else worst
    return rms, worst, tuple(int(i) for i in where)


class Checks:
    """The `check` that a spec's verify and properties get: harness.spec.Check, with the tolerance of one type."""

    def __init__(self, dtype: str, more: Sequence[float] = ()) -> None:
        """`more`: what each `close`, in the order of the calls, allows beyond its tolerance."""
        self.dtype = dtype
        self._more = iter(more)

    def close(self, got: Any, want: Any, what: str, slack: float = 1.0) -> None:
        got, want, more = np.asarray(got), np.asarray(want), next(self._more, 0.0)
        self.true(got.shape == want.shape, f"{what}: shapes {got.shape} and {want.shape} differ")
        if want.dtype.kind not in "fc":
            want = want.astype(np.float64)
        relative = slack * PROPERTY_EPS * float(np.finfo(self.dtype).eps)
        finding = _compare_arrays(got, want, None, self.dtype, spec.Tolerance(relative, "property", more), "")
        if finding is not None:
            raise Broken(Finding(f"{what}: {finding.sentence}", "", finding.worst, finding.error, finding.allowed))

    def equal(self, got: Any, want: Any, what: str) -> None:
        if isinstance(want, (np.ndarray, np.generic)) or isinstance(got, (np.ndarray, np.generic)):
            same = np.shape(got) == np.shape(want) and bool(np.array_equal(got, want, equal_nan=_floats(got, want)))
        else:
            same = type(got) is type(want) and got == want
        self.true(same, what)

    def true(self, condition: Any, what: str) -> None:
        if not np.all(condition):
            raise Broken(Finding(what))

    def review(self, condition: Any, what: str) -> None:
        if not np.all(condition):
            raise NeedsReview(what)


class Distances(Checks):
    """Asks nothing, and notes how far apart the two sides of each `close` are."""

    def __init__(self, dtype: str) -> None:
        super().__init__(dtype)
        self.found: list[float] = []

    def close(self, got: Any, want: Any, what: str, slack: float = 1.0) -> None:
        got, want = np.asarray(got), np.asarray(want)
        alike = got.shape == want.shape and np.array_equal(np.isfinite(got), np.isfinite(want))
        self.found.append(_errors(got, want)[1] if alike else 0.0)

    def equal(self, got: Any, want: Any, what: str) -> None:
        pass

    def true(self, condition: Any, what: str) -> None:
        pass

    def review(self, condition: Any, what: str) -> None:
        pass


def _floats(*values: Any) -> bool:
    return all(np.asarray(v).dtype.kind in "fc" for v in values)


def _kind(value: Any) -> str:
    if isinstance(value, (np.ndarray, np.generic)):
        return f"an array {value.dtype} {np.shape(value)}"
    if isinstance(value, (list, tuple, dict, str, bytes)):
        return f"a {type(value).__name__} of {len(value)}"
    return "None" if value is None else f"{type(value).__name__} {_short(value)}"


def _short(value: Any) -> str:
    text = f"{value:.7g}" if isinstance(value, (float, np.floating)) else safe_repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


def safe_repr(value: Any) -> str:
    """repr, also of what holds an int of more than 4,300 digits, which CPython refuses to write out."""
    try:
        return repr(value)
    except ValueError:
        return f"{type(value).__name__} with an int of thousands of digits"
