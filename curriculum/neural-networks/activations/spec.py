"""Activation functions and their derivatives: what an answer must do, and what it costs.

Sources: Hendrycks, Gimpel 2016, https://arxiv.org/abs/1606.08415; Elfwing, Uchibe, Doya 2018,
https://arxiv.org/abs/1702.03118; Nair, Hinton 2010, https://dl.acm.org/doi/10.5555/3104322.3104425
"""

import math

import numpy as np

from harness.spec import Convention, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64 --------------------------------------------------------------------------------------


def relu(x):
    return (x + np.abs(x)) / 2


def relu_backward(dy, x):
    return np.where(x > 0, dy, 0.0)


def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, slope * x)


def leaky_relu_backward(dy, x, slope=0.01):
    return np.where(x > 0, dy, slope * dy)


def sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2


def sigmoid_backward(dy, x):
    small = np.exp(-np.abs(x))
    return dy * small / (1 + small) ** 2


def tanh(x):
    return np.asarray(np.tanh(x))


def tanh_backward(dy, x):
    return 4 * sigmoid_backward(dy, 2 * x)


def normal_cdf(x):
    """Phi, from erfc: 1 + erf cancels where x is far below 0."""
    return 0.5 * np.asarray(np.frompyfunc(math.erfc, 1, 1)(-x / math.sqrt(2)), np.float64)


def gelu(x, form="exact"):
    if form == "tanh":
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * normal_cdf(x)


def gelu_backward(dy, x, form="exact"):
    if form == "tanh":
        bent = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
        inner = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)
        return dy * (0.5 * (1 + bent) + 0.5 * x * (1 - bent**2) * inner)
    return dy * (normal_cdf(x) + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))


def silu(x):
    return x * sigmoid(x)


def silu_backward(dy, x):
    return dy * (sigmoid(x) + x * sigmoid_backward(1.0, x))


def dead_fraction(pre):
    return sum(not np.any(unit > 0) for unit in pre.T) / pre.shape[1]


OTHER_GELU = Convention(
    "the other form of GELU",
    lambda form="exact", **inputs: (gelu_backward if "dy" in inputs else gelu)(
        form="tanh" if form == "exact" else "exact", **inputs
    ),
)


# --- inputs ---------------------------------------------------------------------------------------------------


def inputs(rng, b=None, m=4, n=7, low=0.1, high=4.0, kind="", slope=None, form=None):
    """Both signs, no closer to 0 than `low`, so that no number sits on a kink. `kind` says what is special."""
    shape = [size for size in (b, m, n) if size is not None]
    x = np.asarray(rng.uniform(low, high, shape) * rng.choice([-1.0, 1.0], shape))
    if kind == "positive":  # alone there is no larger neighbour that hides what 1 + erf and 1 - tanh^2 cancel far out
        x = np.abs(x)
    if kind == "zeros":
        x = np.where(rng.random(shape) < 0.4, 0.0, x)
        x[..., 0] = 0.0
    options = {"slope": slope, "form": form}
    return {"x": x} | {name: value for name, value in options.items() if value is not None}


def backward_inputs(rng, **params):
    drawn = inputs(rng, **params)
    x = drawn["x"]
    return {"dy": np.asarray(rng.uniform(0.5, 2.0, x.shape) * rng.choice([-1.0, 1.0], x.shape))} | drawn


def dead_inputs(rng, n=6, h=41, kind=""):
    """Units with a mean of their own: some positive on all samples, some on a few, some on none; never half of them dead."""
    pre = rng.standard_normal((n, h)) + rng.uniform(-4.0, 2.0, h)
    if kind == "border":
        pre = np.minimum(pre, 0.0) * (rng.random((n, h)) < 0.5)
        pre[0, rng.random(h) < 0.5] = 1e-30
    return {"pre": pre}


ORDINARY = (
    case("matrix"),
    case("vector", m=None, n=9),
    case("three axes", b=2, m=3, n=5),
    case("a number", m=None, n=None, high=1.5, kind="positive", mark="robust", why="shape () is a shape too"),
    case("empty", m=0, mark="robust"),
)
EDGES = (
    case(
        "numbers near 10,000", low=5e3, high=1e4, mark="robust", why="exp overflows float32 past 88, float64 past 709"
    ),
    case("tiny numbers", low=1e-7, high=1e-6, mark="robust", why="what is small is judged by its own size"),
    case("zeros among others", kind="zeros", mark="robust"),
    case("half precision", high=3.0, dtypes=("float16",), mark="robust", why="float16 in, float16 out"),
)
SLOPES = (case("slope 0.3", slope=0.3), case("slope 2", slope=2.0, why="max(x, slope x) is right below 1 only"),
          case("a negative slope", slope=-0.5))  # fmt: skip
FORMS = (case("exact by name", form="exact"), case("tanh form", form="tanh"),
         case("tanh form near 10,000", form="tanh", low=5e3, high=1e4, mark="robust"))  # fmt: skip


# --- properties -----------------------------------------------------------------------------------------------


def sigmoid_is_symmetric(answer, x, check):
    """sigmoid(-x) is 1 - sigmoid(x)."""
    check.close(answer(x=-x["x"]), 1 - answer(**x), "sigmoid(-x)")


def sigmoid_ends_at_exactly_0_and_1(answer, x, check):
    """Far out, sigmoid is exactly 0 on the left and exactly 1 on the right."""
    check.equal(answer(**x), (x["x"] > 0).astype(check.dtype), "far from 0 it is not exactly 0 or 1")


def tanh_is_odd(answer, x, check):
    """tanh(-x) is -tanh(x)."""
    check.close(answer(x=-x["x"]), -answer(**x), "tanh(-x)")


def function_less_its_mirror_image_is_x(answer, x, check):
    """The gates of x and of -x add up to 1, so that f(x) - f(-x) = x."""
    check.close(answer(**x) - answer(**{**x, "x": -x["x"]}), x["x"], "f(x) - f(-x)")


def two_forms_of_gelu_differ_by_at_most_one_in_2000(answer, x, check):
    """Between -4 and 4 the largest gap between the exact and the tanh form is 0.00047."""
    grid = np.linspace(-4, 4, 801).astype(check.dtype)
    gap = np.abs(answer(x=grid, form="exact") - answer(x=grid, form="tanh")).max()
    check.true(4.6e-4 < gap < 4.8e-4, f"the largest gap is {gap:.1e}")


def backward_is_linear_in_dy(answer, x, check):
    """Doubling dy doubles dx."""
    check.close(answer(**{**x, "dy": 2 * x["dy"]}), 2 * answer(**x), "dx for 2 dy")


# --- the exercise ---------------------------------------------------------------------------------------------


def forward_cost(itemsize, m, n, **_):
    return Cost(flops=20 * m * n, bytes_moved=2 * itemsize * m * n)


def backward_cost(itemsize, m, n, **_):
    return Cost(flops=25 * m * n, bytes_moved=3 * itemsize * m * n)


def both(forward, backward, cases=(), properties=(), conventions=()):
    """The parts of one function: itself and its backward."""
    name = forward.__name__
    return (
        Part(name, inputs, (*ORDINARY, *cases, *EDGES), forward, properties=properties, conventions=conventions),
        Part(
            f"{name}_backward", backward_inputs, (*ORDINARY, *cases, *EDGES), backward, gradient_of=name, wrt=("x",),
            properties=(backward_is_linear_in_dy,), conventions=conventions,
        ),
    )  # fmt: skip


FASTEST = {
    "numpy": "vectorized.py",
    "torch": "with_torch.py",
    "cupy": "with_array_api.py",
    "triton": "triton_kernel.py",
}
MEDIUM = case("256 rows of 1024", m=256, n=1024)

EXERCISE = Exercise(
    version=1,
    parts=(
        *both(relu, relu_backward),
        *both(leaky_relu, leaky_relu_backward, SLOPES),
        *both(sigmoid, sigmoid_backward, properties=(
            sigmoid_is_symmetric, holds(sigmoid_ends_at_exactly_0_and_1, low=5e3, high=1e4))),
        *both(tanh, tanh_backward, properties=(tanh_is_odd,)),
        *both(gelu, gelu_backward, FORMS, conventions=(OTHER_GELU,), properties=(
            function_less_its_mirror_image_is_x, two_forms_of_gelu_differ_by_at_most_one_in_2000)),
        *both(silu, silu_backward, properties=(function_less_its_mirror_image_is_x,)),
        Part(
            "dead_fraction", dead_inputs,
            (
                case("41 units"),
                case("one sample", n=1),
                case("many samples", n=50),
                case("zeros and nearly zeros", kind="border", mark="robust", why="0 is not above 0, 1e-30 is"),
            ),
            oracle=dead_fraction,
        ),
    ),
    timings=(
        Timing(MEDIUM, forward_cost, part="gelu", scaling="m", yardstick=FASTEST,
               library={"torch": "torch.nn.functional.gelu(x)"}),
        Timing(MEDIUM, backward_cost, part="gelu_backward", yardstick=FASTEST),
        Timing(MEDIUM, forward_cost, part="sigmoid", yardstick=FASTEST,
               library={"numpy": "scipy.special.expit(x)", "torch": "torch.sigmoid(x)"}),
    ),
    policy=Policy(
        banned=(
            "base", "@nn", "@autograd", "np.tanh", "torch.relu", "torch.relu_", "torch.sigmoid", "torch.sigmoid_",
            "torch.tanh",
            "torch.tanh_", "torch.Tensor.relu", "torch.Tensor.relu_", "torch.Tensor.sigmoid", "torch.Tensor.sigmoid_",
            "torch.Tensor.tanh", "torch.Tensor.tanh_", "torch.special.expit", "torch.selu", "torch.celu", "torch.prelu",
            "triton.language.sigmoid", "triton.language.extra.libdevice.tanh",
        ),
        earns=(
            "np.tanh", "scipy.special.expit", "torch.relu", "torch.sigmoid", "torch.tanh", "torch.Tensor.relu",
            "torch.Tensor.sigmoid",
            "torch.Tensor.tanh", "torch.nn.functional.relu", "torch.nn.functional.leaky_relu",
            "torch.nn.functional.gelu",
            "torch.nn.functional.silu", "torch.nn.ReLU", "torch.nn.GELU", "torch.nn.SiLU",
        ),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("relu as absolute value", "return np.where(x > 0, x, x.dtype.type(0))", "return np.abs(x)",
                caught_by="relu/matrix"),
        Mistake("the derivative at 0 is 1", "return np.where(x > 0, dy, x.dtype.type(0))",
                "return np.where(x >= 0, dy, x.dtype.type(0))", caught_by="relu_backward/zeros among others"),
        Mistake("the mask of dy instead of x", "return np.where(x > 0, dy, x.dtype.type(0))",
                "return np.where(dy > 0, dy, x.dtype.type(0))", caught_by="relu_backward/matrix"),
        Mistake("the larger of x and slope x", "np.where(x > 0, x, x.dtype.type(slope) * x)",
                "np.maximum(x, x.dtype.type(slope) * x)", caught_by="leaky_relu/slope 2"),
        Mistake("slope fixed at 0.01", "np.where(x > 0, x, x.dtype.type(slope) * x)", "np.where(x > 0, x, "
                                                                                      "x.dtype.type(0.01) * x)",
                caught_by="leaky_relu/slope 0.3"),
        Mistake("float64 comes out", "np.where(x > 0, x, x.dtype.type(slope) * x)", "np.where(x > 0, x, "
                                                                                    "np.float64(slope) * x)",
                caught_by="leaky_relu/matrix"),
        Mistake("no slope in the backward", "np.where(x > 0, dy, x.dtype.type(slope) * dy)",
                "np.where(x > 0, dy, x.dtype.type(0))", caught_by="leaky_relu_backward/matrix"),
        Mistake("slope instead of slope * dy", "x.dtype.type(slope) * dy", "x.dtype.type(slope)",
                caught_by="leaky_relu_backward/matrix"),
        Mistake("sigmoid overflows to nan", "np.where(x >= 0, 1 / (1 + small), small / (1 + small))",
                "np.exp(x) / (1 + np.exp(x))", caught_by="sigmoid/numbers near 10,000"),
        Mistake("sigmoid with clipped x", "np.exp(-np.abs(x))", "np.exp(-np.minimum(np.abs(x), 10))",
                caught_by="sigmoid ends at exactly 0 and 1"),
        Mistake("sigmoid of -x", "np.where(x >= 0, 1", "np.where(x < 0, 1", caught_by="sigmoid/matrix"),
        Mistake("the backward takes its input for the output", "y = sigmoid(x)", "y = x",
                caught_by="sigmoid_backward/matrix"),
        Mistake("half of the product rule", "dy * y * (1 - y)", "dy * y", caught_by="sigmoid_backward/matrix"),
        Mistake("tanh as 2 sigmoid(2x) - 1", "return np.sign(x) * -less / (2 + less)", "return 2 * sigmoid(2 * x) - 1",
                caught_by="tanh/tiny numbers"),
        Mistake("tanh by its definition", "return np.sign(x) * -less / (2 + less)",
                "return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))", caught_by="tanh/numbers near 10,000"),
        Mistake("the square is forgotten", "1 - tanh(x) ** 2", "1 - tanh(x)", caught_by="tanh_backward/matrix"),
        Mistake("tanh's backward takes its input for the output", "1 - tanh(x) ** 2", "1 - x**2",
                caught_by="tanh_backward/matrix"),
        Mistake("the tanh form for the exact one", "return 0.5 * (1 + erf(x / ROOT_2))",
                "return 0.5 * (1 + tanh(ROOT_2_OVER_PI * (x + CUBIC * x**3)))", caught_by="gelu/matrix"),
        Mistake("sigmoid(1.702 x) for Phi", "return 0.5 * (1 + erf(x / ROOT_2))", "return sigmoid(1.702 * x)",
                caught_by="gelu/matrix"),
        Mistake("erf of x, not of x / sqrt(2)", "erf(x / ROOT_2)", "erf(x)", caught_by="gelu/matrix"),
        Mistake("the cubic term is forgotten", "return 0.5 * (1 + tanh(ROOT_2_OVER_PI * (x + CUBIC * x**3)))",
                "return 0.5 * (1 + tanh(ROOT_2_OVER_PI * x))", caught_by="gelu/tanh form"),
        Mistake("0.044715 outside of the root's factor", "return 0.5 * (1 + tanh(ROOT_2_OVER_PI * (x + CUBIC * x**3)))",
                "return 0.5 * (1 + tanh(ROOT_2_OVER_PI * x + CUBIC * x**3))", caught_by="gelu/tanh form"),
        Mistake("only Phi in gelu's derivative", "gate(x, form) + x * slope", "gate(x, form)",
                caught_by="gelu_backward/matrix"),
        Mistake("the density without its constant", " / ROOT_2_PI\n", "\n", caught_by="gelu_backward/matrix"),
        Mistake("the exact derivative for the tanh form", '    if form == "tanh":\n        bent', '    if form == '
                                                                                                  '"":\n        bent',
                caught_by="gelu_backward/tanh form"),
        Mistake("1 for 3 in the derivative of the cube", "3 * CUBIC", "CUBIC", caught_by="gelu_backward/tanh form"),
        Mistake("silu without x", "return x * sigmoid(x)", "return sigmoid(x)", caught_by="silu/matrix"),
        Mistake("silu's derivative without the second term", "dy * s * (1 + x * (1 - s))", "dy * s",
                caught_by="silu_backward/matrix"),
        Mistake("silu's derivative of silu", "(1 + x * (1 - s))", "(1 + s * (1 - s))",
                caught_by="silu_backward/matrix"),
        Mistake("the share of zeros, not of dead units", "(pre <= 0).all(axis=0).mean()", "(pre <= 0).mean()",
                caught_by="dead_fraction/41 units"),
        Mistake("samples without a live unit", "(pre <= 0).all(axis=0)", "(pre <= 0).all(axis=1)",
                caught_by="dead_fraction/41 units"),
        Mistake("a unit at 0 counts as alive", "pre <= 0", "pre < 0", caught_by="dead_fraction/zeros and nearly zeros"),
        Mistake("dead on any sample", ".all(axis=0)", ".any(axis=0)", caught_by="dead_fraction/many samples"),
        Mistake("the share of the living", "(pre <= 0).all(axis=0).mean()", "(pre > 0).any(axis=0).mean()",
                caught_by="dead_fraction/41 units"),
    ),
    equivalent=(
        Equivalent("relu", "return np.where(x > 0, x, x.dtype.type(0))", "return np.where(x >= 0, x, x.dtype.type(0))",
                   "at 0 both give 0"),
        Equivalent("leaky_relu", "return np.where(x > 0, x, x.dtype.type(slope) * x)",
                   "return np.where(x >= 0, x, x.dtype.type(slope) * x)", "at 0 both give 0"),
        Equivalent("sigmoid", "return np.where(x >= 0, 1 / (1 + small), small / (1 + small))",
                   "return np.where(x > 0, 1 / (1 + small), small / (1 + small))", "at 0 both are one half"),
    ),
    hints=(
        "Every backward is dy times the derivative at x. Which exp in these functions can have a large positive "
        "argument, and how can you avoid it?",
        "Use e = exp(-|x|), which is at most 1, and treat the signs apart. For tanh near 0, exp(-2|x|) - 1 must come "
        "from expm1. "
        "gelu and silu are x times a gate: their derivative is gate + x * gate'.",
        "sigmoid: 1/(1+e) or e/(1+e). tanh: sign(x) * -m / (2 + m) with m = expm1(-2|x|). Derivatives: s(1-s), 1 - "
        "t^2, "
        "Phi + x exp(-x^2/2)/sqrt(2 pi), s(1 + x(1-s)). Dead: (pre <= 0).all(axis=0).mean().",
    ),
)  # fmt: skip
