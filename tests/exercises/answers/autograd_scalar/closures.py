"""The popular style: each node has a closure that passes its gradient on. Serial numbers give the order."""

import itertools
import math

serial = itertools.count()


class Value:
    def __init__(self, data, made_from=()):
        self.data = float(data)
        self.grad = 0.0
        self._flow = 0.0
        self._made_from = list(made_from)
        self._push = lambda: None
        self._number = next(serial)

    def _wrap(self, x):
        return x if isinstance(x, Value) else Value(x)

    def __add__(self, other):
        other = self._wrap(other)
        out = Value(self.data + other.data, [self, other])

        def push():
            self._flow += out._flow
            other._flow += out._flow

        out._push = push
        return out

    def __mul__(self, other):
        other = self._wrap(other)
        out = Value(self.data * other.data, [self, other])

        def push():
            self._flow += other.data * out._flow
            other._flow += self.data * out._flow

        out._push = push
        return out

    def _function(self, y, slope):
        out = Value(y, [self])

        def push():
            self._flow += slope * out._flow

        out._push = push
        return out

    def __pow__(self, n):
        if isinstance(n, Value):
            return (n * self.log()).exp()
        return self._function(self.data**n, 0.0 if n == 0 else n * self.data ** (n - 1))

    def __rpow__(self, base):
        return (self * math.log(base)).exp()

    def relu(self):
        return self._function(self.data if self.data > 0 else 0.0, float(self.data > 0))

    def tanh(self):
        return self._function(math.tanh(self.data), 1 - math.tanh(self.data) ** 2)

    def exp(self):
        return self._function(math.exp(self.data), math.exp(self.data))

    def log(self):
        return self._function(math.log(self.data), 1 / self.data)

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __truediv__(self, other):
        return self * self._wrap(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return -self + other

    def __rtruediv__(self, other):
        return self**-1 * other

    def backward(self):
        found, waiting = {self}, [self]
        while waiting:
            new = set(waiting.pop()._made_from) - found
            found |= new
            waiting.extend(new)
        self._flow = 1.0
        for node in sorted(found, key=lambda v: v._number, reverse=True):
            node._push()
            node.grad += node._flow
            node._flow = 0.0
