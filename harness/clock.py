"""How long an answer takes, as a ratio that can be believed (contract.md, 6): rounds of fresh processes in a budget.

Each round has a set of processes of its own, and all timings take their turn in it. Where a process lies in memory
moved the ratio of a file to itself by 2% (one standard deviation; docs/decisions/0013), and nothing but another set
averages that; so rounds are many and short, and a set counts as one value. Judges values only to keep times honest.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness import arms, calls, oracle, portable, process
from harness.arms import Arm
from harness.backends import backend
from harness.bench import Bench, TooSlow, Unfit, WrongOutput
from harness.catalog import Shipped
from harness.driven import Setting
from harness.rooms import Rooms
from harness.samples import Samples, Timed
from harness.schedule import Plan, cost, shares
from harness.slots import Slots

__all__ = ["Measured", "TooSlow", "Unfit", "WrongOutput", "measure"]

ROUNDS = 16  # that a budget is cut into; there are fewer where one takes longer than that, and at least FEWEST_ROUNDS
FEWEST_ROUNDS = 3
TOO_GOOD = 0.1  # ten times faster than the fastest shipped solution: a person must look (measuring.md, C18)


@dataclass(frozen=True)
class Measured:
    """Every comparison of every plan, and how it was come by."""

    timed: tuple[Timed, ...]
    sets: int
    seconds: float


def measure(
    shipped: Shipped,
    plans: Sequence[Plan],
    setting: Setting,
    seed: int,
    budget_s: float,
    progress: Callable[[float], None] = lambda share: None,
    is_enough: Callable[[Sequence[Samples]], bool] = lambda samples: False,
) -> Measured:
    """Time every plan within the budget, which starting processes counts into. Raises WrongOutput, Unfit, WorkerEnd.

    Stops before the budget is used once every ratio is known to a hundredth, or `is_enough` says so.
    """
    start = time.monotonic()
    samples = [Samples(clock=clock_for(setting)) for _ in plans]
    drawn = [calls.draw(p.part, p.timing.case, p.timing.dtype, seed) for p in plans]
    expected = [oracle.right_answer(p.part, call.inputs) for p, call in zip(plans, drawn, strict=True)]
    done, longest, precise = 0, 0.0, False
    while done < FEWEST_ROUNDS or (time.monotonic() - start + longest < budget_s and not precise):
        began = time.monotonic()
        turn = Round(shipped, plans, setting, seed, done, began + budget_s / ROUNDS)
        turn.run(drawn, expected, samples, lambda share, done=done: progress(_share(start, budget_s, done, share)))  # type: ignore[misc]
        longest, done = max(longest, time.monotonic() - began), done + 1
        precise = all(s.is_precise(p.others) for p, s in zip(plans, samples, strict=True)) or is_enough(samples)
    stopped = "precision" if precise else "budget"
    found = tuple(t for p, s in zip(plans, samples, strict=True) for t in timed(p, s, stopped))
    return Measured(found, done, time.monotonic() - start)


def clock_for(setting: Setting) -> str:
    """CPU time says nothing of what several threads, or a device, do at once."""
    if setting.portable:
        return "wall"
    if setting.device == "cuda":
        return "device"
    return "cpu" if setting.threads == 1 else "wall less delay"


def timed(one: Plan, samples: Samples, stopped: str) -> Iterator[Timed]:
    """The comparisons of one plan; a smaller size that is too short to be timed has none."""
    if not samples.sets:
        if one.main:
            raise Unfit("its calls are so short that the overhead hides them")
        return
    model = cost(one)
    for against, name in one.others.items():
        yield Timed(
            one.timing.case.name, one.part.name, one.timing.dtype, against, name, samples, stopped, float(model.flops),
            float(model.bytes_moved), one.timing.scaling, one.size, one.series,
        )  # fmt: skip


def _share(start: float, budget_s: float, done: int, share: float) -> float:
    """Of the work, for a bar: the time used, or the rounds that must be, whichever is less far."""
    return min((time.monotonic() - start) / budget_s, (done + share) / FEWEST_ROUNDS, 1.0)


@dataclass(frozen=True)
class Round:
    """One set of processes, and the turn of every plan in it until the deadline."""

    shipped: Shipped
    plans: Sequence[Plan]
    setting: Setting
    seed: int
    number: int
    deadline: float

    def run(
        self, drawn: Sequence[calls.Call], expected: Sequence[object], samples: Sequence[Samples],
        progress: Callable[[float], None],
    ) -> None:  # fmt: skip
        weights = shares(self.plans)
        with self._processes() as workers:
            for index, one in enumerate(self.plans):
                rng = calls.stream(self.seed, f"timing/{one.part.name}/{one.timing.case.name}/set {self.number}")
                seconds = (self.deadline - time.monotonic()) * weights[index] / sum(weights[index:])
                slots = Slots(drawn[index], expected[index], one.timing, rng, self.setting)
                bench = Bench(self.shipped, one, workers[index], slots, rng, samples[index])
                with contextlib.closing(bench):
                    bench.run(seconds)
                    seen = self.setting.device == "cpu" and not self.setting.portable
                    if one.main and self.number == 0 and seen:  # a peak hardly varies
                        bench.measure_peaks()
                progress((index + 1) / len(self.plans))

    @contextlib.contextmanager
    def _processes(self) -> Iterator[list[dict[str, Arm]]]:
        """One process for each different source, and the null, for all plans; by arm name for each plan."""
        plans, setting = self.plans, self.setting
        wanted = {f"{name} {source.hash}": (name, source) for p in plans for name, source in p.sources.items()}
        wanted["null"] = ("null", plans[0].sources["yardstick"])
        with contextlib.ExitStack() as stack:
            imports = backend(setting.backend, setting.device).imports
            zygote = None
            if setting.device == "cpu" and not setting.portable:
                zygote = stack.enter_context(process.Zygote(imports, setting.threads))
            rooms = Rooms(setting.workshop, imports, threads=setting.threads)
            stack.callback(rooms.close)
            if setting.portable:
                opened = portable.start(self.shipped, wanted, setting)
            else:
                opened = arms.start(self.shipped, wanted, setting, zygote, rooms)
            for arm in opened.values():
                stack.callback(arm.worker.close)
            yield [
                {name: opened[f"{name} {s.hash}"] for name, s in p.sources.items()} | {"null": opened["null"]}
                for p in plans
            ]
