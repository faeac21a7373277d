# verdict: used a banned call
# base: reference
# expected failure: text that is decoded and executed has no name in the tree, and its frame's file is not the answer's
# today: passed
"""E61: the forbidden lines come out of base64."""

import base64

exec(base64.b64decode("aW1wb3J0IHNjaXB5LnNwZWNpYWwgYXMga2VybmVscw=="))


def softmax(x, axis=-1, temperature=1.0):
    return kernels.softmax((x - x.max(axis=axis, keepdims=True)) / temperature, axis=axis)
