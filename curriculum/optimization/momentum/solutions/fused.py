"""numpy, a block at a time while it lies in the cache: the buffer in place, one new array per parameter.

The reference reads and writes seven temporaries of the parameter's size; here each array passes through memory once.
"""

import numpy as np

BLOCK = 1 << 14  # elements: 64 kB of float32, so that a block of everything fits the second-level cache


class SGD:
    def __init__(self, params, lr, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0):
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError("nesterov needs a momentum, and no dampening")
        self.params = list(params)
        self.lr, self.momentum, self.dampening = lr, momentum, dampening
        self.nesterov, self.weight_decay = nesterov, weight_decay
        self.buffers = [None for _ in params]

    def step(self, grads):
        for i, g in enumerate(grads):
            if g is not None:
                self.params[i] = self._moved(i, g)
        return list(self.params)

    def _moved(self, i, g):
        p, first = self.params[i], self.buffers[i] is None
        if first:
            self.buffers[i] = np.empty(p.size if self.momentum else 0, p.dtype)
        new = np.empty(p.shape, p.dtype)
        flat_p, flat_g, flat_new = p.reshape(-1), g.reshape(-1), new.reshape(-1)
        for start in range(0, p.size, BLOCK):
            block = slice(start, start + BLOCK)
            self._move_block(flat_p[block], flat_g[block], self.buffers[i][block], flat_new[block], first)
        return new

    def _move_block(self, p, g, b, new, first):
        """Write p's block after the step into new."""
        if self.weight_decay:
            g = g + self.weight_decay * p
        direction = g
        if self.momentum:
            self._refresh(b, g, new, first)
            direction = b
            if self.nesterov:
                direction = self.momentum * b
                direction += g
        np.multiply(direction, -self.lr, out=new)
        new += p

    def _refresh(self, b, g, work, first):
        """The buffer after this gradient, in place."""
        if first:
            b[...] = g
            return
        b *= self.momentum
        b += np.multiply(g, 1 - self.dampening, out=work) if self.dampening else g
