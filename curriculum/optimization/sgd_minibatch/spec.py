"""Mini-batches and SGD: every row once an epoch, all orders equally likely, x and y together, the mean's gradient.

Sources: Robbins, Monro 1951, https://doi.org/10.1214/aoms/1177729586; Bottou, Curtis, Nocedal 2018,
https://arxiv.org/abs/1606.04838

The order is the answer's own, so nothing is compared with one fixed order: the first column of x numbers the rows,
loss_grad notes what it was given, and the path is replayed in float64 with these rows.
"""

from itertools import permutations

import numpy as np

from harness.spec import FLOAT, Array, Equivalent, Exercise, Mistake, Part, Plain, Policy, Rng, case, chi_square, holds

SURE = 1e-9  # a right answer is failed by a statistic less often than this
MANY = 600  # epochs, in which every order of a few rows must occur


def seed_of(rng):
    return Rng(int(rng.integers(2**62)))


# --- minibatches ------------------------------------------------------------------------------------------------


def batch_inputs(rng, n=20, batch=6, drop_last=None, epochs=3, more=0):
    """n rows and up to `more` further ones."""
    return {"n": n + int(rng.integers(more + 1)), "batch": batch, "rng": seed_of(rng), "epochs": epochs} | (
        {} if drop_last is None else {"drop_last": drop_last}
    )


def sizes_of(n, batch, drop_last):
    whole, left = divmod(n, batch)
    return [batch] * whole + ([left] if left and not drop_last else [])


def verify_batches(inputs, outputs, check):
    n, drop_last = inputs["n"], inputs.get("drop_last", False)
    want = sizes_of(n, inputs["batch"], drop_last)
    for number, epoch in enumerate(outputs, start=1):
        got = [len(rows) for rows in epoch]
        check.true(got == want, f"batches of {shown(got)} rows in epoch {number}; wanted are {shown(want)}")
        rows = [row for batch in epoch for row in batch]
        check.true(all(type(row) is int and 0 <= row < n for row in rows), f"epoch {number} holds {shown(rows)}")
        check.true(len(set(rows)) == len(rows), f"epoch {number} has a row twice: {shown(rows)}")
    orders = [tuple(row for batch in epoch for row in batch) for epoch in outputs]
    check.true(len(orders) == inputs["epochs"], f"{len(orders)} epochs came back instead of {inputs['epochs']}")
    if len(want) and sum(want) >= 15:  # an order comes again with probability 1/15!
        check.true(len(set(orders)) == len(orders), "two epochs have the same order")
        check.true(tuple(range(len(orders[0]))) not in orders, "the rows of an epoch come in the order of the data")
    if len(orders) == MANY:  # each of at most 24 orders is missing with probability (23/24)^600 = 1e-11
        never = sorted(set(permutations(range(n), sum(want))) - set(orders))
        check.true(not never, f"of {MANY} epochs none had the rows in the order {never[:1]}")
    if sum(want) >= 5_000:
        check_places(orders, check)


def check_places(orders, check):
    """Does a row of each tenth of the data end up in each tenth of the epoch equally often?"""
    counts = np.zeros((10, 10))
    for order in orders:
        tenths = np.arange(len(order)) * 10 // len(order)
        np.add.at(counts, (np.array(order) * 10 // len(order), tenths), 1)
    p = chi_square(counts.ravel(), np.full(100, 0.01))
    row, place = np.unravel_index(np.argmax(counts), counts.shape)
    words = f"rows of tenth {row + 1} of the data come in tenth {place + 1} of the epoch {counts.max():.0f} times"
    check.true(p > SURE, f"orders are not equally likely: {words}, wanted are about {counts.sum() / 100:.0f}")


def shown(values):
    return str(list(values)[:12]) + (" ..." if len(values) > 12 else "")


def the_seed_decides_the_order(answer, x, check):
    """The same state of rng gives the same batches, another one gives others."""
    first, again = answer(**x), answer(**x)
    check.true(first == again, "two generators of the same seed give different batches")
    other = answer(**{**x, "rng": Rng(x["rng"].seed + 1)})
    check.true(first != other, "two generators of different seeds give the same batches")


# --- sgd --------------------------------------------------------------------------------------------------------


def inputs(rng, n=22, d=3, batch=6, epochs=3, lr=0.1, noise=1.0):
    """x (n, d), whose first column numbers the rows in steps of 1/64, exact in every float type; y = x w + b + noise."""
    x = rng.standard_normal((n, d))
    x[:, 0] = np.arange(n) / 64
    w, b = rng.uniform(1, 2, d), rng.uniform(1, 2, 1)
    y = x @ w + b + noise * rng.standard_normal(n)
    params = [w + rng.uniform(2, 3, d), b - rng.uniform(2, 3, 1)]
    return {"params": params, "x": x, "y": y, "lr": lr, "batch": batch, "epochs": epochs, "rng": seed_of(rng)}


def outputs(params, **_):
    return [Array(FLOAT, p.shape) for p in params], Plain()


def step(params, x, y, lr):
    w, b = params
    error = x @ w + b - y
    return [w - lr * x.T @ error / len(y), b - lr * error.mean()]


def verify(inputs, outputs, check):
    final, seen = outputs
    x, y, params = inputs["x"], inputs["y"], inputs["params"]
    want = sizes_of(len(x), inputs["batch"], False) * inputs["epochs"]
    got = [len(labels) for _, labels in seen]
    check.true(got == want, f"loss_grad was given {shown(got)} rows in its calls; wanted are {shown(want)}")
    calls = [np.rint(64 * np.array(column)).astype(int) for column, _ in seen]
    for number, (rows, (column, labels)) in enumerate(zip(calls, seen, strict=True), start=1):
        inside = (rows >= 0) & (rows < len(x))
        check.true(np.all(inside) and np.all(rows / 64 == column), f"call {number} had rows that are not rows of x")
        check.true(np.all(y[rows] == labels), f"call {number} had other rows of y than of x")
        params = step(params, x[rows], y[rows], inputs["lr"])
    each = len(want) // max(1, inputs["epochs"])
    orders = [tuple(np.concatenate(calls[start : start + each])) for start in range(0, len(calls), max(1, each))]
    for number, order in enumerate(orders, start=1):
        check.true(
            len(set(order)) == len(x), f"epoch {number} takes {len(set(order))} of the {len(x)} rows, some twice"
        )
    if len(x) >= 15:
        check.true(len(set(orders)) == len(orders), "two epochs have the same order")
    # w and b together: b alone may pass 0 on its way, where no digit of it is sure
    check.close(np.concatenate(final), np.concatenate(params), "w, b, replayed with the rows of loss_grad", slack=8)


def a_batch_of_all_rows_is_gradient_descent(answer, x, check):
    """With batch = n every step uses the full gradient, so that the order of the rows does not matter."""
    params = [p.astype(np.float64) for p in x["params"]]
    for _ in range(x["epochs"]):
        params = step(params, x["x"].astype(np.float64), x["y"].astype(np.float64), x["lr"])
    got = np.concatenate(answer(**x)[0])
    check.close(got, np.concatenate(params), f"w and b after {x['epochs']} full steps", slack=8)


def the_seed_decides_the_path(answer, x, check):
    """The same state of rng gives the same parameters, another one takes the rows in another order."""
    (first, rows), (again, _) = answer(**x), answer(**x)
    for p, q in zip(first, again, strict=True):
        check.equal(p, q, "two generators of the same seed give different parameters")
    _, others = answer(**{**x, "rng": Rng(x["rng"].seed + 1)})
    check.true(rows != others, "two generators of different seeds take the same rows")


ROWS = "for rows in minibatches(len(x), batch, rng):"
EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "minibatches", batch_inputs, verify=verify_batches, outputs=Plain(), dtypes=(),
            cases=(
                case("a shorter batch at the end", why="20 rows in sixes: 6, 6, 6, 2"),
                case("batches that fit", n=24, batch=6),
                case("the short batch is dropped", drop_last=True, n=20, batch=6),
                case("nothing to drop", drop_last=True, n=24, batch=6),
                case("every order occurs", n=3, batch=3, epochs=MANY, why="6 orders, some 100 times each"),
                case("the dropped row is any row", n=3, batch=2, epochs=MANY, drop_last=True, mark="robust",
                     why="a row that is always dropped is never learned"),
                case("one row at a time", n=17, batch=1, mark="robust"),
                case("one batch of all", n=17, batch=17, mark="robust"),
                case("a batch larger than the data", n=17, batch=32, mark="robust", why="one short batch of all rows"),
                case("larger than the data, and dropped", n=17, batch=32, drop_last=True, mark="robust", why="no batch at all"),
                case("one row", n=1, batch=4, mark="robust"),
                case("no rows", n=0, batch=4, mark="robust", why="an epoch over nothing has no batches"),
                case("many rows", n=12_000, more=500, batch=1_000, epochs=3, mark="robust", why="a row may end anywhere, equally likely"),
            ),
            properties=(the_seed_decides_the_order,),
        ),
        Part(
            "sgd", inputs, verify=verify, outputs=outputs,
            cases=(
                case("three epochs"),
                case("one epoch", epochs=1),
                case("batches that fit", n=24),
                case("a small last batch", n=19, batch=6, lr=0.5, why="its gradient is the mean of its own single row"),
                case("one row at a time", n=16, batch=1, lr=0.05),
                case("one batch of all rows", batch=22, epochs=5),
                case("no epoch", epochs=0, mark="robust", why="the parameters come back as they were"),
                case("a batch larger than the data", batch=64, mark="robust"),
                case("one row", n=1, batch=3, mark="robust"),
                case("many epochs", epochs=30, n=16, batch=5, mark="robust"),
            ),
            properties=(holds(a_batch_of_all_rows_is_gradient_descent, n=12, batch=12, epochs=6), the_seed_decides_the_path),
        ),
    ),
    policy=Policy(banned=("base", "@optim", "@autograd", "torch.utils.data"), backends=("numpy", "torch", "cupy")),
    mistakes=(
        Mistake("rows drawn with replacement", "order = rng.permutation(n)", "order = rng.integers(0, max(n, 1), n)",
                caught_by="minibatches/a shorter batch at the end"),
        Mistake("not shuffled", "rng.permutation(n)", "rng.permutation(n) * 0 + sorted(range(n))",
                caught_by="minibatches/a shorter batch at the end"),
        Mistake("a generator of its own, the same order each epoch", "rng.permutation(n)",
                "__import__('numpy').random.default_rng(0).permutation(n)", caught_by="minibatches/a shorter batch at the end"),
        Mistake("chance that the seed does not decide", "rng.permutation(n)", "__import__('numpy').random.permutation(n)",
                caught_by="the seed decides the order"),
        Mistake("a shuffle that swaps with any place", "order = rng.permutation(n)",
                "rows = sorted(range(n))\n    for i, j in enumerate(rng.integers(0, n, n).tolist() if n else []):\n"
                "        rows[i], rows[j] = rows[j], rows[i]\n    order = rng.permutation(n) * 0 + rows", caught_by="many rows"),
        Mistake("a shuffle that never leaves a row in its place", "order = rng.permutation(n)",  # Sattolo's, an off-by-one of Fisher-Yates
                "order = rng.permutation(n) * 0 + sorted(range(n))\n    for i in range(n - 1, 0, -1):\n        j = rng.integers(0, i)\n"
                "        order[[i, j]] = order[[j, i]]", caught_by="every order occurs"),
        Mistake("batches shuffled, rows within them not", "order = rng.permutation(n)",
                "order = (rng.permutation(-(-n // batch))[:, None] * batch + sorted(range(batch))).ravel()\n    order = order[order < n]",
                caught_by="every order occurs"),
        Mistake("rows rotated, not shuffled", "order = rng.permutation(n)",
                "order = (rng.permutation(max(n, 1))[0] + rng.permutation(n) * 0 + sorted(range(n))) % max(n, 1)", caught_by="every order occurs"),
        Mistake("the last rows of the data dropped before shuffling", "order = rng.permutation(n)",
                "order = rng.permutation(n - n % batch if drop_last else n)", caught_by="the dropped row is any row"),
        Mistake("the last batch dropped silently", "end = n - n % batch if drop_last else n", "end = n - n % batch",
                caught_by="minibatches/a shorter batch at the end"),
        Mistake("drop_last is ignored", "end = n - n % batch if drop_last else n", "end = n",
                caught_by="the short batch is dropped"),
        Mistake("drop_last drops a whole batch", "end = n - n % batch if drop_last else n",
                "end = n - batch if drop_last else n", caught_by="nothing to drop"),
        Mistake("an empty batch at the end", "    for start in range(0, end, batch):",
                "    for start in range(0, end + batch * (n % batch == 0), batch):", caught_by="minibatches/batches that fit"),
        Mistake("the last batch filled up with the first rows", "        yield order[start : start + batch]",
                "        yield order.take(range(start, start + batch), mode='wrap')",
                caught_by="minibatches/a shorter batch at the end"),
        Mistake("labels not shuffled with the rows", "x[rows], y[rows]", "x[rows], y[sorted(rows)]",
                caught_by="sgd/three epochs"),
        Mistake("labels in an order of their own", "x[rows], y[rows]", "x[rows], y[rng.permutation(len(x))[: len(rows)]]",
                caught_by="sgd/three epochs"),
        Mistake("the same order in every epoch", f"    for _ in range(epochs):\n        {ROWS}",
                "    order = list(minibatches(len(x), batch, rng))\n    for _ in range(epochs):\n        for rows in order:",
                caught_by="sgd/three epochs"),
        Mistake("one epoch too few", "range(epochs)", "range(epochs - 1)", caught_by="sgd/three epochs"),
        Mistake("ascent", "p - lr * g for", "p + lr * g for", caught_by="sgd/three epochs"),
        Mistake("sum instead of mean", "p - lr * g for", "p - lr * len(rows) * g for", caught_by="sgd/three epochs"),
        Mistake("divided by the batch once more", "p - lr * g for", "p - lr * g / len(rows) for", caught_by="sgd/three epochs"),
        Mistake("a short batch weighed down", "p - lr * g for", "p - lr * g * len(rows) / batch for", caught_by="sgd/a small last batch"),
        Mistake("gradients of an epoch at its first parameters", "            grads = loss_grad(params,",
                "            old = params if rows[0] == 0 or 'old' not in locals() else old\n            grads = loss_grad(old,",
                caught_by="sgd/many epochs"),
        Mistake("lr falls with every epoch", "    for _ in range(epochs):", "    for epoch in range(epochs):\n        lr = lr / (1 + epoch)",
                caught_by="sgd/three epochs"),
        Mistake("only the first parameter moves", "for p, g in zip(params, grads, strict=True)]",
                "for p, g in zip(params[:1], grads)] + params[1:]", caught_by="sgd/three epochs"),
        Mistake("the short batch is not used", "minibatches(len(x), batch, rng):", "minibatches(len(x), batch, rng, drop_last=True):",
                caught_by="sgd/three epochs"),
    ),
    equivalent=(
        Equivalent("sgd", "params = [p - lr * g for p, g in zip(params, grads, strict=True)]",
                   "params = [p - lr * g for p, g in zip(params, grads, strict=False)]", "there are as many gradients as parameters"),
    ),
    hints=(
        "If each row is to come once in random order, what is drawn at random: rows, or the order of all of them?",
        "Draw one permutation of 0 .. n-1 for each epoch and cut it into pieces; index x and y with the same piece. "
        "loss_grad gives the mean's gradient already, so that no step needs a factor besides lr.",
        "order = rng.permutation(n) (torch.randperm(n, generator=rng)); yield order[s : s + batch] for s in range(0, end, batch), where end is n, "
        "or n - n % batch with drop_last. In sgd: for each epoch, for each piece, params = [p - lr * g ...], new arrays.",
    ),
)  # fmt: skip
