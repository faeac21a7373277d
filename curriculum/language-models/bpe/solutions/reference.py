"""Count, merge, repeat: every round looks at the whole sequence again."""

from collections import Counter
from itertools import pairwise


def train(text, vocab_size):
    ids, merges = list(text), []
    while 256 + len(merges) < vocab_size and len(ids) > 1:
        counts = count_pairs(ids)
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        ids = merge(ids, best, 256 + len(merges))
        merges.append(best)
    return merges


def count_pairs(ids):
    """How often each pair could be merged: a place that overlaps one just counted does not count."""
    counts, counted = Counter(), None
    for pair in pairwise(ids):
        if pair == counted:
            counted = None
        else:
            counts[pair] += 1
            counted = pair
    return counts


def merge(ids, pair, new):
    """Replace the pair by the new token, from left to right."""
    merged, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def encode(text, merges):
    ids = list(text.encode("utf-8"))
    for rank, pair in enumerate(merges):
        ids = merge(ids, tuple(pair), 256 + rank)
    return ids


def decode(ids, merges):
    tokens = [bytes([byte]) for byte in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return b"".join(tokens[i] for i in ids).decode("utf-8", errors="replace")
