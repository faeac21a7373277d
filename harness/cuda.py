"""CUDA through torch and through CuPy: what harness.device asks of a device. Worker side; imports neither until asked."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from harness.device import Call, Device

UNKNOWN_L2_BYTES = 128 * 2**20  # more than any device has today


def open_device(backend: str, device: str) -> Device | None:
    """The device on which answers of that backend are timed; None where they run on the CPU."""
    if backend == "cupy":
        return CupyDevice()
    return TorchDevice() if device == "cuda" and backend in ("torch", "triton") else None


class TorchDevice:
    """Through torch; serves Triton too, whose kernels take torch's tensors and its current stream."""

    def __init__(self, *, tf32: bool = False) -> None:
        import torch

        self.torch, self.cuda, self.tf32 = torch, torch.cuda, tf32
        self.cuda.init()
        l2_bytes = getattr(self.cuda.get_device_properties(0), "L2_cache_size", 0)
        self.scratch = torch.empty(2 * (l2_bytes or UNKNOWN_L2_BYTES), dtype=torch.uint8, device="cuda")
        self.reset_persisting = _reset_persisting()
        self.settle()

    def settle(self) -> None:
        self.torch.set_float32_matmul_precision("high" if self.tf32 else "highest")
        self.torch.backends.cudnn.allow_tf32 = self.tf32

    def flush(self) -> None:
        self.reset_persisting()
        self.scratch.zero_()

    def event(self) -> Any:
        event = self.cuda.Event(enable_timing=True)
        event.record()
        return event

    def synchronize(self) -> None:
        self.cuda.synchronize()

    def elapsed_ns(self, start: Any, end: Any) -> int:
        return int(start.elapsed_time(end) * 1e6)

    def checksum(self, outputs: Any) -> tuple[int, ...]:
        torch = self.torch
        sums = [_bits(torch, a).sum(dtype=torch.int64) for a in arrays(outputs, torch.Tensor)]
        return tuple(torch.stack(sums).tolist()) if sums else ()

    def used_bytes(self) -> int:
        free, total = self.cuda.mem_get_info()
        return int(total - free)

    def release(self) -> None:
        self.cuda.empty_cache()

    def clock_mhz(self) -> int | None:
        return sm_clock_mhz()

    def capture(self, call: Call) -> Call | None:
        graph, outputs = self.cuda.CUDAGraph(), []
        try:
            with self.cuda.graph(graph):
                outputs.append(call())
        except RuntimeError:  # it waited for the device, or used a stream that the capture does not know
            self.cuda.synchronize()
            return None

        def replay() -> Any:
            graph.replay()
            return outputs[0]

        return replay


class CupyDevice:
    """Through CuPy, whose TF32 is off unless CUPY_TF32 is set, which the judge's environment does not."""

    def __init__(self) -> None:
        import cupy

        self.cupy, self.runtime = cupy, cupy.cuda.runtime
        l2_bytes = cupy.cuda.Device().attributes.get("L2CacheSize", 0)
        self.scratch = cupy.empty(2 * (l2_bytes or UNKNOWN_L2_BYTES), dtype=np.uint8)
        self.reset_persisting = _reset_persisting()

    def settle(self) -> None:
        """Nothing to set: see the class."""

    def flush(self) -> None:
        self.reset_persisting()
        self.scratch.fill(0)

    def event(self) -> Any:
        event = self.cupy.cuda.Event()
        event.record()
        return event

    def synchronize(self) -> None:
        self.cupy.cuda.Device().synchronize()

    def elapsed_ns(self, start: Any, end: Any) -> int:
        return int(self.cupy.cuda.get_elapsed_time(start, end) * 1e6)

    def checksum(self, outputs: Any) -> tuple[int, ...]:
        cupy = self.cupy
        sums = [
            cupy.ascontiguousarray(a).reshape(-1).view(_integer(a.dtype.itemsize)).sum(dtype=np.int64)
            for a in arrays(outputs, cupy.ndarray)
        ]
        return tuple(map(int, cupy.stack(sums).get())) if sums else ()

    def used_bytes(self) -> int:
        free, total = self.runtime.memGetInfo()
        return int(total - free)

    def release(self) -> None:
        self.cupy.get_default_memory_pool().free_all_blocks()

    def clock_mhz(self) -> int | None:
        return sm_clock_mhz()

    def capture(self, call: Call) -> Call | None:
        stream = self.cupy.cuda.Stream(non_blocking=True)
        try:
            with stream:
                stream.begin_capture()
                try:
                    outputs = call()
                finally:
                    graph = stream.end_capture()
        except Exception:  # what CuPy raises depends on what could not be captured
            self.synchronize()
            return None

        def replay() -> Any:
            graph.launch(self.cupy.cuda.get_current_stream())
            return outputs

        return replay


def arrays(outputs: Any, kind: type) -> Iterator[Any]:
    """The arrays of that very type among nested outputs; whatever else an answer returned is told at delivery."""
    if type(outputs) is kind:
        yield outputs
    elif isinstance(outputs, (list, tuple)):
        for one in outputs:
            yield from arrays(one, kind)


def _bits(torch: Any, array: Any) -> Any:
    """A tensor's bytes as integers as wide as its elements, flat; complex numbers as pairs."""
    flat = array.detach().contiguous().reshape(-1)
    flat = torch.view_as_real(flat.resolve_conj()).reshape(-1) if flat.is_complex() else flat
    return flat.view(getattr(torch, _integer(flat.element_size())))


def _integer(item_bytes: int) -> str:
    return {1: "uint8", 2: "int16", 4: "int32"}.get(item_bytes, "int64")  # complex128: two int64


def _reset_persisting() -> Callable[[], Any]:
    """cuCtxResetPersistingL2Cache of the driver, which neither library offers; an answer may have made lines persist."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):  # a driver without it has no persisting lines
        reset: Callable[[], Any] = ctypes.CDLL("libcuda.so.1").cuCtxResetPersistingL2Cache
        return reset
    return lambda: None


def sm_clock_mhz() -> int | None:
    """By NVML, where nvidia-ml-py is installed; noted in the report, not acted on."""
    try:
        nvml = importlib.import_module("pynvml")
        nvml.nvmlInit()
        return int(nvml.nvmlDeviceGetClockInfo(nvml.nvmlDeviceGetHandleByIndex(0), nvml.NVML_CLOCK_SM))
    except Exception:  # no package, no driver, no permission: NVML has an exception for each
        return None
