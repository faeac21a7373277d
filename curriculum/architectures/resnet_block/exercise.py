"""The basic residual block, with batch norm, forward and backward: your template. Copy:
impls/resnet_block/resnet_block.py.

y = relu(branch(x) + shortcut(x)), where

    branch   = norm2(conv2(relu(norm1(conv1(x)))))   both 3 x 3, padding 1, no bias; conv1 has the stride
    shortcut = x, or where `params` has 'ws': norms(convs(x)), 1 x 1 with the stride, no padding, no bias

Every norm is batch norm with eps = 1e-5 under the root. In training each channel is normalized by the mean and biased
variance of its batch, over pictures and positions, and the norm's running mean (first 0) and running variance (first 1)
move a tenth of the way to the batch's mean and its unbiased variance (over m - 1 for m numbers), as in torch. In
evaluation these two take the batch's place.
Your own earlier work may be imported: from impls.conv2d.conv2d import conv2d, conv2d_backward
and from impls.batch_norm.batch_norm import BatchNorm. Where you have none yet, the shipped solution stands in its place.
"""


class BasicBlock:
    """One block. params: dict of arrays w1 (cout, cin, 3, 3), gamma1, beta1 (cout,), w2 (cout, cout, 3, 3),
    gamma2, beta2, and, where the shortcut is a projection, ws (cout, cin, 1, 1), gammas, betas. stride: 1 or more.
    Without ws, cin = cout and stride = 1.

    Source: He, Zhang, Ren, Sun 2015, https://arxiv.org/abs/1512.03385
    """

    def __init__(self, params, stride=1):
        raise NotImplementedError("write BasicBlock in impls/resnet_block/resnet_block.py")

    def forward(self, x, train):
        """x (n, cin, h, w) to y (n, cout, ho, wo) with ho = floor((h - 1) / stride) + 1. x stays as it was."""
        raise NotImplementedError("write BasicBlock.forward")

    def backward(self, dy):
        """Carry dy back through the last forward, which was one in training. Return (dx, grads),
        grads a dict like params.

        The derivative of relu at 0 is 0. Mean and variance depend on x too.
        """
        raise NotImplementedError("write BasicBlock.backward")
