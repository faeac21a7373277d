"""What happens between device calls, against a device that writes down what it is asked and keeps a clock of its own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness import cuda, device, wire, worker

FLUSH_NS, SUM_NS = 50, 3


@dataclass(eq=False)
class Pending:
    """An array on the device whose bytes are there only once its stream has come so far."""

    value: float
    shape: tuple[int, ...] = (1,)


@dataclass
class Fake:
    """A device with streams: work is queued on one of them, and each has its own end of work, in ns."""

    graphs: bool = True
    log: list[str] = field(default_factory=list)
    now: int = 0  # the host's clock
    ends: dict[str, int] = field(default_factory=lambda: {"current": 0})
    used: int = 1000
    policy: str = ""

    def queue(self, ns: int, stream: str = "current") -> int:
        """Work of so many ns behind what that stream has; returns when it will have ended."""
        self.ends[stream] = max(self.ends.get(stream, 0), self.now) + ns
        return self.ends[stream]

    def settle(self) -> None:
        self.policy = "float32"

    def flush(self) -> None:
        self.log.append("flush")
        self.queue(FLUSH_NS)

    def event(self) -> int:
        self.log.append("event")
        return self.queue(0)

    def synchronize(self) -> None:
        self.log.append("synchronize")
        self.now = max(self.now, *self.ends.values())

    def elapsed_ns(self, start: int, end: int) -> int:
        assert end <= self.now, "an event was read before it had happened"
        return end - start

    def checksum(self, outputs: Any) -> tuple[int, ...]:
        self.log.append("checksum")
        assert max(self.ends.values()) <= self.now, "outputs were read while a stream was still working"
        self.now = self.queue(SUM_NS)
        return tuple(hash(a.value) for a in cuda.arrays(outputs, Pending))

    def used_bytes(self) -> int:
        return self.used

    def release(self) -> None:
        self.log.append("release")

    def clock_mhz(self) -> int:
        return 1980

    def capture(self, call: device.Call) -> device.Call | None:
        self.log.append("capture")
        outputs = call()
        return (lambda: (self.log.append("replay"), outputs)[1]) if self.graphs else None


def calls_on(fake: Fake, count: int, ns: int = 10, stream: str = "current") -> list[device.Call]:
    def call(number: int) -> Pending:
        fake.log.append(f"call {number}")
        fake.queue(ns, stream)
        return Pending(number)

    return [lambda n=n: call(n) for n in range(count)]  # type: ignore[misc]


def test_every_call_is_flushed_for_and_lies_between_its_events_and_checksums_follow_the_synchronization() -> None:
    fake = Fake()
    block = device.timed_block(fake, calls_on(fake, 2))
    one = ["flush", "event", "call {}", "event"]
    expected = [step.format(n) for n in (0, 1) for step in one] + ["synchronize", "checksum", "checksum"]
    assert fake.log == expected
    assert [output.value for output in block.outputs] == [0, 1]
    assert block.event_ns == (10, 10)  # neither flush nor checksum
    assert block.null_safe


def test_the_bracket_holds_what_another_stream_does_although_events_do_not_see_it() -> None:
    fake = Fake()
    block = device.timed_block(fake, calls_on(fake, 3, ns=1000, stream="hidden"))
    assert sum(block.event_ns) == 0
    assert fake.now >= 3 * 1000


def test_the_null_arm_pays_for_flush_and_checksums_so_that_the_difference_of_walls_is_the_calls() -> None:
    answer, null = Fake(), Fake()
    device.timed_block(answer, calls_on(answer, 4, ns=10))
    device.timed_block(null, [lambda: Pending(0)] * 4)
    assert answer.now - null.now == 4 * 10
    assert null.now == 4 * (FLUSH_NS + SUM_NS)


def test_graphs_are_captured_first_and_then_replayed() -> None:
    fake = Fake()
    block = device.timed_block(fake, calls_on(fake, 2), graph=True)
    assert fake.log[:4] == ["capture", "call 0", "capture", "call 1"]
    assert fake.log[4:12] == ["flush", "event", "replay", "event"] * 2
    assert [output.value for output in block.outputs] == [0, 1]
    assert not block.null_safe  # the captures lie inside the bracket: only events count


def test_a_call_that_cannot_be_captured_is_called() -> None:
    fake = Fake(graphs=False)
    device.timed_block(fake, calls_on(fake, 1), graph=True)
    assert fake.log[2:] == ["flush", "event", "call 0", "event", "synchronize", "checksum"]


def test_warming_up_compiles_first_and_then_tells_what_one_call_takes() -> None:
    fake = Fake()
    takes = itertools.chain([5000], itertools.repeat(64))  # the first call loads a module

    def call() -> Pending:
        fake.used += next(takes)
        return Pending(0)

    assert device.warm_up(fake, call) == 64
    assert fake.log == ["synchronize", "release", "synchronize"]
    assert fake.policy == "float32"


@dataclass
class Judged:
    """A bench whose slots hold new numbers at every staging, as the judge's arena does."""

    fake: Fake = field(default_factory=Fake)
    seen: list[tuple[float, ...]] = field(default_factory=list)
    numbers: Any = field(default_factory=itertools.count)

    def bench(self, function: Callable[..., Any], graph: bool = False) -> device.Bench:
        def arrive() -> list[dict[str, Any]]:
            self.seen.append((float(next(self.numbers)), float(next(self.numbers))))
            return [{"x": Pending(value)} for value in self.seen[-1]]

        return device.Bench(self.fake, function, arrive, graph=graph)


def test_every_block_works_on_inputs_that_were_staged_for_it() -> None:
    judged = Judged()
    bench = judged.bench(lambda x: Pending(x.value * 2))
    for _ in range(3):
        bench.stage()
        bench.block()
        assert [output.value for output in bench.delivered()] == [2 * value for value in judged.seen[-1]]
    assert len(set(itertools.chain(*judged.seen))) == 6


def test_a_block_without_fresh_inputs_is_refused() -> None:
    bench = Judged().bench(lambda x: Pending(x.value))
    bench.stage()
    bench.block()
    with pytest.raises(RuntimeError, match="stages fresh inputs before every block"):
        bench.block()


def test_warming_up_and_copying_lie_before_the_bracket() -> None:
    judged = Judged()
    bench = judged.bench(lambda x: judged.fake.log.append("call") or Pending(x.value))
    bench.stage()
    assert judged.fake.log == ["call", "synchronize", "release", "call", "synchronize", "synchronize"]
    judged.fake.log.clear()
    bench.block()
    assert judged.fake.log.count("call") == 2
    bench.stage()
    assert judged.fake.log.count("call") == 2  # warm by now


def test_the_precision_that_an_answer_has_set_is_set_back_before_each_block() -> None:
    judged = Judged()
    bench = judged.bench(lambda x: Pending(x.value))
    bench.stage()
    judged.fake.policy = "tf32"
    bench.stage()
    assert judged.fake.policy == "float32"


def test_an_output_that_is_written_to_after_the_bracket_is_told() -> None:
    bench = Judged().bench(lambda x: Pending(x.value))
    bench.stage()
    block = bench.block()
    block.outputs[1].value = 7.5
    with pytest.raises(device.Rewritten, match="changed after its call had ended"):
        bench.delivered()


def test_calls_that_return_one_and_the_same_array_are_told() -> None:
    shared = Pending(1.0)
    bench = Judged().bench(lambda x: (shared, shared))
    bench.stage()
    bench.block()
    with pytest.raises(device.Rewritten, match="the same array"):
        bench.delivered()


def test_a_block_as_the_judge_reads_it() -> None:
    block = device.DeviceBlock((), (10, 12), (), True, 4096, None)
    assert wire.decode(wire.encode(block.to_wire())) == {
        "event_ns": 22, "null_safe": True, "peak_bytes": 4096, "clock_mhz": None,
    }  # fmt: skip


def test_only_cuda_opens_a_device() -> None:
    assert [cuda.open_device(name, "cpu") for name in ("numpy", "torch", "triton")] == [None] * 3
    assert cuda.open_device("numpy", "cuda") is None


# --- the worker's requests ----------------------------------------------------------------------------------------


class HostFake(Fake):
    """A device whose arrays are NumPy's, so that a whole session runs on it."""

    def checksum(self, outputs: Any) -> tuple[int, ...]:
        super().checksum(())
        return tuple(hash(a.tobytes()) for a in cuda.arrays(outputs, np.ndarray))


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A worker's session with two slots of two float64 and the answer `double`, on the fake device."""
    served = worker.Session(None)  # type: ignore[arg-type]
    monkeypatch.setattr(cuda, "open_device", lambda *_: HostFake())
    served.backend, served.kind = worker.backend("numpy", "cpu"), ("torch", "cuda")
    served.answer = SimpleNamespace(double=lambda x: x * 2)  # type: ignore[assignment]
    inputs, outputs = wire.Arena.create(4096, "inputs"), wire.Arena.create(4096, "outputs")
    sizes = {"in_bytes": 4096, "out_bytes": 4096, "in_writable": True, "paths": []}
    served.attach(sizes, [os.dup(inputs.fd), os.dup(outputs.fd)])
    yield SimpleNamespace(served=served, inputs=inputs, outputs=outputs)
    inputs.close()
    outputs.close()


REFS = [wire.ArrayRef(offset, "float64", (2,)) for offset in (0, 64)]


def prepared(session: Any, *, null: bool) -> Any:
    message = {"part": "double", "null": null, "constants": {}, "slots": [{"x": ref} for ref in REFS], "expect": REFS}
    assert session.served.prepare(message, []) == {"status": "done"}
    return session.served


def test_on_a_device_a_block_tells_times_and_its_outputs_come_afterwards(session: Any) -> None:
    served = prepared(session, null=False)
    for number in (1.0, 5.0):
        for ref in REFS:
            session.inputs.view(ref)[...] = number + ref.offset
        served.stage({}, [])
        reply = served.block({}, [])
        assert reply["values"] is None
        assert reply["device"]["event_ns"] == 0
        assert reply["device"]["clock_mhz"] == 1980
        assert served.deliver({}, []) == {"status": "done", "values": REFS}
        for ref in REFS:
            assert (session.outputs.view(ref) == 2 * (number + ref.offset)).all()


def test_the_null_arm_has_an_output_for_each_call_else_its_checksums_would_find_them_in_the_cache(session: Any) -> None:
    served = prepared(session, null=True)
    served.stage({}, [])
    served.block({}, [])
    assert len({id(output) for output in served.bench.done.outputs}) == len(REFS)
    assert served.deliver({}, []) == {"status": "done", "values": None}
