"""Gaussian and multinomial naive Bayes: log posteriors, to many digits and in many dimensions.

Sources: Maron 1961, https://doi.org/10.1145/321075.321084; McCallum, Nigam 1998,
https://www.cs.cmu.edu/~knigam/papers/multinomial-aaaiws98.pdf. Smoothing of variances is as scikit-learn has it.
Data: the digits of Alpaydin and Kaynak 1998 (https://doi.org/10.24432/C50P49) as scikit-learn ships them, read from its
folder without importing it.
"""

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from harness.spec import Convention, Equivalent, Exercise, Mistake, Part, Policy, Tolerance, case, holds

# --- oracles ----------------------------------------------------------------------------------------------------


def posterior(log_joint):
    """log_joint (m, K) less the logarithm of what each row of probabilities sums to."""
    return log_joint - np.logaddexp.reduce(log_joint, axis=1, keepdims=True)


def named(y, log_posterior, ask):
    return np.unique(y)[log_posterior.argmax(axis=1)] if ask == "labels" else log_posterior


def gaussian(x, y, new, ask="log_proba", var_smoothing=1e-9, ddof=0, equal_priors=False):
    """Oracle: for each class the densities of all features, as logarithms."""
    floor = var_smoothing * x.var(axis=0).max()
    columns = []
    for label in np.unique(y):
        rows = x[y == label]
        prior = 1.0 if equal_priors else len(rows) / len(x)
        widths = np.sqrt(rows.var(axis=0, ddof=min(ddof, len(rows) - 1)) + floor)
        z = (new - rows.mean(axis=0)) / widths
        columns.append(np.log(prior) - np.sum(z * z / 2 + np.log(widths) + np.log(2 * np.pi) / 2, axis=1))
    return named(y, posterior(np.stack(columns, axis=1)), ask)


def multinomial(x, y, new, ask="log_proba", alpha=1.0, equal_priors=False):
    """Oracle: the probability of each word in each class, then a sum over the words of each new row."""
    columns = []
    for label in np.unique(y):
        rows = x[y == label]
        words = (rows.sum(axis=0) + alpha) / (rows.sum() + alpha * x.shape[1])
        prior = 1.0 if equal_priors else len(rows) / len(x)
        columns.append(np.log(prior) + np.einsum("mj,j->m", new, np.log(words)))
    return named(y, posterior(np.stack(columns, axis=1)), ask)


# --- inputs -----------------------------------------------------------------------------------------------------


@cache
def digits():
    """Pictures (1797, 64), counts of ink from 0 to 16, and their labels (1797,)."""
    found = find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("naive_bayes reads scikit-learn's digits: pip install 'scratchmark[oracles]'")
    path = Path(found.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    with gzip.open(path, "rt") as lines:
        table = np.loadtxt(lines, delimiter=",")
    return table[:, :64], table[:, 64].astype(np.int64)


def some_digits(rng, n, m):
    pictures, labels = digits()
    picked = rng.permutation(len(labels))[: n + m]
    return pictures[picked[:n]], labels[picked[:n]], pictures[picked[n:]]


def labels_of(rng, n, names):
    """At least two rows of each class where n allows, the first name being the rarest; in random order."""
    shares = np.arange(1, len(names) + 1)
    counts = np.maximum(np.floor(n * shares / shares.sum()).astype(int), 1)
    counts[-1] += n - counts.sum()
    return np.repeat(np.array(names, np.int64), counts)[rng.permutation(n)]


def gaussian_inputs(rng, n=24, m=6, d=3, names=(0, 1, 2), kind="ordinary", scale=1.0, offset=0.0, **options):
    """x (n, d), y (n,), new rows (m, d); class c has means and widths of its own."""
    if kind == "digits":
        x, y, new = some_digits(rng, 300, 20)
        return {"x": x, "y": y, "new": new, **options}
    y = labels_of(rng, n, names)
    means, widths = rng.standard_normal((len(names), d)), rng.uniform(0.5, 2, (len(names), d))
    index = np.searchsorted(np.unique(y), y)
    x = means[index] + widths[index] * rng.standard_normal((n, d))
    new = means[rng.integers(len(names), size=m)] + rng.standard_normal((m, d))
    if kind == "far":
        new = new + 1e3
    if kind == "constant":  # the first feature is constant in the first class, the second one everywhere
        x[y == np.unique(y)[0], 0] = 0.5
        new[::2, 0] = 0.5
        x[:, 1], new[:, 1] = 0.25, 0.25
    return {"x": offset + scale * x, "y": y, "new": offset + scale * new, **options}


def counts_inputs(rng, n=24, m=6, d=5, names=(0, 1, 2), kind="ordinary", words=20, **options):
    """Rows of about `words` counts, from word distributions of each class's own."""
    if kind == "digits":
        x, y, new = some_digits(rng, 300, 20)
        return {"x": x, "y": y, "new": new, **options}
    y = labels_of(rng, n, names)
    laws = rng.dirichlet(np.ones(d), len(names))
    index = np.searchsorted(np.unique(y), y)
    x = np.array([rng.multinomial(rng.integers(words // 2, words + 1), laws[c]) for c in index], float).reshape(n, d)
    new = np.array([rng.multinomial(words, laws[c]) for c in rng.integers(len(names), size=m)], float).reshape(m, d)
    if kind == "a word never seen":
        x[y == np.unique(y)[0], 0] = 0
        new[:, 0] += 1
    if kind == "empty rows":
        new[::2] = 0
    if kind == "fractions":
        x, new = x * rng.uniform(0.1, 1, x.shape), new * rng.uniform(0.1, 1, new.shape)
    return {"x": x, "y": y, "new": new, **options}


# --- properties -------------------------------------------------------------------------------------------------


def posteriors_sum_to_one(answer, x, check):
    """The exponentials of each row sum to one."""
    got = answer(**x)
    check.close(np.exp(got).sum(axis=1), np.ones(len(got)), "the sums of the posteriors", slack=16)


def the_order_of_rows_does_not_matter(answer, x, check):
    """The training rows in another order give the same posteriors."""
    turned = {"x": np.ascontiguousarray(x["x"][::-1]), "y": np.ascontiguousarray(x["y"][::-1])}
    check.close(answer(**{**x, **turned}), answer(**x), "the posteriors, trained in the opposite order", slack=64)


def names_do_not_matter(answer, x, check):
    """Renaming the labels permutes the columns, which stay in the order of the sorted labels."""
    renamed = np.array([40, -7, 12])[x["y"]]
    check.close(answer(**{**x, "y": renamed}), answer(**x)[:, [1, 2, 0]], "the posteriors under other names", slack=64)


def predict_names_the_likeliest(answer, x, check):
    """predict gives the label of the largest posterior, as it stands in y."""
    log_posterior, labels = answer(**x), answer(**x, ask="labels")
    best = np.sort(log_posterior, axis=1)
    clear = best[:, -1] - best[:, -2] > 1e-3
    check.equal(
        labels[clear],
        np.unique(x["y"])[log_posterior.argmax(axis=1)][clear],
        "a label is not that of the largest posterior",
    )


def copied_features_count_twice(answer, x, check):
    """Every feature given twice doubles the evidence, as naive Bayes believes that they are independent."""
    once = answer(**x)
    twice = answer(**{**x, "x": np.hstack([x["x"], x["x"]]), "new": np.hstack([x["new"], x["new"]])})
    _, counts = np.unique(x["y"], return_counts=True)
    evidence = once - once[:, :1] - np.log(counts / counts[0])
    check.close(
        twice - twice[:, :1] - np.log(counts / counts[0]), 2 * evidence, "the evidence of doubled features", slack=1000
    )


def endless_smoothing_leaves_the_prior(answer, x, check):
    """As alpha grows all words become equally likely in every class, and the prior is left."""
    _, counts = np.unique(x["y"], return_counts=True)
    want = np.tile(np.log(counts / counts.sum()), (len(x["new"]), 1))
    check.true(np.abs(answer(**x, alpha=1e12) - want) < 1e-6, "at alpha = 1e12 the posteriors are not the priors")


def float32_stays_float32(answer, x, check):
    """Single precision in, single precision out, and right to some digits."""
    oracle = multinomial if float(x["x"].min()) >= 0 else gaussian
    wide = {k: v.astype(np.float64) if v.dtype.kind == "f" else v for k, v in x.items()}
    check.close(answer(**x), oracle(**wide), "the posteriors in float32", slack=200)


NEAR = Tolerance(1e-9, "many orders of summation are right", absolute=1e-9)
NAMES = (3, 7)
COMMON = (
    posteriors_sum_to_one,
    the_order_of_rows_does_not_matter,
    names_do_not_matter,
    holds(predict_names_the_likeliest, names=(3, 7, 20)),
)
PRIORS = "self.log_priors = [math.log(group.shape[0] / x.shape[0]) for group in groups]"
DENSITY = "log_density = -(xp.log(2 * math.pi * variance) + (x - mean) ** 2 / variance) / 2"
EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "GaussianNB", gaussian_inputs, oracle=gaussian, tolerance=NEAR, dtypes=("float64",),
            cases=(
                case("three classes"),
                case("labels 3 and 7", names=NAMES, why="labels are names, not column numbers"),
                case("negative labels", names=(-4, 0, 11)),
                case("one feature", d=1),
                case("one row", m=1),
                case("digits", kind="digits", why="64 features, of which some are always 0"),
                case("much smoothing", var_smoothing=0.1, scale=3.0, why="a share of the largest variance of all rows"),
                case("a constant feature", kind="constant", mark="robust", why="variance 0: what is added to it decides"),
                case("a constant feature among large numbers", kind="constant", scale=1e3, mark="robust", why="1e-9 of the largest variance, not 1e-9"),
                case("two thousand features", d=2_000, n=12, m=3, mark="robust", why="the product of the densities is 0"),
                case("far from everything", kind="far", mark="robust", why="every density is 0, their ratios are not"),
                case("numbers near a million", offset=1e6, mark="robust", why="the variance of large numbers: subtract the mean first"),
                case("one row in a class", n=6, names=(0, 1, 2), mark="robust", why="its variance is only what is added"),
                case("a single class", names=(5,), mark="robust", why="its posterior is 1"),
            ),
            properties=(*COMMON, copied_features_count_twice, holds(float32_stays_float32, dtypes=("float32",))),
            conventions=(
                Convention("variances divided by n - 1; asked is n", lambda **i: gaussian(**i, ddof=1)),
                Convention("equal priors; asked are the labels' shares", lambda **i: gaussian(**i, equal_priors=True)),
            ),
        ),
        Part(
            "MultinomialNB", counts_inputs, oracle=multinomial, tolerance=NEAR, dtypes=("float64",),
            cases=(
                case("three classes"),
                case("labels 3 and 7", names=NAMES),
                case("negative labels", names=(-4, 0, 11)),
                case("another alpha", alpha=0.3),
                case("digits", kind="digits", why="ink as counts of 64 words"),
                case("fractions", kind="fractions", why="weights such as tf-idf are taken as counts too"),
                case("a word never seen", kind="a word never seen", mark="robust", why="unlikely, not impossible"),
                case("hardly any smoothing", kind="a word never seen", alpha=1e-10, mark="robust"),
                case("empty rows", kind="empty rows", mark="robust", why="no words, no evidence: the prior"),
                case("two thousand words", d=2_000, words=1_000, m=3, mark="robust", why="the product of the probabilities is 0"),
                case("one word", d=1, mark="robust", why="a vocabulary of one word says nothing"),
                case("a single class", names=(5,), mark="robust"),
            ),
            properties=(*COMMON, endless_smoothing_leaves_the_prior, holds(float32_stays_float32, dtypes=("float32",))),
            conventions=(Convention("equal priors; asked are the labels' shares", lambda **i: multinomial(**i, equal_priors=True)),),
        ),
    ),
    policy=Policy(banned=("base", "sklearn", "torch.distributions"), earns=("sklearn.naive_bayes",), backends=("numpy", "torch", "cupy")),
    mistakes=(
        Mistake("product of probabilities", "joint.append(log_prior + xp.sum(log_density, axis=1))",
                "joint.append(xp.log(math.exp(log_prior) * xp.prod(xp.exp(log_density), axis=1)))", caught_by="two thousand features"),
        Mistake("variances divided by n - 1", "xp.var(group, axis=0) + floor", "xp.var(group, axis=0, correction=1) + floor",
                caught_by="GaussianNB/three classes"),
        Mistake("priors left out", "joint.append(log_prior + xp.sum", "joint.append(xp.sum", caught_by="GaussianNB/three classes"),
        Mistake("no smoothing", "xp.var(group, axis=0) + floor", "xp.var(group, axis=0)", caught_by="a constant feature"),
        Mistake("1e-9 whatever the scale", "self.var_smoothing * xp.max(xp.var(x, axis=0))", "self.var_smoothing", caught_by="a constant feature among large numbers"),
        Mistake("smoothing by the feature's own variance", "xp.max(xp.var(x, axis=0))", "xp.var(x, axis=0)", caught_by="much smoothing"),
        Mistake("smoothing by the class's largest variance", "xp.var(group, axis=0) + floor",
                "xp.var(group, axis=0) + self.var_smoothing * xp.max(xp.var(group, axis=0))", caught_by="much smoothing"),
        Mistake("variances no smaller than the floor", "xp.var(group, axis=0) + floor",
                "xp.where(xp.var(group, axis=0) > floor, xp.var(group, axis=0), floor)", caught_by="much smoothing"),
        Mistake("standard deviation for variance", "xp.var(group, axis=0) + floor", "xp.std(group, axis=0) + floor", caught_by="GaussianNB/three classes"),
        Mistake("mean square less squared mean", "xp.var(group, axis=0) + floor",
                "xp.mean(group**2, axis=0) - xp.mean(group, axis=0) ** 2 + floor", caught_by="numbers near a million"),
        Mistake("one variance for all classes", "xp.var(group, axis=0) + floor", "xp.var(x, axis=0) + floor", caught_by="GaussianNB/three classes"),
        Mistake("no normalizing constant", "(xp.log(2 * math.pi * variance) + (x", "(0 * variance + (x", caught_by="GaussianNB/three classes"),
        Mistake("no half in the exponent", "(x - mean) ** 2 / variance) / 2", "2 * (x - mean) ** 2 / variance) / 2", caught_by="GaussianNB/three classes"),
        Mistake("mean over features", "xp.sum(log_density, axis=1)", "xp.mean(log_density, axis=1)", caught_by="GaussianNB/three classes"),
        Mistake("columns in the order of appearance", "self.labels = xp.unique_values(y)\n        groups = [x[y == label] for label in self.labels]\n        floor",
                "self.labels = y[sorted(int(xp.argmax(xp.astype(y == label, xp.int64))) for label in xp.unique_values(y))]\n"
                "        groups = [x[y == label] for label in self.labels]\n        floor", caught_by="names do not matter"),
        Mistake("labels taken for 0 .. K-1", "self.labels = xp.unique_values(y)\n        groups = [x[y == label] for label in self.labels]\n        floor",
                "self.labels = xp.arange(xp.unique_values(y).shape[0])\n        groups = [x[y == label] for label in self.labels]\n        floor",
                caught_by="GaussianNB/labels 3 and 7"),
        Mistake("Gaussian predict gives column numbers", "class MultinomialNB:",
                "GaussianNB.predict = lambda self, x: array_namespace(x).argmax(self.predict_log_proba(x), axis=1)\n\n\nclass MultinomialNB:",
                caught_by="GaussianNB/predict names the likeliest"),
        Mistake("joint instead of posterior", "return shifted - xp.log(", "return joint + 0 * xp.log(", caught_by="GaussianNB/posteriors sum to one"),
        Mistake("not normalized after the shift", "return shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))", "return shifted",
                caught_by="MultinomialNB/posteriors sum to one"),
        Mistake("sum of exponentials without a shift", "joint - xp.max(joint, axis=1, keepdims=True)", "joint", caught_by="two thousand features"),
        Mistake("posteriors, not their logarithms", "return shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))",
                "return xp.exp(shifted) / xp.sum(xp.exp(shifted), axis=1, keepdims=True)", caught_by="MultinomialNB/three classes"),
        Mistake("1e-12 inside the last logarithm", "return shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))",
                "return xp.log(xp.exp(shifted) / xp.sum(xp.exp(shifted), axis=1, keepdims=True) + 1e-12)", caught_by="two thousand features"),
        Mistake("alpha in the numerator only", "xp.log(count / xp.sum(count))", "xp.log(count / (xp.sum(count) - self.alpha * x.shape[1]))",
                caught_by="MultinomialNB/three classes"),
        Mistake("alpha once in the denominator", "xp.log(count / xp.sum(count))",
                "xp.log(count / (xp.sum(count) - self.alpha * (x.shape[1] - 1)))", caught_by="MultinomialNB/three classes"),
        Mistake("one added, whatever alpha", "+ self.alpha for", "+ 1.0 for", caught_by="another alpha"),
        Mistake("alpha for each row", "+ self.alpha for", "+ self.alpha * group.shape[0] for", caught_by="MultinomialNB/three classes"),
        Mistake("words not normalized", "xp.log(count / xp.sum(count))", "xp.log(count)", caught_by="MultinomialNB/three classes"),
        Mistake("presence instead of counts", "xp.sum(x * words, axis=1)", "xp.sum((x > 0) * words, axis=1)", caught_by="MultinomialNB/three classes"),
        Mistake("documents with the word, instead of counts", "xp.sum(group, axis=0)", "xp.sum(xp.astype(group > 0, group.dtype), axis=0)",
                caught_by="MultinomialNB/three classes"),
        Mistake("priors by words, not by rows", "        counts = [",
                "        self.log_priors = [math.log(float(xp.sum(group) / xp.sum(x))) for group in groups]\n        counts = [",
                caught_by="MultinomialNB/empty rows"),
        Mistake("equal priors for texts", "[log_prior + xp.sum(x * words", "[xp.sum(x * words", caught_by="MultinomialNB/empty rows"),
        Mistake("smoothed priors", "        counts = [",
                "        k = len(groups)\n        self.log_priors = [math.log((group.shape[0] + 1) / (x.shape[0] + k)) for group in groups]\n        counts = [",
                caught_by="MultinomialNB/empty rows"),
    ),
    equivalent=(
        *(
            Equivalent(f"{name}.fit", PRIORS, PRIORS.replace("/ x.shape[0]", other), "the same number added to every class's joint drops out")
            for name in ("GaussianNB", "MultinomialNB") for other in ("* x.shape[0]", "/ x.shape[1]")
        ),
        *(
            Equivalent("GaussianNB.predict_log_proba", DENSITY, DENSITY.replace("2 * math.pi", other), "a constant of the density is the same in every class")
            for other in ("3 * math.pi", "2 / math.pi")
        ),
        Equivalent("MultinomialNB.fit", "self.log_words = [xp.log(count / xp.sum(count)) for count in counts]",
                   "self.log_words = [xp.log(count / xp.mean(count)) for count in counts]", "log d for every word of the row, in every class"),
        Equivalent("GaussianNB.predict_log_proba", "for log_prior, mean, variance in zip(self.log_priors, self.means, self.variances, strict=True):",
                   "for log_prior, mean, variance in zip(self.log_priors, self.means, self.variances, strict=False):", "one of each for every class"),
        Equivalent("MultinomialNB.predict_log_proba", "pairs = zip(self.log_priors, self.log_words, strict=True)",
                   "pairs = zip(self.log_priors, self.log_words, strict=False)", "one of each for every class"),
    ),
    hints=(
        "Bayes' theorem for logarithms: which two terms make the joint of class and row, and what must be subtracted so that the posteriors sum to one?",
        "np.unique gives the labels in order; treat the rows of each label apart. Sum log densities, never multiply densities, and take the largest joint out "
        "of each row before exponentiating. Smoothing enters the variances as a sum, and word counts in both numerator and denominator.",
        "joint[:, c] = log(n_c / n) - sum((x - mu_c)^2 / (2 var_c) + log(2 pi var_c) / 2), var_c = rows.var(axis=0) + var_smoothing * x.var(axis=0).max(); for counts joint[:, c] = "
        "log(n_c / n) + x @ log((counts_c + alpha) / (counts_c.sum() + alpha d)). Then joint - max - log(sum(exp(joint - max))) row by row.",
    ),
)  # fmt: skip
