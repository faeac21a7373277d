"""The real thing on a CUDA device: the exercises graded and timed on it, and what harness.device needs of its libraries.

Nothing here has ever run where this was written (docs/decisions/0012); test_device.py has the order of things on a fake.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from harness import cuda, device, fit

pytestmark = pytest.mark.gpu
EXERCISES = ["softmax", "layer_norm", "attention", "matmul"]


def opened(backend: str) -> Any:
    """The device through that backend's library; skips where there is none."""
    if not fit.has_driver():
        pytest.skip("no CUDA device")
    pytest.importorskip("cupy" if backend == "cupy" else "torch")
    if not fit.sees_cuda("cupy" if backend == "cupy" else "torch"):
        pytest.skip("no CUDA device")
    return cuda.open_device(backend, "cuda")


@pytest.fixture
def torch_device() -> Any:
    return opened("torch")


@pytest.fixture(params=["torch", "cupy"])
def either(request: pytest.FixtureRequest) -> Any:
    return opened(request.param)


@pytest.mark.parametrize("backend", ["torch", "cupy", "triton"])
@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_shipped_solution_is_graded_and_timed(exercise: str, backend: str, place: Any) -> None:
    opened(backend)
    options = ("--backend", backend, "--device", "cuda", "--sandbox", "none", "--budget", "6")
    found = place.run("run", exercise, *options, "--demo", "--no-save", "--json")
    assert found.code == 0, found.stderr
    assert found.json["demo_verdict"] == "passed"
    assert {timing["clock"] for timing in found.json["timings"]} == {"device"}
    assert all(timing["ratio_low"] < 1.1 and timing["ratio_high"] > 0.9 for timing in found.json["timings"] if timing["against"] == "yardstick")  # fmt: skip


def zeros(found: Any, count: int) -> Any:
    """So many float32 on that device."""
    if isinstance(found, cuda.TorchDevice):
        return found.torch.zeros(count, device="cuda")
    return found.cupy.zeros(count, dtype="float32")


def test_a_block_gives_times_memory_and_unchanged_outputs(either: Any) -> None:
    x = zeros(either, 2**22)
    bench = device.Bench(either, lambda x: x + 1, lambda: [{"x": x}, {"x": x}], graph=False)
    bench.stage()
    block = bench.block()
    assert all(0 < ns < 10_000_000 for ns in block.event_ns)  # 32 MiB: 15 us at 2 TB/s
    assert block.peak_bytes >= 2**24
    assert len(bench.delivered()) == 2


def test_the_flush_writes_twice_the_cache(either: Any) -> None:
    before = either.used_bytes()
    assert either.scratch.nbytes >= 2 * 2**20
    either.flush()
    either.synchronize()
    assert abs(either.used_bytes() - before) < 2**26


def test_work_on_another_stream_lies_in_the_wall_and_not_between_the_events(torch_device: Any) -> None:
    torch = torch_device.torch
    a = torch.randn(4096, 4096, device="cuda")
    other = torch.cuda.Stream()

    def hidden() -> Any:
        with torch.cuda.stream(other):
            for _ in range(20):
                out = a @ a
        return out

    device.warm_up(torch_device, hidden)
    began = time.monotonic_ns()
    block = device.timed_block(torch_device, [hidden])
    assert time.monotonic_ns() - began > 2 * sum(block.event_ns)


def test_a_graph_replays_what_was_captured(either: Any) -> None:
    x = zeros(either, 1024)
    device.warm_up(either, lambda: x + 1)
    block = device.timed_block(either, [lambda: x + 1], graph=True)
    assert float(block.outputs[0].sum()) == 1024
    assert not block.null_safe


def test_a_call_that_waits_for_the_device_cannot_be_captured(torch_device: Any) -> None:
    x = zeros(torch_device, 1024)
    assert torch_device.capture(lambda: x.sum().item()) is None
    assert float((x + 1).sum()) == 1024  # and the device goes on


def test_tf32_is_off_whatever_the_answer_has_set(torch_device: Any) -> None:
    torch = torch_device.torch
    torch.set_float32_matmul_precision("high")
    torch_device.settle()
    a = torch.full((256, 256), 1 + 2**-12, device="cuda")  # TF32 keeps 10 bits of the 12
    assert float((a @ torch.eye(256, device="cuda"))[0, 0]) == 1 + 2**-12


def test_checksums_see_every_type_and_every_change(torch_device: Any) -> None:
    torch = torch_device.torch
    for dtype in (
        torch.float64,
        torch.float32,
        torch.float16,
        torch.bfloat16,
        torch.complex64,
        torch.int32,
        torch.bool,
    ):
        x = torch.zeros((3, 5), device="cuda", dtype=dtype)
        before = torch_device.checksum((x, [x.T]))
        x[2, 4] = 1
        assert len(before) == 2
        assert torch_device.checksum((x, [x.T])) != before
