"""Can this machine run answers for a backend, and on which device? Runs nothing."""

from __future__ import annotations

import ctypes
import importlib.util
import sys

from harness import confine, namespaces
from tracker.errors import UserError

NEEDED = {"triton": ("torch", "triton")}  # what a backend needs, where that is not its own name
PORTABLE = ("numpy", "torch")
UNCONFINED = "--sandbox none runs it unconfined, with your own rights: only for code that you wrote yourself"


def device_for(backend: str, device: str, *, sandbox: str) -> str:
    """Where it runs here: Triton without a CUDA device goes through its interpreter, on the CPU.

    Raises UserError, with the way out, where it cannot run.
    """
    _check_system()
    if backend == "triton" and device == "cuda" and not has_driver():
        device = "cpu"
    on_cuda = device == "cuda" or backend == "cupy"
    if on_cuda and not has_driver():
        raise _no_device(backend, device)
    _check_libraries(backend)
    if on_cuda and not sees_cuda("cupy" if backend == "cupy" else "torch"):
        raise _no_device(backend, device)
    if sandbox != "none":
        _check_confinement(on_cuda)
    if sandbox == "namespaces" and namespaces.missing():
        raise UserError(
            f"the sandbox level namespaces is not there; it lacks {namespaces.missing()}", "or say --sandbox process"
        )
    return "cuda" if on_cuda else device


def _no_device(backend: str, device: str) -> UserError:
    return UserError(
        f"not measured: no CUDA device (asked for {backend} on {device})",
        "run it on a machine with one, or use --backend numpy",
    )


def _check_system() -> None:
    if sys.platform != "linux":
        raise UserError(
            f"grading as it should be needs Linux, and this is {sys.platform}",
            "on Windows use WSL 2, on macOS a Linux machine or container; `harness run EXERCISE --portable` does with less",
        )


def check_portable(backend: str, device: str) -> None:
    """Raises UserError for what portable mode does not do."""
    if backend not in PORTABLE or device != "cpu":
        raise UserError(
            f"portable mode is for {' and '.join(PORTABLE)} on the CPU, not for {backend} on {device}",
            "drop --portable",
        )
    _check_libraries(backend)


def _check_libraries(backend: str) -> None:
    missing = next((name for name in NEEDED.get(backend, (backend,)) if importlib.util.find_spec(name) is None), None)
    if missing is not None:
        extra = "cuda12" if missing == "cupy" else missing
        raise UserError(
            f"the backend {backend} needs {missing}, which is not installed", f"pip install 'scratchmark[{extra}]'"
        )


def _check_confinement(on_cuda: bool) -> None:
    missing = confine.available()
    if missing:
        raise UserError("this system cannot confine an answer; it lacks " + "; ".join(missing), UNCONFINED)
    if on_cuda:  # CUDA reserves address space beyond any limit, and drives the device by ioctl
        raise UserError("an answer on a CUDA device cannot be confined yet", UNCONFINED)


def has_driver() -> bool:
    """Asked before any library, as importing torch takes 3 s."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def sees_cuda(library: str) -> bool:
    if library == "cupy":
        import cupy

        return bool(cupy.cuda.is_available())
    import torch

    return bool(torch.cuda.is_available())
