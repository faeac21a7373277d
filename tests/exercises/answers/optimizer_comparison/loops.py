"""Grouped by hand in dictionaries; medians and quantiles by sorting, without numpy."""

import math


def compare(task, optimizers, lrs, seeds):
    rows = []
    for name in optimizers:
        for lr in lrs:
            for seed in seeds:
                params = task.start(seed)
                optimizer = optimizers[name](params, lr=lr)
                row = {"optimizer": name, "lr": lr, "seed": seed, "curve": []}
                row["curve"].append(task.loss(params))
                for batch in list(task.batches(seed)):
                    grads = task.grad(params, batch)
                    params = optimizer.step(grads)
                    row["curve"].append(task.loss(params))
                row["validation"] = task.validation(params)
                row["test"] = task.test(params)
                rows.append(row)
    return rows


def quantile(values, q):
    values = sorted(math.inf if v != v else v for v in values)
    place = q * (len(values) - 1)
    i = int(place)
    if place == i:
        return values[i]
    return values[i] + (values[i + 1] - values[i]) * (place - i) if values[i + 1] < math.inf else math.inf


def choose(table):
    groups = {}
    for row in table:
        groups.setdefault(row["optimizer"], {}).setdefault(row["lr"], []).append(row["validation"])
    best = {}
    for name, rates in groups.items():
        best_lr, best_loss = None, None
        for lr in sorted(rates):
            loss = quantile(rates[lr], 0.5)
            if best_lr is None or loss < best_loss:
                best_lr, best_loss = lr, loss
        best[name] = best_lr
    return best


def summarize(table):
    result = {}
    for name, lr in choose(table).items():
        rows = [r for r in table if r["optimizer"] == name and r["lr"] == lr]
        steps = range(len(rows[0]["curve"]))
        result[name] = {"lr": lr, "test": quantile([r["test"] for r in rows], 0.5)}
        for key, q in (("lower", 0.25), ("median", 0.5), ("upper", 0.75)):
            result[name][key] = [quantile([r["curve"][k] for r in rows], q) for k in steps]
    return result
