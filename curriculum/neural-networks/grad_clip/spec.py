"""Gradient clipping by global norm and by value: what an answer must do, and what it costs.

Sources: Pascanu, Mikolov, Bengio 2013, https://arxiv.org/abs/1211.5063; how to scale a norm: Blue 1978,
https://doi.org/10.1145/355769.355771

Sizes: `count` arrays of `size` entries each; or arrays of the given shapes.
"""

import numpy as np

from harness.spec import Convention, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64 ----------------------------------------------------------------------------------------


def norm_of(grads):
    """hypot of hypots: the root of the sum of squares, without any square that overflows. 0.0 for no entries."""
    entries = np.concatenate([np.ravel(g) for g in grads]) if grads else np.zeros(0)
    top = np.abs(entries).max(initial=0.0)
    if top == 0 or not np.isfinite(top):
        return float(top)
    return float(top * np.sqrt(np.sum(np.square(entries / top))))


def clip_by_norm(grads, max_norm, added=0.0):
    """(clipped, the norm before)."""
    norm = norm_of(grads)
    if np.isfinite(norm) and norm > max_norm:
        return [g * (max_norm / (norm + added)) for g in grads], norm
    return list(grads), norm


def clip_by_value(grads, c):
    """Entry by entry: its sign, and its size or c."""
    return [np.sign(g) * np.where(np.abs(g) > c, c, np.abs(g)) for g in grads]


def each_alone(grads, max_norm):
    return [clip_by_norm([g], max_norm)[0][0] for g in grads], norm_of(grads)


NORM_CONVENTIONS = (
    Convention("1e-6 added to the norm, as in torch; asked is max_norm / norm", lambda **x: clip_by_norm(**x, added=1e-6)),
    Convention("each array clipped by its own norm; asked is one norm for all", each_alone),
)  # fmt: skip


# --- inputs -----------------------------------------------------------------------------------------------------

SHAPES = ((3, 4), (5,), (2, 1, 3))


def arrays(rng, count=None, size=7, shapes=SHAPES, scale=1.0, strange=None, sparse=False):
    """Entries of both signs, none near 0; `strange` replaces one entry of the second array, `sparse` the first of each by 0."""
    shapes = shapes if count is None else [(size,)] * count
    grads = [scale * rng.uniform(0.2, 2.0, s) * rng.choice([-1.0, 1.0], s) for s in shapes]
    if strange is not None and len(grads) > 1:
        grads[1] = grads[1].copy()
        grads[1].flat[-1] = strange
    for g in grads if sparse else ():
        g.flat[0] = 0.0
    return [np.asarray(g) for g in grads]


def norm_inputs(rng, limit=0.25, **sizes):
    """`limit` is that share of the norm."""
    grads = arrays(rng, **sizes)
    norm = norm_of(grads)
    return {"grads": grads, "max_norm": limit * norm if np.isfinite(norm) else 1.0}


def timed_inputs(rng, count, size, **_):
    return {"grads": [rng.standard_normal(size) for _ in range(count)], "max_norm": 1.0}


def any_norm_inputs(rng, timed=False, **sizes):
    return timed_inputs(rng, **sizes) if timed else norm_inputs(rng, **sizes)


def value_inputs(rng, c=1.0, **sizes):
    return {"grads": arrays(rng, **sizes), "c": c}


# --- properties -------------------------------------------------------------------------------------------------


def one_factor_for_all(answer, x, check):
    """Clipping multiplies every entry of every array by the same factor, so the direction stays."""
    clipped, _ = answer(**x)
    factor = clipped[0].flat[0] / x["grads"][0].flat[0]
    for i, (g, out) in enumerate(zip(x["grads"], clipped, strict=True)):
        check.close(out, factor * g, f"array {i} against its gradient times the factor of the first entry")


def the_norm_becomes_the_limit(answer, x, check):
    """After clipping the norm is max_norm, and clipping again with twice the limit changes nothing."""
    clipped, _ = answer(**x)
    again, norm = answer(grads=clipped, max_norm=2 * x["max_norm"])
    check.close(norm, x["max_norm"], "the norm of what was clipped")
    for before, after in zip(clipped, again, strict=True):
        check.equal(after, before, "a gradient within the limit changed")


def cutting_an_array_in_two_changes_nothing(answer, x, check):
    """The halves of an array, given as two, have the same norm and are clipped alike."""
    (whole,), norm = answer(**x)
    halves = np.split(x["grads"][0], 2)
    got, other = answer(grads=halves, max_norm=x["max_norm"])
    check.close(other, norm, "the norm of both halves")
    check.close(np.concatenate(got), whole, "both halves")


def within_the_limit_nothing_changes(answer, x, check):
    """Gradients whose norm is below the limit come back to the bit."""
    for g, out in zip(x["grads"], answer(**x)[0], strict=True):
        check.equal(out, g, "a gradient within the limit changed")


def clipping_by_value_twice_is_once(answer, x, check):
    """Clipping what is clipped changes nothing, and no entry is larger than c."""
    once = answer(**x)
    for before, after in zip(once, answer(grads=once, c=x["c"]), strict=True):
        check.equal(after, before, "the second clipping changed something")
        check.true(
            (np.abs(before.astype(np.float64)) <= float(np.asarray(x["c"], check.dtype))).all(), "an entry is beyond c"
        )


# --- cases ------------------------------------------------------------------------------------------------------

ODD_SHAPES = ((), (1,), (0, 3), (2, 1, 3))
HALF = ("float16",)
NORM_CASES = (
    case("three arrays"),
    case("below the limit", limit=3.0, why="small gradients are not scaled up"),
    case("just above the limit", limit=0.9),
    case("one array", count=1, size=9),
    case("many arrays", count=60, size=11, why="one norm for all sixty"),
    case("one entry", count=1, size=1),
    case("a number, an empty array", shapes=ODD_SHAPES, mark="robust", why="() and (0, 3) are shapes too"),
    case("no arrays", count=0, mark="robust", why="an empty list has the norm 0"),
    case("zeros", scale=0.0, mark="robust", why="0/0 must not become nan"),
    case("a zero in each array", sparse=True, why="a unit that is not active sends none back"),
    case("limit 0", limit=0.0, mark="robust", why="the factor is 0"),
    case("small gradients", scale=1e-6, mark="robust", why="nothing is added to the norm, or these would shrink too far"),
    case("an infinity", strange=np.inf, mark="robust", why="reported as the norm; inf * 0 would be nan"),
    case("a nan", strange=np.nan, mark="robust", why="reported as the norm, not hidden: nan > max_norm is False"),
    case("squares beyond float32", scale=1e30, dtypes=("float32",), mark="robust", why="1e60 overflows, the norm does not"),
    case("squares below float32", scale=1e-30, dtypes=("float32",), mark="robust", why="1e-60 is 0, the norm is not"),
    case("an empty array beside tiny ones", shapes=ODD_SHAPES, scale=1e-30, dtypes=("float32",), mark="robust", why="it has no entry that could be the largest"),
    case("squares beyond float64", scale=1e200, dtypes=("float64",), mark="robust"),
    case("squares below float64", scale=1e-200, dtypes=("float64",), mark="robust"),
    case("half precision", scale=1000.0, dtypes=HALF, mark="robust", why="squares beyond 255 overflow float16"),
    case("long in half precision", count=3, size=3000, dtypes=HALF, mark="robust", why="a running sum in float16 stops growing at 2,048"),
    case("a strong clip in half precision", scale=3e4, limit=1e-7, dtypes=HALF, mark="robust", why="the factor is not a float16"),
)  # fmt: skip
VALUE_CASES = (
    case("three arrays"),
    case("a small limit", c=0.1, why="every entry is cut"),
    case("a large limit", c=5.0, why="none is"),
    case("a number, an empty array", shapes=ODD_SHAPES, mark="robust"),
    case("no arrays", count=0, mark="robust"),
    case("limit 0", c=0.0, mark="robust"),
    case("an infinity", strange=-np.inf, mark="robust", why="-inf becomes -c"),
    case("a nan", strange=np.nan, mark="robust", why="nan stays, for the caller to see"),
)


def cost(itemsize, count, size, **_):
    """Square, add, scale; each entry is read twice, as the norm must be known first, and written once."""
    return Cost(flops=3 * count * size, bytes_moved=3 * itemsize * count * size)


SCALED = "[_scaled(g, factor) for g in grads], total"
ROOT = "return largest * sqrt(sum(_sum_of_squares(g, largest) for g in grads))"
CLIP = "array_namespace(g).clip(g, -c, c)"

EXERCISE = Exercise(
    version=2,
    parts=(
        Part(
            "clip_by_norm", any_norm_inputs, NORM_CASES, clip_by_norm,
            conventions=NORM_CONVENTIONS,
            properties=(
                one_factor_for_all,
                the_norm_becomes_the_limit,
                holds(cutting_an_array_in_two_changes_nothing, count=1, size=8),
                holds(within_the_limit_nothing_changes, limit=1.5),
            ),
        ),
        Part("clip_by_value", value_inputs, VALUE_CASES, clip_by_value, properties=(clipping_by_value_twice_is_once,)),
    ),
    timings=(
        Timing(
            case("100 arrays of 20,000", count=100, size=20_000, timed=True, why="two million parameters"), cost,
            part="clip_by_norm", scaling="size",
            yardstick={"numpy": "dot_first.py", "torch": "with_torch.py", "cupy": "reference.py", "triton": "triton_kernel.py"},
        ),
    ),
    policy=Policy(
        banned=("base", "torch.nn.utils", "torch._foreach_norm", "torch.ops"),
        earns=("torch.nn.utils.clip_grad_norm_", "torch.nn.utils.clip_grad_value_"),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("clips each array by its own norm", SCALED, "[clip_by_norm([g], max_norm)[0][0] if len(grads) > 1 else _scaled(g, factor) for g in grads], total", "one factor for all"),
        Mistake("clips each entry", SCALED, "clip_by_value(grads, max_norm), total", "clip_by_norm/three arrays"),
        Mistake("scales small gradients up", "if not max_norm < total < inf:", "if not 0 < total < inf:", "within the limit nothing changes"),
        Mistake("torch's 1e-6", "factor = max_norm / total", "factor = max_norm / (total + 1e-6)", "clip_by_norm/small gradients"),
        Mistake("the norm after clipping is returned", SCALED, "[_scaled(g, factor) for g in grads], float(max_norm)", "clip_by_norm/three arrays"),
        Mistake("divides by the norm and forgets the limit", "factor = max_norm / total", "factor = 1 / total", "clip_by_norm/three arrays"),
        Mistake("the squared norm", "* sqrt(sum(_sum_of_squares(g, largest) for g in grads))", "* sum(_sum_of_squares(g, largest) for g in grads)", "clip_by_norm/three arrays"),
        Mistake("the sum of the arrays' norms", ROOT, "return largest * sum(sqrt(_sum_of_squares(g, largest)) for g in grads)", "cutting an array in two changes nothing"),
        Mistake("the largest of the arrays' norms", ROOT, "return largest * sqrt(max(_sum_of_squares(g, largest) for g in grads))", "clip_by_norm/three arrays"),
        Mistake("the largest entry", ROOT, "return largest", "clip_by_norm/three arrays"),
        Mistake("the mean square", "sum((_wide(g) / unit) ** 2)", "mean((_wide(g) / unit) ** 2)", "clip_by_norm/one array"),
        Mistake("the sum of absolute values", ROOT, "return float(sum(array_namespace(g).sum(array_namespace(g).abs(g)) for g in grads))", "clip_by_norm/three arrays"),
        Mistake("plain squares", ROOT, "return sqrt(sum(_sum_of_squares(g, 1.0) for g in grads))", "clip_by_norm/squares beyond float64"),
        Mistake("plain squares in float64", ROOT, "return sqrt(sum(float(array_namespace(g).sum(array_namespace(g).astype(g, array_namespace(g).float64) ** 2)) for g in grads))", "clip_by_norm/squares below float64"),
        Mistake("squares in float16", ROOT, "return sqrt(sum(float(array_namespace(g).sum(g * g)) for g in grads))", "clip_by_norm/half precision"),
        Mistake("the factor in float16", "array_namespace(g).astype(_wide(g) * factor, g.dtype, copy=False)", "g * array_namespace(g).asarray(factor, dtype=g.dtype)", "clip_by_norm/a strong clip in half precision"),
        Mistake("an infinite norm scales by 0", "if not max_norm < total < inf:", "if not max_norm < total:", "clip_by_norm/an infinity"),
        Mistake("nan is hidden", "    tops = [_largest(g) for g in grads]", "    grads = [array_namespace(g).where(array_namespace(g).isnan(g), 0 * 1.0, g) for g in grads]\n    tops = [_largest(g) for g in grads]", "clip_by_norm/a nan"),
        Mistake("the nan is lost in a maximum", "if largest == 0 or not all(map(isfinite, tops)):\n        return sum(tops, 0.0)", "if largest == 0 or not isfinite(largest):\n        return largest\n    if not all(map(isfinite, tops)):\n        return largest", "clip_by_norm/a nan"),
        Mistake("zeros are divided by zero", "if largest == 0 or not", "if not", "clip_by_norm/zeros"),
        Mistake("an empty array has no maximum", " if 0 not in g.shape else 0.0", "", "clip_by_norm/a number, an empty array"),
        Mistake("only the largest numbers are cut", CLIP, "array_namespace(g).minimum(g, 0 * g + c)", "clip_by_value/three arrays"),
        Mistake("cut to [0, c]", CLIP, "array_namespace(g).clip(g, 0 * c, c)", "clip_by_value/three arrays"),
        Mistake("divides by the largest entry", CLIP, "g * min(1.0, c / max(_largest(g), 1e-30))", "clip_by_value/three arrays"),
        Mistake("nan becomes 0", CLIP, "array_namespace(g).where(array_namespace(g).isnan(g), 0.0, array_namespace(g).clip(g, -c, c))", "clip_by_value/a nan"),
    ),
    equivalent=(
        Equivalent("_norm", "largest = max(tops, default=0.0)", "largest = max(tops, default=1.0)", "of no arrays: 1 times the root of an empty sum"),
    ),
    hints=(
        "Imagine all arrays written one after the other as one long vector. What is its norm, and by what must all of it be multiplied?",
        "First one pass for the norm, then one for the product, and that only if the norm is above the limit and finite. Against overflow divide by the largest "
        "entry before squaring, and multiply the root by it.",
        "top = max |g|; norm = top * sqrt(sum((g / top)**2)), in float32 at least, 0 if top is 0, inf or nan if top is. If max_norm < norm < inf: g * (max_norm / norm) "
        "for all, rounded once at the end. By value: clip(g, -c, c).",
    ),
)  # fmt: skip
