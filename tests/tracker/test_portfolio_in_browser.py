"""A portfolio's page in a real browser, opened from disk: offline, silent, wide and narrow, without JavaScript, on paper."""

from dataclasses import replace
from pathlib import Path

import pytest
from in_browser import MIDDLE, PHONE, WIDE, assert_it_never_scrolls_sideways

from tracker import portfolio, portfolio_page, report, workspace
from tracker.report import Point, Scaling

SAMPLE = report.load((Path(__file__).resolve().parents[1] / "data" / "report-schema-1.json").read_text("utf-8"))
LONG = "a_name_without_an_end_" * 12
POINTS = tuple(Point(n, 200 * n, 100 * n, 2.0, 1.9, 2.1) for n in (16, 32, 64))
PASS = replace(
    SAMPLE, exercise="total", verdict=report.Verdict.PASSED, failure=None, similarity={LONG: 0.91},
    timings=(replace(SAMPLE.timings[0], case=LONG, against_name=LONG),), source={f"{LONG}.py": f"# {LONG}\n{LONG} = 1\n"},
    scalings=(Scaling(LONG, "total", "n", POINTS, 1.0, 0.9, 1.1, 1.0, 1.0, 0.0, -0.1, 0.1, "as it should", ""),),
)  # fmt: skip


@pytest.fixture
def visit(opened, place):
    """`visit(**options)`: the page, silent and offline."""
    place.event("hint", "2026-10-01T10:00:00.000000Z", exercise="total", level=1)
    place.record(PASS, "2026-10-02T10:00:00.000000Z")
    place.record(replace(PASS, backend="torch"), "2026-11-05T10:00:00.000000Z")
    place.record(replace(PASS, exercise="optimizer_comparison"), "2026-11-06T10:00:00.000000Z")
    place.write(
        "portfolio.yaml",
        f"name: {LONG}\nabout: {LONG}\nlinks: [{{title: {LONG}, url: 'https://a.example/'}}]\nai: {LONG}\n",
    )
    path = place.root / "page.html"
    found = portfolio.read(workspace.find(place.root))
    path.write_text(portfolio_page.html(found, "0.1.0", lambda result: "report.html", "roadmap.html"), "utf-8")
    return lambda **options: opened(path, **options)


def test_it_opens_from_disk_without_a_network_a_script_or_a_word_to_the_console(visit):
    page = visit(java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert page.locator("svg.map").is_visible()
    assert (
        page.get_by_role("table", name="What was built").get_by_role("row").count() == 6
    )  # heads, two modules, three results


@pytest.mark.parametrize("viewport", [WIDE, MIDDLE, PHONE], ids=["wide", "middle", "phone"])
def test_it_never_scrolls_sideways_whatever_is_open(visit, viewport):
    assert_it_never_scrolls_sideways(visit(viewport=viewport), viewport)


BROKEN = """names => names.flatMap(name => {
  const text = name.textContent, found = [], walker = document.createTreeWalker(name, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) for (const word of walker.currentNode.data.matchAll(/[a-z0-9]+/gi)) {
    const range = document.createRange();
    range.setStart(walker.currentNode, word.index);
    range.setEnd(walker.currentNode, word.index + word[0].length);
    if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) found.push(text);
  }
  return found;
})"""


@pytest.mark.parametrize("viewport", [WIDE, MIDDLE, PHONE], ids=["wide", "middle", "phone"])
def test_a_long_name_goes_on_in_a_new_line_only_at_its_joints(visit, viewport):
    page = visit(viewport=viewport)
    assert "optimizer_comparison" in page.locator("#built th a").all_text_contents()
    assert page.locator("#built th a, #built td, #comparisons th, .speed").evaluate_all(BROKEN) == []


def test_the_code_is_one_click_away(visit):
    page = visit()
    code = page.locator("article .source").first
    assert not code.is_visible()
    page.get_by_text("The code that was graded").first.click()
    assert code.is_visible()


def test_links_at_the_top_lead_to_their_sections(visit):
    page = visit()
    for link in page.locator("nav a").all():
        link.click()
        assert page.locator(page.evaluate("location.hash")).is_visible()


def test_on_a_phone_the_roadmap_moves_under_a_finger_or_the_keyboard(visit):
    page = visit(viewport=PHONE)
    picture = page.get_by_role("region", name="The roadmap as a picture")
    picture.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.wide').scrollLeft > 0")


def test_paper_gets_the_tables_in_dark_ink_and_no_folded_code(visit):
    page = visit(viewport={"width": 688, "height": 970}, color_scheme="dark")  # A4 less its margins
    page.emulate_media(media="print", color_scheme="dark")
    assert page.get_by_role("table", name="The roadmap by module").is_visible()
    assert not page.locator("article .source").first.is_visible()
    assert not page.locator("nav").is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
    assert page.locator("article figure svg").first.is_visible()
    assert not page.locator("article details").first.is_visible()  # the reports have the numbers
    wide = "[...document.querySelectorAll('main *')].filter(one => !one.closest('svg') && one.getBoundingClientRect().right > innerWidth)"
    assert page.evaluate(f"{wide}.map(one => one.outerHTML.slice(0, 100))") == []
