"""Formulas reach GitHub's reader as they were written: Markdown is read first, and takes backslashes and stars for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [*ROOT.glob("curriculum/*/*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
DISPLAY = re.compile(r"\$\$.*?\$\$", re.DOTALL)
INLINE = re.compile(r"(?<!\$)\$(?!\$)([^\s$](?:[^$\n]*[^\s$])?)\$(?!\$)")


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def read_by_markdown(text: str) -> str:
    """The text as Markdown reads it, with one space between words; anything that became markup is a NUL."""
    blocks = MarkdownIt("commonmark").enable("table").parse(text)
    inline = (token.children or [] for token in blocks if token.type == "inline")
    shown = {"text": "{}", "text_special": "{}", "softbreak": " "}
    words = ("".join(shown.get(c.type, "\x00").format(c.content) for c in children) for children in inline)
    return " ".join(" ".join(words).split())


def problems(text: str) -> Iterator[str]:
    bare, read = CODE.sub(_blank, text), read_by_markdown(text)
    for match in DISPLAY.finditer(bare):
        before, after = bare[: match.start()].rpartition("\n")[2], bare[match.end() :].partition("\n")[0]
        if before.strip() or after.strip() or "\n\n" in match.group():
            yield f"no paragraph of its own: {match.group()}"
        if " ".join(match.group().split()) not in read:
            yield f"changed by Markdown: {match.group()}"
    bare = DISPLAY.sub(_blank, bare)
    for match in INLINE.finditer(bare):
        if match.group() not in read or re.search("<[A-Za-z]", match.group()):
            yield f"changed by Markdown: {match.group()}"
        if re.match(r"\w", bare[match.start() - 1 : match.start()]) or re.match(
            r"\w", bare[match.end() : match.end() + 1]
        ):
            yield f"glued to a word: {match.group()}"
    yield from (
        f"a dollar alone: {line}" for line in INLINE.sub("", bare).split("\n") if "$" in line and "$." not in line
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_keeps_its_formulas(page: Path) -> None:
    assert list(problems(page.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"a set $\{x\}$ of", [r"changed by Markdown: $\{x\}$"]),
        (r"$a_*$ and $b_*$", ["changed by Markdown: $a_*$", "changed by Markdown: $b_*$"]),
        ("$a<b$", ["changed by Markdown: $a<b$"]),
        ("the $n$th", ["glued to a word: $n$"]),
        ("so $$ a $$ then", ["no paragraph of its own: $$ a $$"]),
        (r"$$ a \\, b $$", [r"changed by Markdown: $$ a \\, b $$"]),
        ("costs 5 $", ["a dollar alone: costs 5 $"]),
        (r"right: $\lbrace x \rbrace$, `$\{x\}$`", []),
    ],
)
def test_what_would_not_is_found(text: str, found: list[str]) -> None:
    assert list(problems(text)) == found
