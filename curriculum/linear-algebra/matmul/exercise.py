"""Matrix multiplication, without calling one: your template. Copy of it: impls/matmul/matmul.py."""


def matmul(a, b):
    """Return the product of a (m, k) and b (k, n): entry (i, j) is the sum over p of a[i, p] * b[p, j], shape (m, n).

    The result has the dtype of a and b (they share one), and a and b stay as they were. Any of m, k, n may be 1 or 0;
    with k = 0 every sum is empty and the result is zeros. Inner sizes that differ raise ValueError, also where one of
    them is 1. Each entry comes from its own k products and none is left out, so that 0 * inf gives nan there,
    and nowhere else. a and b may be views with any strides, for instance transposed.
    Source: Cayley 1858, https://doi.org/10.1098/rstl.1858.0002; for the error, Higham 2002, section 3.5,
    https://doi.org/10.1137/1.9780898718027
    """
    raise NotImplementedError("write matmul() in impls/matmul/matmul.py")
