"""QR by Householder reflections, and least squares with it: your template. Nothing of numpy.linalg or torch.linalg.

a is float64 or float32 of shape (m, n) with m >= n; results have its dtype. a and b stay as they were.
"""


def qr(a):
    """Return q (m, n) with orthonormal columns and r (n, n) upper triangular with q @ r = a.

    Below the diagonal r is 0 exactly. The signs of r's diagonal are free. q stays orthonormal to rounding where columns
    of a are nearly dependent, equal, or 0, and entries may be as large as 2**100 in float32. n may be 0.
    Source: Householder 1958, https://doi.org/10.1145/320941.320947
    """
    raise NotImplementedError("write qr() in impls/qr_householder/qr_householder.py")


def lstsq(a, b):
    """Return the x (n,) that makes the length of b - a @ x least; b has shape (m,), and a's columns are independent.

    The error may be some eps times the condition number of a where b - a @ x is small, not the square of it.
    Source: Golub 1965, https://doi.org/10.1007/BF01436075
    """
    raise NotImplementedError("write lstsq() in impls/qr_householder/qr_householder.py")
