"""Walks an optimizer along given gradients and hands back the parameters after chosen steps."""


def Adam(answer, params, grads, keep, later_lr=None, **options):  # noqa: N802 - drive functions are named as their part
    return walk(answer.Adam(params, **options), grads, keep, later_lr)


def RMSprop(answer, params, grads, keep, later_lr=None, **options):  # noqa: N802
    return walk(answer.RMSprop(params, **options), grads, keep, later_lr)


def walk(optimizer, grads, keep, later_lr):
    """grads[t - 1] is given to step t. keep: steps to report, from 1. later_lr: (step, lr set before that step).

    What step() returned is kept as it is, not copied: a list that a later step overwrites comes out wrong.
    """
    kept = []
    for step, gradients in enumerate(grads, start=1):
        if later_lr is not None and step == later_lr[0]:
            optimizer.lr = later_lr[1]
        params = optimizer.step(gradients)
        if step in keep:
            kept.append(list(params))
    return kept
