"""Softmax regression: what an answer must do. The minimum of a convex J is known by its gradient, whatever the way.

Sources: Cox 1958, https://doi.org/10.1111/j.2517-6161.1958.tb00292.x; Boehning 1992 (L = sigma^2 / 2),
https://doi.org/10.1007/BF00048682; Albert, Anderson 1984 (when no minimum exists),
https://doi.org/10.1093/biomet/71.1.1
"""

import numpy as np

from harness.spec import FLOAT, Array, Equivalent, Exercise, Hidden, Limits, Mistake, Part, Plain, Policy, case, holds

# --- oracles, in float64 --------------------------------------------------------------------------------------


def predict_proba(x, w, b):
    """Oracle: softmax of the scores of each row."""
    scores = np.einsum("nd,kd->nk", x, w) + b
    odds = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return odds / odds.sum(axis=1, keepdims=True)


def loss(x, classes, w, b, l2):
    """J, for classes 0..K-1."""
    scores = x @ w.T + b
    top = scores.max(axis=1)
    own = scores[np.arange(len(x)), classes]
    return np.sum(top + np.log(np.exp(scores - top[:, None]).sum(axis=1)) - own) + l2 / 2 * np.sum(w**2)


def gradient(x, classes, w, b, l2):
    """dJ/dw and dJ/db."""
    excess = predict_proba(x, w, b) - np.eye(len(b))[classes]
    return excess.T @ x + l2 * w, excess.sum(axis=0)


def first_newton_step(x, classes, l2):
    """(w, b) one step from zero, where each class has probability 1/K and H is (I - 1/K) / K (x) columns'columns."""
    columns = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    k = classes.max() + 1
    spread = (np.eye(k) - 1 / k) / k
    hessian = np.kron(spread, columns.T @ columns) + np.kron(np.eye(k), np.diag([l2] * x.shape[1] + [0.0]))
    dw, db = gradient(x, classes, np.zeros((k, x.shape[1])), np.zeros(k), l2)
    step = np.linalg.pinv(hessian, rcond=1e-11, hermitian=True) @ np.concatenate([dw, db[:, None]], axis=1).ravel()
    theta = -step.reshape(k, -1)
    return theta[:, :-1], theta[:, -1]


def minimum(x, classes, l2):
    """(w, b) of the smallest J by Newton's method, for the tests."""
    k, d = classes.max() + 1, x.shape[1]
    columns = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    theta = np.zeros((k, d + 1))
    for _ in range(50):
        p = predict_proba(x, theta[:, :-1], theta[:, -1])
        dw, db = gradient(x, classes, theta[:, :-1], theta[:, -1], l2)
        table = np.einsum("nk,kl->nkl", p, np.eye(k)) - np.einsum("nk,nl->nkl", p, p)
        hessian = np.einsum("nkl,ni,nj->kilj", table, columns, columns).reshape(k * (d + 1), -1)
        hessian += np.kron(np.eye(k), np.diag([l2] * d + [0.0]))
        step = np.linalg.pinv(hessian, rcond=1e-11, hermitian=True) @ np.concatenate([dw, db[:, None]], axis=1).ravel()
        theta = theta - step.reshape(k, -1)
    return theta[:, :-1], theta[:, -1]


# --- inputs ---------------------------------------------------------------------------------------------------


def fit_inputs(rng, n=80, d=3, k=3, names=None, noise=0.2, rare=False, separable=False, shift=0.2, l2=None,
               method="gd", max_steps=None, ask="minimum"):  # fmt: skip
    """Clouds around k means, a share `noise` of them with any label. `ask`: what verify looks for."""
    classes = rng.integers(k, size=n)
    if rare:
        classes = np.where(rng.random(n) < 0.85, 0, classes)
    classes[:k] = np.arange(k)
    means = np.eye(k, d) if not separable else 20.0 * np.eye(k, d)
    x = means[classes] + rng.uniform(-1.0, 1.0, (n, d)) + shift
    mixed = np.arange(n) < noise * n if not separable else np.zeros(n, bool)
    mixed[:k] = False
    classes = np.where(mixed, rng.integers(k, size=n), classes)
    order = rng.permutation(n)
    labels = np.asarray(names if names is not None else range(k), np.int64)
    inputs = {"x": x[order], "y": labels[classes[order]], "method": method}
    options = {"l2": l2, "max_steps": max_steps}
    inputs |= {name: value for name, value in options.items() if value is not None}
    return inputs | {"ask": Hidden(ask)}


def fit_outputs(x, y, **_):
    k = len(np.unique(y))
    return Array(FLOAT, (k, x.shape[1])), Array(FLOAT, (k,)), Plain(bool)


def proba_inputs(rng, m=5, d=3, k=4, kind=""):
    """Ordinary numbers, or quarters and whole numbers, which any order of summation adds up exactly."""
    if kind in ("exact", "apart"):
        x, w = rng.integers(-4, 5, (m, d)), rng.integers(-8, 9, (k, d)) / 4
        b = 2000.0 * np.arange(k) if kind == "apart" else rng.choice([-10_000.0, 10_000.0]) + np.arange(k)
        return {"x": 1.0 * x, "w": w, "b": b}
    return {"x": rng.standard_normal((m, d)), "w": rng.standard_normal((k, d)), "b": rng.standard_normal(k)}


# --- judging a fit --------------------------------------------------------------------------------------------


def verify(inputs, outputs, check):
    w, b, converged = np.float64(outputs[0]), np.float64(outputs[1]), outputs[2]
    x, l2 = inputs["x"], inputs.get("l2", 0.0)
    classes = np.unique(inputs["y"], return_inverse=True)[1].reshape(-1)
    tolerance = 1e-6 if check.dtype == "float64" else 1e-4
    check.true(np.isfinite(w).all() and np.isfinite(b).all(), "w or b is not finite")
    check.true(type(converged) is bool, "converged is not a bool")
    scale = 1 + max(np.abs(w).max(), np.abs(b).max())
    off = max(np.abs(w.sum(axis=0)).max(), abs(b.sum()))
    check.true(off <= tolerance * scale, "w or b does not add up to 0 over the classes")
    if inputs["ask"] == "no minimum":
        check.true(
            not converged, "the classes can be separated and l2 is 0, so no minimum exists, yet converged is True"
        )
        right = predict_proba(x, w, b).argmax(axis=1) == classes
        check.true(right.all(), "the classes can be separated, yet some samples are on the wrong side")
        return
    if inputs["ask"] == "first step":
        want = first_newton_step(x, classes, l2)
        check.true(not converged, "one step from zero is not the minimum, yet converged is True")
        # The step solves one system, so what rounding does to b goes by the largest of w and b: of 80,000 draws, b alone
        # can be 0.001 and off by 190 * 64 eps of itself, but by no more than 1.3 of the whole (8 with lstsq in float32).
        together = (np.column_stack(pair) for pair in ((w, b), want))
        check.close(*together, "w, and b as the last column, after one Newton step", slack=16)
        return
    dw, db = gradient(x, classes, w, b, l2)
    largest = max(np.abs(dw).max(), np.abs(db).max()) / len(x)
    if inputs["ask"] == "progress":
        before = loss(x, classes, 0 * w, 0 * b, l2)
        check.true(loss(x, classes, w, b, l2) < before, "J is not smaller than at the start")
        check.true(not converged or largest <= 1.5 * tolerance, "converged is True far from the minimum")
        return
    check.true(largest <= 1.5 * tolerance, f"the gradient of J/n is {largest:.1e} there; asked is {tolerance:.0e}")
    check.true(converged, "converged is False at the minimum")


# --- properties -----------------------------------------------------------------------------------------------


def names_of_labels_do_not_matter(answer, x, check):
    """Other labels in the same order name the same classes."""
    (w, b, _), (renamed_w, renamed_b, _) = answer(**x), answer(**{**x, "y": 3 * x["y"] - 7})
    check.close(renamed_w, w, "w with other labels")
    check.close(renamed_b, b, "b with other labels")


def all_samples_twice_and_twice_the_penalty_is_the_same(answer, x, check):
    """J is a sum over samples: giving each twice, with twice the penalty, doubles J and moves nothing."""
    double = {"x": np.concatenate([x["x"], x["x"]]), "y": np.concatenate([x["y"], x["y"]]), "l2": 2 * x["l2"]}
    (w, b, _), (twice_w, twice_b, _) = answer(**x), answer(**{**x, **double})
    check.true(np.abs(twice_w - w).max() <= 1e-3, "w changes")
    check.true(np.abs(twice_b - b).max() <= 1e-3, "b changes")


def mean_probabilities_are_the_shares_of_the_classes(answer, x, check):
    """Free intercepts make the mean probability of each class its share of the samples, with any penalty on w."""
    w, b, _ = answer(**x)
    shares = np.unique(x["y"], return_counts=True)[1] / len(x["y"])
    means = predict_proba(np.float64(x["x"]), np.float64(w), np.float64(b)).mean(axis=0)
    check.true(np.abs(means - shares).max() <= (2e-6 if check.dtype == "float64" else 2e-4), "they differ")


def two_classes_are_a_sigmoid(answer, x, check):
    """With two classes, softmax is the sigmoid of the difference of the scores."""
    z = (x["x"].astype(np.float64) @ (x["w"][1] - x["w"][0])) + (x["b"][1] - x["b"][0])
    check.close(answer(**x)[:, 1], 1 / (1 + np.exp(-z)), "the second column")


# --- the exercise ---------------------------------------------------------------------------------------------

FIT_CASES = (
    case("gd, three classes", l2=2.0),
    case("gd, two classes", k=2, l2=1.0),
    case("gd without a penalty", k=2, d=2, noise=0.4),  # 382 steps at most in 1,500 draws; with 0.2, up to 2,070
    case("gd, a strong penalty", l2=120.0, rare=True, n=120, why="w pays, the intercepts do not"),
    case("gd, stopped early", l2=2.0, max_steps=3, ask="progress", why="three steps help, and are not the minimum"),
    case("irls, three classes", l2=2.0, method="irls", max_steps=15, why="Newton needs few steps"),
    case("irls, two classes", k=2, l2=1.0, method="irls", max_steps=15),
    case("irls, four classes, two columns", k=4, d=2, n=160, l2=0.5, method="irls", max_steps=15),
    case("irls without a penalty", k=2, d=2, method="irls", max_steps=15),
    case("irls, one step", l2=2.0, method="irls", max_steps=1, ask="first step", why="a full Newton step from zero"),
    case("irls, one step without a penalty", method="irls", max_steps=1, ask="first step"),
    case("labels 2, 7, 9", names=(2, 7, 9), l2=2.0, method="irls", max_steps=15, mark="robust",
         why="a name is no index"),
    case("labels -4 and 30", names=(-4, 30), k=2, l2=2.0, mark="robust"),
    case("a rare class", rare=True, n=120, l2=1.0, method="irls", max_steps=20, mark="robust"),
    case("separable with a penalty", separable=True, shift=0.0, l2=50.0, k=2, d=2, mark="robust",
         why="the penalty brings the minimum back", method="irls", max_steps=30),
    case("gd, separable", separable=True, shift=0.0, k=2, d=2, max_steps=500, ask="no minimum", mark="robust",
         why="twice the weights would be better still, for ever"),
    case("irls, separable", separable=True, k=3, method="irls", max_steps=12, ask="no minimum", mark="robust",
         why="each step shrinks the gradient by e, so that a small gradient says nothing"),
)  # fmt: skip

EXERCISE = Exercise(
    version=2,
    parts=(
        Part(
            "fit", fit_inputs, FIT_CASES, verify=verify, outputs=fit_outputs,
            properties=(
                holds(names_of_labels_do_not_matter, l2=2.0, method="irls", max_steps=15),
                holds(all_samples_twice_and_twice_the_penalty_is_the_same, l2=4.0, method="irls", max_steps=15),
                holds(mean_probabilities_are_the_shares_of_the_classes, l2=20.0),
            ),
        ),
        Part(
            "predict_proba", proba_inputs,
            (
                case("five rows"),
                case("one row, two classes", m=1, k=2),
                case("scores near 10,000", kind="exact", mark="robust", why="exp overflows past 709"),
                case("scores 2,000 apart", kind="apart", mark="robust",
                     why="a row's largest score is taken off, not its least"),
                case("no rows", m=0, mark="robust", why="an empty batch comes back empty"),
            ),
            oracle=predict_proba,
            properties=(holds(two_classes_are_a_sigmoid, k=2),),
        ),
    ),
    policy=Policy(
        banned=("base", "@optim", "@autograd", "@nn"),
        earns=("sklearn.linear_model.LogisticRegression",),
        backends=("numpy", "torch", "cupy"),
    ),
    limits=Limits(call_s=20.0),
    mistakes=(
        Mistake("exp overflows", "xp.exp(scores - xp.max(scores, axis=1, keepdims=True))", "xp.exp(scores)",
                caught_by="predict_proba/scores near 10,000"),
        Mistake("a sigmoid for each class", "weights / xp.sum(weights, axis=1, keepdims=True)",
                "weights / (1 + weights)",
                caught_by="predict_proba/five rows"),
        Mistake("probabilities add up over the samples", "xp.sum(weights, axis=1, keepdims=True)",
                "xp.sum(weights, axis=0, keepdims=True)", caught_by="predict_proba/five rows"),
        Mistake("predict_proba forgets the intercepts", "softmax(x @ w.T + b)", "softmax(x @ w.T)",
                caught_by="predict_proba/five rows"),
        Mistake("1/l2 for l2 (C)", "penalty = l2 *", "penalty = (1 / l2 if l2 else 0) *",
                caught_by="fit/gd, three classes"),
        Mistake("the penalty multiplied by n", "penalty = l2 *", "penalty = len(x) * l2 *",
                caught_by="fit/gd, three classes"),
        Mistake("a mean over the samples, but all of the penalty", "(probs - onehot).T @ columns +",
                "(probs - onehot).T @ columns / len(x) +", caught_by="fit/gd, three classes"),
        Mistake("the penalty's gradient doubled", "+ penalty * theta", "+ 2 * penalty * theta",
                caught_by="fit/gd, three classes"),
        Mistake("the intercept is penalized", "xp.zeros_like(x[0, :1])", "xp.ones_like(x[0, :1])",
                caught_by="fit/gd, a strong penalty"),
        Mistake("no intercept", "xp.concat([x, xp.ones_like(x[:, :1])], axis=1)",
                "xp.concat([x, xp.zeros_like(x[:, :1])], axis=1)", caught_by="fit/gd, a strong penalty"),
        Mistake("labels used as indices", "xp.sort(xp.unique_values(y))", "xp.arange(int(xp.max(y)) + 1)",
                caught_by="fit/labels 2, 7, 9"),
        Mistake("uphill", "theta = theta - gradient / lipschitz", "theta = theta + gradient / lipschitz",
                caught_by="fit/gd, three classes"),
        Mistake("steps far too long", "gradient / lipschitz", "50 * gradient / lipschitz",
                caught_by="fit/gd, three classes"),
        Mistake("separation is not noticed", "separated = l2 == 0 and right", "separated = False",
                caught_by="fit/irls, separable"),
        Mistake("always says that it converged", "converged and not separated", "True", caught_by="fit/gd, separable"),
        Mistake("never says that it converged", "converged and not separated", "False",
                caught_by="fit/gd, three classes"),
        Mistake("every separable problem is hopeless, with a penalty too", "l2 == 0 and right", "right",
                caught_by="fit/separable with a penalty"),
        Mistake("the last class fixed at 0 and left there", "return theta[:, :-1], theta[:, -1],",
                "theta = theta - theta[-1:]\n    return theta[:, :-1], theta[:, -1],",
                caught_by="fit/gd, three classes"),
        Mistake("one class against the rest: no blocks beside the diagonal",
                "probs[:, :, None] * of_classes - probs[:, :, None] * probs[:, None, :]",
                "(probs * (1 - probs))[:, :, None] * of_classes", caught_by="fit/irls, one step"),
        Mistake("variances without the product of probabilities",
                "probs[:, :, None] * of_classes - probs[:, :, None] * probs[:, None, :]",
                "probs[:, :, None] * of_classes", caught_by="fit/a rare class"),
        Mistake("the penalty is missing in the Hessian", "(penalty * of_columns)", "(0 * of_columns)",
                caught_by="fit/irls, one step"),
        Mistake("one step more than max_steps", "range(max_steps + 1)", "range((max_steps := max_steps + 1) + 1)",
                caught_by="fit/irls, one step"),
        Mistake("gradient descent whatever the method", 'if method == "irls":', "if False:",
                caught_by="fit/irls, one step"),
    ),
    equivalent=(
        Equivalent("fit", "lipschitz = xp.linalg.matrix_norm(columns, ord=2) ** 2 / 2 + l2",
                   "lipschitz = xp.linalg.matrix_norm(columns, ord=2) ** 2 / 3 + l2",
                   "another length of step that the task leaves open, and it converges too"),
        Equivalent("fit", "def fit(x, y, l2=0.0, method='gd', max_steps=2000):",
                   "def fit(x, y, l2=0.0, method='gd', max_steps=2001):", "no case comes near the limit"),
        Equivalent("fit", "penalty = l2 * xp.concat([xp.ones_like(x[0, :]), xp.zeros_like(x[0, :1])])",
                   "penalty = l2 * xp.concat([xp.ones_like(x[1, :]), xp.zeros_like(x[0, :1])])", "rows are alike"),
        Equivalent("fit", "penalty = l2 * xp.concat([xp.ones_like(x[0, :]), xp.zeros_like(x[0, :1])])",
                   "penalty = l2 * xp.concat([xp.ones_like(x[0, :]), xp.zeros_like(x[1, :1])])", "rows are alike"),
        Equivalent("fit", "converged = bool(xp.max(xp.abs(gradient)) <= tolerance)",
                   "converged = bool(xp.max(xp.abs(gradient)) < tolerance)", "no gradient is the tolerance exactly"),
    ),
    hints=(
        "What is the derivative of -log softmax(s)_k with respect to the scores s? It has one term for all classes and "
        "one for class k.",
        "Add a column of ones, so that theta is (K, d + 1): the gradient is (P - Y)' X + penalty * theta, Y one-hot. "
        "The Hessian's block "
        "for classes k and l is X' diag(p_k (delta_kl - p_l)) X; it is singular where all classes change alike, so add "
        "curvature there.",
        "gd: theta -= gradient / (sigma^2 / 2 + l2). irls: solve the K(d + 1) equations H step = gradient, theta -= "
        "step. Stop when the largest "
        "entry of the gradient is 1e-6 n; say converged unless l2 is 0 and argmax of the scores is right for all "
        "samples.",
    ),
)  # fmt: skip
