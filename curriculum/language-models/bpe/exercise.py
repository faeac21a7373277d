"""Byte-pair encoding on bytes: your template. Copy of it: impls/bpe/bpe.py.

A token is an int: 0..255 are the bytes themselves, 256 + i is the pair merges[i]. `merges` is a list of pairs of ints,
in the order in which they were learned; a pair names only tokens that exist before it.
"""


def train(text, vocab_size):
    """Learn merges from `text`, bytes, until there are vocab_size tokens (at least 256); return them as a list of pairs.

    Start from the bytes as one sequence, without splitting it into words. Repeat: replace the most frequent pair of
    neighbours, from left to right, by a new token. Of pairs that are equally frequent take the lower (as tuples compare).
    The count of a pair is the number of places where the replacement would happen: in b"aaaa" the pair
    (97, 97) counts 2, not 3, and in b"aaa" 1. A pair that occurs once may be merged; when there is no pair left,
    because the sequence is one token or none, the list ends early.
    Source: Sennrich et al. 2016, https://arxiv.org/abs/1508.07909; on bytes: Radford et al. 2019, section 2.2
    """
    raise NotImplementedError("write train() in impls/bpe/bpe.py")


def encode(text, merges):
    """Turn a str into a list of token ids: its UTF-8 bytes, then the merges in the order in which they were learned.

    Whenever several pairs could be merged, the one learned first goes first, everywhere, from left to right. That is not the
    same as taking the longest token that fits. `text` is any str that UTF-8 can write (no lone surrogates).
    """
    raise NotImplementedError("write encode() in impls/bpe/bpe.py")


def decode(ids, merges):
    """Turn a list of token ids back into a str: join the bytes of all tokens, then read them as UTF-8.

    A token may hold a piece of a character, so the bytes are joined before they are read. Bytes that are no UTF-8
    become U+FFFD as in bytes.decode("utf-8", errors="replace"). An id that does not exist raises an
    IndexError, KeyError or ValueError.
    """
    raise NotImplementedError("write decode() in impls/bpe/bpe.py")
