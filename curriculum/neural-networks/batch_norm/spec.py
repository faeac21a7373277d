"""Batch normalization, its running statistics and its backward: what an answer must do, and what it costs.

Source: Ioffe, Szegedy 2015, https://arxiv.org/abs/1502.03167; the running variance (unbiased) and the meaning of momentum
are torch's.

Sizes: x is (n, c) or (n, c, h, w); h and w are left out where None. m = n * h * w values belong to a channel.
"""

import numpy as np

from harness.spec import Convention, Cost, Exercise, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64: channel by channel, since channels share nothing ----------------------------------------


def channel(x, i):
    """All m values of one channel."""
    return x[:, i].ravel()


def moved(mean, var, batch, momentum, ddof=1, reverse=False):
    """Running statistics after one more batch."""
    rate = 1 - momentum if reverse else momentum
    new_mean = np.array([np.mean(channel(batch, i)) for i in range(len(mean))])
    new_var = np.array([np.var(channel(batch, i), ddof=ddof) for i in range(len(var))])
    return (1 - rate) * mean + rate * new_mean, (1 - rate) * var + rate * new_var


def statistics_of(x, train, before, momentum, **other):
    """What x is normalized with: its own mean and biased variance, or those that the batches before have left."""
    channels = range(x.shape[1])
    if train:
        means, variances = zip(*((np.mean(channel(x, i)), np.var(channel(x, i))) for i in channels), strict=True)
        return np.array(means), np.array(variances)
    mean, var = np.zeros(x.shape[1]), np.ones(x.shape[1])
    for batch in before:
        mean, var = moved(mean, var, batch, momentum, **other)
    return mean, var


def batch_norm(x, gamma, beta, train=True, before=(), eps=1e-5, momentum=0.1, eps_outside=False, factor=1.0, **other):
    """y. `factor` multiplies the variance; it and the last two serve the conventions."""
    mean, var = statistics_of(x, train, before, momentum, **other)
    y = np.empty(x.shape)
    for i in range(x.shape[1]):
        std = np.sqrt(factor * var[i]) + eps if eps_outside else np.sqrt(factor * var[i] + eps)
        y[:, i] = gamma[i] * (x[:, i] - mean[i]) / std + beta[i]
    return y


def backward(dy, x, gamma, beta, train=True, before=(), eps=1e-5, momentum=0.1):
    """(dx, dgamma, dbeta): the paper's chain through the variance and the mean, each with a line of its own."""
    mean, var = statistics_of(x, train, before, momentum)
    dx, dgamma, dbeta = np.empty(x.shape), np.empty(x.shape[1]), np.empty(x.shape[1])
    m = x[:, 0].size
    for i in range(x.shape[1]):
        centred, std = x[:, i] - mean[i], np.sqrt(var[i] + eps)
        dgamma[i], dbeta[i] = np.sum(dy[:, i] * centred / std), np.sum(dy[:, i])
        dxhat = gamma[i] * dy[:, i]
        dx[:, i] = dxhat / std
        if train:
            dvar = np.sum(dxhat * centred) * -0.5 * std**-3
            dx[:, i] += dvar * 2 * centred / m
            dx[:, i] += np.mean(-dx[:, i])  # the mean enters every centred value with the factor -1
    return dx, dgamma, dbeta


def running(batches, train, gamma, beta, eps=1e-5, momentum=0.1, **other):
    """(running_mean, running_var) after every batch; evaluation moves nothing."""
    mean, var, seen = np.zeros(len(gamma)), np.ones(len(gamma)), []
    for batch, is_training in zip(batches, train, strict=True):
        if is_training:
            mean, var = moved(mean, var, batch, momentum, **other)
        seen.append((mean, var))
    return tuple(seen)


def unbiased_everywhere(x, gamma, beta, train=True, **options):
    m = x[:, 0].size
    return batch_norm(x, gamma, beta, train, factor=m / (m - 1) if train else 1.0, **options)


FORWARD_CONVENTIONS = (
    Convention("eps added to the standard deviation; asked is under the root", lambda **x: batch_norm(**x, eps_outside=True)),
    Convention("the unbiased variance in y; asked is the biased one", unbiased_everywhere),
)  # fmt: skip
RUNNING_CONVENTIONS = (
    Convention(
        "momentum as Keras means it, the weight of the old value; asked is the weight of the new one",
        lambda **x: running(**x, reverse=True),
    ),
    Convention("the biased variance is remembered, as in Keras; asked is n / (n - 1) times it", lambda **x: running(**x, ddof=0)),
    Convention("both of these, as CS231n has it", lambda **x: running(**x, ddof=0, reverse=True)),
)  # fmt: skip


# --- inputs -----------------------------------------------------------------------------------------------------


def values(rng, n, c, h, w, scale=1.0, kind="normal"):
    """Each channel has a mean and a spread of its own. 'constant': one integer a channel, exact in every type."""
    shape = (n, c, *(size for size in (h, w) if size is not None))
    along = (1, c) + (1,) * (len(shape) - 2)
    if kind == "constant":
        return np.broadcast_to(rng.integers(1, 9, along).astype(float), shape)
    # means of about half a spread: larger ones would leave a right answer's mean, and so dgamma, too much rounding
    mean, spread = rng.uniform(0.5, 1.0, along), rng.uniform(1.0, 2.0, along)
    return scale * (mean + spread * rng.standard_normal(shape))


def layer(rng, c, eps=None, momentum=None):
    """gamma stays away from 0 and 1, so that leaving it out shows; options that a case leaves out test the default."""
    given = {"eps": eps, "momentum": momentum}
    arrays = {"gamma": rng.uniform(1.5, 3.0, c), "beta": rng.uniform(1.0, 2.0, c)}
    return arrays | {name: value for name, value in given.items() if value is not None}


def inputs(rng, n=5, c=3, h=None, w=None, train=True, before=0, kind="normal", scale=1.0, least=2, **options):
    """`before`: how many batches have trained the layer. `least`: of fewer rows a channel has no variance."""
    sizes = {"n": max(n, least if train and h is None else 1 if train else 0), "c": max(c, 1), "h": h, "w": w}
    x = {"x": values(rng, **sizes, kind=kind, scale=scale), **layer(rng, sizes["c"], **options), "train": train}
    if before:
        x["before"] = [values(rng, 4 + i, sizes["c"], h, w, scale=scale) for i in range(before)]
    return x


def backward_inputs(rng, **sizes):
    """dy leans towards x, so that no sum in dgamma or dbeta is left with rounding alone."""
    x = inputs(rng, **sizes)
    size = np.abs(x["x"]).max(initial=1e-30)
    dy = 0.5 + 2.0 * x["x"] / size + rng.uniform(-1.0, 1.0, x["x"].shape)
    return {"dy": dy, **x}


def running_inputs(rng, steps=4, n=4, c=3, h=None, w=None, evaluations=False, kind="normal", scale=1.0, **options):
    """Batches of n, n + 1, ... rows; with `evaluations` every second one is for evaluation."""
    n, c = max(n, 2), max(c, 1)
    batches = [values(rng, n + i, c, h, w, scale=scale, kind=kind) for i in range(steps)]
    train = [not (evaluations and i % 2) for i in range(steps)]
    return {"batches": batches, "train": train, **layer(rng, c, **options)}


# --- properties -------------------------------------------------------------------------------------------------


def shifting_and_stretching_a_channel_changes_nothing(answer, x, check):
    """In training 4 x + 16 gives what x gives (with eps 16 times as large)."""
    grid = np.round(x["x"] * 256) / 256  # then 4 x + 16 is exact in float32, and only the answer rounds
    moved_x = {**x, "x": 4 * grid + 16, "eps": 16 * x["eps"]}
    check.close(answer(**moved_x), answer(**{**x, "x": grid}), "4 x + 16 against x", slack=16)


def a_large_mean_does_not_drown_a_small_spread(answer, x, check):
    """Channels of mean 10,000 and spread 0.1 are still told apart (E[x^2] - E[x]^2 cancels; x - mean does not)."""
    # float32 keeps 0.001 at 10,000, so a right answer may be off by some 0.01: hence the slack
    far = {**x, "x": 1e4 + x["x"] / 10}
    exact = np.asarray(far["x"], check.dtype).astype(np.float64)
    want = batch_norm(exact, x["gamma"].astype(np.float64), x["beta"].astype(np.float64))
    check.close(answer(**far), want, "x of mean 10,000", slack=1e4)


def the_order_of_the_samples_does_not_matter(answer, x, check):
    """Samples in reverse order give the same outputs in reverse order."""
    check.close(answer(**{**x, "x": x["x"][::-1].copy()})[::-1], answer(**x), "samples in reverse", slack=4)


def each_channel_is_on_its_own(answer, x, check):
    """A channel comes out the same alone as among others."""
    together = answer(**x)
    for i in range(x["x"].shape[1]):
        one = {"x": x["x"][:, i : i + 1].copy(), "gamma": x["gamma"][i : i + 1], "beta": x["beta"][i : i + 1]}
        check.close(answer(**{**x, **one}), together[:, i : i + 1], f"channel {i} alone", slack=4)


def evaluation_looks_at_one_sample_at_a_time(answer, x, check):
    """In evaluation a sample comes out the same alone as in its batch."""
    together = answer(**x)
    for i in range(len(x["x"])):
        check.close(answer(**{**x, "x": x["x"][i : i + 1]}), together[i : i + 1], f"sample {i} alone")


def gradient_of_a_channel_sums_to_zero(answer, x, check):
    """In training the gradient of a channel sums to zero, since adding a constant to the channel changes nothing."""
    dx = answer(**x)[0]
    mean = dx.mean(axis=(0, *range(2, dx.ndim)), keepdims=True)
    check.close(dx - mean, dx, "dx without each channel's mean", slack=4)


def gradient_is_perpendicular_to_its_channel(answer, x, check):
    """In training with eps = 0 the gradient of a channel is perpendicular to it, since stretching it changes nothing."""
    dx = answer(**x)[0]
    for i in range(dx.shape[1]):
        g, v = dx[:, i].ravel().astype(np.float64), x["x"][:, i].ravel().astype(np.float64)
        check.close(g - v * (g @ v) / (v @ v), g, f"dx of channel {i} without its part along x", slack=8)


def in_evaluation_each_value_is_on_its_own(answer, x, check):
    """In evaluation a gradient that arrives at one value leaves at that value alone."""
    dy = np.zeros_like(x["dy"])
    dy[0, 0] = 1.0
    dx = answer(**{**x, "dy": dy})[0]
    check.true((dx[dy == 0] == 0).all(), "a value without upstream gradient got one")


# --- cases ------------------------------------------------------------------------------------------------------

PICTURES = {"h": 3, "w": 4}
SHAPES = (
    case("five rows"),
    case("two pictures", n=2, **PICTURES, why="height and width count as samples: m = n h w"),
    case("one picture", n=1, c=2, **PICTURES, why="one sample has enough values if it has pixels"),
    case("one channel", n=16, c=1),
    case("as many samples as channels", n=4, c=4, h=4, w=4, why="equal sizes: here a wrong axis raises no error"),
    case("one axis more", n=6, c=2, h=5, why="(n, c, t), as in BatchNorm1d"),
    case("another eps", eps=0.1),
    case("variance below eps", scale=1e-3, why="eps is added to the variance, under the root"),
    case("evaluation", train=False, before=3),
    case("evaluation of pictures", n=2, train=False, before=2, **PICTURES),
    case("evaluation, another momentum", train=False, before=3, momentum=0.7),
    case("evaluation before any training", train=False, why="running statistics start at mean 0 and variance 1"),
)
FORWARD_CASES = (
    *SHAPES,
    case("training after training", before=2, why="in training the running statistics have no say"),
    case("evaluation of one row", n=1, train=False, before=2, mark="robust", why="one row is enough in evaluation"),
    case("evaluation of no rows", n=0, train=False, before=2, mark="robust", why="an empty batch comes back empty"),
    case("two rows", n=2, mark="robust", why="the fewest that have a variance"),
    case("one row in training", n=1, least=1, raises=("ValueError",), mark="robust", why="one value has no variance"),
    case("one pixel in training", n=1, least=1, h=1, w=1, raises=("ValueError",), mark="robust"),
    case("constant channels", n=2, h=2, w=4, kind="constant", mark="robust", why="the spread is zero; eps keeps 0/0 away"),
    case("huge values", scale=1e15, mark="robust"),
    case("tiny values", scale=1e-15, mark="robust"),
)  # fmt: skip
BACKWARD_CASES = (
    *SHAPES,
    case("many values a channel", n=4, c=2, h=8, w=8),
    case("evaluation of one row", n=1, train=False, before=2, mark="robust"),
    case("constant channels", n=2, h=2, w=4, kind="constant", mark="robust", why="1 / std is 316 here, not infinite"),
    case("huge values", scale=1e12, mark="robust"),
)
RUNNING_CASES = (
    case("four batches"),
    case("batches of pictures", n=2, **PICTURES, why="m / (m - 1) with m = n h w"),
    case("thirty batches", steps=30, n=2, c=2),
    case("another momentum", momentum=0.7, why="momentum is the weight of the newest batch"),
    case("training and evaluation in turn", evaluations=True, why="evaluation never moves them"),
    case("the last batch alone", momentum=1.0, mark="robust", why="momentum 1 forgets all but the newest"),
    case("momentum 0", momentum=0.0, mark="robust", why="nothing moves: mean 0, variance 1"),
    case("another eps", eps=0.5, mark="robust", why="eps is no part of what is remembered"),
    case("two rows", n=2, steps=1, mark="robust", why="where n / (n - 1) is 2"),
    case("constant channels", kind="constant", steps=2, mark="robust"),
    case("no batches", steps=0, mark="robust"),
)


# --- speed ------------------------------------------------------------------------------------------------------


def forward_cost(itemsize, n, c, h, w, **_):
    return Cost(flops=8 * n * c * h * w, bytes_moved=2 * itemsize * n * c * h * w)


def backward_cost(itemsize, n, c, h, w, **_):
    """One call is a forward and a backward: 8 and 12 operations; x and dy are read, dx is written (y must be, too)."""
    return Cost(flops=20 * n * c * h * w, bytes_moved=4 * itemsize * n * c * h * w)


SIZE = case("32 pictures of 32 x 32, 64 channels", n=32, c=64, h=32, w=32, why="an early layer of a small network")
FASTEST = {"numpy": "by_channels.py", "torch": "with_torch.py", "cupy": "reference.py", "triton": "triton_kernel.py"}
STATISTICS = "mean, var = self._statistics(x) if train else (self.running_mean, self.running_var)"
SHARES = " - _aligned(dbeta / m, dy) - xhat * _aligned(dgamma / m, dy)"

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "BatchNorm", inputs, FORWARD_CASES, batch_norm,
            conventions=FORWARD_CONVENTIONS,
            properties=(
                holds(shifting_and_stretching_a_channel_changes_nothing, n=9, eps=1e-5),
                holds(a_large_mean_does_not_drown_a_small_spread, n=16),
                holds(the_order_of_the_samples_does_not_matter, n=4, **PICTURES),
                holds(each_channel_is_on_its_own, n=4, **PICTURES),
                holds(evaluation_looks_at_one_sample_at_a_time, n=4, train=False, before=2),
            ),
        ),
        Part(
            "backward", backward_inputs, BACKWARD_CASES, backward,
            gradient_of="BatchNorm", wrt=("x", "gamma", "beta"),
            properties=(
                holds(gradient_of_a_channel_sums_to_zero, n=4, **PICTURES),
                holds(gradient_is_perpendicular_to_its_channel, n=9, eps=0.0),
                holds(in_evaluation_each_value_is_on_its_own, train=False, before=2),
            ),
        ),
        Part("running", running_inputs, RUNNING_CASES, running, conventions=RUNNING_CONVENTIONS),
    ),
    timings=(
        Timing(SIZE, forward_cost, part="BatchNorm", scaling="n", yardstick=FASTEST),
        Timing(SIZE, backward_cost, part="backward", scaling="n", yardstick=FASTEST),
    ),
    policy=Policy(
        banned=(
            "base", "@nn", "@autograd", "torch.batch_norm", "torch.native_batch_norm", "torch.batch_norm_stats",
            "torch.batch_norm_elemt", "torch.instance_norm", "torch.group_norm", "torch.layer_norm", "torch.ops",
        ),
        earns=("torch.nn.BatchNorm1d", "torch.nn.BatchNorm2d", "torch.nn.functional.batch_norm"),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("evaluation takes the batch's statistics", STATISTICS, "mean, var = self._statistics(x)", "BatchNorm/evaluation"),
        Mistake("training takes the running statistics", STATISTICS, "train and self._statistics(x)\n        mean, var = self.running_mean, self.running_var", "BatchNorm/five rows"),
        Mistake("evaluation moves the running statistics", STATISTICS, f"x.shape[0] > 1 and self._statistics(x)\n        {STATISTICS}", "running/training and evaluation in turn"),
        Mistake("the biased variance is remembered", " * m / (m - 1)", "", "running/four batches"),
        Mistake("m - 1 counts samples, not values", "rate * var * m / (m - 1)", "rate * var * x.shape[0] / (x.shape[0] - 1)", "running/batches of pictures"),
        Mistake("the unbiased variance in the output", "return mean, var\n", "return mean, var * m / (m - 1)\n", "BatchNorm/five rows"),
        Mistake("variance as E[x^2] - E[x]^2", "_sum((x - _aligned(mean, x)) ** 2) / m", "_sum(x**2) / m - mean**2", "a large mean does not drown a small spread"),
        Mistake("momentum weighs the old value", "rate = self.momentum", "rate = 1 - self.momentum", "running/four batches"),
        Mistake("momentum is ignored", "rate = self.momentum", "rate = 0.1", "running/another momentum"),
        Mistake("the running variance starts at 0", "xp.ones_like(gamma)", "xp.zeros_like(gamma)", "BatchNorm/evaluation before any training"),
        Mistake("the standard deviation is remembered", "rate * var * m / (m - 1)", "rate * (var * m / (m - 1)) ** 0.5", "running/four batches"),
        Mistake("eps is remembered too", "rate * var * m / (m - 1)", "rate * (var + self.eps) * m / (m - 1)", "running/another eps"),
        Mistake("the first batch is taken whole", "        rate = self.momentum", "        rate = self.momentum if hasattr(self, 'cache') else 1.0", "running/four batches"),
        Mistake("statistics of each sample and channel (instance norm)", "axis=(0, *range(2, a.ndim))", "axis=tuple(range(2, a.ndim))", "BatchNorm/two pictures"),
        Mistake("statistics over the samples only", "        m = _values(x)\n", "        m = x.shape[0]\n", "BatchNorm/two pictures"),
        Mistake("eps outside the root", "1 / (var + self.eps) ** 0.5", "1 / (var**0.5 + self.eps)", "BatchNorm/variance below eps"),
        Mistake("no eps", "1 / (var + self.eps) ** 0.5", "1 / var**0.5", "BatchNorm/constant channels"),
        Mistake("eps is ignored", "var + self.eps", "var + 1e-5", "BatchNorm/another eps"),
        Mistake("no root", "1 / (var + self.eps) ** 0.5", "1 / (var + self.eps)", "BatchNorm/five rows"),
        Mistake("gamma multiplies beta too", "_aligned(self.gamma, x) * xhat + _aligned(self.beta, x)", "_aligned(self.gamma, x) * (xhat + _aligned(self.beta, x))", "BatchNorm/five rows"),
        Mistake("one value has variance 0", "if m < 2:", "if m < 1:", "BatchNorm/one row in training"),
        Mistake("refuses a single picture", "if m < 2:", "if x.shape[0] < 2:", "BatchNorm/one picture"),
        Mistake("channels last", "(1, -1) + (1,) * (x.ndim - 2)", "(1,) * (x.ndim - 1) + (-1,)", "BatchNorm/as many samples as channels"),
        Mistake("mean and variance taken for constants in the backward", f"(dy{SHARES})", "dy", "gradient of a channel sums to zero"),
        Mistake("the mean's gradient is forgotten", " - _aligned(dbeta / m, dy)", "", "gradient of a channel sums to zero"),
        Mistake("the variance's gradient is forgotten", " - xhat * _aligned(dgamma / m, dy)", "", "gradient is perpendicular to its channel"),
        Mistake("evaluation's backward as if it were training's", "if not train:", "if False:", "in evaluation each value is on its own"),
        Mistake("training's backward as if it were evaluation's", "if not train:", "if True:", "backward/five rows"),
        Mistake("the backward counts samples, not values", "m = _values(dy)", "m = dy.shape[0]", "backward/two pictures"),
        Mistake("gamma left out of dx", "_aligned(self.gamma * inv_std, dy)", "_aligned(inv_std, dy)", "backward/five rows"),
        Mistake("1 / std left out of dx", "_aligned(self.gamma * inv_std, dy)", "_aligned(self.gamma, dy)", "backward/five rows"),
        Mistake("dgamma and dbeta as means", "_sum(dy * xhat), _sum(dy)", "_sum(dy * xhat) / m, _sum(dy) / m", "backward/five rows"),
        Mistake("dgamma without xhat", "_sum(dy * xhat), _sum(dy)", "_sum(dy), _sum(dy)", "backward/five rows"),
    ),
    hints=(
        "Which values share a mean? All those of a channel: over axis 0 and every axis from 2 on. Reshape (c,) to (1, c, 1, 1) to bring it back.",
        "Keep xhat, 1 / std and the mode for the backward. Training: the batch's mean and biased variance, and only then the running ones, with n/(n - 1). "
        "For dx ask what one value does to the mean, to the standard deviation, and so to all of its channel.",
        "xhat = (x - mean) * inv; y = gamma xhat + beta; running += momentum * (new - running), the new variance times m / (m - 1). dbeta = sum dy, dgamma = sum dy xhat; "
        "dx = gamma inv (dy - dbeta / m - xhat dgamma / m) in training, gamma inv dy in evaluation.",
    ),
)  # fmt: skip
