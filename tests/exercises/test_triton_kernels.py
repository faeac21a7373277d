"""Triton's kernels without a GPU: their values through Triton's interpreter, confined like any answer."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import calls, judge, oracle, spec
from harness.answer import from_text
from harness.catalog import Shipped
from harness.check import Checks, compare

pytest.importorskip("torch")
pytest.importorskip("triton")

CURRICULUM = Path(__file__).parents[2] / "curriculum"
# A few of each, as a call takes up to a second there; `harness run X --backend triton --demo --quick` grades all of them.
CASES = [
    ("softmax", "softmax", "three axes", "float64"),
    ("softmax", "softmax", "middle axis", "float32"),
    ("softmax", "softmax", "long rows", "float32"),
    ("softmax", "softmax", "a row of -inf", "float32"),
    ("softmax", "softmax", "no rows", "float32"),
    ("softmax", "log_softmax", "scores near -10,000", "float32"),
    ("softmax", "logsumexp", "down the columns", "float64"),
    ("softmax", "logsumexp", "a row of -inf", "float64"),
    ("softmax", "softmax_backward", "long rows", "float32"),
    ("layer_norm", "layer_norm", "half precision", "float16"),
    ("layer_norm", "layer_norm", "many columns", "float64"),
    ("layer_norm", "layer_norm", "one column", "float32"),
    ("layer_norm", "layer_norm_backward", "batch of sequences", "float64"),
    ("layer_norm", "layer_norm_backward", "no rows", "float32"),
    ("layer_norm", "rms_norm", "variance below eps", "float32"),
    ("layer_norm", "rms_norm_backward", "four rows", "float64"),
    ("matmul", "matmul", "more than a block", "float32"),
    ("matmul", "matmul", "wide times tall", "float64"),
    ("matmul", "matmul", "every second column", "float32"),
    ("matmul", "matmul", "nothing to sum", "float32"),
    ("matmul", "matmul", "zero times infinity", "float32"),
    ("attention", "attention", "long", "float32"),
    ("attention", "attention", "a query without keys", "float32"),
    ("attention", "attention", "padding of each sentence", "float64"),
    ("attention", "attention", "hidden keys overflow", "float32"),
    ("attention", "attention", "scores of tens of thousands", "float32"),
    ("attention", "attention", "no queries", "float32"),
    ("attention", "attention_backward", "one mask for all", "float32"),
    ("attention", "attention_backward", "one matrix", "float64"),
    ("attention", "attention_backward", "a mask of one row", "float32"),
    ("attention", "attention_backward", "no queries", "float32"),
    ("losses", "cross_entropy", "smoothing, weights, ignored rows", "float64"),
    ("losses", "cross_entropy", "classes that cannot be", "float32"),
    ("losses", "cross_entropy_backward", "none with weights and smoothing", "float64"),
    ("losses", "cross_entropy_backward", "all rows ignored", "float32"),
    ("losses", "bce_with_logits", "logits of 10,000 with weights", "float32"),
    ("losses", "bce_with_logits_backward", "weights of the positive", "float64"),
    ("losses", "mse", "one entry", "float64"),
    ("losses", "mse_backward", "long", "float32"),
    ("losses", "huber", "beyond the squares", "float32"),
    ("losses", "huber_backward", "another delta", "float64"),
    ("activations", "relu", "zeros among others", "float32"),
    ("activations", "relu_backward", "empty", "float32"),
    ("activations", "leaky_relu", "slope 2", "float32"),
    ("activations", "leaky_relu_backward", "a negative slope", "float64"),
    ("activations", "sigmoid", "numbers near 10,000", "float32"),
    ("activations", "sigmoid_backward", "half precision", "float16"),
    ("activations", "tanh", "tiny numbers", "float64"),
    ("activations", "tanh_backward", "three axes", "float32"),
    ("activations", "gelu", "matrix", "float64"),
    ("activations", "gelu_backward", "tanh form near 10,000", "float32"),
    ("activations", "silu", "half precision", "float16"),
    ("activations", "silu_backward", "numbers near 10,000", "float32"),
    ("activations", "dead_fraction", "zeros and nearly zeros", "float64"),
    ("grad_clip", "clip_by_norm", "a number, an empty array", "float64"),
    ("grad_clip", "clip_by_norm", "no arrays", "float32"),
    ("grad_clip", "clip_by_norm", "an infinity", "float32"),
    ("grad_clip", "clip_by_norm", "a nan", "float32"),
    ("grad_clip", "clip_by_norm", "squares below float64", "float64"),
    ("grad_clip", "clip_by_norm", "squares beyond float32", "float32"),
    ("grad_clip", "clip_by_norm", "long in half precision", "float16"),
    ("grad_clip", "clip_by_value", "a nan", "float64"),
    ("grad_clip", "clip_by_value", "a number, an empty array", "float32"),
    ("batch_norm", "BatchNorm", "two pictures", "float64"),
    ("batch_norm", "BatchNorm", "evaluation of no rows", "float32"),
    ("batch_norm", "BatchNorm", "constant channels", "float32"),
    ("batch_norm", "backward", "one axis more", "float32"),
    ("batch_norm", "backward", "evaluation of pictures", "float64"),
    ("batch_norm", "running", "two rows", "float32"),
    ("dropout", "dropout", "many rows", "float32"),
    ("dropout", "dropout_backward", "most dropped", "float32"),
    ("dropout", "dropout_backward", "no rows", "float32"),
    ("dropout", "dropout_backward", "p = 1", "float32"),
    ("dropout", "ensemble_moments", "a thousand inputs", "float64"),
    ("dropout", "ensemble_moments", "p near 0", "float32"),
    ("dropout", "ensemble_moments", "p = 1", "float64"),
    ("max_pool2d", "max_pool2d", "windows of three, two apart, padded", "float64"),
    ("max_pool2d", "max_pool2d", "ties", "float32"),
    ("max_pool2d", "max_pool2d", "a nan", "float32"),
    ("max_pool2d", "max_pool2d", "all pixels -inf", "float64"),
    ("max_pool2d", "max_pool2d", "no pictures", "float32"),
    ("max_pool2d", "max_pool2d_backward", "one pixel wins many windows", "float32"),
    ("max_pool2d", "avg_pool2d", "padding does not count", "float64"),
    ("max_pool2d", "avg_pool2d_backward", "a rest is dropped behind padding", "float32"),
    ("conv2d", "conv2d", "three groups, everything at once", "float64"),
    ("conv2d", "conv2d", "no bias", "float32"),
    ("conv2d", "conv2d", "a rest is left over", "float32"),
    ("conv2d", "conv2d", "no pictures", "float32"),
    ("conv2d", "conv2d_backward", "three groups, everything at once", "float32"),
    ("conv2d", "conv2d_backward", "stride longer than the kernel", "float64"),
    ("conv2d", "conv2d_backward", "no pictures", "float32"),
    ("causal_self_attention", "self_attention", "causal and padded", "float64"),
    ("causal_self_attention", "self_attention", "long", "float32"),
    ("causal_self_attention", "self_attention", "a causal sequence of length 0", "float32"),
    ("causal_self_attention", "self_attention", "no batch", "float32"),
    ("causal_self_attention", "self_attention_backward", "causal and padded", "float32"),
    ("causal_self_attention", "self_attention_backward", "wide queries", "float64"),
    ("causal_self_attention", "self_attention_backward", "padding holds 1e15", "float32"),
    ("causal_self_attention", "self_attention_backward", "no batch", "float32"),
    ("lstm", "lstm_forward", "three sequences", "float64"),
    ("lstm", "lstm_forward", "a saturated sequence", "float32"),
    ("lstm", "lstm_forward", "no sequences", "float32"),
    ("lstm", "lstm_backward", "two steps", "float64"),
    ("lstm", "lstm_backward", "as many units as inputs", "float32"),
    ("lstm", "lstm_backward", "no steps", "float32"),
    ("precision_comparison", "to_bf16_bits", "ties", "float32"),
    ("precision_comparison", "to_bf16_bits", "nan", "float32"),
    ("precision_comparison", "to_fp16_bits", "subnormal in float16", "float32"),
    ("precision_comparison", "to_fp16_bits", "around 65504", "float32"),
    ("precision_comparison", "to_fp16_bits", "no numbers", "float32"),
    ("precision_comparison", "dot_errors", "a product's last bits", "float32"),
    ("precision_comparison", "dot_errors", "a sum overflows in float16", "float32"),
    ("momentum", "SGD", "missing gradients", "float32"),
    ("momentum", "SGD", "the caller reuses the gradients' memory", "float64"),
    ("momentum", "SGD", "Nesterov and weight decay", "float64"),
    ("momentum", "SGD", "dampening without momentum", "float32"),
    ("momentum", "SGD", "a number, an empty array", "float32"),
    ("positional_encoding", "sinusoidal", "odd width", "float64"),
    ("positional_encoding", "sinusoidal", "no positions", "float32"),
    ("positional_encoding", "sinusoidal", "positions near 100,000", "float32"),
    ("positional_encoding", "rope", "batch and heads", "float32"),
    ("positional_encoding", "rope", "another base and halves", "float64"),
    ("positional_encoding", "rope", "offset 100,000", "float32"),
    ("positional_encoding", "rope", "no tokens", "float32"),
    ("positional_encoding", "rope_backward", "offset and halves", "float64"),
    ("adam", "Adam", "one step", "float32"),
    ("adam", "Adam", "AMSGrad and AdamW", "float64"),
    ("adam", "Adam", "a number, an empty array", "float32"),
    ("adam", "RMSprop", "one step", "float64"),
    ("adam", "RMSprop", "centered, with momentum", "float64"),
    ("lora_linear", "forward", "a batch of sequences", "float64"),
    ("lora_linear", "forward", "one vector", "float32"),
    ("lora_linear", "backward", "many rows", "float32"),
    ("lora_linear", "backward", "no bias", "float64"),
    ("lora_linear", "backward", "no rows", "float64"),
    ("lora_linear", "merging", "gradients while merged", "float32"),
    ("lora_linear", "training", "one step", "float64"),
    ("multi_head_attention", "head_weights", "a query without keys", "float32"),
    ("multi_head_attention", "head_weights", "many keys", "float64"),
    ("multi_head_attention", "multi_head_attention", "hidden keys hold 1e15", "float32"),
    ("multi_head_attention", "multi_head_attention", "a mask for each head", "float64"),
    ("multi_head_attention", "multi_head_attention", "no batch", "float32"),
    ("multi_head_attention", "multi_head_attention_backward", "cross-attention", "float64"),
    ("multi_head_attention", "multi_head_attention_backward", "no batch", "float32"),
    ("kv_cache", "KVCache", "three rounds", "float64"),
    ("kv_cache", "KVCache", "filled to the brim", "float32"),
    ("kv_cache", "prefill", "unequal prompts", "float64"),
    ("kv_cache", "prefill", "padding beyond the last position", "float32"),
    ("kv_cache", "decode_step", "unequal pasts", "float64"),
    ("kv_cache", "decode_step", "an empty past", "float32"),
    ("kv_cache", "decode_step", "large keys", "float32"),
    ("kv_cache", "decode", "no step", "float64"),
    ("kv_cache", "decode", "equal prompts", "float32"),
]


# Where all cases fit into one tile: smaller tiles and fewer programs, and larger inputs, so that every loop goes round.
SMALLER = {
    "batch_norm": {"TILE = 1024": "TILE = 16", "CHANNELS = 32": "CHANNELS = 2", "PROGRAMS = 1024": "PROGRAMS = 4"},
    "conv2d": {"(32, 16, 32)": "(16, 16, 16)", "(64, 32, 64)": "(16, 16, 16)", "PROGRAMS = 512": "PROGRAMS = 3"},
    "lstm": {"TILE = 32": "TILE = 16"},
    "kv_cache": {"x.is_cuda else 256": "x.is_cuda else 16", "else min(16, ": "else min(2, "},
}
LARGER = [
    ("batch_norm", "BatchNorm", "five rows", "float64", {"n": 40}),
    ("batch_norm", "BatchNorm", "two pictures", "float32", {"n": 5, "c": 1}),
    ("batch_norm", "backward", "five rows", "float32", {"n": 40}),
    ("batch_norm", "backward", "two pictures", "float64", {"n": 5, "c": 1}),
    ("conv2d", "conv2d", "everything at once", "float32", {"cin": 3, "cout": 17}),
    ("conv2d", "conv2d_backward", "plain", "float64", {"cin": 3, "cout": 17}),
    ("lstm", "lstm_forward", "two steps", "float32", {"n": 17, "d": 17, "h": 17}),
    ("lstm", "lstm_backward", "two steps", "float64", {"n": 17, "d": 17, "h": 17}),
    ("kv_cache", "prefill", "unequal prompts", "float32", {"b": 2, "l": 17, "v": 17, "d": 18, "layers": 1}),
    ("kv_cache", "decode", "equal prompts", "float64", {"b": 3, "l": 15, "v": 17, "d": 18, "layers": 1, "steps": 3}),
]


@pytest.fixture(scope="module")
def interpreter(confinement: None) -> Iterator[SimpleNamespace]:
    """One session for all, and in it a worker for each exercise's kernels and one for its torch solution."""
    from harness.session import session

    with session("triton", "cpu") as opened:
        workers = {}

        def workers_of(exercise: str, *, smaller: bool = False) -> tuple:
            if (exercise, smaller) not in workers:
                shipped = Shipped(exercise, next(CURRICULUM.glob(f"*/{exercise}")))
                kernels, sound = (shipped.reference_for(backend) for backend in ("triton", "torch"))
                source = from_text(exercise, edited(kernels.read_text("utf-8"), SMALLER[exercise] if smaller else {}))
                worker, _ = opened.open(shipped, source)
                workers[exercise, smaller] = shipped, worker, opened.shared(shipped, sound)
            return workers[exercise, smaller]

        yield SimpleNamespace(of=workers_of)


def edited(text: str, edits: dict[str, str]) -> str:
    for find, replace in edits.items():
        assert text.count(find) == 1, find
        text = text.replace(find, replace)
    return text


def check_named(part: spec.Part, name: str) -> spec.Case:
    return next(case for case in part.cases if case.name == name)


@pytest.mark.parametrize(("exercise", "name", "case", "dtype"), CASES)
def test_a_kernel_gives_what_the_oracle_gives(exercise, name, case, dtype, interpreter):
    assert fault(*interpreter.of(exercise), name, case, dtype) is None


@pytest.mark.parametrize(("exercise", "name", "case", "dtype", "sizes"), LARGER)
def test_a_kernel_of_small_tiles_gives_it_for_larger_inputs(exercise, name, case, dtype, sizes, interpreter):
    assert fault(*interpreter.of(exercise, smaller=True), name, case, dtype, **sizes) is None


def fault(shipped, kernels, sound, name, case, dtype, **sizes):
    """What the judge has against the kernels' outputs, as a sentence."""
    part = shipped.exercise.part(name)
    call = calls.draw(part, check_named(part, case), dtype, 20261127, **sizes)
    expected = oracle.right_answer(part, call.inputs)
    got, theirs = (worker.call(part, call.inputs, expected, dtype) for worker in (kernels, sound))
    assert (got.status, got.words, got.changed) == ("done", "", ())
    if part.verify is None:
        finding = compare(got.value, expected, theirs.value, dtype, part.tolerance)
    else:
        given = calls.for_oracle(call.inputs, hidden=True)
        finding = judge.attempt(lambda: part.verify(given, got.value, Checks(dtype)), part)
    return finding and finding.sentence


def test_the_kernels_of_every_exercise_for_triton_are_among_these(interpreter):
    shipped = [Shipped(folder.parent.name, folder.parent) for folder in CURRICULUM.glob("*/*/spec.py")]
    for_triton = {one.id for one in shipped if '"triton"' in (one.folder / "spec.py").read_text("utf-8")}
    assert for_triton == {exercise for exercise, *_ in CASES}
