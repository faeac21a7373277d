"""Calls dropout twice with one generator, as two layers or two steps would."""


def two_calls(answer, x, p, rng):
    """((y, mask), (y, mask))."""
    return answer.dropout(x, p, True, rng), answer.dropout(x, p, True, rng)
