"""The decoder layer in the array API's functions: one file for numpy, torch and CuPy.

Keys and values come from one product, and what the softmax divides by is divided by last, after the product with the
values: (b, heads, t, d / heads) numbers are fewer than (b, heads, t, s) of a long memory.
"""

from array_api_compat import array_namespace, device


def decoder_layer(x, memory, state, heads, norm_first=False, memory_padding=None):
    xp = array_namespace(x)
    place = xp.arange(x.shape[1], device=device(x))
    future = place[:, None] < place
    padding = None if memory_padding is None else memory_padding[:, None, None, :]

    def look_back(y):
        return _attention(y, y, state, "self_attn", heads, future)

    def look_up(y):
        return _attention(y, memory, state, "multihead_attn", heads, padding)

    def think(y):
        return _linear(xp.maximum(_linear(y, state, "linear1"), 0.0), state, "linear2")

    for norm, sublayer in (("norm1", look_back), ("norm2", look_up), ("norm3", think)):
        x = x + sublayer(_norm(x, state, norm)) if norm_first else _norm(x + sublayer(x), state, norm)
    return x


def _linear(x, state, name):
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def _norm(x, state, name):
    xp = array_namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    return centred / xp.sqrt(variance + 1e-5) * state[f"{name}.weight"] + state[f"{name}.bias"]


def _attention(x, source, state, name, heads, hidden):
    """Of every token of x to the source, but to nothing where hidden (it broadcasts to (b, heads, t, s)) is True."""
    xp = array_namespace(x)
    weight, bias, d = state[f"{name}.in_proj_weight"], state[f"{name}.in_proj_bias"], x.shape[-1]
    (q,) = _heads(x, weight[:d, :], bias[:d], heads)
    k, v = _heads(source, weight[d:, :], bias[d:], heads)
    scores = (q * (d // heads) ** -0.5) @ xp.matrix_transpose(k)
    if hidden is not None:
        scores = xp.where(hidden, -xp.inf, scores)
    # where all is hidden the maximum is -inf, and -inf - (-inf) would be nan: the lowest finite number takes its place
    top = xp.maximum(xp.max(scores, axis=-1, keepdims=True), xp.finfo(scores.dtype).min)
    terms = xp.exp(scores - top)
    total = xp.maximum(xp.sum(terms, axis=-1, keepdims=True), 1.0)  # one term is 1, unless all are 0
    joined = xp.reshape(xp.permute_dims(terms @ v / total, (0, 2, 1, 3)), x.shape)
    return _linear(joined, state, f"{name}.out_proj")


def _heads(x, weight, bias, heads):
    """A list with one (b, heads, tokens, d / heads) for every d rows of the weight."""
    xp = array_namespace(x)
    (b, tokens, d), parts = x.shape, weight.shape[0] // x.shape[-1]
    split = xp.reshape(x @ weight.T + bias, (b, tokens, parts, heads, d // heads))
    return [xp.permute_dims(split[:, :, i, :, :], (0, 2, 1, 3)) for i in range(parts)]
