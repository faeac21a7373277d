# verdict: failed
# base: reference
# message: 1 of
# case: softmax/inputs stay untouched: it changed its input x; work on a copy
# marks: correct=true robust=false gradient=true
untouched = softmax


def softmax(x, axis=-1, temperature=1.0):
    weights = untouched(x, axis, temperature)
    x[...] = 0
    return weights
