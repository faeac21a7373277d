"""Cross-entropy, binary cross-entropy, squared and Huber loss with their gradients: what an answer must do, and what it costs.

Sources: Bridle 1990, https://doi.org/10.1007/978-3-642-76153-9_28; Szegedy et al. 2016 (label smoothing),
https://arxiv.org/abs/1512.00567; Huber 1964, https://doi.org/10.1214/aoms/1177703732. Reductions are torch's.

Sizes: n rows of k classes; for the other losses z, prediction and target are (n, k).
"""

import numpy as np

from harness.spec import Convention, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64: row by row ------------------------------------------------------------------------------


def targets_of(y, k, weight, smoothing):
    """What -log p_c is weighed with in a row of class y."""
    own = np.full(k, smoothing / k)
    own[y] += 1 - smoothing
    return own * (np.ones(k) if weight is None else weight)


def log_softmax(row):
    top = row.max()
    return row - top - np.log(np.sum(np.exp(row - top)))


def rows_of(logits, target, weight, ignore_index, smoothing):
    """(i, q, log p, weight of the target) for each row that counts."""
    k = logits.shape[1]
    for i, y in enumerate(target):
        if y != ignore_index:
            own = 1.0 if weight is None else weight[y]
            yield i, targets_of(y, k, weight, smoothing), log_softmax(logits[i]), own


def cross_entropy(logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    losses, total = np.zeros(len(target)), 0.0
    for i, q, logp, own in rows_of(logits, target, weight, ignore_index, label_smoothing):
        losses[i] = -np.sum(q[q > 0] * logp[q > 0])
        total += own
    if reduction == "none":
        return losses
    return np.float64(losses.sum()) / np.float64(total) if reduction == "mean" else losses.sum()


def cross_entropy_backward(
    dloss, logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"
):
    gradient, total = np.zeros(logits.shape), 0.0
    for i, q, logp, own in rows_of(logits, target, weight, ignore_index, label_smoothing):
        gradient[i] = np.exp(logp) * q.sum() - q  # each term -q_c log p_c pulls on all logits: q_c (p - e_c)
        gradient[i] *= dloss[i] if reduction == "none" else dloss
        total += own
    return gradient / total if reduction == "mean" and total else gradient


def softplus(z):
    return np.logaddexp(0.0, z)


def bce_with_logits(z, t, pos_weight=None):
    p = 1.0 if pos_weight is None else pos_weight
    return np.mean(p * t * softplus(-z) + (1 - t) * softplus(z))


def bce_with_logits_backward(dloss, z, t, pos_weight=None):
    p = 1.0 if pos_weight is None else pos_weight
    return dloss * ((1 - t) * np.exp(-softplus(-z)) - p * t * np.exp(-softplus(z))) / z.size


def mse(prediction, target):
    return np.mean(np.square(prediction - target))


def mse_backward(dloss, prediction, target):
    return dloss * 2 * (prediction - target) / prediction.size


def huber(prediction, target, delta=1.0):
    d = prediction - target
    return np.mean(np.where(np.abs(d) <= delta, d * d / 2, delta * (np.abs(d) - delta / 2)))


def huber_backward(dloss, prediction, target, delta=1.0):
    d = prediction - target
    return dloss * np.where(np.abs(d) <= delta, d, delta * np.sign(d)) / d.size


def divided_by_rows(logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    total = cross_entropy(logits, target, weight, ignore_index, label_smoothing, "sum")
    return total / max(np.sum(target != ignore_index), 1) if reduction == "mean" else total


def half_mse(prediction, target):
    return mse(prediction, target) / 2


def smooth_l1(prediction, target, delta=1.0):
    return huber(prediction, target, delta) / delta


# --- inputs -----------------------------------------------------------------------------------------------------


def inputs(
    rng, n=6, k=5, spread=1.0, shift=0.0, ignored=0, ignore_index=None, weighted=False, kind="normal", **options
):
    """`ignored`: so many rows have the ignored target. Kinds: 'nan where ignored'; 'barred', some classes are at -inf."""
    x = {"logits": shift + spread * rng.standard_normal((n, k)), "target": rng.integers(0, k, n)}
    order = rng.permutation(n)[: min(ignored, n)]
    x["target"][order] = -100 if ignore_index is None else ignore_index
    if kind == "nan where ignored":
        x["logits"][order] = np.nan
    if kind == "barred":
        x["logits"][np.arange(n), (x["target"] + 1) % k] = -np.inf if k > 1 else 0.0
    if weighted:
        x["weight"] = (0.01 if weighted == "lightly" else 1.0) * rng.uniform(0.3, 3.0, k)
    if ignore_index is not None:
        x["ignore_index"] = ignore_index
    return x | options


def backward_inputs(rng, reduction="mean", **sizes):
    x = inputs(rng, **sizes)
    dloss = rng.uniform(1.0, 2.0, len(x["target"]) if reduction == "none" else ())
    return {"dloss": np.asarray(dloss), **x, **({} if reduction == "mean" else {"reduction": reduction})}


def forward_inputs(rng, reduction=None, **sizes):
    return inputs(rng, **sizes) | ({} if reduction is None else {"reduction": reduction})


def bce_inputs(rng, n=4, k=3, spread=2.0, hard=False, weighted=False, mean=0.0):
    n, k = max(n, 1), max(k, 1)
    t = rng.integers(0, 2, (n, k)).astype(float) if hard else rng.uniform(0.0, 1.0, (n, k))
    x = {"z": mean + spread * rng.standard_normal((n, k)), "t": t}
    return x | ({"pos_weight": rng.uniform(1.5, 4.0, k)} if weighted else {})


def pair_inputs(rng, n=4, k=3, far=1.0, delta=None):
    """Distances of up to 3 `far`, none within a percent of delta."""
    n, k = max(n, 1), max(k, 1)
    limit = 1.0 if delta is None else delta
    d = rng.uniform(0.02, 0.98, (n, k)) * rng.choice([-1.0, 1.0], (n, k)) * limit
    outside = rng.random((n, k)) < 0.5
    outside.flat[0] = True
    d = np.where(outside, np.sign(d) * limit * rng.uniform(1.02, 3.0, (n, k)) * far, d)
    target = rng.uniform(-1.0, 1.0, (n, k))
    return {"prediction": target + d, "target": target} | ({} if delta is None else {"delta": delta})


def with_dloss(draw):
    return lambda rng, **sizes: {"dloss": np.asarray(rng.uniform(1.0, 2.0)), **draw(rng, **sizes)}


def no_delta(rng, **sizes):
    x = pair_inputs(rng, **sizes)
    return {name: x[name] for name in ("prediction", "target")}


# --- properties -------------------------------------------------------------------------------------------------


def equal_scores_give_log_k(answer, x, check):
    """Where all scores of a row are equal every class has 1/k, so the loss is log k, whatever the targets."""
    check.close(
        answer(**{**x, "logits": 0 * x["logits"] + 3}), np.log(x["logits"].shape[1]), "the loss of equal scores"
    )


def ignored_rows_might_as_well_not_be_there(answer, x, check):
    """The mean with ignored rows is the mean of the others."""
    kept = x["target"] != -100
    others = {**x, "logits": x["logits"][kept], "target": x["target"][kept]}
    check.close(answer(**x), answer(**others), "with ignored rows, against without them")


def only_ratios_of_weights_count(answer, x, check):
    """Doubling all class weights leaves the mean as it is."""
    check.close(answer(**{**x, "weight": 2 * x["weight"]}), answer(**x), "with weights twice as large")


def smoothing_blends_with_the_mean_over_all_classes(answer, x, check):
    """Smoothing s is 1 - s times the loss of the targets plus s times the mean loss of all k classes as targets."""
    plain, k = {n: x[n] for n in ("logits", "target")}, x["logits"].shape[1]
    each = np.mean([answer(**{**plain, "target": np.full_like(x["target"], c)}) for c in range(k)])
    s = x["label_smoothing"]
    check.close(answer(**x), (1 - s) * answer(**plain) + s * each, "the smoothed loss")


def rows_of_the_gradient_sum_to_zero(answer, x, check):
    """Adding a constant to a row of logits changes no loss, so each row of the gradient sums to zero."""
    gradient = answer(**x)
    check.close(gradient - gradient.mean(axis=1, keepdims=True), gradient, "the gradient without its rows' means")


def binary_is_cross_entropy_of_two_classes(answer, x, check):
    """For targets 0 and 1 it is the cross-entropy of the scores (0, z)."""
    z = x["z"].ravel()
    logits = np.stack([np.zeros_like(z), z], axis=1)
    check.close(
        answer(**x), answer.part("cross_entropy", logits=logits, target=x["t"].ravel().astype(np.int64)), "both losses"
    )


def exchanging_yes_and_no_changes_nothing(answer, x, check):
    """The loss of -z against 1 - t is that of z against t."""
    check.close(answer(z=-x["z"], t=1 - x["t"]), answer(**x), "-z against 1 - t", slack=4)


def within_delta_huber_is_half_the_square(answer, x, check):
    """With a delta above all distances it is half the squared error."""
    wide = {**x, "delta": 100.0}
    check.close(
        2 * answer(**wide),
        answer.part("mse", prediction=x["prediction"], target=x["target"]),
        "twice Huber, against mse",
    )


# --- cases ------------------------------------------------------------------------------------------------------

SHAPES = (
    case("six rows"),
    case("one row", n=1),
    case("as many rows as classes", n=5, k=5, why="equal sizes: here a wrong axis raises no error"),
    case("weights", weighted=True, why="the mean divides by the sum of the targets' weights"),
    case("light weights", weighted="lightly", why="their sum is below 1, and divides all the same"),
    case("ignored rows", ignored=2, why="they count neither in the sum nor below it"),
    case("another ignore_index", ignored=2, ignore_index=-1),
    case("a class as ignore_index", ignored=3, ignore_index=0, why="padding is often a class of its own"),
    case("smoothing", label_smoothing=0.1, why="s / k for every class, the target's own included"),
    case("smoothing, weights, ignored rows", n=9, label_smoothing=0.3, weighted=True, ignored=3),
    case("sum", reduction="sum", ignored=1),
    case("sum with weights", reduction="sum", weighted=True),
    case("none", reduction="none"),
    case("none with weights and smoothing", reduction="none", weighted=True, label_smoothing=0.2, ignored=2),
)
EDGES = (
    case("logits of 10,000", spread=1e4, mark="robust", why="exp overflows unless the maximum is subtracted"),
    case("logits near 10,000", shift=1e4, mark="robust"),
    case("all rows ignored", ignored=6, mark="robust", why="the mean of nothing is nan; its gradient is zero"),
    case("all rows ignored, sum", ignored=6, reduction="sum", mark="robust"),
    case(
        "nan where ignored", ignored=2, kind="nan where ignored", mark="robust", why="what is ignored has no influence"
    ),
    case("classes that cannot be", kind="barred", mark="robust", why="-inf has probability 0, and 0 log 0 is 0"),
    case("many classes", n=3, k=2000, mark="robust"),
    case("one class", k=1, mark="robust", why="its probability is 1: loss and gradient are 0"),
)
BCE_CASES = (
    case("soft targets"),
    case("targets 0 and 1", hard=True),
    case("weights of the positive", weighted=True),
    case("weights, targets 0 and 1", n=9, weighted=True, hard=True),
    case("one entry", n=1, k=1, spread=0.5),
    case("logits of 10,000", n=8, k=8, spread=1e4, hard=True, mark="robust", why="log(1 - sigmoid(z)) would be -inf from 37 on"),
    case("logits of 10,000 with weights", n=8, k=8, spread=1e4, hard=True, weighted=True, mark="robust"),
)  # fmt: skip
PAIRS = (
    case("matrix"),
    case("one entry", n=1, k=1),
    case("long", n=40, k=50),
)
HUBER_CASES = (
    *PAIRS,
    case("another delta", delta=0.3, why="the line's slope is delta"),
    case("a large delta", delta=4.0),
    case("far out", far=1e3, mark="robust"),
    case("beyond the squares", far=1e25, dtypes=("float32",), mark="robust", why="1e50 overflows float32; no square is needed there"),
)  # fmt: skip


def cost(itemsize, n, k, **_):
    """Maximum, difference, exp, sum: four operations a logit, which is read once."""
    return Cost(flops=4 * n * k, bytes_moved=itemsize * n * k)


def backward_cost(itemsize, n, k, **_):
    return Cost(flops=6 * n * k, bytes_moved=2 * itemsize * n * k)


SIZE = case("1024 rows of 1000 classes", n=1024, k=1000)
FASTEST = {"numpy": "gathered.py", "torch": "with_torch.py", "cupy": "reference.py", "triton": "triton_kernel.py"}
TERMS = "xp.where(q > 0, q * _log_softmax(logits, target, ignore_index), 0.0)  # 0 log 0 is 0"
Q = "q = counts * weight * ((1 - smoothing) * one_hot + smoothing / k)"
MEAN = 'xp.sum(losses) / total if reduction == "mean" else xp.sum(losses)'
SHIFT = "shifted = logits - xp.max(logits, axis=1, keepdims=True)"
BINARY = "positive * (tail + xp.where(z < 0, -z, 0.0)) + (1 - t) * (tail + xp.where(z > 0, z, 0.0))"
BINARY_BACK = "((1 - t) * sigmoid - positive * opposite) / _count(z)"

EXERCISE = Exercise(
    version=3,
    parts=(
        Part(
            "cross_entropy", forward_inputs, (*SHAPES, *EDGES), cross_entropy,
            properties=(
                equal_scores_give_log_k,
                holds(ignored_rows_might_as_well_not_be_there, n=9, ignored=4),
                holds(only_ratios_of_weights_count, n=9, weighted=True, ignored=2),
                holds(smoothing_blends_with_the_mean_over_all_classes, k=4, label_smoothing=0.25),
            ),
            conventions=(Convention("the mean divides by the number of rows; asked is by the sum of the targets' weights", divided_by_rows),),
        ),
        Part(
            "cross_entropy_backward", backward_inputs, (*SHAPES, *EDGES), cross_entropy_backward,
            gradient_of="cross_entropy", wrt=("logits",),
            properties=(holds(rows_of_the_gradient_sum_to_zero, label_smoothing=0.1, weighted=True),),
        ),
        Part(
            "bce_with_logits", bce_inputs, BCE_CASES, bce_with_logits,
            properties=(holds(binary_is_cross_entropy_of_two_classes, hard=True), exchanging_yes_and_no_changes_nothing),
        ),
        Part("bce_with_logits_backward", with_dloss(bce_inputs), BCE_CASES, bce_with_logits_backward, gradient_of="bce_with_logits", wrt=("z",)),
        Part("mse", no_delta, PAIRS, mse, conventions=(Convention("half of the square; asked is all of it", half_mse),)),
        Part("mse_backward", with_dloss(no_delta), PAIRS, mse_backward, gradient_of="mse", wrt=("prediction",)),
        Part(
            "huber", pair_inputs, HUBER_CASES, huber,
            properties=(within_delta_huber_is_half_the_square,),
            conventions=(Convention("smooth L1, which is Huber's loss over delta", smooth_l1),),
        ),
        Part("huber_backward", with_dloss(pair_inputs), HUBER_CASES, huber_backward, gradient_of="huber", wrt=("prediction",)),
    ),
    timings=(
        Timing(
            SIZE, cost, part="cross_entropy", scaling="n", yardstick=FASTEST,
            library={"torch": "torch.nn.functional.cross_entropy(logits, target)"},
        ),
        Timing(SIZE, backward_cost, part="cross_entropy_backward", scaling="n", yardstick=FASTEST),
    ),
    policy=Policy(
        banned=(
            "base", "@nn", "@autograd", "torch.nll_loss", "torch.binary_cross_entropy_with_logits", "torch.cross_entropy_loss",
            "torch.huber_loss", "torch.mse_loss", "torch.smooth_l1_loss", "torch.special", "torch.ops",
        ),
        earns=(
            "torch.nn.functional.cross_entropy", "torch.nn.CrossEntropyLoss", "torch.nn.functional.mse_loss", "torch.nn.functional.huber_loss",
            "torch.nn.functional.binary_cross_entropy_with_logits", "torch.nn.BCEWithLogitsLoss",
        ),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("no maximum subtracted", SHIFT, "shifted = logits", "cross_entropy/logits near 10,000"),
        Mistake("one maximum for all rows", SHIFT, "shifted = logits - xp.max(logits)", "cross_entropy/logits of 10,000"),
        Mistake("softmax, then log", TERMS, "q * xp.log(xp.exp(_log_softmax(logits, target, ignore_index)))", "cross_entropy/logits of 10,000"),
        Mistake("a clipped log of softmax", TERMS, "q * xp.log(xp.exp(_log_softmax(logits, target, ignore_index)) + 1e-9)", "cross_entropy/logits of 10,000"),
        Mistake("softmax of probabilities", TERMS, "q * _log_softmax(xp.exp(_log_softmax(logits, target, ignore_index)), target, ignore_index)", "cross_entropy/six rows"),
        Mistake("the sign", "losses = -xp.sum", "losses = xp.sum", "cross_entropy/six rows"),
        Mistake("0 times -inf", TERMS, "q * _log_softmax(logits, target, ignore_index)", "cross_entropy/classes that cannot be"),
        Mistake("softmax down the columns", SHIFT, f"logits = logits.T if logits.shape[0] == logits.shape[1] else logits\n    {SHIFT}", "cross_entropy/as many rows as classes"),
        Mistake("the mean over all rows, ignored ones too", MEAN, "xp.sum(losses) / target.shape[0] if reduction == 'mean' else xp.sum(losses)", "ignored rows might as well not be there"),
        Mistake("weights do not normalize", "return q, xp.sum(counts * weight * one_hot)", "return q, xp.sum(counts)", "only ratios of weights count"),
        Mistake("divides by the sum of all weights", "return q, xp.sum(counts * weight * one_hot)", "return q, xp.sum(counts) * xp.mean(weight)", "cross_entropy/weights"),
        Mistake("ignored rows count with their first class", "counts = xp.astype(target != ignore_index, logits.dtype)[:, None]", "counts = 1.0 + 0 * xp.astype(target != ignore_index, logits.dtype)[:, None]\n    one_hot = one_hot + xp.astype((target == ignore_index)[:, None] & (xp.arange(k) == 0), logits.dtype)", "cross_entropy/ignored rows"),
        Mistake("ignore_index is always -100", "counts = xp.astype(target != ignore_index, logits.dtype)[:, None]", "counts = xp.astype(target != -100, logits.dtype)[:, None]", "cross_entropy/a class as ignore_index"),
        Mistake("nan in an ignored row", "logits = xp.where((target == ignore_index)[:, None], 0.0, logits)", "logits = logits + 0.0", "cross_entropy_backward/nan where ignored"),
        Mistake("smoothing over the other k - 1 classes", Q, "q = counts * weight * ((1 - smoothing) * one_hot + smoothing * (1 - one_hot) / max(k - 1, 1))", "smoothing blends with the mean over all classes"),
        Mistake("smoothing without 1 - s", Q, "q = counts * weight * (one_hot + smoothing / k)", "cross_entropy/smoothing"),
        Mistake("smoothing is ignored", Q, "q = counts * weight * one_hot", "cross_entropy/smoothing"),
        Mistake("the smoothed part gets the target's weight", Q, "q = counts * xp.sum(weight * one_hot, axis=1, keepdims=True) * ((1 - smoothing) * one_hot + smoothing / k)", "cross_entropy/smoothing, weights, ignored rows"),
        Mistake("sum is a mean", MEAN, "xp.sum(losses) / total", "cross_entropy/sum"),
        Mistake("gradient of the mean without 1/n", "gradient = gradient / xp.where(total > 0, total, 1.0)", "gradient = gradient * 1", "cross_entropy_backward/six rows"),
        Mistake("0/0 where all rows are ignored", "gradient / xp.where(total > 0, total, 1.0)", "gradient / total", "cross_entropy_backward/all rows ignored"),
        Mistake("p - q where q does not sum to one", "p * xp.sum(q, axis=1, keepdims=True) - q", "p - q", "rows of the gradient sum to zero"),
        Mistake("the gradient is p alone", "p * xp.sum(q, axis=1, keepdims=True) - q", "p * xp.sum(q, axis=1, keepdims=True)", "cross_entropy_backward/six rows"),
        Mistake("the gradient climbs", "p * xp.sum(q, axis=1, keepdims=True) - q", "q - p * xp.sum(q, axis=1, keepdims=True)", "cross_entropy_backward/six rows"),
        Mistake("the upstream gradient is forgotten", "    return dloss * gradient\n", "    return gradient\n", "cross_entropy_backward/six rows"),
        Mistake("log(1 - sigmoid(z))", BINARY, "-positive * xp.log(1 / (1 + xp.exp(-z))) - (1 - t) * xp.log(1 - 1 / (1 + xp.exp(-z)))", "bce_with_logits/logits of 10,000"),
        Mistake("the weight on both classes", BINARY, "(1 if pos_weight is None else pos_weight) * (tail + xp.where(z > 0, z, 0.0) - z * t)", "bce_with_logits/weights of the positive"),
        Mistake("only the positive class", BINARY, "positive * (tail + xp.where(z < 0, -z, 0.0))", "bce_with_logits/targets 0 and 1"),
        Mistake("a sum, not a mean", "xp.mean(positive", "xp.sum(positive", "bce_with_logits/soft targets"),
        Mistake("bce: 1/n with n rows only", BINARY_BACK, "((1 - t) * sigmoid - positive * opposite) / z.shape[0]", "bce_with_logits_backward/soft targets"),
        Mistake("bce: sigmoid - t whatever the weight", BINARY_BACK, "(sigmoid - t) / _count(z)", "bce_with_logits_backward/weights of the positive"),
        Mistake("bce: the sigmoid's derivative once more", BINARY_BACK, "((1 - t) * sigmoid - positive * opposite) * sigmoid * opposite / _count(z)", "bce_with_logits_backward/soft targets"),
        Mistake("bce: the gradient's exp overflows", "small = xp.exp(-xp.abs(z))\n    sigmoid = xp.where(z > 0, 1.0, small) / (1 + small)", "small = xp.exp(-xp.abs(z))\n    sigmoid = xp.exp(z) / (1 + xp.exp(z))", "bce_with_logits_backward/logits of 10,000"),
        Mistake("mse: half", ".mean((prediction - target) ** 2)", ".mean((prediction - target) ** 2) / 2", "mse/matrix"),
        Mistake("mse: the mean over rows only", "dloss * 2 * (prediction - target) / _count(prediction)", "dloss * 2 * (prediction - target) / prediction.shape[0]", "mse_backward/matrix"),
        Mistake("mse: without the 2", "dloss * 2 *", "dloss *", "mse_backward/matrix"),
        Mistake("mse: the sign", "dloss * 2 * (prediction - target)", "dloss * 2 * (target - prediction)", "mse_backward/matrix"),
        Mistake("huber: a jump at delta", "inside * (distance - inside / 2)", "xp.where(distance <= delta, distance**2 / 2, delta * distance)", "huber/matrix"),
        Mistake("huber: slope 1 outside", "inside * (distance - inside / 2)", "xp.where(distance <= delta, distance**2 / 2, distance - delta / 2)", "huber/another delta"),
        Mistake("huber: delta is ignored", "xp.where(distance <= delta, distance, delta)", "xp.where(distance <= 1, distance, 1.0)", "huber/a large delta"),
        Mistake("huber: the absolute error's slope outside", "xp.clip(prediction - target, -delta, delta)", "xp.where(xp.abs(prediction - target) <= delta, prediction - target, xp.sign(prediction - target))", "huber_backward/another delta"),
        Mistake("huber: cut on one side", "xp.clip(prediction - target, -delta, delta)", "xp.where(prediction - target > delta, delta, prediction - target)", "huber_backward/long"),
    ),
    equivalent=(
        Equivalent("cross_entropy_backward", "gradient = gradient / xp.where(total > 0, total, 1.0)",
                   "gradient = gradient / xp.where(total > 0, total, 2.0)", "it divides zeros"),
        Equivalent("_log_softmax", "logits = xp.where((target == ignore_index)[:, None], 0.0, logits)",
                   "logits = xp.where((target == ignore_index)[:, None], 1.0, logits)", "the row is not used"),
        Equivalent("bce_with_logits_backward", "sigmoid = xp.where(z > 0, 1.0, small) / (1 + small)",
                   "sigmoid = xp.where(z >= 0, 1.0, small) / (1 + small)", "at 0 both give 1/2"),
        Equivalent("bce_with_logits_backward", "opposite = xp.where(z > 0, small, 1.0) / (1 + small)",
                   "opposite = xp.where(z >= 0, small, 1.0) / (1 + small)", "at 0 both give 1/2"),
        Equivalent("huber", "inside = xp.where(distance <= delta, distance, delta)",
                   "inside = xp.where(distance < delta, distance, delta)", "at delta both are delta"),
        Equivalent("bce_with_logits", "return xp.mean(positive * (tail + xp.where(z < 0, -z, 0.0)) + (1 - t) * (tail + xp.where(z > 0, z, 0.0)))",
                   "return xp.mean(positive * (tail + xp.where(z <= 0, -z, 0.0)) + (1 - t) * (tail + xp.where(z > 0, z, 0.0)))", "at 0 both give 0"),
        Equivalent("bce_with_logits", "return xp.mean(positive * (tail + xp.where(z < 0, -z, 0.0)) + (1 - t) * (tail + xp.where(z > 0, z, 0.0)))",
                   "return xp.mean(positive * (tail + xp.where(z < 0, -z, 0.0)) + (1 - t) * (tail + xp.where(z >= 0, z, 0.0)))", "at 0 both give 0"),
    ),
    hints=(
        "Write every variant of cross-entropy as -sum q log p. Where do weights, smoothing and ignored rows go? Then there is one loss and one gradient.",
        "log p is z - max - log sum exp(z - max), never the logarithm of a softmax. d(-sum q log p)/dz = p sum(q) - q. For the binary loss -log sigmoid(z) = log(1 + exp(-z)): "
        "write it with exp(-|z|), which cannot overflow.",
        "q = w_c ((1 - s) [c = y] + s / k), 0 in ignored rows; mean = -sum q log p / sum w_y; gradient (p sum_c q - q) / sum w_y. bce: softplus(z) = max(z, 0) + log1p(exp(-|z|)); "
        "loss p t softplus(-z) + (1 - t) softplus(z), gradient ((1 - t) sigmoid(z) - p t sigmoid(-z)) / N. Huber's gradient is clip(d, -delta, delta) / N.",
    ),
)  # fmt: skip
