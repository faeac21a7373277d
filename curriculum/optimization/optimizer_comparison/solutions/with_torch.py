"""Parameters pass through as torch tensors; the table holds Python floats, and torch takes their quartiles."""

from math import inf, isnan
from statistics import median

import torch


def compare(task, optimizers, lrs, seeds):
    runs = ((name, lr, seed) for name in optimizers for lr in lrs for seed in seeds)
    return [_run(task, optimizers[name], name, lr, seed) for name, lr, seed in runs]


def _run(task, factory, name, lr, seed):
    params = task.start(seed)
    optimizer, curve = factory(params, lr=lr), [task.loss(params)]
    for batch in task.batches(seed):
        params = optimizer.step(task.grad(params, batch))
        curve.append(task.loss(params))
    ends = {"validation": task.validation(params), "test": task.test(params)}
    return {"optimizer": name, "lr": lr, "seed": seed, "curve": curve, **ends}


def _rows(table, name, lr):
    return [row for row in table if (row["optimizer"], row["lr"]) == (name, lr)]


def choose(table):
    chosen = {}
    for name in dict.fromkeys(row["optimizer"] for row in table):
        rates = sorted({row["lr"] for row in table if row["optimizer"] == name})
        chosen[name] = min(rates, key=lambda lr: _score(_rows(table, name, lr)))  # of equals the first, smallest rate
    return chosen


def _score(rows):
    return median(inf if isnan(row["validation"]) else row["validation"] for row in rows)


def summarize(table):
    summary = {}
    for name, lr in choose(table).items():
        rows = _rows(table, name, lr)
        curves = torch.tensor([row["curve"] for row in rows], dtype=torch.float64)
        shares = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
        lower, middle, upper = torch.quantile(curves, shares, dim=0).tolist()
        tests = median(row["test"] for row in rows)
        summary[name] = {"lr": lr, "lower": lower, "median": middle, "upper": upper, "test": tests}
    return summary
