"""The same with loops on the outside and numpy's nan-aware sorting on the inside: medians of a matrix (rates, seeds)."""

import numpy as np


def compare(task, optimizers, lrs, seeds):
    table = []
    for name, factory in optimizers.items():
        for lr in lrs:
            for seed in seeds:
                params = task.start(seed)
                optimizer, curve = factory(params, lr=lr), [task.loss(params)]
                for batch in task.batches(seed):
                    params = optimizer.step(task.grad(params, batch))
                    curve.append(task.loss(params))
                ends = {"validation": task.validation(params), "test": task.test(params)}
                table.append({"optimizer": name, "lr": lr, "seed": seed, "curve": curve, **ends})
    return table


def _column(table, name, key, lr=None):
    return [row[key] for row in table if row["optimizer"] == name and lr in (None, row["lr"])]


def choose(table):
    chosen = {}
    for name in dict.fromkeys(row["optimizer"] for row in table):
        rates = sorted(set(_column(table, name, "lr")))
        losses = [np.nan_to_num(_column(table, name, "validation", lr), nan=np.inf, posinf=np.inf) for lr in rates]
        chosen[name] = rates[int(np.argmin([_median(each) for each in losses]))]  # argmin: the first, smallest rate
    return chosen


def _median(values):
    """As np.median, where the mean of two infinities is infinite and not nan."""
    values = np.sort(values)
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def summarize(table):
    summary = {}
    for name, lr in choose(table).items():
        curves = np.sort(_column(table, name, "curve", lr), axis=0)
        places = np.array([0.25, 0.5, 0.75]) * (len(curves) - 1)
        below = places.astype(int)
        share = (places - below)[:, None]
        above = np.minimum(below + 1, len(curves) - 1)
        lower, middle, upper = (curves[below] * (1 - share) + curves[above] * share).tolist()
        tests = float(_median(_column(table, name, "test", lr)))
        summary[name] = {"lr": lr, "lower": lower, "median": middle, "upper": upper, "test": tests}
    return summary
