"""The page says all that the report says, in order, and nothing that an answer wrote is more than words on it."""

import base64
import hashlib
import importlib.util
import re
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from page_reader import Reader

from tracker import report, report_page, report_tables
from tracker.report import Conditions, Memory, Part, Point, Roof, Scaling, Verdict

SAMPLE = report.load((Path(__file__).resolve().parents[1] / "data" / "report-schema-1.json").read_text("utf-8"))
TIMING = replace(
    SAMPLE.timings[0], clock="device", ratios=(1.4, 1.43, 1.42, 1.44), sets=(2, 2), gflop_per_s=350.5, gb_per_s=1.34,
    roof_share=0.43, bound="memory",
)  # fmt: skip
POINTS = tuple(Point(n, 200 * n, 100 * n, 2.0, 1.9, 2.1, used=n > 16) for n in (16, 32, 64))
SCALING = Scaling("gpt2 block", "attention", "n", POINTS, 2.02, 1.98, 2.06, 1.97, 2.0, 0.05, -0.01, 0.11, "too fast",
                  "Your time grows like n^2.02.")  # fmt: skip
FULL = replace(
    SAMPLE,
    timings=(TIMING, SAMPLE.timings[1]),
    scalings=(SCALING,),
    memory=(Memory("gpt2 block", "attention", 52_400_000, 10_500_000, 12_600_000.0),),
    roof=Roof("cpu", 1, {"float32": 400.0}, {"cache": 60.0, "memory": 12.0}, "2026-11-20T17:18:05Z"),
    conditions=Conditions(0.42, 0.013, 0.002, "performance", 3, 9.4),
    libraries=("openblas 0.3.29, 1 thread",),
)
PLAIN = replace(SAMPLE, timings=())
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title></pre></svg><b>",
    "'; DROP; {{ 7*7 }} {% raw %} {# #}",
    "&lt;b&gt; &amp; &#60;",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07 \x00",
    "\u202e reversed \u200b \ud800",
    "javascript:alert(1) http://evil.example",
    "`code` \"\"\" \\ '''",
]


@pytest.fixture
def matplotlib(needs):
    needs("" if importlib.util.find_spec("matplotlib") else "matplotlib is not installed")


@pytest.fixture
def no_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)


def read(found):
    return Reader(report_page.html(found)).text


# --- what it says --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_matplotlib")
def test_the_order_is_verdict_marks_parts_lesson_checks_speed_and_the_way_on():
    told = read(FULL)
    order = [
        "attention: failed",
        "2 of 3 checks passed; the mask is ignored",
        "correct : yes",
        "robust : no fails on 'fully masked row'",
        "expert : not judged too close to call",
        "Close to the shipped solution: vectorized.py (86%)",
        "checks passed",
        "Why it failed: fully masked row",
        "A row of the mask that allows no key must give zeros.",
        "Likely mistake: divides by the sum of no weights",
        "mask = [[False]] q = [[0.]]",
        "(0, 0): nan instead of 0.0",
        "attention.py:12 in attention: return weights @ v",
        "Checks: 1 of 3 failed",
        "NaN at (0, 2, 1), where 0 was expected",
        "2 checks that passed",
        "order of keys does not matter",
        "1.42 (1.38 to 1.47)",
        "not measured: torch is not installed",
        "How time grows with size",
        "Plots and their numbers",
        "The machine while it measured",
        "hello from attention",
        "How it was graded",
        "What this proves",
        "Source",
        "What to try next",
        "harness run attention --backend numpy --seed 00112233445566778899aabbccddeeff",
    ]
    places, start = [], 0
    for words in order:
        assert words in told[start:], words
        start = told.index(words, start)
        places.append(start)
    assert places == sorted(places)


@pytest.mark.usefixtures("no_matplotlib")
@pytest.mark.parametrize(
    "words",
    [
        "the yardstick: vectorized.py 9.41 ms 6.63 ms",
        "the library: torch.nn.functional.scaled_dot_product_attention",
        "device 60 × 2 3 (blocks of each: 2, 2) precision 1.44 2.0% 3.3e+09, 1.26e+07 350, 1.34 43.0%, bound by memory",
        "Your time grows like n^2.02.",
        "2.02 (1.98 to 2.06) 1.97 2.00 0.05 (-0.01 to 0.11) too fast",
        "52.4 MB 10.5 MB 12.6 MB",
        "products of matrices, float32 400 GFLOP/s copies, cache 60 GB/s copies, memory 12 GB/s",
        "load in the last minute 0.42 waiting for a core 1.3% taken by the host of a virtual machine 0.2%",
        "frequency governor performance sets of processes 3 time spent measuring 9.4 s",
        "Example CPU @ 3.00GHz, 2 cores, 24 GB, Linux 6.1 x86_64",
        "numpy 2.4.6, python 3.11.7",
        "openblas 0.3.29, 1 thread",
        "00112233445566778899aabbccddeeff (drawn by the harness)",
        "sandbox level process protections Landlock, seccomp, rlimits",
        "library calls earned softmax",
        "reference.py 34% vectorized.py 86%",
        "Proven: This code gave these results here",
        "Not proven: Who wrote it.",
        "1.1e-07 / 9.5e-07 abababababab",
        "attention_backward no not written yet 0 of 0 NotImplementedError",
        "took 11.9 s",
    ],
)
def test_nothing_of_the_report_is_left_out(words):
    assert words in read(FULL)


def test_a_run_without_timings_has_no_plots_and_loads_no_matplotlib(no_matplotlib):
    told = read(PLAIN)
    assert "Plots" not in told
    assert "matplotlib" not in told
    assert "Speed" not in told


def test_without_matplotlib_the_numbers_stand_there_and_how_to_get_pictures(no_matplotlib):
    page = report_page.html(FULL)
    assert "pip install 'scratchmark[plots]'" in Reader(page).text
    assert "<svg" not in page
    assert "set of processes blocks least median most" in Reader(page).text


@pytest.mark.usefixtures("matplotlib")
def test_with_matplotlib_every_plot_has_a_title_words_and_its_numbers():
    elements = Reader(report_page.html(FULL)).elements
    pictures = [attributes for tag, attributes in elements if tag == "svg"]
    assert len(pictures) == len([tag for tag, _ in elements if tag == "figure"]) == 4
    assert all(picture["role"] == "img" and len(picture["aria-label"]) > 30 for picture in pictures)
    assert "pip install" not in report_page.html(FULL)
    assert "The numbers as a table" in read(FULL)


@pytest.mark.usefixtures("matplotlib")
def test_the_same_report_gives_the_same_page_and_no_two_ids_are_the_same():
    twice = replace(FULL, timings=(TIMING, TIMING, replace(TIMING, against="library")))
    page = report_page.html(twice)
    assert page == report_page.html(twice)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_demonstration_says_that_it_is_no_pass():
    demo = replace(PLAIN, demo=True, demo_verdict=Verdict.PASSED, verdict=Verdict.NOT_WRITTEN_YET)
    assert "A demonstration: this is the shipped solution (passed), not your answer. It is no pass." in read(demo)
    assert "tracker start attention" in read(demo)


def test_a_seed_given_by_hand_earns_no_credit_and_the_page_says_so():
    assert "(given by hand: earns no credit)" in read(replace(PLAIN, seed_given=True))


def test_a_flood_is_cut_and_says_so():
    assert "… and 5,000 characters more" in read(replace(PLAIN, printed="x" * 25_000))


def test_a_report_with_nothing_in_it_is_a_page_too():
    empty = replace(PLAIN, parts={}, cases=(), failure=None, marks={}, mark_notes={}, source={}, similarity={}, printed="",
                    message="", versions={}, earned=(), protections=())  # fmt: skip
    assert "No file was graded." in read(empty)


# --- what to try next ----------------------------------------------------------------------------------------------

PASSED = replace(FULL, verdict=Verdict.PASSED, failure=None, cases=SAMPLE.cases[:1])


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (FULL, ["Begin with 'fully masked row'", "harness hint attention"]),
        (replace(FULL, verdict=Verdict.SPEC_BROKEN), ["please report it"]),
        (replace(FULL, failure=None, parts={"attention": Part(Verdict.NOT_WRITTEN_YET)}), ["Write attention."]),
        (replace(FULL, failure=None, verdict=Verdict.CRASHED), ["The verdict is 'crashed'"]),
        (PASSED, ["attention_backward is optional", "gpt2 block takes 1.42 times the yardstick's time: it is bound by memory",
                  "grows faster with n than it should", "5.0 times the yardstick's; look for temporaries", "tracker next"]),
        (replace(PASSED, cases=SAMPLE.cases), ["Make these checks pass too: fully masked row."]),
    ],
)  # fmt: skip
def test_the_next_step_fits_what_was_found(found, words):
    steps = "\n".join(" ".join(step) for step in report_tables.next_steps(found))
    for expected in words:
        assert expected in steps


def test_checks_are_counted_as_the_message_counts_them_however_many_types_each_was_run_in():
    more = replace(SAMPLE, cases=(*SAMPLE.cases, replace(SAMPLE.cases[0], dtype="float16")))
    told = read(replace(more, timings=()))
    assert "Checks: 1 of 3 failed Each type that a check was run in has a row of its own: 4 rows for 3 checks." in told
    assert "3 rows that passed" in told
    again = replace(SAMPLE.cases[0], dtype="float16", passed=False)
    assert report_tables.checked(replace(SAMPLE, cases=(*SAMPLE.cases, again))) == "2 of 3 failed"


def test_a_column_in_which_no_row_says_anything_is_left_out():
    table = report_tables.Table(("a", "b", "c"), [("1", "–", ""), ("2", "", "3")])
    assert report_tables.filled(table) == (("a", "c"), [("1", ""), ("2", "3")])


def test_commands_are_code_and_nothing_else_is():
    assert "<code>harness hint attention</code>" in report_page.html(PLAIN)


# --- what it is made of --------------------------------------------------------------------------------------------


def filled(text):
    """The report with these words everywhere a learner, an answer or a spec can put some."""
    failure = replace(
        SAMPLE.failure, case=text, part=text, dtype=text, sentence=text, got=text, expected=text, worst=text, mistake=text,
        reproduce=text, frames=(text,), inputs={text: text},
    )  # fmt: skip
    return replace(
        FULL, message=text, printed=text, failure=failure, mark_notes={"robust": text}, source={text: text, "a.py": text},
        cases=tuple(replace(case, name=text, part=text, dtype=text, message=text) for case in SAMPLE.cases),
        parts={text: Part(Verdict.FAILED, True, text)}, similarity={text: 0.9}, versions={text: text}, libraries=(text,),
        timings=tuple(replace(t, case=text, part=text, dtype=text, against_name=text, note=text) for t in FULL.timings),
        scalings=(replace(SCALING, case=text, part=text, parameter=text, words=text),), earned=(text,), protections=(text,),
        memory=(replace(FULL.memory[0], case=text, part=text),), harness_version=text, started=text, proven=text, not_proven=text,
        roof=replace(FULL.roof, device=text, gflop_per_s={text: 1.0}, measured=text), conditions=replace(FULL.conditions, governor=text),
        machine=replace(FULL.machine, cpu=text, system=text),
    )  # fmt: skip


def shape(page):
    """Every element with the names of its attributes; of the source, whose colours depend on what is in it, the frame."""
    elements = Reader(re.sub(r'(?s)(<div class="source">).*?</div>', r"\1</div>", page)).elements
    return [(tag, sorted(attributes.keys() - {"class"})) for tag, attributes in elements]


@pytest.mark.usefixtures("no_matplotlib")
@pytest.mark.parametrize("words", HOSTILE)
def test_a_page_has_the_same_make_up_whatever_an_answer_wrote(words):
    page = report_page.html(filled(words))
    assert shape(page) == shape(report_page.html(filled("words")))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\ud800-\udfff]", page)
    page.encode("utf-8")


@pytest.mark.usefixtures("matplotlib")
def test_nothing_hostile_can_run_in_the_pictures_or_the_source():
    for words in ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'):
        elements = Reader(report_page.html(filled(words))).elements
        assert {tag for tag, _ in elements} & {"script", "img", "image", "iframe", "b"} == {"b"}  # of the marks
        assert [
            name for _, attributes in elements for name in attributes if name.startswith("on") or name == "style"
        ] == []


def test_the_policy_allows_its_own_style_and_nothing_else():
    page = report_page.html(PLAIN)
    style = re.search(r"(?s)<style>(.*?)</style>", page)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(a["content"] for tag, a in Reader(page).elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.usefixtures("matplotlib")
def test_the_page_names_nothing_outside_itself():
    for _, attributes in Reader(report_page.html(FULL)).elements:
        for name in ("href", "src", "action", "data"):
            assert re.match("#|data:,", attributes.get(name) or "#")


@pytest.mark.usefixtures("no_matplotlib")
def test_headings_step_down_one_at_a_time_and_every_table_has_its_heads():
    elements = Reader(report_page.html(FULL)).elements
    levels = [int(tag[1]) for tag, _ in elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [tag for tag, _ in elements].count("main") == 1
    assert all(a.get("scope") in ("col", "row") for tag, a in elements if tag == "th")
    anchors = {a["href"][1:] for tag, a in elements if tag == "a"}
    assert anchors <= {a["id"] for _, a in elements if "id" in a}


def test_the_source_is_coloured_and_its_lines_are_numbered_as_in_the_file():
    page = report_page.html(replace(PLAIN, source={"a.py": "\n\ndef f():\n    return '<b>'\n"}))
    assert re.search(r'<span class="linenos">\s*3</span><span class="k">def</span>', page)
    assert "&lt;b&gt;" in page


def test_other_files_and_very_long_ones_are_shown_without_colours():
    page = report_page.html(replace(PLAIN, source={"a.txt": "def f(): <b>", "b.py": "x = 1\n" * 40_000}))
    assert '<span class="k">' not in page
    assert "def f(): &lt;b&gt;" in page
