"""Wired from the learner's own convolution and batch norm, as the template allows."""

import numpy as np
from impls.batch_norm.batch_norm import BatchNorm
from impls.conv2d.conv2d import conv2d, conv2d_backward


class Stage:
    """A convolution without bias, then its norm."""

    def __init__(self, params, name, stride, padding):
        self.w, self.how = params[f"w{name}"], {"stride": stride, "padding": padding}
        self.norm = BatchNorm(params[f"gamma{name}"], params[f"beta{name}"])
        self.names = [f"w{name}", f"gamma{name}", f"beta{name}"]

    def forward(self, x, train):
        self.x = x
        return self.norm.forward(conv2d(x, self.w, **self.how), train)

    def backward(self, dy, grads):
        dy, dgamma, dbeta = self.norm.backward(dy)
        dx, dw, _ = conv2d_backward(dy, self.x, self.w, **self.how)
        grads.update(zip(self.names, (dw, dgamma, dbeta), strict=True))
        return dx


class BasicBlock:
    def __init__(self, params, stride=1):
        self.first, self.second = Stage(params, "1", stride, 1), Stage(params, "2", 1, 1)
        self.project = Stage(params, "s", stride, 0) if "ws" in params else None

    def forward(self, x, train):
        self.middle = np.maximum(self.first.forward(x, train), 0)
        shortcut = self.project.forward(x, train) if self.project else x
        self.y = np.maximum(self.second.forward(self.middle, train) + shortcut, 0)
        return self.y

    def backward(self, dy):
        grads, dtotal = {}, np.where(self.y > 0, dy, 0)
        dmiddle = np.where(self.middle > 0, self.second.backward(dtotal, grads), 0)
        dshortcut = self.project.backward(dtotal, grads) if self.project else dtotal
        return self.first.backward(dmiddle, grads) + dshortcut, grads
