"""Touch only what a merge changes: a linked list of tokens, counts kept up to date, a heap that says what is next.

A merge at one place removes and makes at most two other pairs, so the whole training costs about one heap operation for
each merged place instead of one pass over the text for each merge. Heap entries that are out of date stay in
it and are skipped when they come up.
"""

import heapq
from collections import defaultdict
from itertools import pairwise


def train(text, vocab_size):
    state = _Sequence(text)
    heap = [(-count, pair) for pair, count in state.counts.items()]
    heapq.heapify(heap)
    merges = []
    while 256 + len(merges) < vocab_size and heap:
        count, pair = heapq.heappop(heap)
        if count == 0 or state.counts[pair] != -count:
            continue
        for touched in state.merge(pair, 256 + len(merges)):
            heapq.heappush(heap, (-state.counts[touched], touched))
        merges.append(pair)
    return merges


class _Sequence:
    """Tokens as a doubly linked list over their first bytes; -1 stands before the first and behind the last."""

    def __init__(self, text):
        n = len(text)
        self.ids = list(text)
        self.before = list(range(-1, n - 1))
        self.after = [*range(1, n), -1][:n]
        self.places = defaultdict(list)  # every place where a pair is or once was
        self.counts = defaultdict(int)
        counted = None
        for i in range(n - 1):
            pair = (text[i], text[i + 1])
            self.places[pair].append(i)
            counted = None if pair == counted else pair
            self.counts[pair] += counted is not None

    def merge(self, pair, new):
        """Replace the pair everywhere; return the pairs whose counts have changed."""
        ids, before, after, counts = self.ids, self.before, self.after, self.counts
        x, y = pair
        changed, last, run = set(), -1, 0  # run: how many new tokens in a row end at `last`
        for i in sorted(self.places.pop(pair)):
            j = after[i]
            if ids[i] != x or j == -1 or ids[j] != y:
                continue
            left, right = before[i], after[j]
            if left != -1 and (lost := (ids[left], x)) != pair:
                counts[lost] -= 1 if ids[left] != x else self._run(i, before) % 2 == 0
                changed.add(lost)
            if right != -1 and (lost := (y, ids[right])) != pair:
                counts[lost] -= 1 if ids[right] != y else self._run(j, after) % 2 == 0
                changed.add(lost)
            if right != -1:
                before[right] = i
            ids[i], ids[j], after[i] = new, -1, right
            run = run + 1 if left == last and left != -1 else 1
            last = i
            if left != -1:
                self.places[ids[left], new].append(left)
                counts[ids[left], new] += 1 if ids[left] != new else run % 2 == 0
                changed.add((ids[left], new))
            if right != -1:
                self.places[new, ids[right]].append(i)
                counts[new, ids[right]] += 1
                changed.add((new, ids[right]))
        counts[pair] = 0
        return changed - {pair}

    def _run(self, i, step):
        """How many equal tokens follow each other from i on, in the direction of `step`."""
        length, token = 0, self.ids[i]
        while i != -1 and self.ids[i] == token:
            length, i = length + 1, step[i]
        return length


def encode(text, merges):
    ranks = {tuple(pair): rank for rank, pair in enumerate(merges)}
    ids = list(text.encode("utf-8"))
    before, after = list(range(-1, len(ids) - 1)), [*range(1, len(ids)), -1]
    heap = [(ranks[pair], i, pair) for i, pair in enumerate(pairwise(ids)) if pair in ranks]
    heapq.heapify(heap)  # the lowest rank first, and of equal ranks the leftmost place
    while heap:
        rank, i, (x, y) = heapq.heappop(heap)
        j = after[i]
        if ids[i] != x or j == -1 or ids[j] != y:
            continue
        ids[i], ids[j], after[i] = 256 + rank, -1, after[j]
        if after[i] != -1:
            before[after[i]] = i
        for k in (before[i], i):
            if k != -1 and after[k] != -1:
                pair = (ids[k], ids[after[k]])
                if pair in ranks:
                    heapq.heappush(heap, (ranks[pair], k, pair))
    return [token for token in ids if token != -1]


def decode(ids, merges):
    tokens = [bytes([byte]) for byte in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return b"".join([tokens[i] for i in ids]).decode("utf-8", errors="replace")
