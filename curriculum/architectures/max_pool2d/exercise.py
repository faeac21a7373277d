"""Max and average pooling, and their gradients: your template. Copy of it: impls/max_pool2d/max_pool2d.py.

x (n, c, h, w): n pictures of c channels, each pooled by itself. k, stride and padding are an int for both directions,
or a pair (down, right); stride None means k. padding is at most half of k, so that every window holds at least one
pixel of the picture. Windows that would stick out of the padded picture are dropped:
ho = floor((h + 2 padding - k) / stride) + 1.
n may be 0. Results have the dtype of x (or dy), inputs stay as they were.
"""


def max_pool2d(x, k, stride=None, padding=0):
    """Return (y, argmax), both (n, c, ho, wo): the largest pixel of each window, and where it is, as int64.

    argmax is the place in the flattened picture, row * w + column, counted without padding. Padding is never the
    maximum, even if all pixels are negative, or -inf. Among equal pixels the first in reading order counts.
    A window that holds a nan gives nan, and the place of the nan.
    Source: Ranzato et al. 2007, https://doi.org/10.1109/CVPR.2007.383157
    """
    raise NotImplementedError("write max_pool2d() in impls/max_pool2d/max_pool2d.py")


def max_pool2d_backward(dy, argmax, shape):
    """Carry a gradient back through max_pool2d: dx of the given shape (n, c, h, w), a tuple.

    dy and argmax (n, c, ho, wo). Every window passes its dy to the one pixel that was its maximum; a pixel that won
    several windows gets the sum.
    """
    raise NotImplementedError("write max_pool2d_backward() in impls/max_pool2d/max_pool2d.py")


def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):
    """Return the mean of each window, (n, c, ho, wo).

    Padding counts as zeros: with count_include_pad the sum is divided by the number of places of the window,
    else by the number of those that lie in the picture.
    """
    raise NotImplementedError("write avg_pool2d() in impls/max_pool2d/max_pool2d.py")


def avg_pool2d_backward(dy, shape, k, stride=None, padding=0, count_include_pad=True):
    """Carry a gradient back through y = avg_pool2d(x, k, stride, padding, count_include_pad): dx of x's shape.

    dy (n, c, ho, wo). shape (n, c, h, w): a tuple.
    """
    raise NotImplementedError("write avg_pool2d_backward() in impls/max_pool2d/max_pool2d.py")
