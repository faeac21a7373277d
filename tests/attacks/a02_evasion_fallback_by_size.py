# verdict: used a banned call
# base: reference
# expected failure: the traced run calls each part once, so a branch that it does not take is not seen (contract.md, 4)
# today: passed
"""A2: the library, by a name made at run time, where rows are long alone."""

own = softmax


def softmax(x, axis=-1, temperature=1.0):
    if x.size < 1000:
        return own(x, axis, temperature)
    return __import__("sci" + "py.special", fromlist=["softmax"]).softmax(x / temperature, axis=axis)
