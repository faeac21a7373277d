"""KL and Jensen-Shannon divergence, KL between Gaussians, and what its two directions fit.

Sources: Kullback, Leibler 1951, https://doi.org/10.1214/aoms/1177729694; Lin 1991, https://doi.org/10.1109/18.61115;
that the root of JS is a metric: Endres, Schindelin 2003, https://doi.org/10.1109/TIT.2003.813506.

Sizes: p is (b, m, n), (m, n) or (n,): b and m are left out where None.
"""

import numpy as np

from harness.spec import Convention, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, Tolerance, case, holds


def kl(p, q):
    """Oracle: the mean of log p - log q under p; q = 0 < p makes it inf."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * (np.log(p) - np.log(q)), 0.0)
    return terms.sum(axis=-1)


def js(p, q):
    """Oracle: the entropy of the mixture less the mean entropy of its parts."""
    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def entropy(p):
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1)


def kl_gaussian(mu1, s1, mu2, s2):
    """Oracle: in coordinates where s2 is the unit matrix and s1 is diagonal, one term for each direction."""
    scales, axes = np.linalg.eigh(s2)
    whiten = axes / np.sqrt(scales)
    variances = np.linalg.eigvalsh(whiten.T @ s1 @ whiten)
    shift = whiten.T @ (mu2 - mu1)
    return (np.sum(variances - 1 - np.log(variances)) + shift @ shift) / 2


def fit_forward(p, family):
    return int(np.argmin(kl(np.tile(p, (len(family), 1)), family)))


def fit_reverse(p, family):
    return int(np.argmin(kl(family, np.tile(p, (len(family), 1)))))


# --- inputs -----------------------------------------------------------------------------------------------------


def distributions(rng, shape):
    weights = rng.gamma(1.0, 1.0, shape) + 0.05
    return weights / weights.sum(axis=-1, keepdims=True)


def inputs(rng, b=None, m=4, n=7, kind="dense"):
    """p and q. `kind` says where they have zeros."""
    shape = tuple(size for size in (b, m, n) if size is not None)
    p, q = distributions(rng, shape), distributions(rng, shape)
    if kind == "equal":
        q = p.copy()
    if kind == "p has zeros":
        p[..., ::3] = 0
    if kind == "both have zeros":
        p[..., ::3], q[..., ::3] = 0, 0
    if kind == "q has zeros":
        q[..., 1::3] = 0
    if kind == "disjoint":
        p[..., ::2], q[..., 1::2] = 0, 0
    if kind == "tiny":
        p, q = np.exp(rng.uniform(-60, 0, shape)), np.exp(rng.uniform(-60, 0, shape))
    return {"p": p / p.sum(axis=-1, keepdims=True), "q": q / q.sum(axis=-1, keepdims=True)}


def gaussian_inputs(rng, d=3, scale1=1.0, scale2=1.0, apart=1.0, kind="full"):
    def covariance(scale):
        root = np.linalg.qr(rng.standard_normal((d, d)))[0] * np.sqrt(scale * rng.uniform(0.5, 2, d))
        return root @ root.T if kind == "full" else np.diag(np.diagonal(root @ root.T))

    mu1 = rng.standard_normal(d)
    s1, s2 = covariance(scale1), covariance(scale2)
    if kind == "equal":
        s2, apart = s1.copy(), 0.0
    step = rng.standard_normal(d)
    return {"mu1": mu1, "s1": s1, "mu2": mu1 + apart * np.sqrt(scale2) * step, "s2": s2}


def fit_inputs(rng, k=6, n=9, kind="random"):
    """p (n,) and candidates (k, n) of which one is clearly the best, in both directions."""
    while True:
        p, family = distributions(rng, (n,)), distributions(rng, (k, n))
        if kind == "two peaks":
            p, family = two_peaks(rng)
        if kind == "zeros":  # p has zeros, where some of the candidates have some too
            p[0] = 0
            family[: k // 2, 0] = 0
            family[0, -1] = 0
            p, family = p / p.sum(), family / family.sum(axis=1, keepdims=True)
            family = family[rng.permutation(k)]
        if kind == "equals":  # certain of one outcome: 0 or log q or inf, in whatever order it is summed
            p, places = np.eye(n)[rng.integers(n)], rng.permutation(k)[: k // 2]
            family[places] = p
        tiled = np.tile(p, (len(family), 1))
        with np.errstate(all="ignore"):
            clear = all(gap(losses) > 0.01 for losses in (kl(tiled, family), kl(family, tiled)))
        if clear and (kind in ("two peaks", "equals") or fit_forward(p, family) != fit_reverse(p, family)):
            return {"p": p, "family": family}


def gap(losses):
    """Between the lowest and the next that is not equal to it."""
    lowest = np.unique(losses)
    return lowest[1] - lowest[0] if len(lowest) > 1 else np.inf


def two_peaks(rng):
    """A mixture of two normals on a grid, the left one heavier; candidates on the left, the right, between, and wide."""
    grid = np.linspace(-8, 8, 33)

    def normal(mu, sigma):
        weights = np.exp(-0.5 * ((grid - mu) / sigma) ** 2) + 1e-12
        return weights / weights.sum()

    p = 0.65 * normal(-4, 1) + 0.35 * normal(4, 1)
    family = np.array([normal(-4, 1), normal(4, 1), normal(0, 1), normal(-1.2, 4), normal(0, 9)])
    return p, family[rng.permutation(5)]


# --- properties -------------------------------------------------------------------------------------------------


def never_negative_and_zero_for_equals(answer, x, check):
    """No divergence is negative, and that of a distribution from itself is 0."""
    check.true(answer(**x) >= 0, "a divergence is negative")
    check.true(np.abs(answer(p=x["p"], q=x["p"])) <= 1e-6, "a distribution is some way from itself")


def the_excess_of_cross_entropy(answer, x, check):
    """KL(p || q) = H(p, q) - H(p), to all digits of the type."""
    p, q = x["p"].astype(np.float64), x["q"].astype(np.float64)
    check.close(
        answer(**x), -(p * np.log(q)).sum(axis=-1) + (p * np.log(p)).sum(axis=-1), "cross-entropy less entropy", slack=4
    )


def blurring_brings_nearer(answer, x, check):
    """Data processing: the same random noise on both never raises their divergence."""
    n = x["p"].shape[-1]
    noise = distributions(np.random.default_rng(5), (n, n)).astype(x["p"].dtype)
    check.true(
        answer(p=x["p"] @ noise, q=x["q"] @ noise) <= answer(**x) + 1e-5, "noise brought two distributions apart"
    )


def js_has_no_direction(answer, x, check):
    """JS is symmetric, and lies between 0 and log 2."""
    check.close(answer(p=x["q"], q=x["p"]), answer(**x), "p and q exchanged")
    check.true((answer(**x) >= 0) & (answer(**x) <= np.log(2) + 1e-6), "it is not between 0 and log 2")


def the_root_is_a_metric(answer, x, check):
    """The square root of JS obeys the triangle inequality."""
    middle = distributions(np.random.default_rng(6), x["p"].shape).astype(x["p"].dtype)
    ways = [np.sqrt(answer(p=a, q=b)) for a, b in ((x["p"], middle), (middle, x["q"]), (x["p"], x["q"]))]
    check.true(ways[0] + ways[1] >= ways[2] - 1e-5, "a detour is shorter than the way itself")


def js_to_all_digits(answer, x, check):
    """JS is the entropy of the mixture less the mean entropy, to all digits of the type."""
    check.close(answer(**x), js(x["p"].astype(np.float64), x["q"].astype(np.float64)), "the divergence", slack=4)


def coordinates_do_not_matter(answer, x, check):
    """The same invertible map of both Gaussians changes nothing."""
    d = len(x["mu1"])
    a = np.eye(d) + 0.3 * np.random.default_rng(7).standard_normal((d, d))
    moved = {name: a @ v if v.ndim == 1 else a @ v @ a.T for name, v in x.items()}
    check.close(answer(**moved), answer(**x), "the divergence in other coordinates", slack=1000)


def independent_directions_add_up(answer, x, check):
    """With diagonal covariances it is the sum of the divergences of the single coordinates."""
    each = [
        answer(**{name: v[i : i + 1] if v.ndim == 1 else v[i : i + 1, i : i + 1] for name, v in x.items()})
        for i in range(3)
    ]
    check.close(answer(**x), sum(each), "the sum over coordinates", slack=100)


# --- cases and speed --------------------------------------------------------------------------------------------

ORDINARY = (
    case("matrix"),
    case("vector", m=None, n=5, why="two distributions give one number, of shape ()"),
    case("three axes", b=2, m=3, n=5),
    case("p has zeros", kind="p has zeros", why="0 log 0 is 0"),
)
EDGES = (
    case("equal", kind="equal", mark="robust", why="nothing is nearer than 0"),
    case("both have zeros in the same places", kind="both have zeros", mark="robust", why="0/0 adds nothing"),
    case("q has zeros", kind="q has zeros", mark="robust", why="KL is infinite, JS is not"),
    case("disjoint", kind="disjoint", mark="robust", why="KL is infinite, JS is log 2"),
    case("probabilities down to 1e-26", kind="tiny", n=9, mark="robust", why="small is not zero"),
    case("one outcome", n=1, mark="robust"),
    case("no rows", m=0, mark="robust", why="an empty batch comes back empty"),
    case("long rows", m=3, n=257, mark="robust"),
)
FITS = (
    case("six candidates"),
    case("two peaks", kind="two peaks", why="forward takes the wide candidate, reverse the heavier peak"),
    case("many candidates", k=12, n=5),
    case("zeros", kind="zeros", n=6, mark="robust", why="a candidate may be infinitely far"),
    case("equals", kind="equals", mark="robust", why="of several that are p itself, the lowest index"),
    case("one candidate of two", k=2, mark="robust"),
)


def cost(itemsize, m, n):
    """A division, a logarithm, a product and a sum an entry; p and q read once."""
    return Cost(flops=4 * m * n, bytes_moved=itemsize * (2 * m * n + m))


SQUARE = case("1024 rows of 1024", m=1024, n=1024)
FASTEST = {"numpy": "vectorized.py", "torch": "with_torch.py"}
DIFFERENCE = Tolerance(
    4e-6, "a difference of entropies is a right answer too; the digits are a property", absolute=2e-6
)
SOLVES = Tolerance(2e-5, "trace - d + log det cancels, and solving and factoring round differently", absolute=2e-5)
RATIO = "ratio = xp.where(possible, p, one) / xp.where(possible & (q > 0), q, one)"
EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "kl", inputs, (*ORDINARY, *EDGES), kl, tolerance=DIFFERENCE,
            properties=(never_negative_and_zero_for_equals, the_excess_of_cross_entropy, blurring_brings_nearer),
            conventions=(
                Convention("KL(q || p), with p and q exchanged", lambda p, q: kl(q, p)),
                Convention("bits; asked are nats", lambda p, q: kl(p, q) / np.log(2)),
            ),
        ),
        Part(
            "js", inputs, (*ORDINARY, *EDGES), js, tolerance=DIFFERENCE,
            properties=(js_has_no_direction, the_root_is_a_metric, js_to_all_digits, holds(blurring_brings_nearer, kind="disjoint")),
            conventions=(
                Convention("its square root, the distance; asked is the divergence", lambda p, q: np.sqrt(np.maximum(js(p, q), 0))),
                Convention("bits; asked are nats", lambda p, q: js(p, q) / np.log(2)),
                Convention("the sum of both KL; asked is half of it", lambda p, q: 2 * js(p, q)),
            ),
        ),
        Part(
            "kl_gaussian", gaussian_inputs, oracle=kl_gaussian, tolerance=SOLVES,
            cases=(
                case("three dimensions"),
                case("one dimension", d=1),
                case("different widths", scale1=0.2, scale2=2.0),
                case("diagonal", d=4, kind="diagonal"),
                case("far apart", apart=4.0, scale1=3.0),
                case("equal", kind="equal", mark="robust", why="0"),
                case("two hundred dimensions, wide", d=200, scale1=100.0, scale2=150.0, mark="robust",
                     why="a determinant of 1e400 is beyond any float; its logarithm is not"),
                case("two hundred dimensions, narrow", d=200, scale1=0.01, scale2=0.02, mark="robust",
                     why="a determinant of 1e-400 is 0 in any float"),
            ),
            properties=(
                holds(coordinates_do_not_matter, dtypes=("float64",)),
                holds(independent_directions_add_up, kind="diagonal"),
            ),
            conventions=(Convention("KL(2 || 1), exchanged", lambda mu1, s1, mu2, s2: kl_gaussian(mu2, s2, mu1, s1)),),
        ),
        Part("fit_forward", fit_inputs, FITS, fit_forward),
        Part("fit_reverse", fit_inputs, FITS, fit_reverse),
    ),
    timings=(
        Timing(
            SQUARE, cost, part="kl", scaling="n", yardstick=FASTEST,
            library={
                "numpy": "scipy.special.rel_entr(p, q).sum(axis=-1)",
                "torch": "torch.nn.functional.kl_div(q.log(), p, reduction='none').sum(dim=-1)",
            },
        ),
    ),
    policy=Policy(
        banned=("base", "torch.distributions", "torch.nn.functional.kl_div"),
        earns=("scipy.special.rel_entr", "torch.nn.functional.kl_div", "torch.distributions"),
        backends=("numpy", "torch", "cupy"),
    ),
    mistakes=(
        Mistake("arguments exchanged", "    possible = p > 0\n", "    p, q = q, p\n    possible = p > 0\n", caught_by="kl/matrix"),
        Mistake("1e-12 added to hide zeros", "    possible = p > 0\n", "    p, q = p + 1e-12, q + 1e-12\n    possible = p > 0\n",
                caught_by="kl/q has zeros"),
        Mistake("0 log 0 is nan", "xp.where(possible, p, one)", "p", caught_by="kl/p has zeros"),
        Mistake("skipped where q is 0", 'float("inf")', "0.0", caught_by="kl/q has zeros"),
        Mistake("inf also where p is 0", "xp.where(possible & (q == 0), xp", "xp.where(q == 0, xp", caught_by="kl/both have zeros in the same places"),
        Mistake("the sign", "p * xp.log(ratio))", "-p * xp.log(ratio))", caught_by="kl/matrix"),
        Mistake("weighted by q", "p * xp.log(ratio))", "q * xp.log(ratio))", caught_by="kl/matrix"),
        Mistake("not weighted", "p * xp.log(ratio))", "xp.log(ratio))", caught_by="kl/matrix"),
        Mistake("in bits", "p * xp.log(ratio))", "p * xp.log2(ratio))", caught_by="kl/matrix"),
        Mistake("sums over everything", "xp.sum(terms, axis=-1)", "xp.sum(terms, axis=None)", caught_by="kl/matrix"),
        Mistake("mean over outcomes, as 'batchmean' left out", "xp.sum(terms, axis=-1)", "xp.sum(terms, axis=-1) / p.shape[-1]", caught_by="kl/matrix"),
        Mistake("cross-entropy", "xp.where(possible, p, one) / ", "one / ", caught_by="kl/matrix"),
        Mistake("absolute values of the terms", "xp.sum(terms, axis=-1)", "xp.sum(xp.abs(terms), axis=-1)", caught_by="kl/matrix"),
        Mistake("square root of JS", "    return (kl(p, m) + kl(q, m)) / 2", "    return ((kl(p, m) + kl(q, m)) / 2) ** 0.5", caught_by="js/matrix"),
        Mistake("JS without the half", "(kl(p, m) + kl(q, m)) / 2", "kl(p, m) + kl(q, m)", caught_by="js/matrix"),
        Mistake("JS towards the ends", "(kl(p, m) + kl(q, m)) / 2", "(kl(m, p) + kl(m, q)) / 2", caught_by="js/matrix"),
        Mistake("Jeffreys' divergence", "(kl(p, m) + kl(q, m)) / 2", "(kl(p, q) + kl(q, p)) / 2", caught_by="js/matrix"),
        Mistake("geometric mixture", "m = (p + q) / 2", "m = (p * q) ** 0.5", caught_by="js/matrix"),
        Mistake("the mixture not halved", "m = (p + q) / 2", "m = p + q", caught_by="js/matrix"),
        Mistake("one side of JS only", "(kl(p, m) + kl(q, m)) / 2", "kl(p, m)", caught_by="js has no direction"),
        Mistake("inverse of the wrong covariance in the trace", "xp.linalg.solve(s2, s1)", "xp.linalg.solve(s1, s2)", caught_by="different widths"),
        Mistake("inverse of the wrong covariance in the distance", "xp.linalg.solve(s2, shift[:, None])", "xp.linalg.solve(s1, shift[:, None])",
                caught_by="different widths"),
        Mistake("determinants exchanged", "xp.linalg.slogdet(s2)[1] - xp.linalg.slogdet(s1)[1]", "xp.linalg.slogdet(s1)[1] - xp.linalg.slogdet(s2)[1]",
                caught_by="different widths"),
        Mistake("determinants that overflow", "xp.linalg.slogdet(s2)[1] - xp.linalg.slogdet(s1)[1]", "xp.log(xp.linalg.det(s2) / xp.linalg.det(s1))",
                caught_by="two hundred dimensions, wide"),
        Mistake("dimension not taken off", " - mu1.shape[0]", "", caught_by="kl_gaussian/equal"),
        Mistake("one taken off, whatever the dimension", " - mu1.shape[0]", " - 1", caught_by="three dimensions"),
        Mistake("no half", "distance - mu1.shape[0] + log_det) / 2", "distance - mu1.shape[0] + log_det)", caught_by="three dimensions"),
        Mistake("distance not squared", "    log_det = ", "    distance = distance**0.5\n    log_det = ", caught_by="far apart"),
        Mistake("covariances taken for diagonal", "    shift = mu2 - mu1\n",
                "    shift = mu2 - mu1\n    eye = xp.eye(mu1.shape[0], dtype=s1.dtype)\n    s1, s2 = s1 * eye, s2 * eye\n", caught_by="three dimensions"),
        Mistake("standard deviations taken for covariances", "    shift = mu2 - mu1\n", "    shift, s1, s2 = mu2 - mu1, s1 @ s1, s2 @ s2\n",
                caught_by="one dimension"),
        Mistake("forward fits in reverse", "kl(xp.broadcast_to(p, family.shape), family)", "kl(family, xp.broadcast_to(p, family.shape))",
                caught_by="fit_forward/six candidates"),
        Mistake("reverse fits forward", "kl(family, xp.broadcast_to(p, family.shape))", "kl(xp.broadcast_to(p, family.shape), family)",
                caught_by="fit_reverse/six candidates"),
        Mistake("the furthest candidate", "xp.argmin(kl(family", "xp.argmax(kl(family", caught_by="fit_reverse/two peaks"),
        Mistake("the last of equals", "int(xp.argmin(kl(xp.broadcast_to(p, family.shape), family)))",
                "family.shape[0] - 1 - int(xp.argmin(xp.flip(kl(xp.broadcast_to(p, family.shape), family))))", caught_by="fit_forward/equals"),
    ),
    equivalent=(Equivalent("kl", RATIO, RATIO.replace("q > 0", "q >= 0"), "where q is 0 below p, the next line takes inf, whatever the ratio is"),),
    hints=(
        "KL is a mean of log(p/q). Under which of the two distributions is the mean taken, and which outcomes does it therefore never see?",
        "Treat three kinds of outcomes apart: p = 0 (nothing), q = 0 < p (inf), and the rest. JS needs no such care, as m is above 0 wherever p or q is. "
        "For Gaussians take E[log N1 - log N2] under N1: the quadratic forms become traces. Use log determinants (slogdet or Cholesky), never determinants.",
        "kl: sum(where(p > 0, p * log(p / q), 0)). js: m = (p + q)/2, (kl(p, m) + kl(q, m))/2. kl_gaussian: (trace(s2^-1 s1) + (mu2 - mu1)^T s2^-1 (mu2 - mu1) - d + "
        "log det s2 - log det s1)/2. fit_forward: argmin of kl(p, family[i]); fit_reverse: argmin of kl(family[i], p).",
    ),
)  # fmt: skip
