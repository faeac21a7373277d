"""What an exercise's author writes: parts, cases, oracles, costs, mistakes. Knows no process, no clock, no verdict.

Everything here is a small frozen value. `docs/decisions/` says why the fields are these; contract.md 1 to 4 is
their source. An author imports from this module alone (and numpy; scipy, scikit-learn, networkx, sympy inside functions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass, field
from typing import Any, Protocol

from harness.chance import chi_square
from harness.wire import Rng

__all__ = [
    "FLOAT",
    "Array",
    "AtMost",
    "Ban",
    "Case",
    "Check",
    "Convention",
    "Cost",
    "Equivalent",
    "Exercise",
    "Hidden",
    "Like",
    "Limits",
    "Mistake",
    "Part",
    "Plain",
    "Policy",
    "Property",
    "Rng",
    "Timing",
    "Tolerance",
    "case",
    "chi_square",
    "holds",
]

FLOAT = "the float type under test"
Inputs = dict[str, Any]


class Check(Protocol):
    """What `verify` and a property compare with: it carries the tolerance of the type under test."""

    dtype: str

    def close(self, got: Any, want: Any, what: str, slack: float = 1.0) -> None:
        """Fail with `what` unless max|got - want| <= slack * 64 eps * max(|want|), NaN and inf in the same places."""

    def equal(self, got: Any, want: Any, what: str) -> None:
        """Fail with `what` unless shape and every element agree exactly."""

    def true(self, condition: Any, what: str) -> None:
        """Fail with `what` unless the condition holds."""

    def review(self, condition: Any, what: str) -> None:
        """Ask for a person's look ('needs review'), saying `what`, unless the condition holds."""


# --- what goes in ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hidden:
    """An input that stays with the judge: for `verify`, `p_value`, `exchange` and the forward oracle of a backward."""

    value: Any


@dataclass(frozen=True)
class Case:
    """One drawing of inputs. `params` go to the part's `inputs(rng, **params)`; integers among them are shrunk on failure."""

    name: str
    params: Mapping[str, Any]
    mark: str = "correct"  # or 'robust': stability and edge cases
    why: str = ""
    raises: tuple[str, ...] = ()  # names of exceptions, one of which the answer must raise
    dtypes: tuple[str, ...] | None = None  # None: the part's


def case(
    name: str,
    *,
    mark: str = "correct",
    why: str = "",
    raises: tuple[str, ...] = (),
    dtypes: tuple[str, ...] | None = None,
    **params: Any,
) -> Case:
    """A named drawing: `case("one key", m=1, why="softmax over one score is 1")`."""
    return Case(name, params, mark, why, raises, dtypes)


# --- what must come out ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Array:
    """An array of this dtype (`FLOAT`: the type under test) and shape."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Like:
    """An array of the dtype and shape of the named input."""

    name: str


@dataclass(frozen=True)
class AtMost:
    """A flat uint8 or integer array of unknown length, at most so many bytes."""

    bytes: int
    dtype: str = "int64"


@dataclass(frozen=True)
class Plain:
    """Python values (numbers, str, bytes, lists, tuples, dicts of them), at most so many items in all."""

    type: type | None = None
    at_most: int = 1_000_000


# --- how it is judged -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Property:
    """A sentence about the answer: `check(answer, x, check)`, at most 16 calls; x is drawn with `params`.

    The first line of the function's docstring is the sentence that a learner reads when it is broken.
    """

    check: Callable[[Any, Inputs, Check], None]
    params: Mapping[str, Any] = field(default_factory=dict)
    dtypes: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        return self.check.__name__.replace("_", " ")

    @property
    def sentence(self) -> str:
        return (self.check.__doc__ or self.name).strip().splitlines()[0]


def holds(
    check: Callable[[Any, Inputs, Check], None], *, dtypes: tuple[str, ...] | None = None, **params: Any
) -> Property:
    """A property on inputs drawn with these parameters: `holds(order_of_keys_does_not_matter, m=9)`."""
    return Property(check, params, dtypes)


@dataclass(frozen=True)
class Tolerance:
    """Overrides the error budget of a part: |error| <= relative * max|oracle| + absolute; the reason is shown in lint."""

    relative: float
    reason: str
    absolute: float = 0.0


@dataclass(frozen=True)
class Convention:
    """Another legitimate answer that was not asked for: an answer that matches its oracle is told this name."""

    name: str
    oracle: Callable[..., Any]


@dataclass(frozen=True)
class Part:
    """One function or class of the exercise's signature, graded by itself. Exactly one of oracle, verify, p_value.

    inputs(rng, **case.params) -> dict: floats in float64; the judge casts them to the type under test and gives the
    oracle the same rounded numbers in float64. Keys are the argument names. `Hidden(...)` values never cross.
    oracle(**inputs) -> the right answer. verify(inputs, outputs, check): for answers that are not unique.
    p_value(inputs, outputs) -> float: the chance of outputs at least so strange under the right law; the judge fails
    it below 1e-4 and then below 1e-3 on fresh draws with four times `draws` (a parameter that every case must have).
    exchange(inputs, outputs_so_far) -> dict | None: the next inputs for a `drive` generator, None at the end; then
    `outputs` is the list of what it yielded, one entry for each sending.
    outputs: structure of Array/Like/AtMost/Plain, or a function of the inputs that gives it; None: as the oracle's.
    gradient_of, wrt: this part is the backward of that part for these arguments, one output each; its inputs hold the
    forward's arguments too (as Hidden where the backward does not take them) and the upstream gradient comes first.
    """

    name: str
    inputs: Callable[..., Inputs]
    cases: tuple[Case, ...]
    oracle: Callable[..., Any] | None = None
    verify: Callable[[Inputs, Any, Check], None] | None = None
    p_value: Callable[[Inputs, Any], float] | None = None
    outputs: Any = None
    properties: tuple[Property, ...] = ()
    tolerance: Tolerance | None = None
    conventions: tuple[Convention, ...] = ()
    required: bool = True
    gradient_of: str | None = None
    wrt: tuple[str, ...] = ()
    exchange: Callable[[Inputs, list[Any]], Inputs | None] | None = None
    dtypes: tuple[str, ...] = ("float64", "float32")  # (): nothing floats, run once
    training: bool = False  # slow by nature: lint takes as many seeds as fit in five minutes, at least 20

    @property
    def checks(self) -> tuple[Case | Property, ...]:
        return (*self.cases, *self.properties)

    def types_of(self, check: Case | Property) -> tuple[str | None, ...]:
        """The float types that a check runs in; (None,) where nothing floats."""
        return (check.dtypes if check.dtypes is not None else self.dtypes) or (None,)

    def __post_init__(self) -> None:
        wrapped = tuple(p if isinstance(p, Property) else Property(p) for p in self.properties)
        object.__setattr__(self, "properties", wrapped)


# --- how fast it is, and what it may use ------------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """What one call must do: floating-point operations, and bytes if each array is touched once."""

    flops: float
    bytes_moved: float


@dataclass(frozen=True)
class Timing:
    """A size worth timing. `cost(itemsize=..., **case.params)` models one call.

    yardstick: {backend: file in solutions/}, the fastest shipped one; library: {backend: an expression over the
    argument names}, what people would call instead. fresh: 'window' cuts each call's arrays out of a larger pool and
    scales them by 0.9 to 1.1 (floats only), 'draw' draws each anew where that would break their structure.
    """

    case: Case
    cost: Callable[..., Cost]
    part: str | None = None  # None: the first part
    scaling: str | None = None  # the integer parameter that grows over the five sizes
    yardstick: Mapping[str, str] = field(default_factory=dict)
    library: Mapping[str, str] = field(default_factory=dict)
    fresh: str = "window"
    dtype: str = "float32"
    sizes: tuple[int, ...] = ()  # the smaller ones, where not every integer will do


@dataclass(frozen=True)
class Ban:
    """A call that the exercise is about ('torch.softmax', a whole module 'scipy', a group '@linalg')."""

    name: str
    unless_earned: str | None = None  # the exercise whose passing allows it


@dataclass(frozen=True)
class Policy:
    """banned: names, groups or Ban values; earns: what passing unlocks; uses: exercises whose own answers may be imported."""

    banned: tuple[str | Ban, ...] = ("base",)
    earns: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    backends: tuple[str, ...] = ("numpy",)


@dataclass(frozen=True)
class Limits:
    """What one answer may take. Wall seconds for loading and for one call; memory on top of the imported libraries."""

    load_s: float = 10.0
    call_s: float = 5.0
    total_s: float | None = (
        None  # all calls of one grading; None: 20 times call_s. Without it 75 slow calls took minutes
    )
    memory_mb: int = 2048
    scratch_mb: int = 64
    printed_mb: int = 4


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people really write: an edit of solutions/reference.py (`find` occurs once), or a file.

    caught_by: the name of the case or property that fails on every seed ('part/case' where two parts share a name),
    or of a limit ('call_s').
    """

    name: str
    find: str | None = None
    replace: str | None = None
    caught_by: str = ""
    file: str | None = None


@dataclass(frozen=True)
class Equivalent:
    """A mutant of solutions/reference.py that no check can catch, since it is no other function; `why` says so.

    `harness lint --mutants` prints survivors in this form: function ('Adam.step'), the statement before and after.
    """

    function: str
    before: str
    after: str
    why: str


@dataclass(frozen=True)
class Exercise:
    """One exercise. Its id is the folder's name; an exercise of one part may give that part's fields directly."""

    version: int
    parts: tuple[Part, ...] = ()
    timings: tuple[Timing, ...] = ()
    policy: Policy = Policy()
    limits: Limits = Limits()
    mistakes: tuple[Mistake, ...] = ()
    equivalent: tuple[Equivalent, ...] = ()
    hints: tuple[str, ...] = ()
    data: tuple[str, ...] = ()  # files beside spec.py that the judge reads
    name: InitVar[str | None] = None
    inputs: InitVar[Callable[..., Inputs] | None] = None
    cases: InitVar[tuple[Case, ...]] = ()
    oracle: InitVar[Callable[..., Any] | None] = None
    verify: InitVar[Callable[[Inputs, Any, Check], None] | None] = None
    p_value: InitVar[Callable[[Inputs, Any], float] | None] = None
    outputs: InitVar[Any] = None
    properties: InitVar[tuple[Any, ...]] = ()
    tolerance: InitVar[Tolerance | None] = None
    conventions: InitVar[tuple[Convention, ...]] = ()
    exchange: InitVar[Callable[[Inputs, list[Any]], Inputs | None] | None] = None
    dtypes: InitVar[tuple[str, ...]] = ("float64", "float32")
    training: InitVar[bool] = False

    def __post_init__(
        self, name: str | None, inputs: Any, cases: Any, oracle: Any, verify: Any, p_value: Any, outputs: Any,
        properties: Any, tolerance: Any, conventions: Any, exchange: Any, dtypes: Any, training: Any,
    ) -> None:  # fmt: skip
        if (inputs is None) == (not self.parts):
            raise TypeError("an Exercise has either parts=(Part(...), ...) or one part's fields, not both or neither")
        if inputs is not None:
            part = Part(
                name=name or oracle.__name__, inputs=inputs, cases=cases, oracle=oracle, verify=verify, p_value=p_value,
                outputs=outputs, properties=properties, tolerance=tolerance, conventions=conventions, exchange=exchange,
                dtypes=dtypes, training=training,
            )  # fmt: skip
            object.__setattr__(self, "parts", (part,))

    def part(self, name: str | None) -> Part:
        """The part of that name; None is the first."""
        return self.parts[0] if name is None else next(p for p in self.parts if p.name == name)

    @property
    def trains(self) -> bool:
        return any(part.training for part in self.parts)
