"""Running means: your template. x itself stays as it was."""


def running_mean(x, width):
    """Return the mean of every window of `width` neighbours of x.

    x (n,), float; width an int, 1 <= width <= n. Returns (n - width + 1,), in x's dtype.
    """
    raise NotImplementedError("write running_mean() in impls/running_mean/running_mean.py")
