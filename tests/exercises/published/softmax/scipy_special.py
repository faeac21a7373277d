"""scipy.special's three; it has neither a temperature nor a backward."""

from scipy import special


def softmax(x, axis=-1, temperature=1.0):
    return special.softmax((x - x.max(axis=axis, keepdims=True)) / temperature, axis=axis)


def log_softmax(x, axis=-1):
    return special.log_softmax(x, axis=axis)


def logsumexp(x, axis=-1):
    return special.logsumexp(x, axis=axis)
