"""How arrays of a backend arrive from the arena and return to it. Worker side: knows no spec, no verdict.

A backend never converts silently: what an answer returns is either exactly what was asked, or is told in words.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.wire import Rng

Words = str | None  # None: as asked


class Numpy:
    """numpy.ndarray in, numpy.ndarray out (or a NumPy scalar where the shape is ())."""

    name = "numpy"
    imports: tuple[str, ...] = ("numpy", "array_api_compat", "array_api_compat.numpy")

    def arrive(self, view: np.ndarray) -> Any:
        return view

    def rng(self, rng: Rng) -> Any:
        return np.random.Generator(np.random.PCG64(rng.seed))

    def mismatch(self, value: Any, dtype: str, shape: tuple[int, ...]) -> Words:
        exact = type(value) is np.ndarray or (shape == () and isinstance(value, np.generic))
        if not exact or value.dtype != np.dtype(dtype) or value.shape != shape:
            return f"expected a numpy.ndarray {dtype} {shape}, got {describe(value)}"
        return None

    def deliver(self, value: Any, view: np.ndarray) -> None:
        view[...] = value

    def synchronize(self) -> None:
        """NumPy's calls have finished when they return."""


class Torch:
    """torch.Tensor in and out, on the device asked for."""

    name = "torch"
    imports = (*Numpy.imports, "torch", "array_api_compat.torch")

    def __init__(self, device: str = "cpu") -> None:
        self.device = device

    def arrive(self, view: np.ndarray) -> Any:
        import torch

        if not view.flags.writeable:  # the sealed arena of a timed run: torch has no read-only tensors
            view = _alias_for_torch(view)
        tensor = torch.from_numpy(view)
        return tensor if self.device == "cpu" else tensor.to(self.device)

    def rng(self, rng: Rng) -> Any:
        import torch

        return torch.Generator(self.device).manual_seed(rng.seed % 2**63)

    def mismatch(self, value: Any, dtype: str, shape: tuple[int, ...]) -> Words:
        import torch

        if (
            type(value) is torch.Tensor
            and str(value.dtype) == f"torch.{dtype}"
            and tuple(value.shape) == shape
            and value.device.type == self.device
            and value.layout is torch.strided
        ):
            return None
        return f"expected a torch.Tensor {dtype} {shape} on {self.device}, got {describe(value)}"

    def deliver(self, value: Any, view: np.ndarray) -> None:
        import torch

        source = value.detach()
        bits = source.view(torch.uint16) if source.dtype is torch.bfloat16 else source  # NumPy has no bfloat16
        torch.from_numpy(view).copy_(bits)

    def synchronize(self) -> None:
        if self.device == "cuda":
            import torch

            torch.cuda.synchronize()


class Triton(Torch):
    """torch's tensors around Triton's kernels: on the GPU, or through Triton's interpreter on the CPU."""

    name = "triton"
    imports = (*Torch.imports, "triton", "triton.language")


class Cupy:
    """cupy.ndarray in and out."""

    name = "cupy"
    imports = (*Numpy.imports, "cupy", "array_api_compat.cupy")

    def arrive(self, view: np.ndarray) -> Any:
        import cupy

        return cupy.asarray(view)

    def rng(self, rng: Rng) -> Any:
        import cupy

        return cupy.random.Generator(cupy.random.XORWOW(rng.seed % 2**63))

    def mismatch(self, value: Any, dtype: str, shape: tuple[int, ...]) -> Words:
        import cupy

        if type(value) is cupy.ndarray and value.dtype == np.dtype(dtype) and value.shape == shape:
            return None
        return f"expected a cupy.ndarray {dtype} {shape}, got {describe(value)}"

    def deliver(self, value: Any, view: np.ndarray) -> None:
        view[...] = value.get()

    def synchronize(self) -> None:
        import cupy

        cupy.cuda.Device().synchronize()


Backend = Numpy | Torch | Cupy


def backend(name: str, device: str) -> Backend:
    """The backend of that name."""
    if name in ("numpy", "cupy"):
        return Numpy() if name == "numpy" else Cupy()
    return Triton(device) if name == "triton" else Torch(device)


def describe(value: Any) -> str:
    """An answer's value in words, without its contents: 'a list of 3', 'numpy.ndarray float32 (2, 3)', 'None'."""
    kind = type(value)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    if value is None:
        return "None"
    if isinstance(value, (np.ndarray, np.generic)) or name == "torch.Tensor" or name.startswith("cupy"):
        return f"{name} {str(getattr(value, 'dtype', '?')).removeprefix('torch.')} {tuple(getattr(value, 'shape', ()))}"
    if kind in (list, tuple, dict, str, bytes):
        return f"{name} of {len(value)}"
    return name


def _alias_for_torch(view: Any) -> Any:
    """The same memory, said to be writable; a write to it meets PROT_READ and kills the worker, never the inputs."""
    import ctypes

    if view.nbytes == 0:
        return view.copy()
    address = view.__array_interface__["data"][0]
    raw = (ctypes.c_uint8 * view.nbytes).from_address(address)
    return np.ndarray(view.shape, view.dtype, raw)
