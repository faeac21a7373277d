"""A small engine that differentiates scalar expressions by itself. Your template; copy of it:
impls/autograd_scalar/autograd_scalar.py.

A Value holds one number and remembers how it was made. Calculating with Values builds a graph; backward() walks it from
the result to the leaves and leaves in every Value's grad the derivative of the result with respect to it.
Sources: Wengert 1964, https://doi.org/10.1145/355586.364791; Speelpenning 1980, https://doi.org/10.2172/5254402;
Baydin et al. 2018, https://arxiv.org/abs/1502.05767
"""


class Value:
    """One node of the graph: data, a float that never changes, and grad, a float that is 0.0 at first.

    Operators: v + w, v - w, v * w, v / w, v ** w and -v, where one of the two may be a plain int or float, also the
    left one (2 - v). Each gives a new Value; `v += w` too, so Values made from the old v keep their meaning.

    v ** w: the base may have any sign if the exponent is a plain whole number, 0 too, and v ** 0 has derivative 0
    everywhere, at v = 0 too. If the exponent is a Value it has a derivative as well, and the base is then positive.
    """

    def __init__(self, data):
        raise NotImplementedError("write Value in impls/autograd_scalar/autograd_scalar.py")

    def relu(self):
        """The larger of the number and 0; the derivative at 0 is 0."""
        raise NotImplementedError

    def tanh(self):
        """The hyperbolic tangent, for any number, 1000 too."""
        raise NotImplementedError

    def exp(self):
        """e to the power of the number."""
        raise NotImplementedError

    def log(self):
        """The natural logarithm of a positive number."""
        raise NotImplementedError

    def backward(self):
        """Add to the grad of every Value that self was made from, and of self, the derivative of self by it.

        Add: a second call doubles what the first one left, in each Value, and calls on two results leave the derivative
        of their sum. The caller starts afresh by setting v.grad = 0.0. Values that self does not depend on stay as
        they are. Takes time in proportion to the number of operations, and works on chains of thousands.
        """
        raise NotImplementedError
