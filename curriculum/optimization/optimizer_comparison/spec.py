"""A fair comparison of optimizers: same starts, same batches, same rates, raw curves, rates chosen on validation.

Sources: Choi et al. 2019, https://arxiv.org/abs/1910.05446; Schmidt, Schneider, Hennig 2021,
https://arxiv.org/abs/2007.01547; Rosenbrock 1960, https://doi.org/10.1093/comjnl/3.3.175
Data: the digits of Alpaydin and Kaynak 1998 (https://doi.org/10.24432/C50P49) as scikit-learn ships them, read from its
folder without importing it. In the other tasks validation and test have the training loss's form with other constants,
so that a run that reports one for another is seen.
"""

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from harness.spec import Exercise, Mistake, Part, Policy, Tolerance, case

# --- oracles ----------------------------------------------------------------------------------------------------

# How much the gradient of step i moves the parameters in step k, both counted from 1, at rate 1.
WEIGHTS = {
    "plain": lambda k, i: float(i == k),
    "sums": lambda k, i: 0.5 ** (k - i),
    "falling": lambda k, i: float(i == k) / k,
}


def loss(kind, params, part):
    p, constants = params[0], part[0]
    if kind == "quadratic":
        return np.vdot(p, constants[0] * p) / 2
    if kind == "rosenbrock":
        return (1 - p[0]) ** 2 + constants[0] * (p[1] - p[0] ** 2) ** 2
    if kind == "quartic":
        return constants[0] * np.sum(p**4) / 4
    logits = part[0] @ p + params[1]
    top = logits.max(axis=1)
    own = logits[np.arange(len(top)), part[1]]
    return np.mean(top + np.log(np.exp(logits - top[:, None]).sum(axis=1)) - own)


def grad(kind, params, part):
    p, constants = params[0], part[0]
    if kind == "quadratic":
        return [constants[0] * p + part[1].mean(axis=0)]
    if kind == "rosenbrock":
        off = p[1] - p[0] ** 2
        return [np.array([-2 * (1 - p[0]) - 4 * constants[0] * off * p[0], 2 * constants[0] * off])]
    if kind == "quartic":
        return [constants[0] * p**3]
    logits = part[0] @ p + params[1]
    off = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) - np.eye(logits.shape[1])[part[1]]
    return [np.einsum("ri,rj->ij", part[0], off) / len(off), off.mean(axis=0)]


def compare(kind, optimizers, lrs, seeds, starts, orders, data, ask="table"):
    """The table, or the number of gradients that it takes."""
    if ask == "calls":
        return len(optimizers) * len(lrs) * sum(len(order) for order in orders)
    with np.errstate(all="ignore"):
        return [
            {"optimizer": name, "lr": lr, "seed": seed} | run(kind, WEIGHTS[name], lr, starts[i], orders[i], data)
            for name in optimizers
            for lr in lrs
            for i, seed in enumerate(seeds)
        ]


def run(kind, weight, lr, params, batches, data):
    train, validation, test = data
    curve, grads = [float(loss(kind, params, train))], []
    for k, batch in enumerate(batches, start=1):
        grads.append(grad(kind, params, [part[batch] for part in train]))
        used = [(weight(k, i), g) for i, g in enumerate(grads, start=1) if weight(k, i)]
        params = [p - lr * sum(w * g[j] for w, g in used) for j, p in enumerate(params)]
        curve.append(float(loss(kind, params, train)))
    ends = {"validation": float(loss(kind, params, validation)), "test": float(loss(kind, params, test))}
    return {"curve": curve} | ends


def choose(table):
    """Sorting puts nan last, which is where inf belongs too."""
    chosen = {}
    for name in dict.fromkeys(row["optimizer"] for row in table):
        rates = sorted({row["lr"] for row in table if row["optimizer"] == name})
        medians = [middle(table, name, lr, "validation") for lr in rates]
        chosen[name] = rates[medians.index(min(medians))]
    return chosen


def middle(table, name, lr, key):
    """The median, nan being inf."""
    losses = np.sort([row[key] for row in table if (row["optimizer"], row["lr"]) == (name, lr)])
    losses = np.where(np.isnan(losses), np.inf, losses)
    return float(losses[(len(losses) - 1) // 2] + losses[len(losses) // 2]) / 2


def summarize(table):
    summary = {}
    for name, lr in choose(table).items():
        curves = np.array([row["curve"] for row in table if (row["optimizer"], row["lr"]) == (name, lr)])
        quartiles = {key: np.quantile(curves, q, axis=0).tolist() for key, q in QUARTILES.items()}
        summary[name] = {"lr": lr, **quartiles, "test": middle(table, name, lr, "test")}
    return summary


QUARTILES = {"lower": 0.25, "median": 0.5, "upper": 0.75}


# --- inputs -----------------------------------------------------------------------------------------------------


@cache
def digits():
    """Pictures (1797, 64) from 0 to 1, and their labels (1797,)."""
    found = find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(
            "optimizer_comparison reads scikit-learn's digits: pip install 'scratchmark[oracles]'"
        )
    path = Path(found.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    with gzip.open(path, "rt") as lines:
        table = np.loadtxt(lines, delimiter=",")
    return table[:, :64] / 16, table[:, 64].astype(np.int64)


def rows_of(rng, kind, rows):
    """Training, validation and test arrays; in each the first axis counts rows."""
    if kind == "softmax":
        pictures, labels = digits()
        picked = np.split(rng.permutation(len(labels))[: 3 * rows], 3)
        return [[pictures[part], labels[part]] for part in picked]
    if kind == "quadratic":  # of condition 1,000, with noise in each row's gradient
        curvatures = np.geomspace(1.0, 1e-3, 5)
        return [[np.tile(c * curvatures, (rows, 1)), rng.standard_normal((rows, 5))] for c in (1.0, 1.2, 0.7)]
    return [[np.full(rows, c)] for c in ((100.0, 90.0, 110.0) if kind == "rosenbrock" else (1.0, 1.2, 0.7))]


def inputs(rng, kind="quadratic", optimizers=("plain", "sums", "falling"), lrs=(0.3, 0.1), seeds=3, steps=12, rows=40,
           batch=8, reach=1.0):  # fmt: skip
    """seeds: how many; their numbers are drawn. reach: how far from 0 the starts lie."""
    shapes = {"softmax": [(64, 10), (10,)], "rosenbrock": [(2,)]}.get(kind, [(5,)])
    numbers = [int(seed) for seed in rng.choice(1000, seeds, replace=False)]
    starts = [[reach * rng.uniform(0.5, 1.5, s) * rng.choice([-1.0, 1.0], s) for s in shapes] for _ in numbers]
    orders = [[rng.choice(rows, batch, replace=False) for _ in range(steps)] for _ in numbers]
    given = {"optimizers": list(optimizers), "lrs": list(lrs), "seeds": numbers}
    return {"kind": kind, **given, "starts": starts, "orders": orders, "data": rows_of(rng, kind, rows)}


def table_inputs(rng, seeds=5, steps=6, lrs=(0.01, 0.1, 1.0), kind="ordinary"):
    """A table of made-up losses, in which test and the training curves prefer another rate than validation does."""
    table, ranks = [], rng.permutation(len(lrs))
    for place, name in enumerate(("momentum", "adam")):
        better = dict(zip(lrs, np.roll(ranks, place).tolist(), strict=True))  # 0: best on validation, worst elsewhere
        for lr in lrs:
            for seed in range(seeds):
                validation = 1.0 + better[lr] + float(rng.uniform(0, 0.5))
                if kind == "one lucky seed" and better[lr] == len(lrs) - 1 and seed == 1:
                    validation = 0.01
                if kind == "one bad seed" and better[lr] == 0 and seed == 2:
                    validation = 1e6
                if kind == "diverged" and better[lr] == len(lrs) - 1:  # its one survivor has the lowest loss of all
                    validation = 0.01 if seed == 1 else np.nan if seed % 3 == 0 else np.inf
                if kind == "diverged" and better[lr] == 0 and seed == 0:
                    validation = np.nan
                if kind == "ties":
                    validation = float(1 + (better[lr] == 0))
                curve = (rng.uniform(1, 2, steps) * (10 - better[lr])).tolist()
                test = float(rng.uniform(5, 6)) - better[lr]
                table.append(
                    {"optimizer": name, "lr": lr, "seed": seed, "curve": curve, "validation": validation, "test": test}
                )
    if kind == "shuffled":
        table = [table[i] for i in rng.permutation(len(table))]
    return {"table": table}


# --- properties -------------------------------------------------------------------------------------------------


def one_gradient_a_step(answer, x, check):
    """Every run takes one gradient for each of its batches, and no other."""
    want = compare(**x, ask="calls")
    calls = answer(**x, ask="calls")
    check.true(calls == want, f"{calls} gradients were asked for, where {want} steps are to be taken")


def a_run_does_not_know_of_others(answer, x, check):
    """A run gives the same row alone as in company: to the bit, whatever ran before it."""
    for row in answer(**x)[:: len(x["seeds"]) + 1][:6]:
        i = x["seeds"].index(row["seed"])
        (alone,) = answer(
            **{**x, "optimizers": [row["optimizer"]], "lrs": [row["lr"]], "seeds": [row["seed"]]}
            | {"starts": [x["starts"][i]], "orders": [x["orders"][i]]}
        )
        check.true(
            alone == row,
            f"{row['optimizer']} at lr {row['lr']}, seed {row['seed']}, gives another row when it runs alone",
        )


def all_start_at_the_same_loss(answer, x, check):
    """For one seed all curves begin with the same loss, whichever optimizer and rate."""
    for seed in x["seeds"]:
        first = {row["curve"][0] for row in answer(**x) if row["seed"] == seed}
        check.true(len(first) == 1, f"runs of seed {seed} start at {len(first)} different losses")


def the_test_loss_has_no_say(answer, x, check):
    """Other test losses and other curves choose the same rates."""
    changed = [{**row, "test": -row["test"], "curve": [0.0]} for row in x["table"]]
    check.true(answer(table=changed) == answer(**x), "rates change when only test losses and curves are changed")


def quartiles_are_in_order(answer, x, check):
    """At every step lower <= median <= upper, and all lie within the curves at the chosen rate."""
    for name, got in answer(**x).items():
        rows = [row["curve"] for row in x["table"] if (row["optimizer"], row["lr"]) == (name, got["lr"])]
        stack = np.array([np.min(rows, axis=0), got["lower"], got["median"], got["upper"], np.max(rows, axis=0)])
        check.true(np.all(np.diff(stack, axis=0) >= 0), f"the quartiles of {name} are out of order")


NEAR = Tolerance(1e-7, "a path of many steps, whose roundings differ with the order of sums", absolute=1e-10)
CASES = (
    case("a quadratic of condition 1,000"),
    case("Rosenbrock's valley", kind="rosenbrock", lrs=(1e-4, 3e-4), steps=25, reach=0.9),
    case("softmax regression on digits", kind="softmax", lrs=(0.05, 0.5), steps=10, rows=60, batch=20, reach=0.1),
    case("one optimizer, one rate, one seed", optimizers=("sums",), lrs=(0.1,), seeds=1),
    case("rates in the given order", lrs=(0.05, 0.4, 0.1), seeds=2, why="by optimizer, then lr as given, then seed"),
    case("a run that diverges", kind="quartic", lrs=(0.01, 3.0), optimizers=("plain",), reach=2.0, mark="robust",
         why="inf and nan stay in the table, and the other runs go on"),
    case("no steps", steps=0, mark="robust", why="the curve is the loss at the start"),
    case("no seeds", seeds=0, mark="robust", why="an empty table"),
)  # fmt: skip
ONE = '        {"optimizer": name, "lr": lr, "seed": seed, **one_run(task, optimizers[name], lr, seed)}\n'
EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "compare", inputs, CASES, compare, tolerance=NEAR, dtypes=("float64",),
            properties=(one_gradient_a_step, a_run_does_not_know_of_others, all_start_at_the_same_loss),
        ),
        Part(
            "choose", table_inputs, oracle=choose, dtypes=(),
            cases=(
                case("five seeds"),
                case("an even number of seeds", seeds=4),
                case("one lucky seed", kind="one lucky seed", why="one run is not a result"),
                case("one bad seed", kind="one bad seed", why="a mean would throw the best rate away for one run"),
                case("runs that diverged", kind="diverged", mark="robust", why="nan compares as nothing; it counts as inf"),
                case("equal medians", kind="ties", lrs=(1.0, 0.1, 0.01), mark="robust", why="the smaller rate"),
                case("rows in any order", kind="shuffled", mark="robust"),
                case("one seed", seeds=1, mark="robust"),
            ),
            properties=(the_test_loss_has_no_say,),
        ),
        Part(
            "summarize", table_inputs, oracle=summarize, tolerance=NEAR, dtypes=(),
            cases=(
                case("five seeds"),
                case("an even number of seeds", seeds=6, why="quartiles lie between two runs: 1.25 and 3.75 of 0 to 5"),
                case("one seed", seeds=1, mark="robust", why="then all three are its curve"),
                case("runs that diverged elsewhere", kind="diverged", mark="robust"),
                case("rows in any order", kind="shuffled", mark="robust"),
            ),
            properties=(quartiles_are_in_order,),
        ),
    ),
    policy=Policy(banned=("base", "@autograd"), uses=("gradient_descent", "momentum", "adam"), backends=("numpy", "torch")),
    mistakes=(
        Mistake("one rate for all", ONE, ONE.replace("name], lr,", "name], lrs[0],"), caught_by="a quadratic of condition 1,000"),
        Mistake("starts differ", "params = task.start(seed)", "params = [p * (1 + lr) for p in task.start(seed)]", caught_by="all start at the same loss"),
        Mistake("one start for all optimizers, which one of them moves", "params = task.start(seed)",
                "one_run.starts = getattr(one_run, 'starts', {})\n    params = one_run.starts.setdefault((id(task), seed), task.start(seed))",
                caught_by="a quadratic of condition 1,000"),
        Mistake("one optimizer for all rates and seeds", "optimizer = factory(params, lr=lr)",
                "one_run.old = getattr(one_run, 'old', {})\n    optimizer = one_run.old.setdefault((id(task), factory), factory(params, lr=lr))\n"
                "    optimizer.params, optimizer.lr = params, lr", caught_by="a quadratic of condition 1,000"),
        Mistake("the batches of the first seed for all", "task.batches(seed)",
                "task.batches(one_run.__dict__.setdefault(id(task), seed))", caught_by="a quadratic of condition 1,000"),
        Mistake("the batches used up by the first run", "task.batches(seed)",
                "one_run.__dict__.setdefault((id(task), seed), task.batches(seed))", caught_by="a quadratic of condition 1,000"),
        Mistake("the loss before the step", "        params = optimizer.step(task.grad(params, batch))\n        curve.append(task.loss(params))",
                "        curve.append(task.loss(params))\n        params = optimizer.step(task.grad(params, batch))",
                caught_by="a quadratic of condition 1,000"),
        Mistake("no loss at the start", "curve = [task.loss(params)]", "curve = []", caught_by="no steps"),
        Mistake("a smoothed curve", "curve.append(task.loss(params))", "curve.append(0.9 * curve[-1] + 0.1 * task.loss(params))",
                caught_by="a quadratic of condition 1,000"),
        Mistake("the lowest loss so far", "curve.append(task.loss(params))", "curve.append(min(curve[-1], task.loss(params)))",
                caught_by="a run that diverges"),
        Mistake("gives up a run that diverges", "        curve.append(task.loss(params))",
                "        if not task.loss(params) < 1e6:\n            break\n        curve.append(task.loss(params))", caught_by="a run that diverges"),
        Mistake("nan hidden as inf in the curve", "curve.append(task.loss(params))",
                "curve.append(inf if isnan(task.loss(params)) else task.loss(params))", caught_by="a run that diverges"),
        Mistake("validation of the training data", '"validation": task.validation(params)', '"validation": task.loss(params)',
                caught_by="a quadratic of condition 1,000"),
        Mistake("test of the validation data", '"test": task.test(params)', '"test": task.validation(params)',
                caught_by="a quadratic of condition 1,000"),
        Mistake("rates sorted", "product(optimizers, lrs, seeds)", "product(optimizers, sorted(lrs), seeds)", caught_by="rates in the given order"),
        Mistake("by seed first", "for name, lr, seed in product(optimizers, lrs, seeds)", "for seed, name, lr in product(seeds, optimizers, lrs)",
                caught_by="a quadratic of condition 1,000"),
        Mistake("two gradients a step", "        params = optimizer.step(", "        task.grad(params, batch)\n        params = optimizer.step(",
                caught_by="one gradient a step"),
        Mistake("rate chosen on test data", 'loss = row["validation"]', 'loss = row["test"]', caught_by="the test loss has no say"),
        Mistake("rate chosen on the training loss", 'loss = row["validation"]', 'loss = row["curve"][-1]', caught_by="choose/five seeds"),
        Mistake("the best single run", "(median(scores[lr]), lr)", "(min(scores[lr]), lr)", caught_by="one lucky seed"),
        Mistake("the mean", "(median(scores[lr]), lr)", "(sum(scores[lr]), lr)", caught_by="one bad seed"),
        Mistake("the largest rate of equals", "(median(scores[lr]), lr)", "(median(scores[lr]), -lr)", caught_by="equal medians"),
        Mistake("the first rate of equals", "(median(scores[lr]), lr)", "median(scores[lr])", caught_by="equal medians"),
        Mistake("nan is best", "inf if isnan(loss) else loss", "-inf if isnan(loss) else loss", caught_by="runs that diverged elsewhere"),
        Mistake("diverged runs left out", "scores.setdefault(row[\"lr\"], []).append(inf if isnan(loss) else loss)",
                "scores.setdefault(row[\"lr\"], []).extend([loss] if loss < inf else [])\n"
                "        scores = {lr: v or [inf] for lr, v in scores.items()}", caught_by="runs that diverged"),
        Mistake("one rate for all optimizers", "        chosen[name] = min(", "        chosen[name] = next(iter(chosen.values()), None) or min(",
                caught_by="choose/five seeds"),
        Mistake("minimum and maximum as quartiles", "[0.25, 0.5, 0.75]", "[0.0, 0.5, 1.0]", caught_by="summarize/five seeds"),
        Mistake("mean instead of median", "lower, middle, upper = np.quantile",
                "rows = [{**row, 'curve': np.mean([r['curve'] for r in rows], axis=0)} for row in rows]\n        lower, middle, upper = np.quantile", caught_by="summarize/five seeds"),
        Mistake("quartiles over steps", "axis=0).tolist()", "axis=1).tolist()", caught_by="summarize/five seeds"),
        Mistake("quartiles over all rates", 'row["optimizer"] == name and row["lr"] == lr]', 'row["optimizer"] == name]',
                caught_by="summarize/five seeds"),
        Mistake("lower and upper swapped", "lower, middle, upper", "upper, middle, lower", caught_by="quartiles are in order"),
        Mistake("the best test loss of the seeds", "tests = median(", "tests = min(", caught_by="summarize/five seeds"),
    ),
    hints=(
        "Which three things decide a run, and what must therefore be made anew for each run and be the same for equal seeds?",
        "Write one function for one run (start, optimizer, batches, curve) and call it in three nested loops. Medians, not means or minima; nan must not "
        "take part in comparisons, since every one of them is False.",
        "one_run: params = task.start(seed); opt = factory(params, lr=lr); curve = [task.loss(params)]; per batch params = opt.step(task.grad(params, batch)), append "
        "the loss. choose: per optimizer the lr with the smallest (median of validation, nan as inf; lr). summarize: np.quantile(curves at it, [0.25, 0.5, 0.75], axis=0).",
    ),
)  # fmt: skip
