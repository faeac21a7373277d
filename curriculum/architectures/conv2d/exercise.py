"""Convolution of pictures, and its gradients: your template. Copy of it: impls/conv2d/conv2d.py.

x (n, c, h, w): n pictures of c channels. w (o, c / groups, kh, kw): o kernels. b (o,) or None: one number a kernel.
stride, padding and dilation are an int for both directions, or a pair (down, right). padding rows of zeros are put
above and below, and padding columns to the left and to the right. Taps of a kernel lie `dilation` pixels apart.
groups cuts the channels into so many equal runs: kernels 0 to o/groups - 1 read only channels 0 to c/groups - 1,
the next o/groups kernels only the next run, and so on; groups = c is depthwise convolution.

A kernel spans dilation * (k - 1) + 1 pixels of the padded picture, always fits at least once,
and what is left over at the far end when the stride does not divide evenly is not read:
ho = floor((h + 2 padding - span) / stride) + 1.
n may be 0. Results have the dtype of x; x, w, b and dy stay as they were.
"""


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Return y (n, o, ho, wo).

    With x padded by zeros, y[m, q, i, j] = b[q] + the sum over channels k of q's group and taps (u, v) of
    w[q, k, u, v] * x[m, k, i * stride + u * dilation, j * stride + v * dilation]. The kernel is not flipped: this is
    what signal processing calls correlation, and every deep-learning library calls convolution.
    Source: LeCun et al. 1989, https://doi.org/10.1162/neco.1989.1.4.541; the arithmetic of stride,
    padding and dilation is in Dumoulin, Visin 2016, https://arxiv.org/abs/1603.07585
    """
    raise NotImplementedError("write conv2d() in impls/conv2d/conv2d.py")


def conv2d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    """Carry a gradient back through y = conv2d(x, w, b, stride, padding, dilation, groups).

    dy (n, o, ho, wo): derivative of a loss with respect to y. Returns (dx, dw, db) with the shapes of x, w and (o,).
    dw and db are sums over the pictures and over all positions; a pixel that no kernel reads has gradient 0.
    """
    raise NotImplementedError("write conv2d_backward() in impls/conv2d/conv2d.py")
