"""Makes blocks, and calls them: in training, in evaluation after some training, and backward."""

NAMES = ("w1", "gamma1", "beta1", "w2", "gamma2", "beta2", "ws", "gammas", "betas")


def block(answer, weights, stride):
    return answer.BasicBlock({name: weights[name] for name in NAMES if name in weights}, stride=stride)


def BasicBlock(answer, x, stride=1, **weights):  # noqa: N802 - drive functions are named as their part
    return block(answer, weights, stride).forward(x, train=True)


def evaluation(answer, x, seen, stride=1, **weights):
    """Evaluate x twice, after training on each batch in `seen` and evaluating something else in between."""
    one = block(answer, weights, stride)
    for batch in seen:
        one.forward(batch, train=True)
        one.forward(2 * batch, train=False)
    return one.forward(x, train=False)


def backward(answer, dy, x, stride=1, **weights):
    """dx, then the gradients of the weights in the order of NAMES."""
    one = block(answer, weights, stride)
    one.forward(x, train=True)
    dx, grads = one.backward(dy)
    return (dx, *(grads[name] for name in NAMES if name in weights))


def projected(answer, dy, x, stride=1, **weights):
    return backward(answer, dy, x, stride, **weights)
