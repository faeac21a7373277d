"""A learner's values and exceptions as plain data, which is all that crosses to the judge. Worker side: runs nothing."""

from __future__ import annotations

import linecache
import os
from typing import Any

from harness.backends import describe


class Mismatch(Exception):
    """The answer returned something else than what was asked; the message says what, in words."""


def plain(value: Any, path: str = "") -> Any:
    """A Python value as it crosses: NumPy's integers and floats count as Python's, everything else must be plain.

    Raises Mismatch, naming the place, for what is no number, text, bytes, list, tuple or dict with text keys.
    """
    if value is None or isinstance(value, (bool, bytes)):
        return value
    if hasattr(value, "dtype") and getattr(value, "shape", None) == ():
        value = value.item()
    for base in (int, float, complex, str):
        if isinstance(value, base):
            return value if type(value) is base or isinstance(value, bool) else _rebuilt(value, base)
    if isinstance(value, (list, tuple)):
        items = [plain(v, f"{path}[{i}]") for i, v in enumerate(value)]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, dict) and all(isinstance(k, str) for k in value):
        return {str(k): plain(v, f"{path}[{k!r}]") for k, v in value.items()}
    raise Mismatch(
        f"{path + ': ' if path else ''}expected Python numbers, text, lists or tuples, got {describe(value)}"
    )


def _rebuilt(value: Any, base: type) -> Any:
    """A number or text of a subclass as its base, by the base's own method: the subclass may have replaced its."""
    return base.__str__(value) if base is str else getattr(base, f"__{base.__name__}__")(value)


def told(error: BaseException, root: str) -> dict[str, Any]:
    """An exception of the learner's in words: its names, message, and their own frames only."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if root and code.co_filename.startswith(root + os.sep):
            line = linecache.getline(code.co_filename, trace.tb_lineno).strip()
            name = os.path.relpath(code.co_filename, root)
            frames.append(f"{name}:{trace.tb_lineno} in {code.co_name}: {line}"[:300])
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename and error.filename.startswith(root + os.sep):
        frames.append(f"{os.path.relpath(error.filename, root)}:{error.lineno}: {(error.text or '').strip()}"[:300])
    names = [c.__name__ for c in type(error).__mro__ if c not in (object, BaseException)]
    try:
        message = str(error)
    except BaseException:  # a learner's exception class may be broken too
        message = "(its message could not be read)"
    return {"names": names[:20], "message": message[:2000].encode("utf-8", "replace").decode(), "frames": frames[-12:]}
