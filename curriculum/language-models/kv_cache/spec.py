"""Decoding with a key-value cache: the cache, prefill, one step, many steps. What an answer must do, and what it costs.

Sources: Radford et al. 2019 (GPT-2); Pope et al. 2022, https://arxiv.org/abs/2211.05102; Shazeer 2019,
https://arxiv.org/abs/1911.02150

Sizes: b sequences over a vocabulary of v; d numbers a token, `layers` layers of h heads of width d / h.
"""

import numpy as np

from harness.spec import (
    FLOAT,
    Array,
    Cost,
    Equivalent,
    Exercise,
    Limits,
    Mistake,
    Part,
    Plain,
    Policy,
    Timing,
    case,
    holds,
)

CTX = 40  # positions of the model


def norm(x, state, name):
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5) * state[f"{name}.weight"] + state[f"{name}.bias"]


def linear(x, state, name):
    return x @ state[f"{name}.weight"] + state[f"{name}.bias"]


def one_text(state, heads, ids, past=None):
    """Oracle for one sequence: logits (l, v) of ids (l,), and keys and values [(k, v)] of each layer, (h, n, w) with the past before them."""
    n = 0 if past is None else past[0][0].shape[1]
    x = state["wte.weight"][ids] + state["wpe.weight"][n : n + len(ids)]
    l, d = x.shape  # noqa: E741
    held = []
    for i in range(depth(state)):
        q, k, v = (
            linear(norm(x, state, f"h.{i}.ln_1"), state, f"h.{i}.attn.c_attn")
            .reshape(l, 3, heads, d // heads)
            .transpose(1, 2, 0, 3)
        )
        if past is not None:
            k, v = np.concatenate([past[i][0], k], axis=1), np.concatenate([past[i][1], v], axis=1)
        held.append((k, v))
        scores = np.einsum("hqw,hkw->hqk", q, k) / np.sqrt(d // heads)
        scores[:, np.arange(n + l) > n + np.arange(l)[:, None]] = -np.inf
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed = np.einsum("hqk,hkw->qhw", weights, v).reshape(l, d)
        x = x + linear(mixed, state, f"h.{i}.attn.c_proj")
        up = linear(norm(x, state, f"h.{i}.ln_2"), state, f"h.{i}.mlp.c_fc")
        up = up / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (up + 0.044715 * up**3)))
        x = x + linear(up, state, f"h.{i}.mlp.c_proj")
    return norm(x, state, "ln_f") @ state["wte.weight"].T, held


def depth(state):
    return sum(name.endswith(".ln_1.bias") for name in state)


def padded(arrays):
    """Arrays (h, n_i, w) as one (b, h, max n, w), zeros behind."""
    n = max(a.shape[1] for a in arrays)
    return np.stack([np.concatenate([a, np.zeros((a.shape[0], n - a.shape[1], a.shape[2]))], axis=1) for a in arrays])


def kv_cache(appends, layers, max_len):
    """Oracle: each sequence of each layer collects its own tokens."""
    b, h, _, w = appends[0][1].shape
    views = []
    for layer in range(layers):
        rows = [[np.zeros((2, h, 0, w))] for _ in range(b)]
        for where, k, v, counts in appends:
            for i in range(b if where == layer else 0):
                t = k.shape[2] if counts is None else counts[i]
                rows[i].append(np.stack([k[i, :, :t], v[i, :, :t]]))
        full = [np.concatenate(row, axis=2) for row in rows]
        lengths = np.array([row.shape[2] for row in full])
        views.append((padded([row[0] for row in full]), padded([row[1] for row in full]), lengths))
    return views, 2 * layers * b * h * max_len * w * 8


def kv_cache_outputs(appends, layers, max_len):
    views, _ = kv_cache(appends, layers, max_len)
    return (
        [(Array(FLOAT, k.shape), Array(FLOAT, v.shape), Array("int64", lengths.shape)) for k, v, lengths in views],
        Plain(int),
    )


def verify_cache(inputs, outputs, check):
    """Views hold what was appended, to the bit; the bytes are those of the type under test."""
    views, size = kv_cache(**inputs)
    for layer, (got, want) in enumerate(zip(outputs[0], views, strict=True)):
        for name, one, other in zip(("keys", "values", "lengths"), got, want, strict=True):
            check.equal(one, other, f"the {name} of layer {layer} are not what was appended")
    size = size * np.dtype(check.dtype).itemsize // 8
    check.true(
        type(outputs[1]) is int and outputs[1] == size, f"a full cache takes {size} bytes, nbytes() said {outputs[1]}"
    )


def prefill(state, heads, ids, lengths, max_len):
    """Oracle: each prompt by itself, without padding."""
    runs = [one_text(state, heads, row[:n]) for row, n in zip(ids, lengths, strict=True)]
    keys, values = (padded([held[0][which] for _, held in runs]) for which in (0, 1))
    return np.stack([logits[-1] for logits, _ in runs]), (keys, values, np.array(lengths))


def decode_step(state, heads, past, lengths, ids, max_len):
    """Oracle: each sequence's token after the keys and values that it is given."""
    rows = []
    for i, n in enumerate(lengths):
        own = [(k[i, :, :n], v[i, :, :n]) for k, v in past]
        rows.append(one_text(state, heads, ids[i : i + 1], own)[0][-1])
    return np.stack(rows), np.array(lengths) + 1


def decode(state, heads, ids, lengths, later, max_len):
    """Oracle: no cache at all; the logits at the last places of each whole text, since no place sees a later one."""
    texts = [np.concatenate([row[:n], more]) for row, n, more in zip(ids, lengths, later, strict=True)]
    rows = [one_text(state, heads, text)[0][n - 1 :] for text, n in zip(texts, lengths, strict=True)]
    return [np.stack([row[t] for row in rows]) for t in range(later.shape[1] + 1)]


# --- inputs -----------------------------------------------------------------------------------------------------


def a_model(rng, v=11, d=8, layers=2, ctx=CTX):
    """Weights large enough for every branch, bias and position to count."""
    d_of = {"ln_1": d, "ln_2": d}
    state = {"wte.weight": rng.standard_normal((v, d)), "wpe.weight": rng.standard_normal((ctx, d))}
    for name in [f"h.{i}.{part}" for i in range(layers) for part in d_of] + ["ln_f"]:
        state[f"{name}.weight"] = rng.uniform(0.5, 1.5, d)
        state[f"{name}.bias"] = 0.3 * rng.standard_normal(d)
    for i in range(layers):
        for part, n, m in (
            ("attn.c_attn", d, 3 * d),
            ("attn.c_proj", d, d),
            ("mlp.c_fc", d, 4 * d),
            ("mlp.c_proj", 4 * d, d),
        ):
            state[f"h.{i}.{part}.weight"] = rng.standard_normal((n, m)) / np.sqrt(n)
            state[f"h.{i}.{part}.bias"] = 0.3 * rng.standard_normal(m)
    return state


def cache_inputs(rng, b=3, h=2, w=3, layers=2, rounds=3, t=4, max_len=12, even=False):
    """`even`: all sequences grow alike, and counts are left out."""
    appends = []
    for _ in range(rounds):
        counts = None if even else rng.permutation(np.arange(b) % (t + 1) + 1).clip(0, t)
        for layer in range(layers):
            k, v = rng.standard_normal((2, b, h, t, w))
            appends.append((layer, k, v, counts))
    return {"appends": appends, "layers": layers, "max_len": max_len}


def text_inputs(rng, b=3, l=5, v=11, d=8, layers=2, heads=2, max_len=None, even=False, padding=None, ctx=CTX, more=0):  # noqa: E741
    """Prompts of unequal lengths, one of them l and one of them 1 where there is room; `padding` is the id behind them.

    more: columns that are padding for all.
    """
    lengths = np.full(b, l) if even else (l - np.arange(b) * 2).clip(1, l)
    ids = rng.integers(0, v, (b, l + more))
    if padding is not None:
        ids[np.arange(l + more) >= lengths[:, None]] = min(padding, v - 1)
    return {
        "state": a_model(rng, v, d, layers, ctx), "heads": heads, "ids": ids, "lengths": lengths,
        "max_len": ctx if max_len is None else max_len,
    }  # fmt: skip


def step_inputs(rng, b=3, l=5, v=11, heads=2, max_len=None, scale=1.0, empty=False, **sizes):  # noqa: E741
    """Keys and values that no text has given, and a token for each sequence."""
    x = text_inputs(rng, b=b, l=l, v=v, heads=heads, max_len=max_len, **sizes)
    w = x["state"]["wte.weight"].shape[1] // heads
    past = [tuple(scale * rng.standard_normal((2, b, heads, l, w))) for _ in range(depth(x["state"]))]
    if empty:
        x["lengths"] = x["lengths"] * (np.arange(b) > 0)
    return {
        **{name: x[name] for name in ("state", "heads", "lengths", "max_len")},
        "past": past,
        "ids": rng.integers(0, v, b),
    }


def decode_inputs(rng, steps=4, b=3, v=11, **sizes):
    return text_inputs(rng, b=b, v=v, **sizes) | {"later": rng.integers(0, v, (b, steps))}


# --- properties -------------------------------------------------------------------------------------------------


def what_pads_a_prompt_has_no_influence(answer, x, check):
    """Other ids behind a prompt change neither logits nor cache."""
    ids = np.where(np.arange(x["ids"].shape[1]) >= x["lengths"][:, None], (x["ids"] + 1) % 11, x["ids"])
    (logits, (k, v, _)), (other, (k2, v2, _)) = answer(**x), answer(**{**x, "ids": ids})
    check.close(other, logits, "the logits with other padding")
    check.close(k2, k, "the keys with other padding")
    check.close(v2, v, "the values with other padding")


def sequences_do_not_see_each_other(answer, x, check):
    """Each sequence decodes alone as it does in the batch."""
    together = answer(**x)
    for i in range(len(x["ids"])):
        alone = answer(
            **{**x, "ids": x["ids"][i : i + 1], "lengths": x["lengths"][i : i + 1], "later": x["later"][i : i + 1]}
        )
        for t, (one, all_) in enumerate(zip(alone, together, strict=True)):
            check.close(one[0], all_[i], f"sequence {i} alone, step {t}", slack=4.0)


def a_longer_prompt_and_fewer_steps_are_the_same(answer, x, check):
    """Prefilling with the first of the later tokens gives what stepping over them gives."""
    seen = answer(**x)
    for cut in (1, x["later"].shape[1]):
        ids = np.concatenate([x["ids"], x["later"][:, :cut]], axis=1)
        jumped = answer(
            **{**x, "ids": ids, "lengths": x["lengths"] + cut, "later": np.ascontiguousarray(x["later"][:, cut:])}
        )
        check.close(jumped[0], seen[cut], f"a prompt longer by {cut}", slack=4.0)


def the_order_of_cached_tokens_does_not_matter(answer, x, check):
    """Attention is a set operation: keys and values in another order, with their positions long inside them, give the same step."""
    turned = [(np.ascontiguousarray(k[:, :, ::-1]), np.ascontiguousarray(v[:, :, ::-1])) for k, v in x["past"]]
    check.close(answer(**{**x, "past": turned})[0], answer(**x)[0], "with the cached tokens in reverse", slack=4.0)


# --- cost and cases -----------------------------------------------------------------------------------------------


def cost(itemsize, b, l, steps, d, layers, v, **_):  # noqa: E741
    """A token costs 2 flops a weight and 4 d a cached token and layer; a step reads all weights, and the cache once."""
    weights, tokens = 12 * layers * d * d + v * d, l + steps
    attended = b * (tokens**2) / 2
    return Cost(
        flops=2 * b * tokens * weights + 4 * layers * d * attended,
        bytes_moved=itemsize * ((1 + steps) * weights + 2 * layers * d * b * (steps * l + steps**2 / 2)),
    )


FASTEST = {
    "numpy": "preallocated.py",
    "torch": "with_torch.py",
    "cupy": "with_array_api.py",
    "triton": "triton_kernel.py",
}
FULL = "what does not fit must not get lost in silence"

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "KVCache", cache_inputs,
            (
                case("three rounds"),
                case("one round", rounds=1),
                case("one sequence", b=1, t=2),
                case("token by token", t=1, rounds=6, even=True),
                case("all alike", even=True, max_len=12, why="without counts, all tokens count"),
                case("filled to the brim", even=True, rounds=4, t=3, max_len=12, mark="robust", why="max_len tokens fit"),
                case("one too many", even=True, rounds=4, t=4, max_len=15, raises=("ValueError",), mark="robust", why=FULL),
                case("one sequence too long", rounds=3, t=4, max_len=5, raises=("ValueError",), mark="robust", why=FULL),
            ),
            verify=verify_cache, outputs=kv_cache_outputs,
        ),
        Part(
            "prefill", text_inputs,
            (
                case("unequal prompts"),
                case("equal prompts", even=True),
                case("one token each", l=1, why="position 0 alone"),
                case("one layer, one head", layers=1, heads=1),
                case("four heads", heads=4),
                case("padding of zeros", padding=0, mark="robust"),
                case("padding beyond the last position", l=8, ctx=8, more=3, mark="robust", why="padding needs none"),
                case("a prompt as long as the cache", max_len=5, mark="robust", why="it just fits"),
                case("a prompt longer than the cache", max_len=4, raises=("ValueError",), mark="robust", why=FULL),
            ),
            oracle=prefill, properties=(what_pads_a_prompt_has_no_influence,),
        ),
        Part(
            "decode_step", step_inputs,
            (
                case("unequal pasts", why="whatever is in the cache is attended to; no text could be computed again"),
                case("equal pasts", even=True),
                case("one sequence", b=1),
                case("four heads", heads=4, l=9),
                case("an empty past", empty=True, mark="robust", why="a token alone attends to itself, at position 0"),
                case("large keys", scale=3000.0, mark="robust", why="scores of thousands may not overflow"),
                case("a full cache", max_len=5, raises=("ValueError",), mark="robust", why=FULL),
            ),
            oracle=decode_step, properties=(holds(the_order_of_cached_tokens_does_not_matter, even=True),),
        ),
        Part(
            "decode", decode_inputs,
            (
                case("unequal prompts"),
                case("equal prompts", even=True, l=3),
                case("from one token", b=1, l=1, steps=6),
                case("no step", steps=0),
                case("many steps", steps=24, l=6, mark="robust", why="errors may not grow from step to step"),
                case("to the brim", l=5, steps=4, max_len=9, mark="robust"),
                case("over the brim", l=5, steps=5, max_len=9, raises=("ValueError",), mark="robust", why=FULL),
            ),
            oracle=decode, properties=(sequences_do_not_see_each_other, holds(a_longer_prompt_and_fewer_steps_are_the_same, even=True)),
        ),
    ),
    timings=(
        Timing(
            case("48 steps after 16 tokens", b=1, l=16, steps=48, d=128, layers=3, heads=4, v=256, even=True, ctx=64), cost,
            part="decode", scaling="steps", yardstick=FASTEST, fresh="draw",
        ),
    ),
    policy=Policy(
        banned=("base", "transformers", "vllm", "torch.nn.Transformer", "torch.nn.TransformerEncoderLayer", "torch.nn.MultiheadAttention"),
        uses=("attention", "layer_norm", "softmax"),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    limits=Limits(call_s=10.0),
    mistakes=(
        Mistake("positions start again at 0", "start = cache.view(0)[2]\n    x = run", "start = np.zeros(len(ids), np.int64)\n    x = run",
                "decode_step/unequal pasts"),
        Mistake("positions one too far", "positions = start[:, None] + np.arange(ids.shape[1])",
                "positions = start[:, None] + np.arange(ids.shape[1]) + (start > 0)[:, None]", "decode_step/unequal pasts"),
        Mistake("the longest sequence's position for all", "start = cache.view(0)[2]\n    x = run",
                "start = cache.view(0)[2] * 0 + cache.view(0)[2].max()\n    x = run", "decode_step/unequal pasts"),
        Mistake("a token does not see itself", "<= positions[:, None, :, None]", "< positions[:, None, :, None] + (positions == 0)[:, None, :, None]",
                "decode_step/unequal pasts"),
        Mistake("the future is seen in prefill", "<= positions[:, None, :, None]", "<= positions.max(axis=1)[:, None, None, None]",
                "prefill/equal prompts"),
        Mistake("what pads a shorter sequence is seen", "<= positions[:, None, :, None]", "<= positions.max()", "decode_step/unequal pasts"),
        Mistake("logits after the padding", "x[np.arange(len(ids)), lengths - 1]", "x[:, -1]", "prefill/unequal prompts"),
        Mistake("padding enters the cache", "t = k.shape[2] if counts is None else counts[i]", "t = k.shape[2]", "prefill/unequal prompts"),
        Mistake("the cache is shared between layers", "self.keys = [[empty] * batch for _ in range(layers)]",
                "self.keys = [[empty] * batch] * layers", "KVCache/one round"),
        Mistake("all sequences hold the first one's keys", "k[i, :, :t]", "k[0, :, :t]", "KVCache/one round"),
        Mistake("new tokens replace the old", "np.concatenate([self.keys[layer][i], k[i, :, :t]], axis=1)", "k[i, :, :t].copy()", "KVCache/three rounds"),
        Mistake("new tokens go before the old", "[self.values[layer][i], v[i, :, :t]]", "[v[i, :, :t], self.values[layer][i]]",
                "KVCache/three rounds"),
        Mistake("keys stored as values", "np.concatenate([self.values[layer][i], v[i, :, :t]], axis=1)",
                "np.concatenate([self.values[layer][i], k[i, :, :t]], axis=1)", "KVCache/one round"),
        Mistake("room for one too few", "+ t > self.max_len", "+ t >= self.max_len", "KVCache/filled to the brim"),
        Mistake("room for one too many", "+ t > self.max_len", "+ t > self.max_len + 1", "KVCache/one too many"),
        Mistake("never full", "+ t > self.max_len", "+ t > 10**9", "KVCache/one too many"),
        Mistake("bytes of the keys alone", "return 2 * len(self.keys)", "return len(self.keys)", "KVCache/three rounds"),
        Mistake("bytes of float32 always", "self.keys[0][0].itemsize", "4", "KVCache/three rounds"),
        Mistake("not divided by the root of the width", " / np.sqrt(q.shape[-1]).astype(q.dtype)", "", "prefill/unequal prompts"),
        Mistake("divided by the root of d", "np.sqrt(q.shape[-1])", "np.sqrt(q.shape[-1] * q.shape[1])", "prefill/unequal prompts"),
        Mistake("heads cut across", "x.reshape(b, t, heads, d // heads).swapaxes(1, 2)", "x.reshape(b, heads, t, d // heads)",
                "prefill/unequal prompts"),
        Mistake("values before keys", "q, k, v = (split", "q, v, k = (split", "prefill/unequal prompts"),
        Mistake("the exact GELU's quadratic cousin", "return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi).astype(x.dtype) * (x + 0.044715 * x**3)))",
                "return x / (1 + np.exp(-1.702 * x))", "prefill/unequal prompts"),
        Mistake("no last norm", "layer_norm(x, state[\"ln_f.weight\"], state[\"ln_f.bias\"]) @", "x @", "prefill/unequal prompts"),
        Mistake("no shift by the largest score", "np.exp(scores - scores.max(axis=-1, keepdims=True))", "np.exp(scores)", "decode_step/large keys"),
        Mistake("a new cache for each step", "x = run(state, heads, cache, ids[:, None], start, np.ones_like(start))",
                "fresh = KVCache(9, len(ids), heads, state['wte.weight'].shape[1] // heads, 99, state['wte.weight'])\n"
                "    x = run(state, heads, fresh, ids[:, None], start * 0, np.ones_like(start))", "decode_step/unequal pasts"),
    ),
    equivalent=(
        *(
            Equivalent(function, before, before.replace(axes, turned), "the same two axes")
            for function, before, axes, turned in (
                ("split", "return x.reshape(b, t, heads, d // heads).swapaxes(1, 2)", "1, 2", "2, 1"),
                ("attention", "scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]).astype(q.dtype)", "-1, -2", "-2, -1"),
                ("attention", "scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]).astype(q.dtype)", "-1, -2", "-1, 2"),
                ("attention", "return (weights @ v).swapaxes(1, 2).reshape(b, t, h * w)", "1, 2", "2, 1"),
            )
        ),
        Equivalent("KVCache.__init__", "self.values = [[empty] * batch for _ in range(layers)]",
                   "self.values = [[empty] * batch for _ in range(layers + 1)]", "a layer that nobody asks for"),
    ),
    hints=(
        "A key and a value depend on their own token and what came before it, never on what comes after. So which of them must a new token compute?",
        "Write one function for both phases: new tokens with start positions; in each layer first append their keys and values, then attend to all "
        "that the cache holds, each token up to its own position. Prefill starts at 0, a step at the lengths in the cache.",
        "positions = start[:, None] + arange(t); x = wte[ids] + wpe[positions]; per layer: qkv, append(k, v, counts), scores against view(layer), "
        "masked where arange(n) > positions. Prefill takes the logits at lengths - 1. Allocate (layers, b, h, max_len, w) once and write into slices.",
    ),
)  # fmt: skip
