"""The page, its Markdown and the badges say what the portfolio holds, and nothing that a learner wrote is more than words."""

import importlib.util
import re
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from page_reader import Reader

from tracker import (
    badges,
    comparison,
    map_picture,
    pace,
    portfolio,
    portfolio_markdown,
    portfolio_page,
    report,
    workspace,
)
from tracker.owner import Owner
from tracker.report import Machine, Memory, Point, Scaling
from tracker.repository import Repository
from tracker.roadmap import Resource

SAMPLE = report.load((Path(__file__).resolve().parents[1] / "data" / "report-schema-1.json").read_text("utf-8"))
COMMIT = "0123456789abcdef0123456789abcdef01234567"
POINTS = tuple(Point(n, 200 * n, 100 * n, 2.0, 1.9, 2.1) for n in (16, 32, 64))
PASS = replace(
    SAMPLE, exercise="total", verdict=report.Verdict.PASSED, failure=None, similarity={"reference.py": 0.34},
    marks={"correct": True, "robust": True, "gradient": None, "efficient": True, "expert": False},
    scalings=(Scaling("a list", "total", "n", POINTS, 1.0, 0.9, 1.1, 1.0, 1.0, 0.0, -0.1, 0.1, "as it should", ""),),
    memory=(Memory("a list", "total", 52_400_000, 10_500_000),),
)  # fmt: skip
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title></pre></svg></textarea>-->]]><b>",
    "{{ 7*7 }} {% raw %} {# #}",
    "&lt;b&gt; &amp; &#60;",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07 \x00",
    "\u202e reversed \u200b \ud800",
    "[a](javascript:alert(1)) ![b](http://evil.example/x.png) <http://evil.example> www.evil.example",
    "`code` ``` | cell | \n\n# heading\n\n---\n- item\n> quote",
    "'; $(id) `id` \\ && rm -rf ~ #",
]
LOADS = {"src", "srcset", "data", "action", "formaction", "poster", "background", "style"}


@pytest.fixture
def matplotlib(needs):
    needs("" if importlib.util.find_spec("matplotlib") else "matplotlib is not installed")


@pytest.fixture
def no_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)


@pytest.fixture
def found(place):
    """A pass on two backends after a hint, a ticked task, hours, and an owner who says a lot."""
    place.event("hint", "2026-10-01T10:00:00.000000Z", exercise="total", level=1)
    place.record(PASS, "2026-10-02T10:00:00.000000Z")
    place.record(replace(PASS, backend="torch", similarity={"reference.py": 0.91}), "2026-11-05T10:00:00.000000Z")
    place.event("done", "2026-11-06T10:00:00.000000Z", task="numbers/count")
    place.event("spent", "2026-11-07T10:00:00.000000Z", topic="numbers", hours=2.5)
    place.write(
        "portfolio.yaml",
        "name: Ada\nabout: I count.\nlinks: [{title: Home, url: 'https://a.example/'}]\nai: None was used.\n",
    )
    read = portfolio.read(workspace.find(place.root))
    return replace(
        read, repository=Repository("https://a.example/my-ml", COMMIT, "", True, True), verifier="python3 verify.py"
    )


def page_of(found, **more):
    return portfolio_page.html(found, "0.1.0", **more)


def told(found):
    return Reader(page_of(found)).text


# --- what it says --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_matplotlib")
def test_the_order_is_who_what_proof_highlights_everything_roadmap_and_how(found):
    words, start = told(found), 0
    for wanted in [
        "Ada", "as of 2026-11-07", "I count.", "Home", "1 exercise passed", "0 at expert speed", "topics proven", "2 graded runs",
        "What is proven, and how to check it", "Proven: the code in each report", "Not proven: who wrote it",
        f"git clone https://a.example/my-ml && cd my-ml && git checkout --quiet {COMMIT} && python3 verify.py reports/total/", "Highlights", "total", "Add numbers up", "✓ correct : yes",
        "1.42 (1.38 to 1.47) times the time of the yardstick (vectorized.py) on gpt2 block (attention, float32)",
        "Time over size: a list (total)", "passed on 2026-10-02 at the first graded run · 1 of 3 hints",
        "most alike shipped solution: 34% (reference.py)", "The code that was graded", "def attention ( q", "Check this one yourself",
        "What was built", "Basics", "sandbox: process", "91% (reference.py) close", "Close: close to the shipped solution, more than 80%", "The roadmap, and what of it is done",
        "Basics 1 of 2 1",
        "What was measured, and how", "reports shown 2, of 2 graded runs", "Example CPU @ 3.00GHz, 2 cores", "sandbox levels process",
        "harness 0.1.0", "Every graded run of the journal still has the report that was hashed then.",
        "Before the passes shown here the owner took 1 hint and saw the solutions of no exercises.", "exercise.", "The owner on AI assistance: None was used.",
        "Pace", "week from exercises passed other tasks ticked hours logged 2026-09-28 1 0 0 2026-11-02 0 1 2.5",
        "Comparisons", "total on numpy and torch", "gpt2 block (attention, float32) numpy on cpu 9.41 ms 1.42 (1.38 to 1.47)", "Made by Scratchmark 0.1.0",
    ]:  # fmt: skip
        assert wanted in words[start:], wanted
        start = words.index(wanted, start)


def test_reports_that_do_not_count_are_counted_on_the_page(place, found):
    place.record(PASS, "2026-11-08T10:00:00.000000Z", marks={"correct": True, "expert": True})
    (place.root / place.record(PASS, "2026-11-09T10:00:00.000000Z")["report"]).unlink()
    words = told(portfolio.read(workspace.find(place.root)))
    assert words.count("1 of 4 graded runs do not count: their reports are gone or say otherwise.") == 2


def test_without_a_pass_the_page_says_so_and_what_to_do(place):
    words = told(portfolio.read(workspace.find(place.root)))
    assert "Nothing is passed yet" in words
    assert "tracker start total" in words
    assert "No run was graded yet." in words
    assert "Proven:" not in words
    assert "Highlights" not in words


@pytest.mark.usefixtures("matplotlib")
def test_each_picture_has_words_for_those_who_cannot_see_it_and_its_numbers_in_a_table(found):
    elements = Reader(page_of(found)).elements
    pictures = [attributes for tag, attributes in elements if tag == "svg"]
    assert len(pictures) == 3  # a plot, the roadmap, the pace
    assert all(picture["role"] == "img" and len(picture["aria-label"]) > 40 for picture in pictures)
    assert page_of(found).count("The numbers as a table") == 3


@pytest.mark.usefixtures("matplotlib")
def test_the_same_portfolio_gives_the_same_page_and_no_two_ids_are_the_same(found):
    page = page_of(found)
    assert page == page_of(found)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_link_leads_to_the_report_where_it_has_a_page(found):
    page = page_of(found, link=lambda result: f"../total/{result.report.backend}.html", roadmap="roadmap.html")
    links = [attributes["href"] for tag, attributes in Reader(page).elements if tag == "a"]
    assert {"../total/numpy.html", "../total/torch.html", "roadmap.html"} <= set(links)


def test_the_command_links_to_the_page_beside_the_report_and_to_none_that_is_not_there(place):
    event = place.record(PASS)
    place.tracker("portfolio")
    page = place.root / "reports/portfolio/index.html"
    assert "../total/" not in page.read_text()
    (place.root / event["report"]).with_suffix(".html").write_text("")
    place.tracker("portfolio")
    assert f"../total/{Path(event['report']).stem}.html" in page.read_text()


@pytest.mark.usefixtures("no_matplotlib")
def test_a_long_source_is_cut_and_says_so(found):
    (one,) = found.works
    long = replace(one.best.report, source={"a.py": "x = 1\n" * 10_000, "b.py": "y = 2\n"})
    work = replace(one, results=(portfolio.Result("r.json", long),))
    page = page_of(replace(found, works=(work,), highlights=(work,)))
    assert "… and 50,000 characters more, in the report" in Reader(page).text
    assert len(page) < 1_000_000


def test_the_roadmap_as_a_picture_has_each_module_and_each_topic_with_its_state(found):
    drawn = ElementTree.fromstring(map_picture.svg(found.map, "words"))
    assert [words.text for words in drawn.iter("title")] == [
        "Numbers: in progress",
        "Sums: proven",
        "Nets: open",
        "The end: locked",
    ]
    assert [words.text for words in drawn.iter("tspan")] == ["Basics", "Deep", "Projects"]


def passed_on(found, *days):
    works = tuple(
        replace(found.works[0], exercise=f"e{number}", passed=f"{day}T10:00:00Z") for number, day in enumerate(days)
    )
    bare = replace(found.map, progress=replace(found.map.progress, ticked={}, spent=()))
    return pace.plot(replace(found, works=works, map=bare))


@pytest.mark.parametrize(
    ("days", "rows"),
    [
        (["2026-01-01", "2026-01-01"], [("day", "2026-01-01", "2")]),
        (["2026-01-01", "2026-01-31"], [("day", "2026-01-01", "1"), ("day", "2026-01-31", "1")]),
        (["2026-01-01", "2026-02-03"], [("week from", "2025-12-29", "1"), ("week from", "2026-02-02", "1")]),
        (["2025-12-31", "2026-12-01", "no time"], [("month", "2025-12", "1"), ("month", "2026-12", "1")]),
    ],
)
def test_pace_is_told_by_day_week_or_month_as_the_whole_is_long(found, days, rows):
    made = passed_on(found, *days)
    assert [(made.head[0], *row[:2]) for row in made.rows] == rows


def test_where_nothing_has_a_date_there_is_no_pace(found):
    assert passed_on(found) is None


def compared(found, **task):
    """The comparisons, the second task of `sums` being one of kind compare with these fields."""
    sums = found.map.roadmap.topics["sums"]
    sums = sums._replace(tasks=(sums.tasks[0], sums.tasks[1]._replace(kind="compare", **task)))
    topics = {**found.map.roadmap.topics, "sums": sums}
    one = replace(found.works[0], results=found.works[0].results[:1])
    works = (one, replace(one, exercise="other"))
    return comparison.of(
        replace(found, works=works, map=replace(found.map, roadmap=found.map.roadmap._replace(topics=topics)))
    )


def test_a_compare_task_puts_its_exercises_side_by_side(found):
    (side,) = compared(found, after=("total", "other"))
    row = ("numpy on cpu", "correct, robust, efficient", "1.42 (1.38 to 1.47)", "12%", "52.4 MB / 10.5 MB", "3")
    assert (side.title, side.note) == ("Think about sums", "All of it was measured on one machine.")
    assert list(side.table.rows) == [("total", *row), ("other", *row)]


def test_a_compare_task_ticked_by_hand_shows_the_evidence_and_one_with_nothing_is_left_out(found):
    assert compared(found) == []
    tick = place_event("see notes.md")
    ticked = replace(
        found,
        map=replace(
            found.map,
            progress=replace(found.map.progress, ticked={"sums/think": replace(tick, time="2026-11-06T10:00:00Z")}),
        ),
    )
    (side,) = compared(ticked)
    assert (side.note, side.table.rows) == ("Ticked by the owner on 2026-11-06: see notes.md", ())


def test_figures_of_different_machines_are_not_compared_without_a_word(found):
    one, two = found.works[0].results
    other = replace(two, report=replace(two.report, machine=replace(two.report.machine, cores=64)))
    works = (replace(found.works[0], results=(one, other)),)
    assert comparison.of(replace(found, works=works))[0].note.endswith(
        "These were measured on different machines: compare the ratios, not the times. Each was graded from the same files."
        f" torch on cpu (graded on 2026-11-20): on Example CPU @ 3.00GHz, 64 cores, 24 GB, {two.report.machine.system}."
    )


def test_reviews_are_counted_with_their_last_rating(place, found):
    for number, rating in enumerate((3, 1, 4)):
        place.event("reviewed", f"2026-11-0{number + 1}T10:00:00.000000Z", card=f"numbers#{number % 2}", rating=rating)
    words = "Spaced reviews: 3 answers to 2 cards (questions, and exercises written again), as the owner rated them; the last rating was good or easy for 1."
    assert words in told(portfolio.read(workspace.find(place.root)))


@pytest.mark.usefixtures("no_matplotlib")
def test_with_every_exercise_on_five_backends_the_page_stays_under_two_megabytes(found):
    one = found.works[0]
    long = replace(one.best.report, source={"total.py": "def f(x):\n    return x + 1  # a line\n" * 2_000})
    results = tuple(portfolio.Result(f"reports/{number}.json", long) for number in range(5))
    works = tuple(replace(one, exercise=f"exercise_{number}", results=results) for number in range(165))
    assert (
        len(page_of(replace(found, works=works, highlights=works[:6]), link=lambda result: "../" + "x" * 60))
        < 2_000_000
    )


# --- Markdown and badges -------------------------------------------------------------------------------------------


def test_the_markdown_says_the_same_and_is_whole(found):
    text = portfolio_markdown.markdown(found, "0.1.0", lambda result: "../total/a b.html")
    rendered = Reader(MarkdownIt("commonmark").enable("table").render(text).replace("<hr />", "")).text
    for wanted in ("Ada", "I count.", "1 exercise passed", "Proven:", "total : Add numbers up", "how to check it", "git clone",
                   "The owner on AI assistance: None was used.", "Comparison: total on numpy and torch"):  # fmt: skip
        assert wanted in rendered, wanted
    assert "[total](<../total/a%20b.html>)" in text


def test_there_is_a_badge_for_all_and_one_for_each_exercise(found):
    drawn = {name: ElementTree.fromstring(text) for name, text in badges.files(found)}
    said = {name: badge.get("aria-label") for name, badge in drawn.items()}
    assert said == {
        "overall.svg": "from scratch: 1 exercise passed, 0 at expert speed",
        "total.svg": "total: correct · robust · efficient",
    }


# --- what a learner wrote is words ---------------------------------------------------------------------------------


def hostile(place, words):
    """A portfolio in which everything that can come from a learner's files is these words."""
    timing = replace(
        SAMPLE.timings[0], case=words, part=words, against_name=words, note=words, ratios=(1.4, 1.5), sets=(2,)
    )
    found = replace(
        PASS, source={words: words}, similarity={words: 0.9}, timings=(timing,), harness_version=words, message=words, printed=words,
        machine=Machine(words, 2, 8.0, words), parts={words: report.Part(report.Verdict.PASSED, message=words)}, started=words,
        memory=(Memory(words, words, 1, 1),), mark_notes={"correct": words}, versions={words: words}, libraries=(words,), proven=words,
        scalings=(replace(PASS.scalings[0], case=words, part=words, parameter=words, words=words),),
    )  # fmt: skip
    base = portfolio.read(workspace.find(place.root))
    results = tuple(portfolio.Result(words, replace(found, backend=backend)) for backend in ("numpy", "torch"))
    work = portfolio.Work(words, words, words, words, words, 0, results, words, words, 1, 1, (1,), "")
    tick = place_event(words)
    progress = replace(
        base.map.progress, ticked={"numbers/count": tick}, spent=(replace(tick, data={"hours": 1.0, "topic": words}),)
    )
    topics = {name: topic._replace(title=words, tasks=tuple(task._replace(kind="compare") for task in topic.tasks))
              for name, topic in base.map.roadmap.topics.items()}  # fmt: skip
    modules = tuple(module._replace(title=words) for module in base.map.roadmap.modules)
    map = replace(
        base.map, progress=progress, roadmap=base.map.roadmap._replace(topics=topics, modules=modules, title=words)
    )
    owner = Owner(words, words, (Resource(words, "https://a.example/"),), words)
    return replace(
        base, owner=owner, map=map, works=(work,), highlights=(work,), faults=(words,), notes=(words,), latest=words
    )


def place_event(words):
    from tracker.journal import Event

    return Event("0", words, words, "done", {"evidence": words, "task": "numbers/count"})


@pytest.mark.parametrize("words", HOSTILE)
def test_on_the_page_it_is_no_element_no_address_and_no_attribute(place, words):
    plain = {tag for tag, _ in Reader(page_of(hostile(place, "plain"))).elements}
    page = page_of(hostile(place, words))
    elements = Reader(page).elements
    assert {tag for tag, _ in elements} <= plain | {"span", "p"}
    assert [a for _, attributes in elements for a in attributes if a.startswith("on") or a in LOADS] == []
    assert {a["href"] for tag, a in elements if tag == "a"} <= {"https://a.example/"} | {f"#{name}" for name in (
        "highlights", "built", "roadmap", "check", "measured", "help", "pace", "comparisons")}  # fmt: skip
    assert not re.search("[\x00-\x08\x0b-\x1f\u200b\u202e]", page)
    page.encode("utf-8")


@pytest.mark.parametrize("words", HOSTILE)
def test_in_markdown_it_is_no_html_no_link_and_no_heading(place, words):
    plain, text = (portfolio_markdown.markdown(hostile(place, one), "0.1.0") for one in ("plain", words))
    parse = MarkdownIt("gfm-like", {"html": True}).disable("linkify").enable("table").parse
    kinds = [[token.type for token in tokens if token.level == 0] for tokens in (parse(plain), parse(text))]
    assert kinds[0] == kinds[1]
    inline = [
        child
        for token in parse(text)
        for child in (token.children or [])
        if child.type in ("html_inline", "image", "link_open")
    ]
    assert [child.attrs for child in inline] == [{"href": "https://a.example/"}]
    assert not re.search("[\x00-\x08\x0b-\x1f\u200b\u202e]", text)
    text.encode("utf-8")


@pytest.mark.parametrize("words", HOSTILE)
def test_on_a_badge_it_is_words(words):
    drawn = ElementTree.fromstring(badges.badge(words, words, "#333a42"))
    assert {one.tag.rpartition("}")[2] for one in drawn.iter()} == {"svg", "title", "rect", "path", "g", "text"}


def test_the_page_may_load_nothing_and_run_nothing(found):
    page = page_of(found)
    (policy,) = [a["content"] for tag, a in Reader(page).elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-\S+'; img-src data:; base-uri 'none'; form-action 'none'", policy
    )
    assert "<script" not in page
