"""Principal component analysis: what an answer must do, and what it costs.

Components are unique up to signs only where variances differ, so `verify` checks what defines them against the
covariance matrix in float64: C v = v variance, relative to the largest variance. Coordinates are checked against the
components that the same answer gave. Tolerance: SLACK * 64 eps; where the mean enters, of the size of the mean.

Sources: Pearson 1901, https://doi.org/10.1080/14786440109462720; Hotelling 1933, https://doi.org/10.1037/h0071325;
Jolliffe and Cadima 2016, https://doi.org/10.1098/rsta.2015.0202
"""

import numpy as np

from harness.spec import FLOAT, Array, Ban, Cost, Exercise, Mistake, Part, Policy, Timing, case, holds

SLACK = 4.0

# --- data -------------------------------------------------------------------------------------------------------


def data(rng, n, d, offset=3.0, kind="stretched"):
    """n samples of d features with standard deviations from 1 to 3 along turned axes, a mean of size `offset`."""
    axes = np.linalg.qr(rng.standard_normal((d, d)))[0]
    deviations = np.linspace(3.0, 1.0, d)
    if kind == "decaying":
        deviations = np.geomspace(1.0, 1e-3, d)
    if kind == "equal":
        deviations = np.ones(d)
    x = rng.standard_normal((n, d)) * deviations @ axes
    if kind == "equal":  # in the sample too: orthonormal columns, none of them along ones
        x = np.linalg.qr(np.column_stack([np.ones(n), x]))[0][:, 1:] * n**0.5
    x = x + offset * rng.uniform(1.0, 2.0, d) * rng.choice([-1.0, 1.0], d)
    if kind == "constant column":
        x[:, d // 2] = 7.0
    if kind == "whole numbers":
        x = np.round(4 * x)
    return x


def inputs(rng, n=30, d=5, k=3, again=False, **options):
    """again: other data, of another mean, to fit to first."""
    drawn = {"x": data(rng, n, d, **options), "k": k}
    return {**drawn, "before": data(rng, n + 3, d, offset=20.0)} if again else drawn


def transform_inputs(rng, m=6, n=30, d=5, k=3, **options):
    drawn = inputs(rng, n, d, k, **options)
    return {**drawn, "new": drawn["x"].mean(axis=0) + 2.0 * rng.standard_normal((m, d)) + rng.uniform(1.0, 2.0)}


def inverse_inputs(rng, m=6, n=30, d=5, k=3, **options):
    return {**inputs(rng, n, d, k, **options), "z": 2.0 * rng.standard_normal((m, k))}


# --- what is right ----------------------------------------------------------------------------------------------


def fit_outputs(x, k, before=None):
    return Array(FLOAT, (k, x.shape[1])), Array(FLOAT, (k,))


def transform_outputs(x, k, new, before=None):
    return Array(FLOAT, (k, x.shape[1])), Array(FLOAT, (new.shape[0], k))


def inverse_outputs(x, k, z, before=None):
    return Array(FLOAT, (k, x.shape[1])), Array(FLOAT, (z.shape[0], x.shape[1]))


def verify_fit(inputs, outputs, check):
    """Orthonormal eigenvectors of the covariance matrix, and the k largest eigenvalues."""
    x, k = inputs["x"], inputs["k"]
    components, variance = (np.asarray(output, np.float64) for output in outputs)
    check.true(np.isfinite(components).all() and np.isfinite(variance).all(), "nan or infinity")
    n, centred = len(x), x - x.mean(axis=0)
    covariance = centred.T @ centred / (n - 1)
    truth = np.linalg.eigvalsh(covariance)[::-1][:k]
    for words, other in (
        ("explained_variance_ divides by n; asked is n - 1", truth * (n - 1) / n),
        ("explained_variance_ holds standard deviations, the roots of the variances", np.sqrt(np.abs(truth))),
        ("explained_variance_ holds sums of squares, not divided by n - 1", truth * (n - 1)),
        ("explained_variance_ is that of data that were not centred", uncentred(x)[:k]),
        ("explained_variance_ is in ascending order", truth[::-1]),
    ):
        check.true(same(variance, truth) or not same(variance, other), words)
    size = truth[0]
    check.close(variance / size, truth / size, "explained_variance_ is wrong", slack=SLACK)
    check.close(components @ components.T, np.eye(k), "the rows of components_ are not orthonormal", slack=SLACK)
    residual = np.abs(covariance @ components.T - components.T * truth).max() / size
    check.true(
        residual <= SLACK * 64 * np.finfo(check.dtype).eps,
        f"the components are no eigenvectors of the covariance: off by {residual:.2g} of the largest variance",
    )


def uncentred(x):
    return np.linalg.eigvalsh(x.T @ x / (len(x) - 1))[::-1]


def same(got, want):
    """Roughly equal: enough to name a mistake, never to pass."""
    return np.abs(got - want).max() <= 2e-3 * np.abs(want).max()


def verify_transform(inputs, outputs, check):
    """(new - mean) times the components that the answer itself gave, which must be right."""
    components, z = (np.asarray(output, np.float64) for output in outputs)
    mean, new = inputs["x"].mean(axis=0), inputs["new"]
    spans_the_same(inputs, components, check)
    if len(new):
        own = (new - new.mean(axis=0)) @ components.T
        check.true(not same(z, own), "new data are centred with their own mean; asked is that of the training data")
        check.true(not same(z, new @ components.T), "new data are not centred")
    size = max(np.abs(new).max(initial=0.0), np.abs(mean).max())
    check.close(z / size, (new - mean) @ components.T / size, "coordinates are wrong", slack=SLACK)


def verify_inverse(inputs, outputs, check):
    """The mean plus the coordinates times the components that the answer itself gave."""
    components, back = (np.asarray(output, np.float64) for output in outputs)
    mean, z = inputs["x"].mean(axis=0), inputs["z"]
    spans_the_same(inputs, components, check)
    check.true(not len(z) or not same(back, z @ components), "the mean is not added back")
    size = max(np.abs(z).max(initial=0.0), np.abs(mean).max())
    check.close(back / size, (z @ components + mean) / size, "points are wrong", slack=SLACK)


def spans_the_same(inputs, components, check):
    """Components that explain as much as any k directions can, to a hundredth: `fit` looks closer."""
    centred, k = inputs["x"] - inputs["x"].mean(axis=0), inputs["k"]
    best = np.sum(np.linalg.svd(centred, compute_uv=False)[:k] ** 2)
    check.true(np.sum((centred @ components.T) ** 2) >= 0.99 * best, "components_ are wrong (see fit)")


FIT_CASES = (
    case("more samples than features", n=30, d=5, k=3),
    case("all components", n=30, d=4, k=4),
    case("one component", n=20, d=6, k=1),
    case("one feature", n=10, d=1, k=1),
    case("two samples", n=2, d=3, k=1, why="n - 1 is 1"),
    case("fewer samples than features", n=6, d=9, k=4),
    case("mean far from zero", n=30, d=5, k=3, offset=100.0, why="without centring the first component points at the "
                                                                 "mean"),
    case("whole numbers", n=25, d=4, k=2, kind="whole numbers"),
    case("fitted twice", n=20, d=5, k=3, again=True, why="the second fit knows nothing of the first"),
    case("as many components as samples", n=5, d=8, k=5, mark="robust", why="centred, five samples span four "
                                                                            "dimensions"),
    case("constant column", n=20, d=5, k=5, kind="constant column", mark="robust", why="a variance of 0 is one like "
                                                                                       "others"),
    case("decaying", n=40, d=6, k=6, kind="decaying", mark="robust", why="deviations from 1 down to 1/1000"),
    case("equal variances", n=24, d=4, k=3, kind="equal", mark="robust",
         why="any basis is right, if it is orthonormal"),
    case("mean of 10,000", n=40, d=4, k=2, offset=1e4, mark="robust",
         why="E[x x^T] - mean mean^T has lost all digits in float32; centre first"),
)  # fmt: skip
TRANSFORM_CASES = (
    case("new data", m=6),
    case("one sample", m=1, why="its own mean would make it 0"),
    case("all components", m=4, d=4, k=4),
    case("fewer samples than features", m=3, n=6, d=9, k=4),
    case("mean far from zero", m=5, offset=100.0),
    case("fitted twice", again=True, why="the mean is that of the second fit"),
    case("no samples", m=0, mark="robust", why="(0, d) becomes (0, k)"),
)  # fmt: skip
INVERSE_CASES = tuple(case(c.name.replace("new data", "coordinates"), mark=c.mark, **c.params) for c in TRANSFORM_CASES)


# --- properties -------------------------------------------------------------------------------------------------


def moving_the_data_changes_nothing(answer, x, check):
    """Adding 64 to every number changes neither components nor variances."""
    near, far = answer(**x), answer(**{**x, "x": x["x"] + 64})
    check.close(np.abs(far[0]), np.abs(near[0]), "|components_| after adding 64", slack=64 * SLACK)
    check.close(far[1], near[1], "explained_variance_ after adding 64", slack=64 * SLACK)


def fewer_components_are_the_first_ones(answer, x, check):
    """The first two of four components are those of k = 2."""
    more, fewer = answer(**{**x, "k": 4}), answer(**{**x, "k": 2})
    check.close(np.abs(fewer[0]), np.abs(more[0][:2]), "|components_| for k = 2", slack=16 * SLACK)
    check.close(fewer[1], more[1][:2], "explained_variance_ for k = 2", slack=SLACK)


def coordinates_are_uncorrelated(answer, x, check):
    """The training data's own coordinates have mean 0 and no correlation, and explained_variance_ is their variance."""
    _, z = answer(**{**x, "new": x["x"]})
    z = z.astype(np.float64)
    _, variance = answer.part("fit", x=x["x"], k=x["k"])
    slack = SLACK * 64 * np.finfo(check.dtype).eps * (np.abs(x["x"]).max() / np.sqrt(variance[0]) + 1)
    check.true(np.abs(z.mean(axis=0)) <= slack * np.sqrt(variance[0]), "the coordinates' mean is not 0")
    covariance = z.T @ z / (len(z) - 1)
    check.true(np.abs(covariance - np.diag(variance)) <= 4 * slack * variance[0], "the coordinates are correlated")


def the_error_is_what_was_dropped(answer, x, check):
    """There and back again the squared error is (n - 1) times the variances that were not kept."""
    _, z = answer.part("transform", x=x["x"], k=x["k"], new=x["x"])
    _, back = answer(x=x["x"], k=x["k"], z=z)
    centred = x["x"].astype(np.float64) - x["x"].astype(np.float64).mean(axis=0)
    dropped = np.sum(np.linalg.svd(centred, compute_uv=False)[x["k"] :] ** 2)
    error = np.sum((back.astype(np.float64) - x["x"]) ** 2)
    check.true(
        abs(error - dropped) <= 1e-3 * dropped, f"the squared error is {error:.5g}, what was dropped {dropped:.5g}"
    )


# --- cost -------------------------------------------------------------------------------------------------------


def cost(itemsize, n, d, k):
    """The smaller of X^T X and X X^T, its eigenvectors (9 r^3), and where it is X X^T one product more."""
    r = min(n, d)
    return Cost(flops=2 * n * d * r + 9 * r**3 + 2 * n * d * k * (d > n), bytes_moved=itemsize * (n * d + k * d + k))


FASTEST = dict.fromkeys(("numpy", "torch", "cupy"), "smaller_side.py")
BANNED = (
    *(Ban(name, unless_earned="svd") for name in ("numpy.linalg.svd", "numpy.linalg.svdvals", "torch.linalg.svd",
                                                  "torch.linalg.svdvals", "torch.svd", "cupy.linalg.svd")),
    *(Ban(name, unless_earned="symmetric_eig")
      for name in ("numpy.linalg.eigh", "numpy.linalg.eigvalsh", "torch.linalg.eigh",
                                                            "torch.linalg.eigvalsh", "cupy.linalg.eigh")),
    "numpy.linalg.eig", "numpy.linalg.pinv", "torch.linalg.eig", "torch.linalg.pinv", "torch.pca_lowrank",
    "torch.svd_lowrank", "torch.lobpcg",
)  # fmt: skip
DIVIDED = "/ (x.shape[0] - 1)"

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "fit", inputs, FIT_CASES, verify=verify_fit, outputs=fit_outputs,
            properties=(
                holds(moving_the_data_changes_nothing, n=20, d=4, k=2),
                holds(fewer_components_are_the_first_ones, n=20, d=5),
            ),
        ),
        Part(
            "transform", transform_inputs, TRANSFORM_CASES, verify=verify_transform, outputs=transform_outputs,
            properties=(holds(coordinates_are_uncorrelated),),
        ),
        Part(
            "inverse_transform", inverse_inputs, INVERSE_CASES, verify=verify_inverse, outputs=inverse_outputs,
            properties=(holds(the_error_is_what_was_dropped),),
        ),
    ),
    timings=(
        Timing(case("1797 x 64, ten components", n=1797, d=64, k=10), cost, part="fit", scaling="n", yardstick=FASTEST),
        Timing(case("100 x 512, ten components", n=100, d=512, k=10), cost, part="fit", yardstick=FASTEST),
    ),
    policy=Policy(banned=("base", *BANNED), earns=("sklearn.decomposition.PCA",), backends=("numpy", "torch", "cupy")),
    mistakes=(
        Mistake("no centring", "self.mean = xp.mean(x, axis=0)", "self.mean = 0 * xp.mean(x, axis=0)",
                caught_by="fit/mean far from zero"),
        Mistake("the covariance of data as they are", "centred = x - self.mean", "centred = x + 0",
                caught_by="fit/mean far from zero"),
        Mistake("the mean of each row", "centred = x - self.mean", "centred = x - xp.mean(x, axis=1)[:, None]",
                caught_by="fit/more samples than features"),
        Mistake("variance over n", DIVIDED, "/ x.shape[0]", caught_by="fit/more samples than features"),
        Mistake("sums of squares", DIVIDED, "/ 1", caught_by="fit/more samples than features"),
        Mistake("E[x x^T] - mean mean^T", "covariance = centred.T @ centred / (x.shape[0] - 1)",
                "covariance = (x.T @ x - x.shape[0] * self.mean[:, None] * self.mean[None, :]) / (x.shape[0] - 1)",
                caught_by="fit/mean of 10,000"),
        Mistake("standard deviations for variances", "self.explained_variance_ = variances[largest_first]",
                "self.explained_variance_ = xp.sqrt(abs(variances[largest_first]))",
                caught_by="fit/more samples than features"),
        Mistake("the smallest components", "xp.flip(xp.arange(x.shape[1] - self.k, x.shape[1]))", "xp.arange(self.k)",
                caught_by="fit/more samples than features"),
        Mistake("ascending", "xp.flip(xp.arange(x.shape[1] - self.k, x.shape[1]))", "xp.arange(x.shape[1] - self.k, "
                                                                                    "x.shape[1])",
                caught_by="fit/more samples than features"),
        Mistake("components as columns", "vectors[:, largest_first].T", "vectors[:, largest_first]",
                caught_by="fit/all components"),
        Mistake("features scaled to deviation 1", "centred = x - self.mean", "centred = (x - self.mean) / xp.std(x, "
                                                                             "axis=0)",
                caught_by="fit/more samples than features"),
        Mistake("the first fit's mean is kept", "self.mean = xp.mean(x, axis=0)", "self.mean = getattr(self, 'mean', "
                                                                                  "xp.mean(x, axis=0))",
                caught_by="transform/fitted twice"),
        Mistake("new data are centred with their own mean", "(x - self.mean) @ self.components_.T",
                "(x - array_namespace(x).mean(x, axis=0)) @ self.components_.T", caught_by="transform/new data"),
        Mistake("new data are not centred", "(x - self.mean) @ self.components_.T", "x @ self.components_.T",
                caught_by="transform/new data"),
        Mistake("coordinates of deviation 1", "(x - self.mean) @ self.components_.T",
                "(x - self.mean) @ self.components_.T / self.explained_variance_**0.5", caught_by="transform/new data"),
        Mistake("the mean is not added back", "z @ self.components_ + self.mean", "z @ self.components_",
                caught_by="inverse_transform/coordinates"),
        Mistake("the mean is added before turning back", "z @ self.components_ + self.mean",
                "(z + self.mean @ self.components_.T) @ self.components_", caught_by="inverse_transform/coordinates"),
    ),
    hints=(
        "Which direction v makes the variance of the numbers (x - mean) v largest? Write that variance as v^T C v.",
        "Centre; then either the eigenvectors of C = X^T X / (n - 1), largest eigenvalues first, or the SVD X = U S "
        "V^T, with components "
        "the rows of V^T and variances S^2 / (n - 1). Keep the mean: transform and inverse_transform need it.",
        "fit: mean = x.mean(axis=0); X = x - mean; _, s, vt = svd(X); components_ = vt[:k]; explained_variance_ = "
        "s[:k]**2 / (n - 1). "
        "transform: (x - mean) @ components_.T. inverse_transform: z @ components_ + mean.",
    ),
)  # fmt: skip
