"""Every run is a function of (optimizer, lr, seed) alone; the choice of rates and the summary read the table."""

from itertools import product
from math import inf, isnan
from statistics import median

import numpy as np


def compare(task, optimizers, lrs, seeds):
    return [
        {"optimizer": name, "lr": lr, "seed": seed, **one_run(task, optimizers[name], lr, seed)}
        for name, lr, seed in product(optimizers, lrs, seeds)
    ]


def one_run(task, factory, lr, seed):
    """A fresh start, a fresh optimizer, a fresh iterator over the batches of this seed."""
    params = task.start(seed)
    optimizer = factory(params, lr=lr)
    curve = [task.loss(params)]
    for batch in task.batches(seed):
        params = optimizer.step(task.grad(params, batch))
        curve.append(task.loss(params))
    return {"curve": curve, "validation": task.validation(params), "test": task.test(params)}


def choose(table):
    chosen = {}
    for name in dict.fromkeys(row["optimizer"] for row in table):
        scores = {}
        for row in table:
            if row["optimizer"] == name:
                loss = row["validation"]
                scores.setdefault(row["lr"], []).append(inf if isnan(loss) else loss)
        chosen[name] = min(scores, key=lambda lr: (median(scores[lr]), lr))
    return chosen


def summarize(table):
    summary = {}
    for name, lr in choose(table).items():
        rows = [row for row in table if row["optimizer"] == name and row["lr"] == lr]
        lower, middle, upper = np.quantile([row["curve"] for row in rows], [0.25, 0.5, 0.75], axis=0).tolist()
        tests = median(row["test"] for row in rows)
        summary[name] = {"lr": lr, "lower": lower, "median": middle, "upper": upper, "test": tests}
    return summary
