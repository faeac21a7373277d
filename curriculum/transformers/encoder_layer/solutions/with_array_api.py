"""The encoder layer in the array API's functions: one file for numpy, torch and CuPy.

The array API has no erf. What GELU needs is the normal distribution function, made here of exp and of quotients of
polynomials, for all numbers at once: W. J. Cody 1969, Rational Chebyshev approximations for the error function,
https://doi.org/10.1090/S0025-5718-1969-0247736-4
"""

from array_api_compat import array_namespace

# Coefficients, highest power first: erf(y) = y P(y^2) / Q(y^2) below 0.46875, erfc(y) = exp(-y^2) P(y) / Q(y) above
NEAR = (
    (0.185777706184603153, 3.1611237438705656, 113.86415415105016, 377.485237685302021, 3209.37758913846947),
    (1.0, 23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062),
)
FAR = (
    (
        2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295, 298.635138197400131,
        881.95222124176909, 1712.04761263407058, 2051.07837782607147, 1230.33935479799725,
    ),
    (
        1.0, 15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019,
        3290.79923573345963, 4362.61909014324716, 3439.36767414372164, 1230.33935480374942,
    ),
)  # fmt: skip


def encoder_layer(x, state, heads, norm_first=False, act="relu", key_padding=None):
    def look(y):
        return _attention(y, state, heads, key_padding)

    def think(y):
        return _linear(_activation(_linear(y, state, "linear1"), act), state, "linear2")

    for norm, sublayer in (("norm1", look), ("norm2", think)):
        x = x + sublayer(_norm(x, state, norm)) if norm_first else _norm(x + sublayer(x), state, norm)
    return x


def _linear(x, state, name):
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def _norm(x, state, name):
    xp = array_namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    return centred / xp.sqrt(variance + 1e-5) * state[f"{name}.weight"] + state[f"{name}.bias"]


def _attention(x, state, heads, key_padding):
    xp = array_namespace(x)
    b, t, d = x.shape
    projected = x @ state["self_attn.in_proj_weight"].T + state["self_attn.in_proj_bias"]
    split = xp.permute_dims(xp.reshape(projected, (b, t, 3, heads, d // heads)), (2, 0, 3, 1, 4))
    q, k, v = (split[i, ...] for i in range(3))
    scores = (q * (d // heads) ** -0.5) @ xp.matrix_transpose(k)
    if key_padding is not None:
        scores = xp.where(key_padding[:, None, None, :], -xp.inf, scores)
    # without a key the maximum is -inf, and -inf - (-inf) would be nan: the lowest finite number takes its place
    top = xp.maximum(xp.max(scores, axis=-1, keepdims=True), xp.finfo(scores.dtype).min)
    terms = xp.exp(scores - top)
    total = xp.maximum(xp.sum(terms, axis=-1, keepdims=True), 1.0)  # one term is 1, unless all are 0
    joined = xp.reshape(xp.permute_dims(terms @ v / total, (0, 2, 1, 3)), x.shape)
    return _linear(joined, state, "self_attn.out_proj")


def _activation(x, act):
    if act == "relu":
        return array_namespace(x).maximum(x, 0.0)
    if act == "gelu":
        return x * _normal(x)
    raise ValueError(f"act is {act!r}, not 'relu' or 'gelu'")


def _normal(x):
    """The share of the standard normal distribution below x: half of erfc(-x / sqrt(2))."""
    xp = array_namespace(x)
    y = xp.minimum(xp.abs(x) * 0.5**0.5, 28.0)  # exp(-28^2) is 0 in float64 too, and no power of 28 overflows
    near = 1 - y * _quotient(y * y, *NEAR)
    far = xp.exp(-y * y) * _quotient(y, *FAR)
    beyond = 0.5 * xp.where(y < 0.46875, near, far)
    return xp.where(x < 0, beyond, 1 - beyond)


def _quotient(y, upper, lower):
    above, below = upper[0], lower[0]
    for p, q in zip(upper[1:], lower[1:], strict=True):
        above, below = above * y + p, below * y + q
    return above / below
