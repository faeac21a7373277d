"""Triton's kernels compiled for a real device, which needs none: types, shapes and layouts, down to PTX. Runs nothing."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("torch")
triton = pytest.importorskip("triton")

CURRICULUM = Path(__file__).parents[2] / "curriculum"
INT = "i32"
SIZE = {"n": INT}
ROW = {"BLOCK": 64}
NORM = {"EPS": 1e-5, "CENTRE": True, "BLOCK": 64}
TILE = {"SCALE": 0.25, "MASKED": True, "ROWS": 16, "KEYS": 16, "D": 16, "E": 16}  # small: these compile fast
PRODUCT = {"ROWS": 16, "INNER": 16, "COLUMNS": 16, "GROUP": 8}
HIDDEN = dict.fromkeys(("n", "m", "d", "e", "mask_batch", "mask_row", "mask_key"), INT) | {"mask": "*i1"}
STRIDES = dict.fromkeys(("n", "m", "k", "a_row", "a_column", "b_row", "b_column"), INT)
# exercise, kernel, its constants, and the types of what is no pointer to floats
KERNELS = [
    ("softmax", "_softmax", ROW | {"TEMPERATURE": 0.5}, SIZE),
    ("softmax", "_log_softmax", ROW, SIZE),
    ("softmax", "_logsumexp", ROW, SIZE),
    ("softmax", "_backward", ROW, SIZE),
    ("layer_norm", "_forward", NORM, {"d": INT}),
    ("layer_norm", "_backward", NORM, {"d": INT, "rows": INT}),
    ("matmul", "_matmul", PRODUCT, STRIDES),
    ("attention", "_forward", TILE, HIDDEN),
    ("attention", "_backward_q", TILE, HIDDEN),
    ("attention", "_backward_kv", TILE, HIDDEN),
]
WIDE = {("layer_norm", "_backward"), ("matmul", "_matmul"), ("attention", "_forward")}
RUNS = [("fp32", *kernel) for kernel in KERNELS] + [("fp64", *kernel) for kernel in KERNELS if kernel[:2] in WIDE]


def solution(exercise):
    path = next(CURRICULUM.glob(f"*/{exercise}/solutions/triton_kernel.py"))
    found = importlib.util.spec_from_file_location(f"compiled_{exercise}", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("TRITON_DEFAULT_FP_FUSION", "1")  # else it warns of a change to come
    if triton.knobs.runtime.interpret:
        pytest.skip("this process interprets kernels")


@pytest.mark.parametrize(
    ("dtype", "exercise", "name", "constants", "types"), RUNS, ids=[f"{t}-{e}{n}" for t, e, n, *_ in RUNS]
)
def test_it_compiles_for_compute_capability_9(dtype, exercise, name, constants, types):
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    kernel = getattr(solution(exercise), name)
    if "ACC" in kernel.arg_names:
        constants = constants | {"ACC": {"fp32": triton.language.float32, "fp64": triton.language.float64}[dtype]}
    types = types | dict.fromkeys(constants, "constexpr")
    signature = {name: types.get(name, f"*{dtype}") for name in kernel.arg_names}
    places = {(kernel.arg_names.index(name),): value for name, value in constants.items()}
    compiled = triton.compile(ASTSource(kernel, signature, places), target=GPUTarget("cuda", 90, 32))
    assert f".visible .entry {name}" in compiled.asm["ptx"]
