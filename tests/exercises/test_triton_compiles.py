"""Triton's kernels compiled for a real device, which needs none: types, shapes and layouts, down to PTX. Runs nothing."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("torch")
triton = pytest.importorskip("triton")

CURRICULUM = Path(__file__).parents[2] / "curriculum"
ROW = {"BLOCK": 64}
NORM = {"EPS": 1e-5, "CENTRE": True, "BLOCK": 64}
TILE = {"SCALE": 0.25, "MASKED": True, "ROWS": 16, "KEYS": 16, "D": 16, "E": 16}  # small: these compile fast
PRODUCT = {"ROWS": 16, "INNER": 16, "COLUMNS": 16, "GROUP": 8}
KERNELS = [
    ("softmax", "_softmax", ROW | {"TEMPERATURE": 0.5}),
    ("softmax", "_log_softmax", ROW),
    ("softmax", "_logsumexp", ROW),
    ("softmax", "_backward", ROW),
    ("layer_norm", "_forward", NORM),
    ("layer_norm", "_backward", NORM),
    ("matmul", "_matmul", PRODUCT),
    ("attention", "_forward", TILE),
    ("attention", "_backward_q", TILE),
    ("attention", "_backward_kv", TILE),
]
WIDE = {("layer_norm", "_backward"), ("matmul", "_matmul"), ("attention", "_forward")}
RUNS = [("fp32", *kernel) for kernel in KERNELS] + [("fp64", *kernel) for kernel in KERNELS if kernel[:2] in WIDE]
SCALARS = {"n", "m", "k", "d", "e", "rows", "mask_batch", "mask_row", "mask_key", "a_row", "a_column", "b_row", "b_column"}  # fmt: skip


def solution(exercise):
    path = next(CURRICULUM.glob(f"*/{exercise}/solutions/triton_kernel.py"))
    found = importlib.util.spec_from_file_location(f"compiled_{exercise}", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def kind(name, kernel, constants, dtype):
    """The type of an argument, as Triton writes it."""
    if name in constants:
        return "constexpr"
    pointer = name == "k" and "mask" in kernel.arg_names  # attention's keys; matmul's inner size is a number
    if name in SCALARS and not pointer:
        return "i32"
    return "*i1" if name == "mask" else f"*{dtype}"


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("TRITON_DEFAULT_FP_FUSION", "1")  # else it warns of a change to come
    if triton.knobs.runtime.interpret:
        pytest.skip("this process interprets kernels")


@pytest.mark.parametrize(("dtype", "exercise", "name", "constants"), RUNS, ids=[f"{t}-{e}{n}" for t, e, n, _ in RUNS])
def test_it_compiles_for_compute_capability_9(dtype, exercise, name, constants):
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    kernel = getattr(solution(exercise), name)
    if "ACC" in kernel.arg_names:
        constants = constants | {"ACC": {"fp32": triton.language.float32, "fp64": triton.language.float64}[dtype]}
    signature = {name: kind(name, kernel, constants, dtype) for name in kernel.arg_names}
    places = {(kernel.arg_names.index(name),): value for name, value in constants.items()}
    compiled = triton.compile(ASTSource(kernel, signature, places), target=GPUTarget("cuda", 90, 32))
    assert f".visible .entry {name}" in compiled.asm["ptx"]
