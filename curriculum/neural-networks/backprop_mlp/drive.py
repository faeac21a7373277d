"""Forward and backward together, since the cache between them is the answer's own affair."""


def forward(answer, x, params, y):
    return answer.forward(x=x, params=params, y=y)[0]


def backward(answer, x, params, y):
    """What backward gives the second time, with a forward on other data before it: a cache keeps what it holds."""
    _, cache = answer.forward(x=x, params=params, y=y)
    answer.forward(x=0 * x, params=params, y=0 * y)
    answer.backward(cache=cache)
    return answer.backward(cache=cache)
