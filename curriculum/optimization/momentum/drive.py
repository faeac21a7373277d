"""Walks the optimizer along given gradients and hands back the parameters after chosen steps."""


def SGD(answer, params, grads, keep, later_lr=None, reuse=False, **options):  # noqa: N802 - drive functions are named as their part
    """grads[t - 1] is given to step t. keep: steps to report, from 1. later_lr: (step, lr set before that step).

    reuse: all gradients of a parameter come in one array, overwritten for each step, as frameworks do it.
    What step() returned is kept as it is, not copied: a list that a later step overwrites comes out wrong.
    """
    optimizer = answer.SGD(params, **options)
    memory = [None if g is None else g + 0 for g in grads[0]]
    kept = []
    for step, gradients in enumerate(grads, start=1):
        if later_lr is not None and step == later_lr[0]:
            optimizer.lr = later_lr[1]
        if reuse:
            for place, g in zip(memory, gradients, strict=True):
                place[...] = g
            gradients = memory
        params = optimizer.step(gradients)
        if step in keep:
            kept.append(list(params))
    return kept
