"""SGD with momentum, dampening, Nesterov's step and weight decay: what an answer must do, and what a step costs.

Sources: Polyak 1964, https://doi.org/10.1016/0041-5553(64)90137-5; Nesterov's form as in Sutskever et al. 2013,
https://proceedings.mlr.press/v28/sutskever13.html; where these leave something open, it is as torch.optim.SGD does it.

The oracle keeps no buffer: it unrolls the recursion, b_t = sum over the steps i that the parameter took of
w_i * momentum^(t - i) * g_i with w_i = 1 - dampening, but 1 for the first.
"""

from harness.spec import Convention, Cost, Exercise, Mistake, Part, Policy, Timing, case, holds


def path_of(p, grads, rates, momentum, dampening, nesterov, weight_decay, convention=None):
    """One parameter after every step. `convention` names one place where another definition is in use."""
    past, path = [], []  # the gradients of the steps that it took, each with its weight and its rate
    for g, lr in zip(grads, rates, strict=True):
        if g is not None:
            g = g + (0.0 if convention == "decoupled decay" else weight_decay) * p
            first = not past and convention != "first step dampened"
            past.append((1.0 if first else 1 - dampening, lr if convention == "lr in the buffer" else 1.0, g))
            buffer = sum(w * r * momentum**age * g for age, (w, r, g) in enumerate(reversed(past)))
            outer = 1.0 if convention == "lr in the buffer" else lr
            step = past[-1][1] * g + momentum * buffer if nesterov else buffer
            if momentum == 0:
                step = past[-1][1] * g
            shrunk = p * (1 - lr * weight_decay) if convention == "decoupled decay" else p
            p = shrunk - outer * step
        path.append(p)
    return path


def sgd(params, grads, keep, lr, later_lr=None, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0,
        reuse=False, convention=None):  # fmt: skip
    """Oracle: the lists of parameters after the steps in `keep`. `reuse` is about memory and changes no number."""
    steps = range(1, len(grads) + 1)
    rates = [later_lr[1] if later_lr is not None and step >= later_lr[0] else lr for step in steps]
    options = (rates, momentum, dampening, nesterov, weight_decay, convention)
    paths = [path_of(p, [step[i] for step in grads], *options) for i, p in enumerate(params)]
    return tuple([path[step - 1] for path in paths] for step in keep)


def by(convention, name):
    return Convention(name, lambda **inputs: sgd(**inputs, convention=convention))


CONVENTIONS = (
    by(
        "lr in the buffer",
        "lr times the gradient goes into the buffer, as in Sutskever 2013; asked is the bare gradient",
    ),
    by("first step dampened", "the first gradient is dampened too; asked is the gradient itself, as in torch"),
    by("decoupled decay", "decoupled weight decay (SGDW); asked is decay as part of the gradient"),
)


# --- inputs -----------------------------------------------------------------------------------------------------


def inputs(rng, steps=20, rows=3, columns=4, n=None, shapes=None, kind="noisy", scale=1.0, **options):
    """Parameters (rows, columns), (columns,), (columns,) again and (rows,), or one of (n,), or of the given shapes."""
    shapes = shapes or ([(rows, columns), (columns,), (columns,), (rows,)] if n is None else [(n,)])
    # 3 to 5 from 0, so that no path ends near 0, where what counts as a small error would shrink with it
    params = [rng.uniform(3, 5, shape) * rng.choice([-1.0, 1.0], shape) for shape in shapes]
    grads = [[scale * (rng.standard_normal(shape) + 0.5) for shape in shapes] for _ in range(steps)]
    if kind == "one push":
        grads = [[g if step == 0 else 0 * g for g in own] for step, own in enumerate(grads)]
    if kind == "zero":
        grads = [[0 * g for g in own] for own in grads]
    if kind == "missing":  # parameter i has no gradient in every third step, the second one none until step 4
        grads = [
            [None if (step + i) % 3 == 2 or (i == 1 and step < 3) else g for i, g in enumerate(own)]
            for step, own in enumerate(grads)
        ]
    keep = sorted({1, min(2, steps), (steps + 1) // 2, steps}) if n is None else [steps]
    return {"params": params, "grads": grads, "keep": keep, "lr": 0.05, **options}


SHAPES = [(), (1,), (0, 3), (2, 1, 3)]
CASES = (
    case("plain", why="momentum 0 is gradient descent"),
    case("one step", steps=1, momentum=0.9, why="the buffer starts as the first gradient"),
    case("momentum", momentum=0.9),
    case("one push", kind="one push", momentum=0.8, why="with zero gradients it coasts, 0.8 times as far each step"),
    case("dampening", momentum=0.9, dampening=0.5, why="the first gradient is not dampened"),
    case("Nesterov", momentum=0.9, nesterov=True, why="it looks ahead along the new buffer"),
    case("weight decay", weight_decay=0.5),
    case("momentum and weight decay", momentum=0.9, weight_decay=0.1, why="the decay goes through the buffer too"),
    case("momentum, dampening, weight decay", momentum=0.7, dampening=0.2, weight_decay=0.3),
    case("Nesterov and weight decay", momentum=0.7, nesterov=True, weight_decay=0.3),
    case("dampening without momentum", dampening=0.5, why="without momentum there is no buffer, and nothing to dampen"),
    case("eighty steps", steps=80, rows=2, columns=2, momentum=0.95, lr=0.01),
    case("lr changed on the way", momentum=0.9, later_lr=(11, 0.005), why="the buffer holds no lr"),
    case("lr changed on the way, Nesterov", momentum=0.9, nesterov=True, later_lr=(11, 0.2)),
    case("missing gradients", kind="missing", momentum=0.9, dampening=0.3, weight_decay=0.2, mark="robust",
         why="None: nothing moves, nothing decays, and the first step is still to come"),
    case("the caller reuses the gradients' memory", momentum=0.9, reuse=True, mark="robust",
         why="a buffer that is the gradient's own array changes when the caller writes the next gradient there"),
    case("zero gradients", kind="zero", momentum=0.9, mark="robust"),
    case("huge gradients", scale=1e12, momentum=0.9, mark="robust", why="nothing is normalized or clipped"),
    case("tiny gradients", scale=1e-12, momentum=0.9, lr=1e11, mark="robust"),
    case("a number, an empty array", shapes=SHAPES, momentum=0.9, nesterov=True, mark="robust", why="() is a shape too"),
    case("Nesterov without momentum", nesterov=True, raises=("ValueError",), mark="robust"),
    case("Nesterov with dampening", momentum=0.9, dampening=0.1, nesterov=True, raises=("ValueError",), mark="robust"),
)  # fmt: skip


# --- properties -------------------------------------------------------------------------------------------------


def each_parameter_is_on_its_own(answer, x, check):
    """A parameter moves the same way alone as among others: buffers are not shared, not even by equal shapes."""
    together = answer(**x)
    for i, p in enumerate(x["params"]):
        alone = answer(**{**x, "params": [p], "grads": [[step[i]] for step in x["grads"]]})
        for step, one, all_ in zip(x["keep"], alone, together, strict=True):
            check.close(one[0], all_[i], f"parameter {i} alone after step {step}")


def a_steady_slope_is_taken_in_longer_steps(answer, x, check):
    """Along a constant gradient the step tends to lr / (1 - momentum) times the gradient."""
    steady = {**x, "grads": [x["grads"][0]] * 80, "keep": [79, 80]}
    before, after = answer(**steady)
    for i, (p, q, g) in enumerate(zip(before, after, x["grads"][0], strict=True)):
        near = x["lr"] / (1 - x["momentum"]) * g  # what is missing is 0.5^80
        check.close(q, p - near, f"parameter {i}, the last of 80 steps along one gradient", slack=8)


def doubling_the_gradients_doubles_the_path(answer, x, check):
    """Without weight decay the way from the start is linear in the gradients."""
    double = answer(**{**x, "grads": [[2 * g for g in step] for step in x["grads"]]})
    for step, once, twice in zip(x["keep"], answer(**x), double, strict=True):
        for i, (p, q, r) in enumerate(zip(x["params"], once, twice, strict=True)):
            check.close(r, 2 * q - p, f"parameter {i} after step {step}, gradients doubled")


def cost(itemsize, n, steps, **_):
    """A step reads p, g, b and writes p, b."""
    return Cost(flops=4 * n * steps, bytes_moved=5 * itemsize * n * steps)


BUFFER = "b = g if b is None else self.momentum * b + (1 - self.dampening) * g"
EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "SGD", inputs, CASES, sgd,
            conventions=CONVENTIONS,
            properties=(
                holds(each_parameter_is_on_its_own, steps=8, momentum=0.9),
                holds(a_steady_slope_is_taken_in_longer_steps, steps=1, momentum=0.5),
                holds(doubling_the_gradients_doubles_the_path, momentum=0.9, nesterov=True),
            ),
        ),
    ),
    timings=(
        Timing(
            case("four steps of a million parameters", n=1_000_000, steps=4, momentum=0.9), cost,
            scaling="n", yardstick={"numpy": "fused.py", "torch": "with_torch.py", "triton": "triton_kernel.py"},
        ),
    ),
    policy=Policy(
        banned=(
            "base", "@optim", "torch._fused_sgd_", "torch._foreach_add", "torch._foreach_add_", "torch._foreach_mul",
            "torch._foreach_mul_", "torch._foreach_lerp_",
        ),
        earns=("torch.optim.SGD",),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("a running mean instead of a sum", BUFFER, "b = (0 if b is None else self.momentum * b) + (1 - self.momentum) * g",
                caught_by="momentum"),
        Mistake("the first gradient is dampened", BUFFER, "b = (0 if b is None else self.momentum * b) + (1 - self.dampening) * g",
                caught_by="dampening"),
        Mistake("dampening is ignored", "(1 - self.dampening) * g", "g", caught_by="dampening"),
        Mistake("dampening multiplies", "(1 - self.dampening) * g", "self.dampening * g", caught_by="momentum"),
        Mistake("dampening weighs the old buffer", "self.momentum * b + (1 - self.dampening) * g",
                "(1 - self.dampening) * self.momentum * b + g", caught_by="dampening"),
        Mistake("momentum is ignored", "self.momentum * b + (1", "0 * b + (1", caught_by="one push"),
        Mistake("momentum multiplies twice", "self.momentum * b + (1", "self.momentum**2 * b + (1", caught_by="one push"),
        Mistake("lr goes into the buffer", f"{BUFFER}\n        self.buffers[i] = b",
                f"g = self.lr * g\n        {BUFFER}\n        self.buffers[i] = b\n        return p - (g + self.momentum * b if self.nesterov else b)",
                caught_by="lr changed on the way"),
        Mistake("Nesterov with the old buffer, which is plain momentum", "g + self.momentum * b if self.nesterov else b", "b", caught_by="Nesterov"),
        Mistake("Nesterov steps along the buffer twice", "g + self.momentum * b if", "b + self.momentum * b if", caught_by="Nesterov"),
        Mistake("one buffer for all parameters of a shape", "p, b = self.params[i], self.buffers[i]",
                "p, i = self.params[i], [q.shape for q in self.params].index(self.params[i].shape)\n        b = self.buffers[i]",
                caught_by="each parameter is on its own"),
        Mistake("weight decay climbs", "g + self.weight_decay * p", "g - self.weight_decay * p", caught_by="weight decay"),
        Mistake("weight decay times lr", "g + self.weight_decay * p", "g + self.lr * self.weight_decay * p", caught_by="weight decay"),
        Mistake("decoupled weight decay", "        g = g + self.weight_decay * p",
                "        g, p = g + 0 * p, p * (1 - self.lr * self.weight_decay)", caught_by="momentum and weight decay"),
        Mistake("decays from the start's values", "return p - self.lr * direction",
                "self.q = getattr(self, 'q', {})\n        self.q.setdefault(i, p)\n"
                "        return p - self.lr * direction - self.lr * self.weight_decay * (self.q[i] - p)", caught_by="weight decay"),
        Mistake("dampened without momentum", "        if self.momentum == 0:\n            direction = g\n", "",
                caught_by="dampening without momentum"),
        Mistake("lr fixed by the first step", "return p - self.lr * direction",
                "self.old = getattr(self, 'old', self.lr)\n        return p - self.old * direction", caught_by="lr changed on the way"),
        Mistake("no gradient taken for zero", "            if g is not None:\n                self.params[i] = self._moved(i, g)",
                "            self.params[i] = self._moved(i, 0 * self.params[i] if g is None else g)", caught_by="missing gradients"),
        Mistake("a step without gradient forgets the buffer", "            if g is not None:\n",
                "            if g is None:\n                self.buffers[i] = None\n            if g is not None:\n",
                caught_by="missing gradients"),
        Mistake("the buffer is the gradient's own array", "g = g + self.weight_decay * p",
                "g = g + self.weight_decay * p if self.weight_decay else g", caught_by="the caller reuses the gradients' memory"),
        Mistake("moves the caller's parameters", "return p - self.lr * direction",
                "p -= self.lr * direction\n        return p", caught_by="momentum"),
        Mistake("Nesterov without momentum is let through", "momentum == 0 or dampening", "dampening",
                caught_by="Nesterov without momentum"),
        Mistake("Nesterov with dampening is let through", "(momentum == 0 or dampening != 0)", "momentum == 0",
                caught_by="Nesterov with dampening"),
        Mistake("climbs", "return p - self.lr", "return p + self.lr", caught_by="plain"),
    ),
    hints=(
        "What must the object remember between two steps, and how many of these does it need?",
        "The buffer of a parameter is the sum of its past gradients, each momentum times lighter for every step since. It begins as the "
        "first gradient, undampened; lr stays outside, so that a new lr acts at once. Nesterov adds the fresh gradient to momentum times the new buffer.",
        "g += weight_decay * p (as a new array); b = g at first, then momentum * b + (1 - dampening) * g; d = g + momentum * b if nesterov, "
        "else b (g where momentum is 0); p = p - lr * d. Skip parameters whose gradient is None.",
    ),
)  # fmt: skip
