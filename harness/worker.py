"""Runs the learner's code and nothing else: one request in, one reply out. Knows no spec, no expected value, no seed.

The judge speaks first: {'box', 'imports'} confines the process, then 'load', then calls. A request carries a number
that its reply repeats. Whatever the learner's code prints goes to a pipe that nobody parses.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import itertools
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Generator
from types import ModuleType
from typing import Any

import numpy as np

from harness import confine, cuda, device, tracing, wire
from harness.backends import Backend, backend, describe
from harness.plain import Mismatch, plain, told

Message = dict[str, Any]
UNWRITTEN = "not written"


Channel = socket.socket | wire.Pipes


def main(channel: Channel) -> None:
    """Confine this process, then answer requests until the judge hangs up."""
    first, _ = _receive(channel)
    box = confine.Box.from_wire(first["box"]) if first["box"] is not None else None
    try:
        protections = confine.confine(box) if box is not None else []
    except confine.ConfinementError as error:
        _send(channel, {"seq": 0, "status": "unconfined", "message": str(error)})
        return
    if box is not None:
        os.chdir(box.scratch)
        os.environ.update(HOME=box.scratch, TMPDIR=box.scratch)
        tempfile.tempdir = None  # an import in the zygote may have settled on another folder
    for name in first["imports"]:
        importlib.import_module(name)
    if box is not None:
        confine.limit_memory(box.memory_bytes)
    gc.collect()
    gc.freeze()
    _send(channel, {"seq": 0, "status": "ready", "protections": protections})
    Session(channel).serve()


class Session:
    """One learner's answer: its module, its arenas, and the call that is in progress if `drive` is a generator."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.answer: ModuleType | None = None
        self.drive: dict[str, Any] = {}
        self.tracer: tracing.Tracer | None = None
        self.running: Generator[Any, Any, Any] | None = None
        self.prepared: Callable[[], Message] | None = None
        self.opened: device.Device | None = None  # where answers do not run on the CPU
        self.bench: device.Bench | None = None

    def serve(self) -> None:
        steps = {
            "attach": self.attach, "load": self.load, "call": self.call, "resume": self.resume,
            "prepare": self.prepare, "block": self.block, "stage": self.stage, "deliver": self.deliver,
            "settle": self.settle, "pools": self.pools, "traced": self.traced,
        }  # fmt: skip
        while True:
            try:
                message, fds = _receive(self.channel)
            except EOFError:
                return
            try:
                reply = steps[message["op"]](message, fds)
            except (Mismatch, device.Rewritten) as error:
                reply = {"status": "mismatch", "message": str(error)}
            except NotImplementedError as error:
                reply = {"status": UNWRITTEN, "message": str(error)[:500]}
            except BaseException as error:  # SystemExit and KeyboardInterrupt too: they are the answer's
                reply = {"status": "raised", **told(error, getattr(self, "root", ""))}
            _flush()
            try:
                _send(self.channel, {"seq": message["seq"], **reply})
            except wire.WireError as error:  # half a character, too deep, too much
                _send(self.channel, {"seq": message["seq"], "status": "mismatch", "message": str(error)})

    def attach(self, message: Message, fds: list[int]) -> Message:
        """Map the judge's arenas, in place of those mapped before."""
        if message["paths"]:
            inputs, outputs = message["paths"]
            self.inputs = wire.Arena.attach_file(inputs, message["in_bytes"], writable=message["in_writable"])
            self.outputs = wire.Arena.attach_file(outputs, message["out_bytes"], writable=True)
        else:
            self.inputs = wire.Arena.attach(fds[0], message["in_bytes"], writable=message["in_writable"])
            self.outputs = wire.Arena.attach(fds[1], message["out_bytes"], writable=True)
        return {"status": "done"}

    def load(self, message: Message, fds: list[int]) -> Message:
        """Import the answer and its drive; `missing` are the parts that neither has."""
        self.backend: Backend = backend(message["backend"], message["device"])
        self.kind: tuple[str, str] = message["backend"], message["device"]
        self.root: str = message["root"]
        if message["home"] is not None:
            os.environ["HOME"] = message["home"]
        if message["trace"]:
            self.tracer = tracing.Tracer(self.root)
            self.tracer.start()
        sys.path[:0] = [self.root, os.path.join(self.root, "impls", message["exercise"])]
        if message["drive"] is not None:
            exec(compile(message["drive"], "drive.py", "exec"), self.drive)
        self.answer = importlib.import_module(message["module"])
        missing = [p for p in message["parts"] if p not in self.drive and not hasattr(self.answer, p)]
        return {"status": "done", "missing": missing}

    def call(self, message: Message, fds: list[int]) -> Message:
        """One call; when `drive` is a generator, its first outputs."""
        self.running = None
        inputs = self._arrive(message["inputs"])
        result = self._function(message["part"])(**(inputs if self.tracer is None else tracing.traced(inputs)))
        if isinstance(result, Generator):
            self.running = result
            return self._advance(None, message["expect"])
        return self._reply(result, message["expect"], more=False)

    def resume(self, message: Message, fds: list[int]) -> Message:
        """Hand the generator its next inputs."""
        return self._advance(self._arrive(message["inputs"]), message["expect"])

    def prepare(self, message: Message, fds: list[int]) -> Message:
        """Make ready the views of all slots, so that a timed block holds the calls and nothing else.

        `null`: the arm that only copies outputs, of the right shapes, which is what the others' overhead is.
        """
        self.opened = self.opened or cuda.open_device(*self.kind)
        if self.opened is not None:
            return self._prepare_on(self.opened, message)
        function = self._function(message["part"]) if not message["null"] else _null(self.backend, message["expect"][0])
        constants = self._arrive(message["constants"])
        slots = [{**self._arrive(slot), **constants} for slot in message["slots"]]
        expected = message["expect"]

        def run() -> Message:
            values = []
            for slot, expect in zip(slots, expected, strict=True):
                result = function(**slot)
                if isinstance(result, Generator):
                    result = next(result)
                self.backend.synchronize()
                values.append(self._deliver(result, expect, ""))
            return {"status": "done", "values": None if message["null"] else values}

        self.prepared = run
        return {"status": "done"}

    def _prepare_on(self, opened: device.Device, message: Message) -> Message:
        """The same for a device: slots are copied there by `stage`, for each block anew, and outputs back by `deliver`."""
        self.expected = None if message["null"] else message["expect"]
        constants = self._arrive(message["constants"])
        function = None if message["null"] else self._function(message["part"])
        nulls = itertools.cycle(
            [_null(self.backend, expect) for expect in message["expect"] if message["null"]] or [None]
        )

        def call(**slot: Any) -> Any:
            result = (function or next(nulls))(**slot)
            return next(result) if isinstance(result, Generator) else result

        def arrive() -> list[dict[str, Any]]:
            return [{**self._arrive(slot), **constants} for slot in message["slots"]]

        self.bench = device.Bench(opened, call, arrive, graph=message.get("graph", False))
        self.prepared = self._block_on_device
        return {"status": "done"}

    def _block_on_device(self) -> Message:
        assert self.bench is not None
        return {"status": "done", "values": None, "device": self.bench.block().to_wire()}

    def stage(self, message: Message, fds: list[int]) -> Message:
        """Before a block on a device, outside the judge's bracket: its inputs, copied there. Compiles the first time."""
        assert self.bench is not None, "only inputs of a device are staged"
        self.bench.stage()
        return {"status": "done"}

    def deliver(self, message: Message, fds: list[int]) -> Message:
        """After a block on a device, outside the judge's bracket: its outputs, copied into their slots."""
        assert self.bench is not None, "only outputs of a device are delivered"
        outputs = self.bench.delivered()
        if self.expected is None:
            return {"status": "done", "values": None}
        pairs = zip(outputs, self.expected, strict=True)
        return {"status": "done", "values": [self._deliver(output, expect, "") for output, expect in pairs]}

    def traced(self, message: Message, fds: list[int]) -> Message:
        """What the answer's own files have called so far."""
        assert self.tracer is not None, "only what is traced can be told"
        self.tracer.stop()
        return {"status": "done", "names": self.tracer.names()}

    def pools(self, message: Message, fds: list[int]) -> Message:
        """Which libraries keep threads here, and how many: 'openblas 0.3.30, 1 thread'."""
        import threadpoolctl

        found = threadpoolctl.threadpool_info()
        told = [
            f"{p['internal_api']} {p.get('version') or ''}, {p['num_threads']} thread{'s' * (p['num_threads'] != 1)}"
            for p in found
        ]
        return {"status": "done", "pools": told}

    def settle(self, message: Message, fds: list[int]) -> Message:
        """Give freed memory back to the system, so that the next call's peak is its own."""
        gc.collect()
        with contextlib.suppress(AttributeError):  # a C library other than glibc gives back by itself
            ctypes.CDLL(None).malloc_trim(0)
        return {"status": "done"}

    def block(self, message: Message, fds: list[int]) -> Message:
        """All prepared calls under one bracket of the judge's clock, each output copied out before the next call."""
        assert self.prepared is not None, "the judge prepares before it times"
        return self.prepared()

    def _function(self, part: str) -> Any:
        if part in self.drive:
            function, answer = self.drive[part], self.answer
            return lambda **inputs: function(answer, **inputs)
        if not hasattr(self.answer, part):
            raise NotImplementedError(f"there is no {part}() in the answer")
        return getattr(self.answer, part)

    def _advance(self, later: Any, expect: Any) -> Message:
        assert self.running is not None, "the judge resumed a call that is not running"
        try:
            result = self.running.send(later)
        except StopIteration as stop:
            self.running = None
            return self._reply(stop.value, expect, more=False)
        return self._reply(result, expect, more=True)

    def _reply(self, result: Any, expect: Any, more: bool) -> Message:
        self.backend.synchronize()
        return {"status": "done", "value": self._deliver(result, expect, ""), "more": more}

    def _arrive(self, value: Any) -> Any:
        """Inputs as the learner's code sees them: views of the arena, generators, Python values."""
        if isinstance(value, wire.ArrayRef):
            return self.backend.arrive(self.inputs.view(value))
        if isinstance(value, wire.Rng):
            return self.backend.rng(value)
        if isinstance(value, (list, tuple)):
            return type(value)(self._arrive(v) for v in value)
        return {k: self._arrive(v) for k, v in value.items()} if isinstance(value, dict) else value

    def _deliver(self, value: Any, expect: Any, path: str) -> Any:
        """Copy arrays into the slots that the judge named; return what crosses as structure."""
        where = f"{path}: " if path else ""
        if isinstance(expect, wire.ArrayRef):
            words = self.backend.mismatch(value, expect.dtype, expect.shape)
            if words:
                raise Mismatch(where + words)
            self.backend.deliver(value, self.outputs.view(expect))
            return expect
        if isinstance(expect, tuple):
            if not isinstance(value, (list, tuple)) or len(value) != len(expect):
                raise Mismatch(f"{where}expected {len(expect)} values, got {describe(value)}")
            return tuple(
                self._deliver(v, e, f"{path}[{i}]") for i, (v, e) in enumerate(zip(value, expect, strict=True))
            )
        if expect["kind"] == "flat":
            return self._deliver_flat(value, expect, where)
        return plain(value, path)

    def _deliver_flat(self, value: Any, expect: Message, where: str) -> wire.ArrayRef:
        """An array of unknown length: the judge gave room for `bytes`, the answer decides how much of it."""
        shape = tuple(getattr(value, "shape", (-1, -1)))
        words = self.backend.mismatch(value, expect["dtype"], shape)
        if words or len(shape) != 1:
            raise Mismatch(f"{where}expected a flat array of {expect['dtype']}, got {describe(value)}")
        slot = wire.ArrayRef(expect["offset"], expect["dtype"], shape)
        if slot.nbytes > expect["bytes"]:
            raise Mismatch(f"{where}expected at most {expect['bytes']} bytes, got {slot.nbytes}")
        self.backend.deliver(value, self.outputs.view(slot))
        return slot


def _null(backend: Backend, expect: Any) -> Any:
    """A function that computes nothing and returns arrays as asked, the same ones each time."""

    def made(slot: Any) -> Any:
        if isinstance(slot, wire.ArrayRef):
            return backend.arrive(np.zeros(slot.shape, slot.dtype))
        return tuple(made(s) for s in slot) if isinstance(slot, tuple) else None

    outputs = made(expect)
    return lambda **inputs: outputs


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # the learner may have closed or replaced it
            continue


def _receive(channel: Channel) -> tuple[Message, list[int]]:
    fds: tuple[int, ...] = ()
    if isinstance(channel, wire.Pipes):
        body = channel.inbox.get()
    else:
        body, fds = wire.receive(channel, None)
    message = wire.decode(body)
    assert isinstance(message, dict), "the judge sends dicts"
    return message, list(fds)


def _send(channel: Channel, message: Message) -> None:
    body = wire.encode(message)
    if isinstance(channel, wire.Pipes):
        wire.write_frame(channel.writing, body)
    else:
        wire.send(channel, body)
