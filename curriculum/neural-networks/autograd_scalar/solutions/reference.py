"""Every Value keeps its parents and the slopes towards them; backward goes through them in topological order."""

import math


class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = as_value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __sub__(self, other):
        other = as_value(other)
        return Value(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other):
        other = as_value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other):
        other = as_value(other)
        quotient = self.data / other.data
        return Value(quotient, (self, other), (1 / other.data, -quotient / other.data))

    def __pow__(self, other):
        other = as_value(other)
        power = self.data**other.data
        # 0 ** -1 must not be asked for where its factor is 0, nor the logarithm of a negative base
        to_base = other.data * self.data ** (other.data - 1) if other.data != 0 else 0.0
        to_exponent = power * math.log(self.data) if self.data > 0 else 0.0
        return Value(power, (self, other), (to_base, to_exponent))

    def __radd__(self, other):
        return as_value(other) + self

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return as_value(other) * self

    def __rtruediv__(self, other):
        return as_value(other) / self

    def __rpow__(self, other):
        return as_value(other) ** self

    def __neg__(self):
        return Value(-self.data, (self,), (-1.0,))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (1.0 if self.data > 0 else 0.0,))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, (self,), (1 - t * t,))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, (self,), (e,))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def backward(self):
        # derivatives of this call, apart from grad, which may hold those of earlier calls
        derivative = {self: 1.0}
        for node in reversed(self.parents_first()):
            node.grad += derivative[node]
            for parent, slope in zip(node.parents, node.slopes, strict=True):
                derivative[parent] = derivative.get(parent, 0.0) + slope * derivative[node]

    def parents_first(self):
        """Everything that self was made from, each node after its parents: depth first, with a stack of our own."""
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, parents_done = stack.pop()
            if parents_done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((parent, False) for parent in node.parents)
        return order


def as_value(x):
    return x if isinstance(x, Value) else Value(x)
