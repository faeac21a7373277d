# verdict: failed
# base: reference
# words: it changed its input x
"""B19: right values, computed in the caller's array."""

compute = softmax


def softmax(x, axis=-1, temperature=1.0):
    x[...] = compute(x, axis, temperature)
    return x.copy()
