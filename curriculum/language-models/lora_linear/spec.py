"""A linear layer with a low-rank update: start, forward, backward, merging, training. What an answer must do, and its cost.

Sources: Hu et al. 2021, https://arxiv.org/abs/2106.09685; Eckart, Young 1936, https://doi.org/10.1007/BF02288367; the factor
alpha / sqrt(r): Kalajdzievski 2023, https://arxiv.org/abs/2312.03732

Sizes: n rows of d_in numbers, d_out outputs, rank r; more leading axes in `lead`.
"""

import numpy as np

from harness.spec import (
    FLOAT,
    Array,
    Convention,
    Cost,
    Exercise,
    Mistake,
    Part,
    Plain,
    Policy,
    Rng,
    Timing,
    case,
    holds,
)


def weight(w, a, b, alpha, power=1.0):
    """The dense weight that the layer stands for; power 1/2 for the factor alpha / sqrt(r)."""
    return w + alpha / len(a) ** power * b @ a


def forward(w, bias, a, b, alpha, x, rng=None, power=1.0):
    """Oracle: one dense product."""
    return np.einsum("...i,oi->...o", x, weight(w, a, b, alpha, power)) + (0 if bias is None else bias)


def backward(dy, w, bias, a, b, alpha, x, rng=None, power=1.0):
    """Oracle: y depends on a and b through the product b a alone, so dW (out, in) decides both."""
    dw = np.einsum("no,ni->oi", dy.reshape(-1, dy.shape[-1]), x.reshape(-1, x.shape[-1]))
    factor = alpha / len(a) ** power
    return (
        factor * np.einsum("or,oi->ri", b, dw),
        factor * np.einsum("oi,ri->or", dw, a),
        np.einsum("...o,oi->...i", dy, weight(w, a, b, alpha, power)),
    )


def merging(x, dy, does, w, bias, a, b, alpha, rng=None):
    """Oracle: what each action gives, and the caller's w, which nothing changes."""
    seen, merged = [], False
    for word in does:
        merged = {"merge": True, "unmerge": False}.get(word, merged)
        if word == "forward":
            seen.append(forward(w, bias, a, b, alpha, x))
        elif word == "backward":
            seen.append(backward(dy, w, bias, a, b, alpha, x))
        else:
            seen.append(weight(w, a, b, alpha) if merged else w)
    return [*seen, w]


def training(x, y, lr, steps, w, bias, a, b, alpha, rng=None):
    """Oracle: plain descent on both factors at once."""
    for _ in range(steps):
        error = (forward(w, bias, a, b, alpha, x) - y) / len(x)
        da, db, _ = backward(error, w, bias, a, b, alpha, x)
        a, b = a - lr * da, b - lr * db
    return a, b, w, weight(w, a, b, alpha)


# --- inputs -----------------------------------------------------------------------------------------------------


def layer(rng, d_in=7, d_out=5, r=2, alpha=3.0, with_bias=True, zero_b=False):
    b = rng.standard_normal((d_out, r))
    return {
        "w": rng.standard_normal((d_out, d_in)),
        "bias": rng.uniform(1.0, 2.0, d_out) if with_bias else None,
        "a": rng.standard_normal((r, d_in)),
        "b": 0 * b if zero_b else b,
        "alpha": alpha,
        "rng": Rng(int(rng.integers(2**63))),
    }


def forward_inputs(rng, n=4, lead=None, d_in=7, **sizes):
    """x of shape (n, d_in), or (*lead, d_in): () is one vector."""
    shape = (n,) if lead is None else lead
    return layer(rng, d_in=d_in, **sizes) | {"x": rng.standard_normal((*shape, d_in))}


def backward_inputs(rng, **sizes):
    x = forward_inputs(rng, **sizes)
    return {"dy": rng.standard_normal((*x["x"].shape[:-1], len(x["w"])))} | x


def merging_inputs(rng, does=("merge",), **sizes):
    return backward_inputs(rng, **sizes) | {"does": list(does)}


def start_inputs(rng, n=3, d_in=96, d_out=40, r=8, alpha=16.0, with_bias=True):
    x = forward_inputs(rng, n=n, d_in=d_in, d_out=d_out, r=r, alpha=alpha, with_bias=with_bias)
    return {name: x[name] for name in ("w", "bias", "alpha", "x", "rng")} | {"r": r}


def training_inputs(rng, n=12, steps=10, lr=0.05, spectrum=None, **sizes):
    """Rows and targets of another linear map; with `spectrum`, rows of the identity and an update of these singular values."""
    given = layer(rng, zero_b=True, **sizes)
    d_out, d_in = given["w"].shape
    if spectrum is None:
        x = rng.standard_normal((n, d_in))
        return given | {"x": x, "y": rng.standard_normal((n, d_out)), "lr": lr, "steps": steps}
    left, _ = np.linalg.qr(rng.standard_normal((d_out, len(spectrum))))
    right, _ = np.linalg.qr(rng.standard_normal((d_in, len(spectrum))))
    target = given["w"] + left * np.array(spectrum) @ right.T
    return given | {"x": np.eye(d_in), "y": target.T + given["bias"], "lr": lr * d_in, "steps": steps}


# --- verdicts and properties --------------------------------------------------------------------------------------


def verify_start(inputs, outputs, check):
    """b is zeros, a is spread by about 1 / sqrt(in), y is the base's, and r (in + out) numbers learn."""
    a, b, y, count = outputs
    w, bias = inputs["w"], inputs["bias"]
    check.true(b == 0, "b does not start at zero, so the new layer is not the base")
    check.true(a != 0, "a holds zeros: where a and b are both zero, both gradients are zero, and nothing ever learns")
    spread = np.sqrt(np.mean(np.square(a))) * np.sqrt(w.shape[1])
    check.true(0.5 <= spread <= 2.0, f"a has a deviation of {spread:.2g} / sqrt(in); asked is about 1")
    check.true(np.abs(a.mean()) * np.sqrt(w.shape[1]) < 0.3, "the mean of a is not 0")
    check.close(
        y, inputs["x"] @ w.T + (0 if bias is None else bias), "a new layer's output against the base's", slack=4.0
    )
    check.true(
        type(count) is int and count == inputs["r"] * sum(w.shape),
        f"r (in + out) is {inputs['r'] * sum(w.shape)}, got {count}",
    )


def start_outputs(w, r, x, **_):
    d_out, d_in = w.shape
    return (Array(FLOAT, (r, d_in)), Array(FLOAT, (d_out, r)), Array(FLOAT, (*x.shape[:-1], d_out)), Plain(int))


def another_seed_gives_another_a(answer, x, check):
    """a comes from rng: the same seed gives the same a, another seed another."""
    first, again = answer(**x)[0], answer(**x)[0]
    other = answer(**{**x, "rng": Rng(x["rng"].seed ^ 1)})[0]
    check.equal(first, again, "the same seed gave two different a")
    check.true(np.any(first != other), "two seeds gave the same a")


def rows_do_not_see_each_other(answer, x, check):
    """The output of a row is the same alone as among others."""
    check.close(answer(**{**x, "x": x["x"][:1]}), answer(**x)[:1], "the first row alone")


def factors_may_be_rescaled_against_each_other(answer, x, check):
    """Doubling a and halving b changes nothing: only their product counts."""
    check.close(answer(**{**x, "a": 2 * x["a"], "b": x["b"] / 2}), answer(**x), "with 2 a and b / 2")


def the_update_has_at_most_rank_r(answer, x, check):
    """What merging adds to w has rank at most r."""
    merged = answer(**{**x, "does": ["merge"]})[0]
    values = np.linalg.svd(merged - np.asarray(x["w"], check.dtype), compute_uv=False)
    check.true(
        values[len(x["a"]) :] <= 256 * np.finfo(check.dtype).eps * np.abs(merged).max(),
        "the update has a higher rank than r",
    )


def while_b_is_zero_only_b_learns(answer, x, check):
    """With b = 0 the gradient of a is zero and that of b is not."""
    da, db, _ = answer(**x)
    check.true(da == 0, "da is not zero, although b is")
    check.true(np.any(db != 0), "db is zero as well, so nothing would ever learn")


def descent_finds_the_best_update_of_rank_r(answer, x, check):
    """Trained on a known change of w, the update ends as the best approximation of rank r, and w itself stays."""
    _, _, before, merged = answer(**x)
    target = (x["y"] - x["bias"]).T
    values = np.linalg.svd(target - x["w"], compute_uv=False)
    least = np.sqrt(np.sum(values[len(x["a"]) :] ** 2))
    found = np.sqrt(np.sum((merged - target) ** 2))
    check.true(found <= 1.01 * least, f"the error left is {found:.4g}; Eckart and Young's is {least:.4g}")
    check.close(before, np.asarray(x["w"]), "w after training")


# --- cost and cases -----------------------------------------------------------------------------------------------


def cost(itemsize, n, d, r, **_):
    """The base's product and two thin ones; every array once."""
    return Cost(flops=2 * n * (d * d + 2 * r * d), bytes_moved=itemsize * (d * d + 2 * r * d + 2 * n * d))


def backward_cost(itemsize, n, d, r, **_):
    """dx through the base, and five thin products: dy b, x a^T, da, db, dx's own."""
    return Cost(flops=2 * n * (d * d + 5 * r * d), bytes_moved=itemsize * (d * d + 4 * r * d + 3 * n * d))


def square(inputs):
    """The same inputs for d numbers in and d out; a backward alone needs no forward of its own in the cost."""

    def draw(rng, d=None, **sizes):
        return inputs(rng, **sizes) if d is None else inputs(rng, d_in=d, d_out=d, **sizes)

    return draw


SHAPES = (
    case("a batch"),
    case("rank one", r=1),
    case("rank four", r=4, d_in=9, d_out=8, alpha=2.0),
    case("square", d_in=6, d_out=6, r=3, why="nothing in the shapes tells a from its transpose"),
    case("rank equals width", d_in=4, d_out=4, r=4, alpha=1.0),
    case("no bias", with_bias=False),
    case("a batch of sequences", lead=(2, 3), why="leading axes are only more rows"),
    case("one vector", lead=(), why="no leading axis at all"),
    case("rank above width", d_in=3, d_out=4, r=6, mark="robust", why="pointless, yet well defined"),
    case("large alpha", alpha=512.0, mark="robust", why="the update then outweighs the base"),
    case("no rows", n=0, mark="robust", why="an empty batch gives an empty output, and zero gradients"),
    case("many rows", n=700, mark="robust"),
)
FASTEST = {"numpy": "two_steps.py", "torch": "with_torch.py", "cupy": "with_array_api.py", "triton": "triton_kernel.py"}
SIZE = case("64 rows, 768 to 768, rank 8", n=64, d=768, r=8)
LONG = ("forward", "merge", "forward", "merge", "forward", "unmerge", "forward", "unmerge", "merge", "forward")

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "start", start_inputs,
            (
                case("a new layer"),
                case("no bias", with_bias=False),
                case("rank one", r=1, d_in=400, d_out=3, alpha=1.0),
                case("a wide layer", r=4, d_in=700, d_out=20, mark="robust", why="the deviation falls with the width"),
            ),
            verify=verify_start, outputs=start_outputs, properties=(another_seed_gives_another_a,),
        ),
        Part(
            "forward", square(forward_inputs), (*SHAPES, case("b is zero", zero_b=True, mark="robust", why="then it is the base")),
            oracle=forward,
            properties=(rows_do_not_see_each_other, holds(factors_may_be_rescaled_against_each_other, r=3)),
            conventions=(
                Convention("alpha / sqrt(r), as in rsLoRA; asked is alpha / r", lambda **x: forward(**x, power=0.5)),
                Convention("alpha itself; asked is alpha / r", lambda **x: forward(**x, power=0.0)),
            ),
        ),
        Part(
            "backward", square(backward_inputs), SHAPES, oracle=backward, gradient_of="forward", wrt=("a", "b", "x"),
            properties=(holds(while_b_is_zero_only_b_learns, zero_b=True),),
        ),
        Part(
            "merging", merging_inputs,
            (
                case("merge", does=("merge",)),
                case("forward after merging", does=("merge", "forward"), r=3, d_out=9),
                case("back and forth", does=LONG, why="merging twice adds the update once; unmerging twice takes it out once"),
                case("unmerge first", does=("unmerge", "forward", "merge", "forward"), mark="robust", why="there is nothing to take out"),
                case("gradients while merged", does=("backward", "merge", "backward", "unmerge", "backward"), mark="robust",
                     why="the factors are still there, so their gradients are too"),
                case("ten times", does=("merge", "unmerge") * 10, mark="robust", why="rounding may not pile up"),
            ),
            oracle=merging, properties=(holds(the_update_has_at_most_rank_r, d_in=9, d_out=8, r=3),),
        ),
        Part(
            "training", training_inputs,
            (
                case("one step", steps=1, why="b moves, a cannot yet"),
                case("ten steps", r=3, alpha=2.0),
                case("no bias", steps=5, with_bias=False, r=3, alpha=2.0),
            ),
            oracle=training,
            properties=(
                holds(descent_finds_the_best_update_of_rank_r, d_in=6, d_out=5, r=2, alpha=2.0, lr=0.05, steps=500, dtypes=("float64",),
                      spectrum=(4.0, 3.0, 0.5, 0.3)),
            ),
        ),
    ),
    timings=(
        Timing(SIZE, cost, part="forward", scaling="d", yardstick=FASTEST),
        Timing(SIZE, backward_cost, part="backward", yardstick=FASTEST),
    ),
    policy=Policy(banned=("base", "peft", "loralib", "@autograd"), backends=("numpy", "torch", "cupy", "triton")),
    mistakes=(
        Mistake("alpha instead of alpha / r", "self.scale = alpha / r", "self.scale = alpha", "forward/a batch"),
        Mistake("alpha / sqrt(r)", "self.scale = alpha / r", "self.scale = alpha / r**0.5", "forward/a batch"),
        Mistake("alpha left out", "self.scale = alpha / r", "self.scale = 1 / r", "forward/a batch"),
        Mistake("a and b both start at zero", "(rng.standard_normal((r, inputs)) / np.sqrt(inputs)).astype(w.dtype)",
                "np.zeros((r, inputs), w.dtype)", "start/a new layer"),
        Mistake("b starts at random", "np.zeros((outputs, r), w.dtype)", "rng.standard_normal((outputs, r)).astype(w.dtype)",
                "start/a new layer"),
        Mistake("a is not scaled by the width", " / np.sqrt(inputs)", "", "start/a new layer"),
        Mistake("a is scaled by the rank", "/ np.sqrt(inputs)", "/ np.sqrt(r)", "start/a new layer"),
        Mistake("a is not of mean zero", "rng.standard_normal((r, inputs))", "rng.random((r, inputs))", "start/a new layer"),
        Mistake("a generator of its own", "(rng.standard_normal(", "(np.random.default_rng().standard_normal(", "another seed gives another a"),
        Mistake("a comes from a fixed seed", "(rng.standard_normal(", "(np.random.default_rng(0).standard_normal(", "another seed gives another a"),
        Mistake("the base counted as trainable", "return self.a.size + self.b.size", "return self.a.size + self.b.size + self.w.size",
                "start/a new layer"),
        Mistake("the bias left out", "return y if self.bias is None else y + self.bias", "return y", "forward/a batch"),
        Mistake("a b instead of b a, on transposes", "(self.b @ self.a)", "(self.a.T @ self.b.T).reshape(self.w.shape)", "forward/square"),
        Mistake("the update alone", "self.w if self.merged else self.w + self._update()", "self.w if self.merged else self._update()",
                "forward/a batch"),
        Mistake("w not transposed", "x @ self._weight().T", "x @ (self._weight() if len(self.w) == x.shape[-1] else self._weight().T)",
                "forward/square"),
        Mistake("da and db exchanged", "return da, db, dy", "return db, da, dy", "backward/a batch"),
        Mistake("da without the factor", "self.scale * (self.b.T @ dw)", "self.b.T @ dw", "backward/a batch"),
        Mistake("db without the factor", "self.scale * (dw @ self.a.T)", "dw @ self.a.T", "backward/a batch"),
        Mistake("dx through the base alone", "return da, db, dy @ self._weight()", "return da, db, dy @ self.w", "backward/a batch"),
        Mistake("gradients averaged over the rows", ".T @ rows  #", ".T @ rows / max(1, len(rows))  #", "backward/a batch"),
        Mistake("gradients of the first sequence alone", "dw = dy.reshape(-1, dy.shape[-1]).T @ rows",
                "dw = dy.reshape(-1, dy.shape[-1])[: dy.shape[0]].T @ rows[: dy.shape[0]]", "backward/a batch of sequences"),
        Mistake("w learns too", "        return da, db, dy @ self._weight()",
                "        dx = dy @ self._weight()\n        self.w = self.w - 0.01 * dw\n        return da, db, dx", "training/one step"),
        Mistake("merging twice adds twice", "if not self.merged:", "if True:", "merging/back and forth"),
        Mistake("unmerging what was not merged", "if self.merged:\n            self.w = self.w - self._update()\n            self.merged = False",
                "self.w = self.w - self._update()\n        self.merged = False", "merging/unmerge first"),
        Mistake("merged and still added", "self.w if self.merged else self.w + self._update()", "self.w + self._update()",
                "merging/forward after merging"),
        Mistake("unmerging adds once more", "self.w = self.w - self._update()", "self.w = self.w + self._update()", "merging/back and forth"),
        Mistake("unmerging leaves w as it is", "self.w = self.w - self._update()", "self.w = self.w", "merging/back and forth"),
        Mistake("merging writes into the caller's w", "self.w = self.w + self._update()", "self.w += self._update()", "merging/merge"),
        Mistake("merging without the factor", "self.w = self.w + self._update()", "self.w = self.w + self.b @ self.a", "merging/merge"),
        Mistake("no gradients of the factors while merged", "return da, db, dy",
                "return (0 * da, 0 * db, dy @ self.w) if self.merged else (da, db, dy @ self._weight())\n        return da, db, dy",
                "merging/gradients while merged"),
    ),
    hints=(
        "y = x (w + s b a)^T + bias with s = alpha / r. Write that with the dense matrix first; everything else must agree with it.",
        "a and b reach y only through their product, so with dW = dy^T x (summed over all rows) da and db are products with dW. Then avoid "
        "the dense matrices: x a^T has only r columns.",
        "h = x a^T; y = x w^T + s h b^T + bias. With g = s dy b: da = g^T x, db = s dy^T h, dx = dy w + g a. Keep the given w beside the merged "
        "one, and a flag; never write into an array that the caller gave.",
    ),
)  # fmt: skip
