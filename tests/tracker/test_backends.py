"""Backends side by side: the same inputs, each one's own ratio, and every way in which the others are not what the first is."""

from dataclasses import replace
from pathlib import Path

import pytest
from page_reader import Reader

from tracker import backends, report, report_markdown, report_page
from tracker.report import Machine, Verdict

SAMPLE = report.load((Path(__file__).resolve().parents[1] / "data" / "report-schema-1.json").read_text("utf-8"))
NUMPY = replace(SAMPLE, verdict=Verdict.PASSED, failure=None)
TORCH = replace(
    NUMPY, backend="torch",
    timings=(replace(NUMPY.timings[0], median_ns=4_200_000, ratio=1.01, ratio_low=0.98, ratio_high=1.04),),
)  # fmt: skip
TRITON = replace(NUMPY, backend="triton", timings=(), mark_notes={"efficient": "not measured: no CUDA device"})
INPUT = "gpt2 block (attention, float32)"


def told(first, *others):
    return " ".join(backends.notes([first, *others])[2:])


def test_each_input_has_every_backend_with_its_time_and_its_own_ratio():
    found = backends.table([NUMPY, TORCH, TRITON])
    assert found.head == ("input", "backend", "time", "over yardstick")
    assert found.rows == [
        (INPUT, "numpy on cpu", "9.41 ms", "1.42 (1.38 to 1.47)"),
        (INPUT, "torch on cpu", "4.2 ms", "1.01 (0.980 to 1.04)"),
    ]


def test_an_input_that_one_backend_alone_was_timed_on_is_not_measured_on_the_others():
    half = replace(TORCH, timings=(replace(TORCH.timings[0], dtype="float16"),))
    assert [row[:3] for row in backends.table([NUMPY, half]).rows] == [
        (INPUT, "numpy on cpu", "9.41 ms"),
        (INPUT, "torch on cpu", "not measured"),
        ("gpt2 block (attention, float16)", "numpy on cpu", "not measured"),
        ("gpt2 block (attention, float16)", "torch on cpu", "4.2 ms"),
    ]


def test_where_nothing_differs_one_source_one_machine_is_said_and_nothing_else():
    assert backends.notes([NUMPY, TORCH])[1:] == [
        "All of it was measured on one machine.",
        "Each was graded from the same files.",
    ]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (TRITON, "triton on cpu (graded on 2026-11-20): not measured: no CUDA device."),
        (replace(TRITON, mark_notes={}), "triton on cpu (graded on 2026-11-20): not measured."),
        (
            replace(TORCH, source_hash="f" * 64),
            f"torch on cpu (graded on 2026-11-20): from another version of the source than numpy on cpu (hash ffffffffff, not {NUMPY.source_hash[:10]}).",
        ),
        (
            replace(TORCH, device="cuda", machine=Machine("Big CPU", 64, 512.0, "Linux")),
            "torch on cuda (graded on 2026-11-20): on Big CPU, 64 cores, 512 GB, Linux.",
        ),
        (replace(TORCH, threads=4), "with 4 threads, not 1."),
        (
            replace(TORCH, versions={**NUMPY.versions, "numpy": "9.9"}),
            f"with numpy 9.9, not {NUMPY.versions['numpy']}.",
        ),
    ],
)
def test_what_is_not_as_the_first_is_told(other, words):
    assert words in told(NUMPY, other)
    assert ("from the same files" in told(NUMPY, other)) == (other.source_hash == NUMPY.source_hash)


def test_times_of_another_state_of_the_exercise_are_left_out_with_the_reason():
    old = replace(TORCH, spec_hash="e" * 64, exercise_version=NUMPY.exercise_version + 1)
    assert {row[1] for row in backends.table([NUMPY, old]).rows} == {"numpy on cpu"}
    assert "by another state of the exercise (version 2, not 1), so its times are left out" in told(NUMPY, old)


def test_the_page_and_its_twin_have_the_table_only_where_there_are_others():
    page, twin = report_page.html(NUMPY, beside=[TORCH]), report_markdown.markdown(NUMPY, [TORCH])
    assert f"Backends side by side input backend time over yardstick {INPUT} numpy on cpu 9.41 ms" in Reader(page).text
    assert "| torch on cpu | 4.2 ms | 1.01 (0.980 to 1.04) |" in twin.replace("\\", "")
    assert "side by side" not in report_page.html(NUMPY)
    assert "side by side" not in report_markdown.markdown(NUMPY)


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "| [a](http://b) `c`", "\x1b[31m"]
)
def test_nothing_that_another_report_says_is_more_than_words(words):
    def other(text):
        timing = replace(TORCH.timings[0], case=text, part=text)
        return replace(
            TORCH, timings=(timing,), mark_notes={"efficient": text}, versions={**NUMPY.versions, "numpy": text}, source_hash=text,
            machine=Machine(text, 1, 1.0, text), started=text,
        )  # fmt: skip

    def shape(text):
        return [
            (tag, sorted(found.keys() - {"class"}))
            for tag, found in Reader(report_page.html(NUMPY, beside=[other(text)])).elements
        ]

    assert shape(words) == shape("words")
    assert words not in report_markdown.markdown(NUMPY, [other(words)])
