"""What an answer really calls, whatever it names it: the worker's half of the second and third net (contract.md, 4).

Records calls made from the answer's own files alone: NumPy's functions on arrays of a tracing type, methods and Python
functions through the profiler, torch's through a function mode, imports through an audit hook. Runs in a worker of its
own, untimed and ungraded; nothing here is in a worker whose values or times count. A determined evader gets past it.
"""

from __future__ import annotations

import os
import sys
from types import CodeType, FrameType
from typing import Any

import numpy as np

TRANSPARENT = os.sep + "array_api_compat" + os.sep  # a wrapper around the call that the answer made
LIBRARIES = {"numpy", "torch", "scipy", "sklearn", "cupy", "jax", "networkx", "sympy"}
NUMPYS_MODULES = ("linalg", "fft", "random", "polynomial")

Seen = dict[tuple[str, str, int], None]  # name, file below the answer's root, line; in order


class Tracer:
    """Records between `start` and `stop`, and imports from `start` on for good: an audit hook cannot be taken off."""

    def __init__(self, root: str) -> None:
        self.root = root + os.sep
        self.seen: Seen = {}
        self.mode: Any = None
        self.running = False

    def start(self) -> None:
        if not self.running:
            sys.addaudithook(self._audit)
        self.running = True
        TracedArray.tracer = self
        self.mode = _torch_mode(self)
        if self.mode is not None:
            self.mode.__enter__()
        sys.setprofile(self._profile)

    def stop(self) -> None:
        sys.setprofile(None)
        if self.mode is not None:
            self.mode.__exit__(None, None, None)
        TracedArray.tracer = None

    def names(self) -> list[list[Any]]:
        """As it crosses: [name, file, line] each, in the order of the first calls."""
        return [list(one) for one in self.seen]

    def note(self, name: str, frame: FrameType | None) -> None:
        """Record it if the answer's own file made the call, directly or through a transparent wrapper."""
        while frame is not None and TRANSPARENT in frame.f_code.co_filename:
            frame = frame.f_back
        if frame is not None and self._is_own(frame.f_code):
            self.seen[name, frame.f_code.co_filename.removeprefix(self.root), frame.f_lineno] = None

    def _is_own(self, code: CodeType) -> bool:
        return code.co_filename.startswith(self.root)

    def _profile(self, frame: FrameType, event: str, what: Any) -> None:
        if event == "call" and frame.f_back is not None and not self._is_own(frame.f_code):
            name = _public(str(frame.f_globals.get("__name__", "")), frame.f_code.co_qualname)
            if name and not name.endswith("_dispatcher"):
                self.note(name, frame.f_back)
        elif event == "c_call" and isinstance(getattr(what, "__self__", None), np.ndarray):
            self.note(f"numpy.ndarray.{what.__name__}", frame)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "import":
            return
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        self.note(str(arguments[0]), frame)


def _public(module: str, qualified: str) -> str:
    """The name under which people know a Python function of a library; '' for what is none of these libraries'."""
    library, _, rest = module.partition(".")
    if library not in LIBRARIES:
        return ""
    name = qualified.removesuffix(".__init__").removesuffix(".<locals>")
    if library == "numpy":
        inner = next((part for part in rest.split(".") if part in NUMPYS_MODULES), "")
        return f"numpy.{inner}.{name}" if inner else f"numpy.{name}"
    if module == "torch.functional":
        return f"torch.{name}"
    if module.startswith("torch.nn.modules"):
        return f"torch.nn.{name}"
    return f"{module}.{name}"


class TracedArray(np.ndarray):
    """An array that tells which NumPy functions are called on it, and computes as any other."""

    tracer: Tracer | None = None

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if TracedArray.tracer is not None:
            module = getattr(func, "__module__", None) or "numpy"
            TracedArray.tracer.note(f"{module}.{func.__name__}", sys._getframe(1))
        return super().__array_function__(func, types, args, kwargs)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if TracedArray.tracer is not None:
            TracedArray.tracer.note(f"numpy.{ufunc.__name__}", sys._getframe(1))
        plain = [one.view(np.ndarray) if isinstance(one, TracedArray) else one for one in inputs]
        if out is not None:
            kwargs["out"] = tuple(one.view(np.ndarray) if isinstance(one, TracedArray) else one for one in out)
        result = getattr(ufunc, method)(*plain, **kwargs)
        return traced(result)


def traced(value: Any) -> Any:
    """The same with every NumPy array, in tuples, lists and dicts too, of the tracing type."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(traced, value))
    if isinstance(value, dict):
        return {name: traced(one) for name, one in value.items()}
    return value.view(TracedArray) if type(value) is np.ndarray else value


def _torch_mode(tracer: Tracer) -> Any:
    """A mode that sees every function of torch on any tensor; None where torch is not loaded."""
    if "torch" not in sys.modules:
        return None
    from torch.overrides import TorchFunctionMode, resolve_name

    class Mode(TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            frame: FrameType | None = sys._getframe(1)
            while frame is not None and f"{os.sep}torch{os.sep}" in frame.f_code.co_filename:
                frame = frame.f_back
            tracer.note(str(resolve_name(func) or ""), frame)
            return func(*args, **(kwargs or {}))

    return Mode()
