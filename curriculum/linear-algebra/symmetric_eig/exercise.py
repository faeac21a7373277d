"""Eigenvalues and eigenvectors of a symmetric matrix: your template. Nothing of numpy.linalg or torch.linalg.

a (n, n) is symmetric exactly, float64 or float32; results have its dtype, and a stays as it was.
"""


def eigh(a):
    """Return (w, v): w (n,) the eigenvalues, ascending, and v (n, n) with a @ v = v * w and orthonormal columns.

    v is orthonormal to rounding also where eigenvalues are equal, or closer than rounding can tell. Any signs, and any
    basis where eigenvalues are equal, are right. n may be 0.
    Source: Golub and Van Loan 2013, sections 8.3 and 8.5; Jacobi 1846, https://doi.org/10.1515/crll.1846.30.51
    """
    raise NotImplementedError("write eigh() in impls/symmetric_eig/symmetric_eig.py")


def power_iteration(a, rng, tol=1e-5):
    """Return (lambda, v): the eigenvalue of largest size, with its sign, and a unit vector v (n,), n >= 1.

    Start at random (rng: a Generator of numpy.random, torch or cupy.random), and go on until |a v - lambda v| <= tol |lambda|;
    tol is well above rounding. lambda is a number or an array of shape (). The second-largest size is at most 0.99 of
    the largest, of either sign; for a = 0 lambda is 0 and any unit vector is right.
    Source: von Mises and Pollaczek-Geiringer 1929, https://doi.org/10.1002/zamm.19290090206
    """
    raise NotImplementedError("write power_iteration() in impls/symmetric_eig/symmetric_eig.py")
