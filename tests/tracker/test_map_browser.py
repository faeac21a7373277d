"""The page in a real browser, opened from disk without a network: what people do with it, by mouse, finger and key."""

import re

import pytest

from tracker import graph, map_page
from tracker.progress import Progress
from tracker.roadmap import Module, Question, Resource, Roadmap, Section, Task, Topic, Track

SMALL, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


def topic(number, *needs):
    """The topic `t<number>`, Topic number, of the module that its number belongs to; it has three tasks."""
    name = f"t{number}"
    tasks = (
        Task("read", "read", f"Read about {name}", optional=True, resources=(Resource("A book", "https://book.example"),)),
        Task("write", "implement", f"Write {name}", 2.0, exercise=f"ex_{number}"),
        Task("later", "implement", f"Write {name} faster", exercise=f"fast_{number}", planned=True),
    )  # fmt: skip
    asked = (Question("Why?", "Because."),)
    return Topic(name, f"Topic {number} of many", f"m{number // 6}", "Beginner", 3.0, needs, (), None, tasks, (), asked)


def many():
    """48 topics in eight modules; each needs the one six and the one eight before it, the first of a module nothing."""
    topics = [
        topic(n, *(f"t{need}" for need in (n - 8, n - 6) if need >= 0 and n % 6), *([f"t{n - 1}"] if n % 3 else []))
        for n in range(48)
    ]
    modules = tuple(
        Module(f"m{m}", f"Module {m}", "", (), tuple(t.id for t in topics if t.module == f"m{m}")) for m in range(8)
    )
    tracks = (Track("short", "The short way", "reading", (Section("s", "S", ("t0", "t1", "t2")),)),)
    tracks += (Track("none", "An empty one", "choice", ()),)
    return Roadmap("Many", modules, {t.id: t for t in topics}, tracks)


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    """The page on disk: t0 is done, t1 is open."""
    progress = Progress({"ex_0": {"numpy": frozenset({"correct"})}}, {"ex_0": "2026-11-01T00:00:00Z"})
    roadmap = many()
    path = tmp_path_factory.mktemp("page") / "map.html"
    path.write_text(map_page.html(graph.Map(roadmap, progress, graph.standings(roadmap, progress)), "1.2.3"), "utf-8")
    return path


@pytest.fixture
def visit(opened, file):
    """`visit(address, **options)`: the page, silent and offline."""

    def visit(address="", **options):
        return opened(file, address, **{"viewport": SMALL, "reduced_motion": "reduce", **options})

    return visit


def transform(page):
    """The map's x, y and scale."""
    found = page.locator("#world").evaluate("world => world.style.transform")
    x, y, scale = re.fullmatch(r"translate\((.+)px, (.+)px\) scale\((.+)\)", found).groups()
    return float(x), float(y), float(scale)


def focused(page):
    return page.evaluate("document.activeElement.id")


def classes(page, selector):
    return set(page.locator(selector).get_attribute("class").split())


def reach(start, step):
    found, left = set(), [start]
    while left:
        new = [one for one in step(left.pop()) if one not in found]
        found.update(new)
        left += new
    return found


def test_it_shows_all_of_the_map_with_a_word_and_a_sign_for_each_state(visit):
    page = visit()
    stage = page.locator("#stage").bounding_box()
    for number in (0, 20, 47):
        box = page.locator(f"#t{number}").bounding_box()
        assert stage["x"] <= box["x"] <= box["x"] + box["width"] <= stage["x"] + stage["width"]
        assert stage["y"] <= box["y"] <= box["y"] + box["height"] <= stage["y"] + stage["height"]
    assert page.locator("#t0").text_content() == "✓Topic 0 of many, done"
    assert page.locator("#t5").text_content() == "·Topic 5 of many, locked"
    looks = [page.locator(f"#t{n}").evaluate("box => getComputedStyle(box).borderStyle") for n in (0, 5)]
    assert looks == ["solid", "dashed"]
    assert not page.locator("#list").is_visible()


def test_slash_searches_and_enter_goes_to_the_topic(visit):
    page = visit()
    page.keyboard.press("/")
    assert focused(page) == "search"
    page.keyboard.type("topic 4")
    assert page.locator("#hits li").count() == 12  # of 4, 14, 24, 34, 40 to 47; those that start so come first
    assert page.locator("#told").text_content() == "12 of 48 topics found"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert focused(page) == "t40"
    assert page.locator("#shown h4").text_content() == "Topic 40 of many"
    box = page.locator("#t40").bounding_box()
    assert 0 < box["x"] < SMALL["width"] - 400
    assert 0 < box["y"] < SMALL["height"]


def test_search_finds_ids_and_says_when_it_finds_nothing(visit):
    page = visit()
    page.locator("#search").fill("t17")
    assert page.locator("#hits li").all_text_contents() == ["Topic 17 of manyt17"]
    page.locator("#search").fill("no such thing")
    assert not page.locator("#hits").is_visible()
    assert page.locator("#told").text_content() == "0 of 48 topics found"


def test_a_click_shows_the_tasks_and_escape_takes_one_back(visit):
    page = visit()
    page.locator("#t0").click()
    tasks = page.locator("#shown .task")
    assert [" ".join(words.split()) for words in tasks.all_text_contents()] == [
        "read Read about t0 optional A book",
        "✓done: implement Write t0 2 h exercise ex_0 numpy: correct",
        "implement Write t0 faster exercise fast_0, planned",
    ]
    assert page.locator("#shown .task a").get_attribute("rel") == "noopener noreferrer"
    page.keyboard.press("Escape")
    assert not page.locator("#panel").is_visible()
    assert focused(page) == "t0"


def test_all_that_a_topic_needs_and_opens_is_marked(visit):
    page = visit()
    page.locator("#t9").click()
    topics = many().topics
    before = reach("t9", lambda name: topics[name].needs)
    after = reach("t9", lambda name: [other.id for other in topics.values() if name in other.needs])
    found = {
        kind: {f"t{number}" for number in range(48) if kind in classes(page, f"#t{number}")}
        for kind in ("self", "before", "after")
    }
    assert found == {"self": {"t9"}, "before": before, "after": after}
    ways = [(need, name) for name in topics for need in topics[name].needs]
    assert page.locator("#edges .need").count() == sum({a, b} <= before | {"t9"} for a, b in ways)
    assert page.locator("#edges .open").count() == sum({a, b} <= after | {"t9"} for a, b in ways)


def test_the_panels_links_walk_along_the_edges(visit):
    page = visit()
    page.locator("#t9").click()
    page.locator("#shown .links a", has_text="Topic 3 of many").click()
    assert page.locator("#shown h4").text_content() == "Topic 3 of many"
    assert "self" in classes(page, "#t3")


def test_a_track_fades_what_lies_outside_it_and_an_empty_one_fades_all(visit):
    page = visit()
    page.locator("#track").select_option(label="The short way")
    assert page.locator(".topic:not(.out)").evaluate_all("found => found.map(box => box.id)") == ["t0", "t1", "t2"]
    page.locator("#track").select_option(label="An empty one")
    assert page.locator(".topic.out").count() == 48
    page.locator("#track").select_option(label="All tracks")
    assert page.locator(".topic.out").count() == 0


def test_buttons_keys_and_the_wheel_zoom(visit):
    page = visit()
    whole = transform(page)
    for zoom_in, zoom_out in (
        (lambda: page.locator("#in").click(), lambda: page.locator("#out").click()),
        (lambda: page.keyboard.press("+"), lambda: page.keyboard.press("-")),
        (lambda: page.mouse.wheel(0, -60), lambda: page.mouse.wheel(0, 60)),
    ):
        page.mouse.move(600, 400)
        zoom_in()
        page.wait_for_function(f"!document.getElementById('world').style.transform.endsWith('({whole[2]})')")
        assert transform(page)[2] > whole[2]
        larger = transform(page)[2]
        zoom_out()
        page.wait_for_function(f"!document.getElementById('world').style.transform.endsWith('({larger})')")
        assert transform(page)[2] < larger
        page.locator("#fit").click()
        assert transform(page) == whole


def test_a_drag_and_arrow_keys_move_the_map_and_a_drag_chooses_nothing(visit):
    page = visit()
    start = transform(page)
    box = page.locator("#t20").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 65, box["y"] + 35, steps=4)
    page.mouse.up()
    dragged = transform(page)
    assert (dragged[0] - start[0], dragged[1] - start[1]) == pytest.approx((60, 30), abs=6)
    assert not page.locator("#panel").is_visible()
    page.locator("#stage").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    assert transform(page)[:2] == pytest.approx((dragged[0] + 80, dragged[1] + 80))


def test_two_fingers_zoom(visit):
    page = visit(has_touch=True)
    before = transform(page)[2]
    touch = page.context.new_cdp_session(page)
    for apart, kind in ((50, "touchStart"), (80, "touchMove"), (120, "touchMove"), (150, "touchMove")):
        points = [{"x": 600 - apart, "y": 300, "id": 0}, {"x": 600 + apart, "y": 300, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert transform(page)[2] > before * 1.5


def test_the_keyboard_alone_reaches_a_topic_its_panel_and_back(visit):
    page = visit()
    order = []
    for _ in range(8):
        page.keyboard.press("Tab")
        order.append(focused(page))
    assert order == ["skip", "search", "track", "view", "stage", "t0", "t1", "t2"]
    outline = page.locator("#t2").evaluate(
        "box => getComputedStyle(box).outlineStyle + getComputedStyle(box).outlineWidth"
    )
    assert outline == "solid3px"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Topic 2 of many"
    assert page.locator("#panel").is_visible()
    page.keyboard.press("Escape")
    assert focused(page) == "t2"


def test_a_topic_that_gets_the_focus_comes_into_sight(visit):
    page = visit()
    for _ in range(6):
        page.keyboard.press("+")
    page.locator("#stage").focus()
    for number in range(48):
        page.keyboard.press("Tab")
        box, stage = page.locator(f"#t{number}").bounding_box(), page.locator("#stage").bounding_box()
        assert stage["x"] <= box["x"] + 1
        assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1
        assert stage["y"] <= box["y"] + 1
        assert box["y"] + box["height"] <= stage["y"] + stage["height"] + 1


def test_the_skip_link_leads_to_the_list_and_search_works_there(visit):
    page = visit()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page) == "list"
    assert page.locator("#topic-t47").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("t47")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Topic 47 of many"
    page.locator("#view").click()
    assert page.locator("#stage").is_visible()


def test_an_address_can_name_a_topic(visit):
    page = visit("#topic-t9")
    assert page.locator("#shown h4").text_content() == "Topic 9 of many"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_never_scrolls_sideways(visit, scheme):
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme=scheme)

    def fits():
        return page.evaluate("[document.documentElement, document.body, document.getElementById('list')]"
                             ".every(part => part.scrollWidth <= 360) && innerWidth === 360")  # fmt: skip

    assert fits()
    page.locator("#search").fill("t9")
    page.keyboard.press("Enter")
    assert fits()
    assert page.locator("#shown .task").first.is_visible()
    page.locator("#close").tap()
    page.locator("#view").tap()
    assert page.locator("#topic-t0").is_visible()
    assert fits()


def test_the_page_follows_the_colour_scheme(visit):
    grounds = [visit(color_scheme=scheme).evaluate("getComputedStyle(document.documentElement).backgroundColor") for scheme in ("light", "dark")]  # fmt: skip
    assert grounds == ["rgb(244, 245, 247)", "rgb(14, 18, 23)"]


@pytest.mark.parametrize(("motion", "seconds"), [("reduce", "0s"), ("no-preference", "0.25s")])
def test_nothing_glides_for_those_who_asked_for_less_motion(visit, motion, seconds):
    page = visit(reduced_motion=motion)
    page.locator("#fit").click()
    assert page.locator("#world").evaluate("world => getComputedStyle(world).transitionDuration") == seconds


@pytest.mark.parametrize("viewport", [SMALL, PHONE], ids=["desktop", "phone"])
def test_without_javascript_the_list_is_the_page(visit, viewport):
    page = visit(java_script_enabled=False, viewport=viewport)
    assert page.locator("#topic-t47 .task").last.is_visible()
    assert not page.locator("#stage").is_visible()
    assert not page.locator("#search").is_visible()
    page.locator("#topic-t47 .links a").first.click()
    assert re.search(r"#topic-t\d+$", page.url)


@pytest.mark.parametrize("script", [True, False])
def test_paper_gets_the_map_and_the_list_and_no_controls(visit, script):
    page = visit(java_script_enabled=script)
    if script:
        page.locator("#t9").click()
    page.emulate_media(media="print")
    assert page.locator("#t0").is_visible()
    assert page.locator("#topic-t47").is_visible()
    assert page.locator("#stage").bounding_box()["height"] < 620  # one sheet of paper
    for control in ("#search", "#in", "#panel", "#legend", "#skip"):
        assert not page.locator(control).is_visible()
