"""Byte-pair encoding by pencil. a, b, c, d are 97, 98, 99, 100."""


def test_the_most_frequent_pair_is_merged_first(answer):
    """'ab' occurs three times, every other pair less: it becomes token 256, then (256, 99) occurs twice."""
    assert answer(text=b"abcxabcyab", vocab_size=258) == [(97, 98), (256, 99)]


def test_of_equally_frequent_pairs_the_lower_is_merged(answer):
    """In 'dcba' each pair occurs once; the lowest is (98, 97), and then (99, 256) is."""
    assert answer(text=b"dcba", vocab_size=258) == [(98, 97), (99, 256)]


def test_overlapping_places_count_once(answer):
    """'aaa' has room for one merge of aa, so bc with its two places comes first."""
    assert answer(text=b"aaabcbc", vocab_size=257) == [(98, 99)]


def test_merging_ends_when_one_token_is_left(answer):
    """'aaaa' becomes two tokens 256, then one token 257; a third merge is not there to be had."""
    assert answer(text=b"aaaa", vocab_size=300) == [(97, 97), (256, 256)]


def test_the_pair_learned_first_is_merged_first(answer):
    """bc was learned before ab, so in 'abc' it is bc that is merged, although ab stands before it."""
    assert answer.part("encode", text="abc", merges=[(98, 99), (97, 98)]) == [97, 256]


def test_a_character_may_be_spread_over_tokens(answer):
    """The two bytes of é are 195 and 169; one of them alone is no character."""
    assert answer.part("decode", ids=[256, 195, 169], merges=[(97, 98)]) == "abé"
    assert answer.part("decode", ids=[97, 195], merges=[]) == "a\ufffd"
