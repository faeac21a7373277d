"""What one grading run found, as data: the schema of reports/*/*.json. Knows nothing of how it was found or of pages.

The frozen dataclasses are the schema: `load` has pydantic check text against them, unknown keys refused; code that
makes or reads a `Report` in memory never imports pydantic.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from tracker.errors import UserError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA = 1
# Share of tokens above which an answer counts as close to a shipped solution. Of the 168 pairs of an answer in another
# style (tests/exercises/answers) and a shipped solution the closest has 0.72, the median 0.55.
CLOSE = 0.8
MAX_CHARACTERS = 20_000_000  # a report is under 40 kB beside the answer's source; what is larger is no report

MOST_FAULTS = 20  # that are told of one report

Mark = Literal["correct", "robust", "gradient", "efficient", "expert"]
MARKS: tuple[Mark, ...] = ("correct", "robust", "gradient", "efficient", "expert")
Backend = Literal["python", "numpy", "torch", "cupy", "triton"]
Sandbox = Literal["process", "namespaces", "gpu", "none"]


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_WRITTEN_YET = "not written yet"
    DID_NOT_LOAD = "did not load"
    USED_A_BANNED_CALL = "used a banned call"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    PROTOCOL_BROKEN = "protocol broken"
    NEEDS_REVIEW = "needs review"
    SPEC_BROKEN = "spec broken"


class _Strict:
    """Read by pydantic when, and only when, text is loaded."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid", "allow_inf_nan": False}


@dataclass(frozen=True)
class Part(_Strict):
    """One function or class of the exercise."""

    verdict: Verdict
    required: bool = True
    message: str = ""


@dataclass(frozen=True)
class Case(_Strict):
    """One check. `error` and `allowed` are in the same unit, null where the check is exact or a property."""

    name: str
    part: str
    dtype: str | None
    kind: Literal["case", "property", "example"]
    mark: Literal["correct", "robust", "gradient"]
    passed: bool
    message: str = ""
    error: float | None = None
    allowed: float | None = None
    inputs_sha256: str | None = None


@dataclass(frozen=True)
class Timing(_Strict):
    """One size against one other. `ratio`: the answer's time over that of `against`, below 1 is faster; null where
    nothing could be measured. `clock`: CPU time as the kernel accounts it; wall time less the time spent waiting for a
    core (several threads); the device's events or the wall, whichever is larger; or (portable mode) the wall. Rates are of the answer."""

    case: str
    part: str
    dtype: str | None
    against: Literal["yardstick", "library"]
    against_name: str
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    verdict: Literal["faster", "slower", "cannot tell"]
    median_ns: int | None
    against_median_ns: int | None
    wall_ratio: float | None = None
    delay_share: float | None = None
    calls_per_block: int = 0
    blocks: int = 0
    processes: int = 0
    stopped: Literal["precision", "budget"] = "budget"
    flops: float | None = None
    bytes: float | None = None
    ratios: tuple[float, ...] = ()
    note: str = ""
    clock: Literal["cpu", "wall less delay", "device", "wall"] = "cpu"
    sets: tuple[int, ...] = ()  # how many of `ratios` each set of processes gave, in order
    gflop_per_s: float | None = None
    gb_per_s: float | None = None
    roof_share: float | None = None  # of what this machine's roof allows at this intensity; null without a roof
    bound: Literal["compute", "memory"] | None = None
    samples_ns: tuple[int, ...] = ()  # a call's time in each block
    against_samples_ns: tuple[int, ...] = ()


@dataclass(frozen=True)
class Point(_Strict):
    """One of the sizes over which a timing was repeated. `used`: false where the overhead was too large a share."""

    size: int
    median_ns: int
    yardstick_ns: int
    ratio: float
    ratio_low: float
    ratio_high: float
    used: bool = True


@dataclass(frozen=True)
class Scaling(_Strict):
    """How the time grows with `parameter`: exponents of a power law, each with its 95% interval.

    `expected` is the exponent of the spec's cost between the smallest and the largest size; `excess` that of the
    ratio of answer to yardstick, 0 where both grow alike."""

    case: str
    part: str
    parameter: str
    points: tuple[Point, ...]
    exponent: float
    exponent_low: float
    exponent_high: float
    yardstick_exponent: float
    expected: float
    excess: float
    excess_low: float
    excess_high: float
    verdict: Literal["as it should", "too fast", "cannot tell"]
    words: str


@dataclass(frozen=True)
class Memory(_Strict):
    """Peak memory of one call beyond what the process held before it: results and temporaries, in bytes."""

    case: str
    part: str
    peak_bytes: int
    yardstick_peak_bytes: int
    io_bytes: float | None = None  # inputs and results, each once


@dataclass(frozen=True)
class Roof(_Strict):
    """What this machine can do, measured here: products of square matrices, and copies (bytes read plus written)."""

    device: str
    threads: int
    gflop_per_s: dict[str, float]  # by dtype
    copy_gb_per_s: dict[str, float]  # 'cache', 'memory'
    measured: str


@dataclass(frozen=True)
class Conditions(_Strict):
    """What went on around the timed processes. Noted, never required to be good."""

    load_1min: float
    delay_share: float  # of the answer's wall time spent ready to run, waiting for a core
    steal_share: float | None = None  # taken by the host of a virtual machine
    governor: str | None = None
    sets: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Failure(_Strict):
    """The lesson of the first failing case; `inputs`, `got`, `expected` are written out, ready to be shown."""

    case: str
    part: str
    dtype: str | None
    sentence: str
    inputs: dict[str, str]
    got: str = ""
    expected: str = ""
    worst: str = ""
    mistake: str | None = None
    reproduce: str = ""
    frames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Machine(_Strict):
    """No name of a user, a host or a path."""

    cpu: str
    cores: int
    ram_gb: float
    system: str


@dataclass(frozen=True)
class Report(_Strict):
    """Everything that is needed to read the verdict and to grade again."""

    exercise: str
    exercise_version: int
    backend: Backend
    device: str
    verdict: Verdict
    message: str
    demo: bool
    demo_verdict: Verdict | None
    parts: dict[str, Part]
    marks: dict[Mark, bool | None]
    mark_notes: dict[Mark, str]
    cases: tuple[Case, ...]
    timings: tuple[Timing, ...]
    seed: str
    seed_given: bool
    sandbox: Sandbox
    protections: tuple[str, ...]
    started: str
    seconds: float
    source: dict[str, str]
    source_hash: str
    spec_hash: str
    harness_version: str
    versions: dict[str, str]
    machine: Machine
    threads: int
    earned: tuple[str, ...]
    similarity: dict[str, float]
    printed: str
    failure: Failure | None
    proven: str
    not_proven: str
    schema: int = SCHEMA
    scalings: tuple[Scaling, ...] = ()
    memory: tuple[Memory, ...] = ()
    roof: Roof | None = None
    conditions: Conditions | None = None
    used: dict[str, str] = field(
        default_factory=dict
    )  # files of other exercises that this one imported, by path below impls/
    libraries: tuple[str, ...] = ()  # thread pools of the timed processes, as threadpoolctl names them

    def __post_init__(self) -> None:
        """These three are printed in lines to paste into a shell."""
        for name, shape in (
            ("exercise", "[a-z][a-z0-9_]*"),
            ("seed", "[0-9a-f]{32}"),
            ("device", "[a-z]+(:[0-9]+)?"),
        ):
            value = getattr(self, name)
            if not re.fullmatch(shape, value):
                raise ValueError(f"{name} {value!r} is not of the form {shape}")


def dump(report: Report) -> str:
    """JSON with sorted keys and a final newline. NaN and infinity, which JSON lacks, become null."""
    return json.dumps(_finite(asdict(report)), sort_keys=True, indent=1, allow_nan=False) + "\n"


def load(text: str) -> Report:
    """The report that `text` holds, upgraded to today's schema. Raises UserError with the faults found."""
    import pydantic  # 60 ms, so only where text comes in

    if len(text) > MAX_CHARACTERS:
        raise UserError(f"this is no report: {len(text):,} characters, more than {MAX_CHARACTERS:,}")
    raw = upgrade(_parse(text))
    try:
        return _reader().validate_json(json.dumps(raw), strict=True)
    except pydantic.ValidationError as error:
        found = error.errors()
        faults = [f"  {'.'.join(map(str, e['loc']))[:200] or 'report'}: {e['msg'][:200]}" for e in found[:MOST_FAULTS]]
        faults += [f"  and {len(found) - MOST_FAULTS} more"] if len(found) > MOST_FAULTS else []
        raise UserError("this report does not fit its schema:\n" + "\n".join(faults), fix=_GRADE_AGAIN) from error


@cache
def _reader() -> TypeAdapter[Report]:
    """Made once: that takes 30 ms, and reading a report two."""
    import pydantic

    return pydantic.TypeAdapter(Report)


_GRADE_AGAIN = "reports are never edited: take the original file, or grade again with `harness run`"

UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}  # {1: _from_1_to_2, ...}: one pure step each


def upgrade(raw: dict[str, Any]) -> dict[str, Any]:
    """A report of any released schema as one of today's. Raises UserError if the schema is missing or unknown."""
    schema = raw.get("schema")
    if type(schema) is not int or not 1 <= schema <= SCHEMA:
        known = "1" if SCHEMA == 1 else f"1 to {SCHEMA}"
        fix = "a newer Scratchmark wrote it: update yours" if type(schema) is int and schema > SCHEMA else _GRADE_AGAIN
        raise UserError(f"this report has the schema {schema!r}; known: {known}", fix=fix)
    for number in range(schema, SCHEMA):
        raw = UPGRADES[number](raw)
    return raw


def _parse(text: str) -> dict[str, Any]:
    try:
        raw = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_int=_no_giant)
    except (ValueError, RecursionError) as error:
        raise UserError(f"this report is no valid JSON: {error}", fix=_GRADE_AGAIN) from error
    if not isinstance(raw, dict):
        raise UserError("this is no report: a report is a JSON object", fix=_GRADE_AGAIN)
    return raw


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_giant(digits: str) -> int:
    """Nothing counted or timed is larger than 64 bits; what is would stop the pages that draw it."""
    number = int(digits)
    if abs(number) >= 2**63:
        raise ValueError("a number has more than 64 bits")
    return number


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
