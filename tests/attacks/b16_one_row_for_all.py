# verdict: failed
# base: reference
# words: expected a numpy.ndarray float64 (4, 7), got numpy.ndarray float64 (1, 7)
"""B16: an output of another shape, which broadcasts when it is compared."""

compute = softmax


def softmax(x, axis=-1, temperature=1.0):
    return compute(x, axis, temperature)[:1]
