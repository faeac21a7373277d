"""The oracles of bpe against Python's own strings: str.count and str.replace never overlap, and go from left to right."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "curriculum" / "language-models" / "bpe"


@pytest.fixture(scope="module")
def spec():
    found = importlib.util.spec_from_file_location("bpe_spec", FOLDER / "spec.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def merges_by_strings(text, vocab_size):
    """The same training on a str that has one character for each token."""
    tokens, merges = "".join(map(chr, text)), []
    while 256 + len(merges) < vocab_size and len(tokens) > 1:
        pairs = {tokens[i : i + 2] for i in range(len(tokens) - 1)}
        best = max(pairs, key=lambda pair: (tokens.count(pair), [-ord(c) for c in pair]))
        tokens = tokens.replace(best, chr(256 + len(merges)))
        merges.append((ord(best[0]), ord(best[1])))
    return merges


@pytest.mark.parametrize(
    "kind", ["english", "any", "each byte once", "two letters", "runs", "runs of three", "one letter"]
)
def test_training_agrees_with_counting_and_replacing_in_a_string(spec, kind):
    x = spec.train_inputs(np.random.default_rng(5), kind=kind, n=25, merges=20)
    assert spec.train(**x) == merges_by_strings(**x)


@pytest.mark.parametrize("kind", ["english", "any", "runs"])
def test_encoding_agrees_with_replacing_in_a_string(spec, kind):
    x = spec.encode_inputs(np.random.default_rng(6), kind=kind, n=40)
    tokens = "".join(map(chr, x["text"].encode()))
    for i, (left, right) in enumerate(x["merges"]):
        tokens = tokens.replace(chr(left) + chr(right), chr(256 + i))
    assert spec.encode(**x) == [ord(token) for token in tokens]


def test_decoding_gives_the_text_back(spec):
    x = spec.encode_inputs(np.random.default_rng(7), kind="any", n=60)
    assert spec.decode(spec.encode(**x), x["merges"]) == x["text"]


def test_runs_of_three_tell_the_two_ways_of_counting_apart(spec):
    x = spec.train_inputs(np.random.default_rng(8), kind="runs of three", n=4, merges=1)
    assert spec.train(**x) != spec.train_with_overlaps(**x)


def test_the_english_text_comes_with_its_licence(spec):
    licence = (FOLDER / "english.LICENSE.txt").read_text("utf-8")
    assert "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2" in licence
    assert 60_000 < len(spec.english()) < 100_000
