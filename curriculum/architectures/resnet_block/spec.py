"""The basic residual block, forward, in evaluation, and backward: what an answer must do, and what it costs.

Sources: He, Zhang, Ren, Sun 2015, https://arxiv.org/abs/1512.03385; Ioffe, Szegedy 2015,
https://arxiv.org/abs/1502.03167; running statistics as torch keeps them.

Sizes: n pictures of cin channels, height by width, to cout channels. A projection is there where `projection` says so.
The backward is two parts, without and with a projection, since each has its own list of gradients.
"""

import numpy as np

from harness.spec import Cost, Equivalent, Exercise, Limits, Mistake, Part, Policy, Timing, case, holds

EPS = 1e-5
AXES = (0, 2, 3)

# --- oracles, in float64 ---------------------------------------------------------------------------------------------


def windows(x, k, stride):
    """Windows of the pictures padded so that stride 1 keeps their size: (n, c, ho, wo, k, k), a view."""
    p = k // 2
    padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    return np.lib.stride_tricks.sliding_window_view(padded, (k, k), axis=(2, 3))[:, :, ::stride, ::stride]


def conv(x, w, stride):
    return np.einsum("ncijuv,ocuv->noij", windows(x, w.shape[2], stride), w, optimize=True)


def conv_backward(dy, x, w, stride):
    """(dx, dw): dx as the stride-1 convolution of dy, spread out with zeros, with the kernel turned round."""
    dw = np.einsum("noij,ncijuv->ocuv", dy, windows(x, w.shape[2], stride), optimize=True)
    spread = np.zeros((*dy.shape[:2], *x.shape[2:]))
    spread[:, :, ::stride, ::stride] = dy
    return conv(spread, w[:, :, ::-1, ::-1].swapaxes(0, 1), 1), dw


def normalized(a):
    """Each channel over its batch, and what it was divided by."""
    std = np.sqrt(a.var(axis=AXES, keepdims=True) + EPS)
    return (a - a.mean(axis=AXES, keepdims=True)) / std, std


def scaled(xhat, gamma, beta):
    return gamma[:, None, None] * xhat + beta[:, None, None]


def norm_backward(dy, a, gamma):
    """(da, dgamma, dbeta)."""
    xhat, std = normalized(a)
    g = dy * gamma[:, None, None]
    along = xhat * (g * xhat).mean(axis=AXES, keepdims=True)
    return (g - g.mean(axis=AXES, keepdims=True) - along) / std, (dy * xhat).sum(axis=AXES), dy.sum(axis=AXES)


def before_the_relus(x, w1, gamma1, beta1, w2, gamma2, beta2, ws=None, gammas=None, betas=None, stride=1):
    """What enters the two relus in training, which all of the rest follows from."""
    inner = scaled(normalized(conv(x, w1, stride))[0], gamma1, beta1)
    branch = scaled(normalized(conv(np.maximum(inner, 0), w2, 1))[0], gamma2, beta2)
    shortcut = x if ws is None else scaled(normalized(conv(x, ws, stride))[0], gammas, betas)
    return inner, branch + shortcut


def BasicBlock(x, w1, gamma1, beta1, w2, gamma2, beta2, ws=None, gammas=None, betas=None, stride=1):  # noqa: N802
    return np.maximum(before_the_relus(x, w1, gamma1, beta1, w2, gamma2, beta2, ws, gammas, betas, stride)[1], 0)


def backward(dy, x, w1, gamma1, beta1, w2, gamma2, beta2, ws=None, gammas=None, betas=None, stride=1):
    inner, outer = before_the_relus(x, w1, gamma1, beta1, w2, gamma2, beta2, ws, gammas, betas, stride)
    douter = dy * (outer > 0)
    hidden, a1 = np.maximum(inner, 0), conv(x, w1, stride)
    da2, dgamma2, dbeta2 = norm_backward(douter, conv(hidden, w2, 1), gamma2)
    dhidden, dw2 = conv_backward(da2, hidden, w2, 1)
    da1, dgamma1, dbeta1 = norm_backward(dhidden * (inner > 0), a1, gamma1)
    dx, dw1 = conv_backward(da1, x, w1, stride)
    branch = (dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2)
    if ws is None:
        return (dx + douter, *branch)
    das, dgammas, dbetas = norm_backward(douter, conv(x, ws, stride), gammas)
    dshortcut, dws = conv_backward(das, x, ws, stride)
    return (dx + dshortcut, *branch, dws, dgammas, dbetas)


def evaluation(x, seen, w1, gamma1, beta1, w2, gamma2, beta2, ws=None, gammas=None, betas=None, stride=1):
    """Running statistics of all norms over the batches in `seen`, then x normalized with them."""
    block = {"gamma1": gamma1, "beta1": beta1, "gamma2": gamma2, "beta2": beta2, "gammas": gammas, "betas": betas}
    running = {name: [0.0, 1.0] for name in "12s"}

    def norm(a, name, train):
        if train:
            now = a.mean(axis=AXES, keepdims=True), a.var(axis=AXES, keepdims=True, ddof=1)
            running[name] = [0.9 * old + 0.1 * new for old, new in zip(running[name], now, strict=True)]
            return scaled(normalized(a)[0], block["gamma" + name], block["beta" + name])
        xhat = (a - running[name][0]) / np.sqrt(running[name][1] + EPS)
        return scaled(xhat, block["gamma" + name], block["beta" + name])

    for batch, train in [*((batch, True) for batch in seen), (x, False)]:
        hidden = np.maximum(norm(conv(batch, w1, stride), "1", train), 0)
        shortcut = batch if ws is None else norm(conv(batch, ws, stride), "s", train)
        y = np.maximum(norm(conv(hidden, w2, 1), "2", train) + shortcut, 0)
    return y


# --- inputs ----------------------------------------------------------------------------------------------------------


def weights_of(rng, cin, cout, projection, scale):
    """gamma and beta stay away from 0 and 1, so that leaving one out shows."""
    p = {"w1": rng.standard_normal((cout, cin, 3, 3)) / (3 * cin**0.5)}
    p |= {"gamma1": rng.uniform(0.5, 1.5, cout), "beta1": rng.uniform(0.2, 0.6, cout)}
    p |= {"w2": rng.standard_normal((cout, cout, 3, 3)) / (3 * cout**0.5)}
    p |= {"gamma2": rng.uniform(1.2, 2.0, cout), "beta2": rng.uniform(-0.6, -0.2, cout)}
    if projection:
        p |= {"ws": rng.standard_normal((cout, cin, 1, 1)) / cin**0.5}
        p |= {"gammas": rng.uniform(1.2, 2.0, cout), "betas": rng.uniform(0.2, 0.6, cout)}
    return p | {name: scale * p[name] for name in ("w1", "w2", "ws") if name in p}


def inputs(
    rng, n=2, cin=4, cout=None, height=5, width=6, stride=None, projection=False, scale=1.0, offset=0.0, margin=0.0
):
    """Drawn again until nothing that enters a relu is within `margin` of 0, where rounding would decide a gradient."""
    given = {} if stride is None else {"stride": stride[0]}
    while True:
        p = weights_of(rng, cin, cin if cout is None else cout, projection, scale)
        x = {"x": offset + rng.standard_normal((n, cin, height, width)), **p, **given}
        if margin == 0.0 or min(np.abs(a).min() for a in before_the_relus(**x)) > margin:
            return x


def backward_inputs(rng, **sizes):
    x = inputs(rng, margin=1e-4, **sizes)
    return {"dy": 1 + 0.5 * rng.standard_normal(BasicBlock(**x).shape), **x}


def evaluation_inputs(rng, batches=2, **sizes):
    x = inputs(rng, **sizes)
    seen = [1.0 + 2.0 * rng.standard_normal(x["x"].shape) for _ in range(batches)]
    return {"x": x["x"], "seen": seen} | x


DOWN = {"cout": 6, "stride": (2,), "projection": True}
# At least four channels: a gradient of gamma or beta is a sum of terms of both signs,
# and where the only one of them cancels to nearly nothing, nobody can be graded on what rounding leaves.
IDENTITY = (
    case("identity", why="as many channels, stride 1: the shortcut is x itself"),
    case("one picture", n=1, height=6, width=7),
    case("more pictures than pixels", n=9, height=2, width=2),
)
PROJECTION = (
    case(
        "half the size, more channels",
        **DOWN,
        why="as at the start of a stage: 1 x 1 with stride 2, and a norm of its own",
    ),
    case("odd size, stride 2", height=7, width=5, **DOWN),
    case("more channels, stride 1", cout=5, projection=True),
    case("fewer channels, stride 1", cin=5, cout=4, projection=True),
    case("stride 3", n=4, cout=5, height=8, width=9, stride=(3,), projection=True),
)
LARGE = case("a mean far from 0", offset=100.0, mark="robust", why="the shortcut is large, the branch is normalized")
FAINT = case("faint kernels", scale=1e-3, mark="robust", why="eps is added to the variance, under the root")
FAINT_DOWN = case(
    "faint kernels", scale=1e-3, **DOWN, mark="robust", why="eps is added to the variance, under the root"
)


# --- properties ------------------------------------------------------------------------------------------------------


def a_silent_branch_leaves_the_relu_of_x(answer, x, check):
    """With gamma2 and beta2 of 0 and no projection, a block is relu(x)."""
    silent = {"gamma2": np.zeros_like(x["gamma2"]), "beta2": np.zeros_like(x["beta2"])}
    check.equal(answer(**{**x, **silent}), np.maximum(x["x"], 0), "y against relu(x)")


def the_scale_of_kernels_does_not_matter(answer, x, check):
    """Where eps does not count, larger kernels change nothing: a norm follows each of them."""
    far, further = ({**x, **{name: 2.0**power * x[name] for name in ("w1", "w2", "ws")}} for power in (20, 23))
    check.close(answer(**further), answer(**far), "eight times as large kernels", slack=4)


def a_silent_branch_passes_the_gradient_of_x(answer, x, check):
    """With gamma2 and beta2 of 0 and no projection, dx is dy where x > 0: the shortcut alone carries it."""
    silent = {"gamma2": np.zeros_like(x["gamma2"]), "beta2": np.zeros_like(x["beta2"])}
    got = answer(**{**x, **silent})
    check.close(got[0], x["dy"] * (x["x"] > 0), "dx against dy where x > 0")
    check.close(got[1], np.zeros_like(x["w1"]), "dw1 of a silent branch")


def pictures_are_evaluated_one_by_one(answer, x, check):
    """In evaluation a picture comes out the same alone as among others."""
    together = answer(**x)
    check.close(answer(**{**x, "x": x["x"][1:]}), together[1:], "without the first picture")


# --- speed -----------------------------------------------------------------------------------------------------------


def cost(itemsize, n, cin, height, width, **_):
    """Two 3 x 3 convolutions; x is read and y written, and between them two intermediate pictures are written and
    read."""
    pixels = n * height * width
    return Cost(2 * 2 * pixels * 9 * cin * cin, itemsize * (6 * pixels * cin + 18 * cin * cin))


STAGE = case("8 pictures of 64 x 16 x 16", n=8, cin=64, height=16, width=16)
WRT = ("x", "w1", "gamma1", "beta1", "w2", "gamma2", "beta2")
FASTEST = {"numpy": "im2col.py", "torch": "with_torch.py", "cupy": "reference.py"}

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "BasicBlock", inputs, (*IDENTITY, *PROJECTION, LARGE, FAINT), BasicBlock,
            properties=(
                a_silent_branch_leaves_the_relu_of_x,
                holds(the_scale_of_kernels_does_not_matter, **DOWN),
            ),
        ),
        Part(
            "evaluation", evaluation_inputs,
            (
                case("a fresh block", batches=0, why="mean 0 and variance 1, not those of x"),
                case("after one batch", batches=1),
                case("after three batches", batches=3),
                case("after a batch, with a projection", batches=1, **DOWN),
                case("after a batch of few numbers", batches=1, n=1, height=2, width=2, mark="robust", why="m / (m - 1) is 4/3 here"),
            ),
            evaluation,
            properties=(holds(pictures_are_evaluated_one_by_one, n=3, **DOWN),),
        ),
        Part(
            "backward", backward_inputs, (*IDENTITY, FAINT), backward, gradient_of="BasicBlock", wrt=WRT,
            properties=(a_silent_branch_passes_the_gradient_of_x,),
        ),
        Part(
            "projected", backward_inputs, (*PROJECTION, FAINT_DOWN), backward, gradient_of="BasicBlock",
            wrt=(*WRT, "ws", "gammas", "betas"),
        ),
    ),
    timings=(Timing(STAGE, cost, part="BasicBlock", scaling="height", yardstick=FASTEST),),
    policy=Policy(banned=("base", "torchvision", "@autograd"), uses=("conv2d", "batch_norm"), backends=("numpy", "torch", "cupy")),
    limits=Limits(call_s=10.0),
    mistakes=(
        Mistake("relu before the addition", "        total = branch + shortcut", "        total = xp.where(branch > 0, branch, xp.zeros_like(branch)) + shortcut", "BasicBlock/identity"),
        Mistake("no relu after the addition", "self.y = xp.where(total > 0, total, xp.zeros_like(total))", "self.y = total", "BasicBlock/identity"),
        Mistake("no relu between the convolutions", "self.hidden = xp.where(a > 0, a, xp.zeros_like(a))", "self.hidden = a", "BasicBlock/identity"),
        Mistake("no shortcut", "        total = branch + shortcut", "        total = branch", "BasicBlock/identity"),
        Mistake("stride on the second convolution", 'a = self.norm1.forward(conv(x, p["w1"], self.stride, 1), train)\n        self.hidden = xp.where(a > 0, a, xp.zeros_like(a))\n        branch = self.norm2.forward(conv(self.hidden, p["w2"], 1, 1), train)', 'a = self.norm1.forward(conv(x, p["w1"], 1, 1), train)\n        self.hidden = xp.where(a > 0, a, xp.zeros_like(a))\n        branch = self.norm2.forward(conv(self.hidden, p["w2"], self.stride, 1), train)', "BasicBlock/half the size, more channels"),
        Mistake("the projection has no norm", 'self.norms.forward(conv(x, p["ws"], self.stride, 0), train)', 'conv(x, p["ws"], self.stride, 0)', "BasicBlock/more channels, stride 1"),
        Mistake("the projection shares norm2", 'shortcut = x if self.norms is None else self.norms.forward(', 'shortcut = x if self.norms is None else self.norm2.forward(', "BasicBlock/more channels, stride 1"),
        Mistake("the shortcut takes every other pixel, without its projection's weights", 'conv(x, p["ws"], self.stride, 0), train)', 'conv(x, xp.ones_like(p["ws"]), self.stride, 0), train)', "BasicBlock/half the size, more channels"),
        Mistake("norm1 is left out", "a = self.norm1.forward(conv(x, p[\"w1\"], self.stride, 1), train)", "a = conv(x, p[\"w1\"], self.stride, 1)", "BasicBlock/identity"),
        Mistake("unbiased variance in training", "var = _mean((x - mean) ** 2)", "var = _mean((x - mean) ** 2) * (m / (m - 1))", "BasicBlock/identity"),
        Mistake("eps outside the root", "self.std = xp.sqrt(var + EPS)", "self.std = xp.sqrt(var) + EPS", "BasicBlock/faint kernels"),
        Mistake("statistics of each picture alone", "return array_namespace(x).mean(x, axis=(0, 2, 3), keepdims=True)", "return array_namespace(x).mean(x, axis=(2, 3), keepdims=True)", "BasicBlock/identity"),
        Mistake("evaluates with the batch's statistics", "        if train:", "        if True:", "evaluation/a fresh block"),
        Mistake("evaluation moves the running mean", "        if train:", "        self.mean = self.mean if train else (1 - MOMENTUM) * self.mean + MOMENTUM * _mean(x)\n        if train:", "evaluation/after one batch"),
        Mistake("running variance biased", "MOMENTUM * var * (m / (m - 1))", "MOMENTUM * var", "evaluation/after a batch of few numbers"),
        Mistake("momentum the other way round", "EPS, MOMENTUM = 1e-5, 0.1", "EPS, MOMENTUM = 1e-5, 0.9", "evaluation/after one batch"),
        Mistake("running statistics of the last batch only", "self.mean = (1 - MOMENTUM) * self.mean + MOMENTUM * mean", "self.mean = MOMENTUM * mean", "evaluation/after three batches"),
        Mistake("the gradient of the shortcut is forgotten", "return dx + dtotal, grads", "return dx, grads", "backward/identity"),
        Mistake("the shortcut's gradient skips the last relu", "return dx + dtotal, grads", "return dx + dy, grads", "backward/identity"),
        Mistake("the derivative of the last relu is forgotten", "dtotal = dy * (self.y > 0)", "dtotal = dy", "backward/identity"),
        Mistake("the derivative of the inner relu is forgotten", "self.norm1.backward(dhidden * (self.hidden > 0))", "self.norm1.backward(dhidden)", "backward/identity"),
        Mistake("mean and variance taken for constants", "dx = (g - _mean(g) - self.xhat * _mean(g * self.xhat)) / self.std", "dx = g / self.std", "backward/identity"),
        Mistake("the variance taken for a constant", " - self.xhat * _mean(g * self.xhat)) / self.std", ") / self.std", "backward/identity"),
        Mistake("gamma left out of dx", "g = dy * self.gamma", "g = dy", "backward/identity"),
        Mistake("dw2 from x, not from the hidden pictures", 'conv_backward(d, self.hidden, p["w2"], 1, 1)', 'conv_backward(d, 0 * self.hidden + self.x, p["w2"], 1, 1)', "backward/identity"),
        Mistake("the gradient of the projection is forgotten", "return dx + dshortcut, grads", "return dx, grads", "projected/more channels, stride 1"),
        Mistake("the projection's gradient skips its norm", '        dshortcut, grads["ws"] = conv_backward(d, self.x', '        dshortcut, grads["ws"] = conv_backward(dtotal, self.x', "projected/more channels, stride 1"),
    ),
    equivalent=(
        Equivalent("BasicBlock.forward", "self.hidden = xp.where(a > 0, a, xp.zeros_like(a))", "self.hidden = xp.where(a >= 0, a, xp.zeros_like(a))", "at 0 both are 0"),
        Equivalent("BasicBlock.forward", "self.y = xp.where(total > 0, total, xp.zeros_like(total))", "self.y = xp.where(total >= 0, total, xp.zeros_like(total))", "at 0 both are 0"),
        Equivalent("_taps", "padded = xp.zeros((n, c, height + 2 * padding, width + 2 * padding), dtype=x.dtype, device=device(x))", "padded = xp.zeros((n, c, height + 3 * padding, width + 2 * padding), dtype=x.dtype, device=device(x))", "a row of zeros more, which nobody reads"),
        Equivalent("_taps", "padded = xp.zeros((n, c, height + 2 * padding, width + 2 * padding), dtype=x.dtype, device=device(x))", "padded = xp.zeros((n, c, height + 2 * padding, width + 3 * padding), dtype=x.dtype, device=device(x))", "a column of zeros more, which nobody reads"),
        Equivalent("_taps", "k = w.shape[2]", "k = w.shape[3]", "all kernels are square"),
        Equivalent("_taps", "rows = [slice(u, u + (ho - 1) * stride + 1, stride) for u in range(k)]", "rows = [slice(u, u + (ho - 1) * stride + 1, stride) for u in range(k + 1)]", "a slice more than the kernel has taps, which nobody reads"),
        Equivalent("_taps", "columns = [slice(v, v + (wo - 1) * stride + 1, stride) for v in range(k)]", "columns = [slice(v, v + (wo - 1) * stride + 1, stride) for v in range(k + 1)]", "a slice more than the kernel has taps, which nobody reads"),
    ),
    hints=(
        "Write convolution and batch norm as two small layers that remember what their backward needs; the block then only wires them. "
        "Where do two paths split on the way forward? There the gradients add on the way back.",
        "dtotal = dy * (y > 0) goes into both paths: through norm2, conv2, relu, norm1, conv1, and through the shortcut (as it is, or through norms and convs). dx is the sum. "
        "Each norm keeps its own running mean and variance.",
        "norm: xhat = (a - mean) / sqrt(var + eps); da = (g - mean(g) - xhat mean(g xhat)) / sqrt(var + eps) with g = dy gamma; means over pictures and positions. "
        "running = 0.9 running + 0.1 batch, the variance times m / (m - 1). Evaluation changes nothing.",
    ),
)  # fmt: skip
