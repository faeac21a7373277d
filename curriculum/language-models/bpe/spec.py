"""Byte-pair encoding: what an answer must do, and what it costs. Everything is exact.

Sources: Gage 1994 (the C Users Journal 12(2)); Sennrich et al. 2016, https://arxiv.org/abs/1508.07909; on bytes:
Radford et al. 2019, section 2.2. english.txt: see english.LICENSE.txt

Sizes: n bytes (or characters) of text, so many merges.
"""

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from harness.spec import Convention, Cost, Exercise, Mistake, Part, Plain, Policy, Timing, case, holds


def places(ids, pair):
    """Where a pair would be replaced, going from left to right: no two places overlap."""
    found, i = [], 0
    while i + 1 < len(ids):
        hit = (ids[i], ids[i + 1]) == pair
        if hit:
            found.append(i)
        i += 2 if hit else 1
    return found


def replaced(ids, pair, new):
    """The sequence with the pair replaced at all its places."""
    starts = set(places(ids, pair))
    return [new if i in starts else token for i, token in enumerate(ids) if i - 1 not in starts]


def learn(text, vocab_size, count):
    """The merges of `text`, with any way to count a pair."""
    ids, merges = list(text), []
    while 256 + len(merges) < vocab_size and len(ids) > 1:
        counts = count(ids)
        best = max(counts.values())
        merges.append(min(pair for pair in counts if counts[pair] == best))
        ids = replaced(ids, merges[-1], 255 + len(merges))
    return merges


def neighbours(ids):
    """Every pair with all its occurrences, overlapping ones too."""
    counts = {}
    for pair in pairwise(ids):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def mergeable(ids):
    """Every pair with the number of its places; only a pair of equal tokens can overlap itself."""
    return {pair: count if pair[0] != pair[1] else len(places(ids, pair)) for pair, count in neighbours(ids).items()}


def train(text, vocab_size):
    """Oracle: recount everything after each merge."""
    return learn(text, vocab_size, mergeable)


def train_with_overlaps(text, vocab_size):
    """The convention of programs that count zip(ids, ids[1:]): b'aaaa' holds (97, 97) three times."""
    return learn(text, vocab_size, neighbours)


def encode(text, merges):
    """Oracle: as long as a pair can be merged, merge the one learned first."""
    ids, rank = list(text.encode("utf-8")), {tuple(pair): i for i, pair in enumerate(merges)}
    while possible := [rank[pair] for pair in pairwise(ids) if pair in rank]:
        ids = replaced(ids, tuple(merges[min(possible)]), 256 + min(possible))
    return ids


def decode(ids, merges):
    """Oracle: open each token until only bytes are left."""

    def opened(token):
        return bytes([token]) if token < 256 else b"".join(opened(t) for t in merges[token - 256])

    return b"".join(opened(token) for token in ids).decode("utf-8", "replace")


# --- inputs ---------------------------------------------------------------------------------------------------


@cache
def english():
    return Path(__file__).with_name("english.txt").read_text("utf-8")


def english_text(rng, n):
    start = int(rng.integers(len(english()) - n))
    return english()[start : start + n]


def any_text(rng, n):
    """Characters of one to four bytes: letters, accents, CJK, emoji with their joiners, controls, any other."""
    ranges = (
        (0, 0x80),
        (0x20, 0x7F),
        (0xC0, 0x250),
        (0x300, 0x370),
        (0x4E00, 0x9FFF),
        (0x1F300, 0x1FAFF),
        (0xE000, 0x110000),
    )
    chosen = [ranges[i] for i in rng.integers(len(ranges), size=n)]
    text = "".join(chr(int(rng.integers(low, high))) for low, high in chosen)
    return text + "".join(rng.choice(list("\u200d\ufe0f👩🏽💻漢字é"), size=n))


def letters(rng, count):
    """Different letters in random order."""
    return [bytes([b]) for b in rng.permutation(np.arange(97, 123))[:count]]


def shuffled(rng, pieces):
    return b"".join(pieces[i] for i in rng.permutation(len(pieces)))


def runs(rng, n):
    """Runs of 1 to 40 equal letters out of three."""
    alphabet = letters(rng, 3)
    return b"".join(alphabet[int(rng.integers(3))] * int(rng.integers(1, 41)) for _ in range(n))


def runs_of_three(rng, n):
    """2n of 'aaa' and 3n of 'bc', each behind a byte of its own: 'aa' can be merged 2n times, less than 'bc'."""
    a, b, c = letters(rng, 3)
    return b"".join(bytes([128 + i % 128]) + p for i, p in enumerate([a * 3, b + c, a * 3, b + c, b + c] * n))


KINDS = {
    "english": lambda rng, n: english_text(rng, n).encode("utf-8"),
    "any": lambda rng, n: any_text(rng, n).encode("utf-8"),
    "each byte once": lambda rng, n: bytes(rng.permutation(256).astype(np.uint8)),
    "two letters": lambda rng, n: shuffled(rng, letters(rng, 2) * n),
    "runs": runs,
    "runs of three": runs_of_three,
    "one letter": lambda rng, n: letters(rng, 1)[0] * n,
}


def train_inputs(rng, kind="english", n=600, merges=40):
    return {"text": KINDS[kind](rng, n), "vocab_size": 256 + merges}


def encode_inputs(rng, kind="english", n=200, merges=40, learned=500):
    """A text, and merges learned from another one of English (or of the same kind)."""
    text = any_text(rng, n) if kind == "any" else KINDS[kind](rng, n).decode("utf-8", "replace")
    source = any_text(rng, learned // 4) if kind == "any" else english_text(rng, learned)
    source = text + text if kind in ("runs", "one letter") else source
    return {"text": text, "merges": train(source.encode("utf-8"), 256 + merges)}


def rank_inputs(rng, n=1):
    """'abc' again and again, with (b, c) learned before (a, b) and (ab, c): only (b, c) and then nothing applies."""
    a, b, c = (letter[0] for letter in letters(rng, 3))
    return {"text": bytes([a, b, c] * n).decode(), "merges": [(b, c), (a, b), (257, c)]}


def decode_inputs(rng, broken=0, strange=0, **sizes):
    """What encoding gives; or with so many random high bytes and halves of emoji put in; or with an id too large."""
    x = encode_inputs(rng, **sizes)
    ids = encode(**x)
    for _ in range(broken):
        at = int(rng.integers(len(ids) + 1))
        ids[at:at] = [[0xF0, 0x9F], [0xC3], [0x80], [0xFF, 0xFE], [0xE6, 0xBC]][int(rng.integers(5))]
    ids += [256 + len(x["merges"]) + int(rng.integers(9)) for _ in range(strange)]
    return {"ids": ids, "merges": x["merges"]}


def encode_case_inputs(rng, by_rank=False, **sizes):
    return rank_inputs(rng, **sizes) if by_rank else encode_inputs(rng, **sizes)


# --- properties -------------------------------------------------------------------------------------------------


def a_smaller_vocabulary_is_the_beginning_of_a_larger(answer, x, check):
    """Merges are learned one after the other, so asking for fewer gives the first of them."""
    merges = answer(**x)
    for size in (256, 257, 256 + len(merges) // 2):
        check.true(answer(text=x["text"], vocab_size=size) == merges[: size - 256], f"with vocab_size={size}")


def decoding_undoes_encoding(answer, x, check):
    """decode(encode(text)) is text, for every text."""
    for text in (x["text"], "", "\x00", x["text"][::-1]):
        ids = answer(text=text, merges=x["merges"])
        check.equal(answer.part("decode", ids=ids, merges=x["merges"]), text, f"the round trip of {text[:20]!r}")


def more_merges_never_lengthen_the_encoding(answer, x, check):
    """Each merge replaces two tokens by one: the first k merges give a sequence that shrinks as k grows."""
    lengths = [len(answer(text=x["text"], merges=x["merges"][:k])) for k in (0, 1, 5, 20, len(x["merges"]))]
    check.true(lengths == sorted(lengths, reverse=True), f"lengths with more and more merges: {lengths}")
    check.true(lengths[0] == len(x["text"].encode("utf-8")), "without merges there is one token for each byte")


def one_token_decodes_as_its_bytes(answer, x, check):
    """Joined bytes are read as UTF-8 only at the end, so a character may be spread over several tokens."""
    ids = list("漢👩é".encode())
    check.equal(answer(ids=ids, merges=x["merges"]), "漢👩é", "three characters, byte by byte")


# --- cost and cases ---------------------------------------------------------------------------------------------


def train_cost(n, merges, **_):
    return Cost(flops=n * np.log2(n) + merges * n / 20, bytes_moved=8 * n)  # a merge touches a few % of the places


def encode_cost(n, **_):
    return Cost(flops=n * np.log2(n), bytes_moved=8 * n)


BROKEN = ("IndexError", "KeyError", "ValueError")
YARDSTICK = {"numpy": "linked_list.py"}

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            name="train",
            oracle=train,
            inputs=train_inputs,
            outputs=Plain(list),
            cases=(
                case("english", n=400, merges=30),
                case("english, more merges than bytes", n=40, merges=100, why="the list ends when one token is left"),
                case("emoji and CJK", kind="any", n=80, merges=30, why="merges are over bytes, not characters"),
                case("no merges", merges=0, why="256 tokens are the bytes alone"),
                case("empty text", mark="robust", n=0, merges=5, why="there is no pair to merge"),
                case("one byte", mark="robust", kind="one letter", n=1, merges=5),
                case("each byte once", mark="robust", kind="each byte once", merges=20, why="all pairs tie: the lowest wins"),
                case("two letters", mark="robust", kind="two letters", n=40, merges=25, why="many ties"),
                case("long runs", mark="robust", kind="runs", n=20, merges=25, why="in b'aaaa' the pair aa counts 2"),
                case("runs of three", mark="robust", kind="runs of three", n=4, merges=3, why="in b'aaa' the pair aa counts 1"),
                case("one letter", mark="robust", kind="one letter", n=511, merges=20),
            ),
            properties=(holds(a_smaller_vocabulary_is_the_beginning_of_a_larger, n=300, merges=20),),
            conventions=(Convention("overlapping occurrences count: b'aaaa' holds aa 3 times", train_with_overlaps),),
            dtypes=(),
        ),
        Part(
            name="encode",
            oracle=encode,
            inputs=encode_case_inputs,
            outputs=Plain(list),
            cases=(
                case("new english"),
                case("without merges", merges=0),
                case("emoji and CJK in bytes", kind="any", n=40, merges=40),
                case("by rank, not by length", by_rank=True, n=3, why="of all pairs the one learned first is merged"),
                case("empty string", mark="robust", n=0),
                case("runs in a text", mark="robust", kind="runs", n=12, merges=12, why="merging goes from left to right"),
                case("odd number of one letter", mark="robust", kind="one letter", n=301, merges=6),
            ),
            properties=(
                holds(decoding_undoes_encoding, kind="any", n=40, merges=30),
                holds(more_merges_never_lengthen_the_encoding),
            ),
            dtypes=(),
        ),
        Part(
            name="decode",
            oracle=decode,
            inputs=decode_inputs,
            outputs=Plain(str),
            cases=(
                case("english tokens"),
                case("emoji and CJK tokens", kind="any", n=40, merges=40, why="a token may hold part of a character"),
                case("bytes alone", kind="two letters", n=20, merges=0),
                case("no tokens", mark="robust", n=0),
                case("broken UTF-8", mark="robust", kind="any", n=20, broken=8, why="decoding replaces, and never raises"),
                case("an id that does not exist", mark="robust", n=20, strange=1, raises=BROKEN),
            ),
            properties=(holds(one_token_decodes_as_its_bytes, n=5, merges=3),),
            dtypes=(),
        ),
    ),
    timings=(
        Timing(case("2000 bytes of english", n=2000, merges=64), train_cost, "train", "n", YARDSTICK, fresh="draw"),
        Timing(case("encode 4000 characters", n=4000, merges=100), encode_cost, "encode", "n", YARDSTICK, fresh="draw"),
    ),
    policy=Policy(banned=("base", "tokenizers", "tiktoken", "sentencepiece")),
    data=("english.txt",),
    mistakes=(
        Mistake("greedy longest match", file="mistakes/longest_match.py", caught_by="by rank, not by length"),
        Mistake("overlapping pairs counted twice", "if pair == counted:", "if False:", "runs of three"),
        Mistake("ties by order of appearance", "min(counts, key=lambda pair: (-counts[pair], pair))",
                "max(counts, key=counts.get)", "each byte once"),
        Mistake("ties to the higher pair", "min(counts, key=lambda pair: (-counts[pair], pair))",
                "max(counts, key=lambda pair: (counts[pair], pair))", "each byte once"),
        Mistake("stops when no pair occurs twice", "        merges.append(best)\n",
                "        merges.append(best)\n        if counts[best] < 2:\n            return merges[:-1]\n",
                "english, more merges than bytes"),
        Mistake("does not notice that nothing is left", " and len(ids) > 1:", ":", "empty text"),
        Mistake("vocab_size merges instead of vocab_size tokens", "while 256 + len(merges) < vocab_size", "while len(merges) < vocab_size",
                "no merges"),
        Mistake("merges on code points", 'list(text.encode("utf-8"))', "[ord(character) for character in text]",
                "emoji and CJK in bytes"),
        Mistake("merging overlaps", "            i += 2\n", "            i += 1\n", "runs in a text"),
        Mistake("merges applied in reverse", "for rank, pair in enumerate(merges):", "for rank, pair in reversed(list(enumerate(merges))):",
                "by rank, not by length"),
        Mistake("decodes token by token", 'b"".join(tokens[i] for i in ids).decode("utf-8", errors="replace")',
                '"".join(tokens[i].decode("utf-8", errors="replace") for i in ids)', "one token decodes as its bytes"),
        Mistake("raises on broken UTF-8", 'errors="replace"', 'errors="strict"', "broken UTF-8"),
        Mistake("drops broken UTF-8", 'errors="replace"', 'errors="ignore"', "broken UTF-8"),
        Mistake("unknown ids left out", "tokens[i] for i in ids)", "tokens[i] for i in ids if i < len(tokens))",
                "an id that does not exist"),
    ),
    hints=(
        "Three small functions do all the work: count the pairs of a list, choose one, replace it in a list.",
        "When you count, remember the pair you counted one place before: if this one is the same, it overlaps and is skipped, "
        "and the next may count again. To choose: min over the pairs by (-count, pair).",
        "encode: ids = the UTF-8 bytes; for each merge in order, replace it in the whole list. decode: build tokens[256 + i] = "
        "tokens[a] + tokens[b], join the bytes of all ids, then .decode('utf-8', errors='replace') once.",
    ),
)  # fmt: skip
