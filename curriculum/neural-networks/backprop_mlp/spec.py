"""Backpropagation through a deep network of ReLU layers and softmax cross-entropy: what an answer must do, its cost.

ReLU's derivative jumps, so inputs are drawn until every score of a hidden layer is at least MARGIN from 0.

Sources: Rumelhart, Hinton, Williams 1986, https://doi.org/10.1038/323533a0; Linnainmaa 1976,
https://doi.org/10.1007/BF01931367
"""

from itertools import pairwise

import numpy as np

from harness.spec import FLOAT, Array, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, case, holds

MARGIN = 1e-3

# --- oracles, in float64 --------------------------------------------------------------------------------------


def scores_of(x, params):
    """The scores of every layer, before ReLU."""
    scores = []
    for w, b in params:
        scores.append(np.einsum("ni,oi->no", x, w) + b)
        x = np.maximum(scores[-1], 0.0)
    return scores


def forward(x, params, y):
    logits = scores_of(x, params)[-1]
    top = logits.max(axis=1)
    total = np.exp(logits - top[:, None]).sum(axis=1)
    return np.asarray(np.mean(np.log(total) + top - logits[np.arange(len(x)), y]))


def backward(x, params, y):
    """Oracle: each sample's gradient on its own, as products of the layers' Jacobians, then the mean."""
    scores = scores_of(x, params)
    grads = [[np.zeros_like(w), np.zeros_like(b)] for w, b in params]
    dx = np.zeros_like(x)
    for n in range(len(x)):
        odds = np.exp(scores[-1][n] - scores[-1][n].max())
        delta = odds / odds.sum() - (np.arange(len(odds)) == y[n])
        for i in reversed(range(len(params))):
            below = x[n] if i == 0 else np.maximum(scores[i - 1][n], 0.0)
            grads[i][0] += np.outer(delta, below) / len(x)
            grads[i][1] += delta / len(x)
            delta = params[i][0].T @ delta
            if i > 0:
                delta = np.where(scores[i - 1][n] > 0, delta, 0.0)
        dx[n] = delta / len(x)
    return [tuple(layer) for layer in grads], dx


def backward_outputs(x, params, y):
    """The shapes of params, and that of x."""
    return tuple((Array(FLOAT, w.shape), Array(FLOAT, b.shape)) for w, b in params), Array(FLOAT, x.shape)


# --- inputs ---------------------------------------------------------------------------------------------------


def inputs(rng, n=5, widths=(3, 6, 5, 4), kind="", width=None):
    """Inputs off the jumps of ReLU; a network 784-width-width-10 of exact numbers where `width` is given."""
    if width is not None:
        return exact_inputs(rng, n, width)
    for _ in range(100):
        drawn = draw(rng, n, widths, kind)
        hidden = scores_of(drawn["x"], drawn["params"])[:-1]
        if all(np.abs(score).min(initial=1.0) > MARGIN for score in hidden):
            break
    return drawn


def draw(rng, n, widths, kind):
    params = [
        (1.5 / np.sqrt(max(i, 1)) * rng.standard_normal((o, i)), rng.uniform(0.3, 0.8, o)) for i, o in pairwise(widths)
    ]
    if kind == "dead units":
        params[0][1][::2] = -50.0
    if kind == "a dead layer":
        params[1][1][:] = -80.0
    if kind == "huge scores":
        params[-1] = (2000.0 * params[-1][0], params[-1][1])
    x, y = rng.standard_normal((n, widths[0])), rng.integers(0, widths[-1], n)
    if kind == "one sign":  # in layers of one unit every sum is a number by itself: none may cancel
        x, params, y = np.abs(x), [(np.abs(w), b) for w, b in params], np.ones_like(y)
        params[-1][0][1] *= -1
    # a first label that the network takes for the least likely one: the loss of a sure network would be all rounding
    y[:1] = np.argmin(scores_of(x[:1], params)[-1])
    return {"x": x, "params": params, "y": y}


def exact_inputs(rng, n, width):
    """Multiples of powers of 1/2 whose sums are exact, with biases that keep every score off 0."""
    widths, unit = (784, width, width, 10), 2.0**-9
    params = []
    for i, o in pairwise(widths):
        w = np.round(64 * np.sqrt(2 / i) * rng.standard_normal((o, i))) / 64
        params.append((w, unit * (2 * rng.integers(-8, 8, o) + 1)))
        unit /= 128
    x = np.round(4 * rng.standard_normal((n, 784))) / 4
    return {"x": x, "params": params, "y": rng.integers(0, 10, n)}


# --- properties -----------------------------------------------------------------------------------------------


def the_gradient_is_what_a_difference_says(answer, x, check):
    """The loss changes along a direction as the gradient says: (L(p + hv) - L(p - hv)) / 2h = sum(grad * v)."""
    grads, dx = answer(**x)
    direction = np.random.default_rng(0)
    vs = [tuple(direction.standard_normal(a.shape) for a in layer) for layer in x["params"]]
    u, h = direction.standard_normal(x["x"].shape), 1e-6
    ahead, behind = (
        forward(
            x["x"] + s * u, [(w + s * v, b + s * c) for (w, b), (v, c) in zip(x["params"], vs, strict=True)], x["y"]
        )
        for s in (h, -h)
    )
    told = np.sum(dx * u) + sum(
        np.sum(g * v) for layer, along in zip(grads, vs, strict=True) for g, v in zip(layer, along, strict=True)
    )
    check.true(abs((ahead - behind) / (2 * h) - told) <= 1e-5 * (1 + abs(told)), "the gradient is not that of the loss")


def all_samples_twice_is_the_same_mean(answer, x, check):
    """Giving each sample twice leaves the gradients of the parameters, and halves each row of dx."""
    grads, dx = answer(**x)
    twice = {**x, "x": np.concatenate([x["x"]] * 2), "y": np.concatenate([x["y"]] * 2)}
    twice_grads, twice_dx = answer(**twice)
    for i, (got, want) in enumerate(zip(twice_grads, grads, strict=True)):
        check.close(got[0], want[0], f"dw of layer {i}, all samples twice")
        check.close(got[1], want[1], f"db of layer {i}, all samples twice")
    check.close(2 * twice_dx[: len(dx)], dx, "dx, all samples twice")


def gradients_of_the_scores_add_up_to_zero(answer, x, check):
    """More on all scores changes no probability, so db of the last layer adds up to 0."""
    db = answer(**x)[0][-1][1]
    check.true(abs(db.sum()) <= 64 * np.finfo(check.dtype).eps, "db of the last layer does not add up to 0")


# --- the exercise ---------------------------------------------------------------------------------------------

CASES = (
    case("three layers"),
    case("one layer", widths=(4, 3), why="softmax regression"),
    case("two layers", widths=(3, 7, 2)),
    case("six layers", widths=(4, 6, 5, 7, 8, 6, 3)),
    case("square layers", n=4, widths=(4, 4, 4, 4), why="w and its transpose both fit here"),
    case("many samples", n=33),
    case("one sample", n=1),
    case("dead units", kind="dead units", mark="robust", why="ReLU passes nothing where it gave 0"),
    case("a dead layer", kind="a dead layer", mark="robust", why="nothing below it gets a gradient"),
    case("huge scores", kind="huge scores", mark="robust", why="exp overflows, and log softmax must not be log of 0"),
    case("two classes, widths of 1", widths=(1, 1, 1, 2), kind="one sign", mark="robust"),
)


def forward_cost(itemsize, n, width):
    weights = 784 * width + width * width + width * 10
    return Cost(flops=2 * n * weights, bytes_moved=itemsize * (weights + n * (784 + 2 * width + 10)))


def backward_cost(itemsize, n, width):
    """Three products for each layer; drive runs forward twice and backward twice, so twice that, and one layer's dx."""
    once = forward_cost(itemsize, n, width)
    return Cost(flops=6 * once.flops, bytes_moved=6 * once.bytes_moved)


EXERCISE = Exercise(
    version=1,
    parts=(
        Part("forward", inputs, CASES, oracle=forward),
        Part(
            "backward", inputs, CASES, oracle=backward, outputs=backward_outputs,
            properties=(
                holds(the_gradient_is_what_a_difference_says, dtypes=("float64",)),
                holds(all_samples_twice_is_the_same_mean, n=3),
                gradients_of_the_scores_add_up_to_zero,
            ),
        ),
    ),
    timings=(
        Timing(
            case("32 rows through 784-128-128-10, twice forward and backward", n=32, width=128), backward_cost,
            part="backward", scaling="n", yardstick={"numpy": "in_place.py", "torch": "with_torch.py"}, fresh="draw",
        ),
    ),
    policy=Policy(
        banned=("base", "@autograd", "@nn"), earns=("torch.autograd", "torch.Tensor.backward"),
        backends=("numpy", "torch", "cupy"),
    ),
    mistakes=(
        Mistake("the loss summed, not averaged", "0)) / len(x)", "0))", caught_by="forward/three layers"),
        Mistake("the loss averaged over classes too", "/ len(x)\n", "/ len(x) / logits.shape[1]\n",
                caught_by="forward/three layers"),
        Mistake("the loss with the wrong sign", "loss = -xp", "loss = xp", caught_by="forward/three layers"),
        Mistake("log of softmax", "logp = shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))",
                "logp = xp.log(xp.exp(shifted) / xp.sum(xp.exp(shifted), axis=1, keepdims=True))",
                caught_by="forward/huge scores"),
        Mistake("softmax without the maximum", "logits - xp.max(logits, axis=1, keepdims=True)", "logits",
                caught_by="forward/huge scores"),
        Mistake("1e-12 in the logarithm", "logp = shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))",
                "logp = xp.log(xp.exp(shifted) / xp.sum(xp.exp(shifted), axis=1, keepdims=True) + 1e-12)",
                caught_by="forward/huge scores"),
        Mistake("1/n is missing in the backward", "(probs - onehot) / probs.shape[0]", "probs - onehot",
                caught_by="backward/three layers"),
        Mistake("1/n twice", "delta.T @ values[i],", "delta.T @ values[i] / probs.shape[0],",
                caught_by="backward/three layers"),
        Mistake("divided by the number of classes", "(probs - onehot) / probs.shape[0]", "(probs - onehot) / "
                                                                                         "probs.shape[1]",
                caught_by="backward/three layers"),
        Mistake("softmax's gradient without the one-hot", "(probs - onehot)", "probs",
                caught_by="backward/three layers"),
        Mistake("the gradient's sign", "(probs - onehot)", "(onehot - probs)", caught_by="backward/three layers"),
        Mistake("ReLU's derivative is forgotten", "xp.where(values[i] > 0, delta, 0)", "delta",
                caught_by="backward/dead units"),
        Mistake("ReLU's mask from the gradient", "values[i] > 0, delta", "delta > 0, delta",
                caught_by="backward/three layers"),
        Mistake("ReLU's derivative one layer too high", "        delta = delta @ params[i][0]\n        if i > 0:\n     "
                                                        "       delta = xp.where(values[i] > 0, delta, 0)",
                "        if 0 < i < len(params) - 1:\n            delta = xp.where(values[i + 1] > 0, delta, 0)\n      "
                "  delta = delta @ params[i][0]",
                caught_by="backward/three layers"),
        Mistake("ReLU's derivative on the input too", "if i > 0:", "if True:", caught_by="backward/three layers"),
        Mistake("delta through w transposed", "delta @ params[i][0]", "delta @ params[i][0].T",
                caught_by="backward/square layers"),
        Mistake("dw transposed", "delta.T @ values[i],", "(delta.T @ values[i]).T,",
                caught_by="backward/square layers"),
        Mistake("db averaged again", "xp.sum(delta, axis=0)", "xp.mean(delta, axis=0)",
                caught_by="backward/three layers"),
        Mistake("db of the first sample only", "xp.sum(delta, axis=0)", "delta[0]", caught_by="backward/three layers"),
        Mistake("grads from the top down", "return grads[::-1], delta", "return grads, delta",
                caught_by="backward/square layers"),
        Mistake("dx of the last layer's weights only", "return grads[::-1], delta",
                "return grads[::-1], (probs - onehot) / probs.shape[0] @ params[0][0][: probs.shape[1]]",
                caught_by="backward/three layers"),
        Mistake("a second backward finds the cache used up", "delta = (probs - onehot) / probs.shape[0]",
                "probs -= onehot\n    delta = probs / probs.shape[0]", caught_by="backward/three layers"),
        Mistake("the cache is a global that the next forward overwrites", file="mistakes/global_cache.py",
                caught_by="backward/three layers"),
    ),
    equivalent=(
        Equivalent("forward", "values.append(xp.where(score > 0, score, 0))", "values.append(xp.where(score >= 0, score, 0))", "at 0 both give 0"),
    ),
    hints=(
        "What is the derivative of -log softmax(s)[label] with respect to s? Write it for three classes before you "
        "write code.",
        "Keep what each layer got as its input. Going down, delta (n, out) belongs to a layer's scores: dw = delta' "
        "input, db = sum of delta over the "
        "rows, and what the layer below gets is delta w, masked where that layer's ReLU gave 0.",
        "delta = (p - onehot) / n; for i from the last: dw = delta.T @ a[i], db = delta.sum(0), delta = (delta @ w[i]) "
        "* (a[i] > 0), without "
        "the mask for i = 0, where delta is dx.",
    ),
)  # fmt: skip
