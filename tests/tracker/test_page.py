"""The page says what the report says, and nothing that an answer wrote can be more than words on it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tracker import page, report, report_markdown

SAMPLE = report.load((Path(__file__).resolve().parents[1] / "data" / "report-schema-1.json").read_text("utf-8"))
HOSTILE = [
    "<script>alert(1)</script>",
    "[click](http://evil.example)",
    "![x](http://evil.example/x.png)",
    "`code` **bold** _it_ ~~gone~~ | cell |",
    "```\n# a heading\n<b>",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "http://evil.example www.evil.example",
    "&lt;b&gt; \u202e reversed \u200b",
    "# title\n\n---\n\n- item\n1. item",
    "    indented",
]
RENDER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def kinds(markdown):
    """Every kind of thing that a Markdown reader sees in it."""
    tokens = RENDER.parse(markdown)
    return {token.type for token in tokens} | {inner.type for token in tokens for inner in token.children or ()}


def test_verdict_and_marks_come_first_then_parts_then_what_failed():
    told = report_markdown.markdown(SAMPLE)
    order = [
        "# attention: failed",
        "| robust | no |",
        "## Parts",
        "## Checks: 1 of 3 failed",
        "| fully masked row |",
        "| small |",
        "## Why it failed: fully masked row",
        "divides by the sum of no weights",
        "## Speed",
        "1.42 times the time of the yardstick (95% interval 1.38 to 1.47): slower",
        "not measured against the library: torch is not installed",
        "## How it was graded",
        "level process, Landlock, seccomp, rlimits",
        "## What this proves",
        "harness run attention --backend numpy",
    ]
    places = [told.index(words) for words in order]
    assert places == sorted(places)


def test_a_demonstration_says_that_it_is_no_pass():
    demo = replace(SAMPLE, demo=True, demo_verdict=report.Verdict.PASSED)
    assert "the shipped solution (passed), not your answer. It is no pass." in report_markdown.markdown(demo)


def test_an_answer_close_to_the_shipped_solution_is_named():
    assert "**Close to the shipped solution**: `vectorized.py` (86%)" in report_markdown.markdown(SAMPLE)


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_plain_text(words):
    assert kinds(page.text(words)) <= {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}


@given(st.text())
def test_any_words_are_plain_text(words):
    assert kinds(page.text(words)) <= {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}


@given(st.text())
def test_any_words_are_one_code_span(words):
    assert kinds(page.code(words)) == {"paragraph_open", "inline", "code_inline", "paragraph_close"}


@given(st.text())
def test_any_words_are_one_fenced_block(words):
    assert kinds(page.block(words)) == {"fence"}


@pytest.mark.parametrize("words", HOSTILE)
def test_a_page_has_the_same_make_up_whatever_the_answer_wrote(words):
    def filled(text):
        failure = replace(SAMPLE.failure, sentence=text, got=text, mistake=text, frames=(text,), inputs={"q": text})
        cases = tuple(replace(case, message=text) for case in SAMPLE.cases)
        whole = replace(SAMPLE, message=text, printed=text, failure=failure, cases=cases, mark_notes={"robust": text})
        return report_markdown.markdown(replace(whole, source={text: ""}, similarity={text: 0.9}))

    assert [t.type for t in RENDER.parse(filled(words))] == [t.type for t in RENDER.parse(filled("words"))]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", filled(words))


def test_a_flood_is_cut_and_says_so():
    assert page.block("x" * 9000).endswith("x\n… and 1,000 characters more\n```")


@pytest.mark.parametrize(
    ("nanoseconds", "words"),
    [(None, "–"), (12, "12 ns"), (3_420, "3.42 µs"), (12_345_678, "12.3 ms"), (2 * 10**9, "2 s")],
)
def test_a_duration_has_the_unit_that_keeps_it_short(nanoseconds, words):
    assert page.duration(nanoseconds) == words
