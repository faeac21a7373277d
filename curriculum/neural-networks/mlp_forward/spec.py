"""The forward pass of a network, and exclusive or by hand: what an answer must do, and what it costs.

Sources: Rumelhart, Hinton, Williams 1986, https://doi.org/10.1038/323533a0; Cybenko 1989,
https://doi.org/10.1007/BF02551274
"""

from itertools import pairwise

import numpy as np

from harness.spec import FLOAT, Array, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64 --------------------------------------------------------------------------------------

ACTIVATIONS = {"relu": lambda z: np.maximum(z, 0.0), "tanh": np.tanh, "identity": lambda z: z}


def mlp_forward(x, params, act="relu"):
    """Oracle: every layer but the last followed by the activation."""
    hidden = []
    *inner, (last_w, last_b) = params
    for w, b in inner:
        x = ACTIVATIONS[act](np.einsum("ni,oi->no", x, w) + b)
        hidden.append(x)
    return np.einsum("ni,oi->no", x, last_w) + last_b, hidden


# --- inputs ---------------------------------------------------------------------------------------------------


def inputs(rng, n=5, widths=(3, 4, 2), width=None, act=None, size=1.0, positive=False):
    """Weights of deviation 1.5 / sqrt(in), so that numbers neither grow nor vanish; biases that no sum hides.

    positive: all of them, so that a layer of one unit has no sum that cancels.
    """
    widths = widths if width is None else (784, width, width, 10)
    params = [
        (1.5 / np.sqrt(max(i, 1)) * rng.standard_normal((o, i)), rng.uniform(0.5, 1.0, o) * rng.choice([-1.0, 1.0], o))
        for i, o in pairwise(widths)
    ]
    x = size * rng.standard_normal((n, widths[0]))
    if positive:
        x, params = np.abs(x), [(np.abs(w), np.abs(b)) for w, b in params]
    return {"x": x, "params": params} | ({} if act is None else {"act": act})


# --- properties -----------------------------------------------------------------------------------------------


def rows_are_on_their_own(answer, x, check):
    """A sample gives the same alone as in a batch."""
    y, hidden = answer(**x)
    for i in range(len(y)):
        alone, hidden_alone = answer(**{**x, "x": x["x"][i : i + 1].copy()})
        check.close(alone, y[i : i + 1], f"row {i} alone")
        check.close(hidden_alone[0], hidden[0][i : i + 1], f"the first hidden layer of row {i} alone")


def linear_layers_are_one_layer(answer, x, check):
    """Without a bend between them, layers are one linear map: the outputs of a sum add up."""
    (first, second) = x["x"], x["x"][::-1].copy()
    total = answer(**{**x, "x": first + second})[0] + answer(**{**x, "x": 0 * first})[0]
    check.close(answer(**x)[0] + answer(**{**x, "x": second})[0], total, "f(u) + f(v) and f(u + v) + f(0)")


def exchanging_hidden_units_changes_nothing(answer, x, check):
    """Hidden units in another order, with all their weights, compute the same function."""
    (w1, b1), (w2, b2) = x["params"]
    swapped = [(w1[::-1].copy(), b1[::-1].copy()), (w2[:, ::-1].copy(), b2)]
    check.close(answer(**{**x, "params": swapped})[0], answer(**x)[0], "y with the hidden units backwards")


# --- exclusive or ---------------------------------------------------------------------------------------------


def xor_inputs(rng, middle=0.0):
    low = middle + rng.uniform(-2.0, 2.0)
    return {"low": low, "high": low + rng.uniform(0.5, 4.0), "like": np.asarray(rng.standard_normal())}


def xor_outputs(**_):
    return (Array(FLOAT, (2, 2)), Array(FLOAT, (2,))), (Array(FLOAT, (1, 2)), Array(FLOAT, (1,)))


def xor_verify(inputs, outputs, check):
    low, high = inputs["low"], inputs["high"]
    corners = np.array([[low, low], [low, high], [high, low], [high, high]])
    y, _ = mlp_forward(corners, [tuple(np.float64(a) for a in layer) for layer in outputs])
    check.close(y[:, 0], np.array([0.0, 1.0, 1.0, 0.0]), "exclusive or of the four corners", slack=8)


# --- the exercise ---------------------------------------------------------------------------------------------


def cost(itemsize, n, width):
    weights = 784 * width + width * width + width * 10
    return Cost(flops=2 * n * weights, bytes_moved=itemsize * (weights + n * (784 + 2 * width + 10)))


CASES = (
    case("two layers"),
    case("one layer", widths=(3, 2), why="the only layer is the last: no activation"),
    case("six layers", widths=(3, 5, 4, 6, 2, 7, 3)),
    case("tanh", act="tanh"),
    case("identity", act="identity"),
    case("square layers", n=5, widths=(4, 4, 4), act="tanh", why="w and its transpose both fit here"),
    case("as many samples as units", n=4, widths=(4, 4, 4), why="a bias on the wrong axis fits too"),
    case("a single row", n=1, widths=(3, 8, 6), mark="robust"),
    case("widths of 1", n=3, widths=(1, 1, 1, 1), act="tanh", positive=True, mark="robust"),
    case("saturated tanh", act="tanh", size=1e3, mark="robust", why="tanh is 1 there, exp(1,000) is infinite"),
    case("no rows", n=0, mark="robust", why="an empty batch has empty layers"),
)  # fmt: skip

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "mlp_forward", inputs, CASES, oracle=mlp_forward,
            properties=(
                holds(rows_are_on_their_own, n=3, widths=(3, 4, 5, 2), act="tanh"),
                holds(linear_layers_are_one_layer, n=2, widths=(3, 4, 5, 2), act="identity"),
                holds(exchanging_hidden_units_changes_nothing, widths=(3, 6, 2)),
            ),
        ),
        Part(
            "xor_params", xor_inputs,
            (
                case("low near 0"),
                case("low far from 0", middle=10.0, mark="robust", why="it is the difference that says true"),
                case("low far below 0", middle=-10.0, mark="robust"),
            ),
            verify=xor_verify, outputs=xor_outputs,
        ),
    ),
    timings=(
        Timing(
            case("64 rows through 784-256-256-10", n=64, width=256), cost, part="mlp_forward", scaling="n",
            yardstick={"numpy": "in_place.py", "torch": "with_torch.py"},
        ),
    ),
    policy=Policy(banned=("base", "@nn"), backends=("numpy", "torch", "cupy")),
    mistakes=(
        Mistake("an activation on the last layer too", "activate(score) if i < len(params) - 1 else score",
                "activate(score)",
                caught_by="mlp_forward/two layers"),
        Mistake("no activation at all", "activate(score) if i < len(params) - 1 else score", "score",
                caught_by="mlp_forward/two layers"),
        Mistake("an activation on the first layer only", "if i < len(params) - 1", "if i == 0 and len(params) > 1",
                caught_by="mlp_forward/six layers"),
        Mistake("the last but one layer has none either", "if i < len(params) - 1", "if i < len(params) - 2",
                caught_by="mlp_forward/two layers"),
        Mistake("w not transposed", "@ w.T + b", "@ w + b", caught_by="mlp_forward/square layers"),
        Mistake("the bias runs down the batch", "@ w.T + b", "@ w.T + b[:, None]",
                caught_by="mlp_forward/as many samples as units"),
        Mistake("no bias", "@ w.T + b", "@ w.T", caught_by="mlp_forward/two layers"),
        Mistake("the bias added after the activation", "score = values[-1] @ w.T + b\n        "
                                                       "values.append(activate(score) if",
                "score = values[-1] @ w.T\n        values.append(activate(score) + b if",
                caught_by="mlp_forward/two layers"),
        Mistake("act is ignored", "ACTIVATIONS[act]", "ACTIVATIONS['relu']", caught_by="mlp_forward/tanh"),
        Mistake("hidden before the activation", "return values[-1], values[1:-1]",
                "return values[-1], [a @ w.T + b for a, (w, b) in zip(values, params[:-1])]",
                caught_by="mlp_forward/two layers"),
        Mistake("hidden holds the input too", "values[1:-1]", "values[:-1]", caught_by="mlp_forward/two layers"),
        Mistake("hidden holds the output too", "values[1:-1]", "values[1:]", caught_by="mlp_forward/two layers"),
        Mistake("hidden in reverse order", "values[1:-1]", "values[-2:0:-1]", caught_by="mlp_forward/six layers"),
        Mistake("every layer from x", "values[-1] @ w.T", "x @ w.T", caught_by="mlp_forward/square layers"),
        Mistake("tanh from exp, which overflows", "array_namespace(z).tanh(z)",
                "(array_namespace(z).exp(2 * z) - 1) / (array_namespace(z).exp(2 * z) + 1)",
                caught_by="mlp_forward/saturated tanh"),
        Mistake("relu as absolute value", "where(z > 0, z, 0)", "abs(z)", caught_by="mlp_forward/two layers"),
        Mistake("leaky relu", "where(z > 0, z, 0)", "where(z > 0, z, 0.01 * z)", caught_by="mlp_forward/two layers"),
        Mistake("inclusive or", "[[1.0, -2.0]]", "[[1.0, -1.0]]", caught_by="xor_params/low near 0"),
        Mistake("true taken for 1, false for 0", "    gap = high - low\n", "    low, gap = 0.0, 1.0\n",
                caught_by="xor_params/low near 0"),
        Mistake("false taken for 0", "    gap = high - low\n", "    low, gap = 0.0, high\n",
                caught_by="xor_params/low far from 0"),
    ),
    equivalent=(
        Equivalent("relu", "return array_namespace(z).where(z > 0, z, 0)",
                   "return array_namespace(z).where(z >= 0, z, 0)",
                   "at 0 both give 0"),
    ),
    hints=(
        "What is the shape of x after each layer? The rows of x stay rows; which product of x and w has (n, out) as "
        "its shape?",
        "Loop over params: x @ w.T + b, then the activation, unless this was the last layer; append what you hand on "
        "to a list. For exclusive or "
        "look for two hidden units that both are sums cut off by relu.",
        "y = relu(x1 - x2) + relu(x2 - x1) is |x1 - x2|: low or high twice gives 0, one of each gives high - low; "
        "divide by that in the "
        "second layer.",
    ),
)  # fmt: skip
