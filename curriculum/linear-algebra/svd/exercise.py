"""Singular value decomposition, from additions and multiplications. Nothing of numpy.linalg or torch.linalg."""


def svd(a):
    """Factors of a = u @ diag(s) @ vt, reduced: with r = min(m, n), as numpy.linalg.svd(a, full_matrices=False).

    a (m, n), float64 or float32; m or n may be 0, and the rank may be less than r.
    Returns (u, s, vt): u (m, r) with orthonormal columns, s (r,) descending and not negative, vt (r, n) with
    orthonormal rows, all in a's dtype. u and vt stay orthonormal where singular values are 0 or equal. Any choice of
    signs, and of the basis that belongs to equal singular values, is right. `a` is left as it was.
    Source: Golub & Van Loan, Matrix Computations, 4th ed., section 8.6; one-sided Jacobi: Hestenes 1958
    """
    raise NotImplementedError("write svd() in impls/svd/svd.py")
