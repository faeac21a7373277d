"""The roadmap page in a real browser: offline, silent, searchable, by keyboard, on a phone, without JavaScript, on paper."""

import shutil

import pytest

TOPIC = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser(needs):
    api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    needs("" if chromium else "Debian's chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with api.sync_playwright() as started:
        running = started.chromium.launch(executable_path=chromium, args=arguments)
        yield running
        running.close()


@pytest.fixture
def page_file(place):
    """The small roadmap, with a title that tries to break out, and a track."""
    path = place.root / "curriculum/deep/module.yaml"
    path.write_text(path.read_text().replace("title: Nets", f"title: '{TOPIC}'"))
    roadmap = place.root / "roadmap.yaml"
    roadmap.write_text(
        roadmap.read_text() + "tracks: [{id: way, title: Only numbers, kind: reading, topics: [numbers]}]\n"
    )
    place.tracker("done", "numbers#2")
    assert place.tracker("graph", "-o", "map.html").returncode == 0
    return place.root / "map.html"


@pytest.fixture
def opened(browser, page_file):
    """The page from disk with the network off; what it says to the console and asks of the network."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, offline=True)
    page = context.new_page()
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(page_file.as_uri())
    yield page
    context.close()


def test_the_page_opens_offline_and_silent_and_asks_for_nothing(opened, page_file):
    opened.wait_for_timeout(300)
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith(("file:", "data:"))] == []
    assert opened.asked[0] == page_file.as_uri()


def test_words_of_the_roadmap_run_nothing(opened):
    assert opened.locator("img").count() == 0
    assert opened.get_by_text(TOPIC).count() >= 1


def test_search_finds_a_topic_and_enter_shows_its_tasks(opened):
    opened.keyboard.press("/")
    opened.keyboard.type("numb")
    opened.keyboard.press("Enter")
    opened.wait_for_timeout(800)
    panel = opened.locator(".panel").inner_text()
    assert "Numbers" in panel
    assert "Count" in panel
    assert "Read a book" in panel


def test_zoom_changes_the_picture_and_fit_brings_it_back(opened):
    def transform():
        return opened.locator(".world").evaluate("e => getComputedStyle(e).transform")

    before = transform()
    opened.locator("#in").click()
    opened.wait_for_timeout(400)
    assert transform() != before
    opened.locator("#fit").click()
    opened.wait_for_timeout(800)
    assert transform() == before


def test_a_track_can_be_chosen(opened):
    opened.locator("#track").select_option(label="Only numbers")
    opened.wait_for_timeout(400)
    html = opened.locator(".world").inner_html()
    opened.locator("#track").select_option(label="All tracks")
    opened.wait_for_timeout(400)
    assert opened.locator(".world").inner_html() != html


def test_on_a_phone_nothing_scrolls_sideways(browser, page_file):
    context = browser.new_context(viewport={"width": 360, "height": 740}, offline=True)
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_without_javascript_everything_is_there_as_a_list(browser, page_file):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(page_file.as_uri())
    text = page.locator("#list").inner_text()
    assert all(words in text for words in ("Basics", "Numbers", "Count", "Write it down", "Add numbers up"))
    assert page.locator(".tools").first.is_hidden()
    context.close()


def test_on_paper_the_list_is_there_and_the_buttons_are_not(opened):
    opened.emulate_media(media="print")
    assert opened.locator("#list").is_visible()
    assert opened.locator("#in").is_hidden()
