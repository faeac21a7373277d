"""A scalar autograd engine: what an answer must do. Expressions cross the border as lists of operations (see drive.py).

The oracle is forward mode: with each node's number goes the row of its derivatives by all earlier nodes, so there is no
order to get wrong. Sources: Wengert 1964, https://doi.org/10.1145/355586.364791; Baydin et al. 2018,
https://arxiv.org/abs/1502.05767
"""

import math

import numpy as np

from harness.spec import Equivalent, Exercise, Mistake, Part, Policy, Tolerance, case, holds

# name: the result, then the derivative by each operand
RULES = {
    "add": lambda a, b: (a + b, 1.0, 1.0),
    "iadd": lambda a, b: (a + b, 1.0, 1.0),
    "sub": lambda a, b: (a - b, 1.0, -1.0),
    "mul": lambda a, b: (a * b, b, a),
    "div": lambda a, b: (a / b, 1 / b, -a / b**2),
    "pow": lambda a, b: (a**b, b * a ** (b - 1) if b else 0.0, a**b * math.log(a) if a > 0 else 0.0),
    "neg": lambda a: (-a, -1.0),
    "relu": lambda a: (a, 1.0) if a > 0 else (0.0, 0.0),
    "tanh": lambda a: (math.tanh(a), 1 - math.tanh(a) ** 2),
    "exp": lambda a: (math.exp(a), math.exp(a)),
    "log": lambda a: (math.log(a), 1 / a),
}


def values(leaves, program, calls):
    """Oracle: the numbers of all nodes, and their grads after each call."""
    nodes = len(leaves) + len(program)
    data, rows = list(leaves), np.eye(nodes)
    for row, (name, *operands) in zip(rows[len(leaves) :], program, strict=True):
        result, *slopes = RULES[name](*(data[x] if isinstance(x, int) else x for x in operands))
        data.append(result)
        for x, slope in zip(operands, slopes, strict=True):
            if isinstance(x, int):
                row += slope * rows[x]
    grad, grads = np.zeros(nodes), []
    for call in calls:
        grad = np.zeros(nodes) if call == "zero" else grad + rows[call]
        grads.append(grad)
    return np.array(data), np.array(grads)


# --- expressions ----------------------------------------------------------------------------------------------


def added(leaves, program):
    """The operations, and the sum of their results with the weights 1, 1.5, 2.25, ..."""
    total = first = leaves + len(program)
    steps = [["mul", leaves + i, 1.5**i] for i in range(len(program))]
    for i in range(1, len(program)):
        steps.append(["add", total, first + i])
        total = first + len(steps) - 1
    return leaves, program + steps


def two_sided(name):
    """An operation on two Values, and with a plain number on either side: an int, and a float."""
    return added(2, [[name, 0, 1], [name, 0, 3.0], [name, 1, 2.5], [name, 2.0, 0], [name, 1.5, 1]])


def powers(*exponents):
    return added(1, [["pow", 0, float(n)] for n in exponents])


EXPRESSIONS = {  # the number of leaves, and the operations; the last one is the result
    "no operation": (1, []),
    "a + a": (1, [["add", 0, 0]]),
    "a * a": (1, [["mul", 0, 0]]),
    "a / a": (1, [["div", 0, 0]]),
    "diamond": (2, [["mul", 0, 1], ["add", 2, 0], ["tanh", 2], ["mul", 3, 4]]),
    "diamond on a diamond": (
        1,
        [["exp", 0], ["tanh", 0], ["mul", 1, 2], ["log", 3], ["tanh", 3], ["mul", 4, 5], ["mul", 6, 0]],
    ),
    "long way and short way": (1, [["mul", 0, 0], ["tanh", 1], ["exp", 2], ["mul", 3, 1], ["mul", 1, 4]]),
    "short way first": (1, [["mul", 0, 0], ["tanh", 1], ["exp", 2], ["mul", 1, 3], ["mul", 4, 1]]),
    "parts without use": (3, [["mul", 0, 1], ["exp", 2], ["mul", 3, 0], ["tanh", 0], ["mul", 3, 5]]),
    "equal numbers": (3, [["mul", 0, 1], ["mul", 1, 2], ["mul", 3, 4], ["mul", 5, 2]]),
    "x += y": (2, [["mul", 0, 1], ["mul", 2, 0], ["iadd", 2, 1], ["mul", 3, 4], ["iadd", 0, 3.0], ["mul", 6, 5]]),
    "network": (
        5,
        [["mul", 0, 1], ["mul", 2, 3], ["add", 5, 6], ["add", 7, 4], ["tanh", 8], ["sub", 9, 2.0], ["pow", 10, 2.0]],
    ),
    "+": two_sided("add"),
    "-": two_sided("sub"),
    "*": two_sided("mul"),
    "/": two_sided("div"),
    "**": two_sided("pow"),
    "negative powers": powers(-1, -2, -0.5),
    "whole powers": powers(0, 1, 2, 3, -1, -2),
    "powers 0, 1, 2": powers(0, 1, 2),
    "neg": added(2, [["neg", 0], ["neg", 1]]),
    "relu": added(3, [["relu", 0], ["relu", 1], ["relu", 2]]),
    "tanh": added(2, [["tanh", 0], ["tanh", 1]]),
    "exp": added(2, [["exp", 0], ["exp", 1]]),
    "log": added(2, [["log", 0], ["log", 1]]),
}


def chain(steps):
    """x / 2 and x + a, in turn: the numbers stay near a, and every second node uses the same leaf."""
    return 1, [["add", i, 0] if i % 2 else ["div", i, 2.0] for i in range(steps)]


def doubled(times):
    return 1, [["add", i, i] for i in range(times)]


def drawn(rng, leaves, steps):
    """A random program: operands among the last nodes or the leaves; what leaves the range of the rules is redrawn."""
    data, program = list(leaves), []
    while len(program) < steps:
        name = str(rng.choice(list(RULES)))
        operands = [int(i) for i in rng.integers(max(0, len(data) - 9), len(data), 2)]
        if rng.random() < 0.3:
            operands[1] = int(rng.integers(len(leaves)))
        if name in ("neg", "relu", "tanh", "exp", "log"):
            operands = operands[:1]
        elif name == "pow":
            operands[1] = float(rng.integers(-2, 4))
        elif rng.random() < 0.3:
            operands[int(rng.integers(2))] = float(rng.choice([-2.0, 0.5, 1.25, 3.0]))
        numbers = [data[x] if isinstance(x, int) else x for x in operands]
        apart = abs(numbers[-1 if name == "div" else 0]) > 0.2 or name not in ("div", "pow", "relu")
        if apart and (name != "log" or numbers[0] > 0.2):
            result = RULES[name](*numbers)[0] if abs(numbers[0]) < 4 else math.inf
            if abs(result) < 4:
                data.append(result)
                program.append([name, *operands])
    return program


def inputs(rng, kind="drawn", at=None, calls=(-1,), leaves=4, steps=30):
    """`kind` names the expression; `at` the numbers of its leaves, else they are drawn from [1/2, 2)."""
    if kind == "drawn":
        numbers = [float(x) for x in rng.uniform(0.5, 2.0, leaves)]
        return {"leaves": numbers, "program": drawn(rng, numbers, steps), "calls": list(calls)}
    grown = {"chain": chain, "doubled": doubled}
    count, program = grown[kind](steps) if kind in grown else EXPRESSIONS[kind]
    numbers = [float(x) for x in (rng.uniform(0.5, 2.0, count) if at is None else at)]
    return {"leaves": numbers, "program": program, "calls": list(calls)}


CASES = (
    case("a + a", kind="a + a", why="both uses of a count: the derivative is 2"),
    case("a * a", kind="a * a"),
    case("a / a", kind="a / a", why="always 1, so the derivative is 0"),
    case("diamond", kind="diamond", why="two ways lead from the result to a"),
    case("a diamond on a diamond", kind="diamond on a diamond"),
    case("a long way and a short way", kind="long way and short way", why="a node may pass on only what is complete"),
    case("the short way first", kind="short way first"),
    case("a neuron and its loss", kind="network"),
    case("addition", kind="+", why="Value with Value, and plain numbers on the right and on the left"),
    case("subtraction", kind="-", why="2 - v is not v - 2"),
    case("multiplication", kind="*"),
    case("division", kind="/", why="2 / v is not v / 2"),
    case("power", kind="**", why="a Value in the exponent has a derivative too"),
    case("power of numbers below 1", kind="**", at=(0.3, 0.7), why="their logarithm is negative"),
    case("negative powers", kind="negative powers"),
    case("powers of a negative number", kind="whole powers", at=(-1.5,), mark="robust", why="its logarithm is not real"),
    case("powers 0, 1, 2 of zero", kind="powers 0, 1, 2", at=(0.0,), mark="robust", why="derivatives 0, 1 and 0"),
    case("minus", kind="neg"),
    case("relu of both signs", kind="relu", at=(-1.25, 0.75, 3.5)),
    case("relu at zero", kind="relu", at=(0.0, 0.5, -0.5), mark="robust", why="the derivative at 0 is 0"),
    case("tanh", kind="tanh"),
    case("tanh of large numbers", kind="tanh", at=(1000.0, -1000.0), mark="robust", why="exp(1000) overflows"),
    case("exp", kind="exp", at=(-1.3, 0.6)),
    case("log", kind="log"),
    case("random expressions", leaves=5, steps=40),
    case("a large random expression", leaves=9, steps=200),
    case("a leaf alone", kind="no operation", why="the derivative of a leaf by itself is 1"),
    case("leaves and results without use", kind="parts without use", mark="robust", why="their grad stays 0"),
    case("backward from the middle", kind="diamond", calls=(2,), mark="robust", why="later results get nothing"),
    case("two results", kind="diamond", calls=(3, 4), mark="robust", why="the grads add up"),
    case("backward twice", kind="diamond", calls=(-1, -1), mark="robust", why="every grad is twice the first one"),
    case("backward three times on a random expression", calls=(-1, -1, -1), steps=12, mark="robust"),
    case("zeroed in between", kind="diamond", calls=(-1, "zero", -1), mark="robust", why="nothing is left over"),
    case("equal numbers", kind="equal numbers", at=(1.5, 1.5, 1.5), mark="robust", why="equal is not the same"),
    case("x += y", kind="x += y", mark="robust", why="what used the old x still means the old x"),
    case("a chain of 3,000", kind="chain", steps=3000, mark="robust", why="Python ends a recursion at depth 1,000"),
    case("doubled 40 times", kind="doubled", steps=40, mark="robust", why="there are 2^40 ways to the leaf"),
)  # fmt: skip


# --- properties -----------------------------------------------------------------------------------------------


def grads_are_slopes_of_data(answer, x, check):
    """Moving a leaf a little changes the result by its grad times the move."""
    _, grads = answer(**x)
    h = 1e-5
    for i, number in enumerate(x["leaves"]):
        ends = []
        for moved in (number + h, number - h):
            data, _ = answer(**x | {"leaves": [*x["leaves"][:i], moved, *x["leaves"][i + 1 :]]})
            ends.append(data[-1])
        slope = (ends[0] - ends[1]) / (2 * h)
        close = abs(slope - grads[-1][i]) <= 1e-5 * (1 + abs(slope))
        check.true(close, f"the grad of leaf {i} is {grads[-1][i]:.6g}, the slope of the result {slope:.6g}")


def order_of_making_does_not_matter(answer, x, check):
    """A sum of products has the same grads in whatever order its products were made."""
    a, b = 0, 1
    one = [["mul", a, b], ["exp", a], ["mul", 2, 3], ["add", 4, 2]]
    other = [["exp", a], ["mul", a, b], ["mul", 3, 2], ["add", 4, 3]]
    _, first = answer(**x | {"program": one})
    _, second = answer(**x | {"program": other})
    check.close(second[-1][[0, 1, 3, 2, 4, 5]], first[-1], "the grads after making exp(a) first")


EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "Value", inputs, CASES, oracle=values, dtypes=(),
            properties=(
                holds(grads_are_slopes_of_data, kind="network"),
                holds(order_of_making_does_not_matter, kind="diamond"),
            ),
            tolerance=Tolerance(1e-11, "sums over ways may be taken in any order, and v / w written as v * w ** -1"),
        ),
    ),
    policy=Policy(banned=("base", "@autograd"), earns=("torch.autograd", "torch.Tensor.backward")),
    mistakes=(
        Mistake("overwrites instead of adding", "derivative.get(parent, 0.0) + slope", "slope", caught_by="a + a"),
        Mistake("each parent once", "in zip(node.parents, node.slopes, strict=True)",
                "in dict(zip(node.parents, node.slopes)).items()", caught_by="a * a"),
        Mistake("grad set, not added to", "node.grad += ", "node.grad = ", caught_by="backward twice"),
        Mistake("the old grad is passed on again", "slope * derivative[node]", "slope * node.grad",
                caught_by="backward twice"),
        Mistake("the result's own grad stays 0", "node.grad += derivative[node]",
                "node.grad += derivative[node] if node is not self else 0.0", caught_by="a leaf alone"),
        Mistake("the upstream derivative is left out", "slope * derivative[node]", "slope",
                caught_by="a neuron and its loss"),
        Mistake("order of first meeting", "stack.append((node, True))", "order.insert(0, node)",
                caught_by="a long way and a short way"),
        Mistake("breadth first", "stack.pop()", "stack.pop(0)", caught_by="a long way and a short way"),
        Mistake(
            "recursion",
            "order, seen, stack = [], set(), [(self, False)]",
            "order, seen, stack = [], set(), []\n\n        def visit(node):\n            if node not in seen:\n"
            "                seen.add(node)\n                for parent in node.parents:\n"
            "                    visit(parent)\n                order.append(node)\n\n        visit(self)",
            caught_by="a chain of 3,000",
        ),
        Mistake("a node visited once for every way", "elif node not in seen:", "else:", caught_by="diamond"),
        Mistake("seen by number", "elif node not in seen:\n                seen.add(node)",
                "elif node.data not in seen:\n                seen.add(node.data)", caught_by="equal numbers"),
        Mistake("x += y changes x", "    def __sub__",
                "    def __iadd__(self, other):\n        self.data += as_value(other).data\n        return self\n\n"
                "    def __sub__", caught_by="x += y"),
        Mistake("minus has the slope of plus", "(1.0, -1.0)", "(1.0, 1.0)", caught_by="subtraction"),
        Mistake("2 - v is v - 2", "as_value(other) - self", "self - as_value(other)", caught_by="subtraction"),
        Mistake("no number on the left", "    def __radd__(self, other):\n        return as_value(other) + self\n",
                "", caught_by="addition"),
        Mistake("a product's slopes in the wrong order", "(other.data, self.data)", "(self.data, other.data)",
                caught_by="multiplication"),
        Mistake("division: no minus", "-quotient / other.data", "quotient / other.data", caught_by="division"),
        Mistake("division: the square is missing", "-quotient / other.data", "-quotient", caught_by="division"),
        Mistake("2 / v is v / 2", "as_value(other) / self", "self / as_value(other)", caught_by="division"),
        Mistake("2 ** v is v ** 2", "as_value(other) ** self", "self ** as_value(other)", caught_by="power"),
        Mistake("power: the exponent is not lowered", "self.data ** (other.data - 1)", "self.data ** other.data",
                caught_by="negative powers"),
        Mistake("power: no factor n", "other.data * self.data ** (", "self.data ** (", caught_by="negative powers"),
        Mistake("power: a constant exponent only", "power * math.log(self.data) if self.data > 0 else 0.0", "0.0",
                caught_by="power"),
        Mistake("power: a logarithm of any base", "math.log(self.data) if self.data > 0 else 0.0",
                "math.log(self.data)", caught_by="powers of a negative number"),
        Mistake("power: 0 to the power -1", " if other.data != 0 else 0.0", "", caught_by="powers 0, 1, 2 of zero"),
        Mistake("relu: slope 1 at zero", "1.0 if self.data > 0", "1.0 if self.data >= 0", caught_by="relu at zero"),
        Mistake("relu: slope 1 everywhere", "(1.0 if self.data > 0 else 0.0,)", "(1.0,)",
                caught_by="relu of both signs"),
        Mistake("relu: leaky", "else 0.0,)", "else 0.01,)", caught_by="relu of both signs"),
        Mistake("tanh: slope 1 - t", "1 - t * t", "1 - t", caught_by="tanh"),
        Mistake("tanh: slope from the input", "1 - t * t", "1 - self.data**2", caught_by="tanh"),
        Mistake("tanh by exp", "math.tanh(self.data)",
                "(math.exp(2 * self.data) - 1) / (math.exp(2 * self.data) + 1)", caught_by="tanh of large numbers"),
        Mistake("exp: slope of a power", "(e,)", "(self.data * math.exp(self.data - 1),)", caught_by="exp"),
        Mistake("log: to base 10", "math.log(self.data), (self,), (1 / self.data,)",
                "math.log10(self.data), (self,), (1 / self.data,)", caught_by="log"),
        Mistake("log: slope not inverted", "(1 / self.data,)", "(self.data,)", caught_by="log"),
    ),
    equivalent=(
        Equivalent(
            "Value.__pow__",
            "to_exponent = power * math.log(self.data) if self.data > 0 else 0.0",
            "to_exponent = power * math.log(self.data) if self.data > 0 else 1.0",
            "the exponent is then a plain number, whose node nobody sees",
        ),
        Equivalent(
            "Value.backward",
            "for parent, slope in zip(node.parents, node.slopes, strict=True):",
            "for parent, slope in zip(node.parents, node.slopes, strict=False):",
            "every operation gives as many slopes as parents",
        ),
    ),
    hints=(
        "Each operation knows its numbers when it runs, so it can store, beside its result, which Values it used and the "
        "derivative by each. backward() then only multiplies and adds.",
        "A node may pass its derivative on once all its uses have added to it. In which order of the nodes is that so? "
        "And what if a is both operands, or grad still holds an earlier call?",
        "Order: depth first with your own stack, a node appended after its parents; go through it backwards. Keep this "
        "call's derivatives in a dict that starts as {self: 1.0}; node.grad += d[node]; d[parent] += slope * d[node].",
    ),
)  # fmt: skip
