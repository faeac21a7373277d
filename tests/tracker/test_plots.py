"""A plot shows what the report holds, in the page's colours, small and always the same, whatever a name says."""

import functools
import importlib.util
import re
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tracker import plots
from tracker.report import Memory, Point, Roof, Scaling, Timing

POINTS = tuple(Point(n, 200 * n, 100 * n, 2.0, 1.9, 2.1, used=n > 16) for n in (16, 32, 64, 128))
SCALING = Scaling("square", "matmul", "n", POINTS, 1.02, 0.98, 1.06, 0.97, 1.0, 0.05, -0.01, 0.11, "as it should", "")
TIMING = Timing(
    "square", "matmul", "float32", "yardstick", "vectorized.py", 1.42, 1.4, 1.44, "slower", 2_000_000, 1_000_000,
    flops=4e8, bytes=1e7, ratios=(1.4, 1.43, 1.42, 1.41, 1.44, 1.45), sets=(2, 2, 2), roof_share=0.5, bound="compute",
)  # fmt: skip
LIBRARY = replace(TIMING, against="library", against_name="numpy.matmul", against_median_ns=500_000)
ROOF = Roof("cpu", 1, {"float32": 400.0, "float64": 200.0}, {"cache": 60.0, "memory": 12.0}, "2026-11-20T17:18:06Z")
MEMORY = (Memory("square", "matmul", 52_400_000, 105_000_000, 12_600_000.0), Memory("thin", "matmul", 900, 800))
HOSTILE = [
    "</text></svg><script>alert(1)</script>",
    '"/><image href="http://evil.example/x.png" onload="alert(1)"/><a b="',
    "&lt;b&gt; &#x3c; ]]> <!-- --> <?x?>",
    "\x1b[31mred\x1b[0m \x00 \u202e reversed \ud800",
    "$\\frac{$ ^ _ ${} \\usepackage",
    "_begins with a line",
    "%s {0} \n\t new line",
    "漢字 🧮 العربية",
]
EVERY = {
    "time_over_size": lambda name: plots.time_over_size(replace(SCALING, case=name, part=name, parameter=name)),
    "roofline": lambda name: plots.roofline(
        replace(ROOF, device=name, gflop_per_s={name: 400.0}, copy_gb_per_s={name: 12.0}),
        [replace(TIMING, case=name, part=name, dtype=name)],
    ),
    "distribution": lambda name: plots.distribution(replace(TIMING, case=name, part=name, dtype=name)),
    "memory_bars": lambda name: plots.memory_bars([replace(MEMORY[0], case=name, part=name)]),
}
SAFE = {"svg", "g", "defs", "path", "use", "text", "clipPath", "rect"}
COLOUR = re.compile(r"none|var\(--(ink|muted|grid|answer|yardstick|tie)\)")


@pytest.fixture(autouse=True)
def matplotlib(request, needs):
    if "without" not in request.node.name:
        needs("" if importlib.util.find_spec("matplotlib") else "matplotlib is not installed")


@functools.cache
def shown():
    return all_plots()


def all_plots():
    return [
        plots.time_over_size(SCALING),
        plots.roofline(ROOF, [TIMING, LIBRARY]),
        plots.distribution(TIMING),
        plots.distribution(LIBRARY),
        plots.memory_bars(MEMORY),
    ]


def words(plot):
    return [text.text for text in ElementTree.fromstring(plot.svg).iter("text")]


def marks(plot, colour):
    """The groups of marks in that colour."""
    groups = ElementTree.fromstring(plot.svg).iter("g")
    return [g for g in groups if g.find("use") is not None and f"var(--{colour})" in g.attrib.values()]


def filled(group):
    return {use.get("fill", group.get("fill")) != "none" and "0" not in (use.get("fill-opacity"), group.get("fill-opacity")) for use in group.iter("use")}  # fmt: skip


# --- what they show ------------------------------------------------------------------------------------------------


def test_time_over_size_has_both_exponents_and_a_row_for_every_size():
    plot = plots.time_over_size(SCALING)
    assert "this solution: power 1.02 (0.98 to 1.06)" in words(plot)
    assert "yardstick: power 0.97" in words(plot)
    assert plot.alt == (
        "Time of a call over n, both logarithmic, 4 sizes. "
        "This solution's grows with the power 1.02 (0.98 to 1.06), the yardstick's with 0.97."
    )
    assert plot.rows[0] == ("16", "3.2 µs", "1.6 µs", "2.00 (1.90 to 2.10)", "no: too much overhead")
    assert [row[-1] for row in plot.rows[1:]] == ["yes"] * 3


def test_sizes_that_are_not_in_the_fit_are_hollow_and_the_fit_does_not_reach_them():
    plot = plots.time_over_size(SCALING)
    assert "hollow: not in the fit, too much overhead" in words(plot)
    (used,) = [group for group in marks(plot, "answer") if len(group.findall("use")) == 3]
    assert filled(used) == {True}
    whole = plots.time_over_size(replace(SCALING, points=POINTS[1:]))
    assert "hollow: not in the fit, too much overhead" not in words(whole)


def test_the_two_arms_differ_by_more_than_colour():
    lines = [
        p for p in ElementTree.fromstring(plots.time_over_size(SCALING).svg).iter("path") if p.get("fill") == "none"
    ]
    dashes = {line.get("stroke"): line.get("stroke-dasharray") for line in lines}
    assert dashes["var(--answer)"] is None
    assert dashes["var(--yardstick)"] is not None


def test_the_roofline_has_every_ceiling_and_slope_and_each_input_once():
    plot = plots.roofline(ROOF, [TIMING, LIBRARY])
    for label in (
        "cache 60 GB/s",
        "memory 12 GB/s",
        "float32 400 GFLOP/s",
        "float64 200 GFLOP/s",
        "this solution",
        "yardstick",
    ):
        assert label in words(plot)
    assert "1  square (matmul, float32)" in words(plot)
    assert plot.rows == (("1", "square (matmul, float32)", "40", "200 GFLOP/s", "400 GFLOP/s", "50%", "compute"),)
    assert plot.title == "Roofline of this machine: cpu, 1 thread"


def test_an_input_without_a_cost_or_a_time_is_not_on_the_roof():
    unknown = [
        replace(TIMING, flops=0.0),
        replace(TIMING, case="b", bytes=None),
        replace(TIMING, case="c", median_ns=None),
    ]
    assert plots.roofline(ROOF, unknown).rows == ()


def test_the_yardstick_is_left_out_where_only_the_library_was_timed():
    assert plots.roofline(ROOF, [LIBRARY]).rows[0][4] == "–"


def test_a_distribution_has_a_row_for_each_set_of_processes():
    plot = plots.distribution(TIMING)
    assert plot.head == ("set of processes", "blocks", "least", "median", "most")
    assert plot.rows[:2] == (("1", "2", "1.40", "1.42", "1.43"), ("2", "2", "1.41", "1.42", "1.42"))
    assert plot.rows[-1] == ("all", "6", "", "1.42 (1.40 to 1.44)", "")
    assert [len(group.findall("use")) for group in marks(plot, "answer")] == [2, 2, 2]
    assert {"a tie: 0.97 to 1.03", "median 1.42 (1.40 to 1.44)", "a mark is a block"} <= set(words(plot))
    assert 'fill="var(--tie)"' in plot.svg


def test_blocks_whose_sets_are_not_told_are_one_row():
    assert [row[1] for row in plots.distribution(replace(TIMING, sets=())).rows] == ["6", "6"]
    assert [row[1] for row in plots.distribution(replace(TIMING, sets=(3, -1, 4))).rows] == ["6", "6"]


def test_blocks_far_off_are_counted_at_the_edge():
    assert "a mark is a block; 1 beyond the edge" in words(plots.distribution(replace(TIMING, ratios=(*TIMING.ratios, 9.0), sets=())))  # fmt: skip


def test_memory_is_compared_with_the_yardstick_and_with_what_the_call_must_hold():
    plot = plots.memory_bars(MEMORY)
    assert plot.rows == (
        ("square", "matmul", "52.4 MB", "105 MB", "12.6 MB"),
        ("thin", "matmul", "900 bytes", "800 bytes", "–"),
    )
    assert {"this solution", "yardstick", "inputs and results", "52.4 MB", "square (matmul)"} <= set(words(plot))


# --- what they are made of -----------------------------------------------------------------------------------------


def test_the_same_numbers_give_the_same_picture_whatever_matplotlib_is_set_to():
    import matplotlib as mpl

    before = shown()
    with mpl.rc_context({"font.size": 40, "svg.fonttype": "path", "text.usetex": True, "axes.facecolor": "red"}):
        assert all_plots() == before
        assert mpl.rcParams["font.size"] == 40


def test_colours_are_the_pages_and_the_ground_is_transparent():
    for plot in shown():
        for element in ElementTree.fromstring(plot.svg).iter():
            for name in ("fill", "stroke"):
                assert COLOUR.fullmatch(element.get(name, "none")), plot.title
            assert element.tag != "text" or element.get("fill") == "var(--ink)"
        assert "#00000" not in plot.svg


def test_a_policy_without_inline_styles_breaks_nothing():
    for plot in shown():
        assert "style" not in plot.svg
        assert {element.tag for element in ElementTree.fromstring(plot.svg).iter()} <= SAFE


def test_each_is_small_even_with_thousands_of_blocks():
    many = replace(TIMING, ratios=tuple(1.4 + n % 97 / 1000 for n in range(3000)), sets=(1000,) * 3)
    found = [*shown(), plots.distribution(many), plots.memory_bars(MEMORY * 20), plots.roofline(ROOF, [replace(TIMING, case=f"c{n}") for n in range(40)])]  # fmt: skip
    assert max(len(plot.svg.encode()) for plot in found) < 40_000
    assert "a mark is one block of 6" in words(found[5])
    assert [len(plot.rows) for plot in found[6:]] == [40, 40]


def test_plots_of_one_page_share_no_id_and_every_reference_is_met():
    ids, wanted = [], set()
    for plot in shown():
        ids += re.findall(r'\bid="([^"]+)"', plot.svg)
        wanted |= set(re.findall(r'(?:href="|url\()#(\w+)', plot.svg))
    assert len(ids) == len(set(ids))
    assert wanted == set(ids)


def test_it_is_an_image_with_words_for_those_who_cannot_see_it():
    for plot in shown():
        root = ElementTree.fromstring(plot.svg)
        assert (root.get("role"), root.get("aria-label")) == ("img", plot.alt)
        assert len(plot.rows[0]) == len(plot.head)


# --- what comes from a learner or a spec ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EVERY)
def test_hostile_names_are_text_and_nothing_else(kind):
    def shape(plot):
        return [element.tag for element in ElementTree.fromstring(plot.svg).iter() if element.tag not in ("text", "g")]

    harmless = shape(EVERY[kind]("name"))
    for name in HOSTILE:
        plot = EVERY[kind](name)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", plot.svg)
        assert "<script" not in plot.svg
        assert "<image" not in plot.svg
        if not name.startswith("_"):  # matplotlib leaves such a name out of a legend
            assert shape(plot) == harmless, name
        plot.svg.encode("utf-8")


def test_a_long_name_is_cut_in_the_picture_and_whole_in_the_table():
    plot = plots.memory_bars([replace(MEMORY[0], case="x" * 300)])
    assert max(map(len, words(plot))) == 46
    assert plot.rows[0][0] == "x" * 300


@pytest.mark.parametrize(
    "strange",
    [
        lambda: plots.time_over_size(replace(SCALING, points=())),
        lambda: plots.time_over_size(replace(SCALING, points=(Point(0, -1, 0, 0, 0, 0), Point(1, 1, 1, 1, 1, 1)))),
        lambda: plots.time_over_size(replace(SCALING, exponent=1e308, yardstick_exponent=float("nan"))),
        lambda: plots.time_over_size(replace(SCALING, points=(Point(1, 1, 1, 1, 1, 1), Point(10**29, 10**29, 3, 1, 1, 1)))),
        lambda: plots.roofline(Roof("cpu", 2, {}, {}, ""), []),
        lambda: plots.roofline(Roof("cpu", 2, {"float32": 0.0}, {"memory": -1.0, "cache": 1e300}, ""), [TIMING]),
        lambda: plots.roofline(ROOF, [replace(TIMING, flops=1e300, bytes=1e-300), replace(TIMING, case="b", flops=-1.0)]),
        lambda: plots.distribution(replace(TIMING, ratios=(), sets=())),
        lambda: plots.distribution(replace(TIMING, ratios=(0.0, -1.0, 1e308, 1e-308), sets=(0, 4))),
        lambda: plots.distribution(replace(TIMING, ratio=None, ratio_low=None, ratio_high=None)),
        lambda: plots.distribution(replace(TIMING, ratio=1e308, ratio_low=0.0, ratio_high=1e308, ratios=(1.0,), sets=(1,))),
        lambda: plots.memory_bars([]),
        lambda: plots.memory_bars([Memory("a", "b", 0, 0, 0.0), Memory("a", "b", -5, 10**30, 1e200)]),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_drawn_stop_no_report(strange):
    assert ElementTree.fromstring(strange().svg).tag == "svg"


# --- without matplotlib --------------------------------------------------------------------------------------------


def test_without_matplotlib_a_plot_is_its_numbers(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for plot in all_plots():
        assert plot.svg == ""
        assert plot.rows
        assert plot.alt


def test_importing_plots_or_the_page_loads_nothing_heavy():
    code = "import sys, tracker.plots, tracker.report_page; print({'matplotlib', 'numpy', 'jinja2', 'pygments'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
