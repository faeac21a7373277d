"""The neuron and the perceptron's rule: what an answer must do.

The rule jumps, so all numbers of perceptron_fit are whole: every order of summation then gives the same scores, zeros
too.

Sources: Rosenblatt 1958, https://doi.org/10.1037/h0042519; Novikoff 1962, On convergence proofs on perceptrons.
"""

import numpy as np

from harness.spec import FLOAT, Array, Convention, Equivalent, Exercise, Mistake, Part, Plain, Policy, case, holds

# --- oracles, in float64 --------------------------------------------------------------------------------------


def neuron(x, w, b, act="identity"):
    """Oracle: the weighted sum, and what is made of it."""
    score = np.asarray((x * w).sum(axis=-1) + b)
    if act == "step":
        return np.where(score > 0, 1.0, 0.0)
    if act == "sigmoid":
        return np.where(score < 0, np.exp(np.minimum(score, 0)), 1.0) / (1 + np.exp(-np.abs(score)))
    return score


def perceptron_fit(x, y, max_epochs, zero_is_right=False):
    """Oracle: weights of (x, 1), one sample at a time."""
    samples = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    weights, mistakes = np.zeros(x.shape[1] + 1), 0
    for _ in range(max_epochs):
        calm = True
        for sample, sign in zip(samples, y, strict=True):
            margin = sign * (sample @ weights)
            if margin < 0 or (margin == 0 and not zero_is_right):
                weights = weights + sign * sample
                mistakes += 1
                calm = False
        if calm:
            return weights[:-1], np.asarray(weights[-1]), mistakes, True
    return weights[:-1], np.asarray(weights[-1]), mistakes, False


ZERO_IS_RIGHT = Convention(
    "a score of exactly 0 is no mistake", lambda x, y, max_epochs: perceptron_fit(x, y, max_epochs, zero_is_right=True)
)


# --- inputs ---------------------------------------------------------------------------------------------------


def neuron_inputs(rng, n=5, d=3, act=None, kind=""):
    """All terms of a score have one sign, the sign of its sample, so that no score is small beside its terms."""
    x = rng.uniform(0.5, 1.5, (n, d)) * np.resize([1.0, -1.0], n)[:, None]
    w, b = rng.uniform(0.5, 1.5, d), np.asarray(rng.uniform(0.1, 0.4))
    if kind == "huge":
        x *= 1000.0
    if kind == "small":
        x, b = 0.1 * x, 0.1 * b
    if kind == "zero":  # whole numbers, and a score of exactly 0 in each row
        x = 1.0 * rng.integers(-9, 10, (n, d))
        w, b = np.ones(d), np.asarray(-2.0)
        x[:, 0] += 2.0 - x.sum(axis=1)
    if kind == "one sample":
        x = x[0]
    return {"x": x, "w": w, "b": b} | ({} if act is None else {"act": act})


def fit_inputs(rng, n=24, d=3, kind="", max_epochs=400, shift=0, size=9):
    """Whole points on both sides of a plane: |x.u - c| is at least 1/2, u and c half whole. `kind`: what is special."""
    if kind == "xor":
        x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) * 2.0 + rng.integers(-1, 2, 2)
        y = np.array([-1.0, 1.0, 1.0, -1.0]) * rng.choice([-1.0, 1.0])
        return {"x": x, "y": y, "max_epochs": max_epochs}
    u = rng.integers(1, 4, d) * rng.choice([-1, 1], d)
    x = 1.0 * rng.integers(-size, size + 1, (n, d))
    side = x @ u + 0.5
    if kind == "one class":
        side = np.abs(side)
    if kind == "a plane through the origin":  # the first sample lies at the origin: only b can put it right
        x[0] = 0.0
    y = np.where(side > 0, 1.0, -1.0)
    if kind == "noisy":
        y *= -y[0]  # the first label is -1: at a score of 0 that is a mistake like any other
        x[1], y[1] = x[0], -y[0]  # the same point on both sides
    return {"x": x + shift, "y": y, "max_epochs": max_epochs}


# --- properties -----------------------------------------------------------------------------------------------


def a_sample_alone_and_in_a_batch_agree(answer, x, check):
    """Each row of a batch gives what it gives alone, as a vector."""
    together = answer(**x)
    for i in range(min(len(together), 5)):
        check.close(answer(**{**x, "x": x["x"][i].copy()}), together[i], f"row {i} alone")


def mistakes_stay_below_novikoffs_bound(answer, x, check):
    """Separable samples end without errors, after at most (R / margin)^2 mistakes."""
    w, b, mistakes, converged = answer(**x)
    samples = np.concatenate([x["x"], np.ones((len(x["x"]), 1))], axis=1).astype(np.float64)
    right = perceptron_fit(np.float64(x["x"]), np.float64(x["y"]), 100_000)
    plane = np.append(right[0], right[1])  # any plane that separates gives a bound
    margin = (x["y"] * (samples @ plane)).min() / np.linalg.norm(plane)
    check.true(converged, "separable samples, and yet converged is False")
    check.true((x["y"] * (samples @ np.append(w, b)) > 0).all(), "a sample is on the wrong side at the end")
    check.true(mistakes <= (np.linalg.norm(samples, axis=1).max() / margin) ** 2, "there are more mistakes than that")


def turning_all_labels_turns_the_plane(answer, x, check):
    """Turning all labels round turns w and b round and changes no count."""
    w, b, mistakes, _ = answer(**x)
    turned_w, turned_b, turned_mistakes, _ = answer(**{**x, "y": -x["y"]})
    check.equal(turned_w, -w, "w with all labels turned round")
    check.equal(turned_b, -b, "b with all labels turned round")
    check.equal(turned_mistakes, mistakes, "the mistakes differ with all labels turned round")


def b_counts_the_mistakes_by_their_signs(answer, x, check):
    """w and b are sums over the mistakes, so b has the parity of their number and is no larger."""
    _, b, mistakes, _ = answer(**x)
    check.true(abs(b) <= mistakes and (mistakes - int(b)) % 2 == 0, "b is no sum of so many +1 and -1")


EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "neuron", neuron_inputs,
            (
                case("a batch"),
                case("one sample", n=1, kind="one sample", why="a vector in, a number out"),
                case("one input", d=1, n=4),
                case("as many samples as inputs", n=4, d=4, why="a square x hides a wrong axis"),
                case("sigmoid", act="sigmoid"),
                case("step", act="step"),
                case("sigmoid of small scores", act="sigmoid", kind="small"),
                case("step of small scores", act="step", kind="small", why="above 0 is enough"),
                case("one sample, step", n=1, kind="one sample", act="step"),
                case("sigmoid of scores beyond 1,000", act="sigmoid", kind="huge", mark="robust",
                     why="exp overflows past 709"),
                case("step at a score of 0", act="step", kind="zero", mark="robust", why="0 is not above 0"),
                case("sigmoid at a score of 0", act="sigmoid", kind="zero", mark="robust", why="one half"),
                case("no samples", n=0, mark="robust", why="an empty batch comes back empty"),
            ),
            oracle=neuron,
            properties=(holds(a_sample_alone_and_in_a_batch_agree, n=4, act="sigmoid"),),
        ),
        Part(
            "perceptron_fit", fit_inputs,
            (
                case("separable"),
                case("one dimension", n=12, d=1),
                case("many dimensions", n=30, d=12),
                case("a single epoch", max_epochs=1, why="no more than max_epochs, and no time to see that it is over"),
                case("no epoch", max_epochs=0, why="nothing has been learned, and nothing proven"),
                case("a plane far from the origin", shift=6, n=12, d=2, max_epochs=2000, size=4,
                     why="b learns as well"),
                case("exclusive or", kind="xor", max_epochs=30, mark="robust", why="no plane separates it"),
                case("a point on both sides", kind="noisy", n=10, max_epochs=20, mark="robust"),
                case("one class", kind="one class", n=8, mark="robust"),
                case("a sample at the origin", kind="a plane through the origin", n=12, d=2, mark="robust"),
                case("one sample", n=1, mark="robust", why="its score is 0 at first, and that is a mistake"),
            ),
            oracle=perceptron_fit,
            outputs=lambda x, **_: (Array(FLOAT, (x.shape[1],)), Array(FLOAT, ()), Plain(int), Plain(bool)),
            conventions=(ZERO_IS_RIGHT,),
            properties=(
                holds(mistakes_stay_below_novikoffs_bound, n=20, d=2, max_epochs=5000),
                holds(turning_all_labels_turns_the_plane),
                holds(b_counts_the_mistakes_by_their_signs, n=16, d=2),
            ),
        ),
    ),
    policy=Policy(banned=("base", "@nn"), backends=("numpy", "torch", "cupy")),
    mistakes=(
        Mistake("no bias in the score", "score = x @ w + b", "score = x @ w", caught_by="neuron/a batch"),
        Mistake("a neuron for one sample only", "score = x @ w + b", "score = xp.sum(x * w) + b",
                caught_by="neuron/a batch"),
        Mistake("the bias is subtracted", "score = x @ w + b", "score = x @ w - b", caught_by="neuron/a batch"),
        Mistake("weights on the wrong axis", "score = x @ w + b", "score = x.T @ w + b",
                caught_by="neuron/as many samples as inputs"),
        Mistake("step is 1 at 0", "score > 0", "score >= 0", caught_by="neuron/step at a score of 0"),
        Mistake("step gives signs", "xp.astype(score > 0, x.dtype)", "xp.sign(score)", caught_by="neuron/step"),
        Mistake("step gives booleans", "xp.astype(score > 0, x.dtype)", "score > 0", caught_by="neuron/step"),
        Mistake("sigmoid overflows to nan", "xp.where(score >= 0, 1 / (1 + small), small / (1 + small))",
                "xp.exp(score) / (1 + xp.exp(score))", caught_by="neuron/sigmoid of scores beyond 1,000"),
        Mistake("sigmoid of the wrong sign", "score >= 0", "score <= 0", caught_by="neuron/sigmoid"),
        Mistake("act is ignored", 'if act == "sigmoid":', "if False:", caught_by="neuron/sigmoid"),
        Mistake("updates on right samples too", "if y[i] * (x[i] @ w + b) <= 0:", "if True:",
                caught_by="perceptron_fit/separable"),
        Mistake("a score of 0 counts as right", "(x[i] @ w + b) <= 0", "(x[i] @ w + b) < 0",
                caught_by="perceptron_fit/separable"),
        Mistake("made for labels 0 and 1", "if y[i] * (x[i] @ w + b) <= 0:", "if (x[i] @ w + b > 0) != (y[i] > 0):",
                caught_by="perceptron_fit/a point on both sides"),
        Mistake("the bias is not learned", "b + y[i]", "b", caught_by="perceptron_fit/separable"),
        Mistake("the bias is left out of the score", "(x[i] @ w + b)", "(x[i] @ w)",
                caught_by="perceptron_fit/a sample at the origin"),
        Mistake("y is forgotten in the update", "w + y[i] * x[i]", "w + x[i]", caught_by="perceptron_fit/separable"),
        Mistake("steps of one half", "w + y[i] * x[i], b + y[i]", "w + y[i] * x[i] / 2, b + y[i] / 2",
                caught_by="perceptron_fit/separable"),
        Mistake("the last epoch's mistakes only", "        before = mistakes\n", "        before = mistakes = 0\n",
                caught_by="perceptron_fit/separable"),
        Mistake("goes on after an epoch without mistakes and says nothing", "converged = mistakes == before",
                "converged = False", caught_by="perceptron_fit/separable"),
        Mistake("one epoch too many", "range(max_epochs)", "range(max_epochs + 1)",
                caught_by="perceptron_fit/a single epoch"),
        Mistake("converged unless the time is over", "mistakes, converged = 0, False", "mistakes, converged = 0, True",
                caught_by="perceptron_fit/no epoch"),
        Mistake("stops at the first mistake of an epoch", "                mistakes += 1\n",
                "                mistakes += 1\n                break\n",
                caught_by="perceptron_fit/exclusive or"),
        Mistake("samples in reverse order", "for i in range(x.shape[0])", "for i in reversed(range(x.shape[0]))",
                caught_by="perceptron_fit/separable"),
    ),
    equivalent=(
        Equivalent("neuron", "return xp.where(score >= 0, 1 / (1 + small), small / (1 + small))",
                   "return xp.where(score > 0, 1 / (1 + small), small / (1 + small))", "at 0 both are one half"),
        Equivalent("perceptron_fit", "w, b = (0 * x[0], 0 * y[0])", "w, b = (0 * x[0], 0 / y[0])", "y is 1 or -1"),
    ),
    hints=(
        "A neuron is one product and one sum; the same line serves a sample (d,) and a batch (n, d). When is a sample "
        "a mistake?",
        "Walk through the samples one by one and look at y_i (x_i.w + b) with the w and b of this moment. An epoch "
        "without mistakes ends it; "
        "count mistakes over all epochs. For the sigmoid, find a form whose exp never has a positive argument.",
        "If y_i (x_i.w + b) <= 0: w += y_i x_i, b += y_i, mistakes += 1. Sigmoid: e = exp(-|s|), then 1 / (1 + e) "
        "where s >= 0, else e / (1 + e).",
    ),
)  # fmt: skip
