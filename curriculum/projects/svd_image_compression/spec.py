"""Image compression by a cut-off singular value decomposition: what an answer must do.

Pictures are made here: smooth shapes, edges and noise, of any size. compress is checked by what defines it: the right
singular values, orthonormal factors, and the error of Eckart and Young, the root of the sum of the dropped squares,
before any rounding.

Source: Eckart and Young 1936, https://doi.org/10.1007/BF02288367
"""

import math

import numpy as np

from harness.spec import (
    Array,
    Ban,
    Cost,
    Exercise,
    Limits,
    Mistake,
    Part,
    Plain,
    Policy,
    Timing,
    Tolerance,
    case,
    holds,
)

SLACK = 4.0


def reconstruct(u, s, vt):
    """Oracle: term by term, then rounded, then cut."""
    channels = np.einsum("chr,cr,crw->hwc", u, s, vt)
    return np.clip(np.rint(channels), 0, 255).astype(np.uint8)


def ratio(h, w, k):
    """Oracle."""
    numbers = min(k, h, w) * (h + w + 1)
    return h * w / numbers if numbers else math.inf


def psnr(a, b):
    """Oracle."""
    errors = a.astype(np.float64) - b.astype(np.float64)
    mse = float(np.mean(errors * errors))
    return 10 * math.log10(255**2 / mse) if mse else math.inf


def choose_k(s, energy):
    """Oracle: the first k in order that will do."""
    squares = np.square(s)
    return next(k for k in range(len(s) + 1) if np.sum(squares[:k]) >= energy * np.sum(squares) or k == len(s))


# --- pictures ---------------------------------------------------------------------------------------------------


def picture(rng, h, w, kind="photo"):
    """uint8 (h, w, 3): waves of another direction in each channel, a bright box, and noise."""
    if kind == "black":
        return np.zeros((h, w, 3), np.uint8)
    if kind == "rank one":
        a, b = rng.integers(1, 16, (h, 1, 3)), rng.integers(1, 16, (1, w, 3))
        return (a * b).astype(np.uint8)
    y, x = np.mgrid[0:h, 0:w]
    img = np.zeros((h, w, 3))
    for channel in range(3):
        for _ in range(4):
            along, across = rng.uniform(-0.3, 0.3, 2)
            img[..., channel] += 30 * np.sin(along * x + across * y + rng.uniform(0, 6))
        img[..., channel] += 60 + 40 * channel
    top, left = rng.integers(0, h // 2 + 1), rng.integers(0, w // 2 + 1)
    img[top : top + h // 3 + 1, left : left + w // 3 + 1] += 90
    return np.clip(img + 8 * rng.standard_normal(img.shape), 0, 255).astype(np.uint8)


def inputs(rng, h=20, w=28, k=5, kind="photo"):
    return {"img": picture(rng, h, w, kind), "k": k}


def parts_of(img, k):
    u, s, vt = np.linalg.svd(np.moveaxis(img.astype(np.float64), 2, 0), full_matrices=False)
    return {"u": u[:, :, :k].copy(), "s": s[:, :k].copy(), "vt": vt[:, :k].copy()}


def reconstruct_inputs(rng, h=20, w=28, k=5, brighter=1.0):
    parts = parts_of(picture(rng, h, w), k)
    return {**parts, "s": brighter * parts["s"]}


def ratio_inputs(rng, h=0, w=0, k=5):
    """Sizes from 30 to 99 where none are given."""
    drawn = rng.integers(30, 100, 2)
    return {"h": h or int(drawn[0]), "w": w or int(drawn[1]), "k": k}


def psnr_inputs(rng, h=9, w=13, noise=6.0, kind="noise"):
    """Two pictures; their differences have both signs, and are three times as large in red."""
    a = picture(rng, h, w)
    if kind == "equal":
        return {"a": a, "b": a.copy()}
    if kind == "opposite":
        b = np.full_like(a, 255)
        return {"a": np.zeros_like(a), "b": b - rng.integers(0, 3, a.shape).astype(np.uint8)}
    errors = noise * rng.standard_normal(a.shape) * [3.0, 1.0, 1.0]
    b = np.clip(a + errors, 0, 255).astype(np.uint8)
    b[0, 0] = a[0, 0] ^ 1
    return {"a": a, "b": b}


def energy_inputs(rng, n=30, decay=0.8, s=None, energy=None):
    """Singular values that fall by about `decay`, and an energy half-way between what k - 1 and k of them hold."""
    if s is not None:
        return {"s": np.array(s), "energy": energy}
    values = 100.0 * decay ** np.arange(n) * rng.uniform(0.97, 1.0, n)
    held = np.cumsum(values**2) / np.sum(values**2)
    k = int(rng.integers(2, min(n, 16)))
    return {"s": values, "energy": float((held[k - 1] + held[k]) / 2)}


# --- what is right ----------------------------------------------------------------------------------------------


def compress_outputs(img, k):
    h, w, _ = img.shape
    r = min(k, h, w)
    return Array("float64", (3, h, r)), Array("float64", (3, r)), Array("float64", (3, r, w))


def verify_compress(inputs, outputs, check):
    """Channel by channel: singular values, the error before rounding, orthonormal factors."""
    img, (u, s, vt) = inputs["img"].astype(np.float64), outputs
    r = s.shape[1]
    for channel, name in enumerate(("red", "green", "blue")):
        a, mine = img[..., channel], (u[channel], s[channel], vt[channel])
        check.true(all(np.isfinite(part).all() for part in mine), f"{name}: nan or infinity")
        truth = np.linalg.svd(a, compute_uv=False)
        size = truth[0] or 1.0
        check.close(s[channel] / size, truth[:r] / size, f"{name}: s differs from the singular values", slack=SLACK)
        error = np.sqrt(np.sum((a - (u[channel] * s[channel]) @ vt[channel]) ** 2))
        least = np.sqrt(np.sum(truth[r:] ** 2))
        allowed = SLACK * 64 * np.finfo(np.float64).eps * size * np.sqrt(min(a.shape))
        check.true(
            error <= least + allowed, f"{name}: the error is {error:.6g}, that of the best rank {r} is {least:.6g}"
        )
        check.close(u[channel].T @ u[channel], np.eye(r), f"{name}: the columns of u are not orthonormal", slack=SLACK)
        check.close(vt[channel] @ vt[channel].T, np.eye(r), f"{name}: the rows of vt are not orthonormal", slack=SLACK)


COMPRESS_CASES = (
    case("wide", h=20, w=28, k=5),
    case("tall", h=28, w=16, k=4),
    case("square", h=18, w=18, k=6),
    case("one term", h=12, w=15, k=1),
    case("full rank", h=10, w=14, k=10),
    case("larger", h=30, w=40, k=9),
    case("rank one", h=9, w=12, k=1, kind="rank one"),
    case("k above the rank", h=8, w=11, k=50, mark="robust", why="there are min(h, w) terms at most"),
    case("k is 0", h=8, w=11, k=0, mark="robust", why="no terms: u is (3, h, 0)"),
    case("more terms than rank", h=9, w=12, k=4, kind="rank one", mark="robust",
         why="s is 0 there, u still orthonormal"),
    case("black", h=6, w=9, k=3, kind="black", mark="robust", why="s = 0 everywhere"),
    case("one row", h=1, w=9, k=2, mark="robust"),
)  # fmt: skip
RECONSTRUCT_CASES = (
    case("wide", h=20, w=28, k=5),
    case("tall", h=28, w=16, k=4),
    case("one term", h=12, w=15, k=1),
    case("full rank", h=10, w=14, k=10, why="all terms: the picture comes back"),
    case("too bright", h=20, w=28, k=5, brighter=2.0, mark="robust", why="above 255 is 255, not 256 less"),
    case("negative", h=20, w=28, k=5, brighter=-1.0, mark="robust", why="below 0 is 0"),
    case("no terms", h=6, w=7, k=0, mark="robust", why="an empty sum is black"),
)  # fmt: skip
RATIO_CASES = (
    case("rank 5", k=5),
    case("rank 20", k=20),
    case("more numbers than pixels", h=30, w=30, k=30, why="below 1: the factors are larger than the picture"),
    case("k above the rank", h=20, w=0, k=1000, mark="robust", why="k counts as min(h, w)"),
    case("k is 0", k=0, mark="robust", why="nothing is stored: inf"),
)  # fmt: skip
PSNR_CASES = (
    case("noise"),
    case("faint noise", noise=1.0),
    case("strong noise", noise=40.0),
    case("one pixel", h=1, w=1),
    case("black against white", kind="opposite", mark="robust", why="0 - 255 is 1 in uint8"),
    case("equal", kind="equal", mark="robust", why="no error: inf"),
)  # fmt: skip
ENERGY_CASES = (
    case("decaying", decay=0.8),
    case("decaying slowly", decay=0.93),
    case("decaying fast", decay=0.6, n=20),
    case("a few", n=4),
    case("another", decay=0.85, n=25),
    case("exactly reached", s=(2.0, 2.0, 2.0, 2.0), energy=0.5,
         why="at least this share: two of four equal ones hold half"),
    case("all of it", s=(4.0, 3.0, 1.0), energy=1.0, why="three terms, and no more"),
    case("all of it, with zeros", s=(4.0, 3.0, 0.0, 0.0), energy=1.0, mark="robust", why="zeros hold nothing"),
    case("none of it", s=(4.0, 3.0), energy=0.0, mark="robust", why="no term holds no energy"),
    case("nothing there", s=(0.0, 0.0), energy=0.9, mark="robust", why="no terms hold all of nothing"),
)  # fmt: skip


# --- properties -------------------------------------------------------------------------------------------------


def full_rank_restores_the_picture(answer, x, check):
    """With all terms reconstruct gives back what compress was given."""
    u, s, vt = answer(**x)
    check.equal(
        answer.part("reconstruct", u=u, s=s, vt=vt), x["img"], "the picture is not restored from all of its terms"
    )


def more_terms_are_better(answer, x, check):
    """Every further term raises the peak signal-to-noise ratio before rounding, and the first terms stay the same."""
    errors, first = [], []
    for k in (1, 3, 6):
        u, s, vt = answer(img=x["img"], k=k)
        errors.append(np.sum((np.moveaxis(x["img"].astype(np.float64), 2, 0) - (u * s[:, None]) @ vt) ** 2))
        first.append(s[:, 0])
    check.true(errors[0] > errors[1] > errors[2], "more terms did not lower the error")
    check.close(first[2], first[0], "the first singular values for k = 6 and k = 1")


def which_is_first_does_not_matter(answer, x, check):
    """psnr(a, b) is psnr(b, a)."""
    check.close(answer(a=x["b"], b=x["a"]), answer(**x), "with a and b exchanged")


def compress_cost(itemsize, h, w, k):
    """6 h w m + 20 m^3 for each channel, m = min(h, w) (Golub and Van Loan 2013, 8.6); one byte a pixel read, the factors written."""
    m = min(h, w)
    return Cost(flops=3 * (6 * h * w * m + 20 * m**3), bytes_moved=3 * h * w + 3 * 8 * k * (h + w + 1))


def reconstruct_cost(itemsize, h, w, k):
    return Cost(flops=6 * h * w * k, bytes_moved=3 * h * w + 3 * 8 * k * (h + w + 1))


FASTEST = dict.fromkeys(("numpy", "torch", "cupy"), "small_products.py")
EARNED = ("numpy.linalg.svd", "numpy.linalg.svdvals", "torch.linalg.svd", "torch.svd", "cupy.linalg.svd")
CHANNELS = "xp.permute_dims(xp.astype(img, xp.float64), (2, 0, 1))"
PLANES = "xp.clip(xp.round(channels), 0.0, 255.0)"

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "compress", inputs, COMPRESS_CASES, verify=verify_compress, outputs=compress_outputs, dtypes=(),
            properties=(
                holds(full_rank_restores_the_picture, h=9, w=13, k=9),
                holds(more_terms_are_better, h=16, w=20),
            ),
        ),
        Part("reconstruct", reconstruct_inputs, RECONSTRUCT_CASES, oracle=reconstruct, dtypes=()),
        Part("ratio", ratio_inputs, RATIO_CASES, oracle=ratio, outputs=Plain(float), dtypes=()),
        Part(
            "psnr", psnr_inputs, PSNR_CASES, oracle=psnr,
            tolerance=Tolerance(1e-12, "a difference of logarithms, which is small near 0 dB", 1e-10),
            outputs=Plain(float), dtypes=(), properties=(which_is_first_does_not_matter,),
        ),
        Part("choose_k", energy_inputs, ENERGY_CASES, oracle=choose_k, outputs=Plain(int), dtypes=()),
    ),
    timings=(
        Timing(
            case("120 x 180, rank 10", h=120, w=180, k=10), compress_cost, part="compress", scaling="h",
                 yardstick=FASTEST,
            fresh="draw",
        ),
        Timing(
            case("427 x 640, rank 40", h=427, w=640, k=40), reconstruct_cost, part="reconstruct", yardstick=FASTEST,
            dtype="float64",
        ),
    ),
    policy=Policy(
        banned=(
            "base", "PIL", "cv2", "skimage", *(Ban(name, unless_earned="svd") for name in EARNED), "torch.svd_lowrank",
            "torch.pca_lowrank",
        ),
        uses=("svd",),
        backends=("numpy", "torch", "cupy"),
    ),
    limits=Limits(call_s=30.0),  # your own svd takes its time
    mistakes=(
        Mistake("channels mixed by a reshape", CHANNELS, "xp.astype(img, xp.float64).reshape((3, *img.shape[:2]))",
                caught_by="compress/wide"),
        Mistake("each channel is centred first", CHANNELS,
                CHANNELS + "\n    channels = channels - xp.mean(channels, axis=(1, 2), keepdims=True)",
                caught_by="compress/wide"),
        Mistake("pixels from 0 to 1", CHANNELS, CHANNELS + " / 255", caught_by="compress/wide"),
        Mistake("channels transposed", "(2, 0, 1))  # (3, h, w)", "(2, 1, 0))  # (3, h, w)", caught_by="compress/wide"),
        Mistake("blue first", CHANNELS, CHANNELS + "[[2, 1, 0], :, :]", caught_by="compress/wide"),
        Mistake("the last terms in place of the first", "return u[:, :, :k], s[:, :k], vt[:, :k, :]",
                "r = min(k, s.shape[1])\n    return u[:, :, s.shape[1] - r:], s[:, s.shape[1] - r:], vt[:, s.shape[1] "
                "- r:, :]",
                caught_by="compress/wide"),
        Mistake("singular values are in u already", "return u[:, :, :k], s", "return (u * s[:, None, :])[:, :, :k], s",
                caught_by="compress/wide"),
        Mistake("values wrap around", PLANES, "xp.astype(xp.round(channels), xp.int64) % 256",
                caught_by="reconstruct/too bright"),
        Mistake("not rounded but cut off", "xp.round(channels)", "channels", caught_by="reconstruct/wide"),
        Mistake("negative values become positive", PLANES, "xp.clip(xp.round(abs(channels)), 0.0, 255.0)",
                caught_by="reconstruct/negative"),
        Mistake("stretched to 0 ... 255", PLANES, "xp.round((channels - xp.min(channels)) / (xp.max(channels) - "
                                                  "xp.min(channels)) * 255)",
                caught_by="reconstruct/wide"),
        Mistake("singular values are left out", "(u * s[:, None, :]) @ vt", "u @ vt", caught_by="reconstruct/wide"),
        Mistake("channels first", "xp.permute_dims(xp.clip(xp.round(channels), 0.0, 255.0), (1, 2, 0))",
                "xp.clip(xp.round(channels), 0.0, 255.0).reshape((u.shape[1], vt.shape[2], 3))",
                caught_by="reconstruct/wide"),
        Mistake("S is not counted", "(k * (h + w + 1))", "(k * (h + w))", caught_by="ratio/rank 5"),
        Mistake("the ratio upside down", "h * w / (k * (h + w + 1)) if", "k * (h + w + 1) / (h * w) if",
                caught_by="ratio/rank 5"),
        Mistake("three channels on one side only", "h * w / (k", "3 * h * w / (k", caught_by="ratio/rank 5"),
        Mistake("k is not limited", "k = min(k, h, w)", "k = k", caught_by="ratio/k above the rank"),
        Mistake("division by zero", " if k else math.inf", "", caught_by="ratio/k is 0"),
        Mistake("uint8 wraps around", "xp.astype(a, xp.float64) - xp.astype(b, xp.float64)",
                "xp.astype(a - b, xp.float64)",
                caught_by="psnr/black against white"),
        Mistake("amplitude where power is meant", "10 * math.log10", "20 * math.log10", caught_by="psnr/noise"),
        Mistake("peak not squared", "math.log10(255**2 / mse)", "math.log10(255 / mse)", caught_by="psnr/noise"),
        Mistake("the peak of the picture", "255**2 / mse", "float(xp.max(a)) ** 2 / mse if xp.max(a) else 1.0",
                caught_by="psnr/black against white"),
        Mistake("natural logarithm", "math.log10", "math.log", caught_by="psnr/noise"),
        Mistake("mean of absolute errors", "difference**2", "abs(difference)", caught_by="psnr/noise"),
        Mistake("a mean over channels of decibels", "    mse = float(xp.mean(difference**2))\n    return",
                "    each = xp.mean(difference**2, axis=(0, 1)).tolist()\n    mse = math.prod(each) ** (1 / 3)\n    "
                "return",
                caught_by="psnr/strong noise"),
        Mistake("no error, no logarithm", " if mse else math.inf", "", caught_by="psnr/equal"),
        Mistake("energy by s", "value**2 for", "value for", caught_by="choose_k/decaying"),
        Mistake("more than the share", "if held >= wanted:", "if held > wanted:", caught_by="choose_k/exactly reached"),
        Mistake("one too many", "            return k\n", "            return k + 1\n", caught_by="choose_k/decaying"),
        Mistake("one too few", "            return k\n", "            return max(k - 1, 0)\n",
                caught_by="choose_k/decaying"),
        Mistake("the share of what is dropped", "energy * sum", "(1 - energy) * sum", caught_by="choose_k/decaying"),
        Mistake("at least one term", "            return k\n", "            return max(k, 1)\n",
                caught_by="choose_k/none of it"),
    ),
    hints=(
        "A channel is a matrix. Which matrix of rank k is nearest to it, and how many numbers does it take to write "
        "that down?",
        "Move the axis of the channels to the front (a reshape shuffles pixels), decompose each, keep the first k of "
        "u, s, vt. Round and "
        "cut once, after the sum. Differences of uint8 wrap around: widen first.",
        "compress: for c in 0..2: u, s, vt = svd(img[:, :, c] as float64); keep u[:, :k], s[:k], vt[:k]. reconstruct: "
        "clip(round((u * s) @ vt), 0, 255) per channel, stacked on the last axis. ratio: h w / (k (h + w + 1)). psnr: "
        "10 log10(255**2 / mse). "
        "choose_k: the first k at which the running sum of s**2 is at least energy times its total.",
    ),
)  # fmt: skip
