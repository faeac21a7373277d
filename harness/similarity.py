"""How alike two sources are once names, comments and layout are taken away. A figure to show, never a verdict."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Mapping
from difflib import SequenceMatcher

from tracker.report import CLOSE as CLOSE  # above it the marks say 'close to the shipped solution'

MOST_TOKENS = 20_000  # of one source: the comparison is quadratic


def normalised(text: str) -> list[str]:
    """The tokens of Python source: names one and the same, except after a dot (a library's own), numbers and texts too."""
    tokens: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                tokens.append(token.string if tokens and tokens[-1] == "." else "name")
            elif token.type in (tokenize.NAME, tokenize.OP):
                tokens.append(token.string)
            elif token.type == tokenize.NUMBER:
                tokens.append("number")
            elif token.type == tokenize.STRING and tokens and tokens[-1] != ":":  # after ':' it is a docstring
                tokens.append("text")
    except (tokenize.TokenError, SyntaxError, ValueError):
        return tokens
    return tokens[:MOST_TOKENS]


def similarity(answer: Mapping[str, str], solutions: Mapping[str, str]) -> dict[str, float]:
    """For each shipped solution, the share of tokens that it has in common with the answer, in order (0 to 1)."""
    own = [token for text in answer.values() for token in normalised(text)]
    return {
        name: round(SequenceMatcher(None, own, normalised(text), autojunk=False).ratio(), 3)
        for name, text in sorted(solutions.items())
    }
