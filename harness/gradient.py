"""Is a backward's oracle the derivative of its forward's? By central differences, in float64; judges no answer."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from harness import calls, spec

MOST = 1e-5  # relative; a right oracle is below 1e-8 in ordinary cases, a wrong one near 1


def gradient_error(
    part: spec.Part, forward: Callable[..., Any], inputs: dict[str, Any], rng: np.random.Generator
) -> float:
    """How far the backward's oracle is from a central difference of the forward's along a random direction, relative; the worst argument's.

    sum(upstream * (f(x + h v) - f(x - h v))) / 2h against sum(gradient * v), with h = eps^(1/3) (1 + |x|): about 1e-8
    for a right gradient, about 1 for a wrong one.
    """
    known = calls.for_oracle(inputs, hidden=True)
    names = [name for name in inspect.signature(forward).parameters if name in known]
    upstream = known[next(iter(inputs))]
    gradients = part.oracle(**calls.for_oracle(inputs))  # type: ignore[misc]
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    if len(gradients) != len(part.wrt):
        raise ValueError(f"it gives {len(gradients)} gradients for {len(part.wrt)} arguments (wrt={part.wrt})")
    worst = 0.0
    for name, gradient in zip(part.wrt, gradients, strict=True):
        direction = rng.standard_normal(np.shape(known[name]))
        h = np.finfo(np.float64).eps ** (1 / 3) * (1 + float(np.abs(known[name]).max(initial=0.0)))
        ahead, behind = ({**{n: known[n] for n in names}, name: known[name] + s * h * direction} for s in (1, -1))
        numeric = float(np.sum(upstream * (forward(**ahead) - forward(**behind)))) / (2 * h)
        analytic = float(np.sum(gradient * direction))
        scale = float(np.linalg.norm(gradient) * np.linalg.norm(direction))
        error = abs(analytic - numeric) / scale if scale else abs(analytic - numeric)
        worst = error if error > worst or np.isnan(error) else worst
    return worst
