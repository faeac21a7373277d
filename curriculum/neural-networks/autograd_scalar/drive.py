"""Calculates with the answer's Value objects what a list of operations describes, and calls backward()."""

import operator

OPERATIONS = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "iadd": operator.iadd,
    "neg": operator.neg,
    "relu": lambda v: v.relu(),
    "tanh": lambda v: v.tanh(),
    "exp": lambda v: v.exp(),
    "log": lambda v: v.log(),
}


def Value(answer, leaves, program, calls):  # noqa: N802 - drive functions are named as their part
    """program: [name, operand] or [name, operand, operand]; an int is the index of a node, a float a plain number.

    Leaves are the first nodes, then come the results in order. calls: nodes to call backward() on, -1 the last; "zero"
    sets every grad to 0. Returns the data of all nodes, and their grads after each call, one row a call.
    """
    import numpy as np

    nodes = [answer.Value(number) for number in leaves]
    for name, *operands in program:
        nodes.append(OPERATIONS[name](*(nodes[x] if isinstance(x, int) else plain(x) for x in operands)))
    grads = []
    for call in calls:
        if call == "zero":
            for node in nodes:
                node.grad = 0.0
        else:
            nodes[call].backward()
        grads.append([float(node.grad) for node in nodes])
    return np.array([float(node.data) for node in nodes]), np.array(grads)


def plain(number):
    """A whole number goes in as an int, so that both types are met."""
    return int(number) if number == int(number) else number
