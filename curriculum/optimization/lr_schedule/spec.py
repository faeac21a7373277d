"""Learning-rate schedules as functions of the step: which rate each step must get.

Sources: Loshchilov, Hutter 2017, https://arxiv.org/abs/1608.03983; Smith, Topin 2018, https://arxiv.org/abs/1708.07120;
where these leave something open, it is as torch.optim.lr_scheduler has it, but for what follows the last step:
torch's cosine rises again and its one-cycle raises; here the last rate stays.
"""

import numpy as np

from harness.spec import Convention, Exercise, Mistake, Part, Policy, Tolerance, case, holds

# --- oracles: all steps at once, by interpolation between the corners of each schedule --------------------------------


def rates(function):
    """An oracle for a list of steps, or for one."""

    def oracle(t, *sizes, **options):
        values = function(np.asarray(t, np.float64), *sizes, **options)
        return np.asarray(values).tolist()

    return oracle


@rates
def step_lr(t, base, every, gamma):
    drops = np.floor(t / every)
    return base * np.exp(drops * np.log(gamma))


@rates
def exponential(t, base, gamma):
    return base * np.exp(t * np.log(gamma))


@rates
def cosine(t, total, base, lr_min=0.0, warmup=0):
    falling = base + (lr_min - base) * np.sin(np.pi / 2 * np.clip((t - warmup) / max(total - warmup, 1), 0, 1)) ** 2
    rising = base * (t + 1) / max(warmup, 1)
    return np.where(t < warmup, rising, np.where(t >= total, lr_min, falling))


@rates
def one_cycle(t, total, max_lr, pct=0.3, div=25.0, final_div=1e4):
    first, last, peak = max_lr / div, max_lr / div / final_div, pct * total - 1
    up = first + (max_lr - first) * np.sin(np.pi / 2 * np.clip(t / peak, 0, 1)) ** 2
    down = max_lr + (last - max_lr) * np.sin(np.pi / 2 * np.clip((t - peak) / max(total - 1 - peak, 1e-9), 0, 1)) ** 2
    return np.where(t >= total, last, np.where(t <= peak, up, down))


@rates
def warm_up_from_zero(t, total, base, lr_min=0.0, warmup=0):
    return np.where(
        t < warmup, base * t / max(warmup, 1), cosine(t, total=total, base=base, lr_min=lr_min, warmup=warmup)
    )


@rates
def rises_again(t, total, base, lr_min=0.0, warmup=0):
    wave = lr_min + (base - lr_min) * (1 + np.cos(np.pi * (t - warmup) / max(total - warmup, 1))) / 2
    return np.where(t < warmup, base * (t + 1) / max(warmup, 1), wave)


@rates
def restarts(t, total, base, lr_min=0.0, warmup=0):
    return cosine(t % total, total=total, base=base, lr_min=lr_min, warmup=warmup)


@rates
def straight_lines(t, total, max_lr, pct=0.3, div=25.0, final_div=1e4):
    peak, last = pct * total - 1, max_lr / div / final_div
    return np.interp(t, [0, peak, total - 1], [max_lr / div, max_lr, last])


@rates
def peak_at_pct(t, total, max_lr, pct=0.3, div=25.0, final_div=1e4):
    """The peak at pct * total itself and the end at total, as fastai has it."""
    longer = {"total": total + 1, "pct": (pct * total + 1) / (total + 1)}
    return one_cycle(t, max_lr=max_lr, div=div, final_div=final_div, **longer)


# --- inputs -----------------------------------------------------------------------------------------------------


def asked(first, last, every_nth=1):
    return list(range(first, last + 1, every_nth))


def step_inputs(rng, steps=30, every=10, gamma=0.5, nth=1):
    return {"t": asked(0, steps, nth), "base": float(rng.uniform(0.5, 2)), "every": every, "gamma": gamma}


def exponential_inputs(rng, steps=20, gamma=0.9, nth=1):
    return {"t": asked(0, steps, nth), "base": float(rng.uniform(0.5, 2)), "gamma": gamma}


def cosine_inputs(rng, total=20, warmup=None, low=None, beyond=5, nth=1):
    """low: lr_min as a share of base. beyond: how many steps after the last one are asked for."""
    base = float(rng.uniform(0.5, 2))
    options = {"lr_min": None if low is None else low * base, "warmup": warmup}
    given = {name: value for name, value in options.items() if value is not None}
    return {"t": asked(0, total + beyond, nth), "total": total, "base": base} | given


def one_cycle_inputs(rng, total=20, beyond=5, nth=1, **options):
    return {"t": asked(0, total - 1 + beyond, nth), "total": total, "max_lr": float(rng.uniform(0.5, 2))} | options


# --- properties -------------------------------------------------------------------------------------------------


def a_step_multiplies_by_gamma(answer, x, check):
    """The rate is constant for `every` steps, and gamma times as large in the next `every`."""
    got = np.array(answer(**{**x, "t": asked(0, 4 * x["every"] - 1)})).reshape(4, x["every"])
    check.equal(got, got[:, :1] + 0 * got, "the rate changes between two drops")
    check.close(got[1:], x["gamma"] * got[:-1], "the rates after each drop")


def times_add_up(answer, x, check):
    """rate(s + t) * base = rate(s) * rate(t)."""
    rates_ = np.array(answer(**{**x, "t": [3, 4, 7, 0]}))
    check.close(rates_[2] * x["base"], rates_[0] * rates_[1], "the rate of step 7 times that of step 0")
    check.close(rates_[3], x["base"], "the rate of step 0")


def the_curve_is_its_own_mirror(answer, x, check):
    """The cosine k steps after its beginning and k steps before its end add up to base + lr_min; so half-way is the mean."""
    steps = asked(x["warmup"], x["total"])
    got = np.array(answer(**{**x, "t": steps}))
    check.close(got + got[::-1], np.full(len(got), x["base"] + x["lr_min"]), "rates of mirrored steps")


def warm_up_ends_where_the_cosine_begins(answer, x, check):
    """Step warmup-1 and step warmup have the rate base, and no step has a higher one, or one of 0."""
    got = np.array(answer(**{**x, "t": asked(0, x["total"] - 1)}))
    check.close(got[x["warmup"] - 1 : x["warmup"] + 1], np.full(2, x["base"]), "the rates where warm-up ends")
    check.true(got.max() <= x["base"] * (1 + 1e-12) and got.min() > 0, "a rate is above base, or not above 0")


def any_step_may_be_asked_first(answer, x, check):
    """The schedule has no memory: asked backwards, each step has the same rate."""
    check.equal(answer(**{**x, "t": x["t"][::-1]}), answer(**x)[::-1], "asked in the opposite order, rates differ")


def one_peak(answer, x, check):
    """The rate rises to max_lr, once, and falls from there."""
    got = np.array(answer(**{**x, "t": asked(0, x["total"] - 1)}))
    peak = int(np.argmax(got))
    check.close(got[peak], x["max_lr"], "the highest rate")
    check.true(np.all(np.diff(got[: peak + 1]) > 0) and np.all(np.diff(got[peak:]) < 0), "it has a second peak")


NEAR = Tolerance(1e-9, "1 + cos(x) keeps only absolute digits near pi, where right answers differ", absolute=1e-12)
EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "step_lr", step_inputs, oracle=step_lr, tolerance=NEAR, dtypes=(),
            cases=(
                case("halved every ten steps"),
                case("every step", every=1, gamma=0.9, why="then it is the exponential schedule"),
                case("a tenth every seven", every=7, gamma=0.1),
                case("gamma one", gamma=1.0, mark="robust", why="never changes"),
                case("far out", steps=5000, every=97, gamma=0.8, nth=501, mark="robust"),
            ),
            properties=(holds(a_step_multiplies_by_gamma, every=4, gamma=0.7), any_step_may_be_asked_first),
        ),
        Part(
            "exponential", exponential_inputs, oracle=exponential, tolerance=NEAR, dtypes=(),
            cases=(
                case("nine tenths"),
                case("slowly", steps=3000, gamma=0.999, nth=100),
                case("growing", gamma=1.1, mark="robust", why="a learning-rate finder raises the rate like this"),
            ),
            properties=(times_add_up, any_step_may_be_asked_first),
        ),
        Part(
            "cosine", cosine_inputs, oracle=cosine, tolerance=NEAR, dtypes=(),
            conventions=(
                Convention("warm-up starts at 0, so that the first step does nothing; asked is base / warmup", warm_up_from_zero),
                Convention("after `total` the rate rises again, as torch's CosineAnnealingLR; asked is to stay", rises_again),
                Convention("it restarts after `total`, as SGDR does; asked is to stay", restarts),
            ),
            cases=(
                case("no warm-up"),
                case("down to a tenth", low=0.1),
                case("warm-up", warmup=5),
                case("warm-up and a lowest rate", warmup=8, low=0.2),
                case("an odd number of steps", total=13, warmup=4, low=0.1),
                case("one step of warm-up", warmup=1, why="step 0 is the whole warm-up, and has base"),
                case("nothing but warm-up", total=10, warmup=10, low=0.1, mark="robust", why="base in the last step, then lr_min"),
                case("one step", total=1, mark="robust"),
                case("long after the end", total=7, beyond=60, low=0.1, mark="robust", why="the rate stays at lr_min"),
                case("a hundred thousand steps", total=100_000, warmup=2_000, beyond=5_000, nth=3_333, mark="robust"),
            ),
            properties=(
                holds(the_curve_is_its_own_mirror, warmup=6, low=0.25),
                holds(warm_up_ends_where_the_cosine_begins, warmup=6, low=0.25),
                holds(any_step_may_be_asked_first, warmup=6),
            ),
        ),
        Part(
            "one_cycle", one_cycle_inputs, oracle=one_cycle, tolerance=NEAR, dtypes=(),
            conventions=(
                Convention("straight lines up and down; asked are half cosines", straight_lines),
                Convention("the peak at pct * total and the end at total, as in fastai; asked is one step earlier", peak_at_pct),
            ),
            cases=(
                case("default options"),
                case("half up, half down", pct=0.5),
                case("a peak between two steps", total=17, pct=0.4, why="0.4 * 17 - 1 = 5.8: step 5 is below the peak, step 6 too"),
                case("other ends", pct=0.25, div=10.0, final_div=50.0),
                case("up to the end", pct=1.0, total=12, mark="robust", why="the last step is the peak"),
                case("long after the end", total=9, beyond=60, mark="robust", why="the last rate stays"),
                case("a hundred thousand steps", total=100_000, nth=3_333, mark="robust"),
            ),
            properties=(holds(one_peak, pct=0.5), any_step_may_be_asked_first),
        ),
    ),
    policy=Policy(
        banned=("base", "torch.optim.lr_scheduler"), earns=("torch.optim.lr_scheduler",), backends=("numpy",),
    ),
    mistakes=(
        Mistake("gamma in every step", "gamma ** (t // every)", "gamma ** (t / every)", caught_by="a step multiplies by gamma"),
        Mistake("drops one step late", "(t // every)", "(max(t - 1, 0) // every)", caught_by="halved every ten steps"),
        Mistake("drops one step early", "(t // every)", "((t + 1) // every)", caught_by="halved every ten steps"),
        Mistake("gamma times the number of drops", "gamma ** (t // every)", "(gamma * (t // every) if t >= every else 1)",
                caught_by="halved every ten steps"),
        Mistake("gamma is e to its size", "base * gamma**t", "base * 2.718281828459045 ** (-gamma * t)", caught_by="nine tenths"),
        Mistake("one step ahead", "base * gamma**t", "base * gamma ** (t + 1)", caught_by="times add up"),
        Mistake("t over total - 1", "(t - warmup) / (total - warmup)", "(t - warmup) / max(total - warmup - 1, 1)", caught_by="no warm-up"),
        Mistake("the first step has the rate 0", "base * (t + 1) / warmup", "base * t / warmup", caught_by="cosine/warm-up"),
        Mistake("warm-up begins at lr_min", "base * (t + 1) / warmup", "lr_min + (base - lr_min) * (t + 1) / warmup",
                caught_by="warm-up and a lowest rate"),
        Mistake("warm-up one step too long", "t < warmup", "t <= warmup < total and warmup", caught_by="cosine/warm-up"),
        Mistake("warm-up divides by one more", "(t + 1) / warmup", "(t + 1) / (warmup + 1)", caught_by="warm up ends where the cosine begins"),
        Mistake("restarts after total", "    if t >= total:\n        return lr_min\n    if t < warmup",
                "    t = t % total\n    if t < warmup", caught_by="cosine/long after the end"),
        Mistake("rises again after total", "    if t >= total:\n        return lr_min\n    if t < warmup",
                "    if warmup == total:\n        warmup = total - 1\n    if t < warmup", caught_by="cosine/long after the end"),
        Mistake("warm-up comes on top of total", "done = (t - warmup) / (total - warmup)", "done = (t - warmup) / total",
                caught_by="cosine/warm-up"),
        Mistake("the cosine runs during warm-up too", "done = (t - warmup) / (total - warmup)", "done = t / total",
                caught_by="the curve is its own mirror"),
        Mistake("a whole cosine", "cos(pi * done)", "cos(2 * pi * done)", caught_by="no warm-up"),
        Mistake("a quarter of a cosine", "(1 + cos(pi * done)) / 2", "cos(pi * done / 2)", caught_by="the curve is its own mirror"),
        Mistake("lr_min is added on top", "(base - lr_min) * (1 + cos(pi * done))", "base * (1 + cos(pi * done))", caught_by="down to a tenth"),
        Mistake("lr_min is a floor only", "lr_min + (base - lr_min) * (1 + cos(pi * done)) / 2",
                "max(lr_min, base * (1 + cos(pi * done)) / 2)", caught_by="down to a tenth"),
        Mistake("no more than 0 after the end", "        return lr_min\n", "        return 0.0\n", caught_by="down to a tenth"),
        Mistake("the peak one step late", "peak = pct * total - 1", "peak = pct * total", caught_by="one_cycle/default options"),
        Mistake("the end one step late", "(total - 1 - peak)", "(total - peak)", caught_by="one_cycle/default options"),
        Mistake("the peak rounded down", "peak = pct * total - 1", "peak = int(pct * total) - 1", caught_by="a peak between two steps"),
        Mistake("starts from 0", "first + (max_lr - first) * (1 -", "max_lr * (1 -", caught_by="one_cycle/default options"),
        Mistake("ends where it began", "max_lr / div, max_lr / div / final_div", "max_lr / div, max_lr / div", caught_by="one_cycle/default options"),
        Mistake("final_div counts from max_lr", "max_lr / div / final_div", "max_lr / final_div", caught_by="other ends"),
        Mistake("straight up", "(1 - cos(pi * t / peak)) / 2", "t / peak", caught_by="one_cycle/default options"),
        Mistake("straight down", "(1 + cos(pi * down)) / 2", "(1 - down)", caught_by="one_cycle/default options"),
        Mistake("goes on after the end", "if t > total - 1:", "if t > 1000 * total:", caught_by="one_cycle/long after the end"),
    ),
    hints=(
        "Draw each curve over the steps 0, 1, 2, ... and mark the rate at its corners: first step, end of warm-up, peak, last step, long after.",
        "Everything is a share of the way: done = (t - start) / (end - start), between 0 and 1, and (1 + cos(pi * done)) / 2 goes from 1 to 0. "
        "Which steps start and end are decides everything; treat t at or after the end first.",
        "cosine: lr_min if t >= total; base * (t + 1) / warmup if t < warmup; else lr_min + (base - lr_min) * (1 + cos(pi * (t - warmup) / (total - warmup))) / 2. "
        "one_cycle: peak = pct * total - 1, the same half cosine from max_lr / div up to max_lr at peak, and down to max_lr / div / final_div at total - 1.",
    ),
)  # fmt: skip
