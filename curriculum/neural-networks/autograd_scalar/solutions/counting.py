"""Other bookkeeping: a node is ready when all its uses have reported (Kahn 1962), so that no order is stored.

Constants make no node at all, and slopes are found on the way forward; about half the objects of the reference.
"""

import math


class Value:
    __slots__ = ("data", "edges", "grad")

    def __init__(self, data, edges=()):
        self.data, self.grad, self.edges = data, 0.0, edges

    def __add__(self, other):
        if isinstance(other, Value):
            return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))
        return Value(self.data + other, ((self, 1.0),))

    def __mul__(self, other):
        if isinstance(other, Value):
            return Value(self.data * other.data, ((self, other.data), (other, self.data)))
        return Value(self.data * other, ((self, other),))

    def __pow__(self, other):
        if not isinstance(other, Value):
            return Value(self.data**other, ((self, other * self.data ** (other - 1) if other else 0.0),))
        power = self.data**other.data
        to_base = other.data * self.data ** (other.data - 1)
        return Value(power, ((self, to_base), (other, power * math.log(self.data))))

    def __rpow__(self, base):
        power = base**self.data
        return Value(power, ((self, power * math.log(base)),))

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):
        return other * self**-1

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return other + -self

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(self.data, ((self, 1.0),)) if self.data > 0 else Value(0.0, ((self, 0.0),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, (1 - t) * (1 + t)),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def log(self):
        return Value(math.log(self.data), ((self, 1 / self.data),))

    def backward(self):
        uses = self._uses()
        derivative = dict.fromkeys(uses, 0.0) | {self: 1.0}
        ready = [self]
        while ready:
            node = ready.pop()
            node.grad += derivative[node]
            for parent, slope in node.edges:
                derivative[parent] += slope * derivative[node]
                uses[parent] -= 1
                if not uses[parent]:
                    ready.append(parent)

    def _uses(self):
        """How often each node is used on the ways to self."""
        uses, todo = {self: 0}, [self]
        while todo:
            for parent, _ in todo.pop().edges:
                if parent not in uses:
                    uses[parent] = 0
                    todo.append(parent)
                uses[parent] += 1
        return uses
