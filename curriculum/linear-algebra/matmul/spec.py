"""Matrix multiplication: what an answer must do, and what it costs.

Sources: Cayley 1858, https://doi.org/10.1098/rstl.1858.0002; the bound of an entry's error is in Higham 2002, section
3.5, https://doi.org/10.1137/1.9780898718027

Sizes: a is (m, k), b is (k, n); `size` stands for all three. The long sums have 509 terms: a running sum in float32 errs by
0.19 of what is allowed there (median of 3,000 seeds, 0.70 at most); of 2,053 terms it fails once in 200 seeds, of 1,021 once
in 3,000, since the reference sums in pairs.
"""

import numpy as np

from harness.spec import FLOAT, Array, Cost, Exercise, Mistake, Part, Policy, Timing, case, holds


def matmul(a, b, layout="rows"):
    """Oracle: NumPy's product, in float64; how the factors lie in memory changes nothing."""
    return a @ b


def matrix(rng, rows, columns, kind):
    """Random entries; `kind` says what is special about them."""
    x = rng.standard_normal((rows, columns))
    if kind == "positive":
        return rng.uniform(0.5, 1.5, (rows, columns))
    if kind == "whole":
        return rng.integers(-9, 10, (rows, columns)).astype(float)
    if kind == "uneven":  # rows and columns of very different sizes
        return x * 10.0 ** rng.integers(-6, 7, (rows, 1)) * 10.0 ** rng.integers(-6, 7, (1, columns))
    return x


def inputs(rng, m=3, k=4, n=5, size=None, kind="normal", scale=1.0, layout=None, inner=None):
    """Two factors; `inner` gives b another inner size than a has."""
    m, k, n = (m, k, n) if size is None else (size, size, size)
    a, b = matrix(rng, m, k, kind), matrix(rng, k if inner is None else inner, n, kind)
    if kind == "infinite" and a.size and b.size:
        a[0, 0], b[0, 0] = 0.0, np.inf  # entry (0, 0) holds 0 * inf
    return {"a": scale * a, "b": scale * b} | ({} if layout is None else {"layout": layout})


# --- properties -----------------------------------------------------------------------------------------------


def every_entry_is_within_its_own_bound(answer, x, check):
    """The error of entry (i, j) is at most k eps times the sum of |a_ip| |b_pj|, however small the entry is."""
    a, b = (np.asarray(x[name]).astype(check.dtype).astype(np.float64) for name in "ab")
    bound = a.shape[1] * np.finfo(check.dtype).eps * (np.abs(a) @ np.abs(b))
    check.true(np.abs(answer(**x) - a @ b) <= bound, "an entry is further off than k eps (|A| |B|)")


def the_transpose_of_a_product_swaps_the_factors(answer, x, check):
    """(AB)^T = B^T A^T."""
    turned = answer(a=np.ascontiguousarray(x["b"].T), b=np.ascontiguousarray(x["a"].T))
    check.close(turned.T, answer(**x), "B^T A^T, transposed")


def the_identity_changes_nothing(answer, x, check):
    """Multiplying by the identity from either side gives the matrix itself, exactly."""
    a = x["a"]
    check.equal(answer(a=a, b=np.eye(a.shape[1])), a, "A I is not A")
    check.equal(answer(a=np.eye(a.shape[0]), b=a), a, "I A is not A")


def three_factors_may_be_bracketed_either_way(answer, x, check):
    """(A B) C = A (B C), exactly for small whole numbers, though A B is not B A."""
    a, b = x["a"], x["b"]
    c = np.ascontiguousarray(b.T)
    check.equal(answer(a=answer(a=a, b=b), b=c), answer(a=a, b=answer(a=b, b=c)), "(A B) C and A (B C) differ")


def columns_do_not_see_each_other(answer, x, check):
    """Column j of the product is A times column j of B."""
    whole = answer(**x)
    for j in (0, -1):
        alone = answer(a=x["a"], b=np.ascontiguousarray(x["b"][:, [j]]))
        check.close(alone[:, 0], whole[:, j], f"column {j} alone")


# --- speed ----------------------------------------------------------------------------------------------------


def cost(itemsize, size, **_):
    """k products and k sums an entry; both factors read once, the product written once."""
    return Cost(flops=2 * size**3, bytes_moved=3 * itemsize * size**2)


DIFFERENT = "the inner sizes must agree; broadcasting would stretch a 1 without a word"
FASTEST = {"numpy": "blocked.py", "torch": "with_torch.py", "cupy": "with_cupy.py", "triton": "triton_kernel.py"}

EXERCISE = Exercise(
    version=2,
    parts=(
        Part(
            "matmul",
            inputs,
            (
                case("small"),
                case("square", size=6),
                case("tall times wide", m=17, k=2, n=13, why="the inner size may be the smallest"),
                case("wide times tall", m=2, k=19, n=3, why="or the largest"),
                case("row times column", m=1, k=7, n=1, why="a 1 x 1 matrix, not a number"),
                case("column times row", m=6, k=1, n=4, why="an inner size of 1: one product an entry"),
                case("matrix times column", m=5, k=4, n=1),
                case("more than a block", m=67, k=35, n=41, mark="robust", why="67, 35 and 41 are no multiples of a block"),
                case("long sums", m=3, k=509, n=4, mark="robust", why="509 terms an entry"),
                case("long sums of positive numbers", m=3, k=509, n=4, kind="positive", mark="robust"),
                case("nothing to sum", k=0, mark="robust", why="an empty sum is 0"),
                case("no rows", m=0, mark="robust", why="the product has no rows either"),
                case("no columns", n=0, mark="robust", why="the product has no columns either"),
                case("stored by columns", m=6, k=5, n=7, layout="columns", mark="robust", why="strides may be anything"),
                case("every second column", m=6, k=5, n=7, layout="every second", mark="robust", why="strides may be anything"),
                case("rows of very different sizes", m=6, k=5, n=7, kind="uneven", mark="robust"),
                case("large numbers", scale=1e15, mark="robust", why="products of 1e30, which float32 still holds"),
                case("zero times infinity", m=4, kind="infinite", mark="robust", why="nan at (0, 0), inf below it, finite elsewhere"),
                case("inner sizes differ", k=4, inner=3, raises=("ValueError",), mark="robust", why=DIFFERENT),
                case("the inner size of b is 1", k=4, inner=1, raises=("ValueError",), mark="robust", why=DIFFERENT),
                case("the inner size of a is 1", k=1, inner=4, raises=("ValueError",), mark="robust", why=DIFFERENT),
            ),
            oracle=matmul,
            outputs=lambda a, b, **_: Array(FLOAT, (a.shape[0], b.shape[1])),
            properties=(
                holds(every_entry_is_within_its_own_bound, m=9, k=23, n=8, kind="uneven"),
                holds(the_transpose_of_a_product_swaps_the_factors, m=4, k=6, n=3),
                holds(the_identity_changes_nothing, m=4, k=7),
                holds(three_factors_may_be_bracketed_either_way, kind="whole"),
                holds(columns_do_not_see_each_other, m=5, k=6, n=9),
            ),
        ),
    ),
    timings=(
        Timing(
            case("160 x 160 x 160", size=160), cost, scaling="size", yardstick=FASTEST,
            library={"numpy": "numpy.matmul(a, b)", "torch": "torch.matmul(a, b)"},
        ),
    ),
    policy=Policy(
        banned=(
            "base", "@matmul", "@linalg", "numpy.linalg", "numpy.matvec", "numpy.vecmat", "numpy.convolve", "numpy.correlate",
            "numpy.fft", "numpy.ndarray.dot", "numpy.matrix", "torch.nn", "torch.fft", "torch.mv", "torch.dot", "torch.vdot",
            "torch.inner", "torch.baddbmm", "torch.addbmm", "torch.addmv", "torch.chain_matmul", "torch.conv1d", "torch.conv2d",
            "torch.Tensor.matmul", "torch.Tensor.mm", "torch.Tensor.dot", "cupy.tensordot", "cupy.inner", "cupy.vdot", "cupy.fft",
        ),
        earns=("numpy.matmul", "torch.matmul", "cupy.matmul", "@"),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("b indexed as if transposed", "b[:, j]", "b[j, :]", "square"),
        Mistake("a indexed as if transposed", "xp.sum(a * b", "xp.sum(a.T * b", "square"),
        Mistake("sums down the columns of a", "xp.sum(a * b[:, j], axis=1)", "xp.sum(a * b[:, j, None], axis=0)", "square"),
        Mistake("works for square matrices only", "(m, k), (inner, n) = a.shape, b.shape",
                "(m, k), (inner, _), n = a.shape, b.shape, a.shape[0]", "tall times wide"),
        Mistake("the last product is left out", "a * b[:, j]", "a[:, :-1] * b[:-1, j]", "small"),
        Mistake("the first product is left out", "a * b[:, j]", "a[:, 1:] * b[1:, j]", "small"),
        Mistake("the mean instead of the sum", "xp.sum(a * b", "xp.mean(a * b", "small"),
        Mistake("the last column is never written", "for j in range(n):", "for j in range(n - 1):", "small"),
        Mistake("loops over the inner size", "for j in range(n):", "for j in range(min(k, n)):", "small"),
        Mistake("the product transposed", "product[:, j]", "product[j, :]", "square"),
        Mistake("zeros skipped", "xp.sum(a * b[:, j], axis=1)", "xp.sum(xp.where(a == 0, 0, a * b[:, j]), axis=1)",
                "zero times infinity"),
        Mistake("infinity turned into a number", "a * b[:, j]", "xp.nan_to_num(a * b[:, j])", "zero times infinity"),
        Mistake("summed in half precision", "a * b[:, j]", "(a * b[:, j]).astype(xp.float16)", "small"),
        Mistake("the result is always float64", "dtype=a.dtype", "dtype=xp.float64", "small"),
        Mistake("the result is always float32", "dtype=a.dtype", "dtype=xp.float32", "small"),
        Mistake("inner sizes never compared", "if inner != k:", "if False:", "the inner size of b is 1"),
        Mistake("an inner size of 1 lets pass", "if inner != k:", "if inner != k and k != 1:", "the inner size of a is 1"),
        Mistake("no answer for an inner size of 0", "product = xp.zeros(", "product = xp.zeros((m, n)) + xp.nan if k == 0 else xp.zeros(",
                "nothing to sum"),
        Mistake("whole blocks only", file="mistakes/whole_blocks_only.py", caught_by="more than a block"),
    ),
    hints=(
        "Write the entry's definition with three loops first. Which of the three loops can an array operation take over at once?",
        "a[i, :] * b[:, j] takes over the innermost; a[:, p, None] * b[p] is a whole matrix of products for one p, and the "
        "product is the sum of k of these. Compare the inner sizes yourself: broadcasting will not.",
        "Row i of the product is the sum over p of a[i, p] * b[p]: multiply a[i, :, None] by b into one scratch array, made once, "
        "and sum it along axis 0 into row i of the result. In torch, addcmul_ adds an outer product in one pass.",
    ),
)  # fmt: skip
