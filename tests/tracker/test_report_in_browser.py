"""A report's page in a real browser, opened from disk: offline, silent, on a wide and a narrow screen, dark, on paper."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from in_browser import MIDDLE, PHONE, WIDE, assert_it_never_scrolls_sideways, open_all

from tracker import report, report_page
from tracker.report import Conditions, Memory, Point, Roof, Scaling

SAMPLE = report.load((Path(__file__).resolve().parents[1] / "data" / "report-schema-1.json").read_text("utf-8"))
LONG = "a_name_without_an_end_" * 12
TIMING = replace(SAMPLE.timings[0], ratios=tuple(1.4 + n / 500 for n in range(30)), sets=(10, 10, 10), roof_share=0.4, bound="compute")  # fmt: skip
POINTS = tuple(Point(n, 200 * n, 100 * n, 2.0, 1.9, 2.1, used=n > 16) for n in (16, 32, 64))
FULL = replace(
    SAMPLE,
    timings=(TIMING, replace(TIMING, case=LONG, against="library", against_name=LONG)),
    scalings=(Scaling("gpt2 block", "attention", "n", POINTS, 2.0, 1.9, 2.1, 1.9, 2.0, 0.1, 0.0, 0.2, "as it should", LONG),),
    memory=(Memory("gpt2 block", LONG, 52_400_000, 10_500_000, 12_600_000.0),),
    roof=Roof("cpu", 1, {"float32": 900.0, "float64": 450.0}, {"cache": 60.0, "memory": 12.0}, "2026-11-20T17:18:05Z"),
    conditions=Conditions(0.42, 0.013, 0.002, "performance", 3, 9.4),
    message=LONG, printed=LONG, source={"attention.py": f"# {LONG}\n\n@decorated\ndef f(x: int = 0x1F) -> str:\n    return f'{{x}}' + None\n"},
)  # fmt: skip

# Every text whose colour is closer to its ground than 4.5 to 1 (WCAG AA), with the figure.
FAINT = """() => {
  const lights = rgb => rgb.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  const light = rgb => lights(rgb).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const colour = text => text.match(/[\\d.]+/g).map(Number);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const found = colour(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, style = getComputedStyle(node);
    if (!walker.currentNode.data.trim()) continue;
    const ink = colour(node.tagName === 'text' ? style.fill : style.color).slice(0, 3);
    const [a, b] = [light(ink), light(ground(node))].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) found.push([walker.currentNode.data.trim().slice(0, 40), node.className, ratio]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(report_page.html(FULL), "utf-8")
    return path


@pytest.fixture
def visit(opened, file):
    """`visit(**options)`: the page, silent and offline."""
    return partial(opened, file)


def test_it_opens_from_disk_without_a_network_a_script_or_a_word_to_the_console(visit):
    page = visit(java_script_enabled=False)
    assert page.title() == "attention: failed"
    assert page.locator("h1").is_visible()
    assert page.locator("svg.plot").first.is_visible()


@pytest.mark.parametrize("viewport", [WIDE, MIDDLE, PHONE], ids=["wide", "middle", "phone"])
def test_it_never_scrolls_sideways_whatever_is_open(visit, viewport):
    assert_it_never_scrolls_sideways(visit(viewport=viewport), viewport)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_stands_out_from_its_ground(visit, scheme):
    page = visit(color_scheme=scheme)
    open_all(page)
    assert page.evaluate(FAINT) == []


def test_page_and_plots_follow_the_colour_scheme(visit):
    found = {}
    for scheme in ("light", "dark"):
        page = visit(color_scheme=scheme)
        ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        mark = page.locator("svg.plot g[fill='var(--answer)']").first.evaluate("one => getComputedStyle(one).fill")
        found[scheme] = ground, mark
    assert found == {
        "light": ("rgb(244, 245, 247)", "rgb(11, 87, 176)"),
        "dark": ("rgb(14, 18, 23)", "rgb(108, 178, 255)"),
    }


def test_words_of_a_plot_stay_inside_it(visit):
    page = visit()
    outside = """plots => plots.flatMap(plot => [...plot.querySelectorAll('text')].filter(text => {
      const [one, all] = [text.getBoundingClientRect(), plot.getBoundingClientRect()];
      return one.left < all.left - 1 || one.right > all.right + 1 || one.top < all.top - 1 || one.bottom > all.bottom + 1;
    }).map(text => text.textContent))"""
    assert page.locator("svg.plot").evaluate_all(outside) == []


def test_words_of_a_plot_can_be_read_on_a_phone(visit):
    page = visit(viewport=PHONE)
    size = (
        "plots => Math.min(...plots.map(plot => 12 * plot.getBoundingClientRect().width / plot.viewBox.baseVal.width))"
    )
    assert page.locator("svg.plot").evaluate_all(size) > 10


def test_passed_checks_are_folded_and_open_with_a_key(visit):
    page = visit()
    row = page.get_by_role("rowheader", name="small")
    assert not row.is_visible()
    page.locator("#checks summary").focus()
    page.keyboard.press("Enter")
    assert row.is_visible()


def test_on_a_phone_a_row_names_each_of_its_cells_and_is_still_a_table(visit):
    page = visit(viewport=PHONE)
    cell = page.locator("#parts td").nth(1)
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"verdict"'
    assert page.get_by_role("table", name="Parts").get_by_role("row").count() == 3


def test_links_at_the_top_lead_to_their_sections(visit):
    page = visit()
    for link in page.locator("nav a").all():
        link.click()
        assert page.locator(page.evaluate("location.hash")).is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_gets_everything_in_dark_ink_and_nothing_to_click(visit, scheme):
    page = visit(viewport={"width": 688, "height": 970}, color_scheme=scheme)  # A4 less its margins
    page.emulate_media(media="print", color_scheme=scheme)
    assert page.locator("#checks details tbody th").first.is_visible()
    assert page.locator("figure details table").first.is_visible()
    kept_whole = "parts => parts.every(part => getComputedStyle(part).breakInside === 'avoid')"
    assert page.locator("tr, figure").evaluate_all(kept_whole)
    assert not page.locator("nav").is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
    assert page.evaluate("document.documentElement.scrollWidth") == 688
    assert page.evaluate(FAINT) == []
