"""Which sizes are timed, against what, and for how long: plans made from the spec's timings. Measures nothing."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness import calls, spec
from harness.answer import Source
from harness.catalog import Shipped

SIZES, DECADES = 5, 1.5  # a series of sizes spans this many decades, the largest being the timing's own


@dataclass(frozen=True)
class Plan:
    """What is timed against what: sources by arm, for one timing at one size."""

    timing: spec.Timing
    part: spec.Part
    others: dict[str, str]  # arm name -> how it is called in the report
    sources: dict[str, Source]
    size: int | None = None  # of the parameter that grows, where this is one of a series
    series: str = ""  # the case of the series' largest size

    @property
    def main(self) -> bool:
        """False: a smaller size, there for the exponent alone."""
        return not self.series or self.timing.case.name == self.series


def plan(shipped: Shipped, answer: Source, backend: str, series: bool = True) -> list[Plan]:
    """The timings of this backend, each with its yardstick, the library's call where the spec names one, and the
    smaller sizes of its series."""
    plans = []
    for timing in shipped.exercise.timings:
        part = shipped.exercise.part(timing.part)
        named = timing.yardstick.get(backend)
        yardstick = shipped.folder / "solutions" / named if named else shipped.reference_for(backend)
        sources = {"answer": answer, "yardstick": as_source(shipped, yardstick.read_text("utf-8"))}
        others = {"yardstick": yardstick.name}
        smaller = [
            Plan(shrunk(timing, size), part, dict(others), dict(sources), size, timing.case.name)
            for size in sizes(timing)[:-1]
        ]
        if is_installed(timing.library.get(backend, "")):
            sources["library"] = as_source(shipped, library_source(part, timing, timing.library[backend]))
            others["library"] = timing.library[backend]
        plans.append(Plan(timing, part, others, sources, size_of(timing), timing.case.name))
        plans += smaller if series else []
    return plans


def size_of(timing: spec.Timing) -> int | None:
    return int(timing.case.params[timing.scaling]) if timing.scaling is not None else None


def sizes(timing: spec.Timing) -> list[int]:
    """The sizes of the series, smallest first: the spec's own, or five in equal steps of the logarithm."""
    largest = size_of(timing)
    if largest is None:
        return []
    steps = [largest / 10 ** (DECADES * (1 - i / (SIZES - 1))) for i in range(SIZES)]
    return sorted({*(timing.sizes or (max(round(step), 1) for step in steps)), largest})


def shrunk(timing: spec.Timing, size: int) -> spec.Timing:
    """The same timing at another size."""
    name = str(timing.scaling)
    case = replace(
        timing.case, name=f"{timing.case.name}: {name} = {size:,}", params={**timing.case.params, name: size}
    )
    return replace(timing, case=case)


def is_installed(expression: str) -> bool:
    """Is the library of that expression here? scipy's softmax is compared with only where scipy is."""
    library = expression.split(".")[0]
    return bool(library) and importlib.util.find_spec(library) is not None


def as_source(shipped: Shipped, text: str) -> Source:
    return Source(shipped.id, f"{shipped.id}.py", {f"{shipped.id}.py": text.encode()})


def library_source(part: spec.Part, timing: spec.Timing, expression: str) -> str:
    """The library's call as an answer: a module with one function of the part's name around our own expression."""
    names = part.inputs(np.random.default_rng(0), **timing.case.params)
    arguments = ", ".join(calls.crossing(names))
    return f"import {expression.split('.')[0]}\n\n\ndef {part.name}({arguments}):\n    return {expression}\n"


def cost(one: Plan) -> spec.Cost:
    return one.timing.cost(itemsize=np.dtype(one.timing.dtype).itemsize, **one.timing.case.params)


def shares(plans: Sequence[Plan]) -> list[float]:
    """Of the time: half to the largest of those that are no smaller size, the rest in equal parts; all to an only one."""
    if len(plans) == 1:
        return [1.0]
    largest = max((i for i, p in enumerate(plans) if p.main), key=lambda i: cost(plans[i]).flops)
    return [0.5 if i == largest else 0.5 / (len(plans) - 1) for i in range(len(plans))]
