"""Linear and ridge regression: your template. Copy of it: impls/linear_regression/linear_regression.py.

x: float array (n, d), a sample a row, n and d at least 1. y: float array (n,). Results have the dtype of x, and x and y
stay as they were. The same code can serve numpy, torch and CuPy: `array_api_compat.array_namespace(x)` gives the
functions of the library that x belongs to.
"""


def fit(x, y, l2=0.0):
    """Return (w, b), weights (d,) and an intercept () that minimize sum_i (y_i - x_i.w - b)^2 + l2 * |w|^2.

    The intercept is not penalized, and the sum is a sum, not a mean. Where many (w, b) reach the minimum (l2 = 0 and
    columns that depend on each other, or n <= d) it is the w of smallest norm that is asked for; a column that is
    constant then has weight 0. Columns count as dependent where a singular value of the centred x is at most
    10 * max(n, d) * eps times the largest one, eps being that of x's dtype (10, since centring rounds as well).
    b is an array of shape () (a NumPy scalar will do).
    Nearly dependent columns keep what precision they can: the error grows with the condition number of the centred
    x, not with its square.
    Sources: Golub 1965, https://doi.org/10.1007/BF01436075; Hoerl, Kennard 1970,
    https://doi.org/10.1080/00401706.1970.10488634
    """
    raise NotImplementedError("write fit() in impls/linear_regression/linear_regression.py")


def predict(x, w, b):
    """Return x.w + b for every row: x (m, d), w (d,), b () give (m,); m may be 0."""
    raise NotImplementedError("write predict() in impls/linear_regression/linear_regression.py")
