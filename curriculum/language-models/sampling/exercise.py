"""From scores to tokens: filters, sampling and beam search: your template. Copy of it: impls/sampling/sampling.py.

The last axis of `logits` is the vocabulary, V scores; all axes before it are a batch. Tokens are ranked by their
logits, the highest first, and of equal logits the lower id comes first: that order decides every cut below.
"""


def filter_probs(logits, temperature=1.0, top_k=None, top_p=None):
    """Return the probabilities that are left after temperature, then top-k, then top-p, in this order.

    logits (..., V), floats; -inf marks a token that must never be drawn. Same shape and dtype; rows sum to 1.
    temperature > 0: softmax(logits / temperature). Near 0 all the weight is on the first token of the ranking.
    top_k: an int >= 1, or None. Only the first top_k tokens of the ranking stay; a top_k above V keeps all.
    top_p: 0 <= top_p <= 1, or None. Acts on what top-k left, scaled to sum 1: the shortest beginning of the ranking
    whose probabilities sum to at least top_p stays. So the token that crosses top_p is kept, at least one
    token always is, and top_p=1 keeps everything.
    What is cut becomes exactly 0 and the rest is scaled to sum 1. Every row has at least one finite logit.
    Source: Holtzman et al. 2020, https://arxiv.org/abs/1904.09751
    """
    raise NotImplementedError("write filter_probs() in impls/sampling/sampling.py")


def sample(logits, rng, temperature=1.0, top_k=None, top_p=None):
    """Draw one token id for every row from filter_probs(logits, ...), all rows independently.

    logits (..., V). Returns int64 ids of shape (...), shape () for a single row.
    rng: the backend's generator (numpy.random.Generator, torch.Generator, cupy.random.Generator); the only source of
    chance, so that the same seed draws the same tokens again. Any method that draws from the right law will do.
    """
    raise NotImplementedError("write sample() in impls/sampling/sampling.py")


def beam_search(step, bos, eos, width, max_len):
    """Keep the `width` best sequences while they grow token by token; return [(ids, logp), ...], best first.

    step(ids) takes a sequence as a list of ints, bos first, and gives the log-probabilities (V,) of its next token.
    ids: list of ints, bos first, eos last if the sequence is finished. logp: float, the sum of the log-probabilities
    of all tokens after bos, with no correction for length.
    Start from ([bos], 0.0). In each of max_len rounds every unfinished sequence is extended by every token (but never
    by one of log-probability -inf), finished ones compete unchanged, and the best `width` of all stay. Equal logp:
    the list of ids that is smaller in Python's order wins, which is the lower id at the first difference.
    A sequence is finished when a token after bos is eos; step must not be called on it. bos and eos may be equal.
    Source: Sutskever et al. 2014, section 3.2, https://arxiv.org/abs/1409.3215
    """
    raise NotImplementedError("write beam_search() in impls/sampling/sampling.py")
