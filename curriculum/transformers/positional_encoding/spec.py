"""Sinusoidal and rotary positions: what an answer must do, and what it costs.

Sources: Vaswani et al. 2017, section 3.5, https://arxiv.org/abs/1706.03762; Su et al. 2021,
https://arxiv.org/abs/2104.09864

Sizes: n positions; x is (b, h, t, d), (t, d) where b and h are None. Positions are small where types are not:
two right ways to the frequencies differ by a few eps, and an angle of 1,000 makes a thousand times that of it. Far
positions are for float32 alone.
"""

import numpy as np

from harness.spec import Convention, Cost, Exercise, Hidden, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64: a pair of entries as one complex number ----------------------------------------------------


def turns(positions, d, base):
    """exp(i angle) for every position and pair."""
    pairs = (d + 1) // 2
    return np.exp(1j * np.asarray(positions)[:, None] / base ** (2 * np.arange(pairs) / d))


def sinusoidal(positions, d, base=10000.0):
    """Oracle: sine and cosine are the imaginary and the real part of one number."""
    z = turns(positions, d, base)
    columns = np.zeros((len(positions), d))
    columns[:, 0::2] = z.imag
    columns[:, 1::2] = z.real[:, : d // 2]
    return columns


def pairs_of(x, layout):
    """The pairs as complex numbers (..., t, d / 2)."""
    if layout == "interleaved":
        return x[..., 0::2] + 1j * x[..., 1::2]
    return x[..., : x.shape[-1] // 2] + 1j * x[..., x.shape[-1] // 2 :]


def entries_of(z, layout):
    """The inverse of pairs_of."""
    if layout == "half":
        return np.concatenate([z.real, z.imag], axis=-1)
    x = np.zeros((*z.shape[:-1], 2 * z.shape[-1]))
    x[..., 0::2], x[..., 1::2] = z.real, z.imag
    return x


def rope(x, offset=0, base=10000.0, layout="interleaved"):
    """Oracle: a rotation is a product with exp(i angle)."""
    turn = turns(offset + np.arange(x.shape[-2]), x.shape[-1], base)
    return entries_of(pairs_of(x, layout) * turn, layout)


def rope_backward(dy, offset=0, base=10000.0, layout="interleaved"):
    """Oracle: the transpose of a rotation turns back."""
    turn = turns(offset + np.arange(dy.shape[-2]), dy.shape[-1], base)
    return entries_of(pairs_of(dy, layout) * turn.conj(), layout)


def sines_first(positions, d, base=10000.0):
    """All sines, then all cosines, of the same angles."""
    z = turns(positions, d, base)
    return np.concatenate([z.imag, z.real[:, : d // 2]], axis=1)


def tensor2tensor(positions, d, base=10000.0):
    """The authors' own code: halves, and frequencies from 1 to exactly 1/base."""
    pairs = d // 2
    angles = np.asarray(positions)[:, None] * base ** (-np.arange(pairs) / max(pairs - 1, 1))
    return np.concatenate([np.sin(angles), np.cos(angles), np.zeros((len(positions), d % 2))], axis=1)


def other_layout(x, offset=0, base=10000.0, layout="interleaved"):
    return rope(x, offset, base, "half" if layout == "interleaved" else "interleaved")


# --- inputs ----------------------------------------------------------------------------------------------------------


def sinusoidal_inputs(rng, n=5, d=6, base=None, kind="first"):
    """Positions 0 to n - 1; the base is left out where None, which tests the default."""
    positions = np.arange(n, dtype=np.float64)
    if kind == "any":
        positions = rng.integers(0, 8, n) + rng.integers(0, 4, n) / 4.0
    if kind == "negative":
        positions = -positions
    if kind == "far":
        positions += rng.integers(99_000, 100_000)
    return {"positions": positions, "d": d} | ({} if base is None else {"base": base})


def rope_inputs(rng, b=2, h=3, t=5, d=6, offset=None, base=None, layout=None):
    """Random x; what is None is left out, which tests the defaults."""
    x = rng.uniform(-(3**0.5), 3**0.5, [size for size in (b, h, t, d) if size is not None])
    options = {"offset": offset, "base": base, "layout": layout}
    return {"x": x} | {name: value for name, value in options.items() if value is not None}


def backward_inputs(rng, **sizes):
    given = rope_inputs(rng, **sizes)
    x = given.pop("x")
    return {"dy": rng.uniform(-2.0, 2.0, x.shape)} | given | {"x": Hidden(x)}


COLUMNS = (
    case("positions 0 to 4"),
    case("wide", n=7, d=16),
    case("two columns", d=2, why="one pair: sine and cosine of the position itself"),
    case("odd width", d=7, why="the last column is a sine without its cosine"),
    case("one column", d=1, why="a sine alone"),
    case("any order, quarters too", n=9, d=8, kind="any", why="positions are numbers: diffusion models encode times"),
    case("negative positions", kind="negative"),
    case("another base", d=8, base=100.0),
    case("no positions", n=0, mark="robust", why="an empty sequence comes back empty"),
    case(
        "positions near 100,000",
        d=8,
        kind="far",
        dtypes=("float32",),
        mark="robust",
        why="float32 angles are too coarse there",
    ),
)
ROTATIONS = (
    case("batch and heads"),
    case("halves", layout="half", why="pair i is entries i and i + d/2"),
    case("one matrix", b=None, h=None, t=7, d=8),
    case("halves of one matrix", b=None, h=None, t=7, d=8, layout="half"),
    case("one pair", d=2),
    case("as many heads as tokens", h=5, t=5, why="positions run along the last axis but one, not along the heads"),
    case("offset", offset=3, why="the first row stands at position 3"),
    case("offset and halves", offset=2, layout="half"),
    case("one new token", t=1, offset=6, why="decoding: what came before is in the cache"),
    case("another base", base=50.0, d=8),
    case("another base and halves", base=50.0, d=8, offset=1, layout="half"),
)
FAR = case(
    "offset 100,000", offset=100_000, dtypes=("float32",), mark="robust", why="float32 angles are too coarse there"
)
FAR_HALVES = case("offset 99,991 and halves", offset=99_991, layout="half", dtypes=("float32",), mark="robust")
NO_TOKENS = case("no tokens", t=0, mark="robust", why="an empty block comes back empty")
ODD = case("an odd width", d=5, raises=("ValueError",), mark="robust", why="five entries make no pairs")
UNKNOWN = case(
    "an unknown layout",
    layout="pairs",
    raises=("ValueError",),
    mark="robust",
    why="a typing error must not pick a layout",
)


# --- properties ------------------------------------------------------------------------------------------------------


def a_shift_is_one_rotation_for_all_positions(answer, x, check):
    """Moving all positions by 3 rotates each pair by the angle of 3, the same at every position."""
    here, there = answer(**x).astype(np.float64), answer(**x | {"positions": x["positions"] + 3})
    turn = turns(np.array([3.0]), x["d"], 10000.0)
    moved = (here[:, 1::2] + 1j * here[:, 0::2]) * turn
    check.close(there[:, 0::2], moved.imag, "the sines after a shift by 3", slack=2.0)
    check.close(there[:, 1::2], moved.real, "the cosines after a shift by 3", slack=2.0)


def all_encodings_are_of_one_length(answer, x, check):
    """The squares of each row add up to d/2: every pair lies on the unit circle."""
    check.close(
        np.sum(answer(**x).astype(np.float64) ** 2, axis=1),
        np.full(len(x["positions"]), x["d"] / 2),
        "the squared lengths",
    )


def scores_depend_on_the_distance_alone(answer, x, check):
    """The product of a query at position m and a key at position n depends on n - m alone."""
    q, k = x["x"][..., :1, :], x["x"][..., 1:2, :]
    scores = [np.sum(answer(x=q, offset=m).astype(np.float64) * answer(x=k, offset=m + 2), axis=-1) for m in (0, 1, 5)]
    check.close(scores[1], scores[0], "positions 1 and 3 against 0 and 2", slack=4.0)
    check.close(scores[2], scores[0], "positions 5 and 7 against 0 and 2", slack=4.0)


def rotations_keep_lengths(answer, x, check):
    """A rotated row is as long as it was."""
    for layout in ("interleaved", "half"):
        length = np.linalg.norm(answer(**x, layout=layout).astype(np.float64), axis=-1)
        check.close(
            length, np.linalg.norm(x["x"].astype(np.float64), axis=-1), f"the lengths of the rows, layout {layout}"
        )


def an_offset_continues_the_sequence(answer, x, check):
    """The rows after a cache of 2, with offset 2, come out as they do in the whole sequence."""
    for layout in ("interleaved", "half"):
        rest = answer(x=np.ascontiguousarray(x["x"][..., 2:, :]), offset=2, layout=layout)
        check.close(rest, answer(**x, layout=layout)[..., 2:, :], f"the rows from 2 on, layout {layout}")


def turning_back_undoes_it(answer, x, check):
    """What rope does with a negative offset to one row undoes what it does with that offset."""
    there = answer(x=x["x"], offset=4)
    check.close(answer(x=there, offset=-4), x["x"], "one row turned by 4 and by -4")


# --- speed -----------------------------------------------------------------------------------------------------------


def cost(itemsize, b, h, t, d, **_):
    """Four products and two sums a pair; x read and the result written once."""
    return Cost(flops=3 * b * h * t * d, bytes_moved=2 * itemsize * b * h * t * d)


NEIGHBOURS = case("2 x 8 heads of 2,048 tokens, width 64", b=2, h=8, t=2048, d=64)
HALVES = case("the same in halves", b=2, h=8, t=2048, d=64, layout="half")
FASTEST = {"numpy": "as_complex.py", "torch": "with_torch.py", "cupy": "reference.py", "triton": "triton_kernel.py"}
PLAIN, PAIRS, TURNED = "sinusoidal/positions 0 to 4", "rope/batch and heads", "rope_backward/batch and heads"

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "sinusoidal",
            sinusoidal_inputs,
            COLUMNS,
            oracle=sinusoidal,
            properties=(holds(a_shift_is_one_rotation_for_all_positions, d=8), holds(all_encodings_are_of_one_length, n=9, d=8)),
            conventions=(
                Convention("all sines first, then all cosines; asked is that they alternate", sines_first),
                Convention("the authors' own code: halves, and frequencies down to exactly 1/base", tensor2tensor),
            ),
        ),
        Part(
            "rope",
            rope_inputs,
            (*ROTATIONS, FAR, FAR_HALVES, NO_TOKENS, ODD, UNKNOWN),
            oracle=rope,
            properties=(
                holds(scores_depend_on_the_distance_alone, d=8),
                rotations_keep_lengths,
                an_offset_continues_the_sequence,
                holds(turning_back_undoes_it, t=1),
            ),
            conventions=(Convention("the other layout", other_layout),),
        ),
        Part(
            "rope_backward",
            backward_inputs,
            (*ROTATIONS, FAR, NO_TOKENS),
            oracle=rope_backward,
            gradient_of="rope",
            wrt=("x",),
        ),
    ),
    timings=(
        Timing(NEIGHBOURS, cost, part="rope", scaling="t", yardstick=FASTEST),
        Timing(HALVES, cost, part="rope", yardstick=FASTEST),
    ),
    policy=Policy(backends=("numpy", "torch", "cupy", "triton")),
    mistakes=(
        Mistake("exponent i/d in the place of 2i/d", "base ** (-2 * pair / d)", "base ** (-pair / d)", caught_by=PLAIN),
        Mistake("frequencies down to exactly 1/base", "base ** (-2 * pair / d)", "base ** (-2 * pair / (d - 2))", caught_by=PLAIN),
        Mistake("positions are divided by i, not by its power", "base ** (-2 * pair / d)", "(1 / (1 + base * 2 * pair / d))", caught_by=PLAIN),
        Mistake("angles grow with the pair", "base ** (-2 * pair / d)", "base ** (2 * pair / d)", caught_by=PLAIN),
        Mistake("the base is always 10,000", "base ** (-2 * pair / d)", "10000.0 ** (-2 * pair / d)", caught_by="sinusoidal/another base"),
        Mistake("positions from 1", "xp.astype(positions, xp.float64)[:, None]", "(1 + xp.astype(positions, xp.float64))[:, None]", caught_by=PLAIN),
        Mistake("the angles are computed in float32", "xp.astype(positions, xp.float64)[:, None] * base ** (-2 * pair / d)", "(positions[:, None].astype(xp.float32) * (base ** (-2 * pair / d)).astype(xp.float32))", caught_by="sinusoidal/positions near 100,000"),
        Mistake("frequencies are rounded to float32", "base ** (-2 * pair / d)", "(base ** (-2 * pair / d)).astype(xp.float32)", caught_by="rope/offset 100,000"),
        Mistake("cosines in the even columns", "xp.stack([xp.sin(angles), xp.cos(angles)], axis=-1)", "xp.stack([xp.cos(angles), xp.sin(angles)], axis=-1)", caught_by=PLAIN),
        Mistake("all sines first, then all cosines", "xp.stack([xp.sin(angles), xp.cos(angles)], axis=-1)", "xp.concat([xp.sin(angles), xp.cos(angles)], axis=-1)", caught_by=PLAIN),
        Mistake("an odd width is cut short", "columns[:, :d]", "columns[:, : d - d % 2]", caught_by="sinusoidal/odd width"),
        Mistake("an odd width is rounded up in the exponent", "* base ** (-2 * pair / d)", "* base ** (-2 * pair / (d + d % 2))", caught_by="sinusoidal/odd width"),
        Mistake("the offset is ignored", "device=device(x)) + offset", "device=device(x))", caught_by="rope/offset"),
        Mistake("the offset shifts the wrong way", "device=device(x)) + offset", "device=device(x)) - offset", caught_by="rope/offset"),
        Mistake("positions count from 1", "device=device(x)) + offset", "device=device(x)) + offset + 1", caught_by=PAIRS),
        Mistake("positions run along the heads", "xp.arange(x.shape[-2], dtype", "xp.arange(x.shape[-3] if x.ndim > 2 else x.shape[-2], dtype", caught_by=PAIRS),
        Mistake("one angle for all tokens", "    angles = sign *", "    positions = 0 * positions + x.shape[-2]\n    angles = sign *", caught_by=PAIRS),
        Mistake("rotates the other way", "return _rotated(x, offset, base, layout, 1)", "return _rotated(x, offset, base, layout, -1)", caught_by=PAIRS),
        Mistake("the gradient turns on, not back", "layout, -1)", "layout, 1)", caught_by=TURNED),
        Mistake("the gradient forgets the offset", "_rotated(dy, offset, base, layout, -1)", "_rotated(dy, 0, base, layout, -1)", caught_by="rope_backward/offset"),
        Mistake("the gradient knows one layout", "_rotated(dy, offset, base, layout, -1)", "_rotated(dy, offset, base, 'interleaved', -1)", caught_by="rope_backward/halves"),
        Mistake("a reflection: a sign is wrong", "xp.stack([a * cos - b * sin, a * sin + b * cos], axis=-1)", "xp.stack([a * cos + b * sin, a * sin - b * cos], axis=-1)", caught_by=PAIRS),
        Mistake("both signs are plus", "xp.stack([a * cos - b * sin,", "xp.stack([a * cos + b * sin,", caught_by=PAIRS),
        Mistake("both signs are plus in halves", "xp.concat([a * cos - b * sin,", "xp.concat([a * cos + b * sin,", caught_by="rope/halves"),
        Mistake("pairs read interleaved, written in halves", "xp.reshape(xp.stack([a * cos - b * sin, a * sin + b * cos], axis=-1), x.shape)", "xp.concat([a * cos - b * sin, a * sin + b * cos], axis=-1)", caught_by=PAIRS),
        Mistake("layouts exchanged", 'if layout == "interleaved":', 'if layout == "half":', caught_by=PAIRS),
        Mistake("any other word means halves", 'if layout not in ("interleaved", "half"):', "if not layout:", caught_by="rope/an unknown layout"),
        Mistake("an odd width loses its last entry", "if d % 2 != 0:", "x, d = x[..., : d - d % 2], d - d % 2\n    if d % 2 != 0:", caught_by="rope/an odd width"),
    ),
    hints=(
        "Write down, for d = 4, the two frequencies and the table of the four columns for positions 0, 1 and 2. Which columns share an angle?",
        "There are d/2 angles a position, not d: an outer product of positions and frequencies, in float64. Sine and cosine of one angle stand side by side (stack on a new last axis, then "
        "reshape). In rope, each pair of entries is one point in the plane, and the layout only says where its two coordinates are kept.",
        "frequencies = base ** (-2 * arange(d / 2) / d), angles = positions[:, None] * frequencies. rope: a, b = x[..., 0::2], x[..., 1::2] or the two halves; the result has a cos - b sin where a was and "
        "a sin + b cos where b was, with positions offset + arange(t). Its backward is the same with the angles negated.",
    ),
)  # fmt: skip
