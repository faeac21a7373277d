"""Fills caches, and decodes tokens that the judge has chosen."""


def KVCache(answer, appends, layers, max_len):  # noqa: N802 - drive functions are named as their part
    """appends: (layer, k, v, counts) one after the other. Gives each layer's view, and the bytes."""
    first = appends[0][1]
    cache = answer.KVCache(layers, first.shape[0], first.shape[1], first.shape[3], max_len, first)
    for layer, k, v, counts in appends:
        k, v = k + 0, v + 0
        cache.append(layer, k, v, counts)
        k *= 0  # the caller goes on using its arrays
        v *= 0
    return [cache.view(layer) for layer in range(layers)], cache.nbytes()


def prefill(answer, state, heads, ids, lengths, max_len):
    """The logits, and what the first layer's cache holds."""
    logits, cache = answer.prefill(state, heads, ids, lengths, max_len)
    return logits, cache.view(0)


def decode_step(answer, state, heads, past, lengths, ids, max_len):
    """A step on a cache whose keys and values belong to no text. past: (k, v) of each layer. Also the last layer's length after it."""
    first = past[0][0]
    cache = answer.KVCache(len(past), first.shape[0], first.shape[1], first.shape[3], max_len, first)
    for layer, (k, v) in enumerate(past):
        cache.append(layer, k, v, lengths)
    return answer.decode_step(state, heads, cache, ids), cache.view(len(past) - 1)[2]


def decode(answer, state, heads, ids, lengths, later, max_len):
    """Prompts, then later (b, n), a token at a time: the logits after each."""
    logits, cache = answer.prefill(state, heads, ids, lengths, max_len)
    seen = [logits]
    for t in range(later.shape[1]):
        seen.append(answer.decode_step(state, heads, cache, later[:, t]))
    return seen
