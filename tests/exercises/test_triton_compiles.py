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
LABELS = dict.fromkeys(("n", "k", "ignore", "dloss_row"), INT) | {"target": "*i64"}
CLASSIFY = {"SMOOTHING": 0.1, "ROWS": 4, "CLASSES": 16}
PAIRS = {"size": INT, "k": INT}
MATRIX = dict.fromkeys(("n", "h", "row_stride", "column_stride"), INT)
PLANE = dict.fromkeys(("m", "c", "s", "chunk", "chunks"), INT)
CHANNELS = {"VALUES": 32, "CHANNELS": 2}
PLANES = dict.fromkeys(("planes", "h", "w", "ho", "wo"), INT) | {"argmax": "*i64"}
POOL = {"K": (3, 2), "STRIDE": (2, 1), "PADDING": (1, 0), "BLOCK": 64}
PICTURES = dict.fromkeys(("n", "channels", "height", "width", "kernels", "ho", "wo"), INT)
CONV = {
    "KERNEL": (3, 2), "STRIDE": (1, 1), "SHIFT": (-1, -1), "GAP": (1, 2), "DIVISOR": (2, 1), "ROWS": 16, "INNER": 16, "COLUMNS": 16,
}  # fmt: skip
CAUSAL = {"SCALE": 0.25, "CAUSAL": True, "TILE": 16, "DK": 16, "DV": 16}
SEQUENCES = dict.fromkeys(("t", "dk", "dv"), INT) | {"lengths": "*i64"}
GATES = {"ROWS": 16, "TILE": 16}
STEPS = dict.fromkeys(("t", "n", "h"), INT)
SGD = ROW | {"LR": 0.1, "MOMENTUM": 0.9, "DAMPENING": 0.0, "NESTEROV": True, "WEIGHT_DECAY": 0.1, "FIRST": False}
DECAY = {"WEIGHT_DECAY": 0.1, "DECOUPLED": True}
ADAM = ROW | DECAY | {"LR": 0.1, "BETA1": 0.9, "BETA2": 0.999, "EPS": 1e-8, "AMSGRAD": True}
RMSPROP = ROW | {"LR": 0.1, "ALPHA": 0.9, "EPS": 1e-8, "MOMENTUM": 0.9, "CENTERED": True}
ANGLES = {"LOG_BASE": 13.3, "ROWS": 16, "PAIRS": 4}
TURNED = dict.fromkeys(("heads", "t", "d"), INT) | {"offset": "fp64"}
LORA = {"SCALE": 1.5, "ROWS": 16, "COLUMNS": 16, "RANK": 16}
STEPPED = ("w", "down", "up", "out", "b", "a")  # each with a stride for rows and one for columns
PLACES = dict.fromkeys(("n", "d", "e", "r", *(f"{x}_{axis}" for x in STEPPED for axis in ("row", "column"))), INT)
HEADS = {"SCALE": 0.25, "MASKED": True, "ROWS": 16, "KEYS": 16, "WIDTH": 16}
LINEAR = {"ROWS": 16, "INNER": 16, "COLUMNS": 16}
LAYER = dict.fromkeys(("n", "d", "e", "w_row", "w_column"), INT)
HEAD_SIZES = HIDDEN | dict.fromkeys(("heads", "width", "mask_head"), INT)
IDS = dict.fromkeys(("tokens", "t", "d", "last"), INT) | {"ids": "*i64", "start": "*i64"}
PRODUCTS = dict.fromkeys(("m", "k", "n", "w_row", "w_column"), INT)
CACHE = dict.fromkeys(("tokens", "t", "d", "width", "room", "batch_stride", "head_stride", "token_stride"), INT)
PAST = dict.fromkeys(("pairs", "t", "longest", "heads", "width", "room"), INT) | {"start": "*i64"}
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
    ("losses", "_weigh", {"ROWS": 64}, LABELS),
    ("losses", "_cross_entropy", CLASSIFY | {"EACH": False}, LABELS),
    ("losses", "_cross_entropy_backward", CLASSIFY, LABELS),
    ("losses", "_bce", ROW, PAIRS),
    ("losses", "_bce_backward", ROW, PAIRS),
    ("losses", "_huber", ROW | {"DELTA": 0.3}, PAIRS),
    ("losses", "_huber_backward", ROW | {"DELTA": float("inf")}, PAIRS),
    ("activations", "_relu", ROW | {"SLOPE": 0.0}, SIZE),
    ("activations", "_relu_backward", ROW | {"SLOPE": 0.5}, SIZE),
    ("activations", "_sigmoid", ROW, SIZE),
    ("activations", "_sigmoid_backward", ROW, SIZE),
    ("activations", "_tanh", ROW, SIZE),
    ("activations", "_tanh_backward", ROW, SIZE),
    ("activations", "_gated", ROW | {"GATE": "exact"}, SIZE),
    ("activations", "_gated_backward", ROW | {"GATE": "tanh"}, SIZE),
    ("activations", "_dead", {"ROWS": 16, "UNITS": 16}, MATRIX | {"dead": "*i1"}),
    ("grad_clip", "_norms", ROW, SIZE | {"norms": "*fp64"}),
    ("grad_clip", "_scale", ROW, SIZE | {"factor": "*fp64"}),
    ("grad_clip", "_clip", ROW | {"LIMIT": 1.0}, SIZE),
    ("batch_norm", "_statistics", CHANNELS, PLANE),
    ("batch_norm", "_merge", {"MOMENTUM": 0.1, "CHUNKS": 4}, PLANE),
    ("batch_norm", "_normalize", CHANNELS | {"EPS": 1e-5}, PLANE),
    ("batch_norm", "_sums", CHANNELS | {"EPS": 1e-5}, PLANE),
    ("batch_norm", "_backward", CHANNELS | {"EPS": 1e-5, "TRAIN": True}, PLANE),
    ("dropout", "_dropout", ROW | {"P": 0.25, "SCALE": 4 / 3}, SIZE | {"seed": "*i64", "mask": "*i1"}),
    ("dropout", "_backward", ROW | {"SCALE": 4 / 3}, SIZE | {"mask": "*i1"}),
    ("dropout", "_moments", ROW | {"ODDS": 1 / 3}, {"d": INT}),
    ("max_pool2d", "_max_pool", POOL, PLANES),
    ("max_pool2d", "_max_pool_backward", ROW, PLANES),
    ("max_pool2d", "_avg_pool", POOL | {"PADDED": False}, PLANES),
    ("max_pool2d", "_avg_pool_backward", POOL | {"PADDED": False}, PLANES),
    ("conv2d", "_convolve", CONV | {"BIASED": True}, PICTURES),
    ("conv2d", "_kernel_gradient", CONV, PICTURES),
    ("causal_self_attention", "_product", {"TILE": 16, "INNER": 16}, STRIDES),
    ("causal_self_attention", "_forward", CAUSAL, SEQUENCES),
    ("causal_self_attention", "_backward_q", CAUSAL, SEQUENCES),
    ("causal_self_attention", "_backward_kv", CAUSAL, SEQUENCES),
    ("lstm", "_product", {"TILE": 16}, STRIDES),
    ("lstm", "_forward", GATES, STEPS),
    ("lstm", "_backward", GATES, STEPS),
    ("precision_comparison", "_to_bits", ROW | {"HALF": True}, SIZE | {"out": "*u16"}),
    ("precision_comparison", "_products", ROW, SIZE),
    ("precision_comparison", "_errors", ROW, SIZE | {"out": "*fp64"}),
    ("momentum", "_sgd", SGD, SIZE),
    ("adam", "_adam", ADAM, SIZE | {"correction1": "fp64", "correction2": "fp64"}),
    ("adam", "_rmsprop", RMSPROP, SIZE),
    ("positional_encoding", "_sinusoidal", ANGLES, SIZE | {"d": INT}),
    ("positional_encoding", "_rope", ANGLES | {"TURN": -1, "STEP": 2, "GAP": 1}, TURNED),
    ("lora_linear", "_layer", LORA | {"INNER": 16, "BIASED": True, "UPDATED": True}, PLACES),
    ("lora_linear", "_gradient", LORA | {"INNER": 16}, PLACES),
    ("lora_linear", "_merge", LORA, PLACES),
    ("multi_head_attention", "_linear", LINEAR | {"BIASED": True}, LAYER),
    ("multi_head_attention", "_linear_backward", LINEAR, LAYER),
    ("multi_head_attention", "_weights", HEADS, HEAD_SIZES),
    ("multi_head_attention", "_forward", HEADS, HEAD_SIZES),
    ("multi_head_attention", "_backward_q", HEADS, HEAD_SIZES),
    ("multi_head_attention", "_backward_kv", HEADS, HEAD_SIZES),
    ("kv_cache", "_embed", {"ROWS": 16, "WIDTH": 16}, IDS),
    ("kv_cache", "_linear", LINEAR | {"GELU": True}, PRODUCTS),
    ("kv_cache", "_append", {"ROWS": 16, "WIDTH": 16}, CACHE | {"before": "*i64", "after": "*i64"}),
    ("kv_cache", "_attention", {"SCALE": 0.25, "PAIRS": 1, "QUERIES": 16, "KEYS": 16, "WIDTH": 16}, PAST),
]
WIDE = {
    ("layer_norm", "_backward"), ("matmul", "_matmul"), ("attention", "_forward"), ("losses", "_cross_entropy"),
    ("losses", "_bce"), ("activations", "_tanh"), ("grad_clip", "_norms"), ("batch_norm", "_merge"), ("dropout", "_moments"),
    ("max_pool2d", "_avg_pool"), ("max_pool2d", "_max_pool_backward"), ("conv2d", "_convolve"), ("conv2d", "_kernel_gradient"),
    ("causal_self_attention", "_backward_kv"),
    ("lstm", "_backward"),
    ("adam", "_adam"), ("positional_encoding", "_rope"),
    ("lora_linear", "_gradient"), ("multi_head_attention", "_backward_kv"), ("kv_cache", "_attention"),
}  # fmt: skip
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


def test_the_kernels_of_every_exercise_are_among_these():
    shipped = {path.parents[1].name for path in CURRICULUM.glob("*/*/solutions/triton_kernel.py")}
    assert shipped == {exercise for exercise, *_ in KERNELS}
