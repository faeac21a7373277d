"""Every kind of page in a real browser, opened from disk with the network off: silent, readable, accessible, printable.

What people do on a page of one kind stands beside it: tests/tracker/test_map_browser.py, test_report_in_browser.py.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from tracker import report, scaffold
from tracker.report import Memory, Point, Roof, Scaling, Verdict

# in one process, for all pages take 15 s to build
pytestmark = pytest.mark.xdist_group("pages")

SAMPLE = report.load((Path(__file__).resolve().parent / "data" / "report-schema-1.json").read_text("utf-8"))
TIMING = replace(
    SAMPLE.timings[0],
    ratios=tuple(1.4 + n / 500 for n in range(30)),
    sets=(10, 10, 10),
    roof_share=0.4,
    bound="compute",
)
POINTS = tuple(Point(n, 200 * n, 100 * n, 2.0, 1.9, 2.1, used=n > 16) for n in (16, 32, 64))
PASSED = replace(
    SAMPLE, verdict=Verdict.PASSED, failure=None, marks={mark: mark != "expert" for mark in report.MARKS}, timings=(TIMING,),
    scalings=(Scaling("gpt2 block", "attention", "n", POINTS, 2.0, 1.9, 2.1, 1.9, 2.0, 0.1, 0.0, 0.2, "as it should", "n^2.0"),),
    memory=(Memory("gpt2 block", "attention", 52_400_000, 10_500_000, 12_600_000.0),), similarity={"reference.py": 0.4},
    roof=Roof("cpu", 1, {"float32": 900.0, "float64": 450.0}, {"cache": 60.0, "memory": 12.0}, "2026-11-20T17:18:05Z"),
)  # fmt: skip
PAGES = {  # kind of page: one of its files
    "portfolio": "site/index.html",
    "report": "site/reports/attention-numpy.html",
    "failed report": "failed.html",
    "roadmap": "site/roadmap.html",
    "lessons": "site/lessons.html",
    "lesson": "site/lessons/attention.html",
    "lesson with code": "site/lessons/floating-point.html",
    "cohort": "cohort/overview.html",
    "feedback": "cohort/feedback.html",
}
SCREENS = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
page_of_each_kind = pytest.mark.parametrize("name", PAGES)


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """All pages: a site of one exercise on two backends, the page of a report that failed, a cohort's."""
    root = tmp_path_factory.mktemp("pages")
    place = root / "place"
    scaffold.make_workspace(place)
    (place / "reports" / "attention").mkdir()
    events = [_graded(place, number, found) for number, found in enumerate((PASSED, replace(PASSED, backend="torch")))]
    (place / "reports" / "journal.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    command = [sys.executable, "-m", "tracker", "portfolio", "--site", str(root / "site")]
    subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=300)
    _others(root)
    return root


def _graded(place: Path, number: int, found: report.Report) -> dict[str, object]:
    text, name = report.dump(found), f"reports/attention/{number}.json"
    (place / name).write_text(text, "utf-8")
    return {
        "id": f"{number:024x}", "host": "abcdef", "time": f"2026-11-20T1{number}:00:00.000000Z", "kind": "graded",
        "exercise": "attention", "backend": found.backend, "verdict": "passed", "marks": dict(found.marks), "report": name,
        "report_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }  # fmt: skip


def _others(root: Path) -> None:
    from tracker import report_page

    (root / "failed.html").write_text(report_page.html(SAMPLE), "utf-8")
    (root / "cohort").mkdir()
    for name, text in _cohort():
        (root / "cohort" / f"{name}.html").write_text(text, "utf-8")


def _cohort():
    from harness.cohort import pages
    from harness.cohort.grades import Grade, Person
    from harness.cohort.results import Result

    ann, bob = Person("ann", "Ann"), Person("bob", "Bob")
    found = [
        Result("ann.py", "ann", "attention", "2026-11-20T10:00:00Z", "0" * 64, one.verdict.value, one.message, one.marks, 1.0, report.dump(one))
        for one in (PASSED, SAMPLE)
    ]  # fmt: skip
    marked = [Grade(ann, "attention", found[0], 10.0, 10.0, 0, 1), Grade(bob, "attention", found[1], 4.0, 10.0, 2, 1)]
    yield "overview", pages.overview(marked, found, [found], set())
    yield "feedback", pages.feedback(marked[1:], show_inputs=True)


@pytest.fixture
def visit(opened, built):
    """`visit(kind, **options)`: a page of that kind, silent and offline."""
    return lambda name, **options: opened(built / PAGES[name], reduced_motion="reduce", **options)


@page_of_each_kind
def test_it_says_what_it_is_without_a_script(visit, name) -> None:
    page = visit(name, java_script_enabled=False)
    for screen in SCREENS:
        page.set_viewport_size(screen)
        assert page.title()
        assert page.locator("h1").first.is_visible()
        assert page.locator("main").count() == 1


@page_of_each_kind
def test_it_fits_its_screen_and_axe_finds_nothing_serious_on_it(visit, name) -> None:
    page = visit(name)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    for screen, scheme in zip(SCREENS, ("light", "dark"), strict=True):  # all four were tried by hand: four minutes
        page.set_viewport_size(screen)
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]
        assert _grave(page) == {}, (screen, scheme)


def _grave(page) -> dict[str, list[str]]:
    """The serious and the critical violations that axe-core finds, with where."""
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    return {one["id"]: [node["html"][:200] for node in one["nodes"][:5]] for one in grave}


@page_of_each_kind
def test_paper_gets_dark_ink_on_white_and_nothing_is_cut_off(visit, name) -> None:
    page = visit(name, viewport={"width": 688, "height": 970}, color_scheme="dark")  # A4 less its margins
    page.emulate_media(media="print", color_scheme="dark")
    colours = ("body", "color"), ("documentElement", "backgroundColor")
    ink, ground = (page.evaluate(f"getComputedStyle(document.{place}).{what}") for place, what in colours)
    assert (_light(ink) < 0.4, _light(ground) > 0.9) == (True, True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 688 + 1  # a pixel of rounding


def _light(colour: str) -> float:
    """From 0, black, to 1, white; nothing painted is paper."""
    red, green, blue, *alpha = map(float, re.findall(r"[0-9.]+", colour))
    return 1.0 if alpha == [0.0] else (red + green + blue) / 765


@pytest.mark.parametrize("name", ["failed report", "lesson"])
def test_paper_gets_what_is_folded(visit, name) -> None:
    page = visit(name)
    page.emulate_media(media="print")
    hidden = "[...document.querySelectorAll('details > :not(summary)')].filter(one => !one.getClientRects().length)"
    assert page.evaluate(f"{hidden}.length") == 0


def test_on_a_phone_the_roadmap_begins_with_nothing_empty_above_it_and_beside_it(visit) -> None:
    world = visit("roadmap", viewport=SCREENS[1]).locator("#world").evaluate("world => world.style.transform")
    x, y, scale = map(float, re.findall(r"-?[0-9.]+", world))
    assert (x <= 0, y <= 0, scale) == (True, True, 0.8)


def test_the_roadmap_of_the_site_is_searched_and_leads_to_a_lesson_and_back(visit) -> None:
    page = visit("roadmap")
    page.locator("#search").fill("scaled dot")
    page.locator("#hits li").first.click()
    assert page.locator("#shown h4").text_content() == "Scaled dot-product attention"
    page.locator("#shown p.lesson a").click()
    assert page.locator("h1").text_content() == "Scaled dot-product attention"
    page.locator("nav a", has_text="Portfolio").click()
    assert page.locator("#highlights").is_visible()
    page.locator("#highlights h3 a").first.click()
    assert page.locator("h1").text_content() == "attention: passed"
