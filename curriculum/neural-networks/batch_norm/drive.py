"""Makes a layer, trains its running statistics on the batches `before`, and calls it once more."""


def prepared(answer, gamma, beta, before, options):
    layer = answer.BatchNorm(gamma, beta, **options)
    for batch in before:
        layer.forward(batch, True)
    return layer


def BatchNorm(answer, x, gamma, beta, train=True, before=(), **options):  # noqa: N802 - named as its part
    return prepared(answer, gamma, beta, before, options).forward(x, train)


def backward(answer, dy, x, gamma, beta, train=True, before=(), **options):
    layer = prepared(answer, gamma, beta, before, options)
    layer.forward(x, train)
    return layer.backward(dy)


def running(answer, batches, train, gamma, beta, **options):
    """(running_mean, running_var) after each batch; batch i is for training if train[i]. Copies, as they may change in place."""
    layer, seen = answer.BatchNorm(gamma, beta, **options), []
    for batch, is_training in zip(batches, train, strict=True):
        layer.forward(batch, is_training)
        seen.append((layer.running_mean + 0, layer.running_var + 0))
    return seen
