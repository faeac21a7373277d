"""Adam, AdamW and RMSprop: what an answer must do along a whole path, and what a step costs.

Sources: Kingma, Ba 2015, https://arxiv.org/abs/1412.6980; Loshchilov, Hutter 2019, https://arxiv.org/abs/1711.05101;
Reddi, Kale, Kumar 2018, https://arxiv.org/abs/1904.09237; Hinton 2012 (RMSprop, lecture 6e). Where these leave
something open, it is as torch.optim does it.
"""

import numpy as np

from harness.spec import Convention, Cost, Equivalent, Exercise, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64: the path of one parameter at a time, since parameters share nothing but the step's number ---


def adam_path(p, grads, rates, betas, eps, weight_decay, decoupled, amsgrad, convention):
    """p after every step. `convention` names one place where another definition is in use."""
    beta1, beta2 = betas
    m, v, v_max, path = 0 * p, 0 * p, 0 * p, []
    for t, (g, lr) in enumerate(zip(grads, rates, strict=True), start=1):
        if decoupled:
            p = p - (1.0 if convention == "decay without lr" else lr) * weight_decay * p
        else:
            g = g + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        correction1, correction2 = 1 - beta1**t, 1 - beta2**t
        v_max = np.maximum(v_max, v / correction2 if convention == "corrected maximum" else v)
        v_hat = v / correction2
        if amsgrad:
            v_hat = v_max if convention == "corrected maximum" else v_max / correction2
        root = np.sqrt(v_hat) + eps
        if convention == "eps inside":
            root = np.sqrt(v_hat + eps)
        if convention == "eps uncorrected":
            root = np.sqrt(v_hat) + eps / np.sqrt(correction2)
        p = p - lr * (m / correction1) / root
        path.append(p)
    return path


def rmsprop_path(p, grads, rates, alpha, eps, momentum, centered, convention):
    """p after every step."""
    mean_square, mean, buffer, path = 0 * p, 0 * p, 0 * p, []
    if convention == "starts at one":
        mean_square = mean_square + 1
    for g, lr in zip(grads, rates, strict=True):
        mean_square = alpha * mean_square + (1 - alpha) * g**2
        mean = alpha * mean + (1 - alpha) * g
        spread = mean_square - mean**2 if centered else mean_square
        root = np.sqrt(spread + eps) if convention == "eps inside" else np.sqrt(spread) + eps
        inner, outer = (lr, 1.0) if convention == "lr in the buffer" else (1.0, lr)
        buffer = momentum * buffer + inner * g / root
        p = p - outer * buffer
        path.append(p)
    return path


def reported(path_of, params, grads, keep):
    """path_of(p, its gradients) for each parameter, put together as the lists after the steps in `keep`."""
    paths = [path_of(p, [step[i] for step in grads]) for i, p in enumerate(params)]
    return tuple([path[step - 1] for path in paths] for step in keep)


def rates_of(lr, later_lr, steps):
    """The learning rate of every step; later_lr is (step, lr from then on)."""
    return [later_lr[1] if later_lr is not None and step >= later_lr[0] else lr for step in range(1, steps + 1)]


def adam(params, grads, keep, later_lr=None, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False,
         amsgrad=False, convention=None):  # fmt: skip
    """The lists of parameters after the steps in `keep`."""
    rates = rates_of(lr, later_lr, len(grads))
    options = (rates, betas, eps, weight_decay, decoupled, amsgrad, convention)
    return reported(lambda p, own: adam_path(p, own, *options), params, grads, keep)


def rmsprop(params, grads, keep, later_lr=None, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False,
            convention=None):  # fmt: skip
    """The lists of parameters after the steps in `keep`."""
    options = (rates_of(lr, later_lr, len(grads)), alpha, eps, momentum, centered, convention)
    return reported(lambda p, own: rmsprop_path(p, own, *options), params, grads, keep)


def by(oracle, convention, name):
    return Convention(name, lambda **inputs: oracle(**inputs, convention=convention))


ADAM_CONVENTIONS = (
    by(adam, "eps inside", "eps added under the root; asked is outside"),
    by(adam, "eps uncorrected", "the paper's short form, which leaves eps out of the bias correction ('epsilon hat')"),
    by(adam, "decay without lr", "decoupled decay without the factor lr, as in the AdamW paper; asked is with it"),
    by(adam, "corrected maximum", "AMSGrad's maximum taken after the bias correction; asked is before"),
)
RMSPROP_CONVENTIONS = (
    by(rmsprop, "eps inside", "eps added under the root; asked is outside"),
    by(rmsprop, "starts at one", "the mean square starts at 1, as TensorFlow 1 had it; asked is 0"),
    by(rmsprop, "lr in the buffer", "the momentum buffer holds lr times the quotient; asked is the bare quotient"),
)


# --- inputs -----------------------------------------------------------------------------------------------------


def gradients(rng, kind, step, shape):
    """One parameter's gradient at one step."""
    g = rng.standard_normal(shape) + 0.5  # not of mean 0, so that means and mean squares have something to remember
    if kind == "clear":
        return rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape)
    if kind == "fading":
        return g / step
    if kind == "sparse":
        return g * (rng.random(shape) < 0.1)
    return 0 * g if kind == "zero" else g


def inputs(rng, steps=30, rows=3, columns=4, n=None, shapes=None, kind="noisy", scale=1.0, later_lr=None, **options):
    """Parameters (rows, columns), (columns,) and (rows,), or one of (n,), or of the given shapes."""
    shapes = shapes or ([(rows, columns), (columns,), (rows,)] if n is None else [(n,)])
    # 3 to 5 from 0, so that no path ends near 0, where what counts as a small error would shrink with it
    params = [rng.uniform(3, 5, shape) * rng.choice([-1.0, 1.0], shape) for shape in shapes]
    grads = [[scale * gradients(rng, kind, step, shape) for shape in shapes] for step in range(1, steps + 1)]
    keep = sorted({1, min(2, steps), (steps + 1) // 2, steps}) if n is None else [steps]
    later = {} if later_lr is None else {"later_lr": later_lr}
    return {"params": params, "grads": grads, "keep": keep, **later, **options}


# --- properties -------------------------------------------------------------------------------------------------


def each_parameter_is_on_its_own(answer, x, check):
    """A parameter moves the same way alone as among others (the step's number counts steps, not parameters)."""
    together = answer(**x)
    for i, p in enumerate(x["params"]):
        alone = answer(**{**x, "params": [p], "grads": [[step[i]] for step in x["grads"]]})
        for step, one, all_ in zip(x["keep"], alone, together, strict=True):
            check.close(one[0], all_[i], f"parameter {i} alone after step {step}")


def scaling_all_gradients_changes_nothing(answer, x, check):
    """Gradients 1,024 times as large give the same path, as long as eps is far below them."""
    larger = [[1024 * g for g in step] for step in x["grads"]]
    for step, scaled, plain in zip(x["keep"], answer(**{**x, "grads": larger}), answer(**x), strict=True):
        for i, (got, want) in enumerate(zip(scaled, plain, strict=True)):
            check.close(got, want, f"parameter {i} after step {step}, gradients times 1,024")


def first_step_is_lr_times_the_sign(answer, x, check):
    """The first step moves every element by lr, against the sign of its gradient, whatever the gradient's size."""
    (after,) = answer(**{**x, "grads": x["grads"][:1], "keep": [1]})
    for p, g, got in zip(x["params"], x["grads"][0], after, strict=True):
        check.close(got, p - x["lr"] * np.sign(g), "parameters after one step")


# --- cases ------------------------------------------------------------------------------------------------------

ODD_SHAPES = [(), (1,), (0, 3), (2, 1, 3)]
ADAM_CASES = (
    case("default options"),
    case("one step", steps=1, lr=0.05, why="t is 1 in the first step"),
    case("thirty steps", lr=0.05),
    case("two hundred steps", steps=200, rows=2, columns=2, lr=0.01),
    case("other betas", lr=0.05, betas=(0.5, 0.9)),
    case("L2 weight decay", lr=0.05, weight_decay=0.5, why="the decay is part of the gradient, and so of both moments"),
    case("AdamW", lr=0.05, weight_decay=0.5, decoupled=True, why="the decay goes past the moments"),
    case("AMSGrad", kind="fading", lr=0.05, betas=(0.9, 0.9), amsgrad=True, why="the largest mean square so far stays"),
    case("AMSGrad and AdamW", kind="fading", lr=0.05, betas=(0.8, 0.9), amsgrad=True, weight_decay=0.2, decoupled=True),
    case("lr changed on the way", lr=0.05, later_lr=(16, 0.005), why="schedules set lr between steps"),
    case("lr changed on the way, AdamW", lr=0.05, later_lr=(16, 0.2), weight_decay=0.5, decoupled=True),
    case("gradients as small as eps", scale=1e-8, lr=0.05, mark="robust", why="eps is added outside the root"),
    case("a large eps", lr=0.05, eps=0.1, mark="robust"),
    case("zero gradients", kind="zero", lr=0.05, mark="robust", why="0 / (0 + eps) is 0: the parameters stay"),
    case("sparse gradients", kind="sparse", lr=0.05, mark="robust", why="an element may wait for a gradient"),
    case("huge gradients", scale=1e12, lr=0.05, mark="robust"),
    case("tiny gradients", scale=1e-18, lr=0.05, mark="robust"),
    case("a number, an empty array", shapes=ODD_SHAPES, steps=20, lr=0.05, mark="robust", why="() is a shape too"),
)
RMSPROP_CASES = (
    case("default options"),
    case("one step", steps=1),
    case("thirty steps", lr=0.05),
    case("two hundred steps", steps=200, rows=2, columns=2),
    case("another alpha", alpha=0.8, lr=0.05),
    case("momentum", lr=0.01, momentum=0.9),
    case("centered", lr=0.01, centered=True, why="the mean square less the squared mean is a variance"),
    case("centered, with momentum", lr=0.01, alpha=0.95, momentum=0.8, centered=True),
    case("lr changed on the way", lr=0.05, later_lr=(16, 0.005)),
    case("momentum, lr changed on the way", lr=0.01, momentum=0.9, later_lr=(16, 0.1), why="the buffer holds no lr"),
    case("gradients as small as eps", scale=1e-8, lr=0.05, mark="robust", why="eps is added outside the root"),
    case("a large eps", eps=0.1, lr=0.05, mark="robust"),
    case("zero gradients", kind="zero", centered=True, mark="robust", why="0 / (0 + eps) is 0: the parameters stay"),
    case("sparse gradients", kind="sparse", lr=0.05, mark="robust"),
    case("huge gradients", scale=1e12, lr=0.05, mark="robust"),
    case("a number, an empty array", shapes=ODD_SHAPES, steps=20, mark="robust", why="shape () is a shape too"),
)
NO_EPS = {"kind": "clear", "eps": 1e-20, "lr": 0.1}


def cost(itemsize, n, steps, **_):
    """A step reads p, g, m, v and writes p, m, v."""
    return Cost(flops=14 * n * steps, bytes_moved=7 * itemsize * n * steps)


def rmsprop_cost(itemsize, n, steps, **_):
    """A step without momentum reads p, g, mean square and writes p, mean square."""
    return Cost(flops=8 * n * steps, bytes_moved=5 * itemsize * n * steps)


FASTEST = {"numpy": "fused.py", "torch": "with_torch.py", "triton": "triton_kernel.py"}
OLD_LR = "self.old_lr = getattr(self, 'old_lr', self.lr)\n        "
REUSED = "out = self.__dict__.setdefault(f'out{i}', p + 0)\n        out[...] = "

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "Adam", inputs, ADAM_CASES, adam,
            conventions=ADAM_CONVENTIONS,
            properties=(
                holds(each_parameter_is_on_its_own, steps=10, lr=0.1),
                holds(scaling_all_gradients_changes_nothing, steps=20, **NO_EPS),
                holds(first_step_is_lr_times_the_sign, steps=1, **NO_EPS),
            ),
        ),
        Part(
            "RMSprop", inputs, RMSPROP_CASES, rmsprop,
            conventions=RMSPROP_CONVENTIONS,
            properties=(
                holds(each_parameter_is_on_its_own, steps=10, momentum=0.9, centered=True),
                holds(scaling_all_gradients_changes_nothing, steps=20, **NO_EPS),
            ),
        ),
    ),
    timings=(
        Timing(
            case("four steps of a million parameters", n=1_000_000, steps=4), cost,
            part="Adam", scaling="n", yardstick=FASTEST,
        ),
        Timing(
            case("four steps of a million parameters", n=1_000_000, steps=4), rmsprop_cost,
            part="RMSprop", scaling="n", yardstick=FASTEST,
        ),
    ),
    policy=Policy(
        banned=(
            "base", "@optim", "torch._fused_adam_", "torch._fused_adamw_", "torch._foreach_addcdiv",
            "torch._foreach_addcdiv_", "torch._foreach_addcmul_", "torch._foreach_lerp_", "torch._foreach_sqrt",
        ),
        earns=("torch.optim.Adam", "torch.optim.AdamW", "torch.optim.RMSprop"),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake(
            "no bias correction", "m_hat = self.m[i] / (1 - beta1**self.t)\n        v_hat = v / (1 - beta2**self.t)",
            "m_hat, v_hat = self.m[i], v", caught_by="first step is lr times the sign",
        ),
        Mistake(
            "the mean square is not corrected", "v_hat = v / (1 - beta2**self.t)", "v_hat = v",
            caught_by="Adam/thirty steps",
        ),
        # github.com/eriklindernoren/ML-From-Scratch, issues 35 and 90: divides by 1 - beta in every step
        Mistake(
            "bias correction without the power t",
            "m_hat = self.m[i] / (1 - beta1**self.t)\n        v_hat = v / (1 - beta2**self.t)",
            "m_hat, v_hat = self.m[i] / (1 - beta1), v / (1 - beta2)", caught_by="Adam/thirty steps",
        ),
        Mistake(
            "eps inside the root", "(v_hat**0.5 + self.eps)", "(v_hat + self.eps) ** 0.5",
            caught_by="Adam/gradients as small as eps",
        ),
        Mistake("no eps", "(v_hat**0.5 + self.eps)", "v_hat**0.5", caught_by="Adam/zero gradients"),
        Mistake("t starts at 0", "        self.t = 0", "        self.t = -1", caught_by="Adam/one step"),
        Mistake(
            "t raised once per parameter", "        p = self.params[i]\n        if",
            "        p = self.params[i]\n        self.t += i > 0\n        if",
            caught_by="Adam/each parameter is on its own",
        ),
        Mistake("AdamW's decay goes through the moments", "if self.decoupled:", "if False:", caught_by="Adam/AdamW"),
        Mistake("L2 decay goes past the moments", "if self.decoupled:", "if True:", caught_by="Adam/L2 weight decay"),
        Mistake(
            "decoupled decay without lr", "p * (1 - self.lr * self.weight_decay)", "p * (1 - self.weight_decay)",
            caught_by="Adam/AdamW",
        ),
        Mistake(
            "weight decay climbs", "g + self.weight_decay * p", "g - self.weight_decay * p",
            caught_by="Adam/L2 weight decay",
        ),
        Mistake(
            "betas swapped", "beta1, beta2 = self.betas", "beta2, beta1 = self.betas",
            caught_by="Adam/default options",
        ),
        Mistake("the maximum is not kept", "v = self.v_max[i] = self", "v = self", caught_by="Adam/AMSGrad"),
        Mistake(
            "the maximum replaces the mean square", "v = self.v_max[i] = self",
            "v = self.v[i] = self.v_max[i] = self", caught_by="Adam/AMSGrad",
        ),
        Mistake("amsgrad is ignored", "if self.amsgrad:", "if False:", caught_by="Adam/AMSGrad"),
        Mistake(
            "lr fixed by the first step", "return p - self.lr * m_hat", f"{OLD_LR}return p - self.old_lr * m_hat",
            caught_by="Adam/lr changed on the way",
        ),
        Mistake(
            "a later step overwrites what an earlier one returned",
            "return p - self.lr * m_hat / (v_hat**0.5 + self.eps)",
            f"{REUSED}p - self.lr * m_hat / (v_hat**0.5 + self.eps)\n        return out", caught_by="Adam/thirty steps",
        ),
        Mistake(
            "RMSprop: eps inside the root", "(spread**0.5 + self.eps)", "(spread + self.eps) ** 0.5",
            caught_by="RMSprop/gradients as small as eps",
        ),
        Mistake(
            "RMSprop: no root", "g / (spread**0.5 + self.eps)", "g / (spread + self.eps)",
            caught_by="RMSprop/thirty steps",
        ),
        Mistake(
            "RMSprop: alpha weighs the new square", "alpha * self.mean_square[i] + (1 - alpha) * g * g",
            "(1 - alpha) * self.mean_square[i] + alpha * g * g", caught_by="RMSprop/default options",
        ),
        Mistake("RMSprop: centered is ignored", "if self.centered:", "if False:", caught_by="RMSprop/centered"),
        Mistake(
            "RMSprop: momentum is ignored", "self.momentum * self.buffer[i] + g", "g", caught_by="RMSprop/momentum",
        ),
        Mistake(
            "RMSprop: momentum as a running mean", "self.momentum * self.buffer[i] + g",
            "self.momentum * self.buffer[i] + (1 - self.momentum) * g",
            caught_by="RMSprop/momentum",
        ),
        Mistake(
            "RMSprop: lr goes into the buffer",
            "+ g / (spread**0.5 + self.eps)\n        return self.params[i] - self.lr * self.buffer[i]",
            "+ self.lr * g / (spread**0.5 + self.eps)\n        return self.params[i] - self.buffer[i]",
            caught_by="RMSprop/momentum, lr changed on the way",
        ),
    ),
    equivalent=(
        Equivalent(
            "RMSprop._moved",
            "self.mean[i] = alpha * self.mean[i] + (1 - alpha) * g",
            "self.mean[i] = alpha * self.mean[i] - (1 - alpha) * g",
            "it starts at 0 and only its square is used, so its sign never matters",
        ),
    ),
    hints=(
        "Per parameter keep m and v (zeros like it), and one number t for all: step() raises t by one, then moves each.",
        "m and v are means that start at 0, so after t steps their weights add up to 1 - beta**t only; divide by that. "
        "Is your first step lr * sign(g)?",
        "g += weight_decay * p (or p *= 1 - lr * weight_decay if decoupled); m = b1 m + (1 - b1) g; "
        "v = b2 v + (1 - b2) g**2; p = p - lr * m / (1 - b1**t) / (sqrt(v / (1 - b2**t)) + eps), all into new arrays.",
    ),
)  # fmt: skip
