"""A bigram language model, by counting and by descent: your template. Copy of it: impls/bigram_lm/bigram_lm.py.

ids: int64 (n,), a text as token ids from 0 to vocab - 1. logp: float (v, v), where logp[i, j] is the natural logarithm of the
probability that token j comes right after token i. Inputs stay as they were.
Sources: Shannon 1951, https://doi.org/10.1002/j.1538-7305.1951.tb01366.x; Chen, Goodman 1996, https://arxiv.org/abs/cmp-lg/9606011
"""


def fit(ids, vocab, alpha=1.0):
    """Count neighbours and return logp, float64 (vocab, vocab): P(j after i) = (count_ij + alpha) / (count_i + alpha vocab).

    count_i is how often i is followed by anything. alpha >= 0 may be a fraction. With alpha = 0 a pair that never occurs
    has log-probability -inf; a row without any count is then 0/0 and becomes uniform, its limit as alpha goes to 0.
    n may be 0 or 1: then nothing is counted.
    """
    raise NotImplementedError("write fit() in impls/bigram_lm/bigram_lm.py")


def nll(logp, ids):
    """Return the mean negative log-likelihood in nats of the n - 1 transitions of ids, as a 0-d array of logp's dtype.

    The first token is only context. A transition of probability 0 makes it inf. Fewer than two ids raise ValueError.
    """
    raise NotImplementedError("write nll() in impls/bigram_lm/bigram_lm.py")


def perplexity(logp, ids):
    """Return exp of the mean nll, one over the geometric mean of the probabilities: 0-d, dtype of logp."""
    raise NotImplementedError("write perplexity() in impls/bigram_lm/bigram_lm.py")


def bits_per_char(logp, ids, characters):
    """Return the bits that the n - 1 predicted tokens cost together, divided by the `characters` that they spell: 0-d, dtype of logp."""
    raise NotImplementedError("write bits_per_char() in impls/bigram_lm/bigram_lm.py")


def fit_neural(ids, vocab, lr, steps):
    """Learn the table by descent instead: return w, float64 (vocab, vocab), whose rows are logits of the next token.

    The model is softmax(w[i]) for the token after i. w starts at zeros; each of `steps` steps is w -= lr * gradient of
    the mean nll of all n - 1 transitions (n >= 2). Rows of tokens that are never followed stay zero. Logits may grow
    large: with lr = 50,000 nothing overflows.
    """
    raise NotImplementedError("write fit_neural() in impls/bigram_lm/bigram_lm.py")


def sample(logp, start, n, rng):
    """Draw n tokens, the first from row `start`, each further one from the row of the token before it: int64 (n,).

    `start` itself is not among them. rng: the backend's generator (numpy.random.Generator, torch.Generator, cupy.random.Generator), from
    which all chance comes. A token of log-probability -inf is never drawn.
    """
    raise NotImplementedError("write sample() in impls/bigram_lm/bigram_lm.py")
