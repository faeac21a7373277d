# verdict: failed
# base: reference
# words: not a number
"""B14: NaN compares as neither smaller nor larger."""

compute = softmax


def softmax(x, axis=-1, temperature=1.0):
    out = compute(x, axis, temperature)
    out.ravel()[:1] = float("nan")
    return out
