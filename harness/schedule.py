"""Which sizes are timed, against what, and for how long: plans made from the spec's timings. Measures nothing."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness import calls, spec
from harness.answer import Source
from harness.catalog import Shipped


@dataclass(frozen=True)
class Plan:
    """What is timed against what: sources by arm, for one timing."""

    timing: spec.Timing
    part: spec.Part
    others: dict[str, str]  # arm name -> how it is called in the report
    sources: dict[str, Source]


def plan(shipped: Shipped, answer: Source, backend: str) -> list[Plan]:
    """The timings of this backend, each with its yardstick and, where the spec names one, the library's call."""
    plans = []
    for timing in shipped.exercise.timings:
        part = shipped.exercise.part(timing.part)
        named = timing.yardstick.get(backend)
        yardstick = shipped.folder / "solutions" / named if named else shipped.reference_for(backend)
        sources = {"answer": answer, "yardstick": as_source(shipped, yardstick.read_text("utf-8"))}
        others = {"yardstick": yardstick.name}
        if is_installed(timing.library.get(backend, "")):
            sources["library"] = as_source(shipped, library_source(part, timing, timing.library[backend]))
            others["library"] = timing.library[backend]
        plans.append(Plan(timing, part, others, sources))
    return plans


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


def flops(one: Plan) -> float:
    return one.timing.cost(itemsize=np.dtype(one.timing.dtype).itemsize, **one.timing.case.params).flops


def shares(sizes: Sequence[float], budget_s: float) -> list[float]:
    """Half of the budget to the largest timing, the rest in equal parts; all of it to an only one."""
    if len(sizes) == 1:
        return [budget_s]
    largest = max(range(len(sizes)), key=sizes.__getitem__)
    return [budget_s / 2 if i == largest else budget_s / 2 / (len(sizes) - 1) for i in range(len(sizes))]
