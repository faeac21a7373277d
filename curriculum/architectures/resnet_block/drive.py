"""Makes blocks, and calls them: in training, in evaluation after some training, and backward."""

NAMES = ("w1", "gamma1", "beta1", "w2", "gamma2", "beta2", "ws", "gammas", "betas")


def block(answer, given):
    """Made with a stride only where one is given: the default is tested too."""
    stride = {"stride": given["stride"]} if "stride" in given else {}
    return answer.BasicBlock({name: given[name] for name in NAMES if name in given}, **stride)


def BasicBlock(answer, x, **given):  # noqa: N802 - drive functions are named as their part
    return block(answer, given).forward(x, train=True)


def evaluation(answer, x, seen, **given):
    """Evaluate x twice, after training on each batch in `seen` and evaluating something else in between."""
    one = block(answer, given)
    for batch in seen:
        one.forward(batch, train=True)
        one.forward(2 * batch, train=False)
    return one.forward(x, train=False)


def backward(answer, dy, x, **given):
    """dx, then the gradients of the weights in the order of NAMES."""
    one = block(answer, given)
    one.forward(x, train=True)
    dx, grads = one.backward(dy)
    return (dx, *(grads[name] for name in NAMES if name in given))


def projected(answer, dy, x, **given):
    return backward(answer, dy, x, **given)
