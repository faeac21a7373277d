"""One run of `harness run`: from an exercise's id to a report. Prints nothing, writes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from harness import answer, calls, fit, judge
from harness.answer import Source
from harness.attempt import Attempt, Request
from harness.catalog import Shipped
from harness.session import session
from tracker import workspace
from tracker.bar import Say
from tracker.errors import UserError
from tracker.report import Report
from tracker.workspace import Workspace


def run(place: Workspace, request: Request, say: Say = lambda what, share: None) -> Report:
    """Grade and time one answer. Raises UserError, and SpecBroken for an exercise that is itself at fault."""
    shipped = Shipped(request.exercise, workspace.exercise_folder(place, request.exercise))
    if request.portable:
        fit.check_portable(request.backend, request.device)
        request = replace(request, sandbox="none")
    else:
        request = replace(request, device=fit.device_for(request.backend, request.device, sandbox=request.sandbox))
    started, began = datetime.now(UTC), time.monotonic()
    with session(request.backend, request.device, sandbox=request.sandbox, portable=request.portable) as opened:
        source = _own_source(place, request)
        demo = request.demo or source is None
        if source is None or request.demo:
            source = _demo_source(shipped, request)
        if request.backend not in shipped.exercise.policy.backends:
            kinds = ", ".join(shipped.exercise.policy.backends)
            raise UserError(
                f"{request.exercise} is not for the backend {request.backend}",
                f"it is for {kinds}: --backend {kinds.split(',')[0]}",
            )
        _check_name(shipped, request.only)
        source = source.using(used(place, shipped, request.backend))
        seed = calls.fresh_seed() if request.seed is None else request.seed  # after the source's bytes are fixed
        attempt = Attempt(shipped, source, opened, request, seed, say)
        attempt.grade()
        attempt.time()
        return attempt.report(demo, started, time.monotonic() - began)


def _check_name(shipped: Shipped, only: str | None) -> None:
    """A name that no check has would grade nothing, and nothing passes. Raises UserError with the nearest name."""
    order = judge.plan(shipped, 0) if only is not None else []
    if only is not None and not any(judge.is_named(item, only) for item in order):
        names = [f"{part.name}/{check.name}" for part, check, _ in order]
        raise UserError(
            f"{shipped.id} has no check called {only!r}",
            workspace.did_you_mean(only, names) or f"one of them is {sorted(names)[0]!r}",
        )


def _own_source(place: Workspace, request: Request) -> Source | None:
    if request.answer is not None:
        return answer.from_path(request.exercise, request.answer, request.backend)
    return answer.from_folder(request.exercise, place.impls / request.exercise, request.backend)


def _demo_source(shipped: Shipped, request: Request) -> Source:
    return answer.from_text(request.exercise, shipped.reference_for(request.backend).read_text("utf-8"))


def used(place: Workspace, shipped: Shipped, backend: str) -> Iterator[Source]:
    """The answers to the exercises that this one may build on: the learner's own, else the shipped reference."""
    for name in shipped.exercise.policy.uses:
        own = answer.from_folder(name, place.impls / name, backend)
        other = Shipped(name, workspace.exercise_folder(place, name))
        yield own or answer.from_text(name, other.reference_for(backend).read_text("utf-8"))
