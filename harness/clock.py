"""How long an answer takes, as a ratio that can be believed (contract.md, 6). Judges values only to keep the times honest.

Arms (the answer, the yardstick, a null that only copies outputs, the library's call) are separate processes over one
sealed input arena. In a block each arm, alone awake, makes the same K calls on inputs that nobody has seen before;
its CPU time is read from the kernel after it sleeps again. One ratio a block, null subtracted; three sets of freshly
spawned processes are pooled, since identical code in fresh processes differed by up to 5% (measuring.md, 1.1, C2).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from harness import arms, calls, driven, handle, judge
from harness.arms import Arm
from harness.catalog import Shipped, SpecBroken
from harness.check import Checks, compare
from harness.driven import Outcome, Setting
from harness.samples import FEWEST_BLOCKS, Samples, Timed
from harness.schedule import Plan, flops, shares

PROCESS_SETS = 3
BLOCK_NS = 10_000_000  # of the yardstick: 5 to 20 ms is long enough for the overhead, short enough to interleave
MOST_CALLS = 1000  # a block
IDLE_NS, IDLE_SHARE = 1_000_000, 0.02  # CPU between blocks that is no work
ORACLE_SHARE = 0.25  # of the time spent: an oracle of 200 ms a block would leave nothing for timing
AGREE_EPS = 256  # nearer than this to the yardstick an output is right without asking the oracle
TOO_GOOD = 0.1  # ten times faster than the fastest shipped solution: a person must look (measuring.md, C18)


class WrongOutput(Exception):
    """A timed call of the answer's `part` gave a wrong output; the message says which."""

    def __init__(self, part: str, words: str) -> None:
        super().__init__(words)
        self.part = part


class Unfit(Exception):
    """No honest time can be told for this answer; the message says why. The verdict on values stands."""


def measure(
    shipped: Shipped,
    plans: Sequence[Plan],
    setting: Setting,
    seed: int,
    budget_s: float,
    progress: Callable[[float], None] = lambda share: None,
) -> list[Timed]:
    """Time every plan within the budget, which starting processes counts into. Raises WrongOutput, Unfit, WorkerEnd."""
    deadline = time.monotonic() + budget_s
    samples = [Samples() for _ in plans]
    weights = shares([flops(p) for p in plans], 1.0)
    calls_drawn = [calls.draw(p.part, p.timing.case, p.timing.dtype, seed) for p in plans]
    expected = [judge.right_answer(p.part, call.inputs) for p, call in zip(plans, calls_drawn, strict=True)]
    for number in range(PROCESS_SETS):
        with _processes(shipped, plans, setting) as workers:
            for index, one in enumerate(plans):
                rng = calls.stream(seed, f"timing/{one.part.name}/{one.timing.case.name}/set {number}")
                to_come = sum(weights[index:]) + (PROCESS_SETS - 1 - number)
                seconds = (deadline - time.monotonic()) * weights[index] / to_come
                slots = arms.Slots(calls_drawn[index], expected[index], one.timing, rng)
                with contextlib.closing(Bench(shipped, one, workers[index], slots, rng, samples[index])) as bench:
                    bench.run(seconds)
                progress((number + (index + 1) / len(plans)) / PROCESS_SETS)
    return [t for p, s in zip(plans, samples, strict=True) for t in _timed(p, s)]


def _timed(one: Plan, samples: Samples) -> Iterator[Timed]:
    if not samples.ratios:
        raise Unfit("its calls are so short that the overhead hides them")
    cost = one.timing.cost(itemsize=np.dtype(one.timing.dtype).itemsize, **one.timing.case.params)
    stopped = "precision" if samples.precise else "budget"
    for against, name in one.others.items():
        yield Timed(one.timing, one.part.name, against, name, samples, stopped, cost)


@contextlib.contextmanager
def _processes(shipped: Shipped, plans: Sequence[Plan], setting: Setting) -> Iterator[list[dict[str, Arm]]]:
    """A set of fresh processes: one for each different source, and the null, for all plans; by arm name for each plan."""
    wanted = {f"{name} {source.hash}": (name, source) for p in plans for name, source in p.sources.items()}
    opened = arms.start(shipped, wanted | {"null": ("null", plans[0].sources["yardstick"])}, setting)
    try:
        null = {"null": opened["null"]}
        yield [{name: opened[f"{name} {s.hash}"] for name, s in p.sources.items()} | null for p in plans]
    finally:
        for arm in opened.values():
            arm.worker.close()


class Bench:
    """One timing in one set of processes: the arenas, the pool of inputs, and the blocks."""

    def __init__(
        self, shipped: Shipped, one: Plan, workers: dict[str, Arm], slots: arms.Slots, rng: np.random.Generator,
        samples: Samples,
    ) -> None:  # fmt: skip
        self.shipped, self.plan, self.arms, self.slots, self.rng = shipped, one, workers, slots, rng
        self.samples = samples

    def close(self) -> None:
        self.slots.close()

    def run(self, budget_s: float) -> None:
        """Blocks until the interval is narrow or the budget is used, calibration included."""
        start, samples = time.monotonic(), self.samples
        calls_per_block = self.calibrate(samples.calls_per_block)
        before, blocks = len(samples.null_share), 0
        while blocks < FEWEST_BLOCKS // PROCESS_SETS + 1 or time.monotonic() - start < budget_s:
            samples.add(self.block(), calls_per_block)
            blocks += 1
            if blocks > FEWEST_BLOCKS and len(samples.null_share) > before and samples.precise:
                break

    def calibrate(self, known: int) -> int:
        """K, so that a block of the yardstick takes about BLOCK_NS; the same in every set of processes. Also warms up.

        The first block of a layout is never counted: touching its pages made a call of 2 ms look like one of 5.
        """
        k = known or 1
        for _ in range(4):
            self.prepare(k)
            self.block()
            if known:
                break
            block = self.block()
            ns = max(block["yardstick"].cpu_ns - block["null"].cpu_ns, 1)
            bigger = int(min(k * BLOCK_NS / ns, k * 50, self.slots.most, MOST_CALLS))
            if ns >= BLOCK_NS / 2 or bigger <= k:
                break
            k = bigger
        if self.slots.count != k:
            self.prepare(k)
            self.block()
        return k

    def prepare(self, k: int) -> None:
        """Lay out K slots and have every arm make its views of them; then all stand still."""
        self.slots.lay_out(k, list(self.arms))
        for name, arm in self.arms.items():
            arm.wake()
            driven.attach(arm.worker, self.slots.inputs, self.slots.outputs[name], in_writable=False)
            self._asked(
                arm, {"op": "prepare", "part": self.plan.part.name, "null": name == "null", **self.slots.message()}
            )
            arm.freeze()

    def block(self) -> dict[str, arms.Reading]:
        """Fresh inputs, poisoned slots, then each arm alone in random order; every output is checked afterwards."""
        began = time.monotonic()
        self.slots.refill()
        readings: dict[str, arms.Reading] = {}
        values: dict[str, Any] = {}
        order = list(self.arms)
        self.rng.shuffle(order)
        for name in order:
            arm = self.arms[name]
            readings[name], reply = self._go(arm)
            self._expect_done(arm, reply)
            values[name] = reply.get("values")
            if name == "answer" and not readings[name].settled:
                raise Unfit("a thread of it goes on working after its call")
            if name == "answer" and readings[name].idle_ns > max(IDLE_NS, IDLE_SHARE * readings[name].cpu_ns):
                raise Unfit(f"it worked between calls ({readings[name].idle_ns / 1e6:.1f} ms of CPU)")
        self._check_outputs(values)
        self.samples.spent_s += time.monotonic() - began
        return readings

    def _check_outputs(self, values: dict[str, Any]) -> None:
        """Every output of the answer against the yardstick's, one hidden slot against the oracle, which decides."""
        hidden = int(self.rng.integers(self.slots.count))
        affordable = self.samples.oracle_s <= ORACLE_SHARE * self.samples.spent_s
        for slot in range(self.slots.count):
            got = self.slots.output("answer", slot, values["answer"])
            want = self.slots.output("yardstick", slot, values["yardstick"])
            unsettled = self.plan.part.verify is not None or not self._agree(got, want)
            if unsettled or (slot == hidden and affordable):
                self._ask_oracle(slot, got, want)

    def _agree(self, got: Any, want: Any) -> bool:
        """Close enough that the oracle need not be asked; in the type itself, as this runs K times a block."""
        if isinstance(want, np.ndarray) and want.dtype.kind == "f":
            with np.errstate(invalid="ignore", over="ignore"):
                most = float(np.abs(got - want).max(initial=0.0))
                return most <= AGREE_EPS * float(np.finfo(want.dtype).eps) * float(np.abs(want).max(initial=0.0))
        if isinstance(want, np.ndarray):
            return bool(np.array_equal(got, want))
        if isinstance(want, (list, tuple)):
            return len(got) == len(want) and all(map(self._agree, got, want))
        return type(got) is type(want) and bool(got == want)

    def _ask_oracle(self, slot: int, got: Any, sound: Any) -> None:
        began = time.monotonic()
        part, dtype = self.plan.part, self.plan.timing.dtype
        inputs = self.slots.inputs_of(slot)
        if part.verify is not None:
            known = calls.for_oracle(inputs, hidden=True)
            finding = judge.attempt(lambda: part.verify(known, got, Checks(dtype)), part)  # type: ignore[misc]
        else:
            expected = judge.run_oracle(part.oracle, part, inputs)  # type: ignore[arg-type]
            finding = compare(got, expected, sound, dtype, part.tolerance)
        self.samples.oracle_s += time.monotonic() - began
        if finding is not None:
            raise WrongOutput(part.name, f"a timed call gave a wrong output: {finding.sentence}")

    def _go(self, arm: Arm) -> tuple[arms.Reading, dict[str, Any]]:
        """One block of one arm; the end of any but the answer's process is our fault."""
        try:
            return arm.go(self.shipped.exercise.limits.call_s * max(self.slots.count / 20, 1) + 1)
        except handle.WorkerEnd as end:
            if arm.name == "answer":
                raise
            raise SpecBroken(f"the {arm.name} of {self.plan.timing.case.name}: {end.verdict}, {end.words}") from end

    def _asked(self, arm: Arm, message: dict[str, Any]) -> None:
        self._expect_done(arm, arm.worker.request(message, handle.START_S, "preparing to be timed"))

    def _expect_done(self, arm: Arm, reply: dict[str, Any]) -> None:
        """A timed call that did not come out is the answer's failure, or ours where it is another arm's."""
        if reply["status"] == "done":
            return
        if arm.name == "answer":
            raise WrongOutput(self.plan.part.name, f"in a timed call: {_words(reply)}")
        raise SpecBroken(f"the {arm.name} of {self.plan.timing.case.name}: {_words(reply)}")


def _words(reply: dict[str, Any]) -> str:
    outcome: Outcome = driven.Driven._outcome(reply, None)
    finding = judge.told(outcome)
    return finding.sentence if finding else outcome.status
