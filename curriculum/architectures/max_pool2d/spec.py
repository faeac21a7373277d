"""Max and average pooling and their gradients: what an answer must do, and what it costs.

Sources: Ranzato et al. 2007, https://doi.org/10.1109/CVPR.2007.383157; where that leaves something open, as torch does.

Sizes: n pictures of c channels, height by width. k, stride, padding are pairs, and stand as one int in the call where
only one number is given.
"""

import numpy as np

from harness.spec import Convention, Cost, Equivalent, Exercise, Hidden, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64: one window after the other -----------------------------------------------------------------


def both(value):
    return (value, value) if isinstance(value, int) else value


def starts(side, k, stride, padding):
    """Where the windows begin along one side, counted from the first pixel of the picture."""
    return range(-padding, side + padding - k + 1, stride)


def windows(shape, k, stride, padding):
    """Each output (i, j), and its rows and columns of the picture without padding, as slices."""
    (kh, kw), (sh, sw), (ph, pw), (h, w) = both(k), both(k if stride is None else stride), both(padding), shape[2:]
    for i, top in enumerate(starts(h, kh, sh, ph)):
        for j, left in enumerate(starts(w, kw, sw, pw)):
            yield i, j, slice(max(top, 0), min(top + kh, h)), slice(max(left, 0), min(left + kw, w))


def pooled_shape(shape, k, stride, padding):
    k, stride, padding = both(k), both(k if stride is None else stride), both(padding)
    return (*shape[:2], *(len(starts(shape[2 + d], k[d], stride[d], padding[d])) for d in (0, 1)))


def max_pool2d(x, k, stride=None, padding=0):
    n, c, _, w = x.shape
    y = np.empty(pooled_shape(x.shape, k, stride, padding))
    argmax = np.empty(y.shape, np.int64)
    for i, j, rows, columns in windows(x.shape, k, stride, padding):
        seen = x[:, :, rows, columns]
        wide = seen.shape[3]
        first = seen.reshape(n, c, seen.shape[2] * wide).argmax(axis=2)  # the first maximum; numpy takes nan for one
        argmax[:, :, i, j] = (rows.start + first // wide) * w + columns.start + first % wide
        y[:, :, i, j] = seen.max(axis=(2, 3))
    return y, argmax


def max_pool2d_backward(dy, argmax, shape):
    n, c, h, w = shape
    dx = np.zeros((n, c, h * w))
    for i, j in np.ndindex(dy.shape[2:]):  # no pixel occurs twice in one window, so this += loses nothing
        dx[np.arange(n)[:, None], np.arange(c), argmax[:, :, i, j]] += dy[:, :, i, j]
    return dx.reshape(shape)


def places(k, rows, columns, count_include_pad):
    """How many places of a window count."""
    kh, kw = both(k)
    return kh * kw if count_include_pad else (rows.stop - rows.start) * (columns.stop - columns.start)


def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):
    y = np.empty(pooled_shape(x.shape, k, stride, padding))
    for i, j, rows, columns in windows(x.shape, k, stride, padding):
        y[:, :, i, j] = x[:, :, rows, columns].sum(axis=(2, 3)) / places(k, rows, columns, count_include_pad)
    return y


def avg_pool2d_backward(dy, shape, k, stride=None, padding=0, count_include_pad=True):
    dx = np.zeros(shape)
    for i, j, rows, columns in windows(shape, k, stride, padding):
        dx[:, :, rows, columns] += dy[:, :, i, j, None, None] / places(k, rows, columns, count_include_pad)
    return dx


# --- other legitimate answers ----------------------------------------------------------------------------------------


def place_in_the_window(x, k, stride=None, padding=0):
    """argmax as the place within the window, row * kw + column."""
    y, argmax = max_pool2d(x, k, stride, padding)
    (sh, sw), (ph, pw), kw, w = both(k if stride is None else stride), both(padding), both(k)[1], x.shape[3]
    top = np.arange(y.shape[2])[:, None] * sh - ph
    left = np.arange(y.shape[3]) * sw - pw
    return y, (argmax // w - top) * kw + argmax % w - left


def over_all_channels(x, k, stride=None, padding=0):
    """argmax as an index into all of x."""
    y, argmax = max_pool2d(x, k, stride, padding)
    n, c, h, w = x.shape
    return y, argmax + np.arange(n * c).reshape(n, c, 1, 1) * h * w


def other_count(x, k, stride=None, padding=0, count_include_pad=True):
    return avg_pool2d(x, k, stride, padding, not count_include_pad)


# --- inputs ----------------------------------------------------------------------------------------------------------


def options(k, stride, padding, size):
    """Pairs of one number as an int, what is None left out; and the size, made large enough for one window."""
    given = {"k": k, "stride": stride, "padding": padding}
    given = {name: value if len(value) == 2 else value[0] for name, value in given.items() if value is not None}
    (kh, kw), (ph, pw) = both(given["k"]), both(given.get("padding", 0))
    return given, (max(size[0], kh - 2 * ph, 1), max(size[1], kw - 2 * pw, 1))


def inputs(rng, n=2, c=3, height=6, width=7, k=(2,), stride=None, padding=None, kind="normal"):
    given, size = options(k, stride, padding, (height, width))
    x = rng.standard_normal((n, c, *size))
    if kind == "negative":
        x = -1.0 - np.abs(x)
    if kind == "ties":  # few values, so that nearly every window holds its maximum twice
        x = rng.integers(0, 2, x.shape).astype(float)
    if kind == "equal":
        x = np.full(x.shape, float(rng.integers(2, 9)))
    if kind == "all -inf":
        x = np.full(x.shape, -np.inf)
    if kind == "one nan" and x.size:
        x[0, 0, size[0] // 2, size[1] // 2] = np.nan
    if kind == "inf":
        x[..., 0, 0], x[..., -1, -1] = np.inf, -np.inf
    if kind == "huge":
        x = 1e30 * x
    return {"x": x, **given}


def mean_inputs(rng, count_include_pad=None, **sizes):
    count = {} if count_include_pad is None else {"count_include_pad": count_include_pad}
    return inputs(rng, **sizes) | count


def backward_inputs(rng, kind="anywhere", **sizes):
    """argmax is drawn, as any pixel of a window may have been its maximum ('last': its last one,
    so that windows share)."""
    x = inputs(rng, **sizes)
    shape, k, stride, padding = x["x"].shape, x["k"], x.get("stride"), x.get("padding", 0)
    argmax = np.empty(pooled_shape(shape, k, stride, padding), np.int64)
    for i, j, rows, columns in windows(shape, k, stride, padding):
        row, column = (
            np.full(shape[:2], side.stop - 1) if kind == "last" else rng.integers(side.start, side.stop, shape[:2])
            for side in (rows, columns)
        )
        argmax[:, :, i, j] = row * shape[3] + column
    return {"dy": rng.standard_normal(argmax.shape), "argmax": argmax, "shape": shape}


def mean_backward_inputs(rng, **sizes):
    """x is needed by the forward alone, for the check of the oracle by central differences."""
    x = mean_inputs(rng, **sizes)
    dy = rng.standard_normal(avg_pool2d(**x).shape)
    return {"dy": dy, "shape": x["x"].shape, **x, "x": Hidden(x["x"])}


RESNET = {"k": (3,), "stride": (2,), "padding": (1,)}
SHAPES = (
    case("windows of two", why="stride left out is k, padding left out is 0"),
    case("overlapping windows", k=(3,), stride=(1,)),
    case("windows of three, two apart, padded", height=7, width=8, **RESNET, why="as at the start of a ResNet"),
    case("k and stride differ by direction", height=7, k=(2, 3), stride=(1, 2)),
    case("k is a pair, stride is left out", k=(3, 2)),
    case("stride longer than k", height=9, width=8, stride=(3,), why="some pixels are in no window"),
    case("a rest is dropped", height=7, width=9, k=(2, 4), why="ho and wo are rounded down"),
    case("a rest is dropped behind padding", height=6, width=8, k=(4, 3), stride=(3, 2), padding=(2, 1)),
    case("windows of one", k=(1,), stride=(2,), why="a pixel is its own maximum and mean"),
    case("one window is the picture", height=4, width=5, k=(4, 5)),
    case("one channel", n=1, c=1, k=(3,), stride=(1,), padding=(1,)),
)
NOTHING = case("no pictures", n=0, mark="robust", why="an empty batch comes back empty")
PIXEL = case("a picture of one pixel", height=1, width=1, stride=(1,), padding=(1,), mark="robust")
MAXIMA = (
    *SHAPES, NOTHING, PIXEL,
    case("negative pixels, padded", kind="negative", **RESNET, mark="robust", why="padding is never the maximum"),
    case("ties", kind="ties", k=(3,), stride=(1,), padding=(1,), mark="robust", why="the first in reading order counts"),
    case("all pixels equal", kind="equal", k=(3,), stride=(1,), padding=(1,), mark="robust", why="the first that is no padding"),
    case("all pixels -inf", kind="all -inf", k=(3,), stride=(1,), padding=(1,), mark="robust", why="argmax stays in the picture"),
    case("a nan", kind="one nan", k=(3,), stride=(1,), padding=(1,), mark="robust", why="nan is not lost: it says that something broke"),
    case("infinite pixels", kind="inf", **RESNET, mark="robust"),
    case("huge pixels", kind="huge", mark="robust"),
)  # fmt: skip
HALF = {"k": (4, 3), "stride": (2, 1), "padding": (2, 1)}
MEANS = (
    *SHAPES, NOTHING, PIXEL,
    case("padding counts", **HALF, count_include_pad=True, why="each sum is divided by 4 * 3"),
    case("padding does not count", **HALF, count_include_pad=False, why="a corner is divided by fewer"),
    case("padding does not count, a rest is dropped", height=8, k=(3,), stride=(3,), padding=(1,), count_include_pad=False),
    case("wide windows", n=1, c=2, height=40, width=41, k=(33, 31), stride=(4,), kind="negative", count_include_pad=False, mark="robust"),
)  # fmt: skip
WINNERS = (
    *SHAPES, NOTHING, PIXEL,
    case("one pixel wins many windows", kind="last", k=(4,), stride=(1,), padding=(2,), why="its gradients add up"),
    case("many windows", n=1, c=2, height=40, width=33, kind="last", k=(9,), stride=(1,), mark="robust"),
)  # fmt: skip


# --- properties ------------------------------------------------------------------------------------------------------


def y_is_what_stands_at_argmax(answer, x, check):
    """Each maximum is the pixel that its argmax names."""
    y, argmax = answer(**x)
    n, c, h, w = x["x"].shape
    check.true((argmax >= 0).all() and (argmax < h * w).all(), "an argmax lies outside of the picture")
    flat = np.take_along_axis(x["x"].reshape(n, c, h * w), argmax.reshape(n, c, -1), axis=2)
    check.equal(y, flat.reshape(y.shape), "y is not what stands at argmax")


def order_is_all_that_maxima_see(answer, x, check):
    """Doubling every pixel and adding nothing else doubles each maximum and moves none."""
    (y, argmax), (twice, same) = answer(**x), answer(**{**x, "x": 2 * x["x"]})
    check.equal(twice, 2 * y, "the maxima of 2 x")
    check.equal(same, argmax, "the places of the maxima moved")


def max_pooling_loses_no_gradient(answer, x, check):
    """Each channel of dx sums to what its dy sums to: every window passes on all of its gradient."""
    dy = 1 + np.abs(x["dy"])  # of one sign, so that sums do not cancel
    got = answer(**{**x, "dy": dy})
    check.close(got.sum(axis=(2, 3)), dy.sum(axis=(2, 3)), "the sums over the picture")


def a_mean_of_equal_pixels_is_that_pixel(answer, x, check):
    """If all pixels are equal and padding does not count, each mean is that number."""
    y = answer(**{**x, "x": np.full_like(x["x"], 3.0)})
    check.close(y, np.full_like(y, 3.0), "means of a picture of threes")


def channels_do_not_meet(answer, x, check):
    """Each channel is pooled by itself."""
    one = {**x, "x": np.ascontiguousarray(x["x"][1:2, 2:3])}
    check.close(answer(**one), answer(**x)[1:2, 2:3], "one channel of one picture alone")


def mean_pooling_loses_no_gradient(answer, x, check):
    """Where padding does not count, each channel of dx sums to what its dy sums to."""
    sent = {**{name: value for name, value in x.items() if name != "x"}, "dy": 1 + np.abs(x["dy"])}
    check.close(answer(**sent).sum(axis=(2, 3)), sent["dy"].sum(axis=(2, 3)), "the sums over the picture")


# --- speed -----------------------------------------------------------------------------------------------------------


def cost(itemsize, n, c, height, width, k, stride, **_):
    """A comparison for each place of each window; x is read, y and the int64 argmax are written."""
    pooled = n * c * (-(-height // stride[0])) * (-(-width // stride[0]))
    return Cost(pooled * k[0] * k[0], itemsize * (n * c * height * width + pooled) + 8 * pooled)


def backward_cost(itemsize, n, c, height, width, stride, **_):
    """An addition for each window; dy and argmax are read, dx is written."""
    pooled = n * c * (-(-height // stride[0])) * (-(-width // stride[0]))
    return Cost(pooled, itemsize * (n * c * height * width + pooled) + 8 * pooled)


STEM = case("8 pictures of 64 x 56 x 56", n=8, c=64, height=56, width=56, **RESNET)
FASTEST = {
    "numpy": "vectorized.py",
    "torch": "with_torch.py",
    "cupy": "with_array_api.py",
    "triton": "triton_kernel.py",
}
POOLS = (
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_pool1d_with_indices",
    "avg_pool1d",
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "ops",
)

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "max_pool2d", inputs, MAXIMA, max_pool2d,
            conventions=(
                Convention("argmax is the place within the window; asked is row * w + column of the picture", place_in_the_window),
                Convention("argmax is an index into all of x; asked is one into each picture's channel", over_all_channels),
            ),
            properties=(
                holds(y_is_what_stands_at_argmax, **HALF),
                holds(order_is_all_that_maxima_see, k=(3,), stride=(1,), padding=(1,)),
            ),
        ),
        Part(
            "max_pool2d_backward", backward_inputs, WINNERS, max_pool2d_backward,
            properties=(holds(max_pooling_loses_no_gradient, k=(3,), stride=(1,), padding=(1,)),),
        ),
        Part(
            "avg_pool2d", mean_inputs, MEANS, avg_pool2d,
            conventions=(Convention("count_include_pad the other way round", other_count),),
            properties=(
                holds(a_mean_of_equal_pixels_is_that_pixel, **HALF, count_include_pad=False),
                holds(channels_do_not_meet, **HALF),
            ),
        ),
        Part(
            "avg_pool2d_backward", mean_backward_inputs, MEANS, avg_pool2d_backward,
            gradient_of="avg_pool2d", wrt=("x",),
            properties=(holds(mean_pooling_loses_no_gradient, **HALF, count_include_pad=False),),
        ),
    ),
    timings=(
        Timing(
            STEM, cost, part="max_pool2d", scaling="height", yardstick=FASTEST,
            library={"torch": "torch.nn.functional.max_pool2d(x, k, stride, padding, return_indices=True)"},
        ),
        Timing(STEM, backward_cost, part="max_pool2d_backward", scaling="height", yardstick=FASTEST, fresh="draw"),
    ),
    policy=Policy(
        banned=("base", "@nn", "@autograd", *(f"torch.{name}" for name in POOLS)),
        earns=(
            "torch.nn.functional.max_pool2d", "torch.nn.functional.avg_pool2d", "torch.nn.MaxPool2d", "torch.nn.AvgPool2d", "torch.max_pool2d",
        ),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("padded with zeros", "_padded(x, padding, -np.inf)", "_padded(x, padding, 0)", "max_pool2d/negative pixels, padded"),
        Mistake("argmax is the place within the window", "    for window in slices:\n        seen, place = padded[window], places[window]", "    argmax = 0 * argmax\n    for number, window in enumerate(slices):\n        seen, place = padded[window], number", "max_pool2d/windows of two"),
        Mistake("argmax counts the padding", "    places = _padded(np.arange(h * w).reshape(1, 1, h, w), padding, -1)", "    places = np.arange(padded[0, 0].size).reshape(1, 1, *padded.shape[2:])", "max_pool2d/a rest is dropped behind padding"),
        Mistake("argmax counts down the columns", "np.arange(h * w).reshape(1, 1, h, w)", "np.arange(h * w).reshape(1, 1, w, h).swapaxes(2, 3)", "max_pool2d/windows of two"),
        Mistake("the last of equal pixels wins", "(seen > y)", "(seen >= y)", "max_pool2d/ties"),
        Mistake("a nan is passed over", "(seen > y) | (np.isnan(seen) & ~np.isnan(y))", "(seen > y)", "max_pool2d/a nan"),
        Mistake("argmax of a window of -inf is padding", "    y = x[:, :, top[:, None], left]\n    argmax = np.broadcast_to(top[:, None] * w + left, y.shape)", "    y = np.full_like(x[:, :, top[:, None], left], -np.inf)\n    argmax = np.full(y.shape, -1)", "max_pool2d/all pixels -inf"),
        Mistake("stride is 1 unless given", "stride = k if stride is None else stride", "stride = 1 if stride is None else stride", "max_pool2d/windows of two"),
        Mistake("rounded up", "ho, wo = ((padded[2 + d] - k[d]) // stride[d] + 1 for d in (0, 1))", "ho, wo = (-((k[d] - padded[2 + d]) // stride[d]) + 1 for d in (0, 1))", "max_pool2d/a rest is dropped"),
        Mistake("one stride for both directions", "    return (ho, wo), [(..., r, s) for r in rows for s in columns]", "    columns = [slice(v, v + (wo - 1) * stride[0] + 1, stride[0]) for v in range(k[1])]\n    return (ho, wo), [(..., r, s) for r in rows for s in columns]", "max_pool2d/k and stride differ by direction"),
        Mistake("padding on one side", "((0, 0), (0, 0), (down, down), (right, right))", "((0, 0), (0, 0), (0, 2 * down), (0, 2 * right))", "max_pool2d/a rest is dropped behind padding"),
        Mistake("a window overwrites another's gradient", "    np.add.at(dx, (picture, argmax.reshape(n * c, windows)), dy.reshape(n * c, windows))", "    dx[picture, argmax.reshape(n * c, windows)] = dy.reshape(n * c, windows)", "max_pool2d_backward/one pixel wins many windows"),
        Mistake("+= with repeated indices", "    np.add.at(dx, (picture, argmax.reshape(n * c, windows)), dy.reshape(n * c, windows))", "    dx[picture, argmax.reshape(n * c, windows)] += dy.reshape(n * c, windows)", "max_pool2d_backward/one pixel wins many windows"),
        Mistake("argmax read down the columns", "    return dx.reshape(shape)", "    return dx.reshape(n, c, w, h).swapaxes(2, 3)", "max_pool2d_backward/windows of two"),
        Mistake("padding always counts", "    if count_include_pad:", "    if True:", "avg_pool2d/padding does not count"),
        Mistake("padding never counts", "    if count_include_pad:", "    if False:", "avg_pool2d/padding counts"),
        Mistake("padding does not count by default", "def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):", "def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=False):", "avg_pool2d/windows of three, two apart, padded"),
        Mistake("sum in the place of the mean", "return total / _count(x, k, stride, padding, count_include_pad)", "return total", "avg_pool2d/windows of two"),
        Mistake("the gradient of a mean is not divided", "share = dy / _count(np.zeros(shape, dy.dtype), k, stride, padding, count_include_pad)", "share = dy", "avg_pool2d_backward/windows of two"),
        Mistake("the gradient of a mean overwrites", "dpadded[window] += share", "dpadded[window] = share", "avg_pool2d_backward/overlapping windows"),
        Mistake("the gradient keeps the padding", "return dpadded[:, :, down : down + h, right : right + w]", "return dpadded[:, :, :h, :w]", "avg_pool2d_backward/padding counts"),
    ),
    equivalent=(
        Equivalent("max_pool2d", "places = _padded(np.arange(h * w).reshape(1, 1, h, w), padding, -1)", "places = _padded(np.arange(h * w).reshape(1, 1, h, w), padding, 1)", "padding is -inf and never better than a pixel, so what place it has is never read"),
        Equivalent("max_pool2d", "places = _padded(np.arange(h * w).reshape(1, 1, h, w), padding, -1)", "places = _padded(np.arange(h * w).reshape(1, 1, h, w), padding, -0)", "padding is -inf and never better than a pixel, so what place it has is never read"),
        Equivalent("max_pool2d", "top, left = (np.maximum(np.arange(m) * s - p, 0) for m, s, p in zip((ho, wo), stride, padding, strict=True))", "top, left = (np.maximum(np.arange(m) * s - p, 0) for m, s, p in zip((ho, wo), stride, padding, strict=False))", "both always have two entries"),
        Equivalent("avg_pool2d_backward", "dpadded = _padded(np.zeros(shape, dy.dtype), padding, 0)", "dpadded = _padded(np.zeros(shape, dy.dtype), padding, 1)", "what the padding holds is cut off at the end"),
    ),
    hints=(
        "Fix one place (u, v) of the window: in all windows together it is a slice of the padded picture with a step. Which number may padding hold, so that it never wins?",
        "Keep the best value and its index so far, and let each place challenge it with >, so that the first of equals stays. An index array padded like "
        "the picture saves arithmetic. In the backward several windows may name one pixel: x[i] += v adds only once for repeated i.",
        "places = pad(arange(h * w).reshape(h, w)); better = (seen > y) | isnan(seen); y = where(better, seen, y), argmax likewise, starting at the window's first real pixel. "
        "Backward: np.add.at(dx, (picture, argmax), dy) with dx of shape (n c, h w). Means: sum of slices over k*k, or over the same sum of a picture of ones.",
    ),
)  # fmt: skip
