"""`harness run --backend triton` where there is no CUDA device: values through the interpreter, nothing measured."""

from __future__ import annotations

from typing import Any

import pytest

from harness import fit, process
from harness.attempt import INTERPRETED
from tracker.errors import UserError

KERNEL = """
import torch
import triton
import triton.language as tl


@triton.jit
def _scaled(x, out, n, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(out + at, 2 * tl.load(x + at, mask=at < n), mask=at < n)


def double(x):
    out = torch.empty_like(x)
    _scaled[(1,)](x, out, x.numel(), BLOCK=triton.next_power_of_2(x.numel()))
    return out
"""
SPEC = '''
import numpy as np
from harness.spec import Cost, Exercise, Policy, Timing, case

EXERCISE = Exercise(
    version=1, name="double", inputs=lambda rng, n=5: {"x": rng.standard_normal(n)}, cases=(case("five"), case("many", n=99)),
    oracle=lambda x: 2 * x, hints=("a", "b", "c"), policy=Policy(backends=("numpy", "triton")),
    timings=(Timing(case("many", n=99), lambda itemsize, n: Cost(n, 2 * itemsize * n)),),
)
'''  # fmt: skip


@pytest.fixture
def no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "has_driver", lambda: False)


@pytest.fixture
def double(place: Any) -> Any:
    """A workspace with an exercise for Triton, and a kernel for it."""
    if fit.has_driver():
        pytest.skip("there is a CUDA device")
    pytest.importorskip("torch")
    pytest.importorskip("triton")
    folder = "curriculum/own/double"
    place.write(f"{folder}/spec.py", SPEC)
    place.write(f"{folder}/exercise.py", "def double(x):\n    raise NotImplementedError\n")
    place.write(f"{folder}/test_implementation.py", "")
    place.write(f"{folder}/solutions/reference.py", "def double(x):\n    return x + x\n")
    place.write(f"{folder}/solutions/triton_kernel.py", KERNEL)
    return place


def test_values_are_graded_and_nothing_is_timed(double: Any) -> None:
    found = double.run("run", "double", "--backend", "triton", "--demo", "--json", "--no-save")
    assert (found.code, found.json["demo_verdict"]) == (0, "passed"), found.stdout + found.stderr
    assert found.json["timings"] == []
    assert found.json["mark_notes"]["efficient"] == found.json["mark_notes"]["expert"] == INTERPRETED
    assert found.json["sandbox"] == "process"


def test_an_unconfined_answer_has_a_home_for_what_it_compiles(double: Any) -> None:
    text = "import os\n\nassert os.environ['HOME'] != '/' and os.access(os.environ['HOME'], os.W_OK)\n" + KERNEL
    answer = double.write("own.py", text)
    options = ("--backend", "triton", "--sandbox", "none", "--answer", str(answer), "--json", "--no-save")
    assert double.run("run", "double", *options).json["verdict"] == "passed"


def test_a_wrong_kernel_fails(double: Any) -> None:
    answer = double.write("wrong.py", KERNEL.replace("2 * tl.load", "3 * tl.load"))
    found = double.run("run", "double", "--backend", "triton", "--answer", str(answer), "--json", "--no-save")
    assert (found.code, found.json["verdict"]) == (1, "failed")


def test_without_a_device_triton_runs_on_the_cpu_and_the_others_do_not_run(no_device: None) -> None:
    pytest.importorskip("triton")
    pytest.importorskip("torch")
    assert fit.device_for("triton", "cuda", sandbox="none") == "cpu"
    for backend in ("torch", "cupy"):
        with pytest.raises(UserError, match="not measured: no CUDA device"):
            fit.device_for(backend, "cuda", sandbox="none")
    with pytest.raises(UserError, match="not measured: no CUDA device"):
        fit.device_for("cupy", "cpu", sandbox="none")


def test_only_an_interpreted_worker_has_the_interpreters_switch() -> None:
    assert "TRITON_INTERPRET" not in process.environment(1)
    assert process.environment(1, interpreted=True)["TRITON_INTERPRET"] == "1"


def test_an_answer_on_a_device_is_not_confined_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(fit, "has_driver", lambda: True)
    monkeypatch.setattr(fit, "sees_cuda", lambda _: True)
    monkeypatch.setattr(fit.confine, "available", list)
    with pytest.raises(UserError, match="cannot be confined yet"):
        fit.device_for("torch", "cuda", sandbox="process")
    assert fit.device_for("torch", "cuda", sandbox="none") == "cuda"


def test_where_there_is_a_device_triton_and_cupy_run_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "has_driver", lambda: True)
    monkeypatch.setattr(fit, "sees_cuda", lambda _: True)
    monkeypatch.setattr(fit.importlib.util, "find_spec", lambda _: True)
    assert fit.device_for("triton", "cuda", sandbox="none") == "cuda"
    assert fit.device_for("cupy", "cpu", sandbox="none") == "cuda"
    assert fit.device_for("triton", "cpu", sandbox="none") == "cpu"
