"""Encodes by taking the longest token that fits at each place, in place of applying the merges by rank."""

from collections import Counter
from itertools import pairwise


def train(text, vocab_size):
    ids, merges = list(text), []
    while 256 + len(merges) < vocab_size and len(ids) > 1:
        counts, counted = Counter(), None
        for pair in pairwise(ids):
            counted = None if pair == counted else pair
            counts[pair] += counted is not None
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merged = []
        for token in ids:
            if merged and (merged[-1], token) == best:
                merged[-1] = 256 + len(merges)
            else:
                merged.append(token)
        ids = merged
        merges.append(best)
    return merges


def vocabulary(merges):
    tokens = [bytes([byte]) for byte in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return tokens


def encode(text, merges):
    tokens = {token: i for i, token in reversed(list(enumerate(vocabulary(merges))))}
    longest = max(map(len, tokens))
    data, ids, i = text.encode("utf-8"), [], 0
    while i < len(data):
        size = next(n for n in range(min(longest, len(data) - i), 0, -1) if data[i : i + n] in tokens)
        ids.append(tokens[data[i : i + size]])
        i += size
    return ids


def decode(ids, merges):
    tokens = vocabulary(merges)
    return b"".join(tokens[i] for i in ids).decode("utf-8", errors="replace")
