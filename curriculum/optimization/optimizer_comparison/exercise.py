"""A fair comparison of optimizers: your template. Copy of it: impls/optimizer_comparison/optimizer_comparison.py.

A *table* is a list of rows, one for each run, each a dict: {"optimizer": name, "lr": float, "seed": int,
"curve": list of floats, "validation": float, "test": float}. Losses may be inf or nan: a run that diverges is a
result like any other, and stays in the table.
What makes comparisons fair, and how the choice of rates decides them: Choi et al. 2019, https://arxiv.org/abs/1910.05446;
Schmidt, Schneider, Hennig 2021, https://arxiv.org/abs/2007.01547
"""


def compare(task, optimizers, lrs, seeds):
    """Run every optimizer with every rate on every seed, and return the table: by optimizer, then lr, then seed.

    optimizers: a dict from names to factories; factory(params, lr=...) makes an optimizer of its own memory, whose
    step(grads) returns the new params. It may also write into the params that it was given.
    task has these methods, and does not change:
      start(seed)    -> params, a list of new arrays, the same values for the same seed
      batches(seed)  -> an iterator over the batches of the whole run, the same ones for the same seed; to be used up
      grad(params, batch) -> list of gradients
      loss(params), validation(params), test(params) -> float
    A run: the start of its seed, and one step for each batch. curve[0] is task.loss at the start and curve[k] that
    after k steps, as it is, not smoothed. "validation" and "test" are those of the last params.
    """
    raise NotImplementedError("write compare() in impls/optimizer_comparison/optimizer_comparison.py")


def choose(table):
    """Return for each optimizer the rate with the lowest median validation loss over its seeds: {name: lr}.

    nan counts as inf. Equal medians: the smaller rate. The test loss is not looked at. Names come in the table's order.
    """
    raise NotImplementedError("write choose() in impls/optimizer_comparison/optimizer_comparison.py")


def summarize(table):
    """Return for each optimizer what it did at the rate that choose(table) gives, over its seeds, as a dict of dicts:

    {name: {"lr": rate, "lower": [...], "median": [...], "upper": [...], "test": median of the test losses}} where lower,
    median and upper are quartiles of the curves, step by step, interpolated linearly (the method of numpy.quantile).
    """
    raise NotImplementedError("write summarize() in impls/optimizer_comparison/optimizer_comparison.py")
