"""Hands the factors over in the memory layout that a case asks for."""


def matmul(answer, a, b, layout="rows"):
    """layout: 'rows' as they come, 'columns' stored column by column, 'every second' a view that skips columns."""
    return answer.matmul(laid_out(a, layout), laid_out(b, layout))


def laid_out(x, layout):
    """The same numbers with other strides."""
    if layout == "columns":
        turned = x.T
        copy = turned.contiguous() if hasattr(turned, "contiguous") else turned.copy(order="C")
        return copy.T
    if layout == "every second":
        return x.repeat_interleave(2, -1)[:, ::2] if hasattr(x, "repeat_interleave") else x.repeat(2, -1)[:, ::2]
    return x
