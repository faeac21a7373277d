"""Gradient descent that shows its whole path: your template. Copy of it: impls/gradient_descent/gradient_descent.py.

For numpy arrays, torch tensors or CuPy arrays; `array_api_compat.array_namespace(x0)` gives their library's functions.
"""


def gd(grad, x0, lr, n):
    """Take n steps x <- x - lr * grad(x) from x0 and return every point on the way.

    grad: a function from a point (d,) to the gradient (d,) there, in the same dtype; it is called once per step and
    no more often, as it is what costs. The array that it returns belongs to it, and may even be the one that it was
    given (the gradient of |x|^2 / 2 is x): leave it as it is.
    x0 (d,): the start, which stays as it was. lr: a float, the same in every step. n: number of steps, 0 or more.
    Returns a new array (n + 1, d) of the dtype of x0: row 0 is x0, row k the point after k steps.
    Source: Cauchy 1847, retold in Lemarechal 2012, https://www.math.uni-bielefeld.de/documenta/vol-ismp/40_lemarechal-claude.pdf
    """
    raise NotImplementedError("write gd() in impls/gradient_descent/gradient_descent.py")
