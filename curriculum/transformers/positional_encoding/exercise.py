"""Sinusoidal and rotary positions: your template. Copy of it: impls/positional_encoding/positional_encoding.py.

Both use the angles p * base^(-2i / d) for position p and pair i = 0, 1, ...:
the first pair turns by 1 a position, later ones slower.
Results have the dtype of the array that is given, but compute the angles in float64 and round at the end:
a float32 angle near 100,000 is off by up to 0.004. Inputs stay as they were.
"""


def sinusoidal(positions, d, base=10000.0):
    """Return the encodings of the positions, (n, d): column 2i is the sine of the angle of pair i,
    column 2i + 1 the cosine.

    positions: float array (n,), of any real numbers. d: any int >= 1; if it is odd,
    the last column is a sine without its cosine.
    Source: Vaswani et al. 2017, section 3.5, https://arxiv.org/abs/1706.03762
    """
    raise NotImplementedError("write sinusoidal() in impls/positional_encoding/positional_encoding.py")


def rope(x, offset=0, base=10000.0, layout="interleaved"):
    """Return x (..., t, d), any leading axes, with each pair of entries (a, b) rotated by its angle c:
    (a cos c - b sin c, a sin c + b cos c).

    The position of row j is offset + j; offset is any number. layout "interleaved": pair i is entries 2i and 2i + 1
    (RoFormer, Llama's own code); "half": entries i and i + d/2 (GPT-NeoX, Hugging Face).
    ValueError for an odd d and for any other layout.
    Source: Su et al. 2021, section 3.2, https://arxiv.org/abs/2104.09864
    """
    raise NotImplementedError("write rope() in impls/positional_encoding/positional_encoding.py")


def rope_backward(dy, offset=0, base=10000.0, layout="interleaved"):
    """Carry a gradient back through y = rope(x, offset, base, layout): dy has the shape of y,
    and so has the result, dx."""
    raise NotImplementedError("write rope_backward() in impls/positional_encoding/positional_encoding.py")
