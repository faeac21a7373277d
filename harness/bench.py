"""One timing in one set of processes: calibration, blocks, the check of every output, peak memory. Keeps no budget.

In a block each arm, alone awake, makes the same K calls on inputs that nobody has seen before; what it used is read
after it sleeps again. An arm is the answer, another answer, the yardstick, the library's call, or a null that only
copies outputs and is subtracted.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

import numpy as np

from harness import calls, driven, handle, judge, oracle
from harness.arms import JUDGED, Arm
from harness.catalog import Shipped, SpecBroken
from harness.check import Checks, compare
from harness.driven import Outcome
from harness.intervals import median
from harness.proxy import told
from harness.reading import Reading
from harness.samples import Samples
from harness.schedule import Plan
from harness.slots import Slots

BLOCK_NS = 10_000_000  # of the yardstick: 5 to 20 ms is long enough for the overhead, short enough to interleave
LONG_NS = 100_000_000  # a call so long is warm by itself, and a block of it too dear to be thrown away
MOST_CALLS = 1000  # a block
FEWEST_BLOCKS = 2  # a set, beside the one that warms up
IDLE_NS, IDLE_SHARE = 1_000_000, 0.02  # CPU between blocks that is no work
OURS_S = 120.0  # for a block of our own code: a kernel of 5 s on a machine that is busy
PATIENCE = 100  # times the yardstick's time: what takes longer is not timed, but known to be slow
ORACLE_SHARE = 0.15  # of the time spent: an oracle of 200 ms a block would leave nothing for timing
AGREE_EPS = 256  # nearer than this to the yardstick an output is right without asking the oracle


class WrongOutput(Exception):
    """A timed call of the answer's `part` gave a wrong output; the message says which. `arm`: answer or other."""

    def __init__(self, part: str, words: str, arm: str = "answer") -> None:
        super().__init__(words)
        self.part, self.arm = part, arm


class TooSlow(Exception):
    """An answer so slow that nobody waits for its time; the message says how slow. The verdict on values stands."""


class Unfit(Exception):
    """No honest time can be told for this answer; the message says why. The verdict on values stands."""


class Bench:
    """The arenas, the pool of inputs, and the blocks."""

    def __init__(
        self, shipped: Shipped, one: Plan, workers: dict[str, Arm], slots: Slots, rng: np.random.Generator,
        samples: Samples,
    ) -> None:  # fmt: skip
        self.shipped, self.plan, self.arms, self.slots, self.rng = shipped, one, workers, slots, rng
        self.samples = samples
        self.yardstick_ns = median(samples.per_call_ns.get("yardstick", [0.0]))  # a call, as far as it is known

    def close(self) -> None:
        self.slots.close()

    def run(self, seconds: float) -> None:
        """Blocks for so long, calibration included; a few whatever the time."""
        start, samples = time.monotonic(), self.samples
        samples.begin_set()
        calls_per_block = self.warm_up(samples.calls_per_block)
        fewest = 1 if self._is_long() else FEWEST_BLOCKS
        done = 0
        while done < fewest or time.monotonic() - start < seconds:
            samples.add(self.block(), calls_per_block)
            done += 1

    def warm_up(self, known: int) -> int:
        """K, so that a block of the yardstick takes about BLOCK_NS; the same in every set of processes.

        The first block of a layout is never counted: touching its pages made a call of 2 ms look like one of 5.
        """
        if not known:
            known = self.calibrate()
        if self.slots.count != known:
            self.prepare(known)
        if not self._is_long():
            self.block(hidden=False)
        return known

    def calibrate(self) -> int:
        """K from blocks of the yardstick and the null alone: nothing that the answer does can change it."""
        k = 1
        for _ in range(4):
            self.prepare(k)
            self.block(only=("yardstick", "null"))
            block = self.block(only=("yardstick", "null"))
            ns = max(block["yardstick"].ns(self.samples.clock) - block["null"].ns(self.samples.clock), 1)
            self.yardstick_ns = ns / k
            bigger = int(min(k * BLOCK_NS / ns, k * 50, self.slots.most, MOST_CALLS))
            if ns >= BLOCK_NS / 2 or bigger <= k:
                break
            k = bigger
        return k

    def _is_long(self) -> bool:
        return self.yardstick_ns > LONG_NS

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

    def block(self, hidden: bool = True, only: Collection[str] = ()) -> dict[str, Reading]:
        """Fresh inputs, poisoned slots, then each arm alone in random order; every output is checked afterwards.

        hidden: ask the oracle about one slot although answer and yardstick agree. only: these arms, and no check.
        """
        began = time.monotonic()
        self.slots.refill()
        readings: dict[str, Reading] = {}
        values: dict[str, Any] = {}
        order = [name for name in self.arms if not only or name in only]
        self.rng.shuffle(order)
        for name in order:
            readings[name], reply = self._go(self.arms[name])
            self._expect_done(self.arms[name], reply)
            values[name] = reply.get("values")
            if name in JUDGED:
                _refuse_hidden_work(readings[name])
        for name in JUDGED:
            if name in values:
                self._check_outputs(name, values, hidden)
        self.samples.spent_s += time.monotonic() - began
        return readings

    def measure_peaks(self) -> None:
        """Peak memory of one call of each arm but the null, whose pages a call before has touched; its inputs are new."""
        self.prepare(1)
        self.block(hidden=False)
        self.slots.refill()
        for name, arm in self.arms.items():
            if name != "null":
                self.samples.peaks.setdefault(name, []).append(self._peak(arm))

    def _peak(self, arm: Arm) -> int:
        try:
            found, reply = arm.peak_bytes(self._patience_s(arm))
        except handle.WorkerEnd as end:
            raise self._blamed(arm, end) from end
        self._expect_done(arm, reply)
        return found

    def _check_outputs(self, arm: str, values: dict[str, Any], hidden: bool) -> None:
        """Every output of that arm against the yardstick's, one hidden slot against the oracle, which decides."""
        chosen = int(self.rng.integers(self.slots.count))
        ask = hidden and self.samples.oracle_s <= ORACLE_SHARE * self.samples.spent_s
        for slot in range(self.slots.count):
            got = self.slots.output(arm, slot, values[arm])
            want = self.slots.output("yardstick", slot, values["yardstick"])
            unsettled = self.plan.part.verify is not None or not self._agree(got, want)
            if unsettled or (slot == chosen and ask):
                self._ask_oracle(arm, slot, got, want)

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

    def _ask_oracle(self, arm: str, slot: int, got: Any, sound: Any) -> None:
        began = time.monotonic()
        part, dtype = self.plan.part, self.plan.timing.dtype
        inputs = self.slots.inputs_of(slot)
        if part.verify is not None:
            known = calls.for_oracle(inputs, hidden=True)
            finding = judge.attempt(lambda: part.verify(known, got, Checks(dtype)), part)  # type: ignore[misc]
        else:
            expected = oracle.right_answer(part, inputs)
            finding = compare(got, expected, sound, dtype, part.tolerance)
        self.samples.oracle_s += time.monotonic() - began
        if finding is not None:
            raise WrongOutput(part.name, f"a timed call gave a wrong output: {finding.sentence}", arm)

    def _go(self, arm: Arm) -> tuple[Reading, dict[str, Any]]:
        """One block of one arm; the end of any but a judged process is our fault."""
        try:
            return arm.go(self._patience_s(arm))
        except handle.WorkerEnd as end:
            if end.verdict == "timed out" and arm.name in JUDGED and self.yardstick_ns:
                raise TooSlow(f"a call took more than {PATIENCE} times as long as the yardstick's") from end
            raise self._blamed(arm, end) from end

    def _patience_s(self, arm: Arm) -> float:
        """For one block: what an answer is allowed for so many calls, or many times what the yardstick takes."""
        if arm.name not in JUDGED:
            return OURS_S
        calls, allowed_s = self.slots.count, self.shipped.exercise.limits.call_s
        return max(allowed_s * max(calls / 20, 1), PATIENCE * calls * self.yardstick_ns / 1e9) + 1

    def _blamed(self, arm: Arm, end: handle.WorkerEnd) -> Exception:
        if arm.name in JUDGED:
            return end
        return SpecBroken(f"the {arm.name} of {self.plan.timing.case.name}: {end.verdict}, {end.words}")

    def _asked(self, arm: Arm, message: dict[str, Any]) -> None:
        self._expect_done(arm, arm.worker.request(message, handle.START_S, "preparing to be timed"))

    def _expect_done(self, arm: Arm, reply: dict[str, Any]) -> None:
        """A timed call that did not come out is the answer's failure, or ours where it is another arm's."""
        if reply["status"] == "done":
            return
        if arm.name in JUDGED:
            raise WrongOutput(self.plan.part.name, f"in a timed call: {_words(reply)}", arm.name)
        raise SpecBroken(f"the {arm.name} of {self.plan.timing.case.name}: {_words(reply)}")


def _refuse_hidden_work(reading: Reading) -> None:
    if not reading.settled:
        raise Unfit("a thread of it goes on working after its call")
    if reading.idle_ns > max(IDLE_NS, IDLE_SHARE * reading.cpu_ns):
        raise Unfit(f"it worked between calls ({reading.idle_ns / 1e6:.1f} ms of CPU)")


def _words(reply: dict[str, Any]) -> str:
    outcome: Outcome = driven.Driven._outcome(reply, None)
    finding = told(outcome)
    return finding.sentence if finding else outcome.status
