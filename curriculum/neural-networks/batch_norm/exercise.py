"""Batch normalization as a small layer with a memory: your template. Copy of it: impls/batch_norm/batch_norm.py.

x is (n, c) or (n, c, h, w): n samples of c channels, with any axes after them. gamma and beta are (c,). One mean and one
variance belong to a channel, taken over all its m = n * h * w values. For numpy arrays, torch tensors or CuPy arrays;
`array_api_compat.array_namespace(x)` gives x's library's functions. All results have x's dtype; inputs, gamma and beta too,
stay as they are. Source: Ioffe, Szegedy 2015, https://arxiv.org/abs/1502.03167; where it leaves something open, as torch.
"""


class BatchNorm:
    """y = gamma * (x - mean) / sqrt(var + eps) + beta, channel by channel.

    gamma, beta (c,): scale and shift of each channel. Attributes that the caller reads: `running_mean` and `running_var`
    (c,), in gamma's dtype, which start at 0 and 1. momentum: the weight of the newest batch in them (torch's meaning).
    """

    def __init__(self, gamma, beta, eps=1e-5, momentum=0.1):
        raise NotImplementedError("write class BatchNorm in impls/batch_norm/batch_norm.py")

    def forward(self, x, train):
        """Return y, of x's shape.

        train=True: mean and biased variance (divide by m) of this batch; then
        running <- (1 - momentum) * running + momentum * new, where the new variance is the unbiased one (divide by m - 1).
        A channel of fewer than two values has no variance: raise ValueError. A constant channel gives beta.
        train=False: running_mean and running_var take the place of the batch's; nothing is changed, any n is legal, 0 too.
        """
        raise NotImplementedError("write BatchNorm.forward() in impls/batch_norm/batch_norm.py")

    def backward(self, dy):
        """Return (dx, dgamma, dbeta) of sum(dy * y) for the last forward, in the mode (train or not) that it had.

        dy has x's shape, as dx; dgamma and dbeta are (c,). In training the batch's mean and variance depend on x; the
        running ones of evaluation do not.
        """
        raise NotImplementedError("write BatchNorm.backward() in impls/batch_norm/batch_norm.py")
