# verdict: used a banned call
# words: scipy
# limits: load_s=60, call_s=60
"""A1, E61: the library's name is put together at run time. The third net, the import hook, sees the import itself."""

kernels = __import__("sci" + "py.special", fromlist=["softmax"])


def softmax(x, axis=-1, temperature=1.0):
    return kernels.softmax(x / temperature, axis=axis)
