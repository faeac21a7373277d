"""A failure as a lesson: the smallest input that still fails, got and expected, the likely mistake, a line to paste.

Knows no terminal and no page; what it finds is a `tracker.report.Failure`.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from harness import calls, spec, trials
from harness.catalog import Shipped, SpecBroken
from harness.check import Finding, compare, safe_repr
from harness.driven import Driven, Outcome
from harness.grade import Result
from harness.handle import WorkerEnd
from harness.judge import Judge
from harness.session import Session
from tracker.report import Failure

SHRINK_S = 2.0
REMEMBERED = 2000  # outputs of known mistakes; the inputs of a lesson are small
SHOWN = 60  # elements of an array that are written out in full
PASTE = 700  # characters of a line that somebody would still paste
ALIKE = 1e-3  # a mistake gives 'the same numbers' when they differ by less than this, relative


def explain(one: Judge, results: tuple[Result, ...], session: Session, seed: int) -> Failure | None:
    """The lesson of the failure that teaches most; None where nothing failed."""
    failed = [r for r in results if not r.passed and r.status == "done"]
    if not failed:
        return None
    result = min(failed, key=_teaches_first)
    if result.call is not None and result.kind == "case":
        result = shrink(one, result)
        if _hard_to_read(result):
            result = plain_numbers(one, result)
    mistake = likely_mistake(one, results, result, session)
    return _told(one, result, mistake, seed)


def _teaches_first(result: Result) -> tuple[int, int, str]:
    """Examples that a pencil checks, then ordinary cases, gradients, stability; smaller inputs first."""
    kinds = {"example": 0, "case": 1, "property": 2}
    marks = {"correct": 0, "gradient": 1, "robust": 2}
    size = sum(a.size for a in _arrays(result.call.inputs)) if result.call else 0
    return marks[result.mark] * 3 + kinds[result.kind], size, result.name


# --- a smaller input ------------------------------------------------------------------------------------------


def shrink(one: Judge, result: Result) -> Result:
    """Make integer parameters of the case smaller, one after the other, as long as it still fails in the same way."""
    assert result.call is not None
    part, case, dtype = result.call.part, result.call.check, result.call.dtype
    deadline = time.monotonic() + SHRINK_S
    changed: dict[str, Any] = {}
    progress = True
    while progress and time.monotonic() < deadline:
        progress = False
        for name, value in {**case.params, **changed}.items():
            for smaller in _smaller(value) if name not in ("draws",) else ():
                trial = _fails(one, part, case, dtype, {**changed, name: smaller}, result)
                if trial is not None:
                    changed, result, progress = {**changed, name: smaller}, trial, True
                    break
            if time.monotonic() > deadline:
                break
    return result


def _smaller(value: Any) -> Iterator[int]:
    if isinstance(value, int) and not isinstance(value, bool) and value > 1:
        yield from dict.fromkeys(n for n in (1, 2, 3, value // 2, value - 1) if n < value)


def _fails(
    one: Judge, part: spec.Part, case: Any, dtype: str | None, changed: dict[str, Any], like: Result
) -> Result | None:
    """The same case with other parameters, if it fails there in the same way; None for whatever is no such failure."""
    try:
        trial = one.case(calls.draw(part, case, dtype, one.seed, **changed))
    except (SpecBroken, WorkerEnd, Exception):  # the drawing may not be defined there: then it is no smaller input
        return None
    return trial if _same_kind(trial, like) else None


def _same_kind(trial: Result, like: Result) -> bool:
    if trial.passed or trial.status != "done" or trial.outcome is None or like.outcome is None:
        return False
    return trial.outcome.status == like.outcome.status and trial.outcome.names == like.outcome.names


def _hard_to_read(result: Result) -> bool:
    """Could rounder numbers help, and are the inputs free numbers (nothing Hidden goes with them)?"""
    assert result.call is not None
    inputs = result.call.inputs
    return result.call.part.oracle is not None and not any(isinstance(v, spec.Hidden) for v in inputs.values())


def plain_numbers(one: Judge, result: Result) -> Result:
    """The same shapes with rounder numbers, where these fail too."""
    assert result.call is not None
    for decimals in (0, 1, 2):
        inputs = calls.map_leaves(partial(_rounded, decimals=decimals), result.call.inputs)
        try:
            trial = one.case(replace(result.call, inputs=inputs))
        except (SpecBroken, WorkerEnd):
            return result
        if _same_kind(trial, result):
            return trial
    return result


def _rounded(leaf: Any, decimals: int) -> Any:
    if isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind == "f":
        with np.errstate(all="ignore"):
            return np.asarray(np.round(leaf, decimals) + 0.0, leaf.dtype)  # + 0.0: no -0.
    return leaf


# --- the likely mistake ---------------------------------------------------------------------------------------


def likely_mistake(one: Judge, results: tuple[Result, ...], result: Result, session: Session) -> str | None:
    """The known mistake that gives the same outputs as the answer on this input and on other cases of the part."""
    others = [
        r for r in results if r.part == result.part and r.kind == "case" and r.outcome and r.call and r.status == "done"
    ]
    seen = ([result] if result.call and result.kind == "case" else []) + sorted(others, key=lambda r: r.passed)[:6]
    if not any(not r.passed for r in seen):
        return None
    for mistake in one.shipped.exercise.mistakes:
        with contextlib.closing(Suspect(one.shipped, mistake, session)) as suspect:
            try:
                if all(_alike(r, suspect.again(r)) for r in seen):
                    return mistake.name
            except (WorkerEnd, SpecBroken):
                continue
    return None


class Suspect:
    """A known mistake that may be what the answer did. The session remembers what it gave: all answers of a cohort get
    the same inputs, and opening ten workers for each wrong one took as long as grading it."""

    def __init__(self, shipped: Shipped, mistake: spec.Mistake, session: Session) -> None:
        self.shipped, self.mistake, self.session = shipped, mistake, session
        self.driven: Driven | None = None

    def again(self, result: Result) -> Outcome:
        """What it gives on that result's inputs. Raises WorkerEnd and SpecBroken."""
        assert result.call is not None
        call = result.call
        key = (self.shipped.id, self.mistake.name, call.part.name, call.dtype, calls.inputs_sha256(call.inputs))
        remembered = self.session.remembered
        if key not in remembered:
            while len(remembered) >= REMEMBERED:
                remembered.pop(next(iter(remembered)))
            remembered[key] = self._opened().call(call.part, call.inputs, result.expected, call.dtype)
        return remembered[key]

    def _opened(self) -> Driven:
        if self.driven is None:
            source = trials.mistaken(self.shipped, self.mistake)
            self.driven, loaded = self.session.open(self.shipped, source, ours=True)
            if loaded.status != "done":
                raise SpecBroken(f"the mistake {self.mistake.name!r} does not load: {loaded.words}")
        return self.driven

    def close(self) -> None:
        if self.driven is not None:
            self.session.close(self.driven)


def _alike(result: Result, other: Outcome) -> bool:
    mine = result.outcome
    if mine is None or mine.status != other.status:
        return False
    if mine.status == "raised":
        return mine.names == other.names
    if mine.status == "mismatch":
        return mine.words == other.words
    dtype = result.dtype or "float64"
    return compare(mine.value, _wide(other.value), None, dtype, spec.Tolerance(ALIKE, "alike")) is None


def _wide(value: Any) -> Any:
    return calls.for_oracle({"": value})[""]


# --- in words -------------------------------------------------------------------------------------------------


def _told(one: Judge, result: Result, mistake: str | None, seed: int) -> Failure:
    finding = result.finding or Finding("it fails")
    inputs = calls.crossing(result.call.inputs) if result.call is not None else {}
    sentence = f"{result.sentence.rstrip('.')}: {result.message}" if result.sentence else result.message
    got = expected = worst = ""
    if result.outcome is not None and result.outcome.status == "done":
        if result.kind != "case" and result.expected is not None:  # our function said what is wrong, not where
            finding = compare(result.outcome.value, result.expected, None, result.dtype, None) or finding
        mine, right = _part_of(result.outcome.value, finding.path), _part_of(result.expected, finding.path)
        got, expected = _text(mine), _text(right) if right is not None else ""
        if finding.worst is not None and right is not None and np.shape(mine) == np.shape(right):
            where = f"at {list(finding.worst)}: " if finding.worst else ""
            worst = f"{where}got {_text(np.asarray(mine)[finding.worst])}, expected {_text(np.asarray(right)[finding.worst])}"
    return Failure(
        case=result.name, part=result.part, dtype=result.dtype, sentence=sentence,
        inputs={name: _text(value) for name, value in inputs.items()}, got=got, expected=expected, worst=worst,
        mistake=mistake, reproduce=_reproduce(one, result, inputs, seed),
        frames=result.outcome.frames if result.outcome else (),
    )  # fmt: skip


def _part_of(value: Any, path: str) -> Any:
    """The item of a nested value that a path like '[1]' or \"[0]['w']\" names."""
    import ast

    for step in path.replace("]", "").split("[")[1:]:
        value = value[ast.literal_eval(step)]
    return value


def _text(value: Any) -> str:
    """A value as a person reads it: arrays in full up to 60 elements, floats to 6 digits."""
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        body = np.array2string(array, precision=6, threshold=SHOWN, edgeitems=2, max_line_width=100)
        return body if array.ndim == 0 else f"{body}  ({array.dtype}, shape {array.shape})"
    if isinstance(value, (list, tuple)) and _arrays(value):
        inner = ",\n ".join(_text(v) for v in value[:8])
        return f"[{inner}{', ...' if len(value) > 8 else ''}]"
    text = safe_repr(value)
    return text if len(text) <= 1000 else f"{text[:1000]}... ({len(text):,} characters)"


def _reproduce(one: Judge, result: Result, inputs: dict[str, Any], seed: int) -> str:
    """A line for the shell, in the workspace: the call itself where it is short, else this very case of this seed."""
    exercise = one.shipped.id
    again = f"harness run {exercise} --seed {seed:032x} --case {shlex.quote(f'{result.part}/{result.name}')}"
    backend = one.answer.setting.backend
    if result.kind == "property" or not inputs or one.shipped.drive is not None or backend != "numpy":
        return again if backend == "numpy" else f"{again} --backend {backend}"
    arguments = ", ".join(f"{name}={_code(value)}" for name, value in inputs.items())
    code = f"import numpy as np; from impls.{exercise}.{exercise} import {result.part} as f; print(f({arguments}))"
    return f"python -c {shlex.quote(code)}" if len(code) <= PASTE else again


def _code(value: Any) -> str:
    """Python source that makes this value again, exactly."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return f"np.{value.dtype}({_list(value.item())})"
    if isinstance(value, np.ndarray):
        shape = "" if value.size else f".reshape({value.shape})"
        return f"np.array({_list(value.tolist())}, np.{value.dtype}{'_' if value.dtype == bool else ''}){shape}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_code, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_code(v)}" for k, v in value.items()) + "}"
    return _list(value)


def _list(value: Any) -> str:
    return (
        re.sub(r"(inf|nan)(j?)", lambda m: f"complex(0, np.{m[1]})" if m[2] else f"np.{m[1]}", safe_repr(value))
        if not isinstance(value, (str, bytes))
        else safe_repr(value)
    )


def _arrays(value: Any) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    calls.map_leaves(lambda leaf: found.append(leaf) if isinstance(leaf, np.ndarray) else None, value)
    return found
