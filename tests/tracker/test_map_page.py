"""The page holds all of the roadmap, as a picture and as a list, and nothing of it can be more than words there."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tracker import graph, map_page, workspace
from tracker.progress import Progress
from tracker.roadmap import Module, Paper, Question, Resource, Roadmap, Section, Task, Topic, Track

ATTACK = "</script><img src=x onerror=alert(1)>"
SUMS_TASKS = (
    Task("think", "study", "Think about sums", 1.5, optional=True, resources=(Resource("A page", "https://a.example/?b=1&c=2"),)),
    Task("write", "implement", "Add numbers up", exercise="total"),
    Task("later", "implement", "Add faster", exercise="total_fast", planned=True),
    Task("first-pass", "read", "Skim it", paper="euler"),
)  # fmt: skip
SUMS = Topic(
    "sums", "Sums & series", "basics", "Beginner", 2.5, ("numbers",), tasks=SUMS_TASKS, estimated=True,
    papers=(Paper("euler", "On sums", 1740, "https://paper.example"),),
    questions=(Question("Is it <finite>?", "Not always."),),
    resources=(Resource("A book", "http://book.example"),),
)  # fmt: skip
NUMBERS = Topic("numbers", "Numbers", "basics", "Beginner", 4, tasks=(Task("count", "practice", "Count"),))
NETS = Topic("nets", "Nets", "deep", "Advanced", 1030, ("sums",), ("numbers",), tasks=(Task("draw", "derive", "Draw"),))
ROADMAP = Roadmap(
    "Small",
    (Module("basics", "Basics", "Count well", (), ("numbers", "sums")), Module("deep", "Deep", "", ("basics",), ("nets",))),
    {topic.id: topic for topic in (NUMBERS, SUMS, NETS)},
    (Track("short", "The short way", "reading", (Section("s", "S", ("sums", "nets")),)), Track("none", "Empty", "choice", ())),
)  # fmt: skip
DONE = Progress(
    earned={"total": {"numpy": frozenset({"robust", "correct"})}},
    passed_at={"total": "2026-11-01T00:00:00Z"},
    tried=frozenset({"total"}),
)


def page_of(roadmap, progress=DONE):
    return map_page.html(graph.Map(roadmap, progress, graph.standings(roadmap, progress)), "1.2.3")


class Reader(HTMLParser):
    """Elements as (tag, attributes), and each element's text by id."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self.scripts, self._open, self._in = [], {}, [], [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._in = tag
        if tag not in ("meta", "link", "input", "img", "br"):
            self._open.append((tag, dict(attributes).get("id")))

    def handle_endtag(self, tag):
        self._in = ""
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self._in in ("script", "style"):
            self.scripts.append(data)
        for _, name in self._open:
            if name:
                self.texts[name] = self.texts.get(name, "") + data

    def attributes(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, name):
        return " ".join(self.texts[name].split())


def data_of(reader):
    return json.loads(reader.texts["data"])


READER = Reader(page_of(ROADMAP))


def test_every_topic_is_on_the_map_and_in_the_list_with_its_state():
    for number, name in enumerate(ROADMAP.topics):
        title, state = ROADMAP.topics[name].title, graph.standings(ROADMAP, DONE)[name].state
        assert title in READER.text(f"t{number}")
        assert state in READER.text(f"t{number}")
        assert READER.text(f"topic-{name}").startswith(title)
        assert state in READER.text(f"topic-{name}")


def test_the_list_says_all_of_a_topic():
    assert READER.text("topic-sums") == (
        "Sums & series ●proven · Beginner · ≈2.5 h · 1 of 2 tasks · sums "
        "Needs○Numbers (open) "
        "Tasks study Think about sums optional 1.5 h A page "
        "✓done: implement Add numbers up exercise total numpy: correct, robust "
        "implement Add faster exercise total_fast, planned "
        "Paper: On sums (1740) read Skim it "
        "Ask yourself Is it <finite>?Not always. Resources A book Opens○Nets (open)"
    )


def test_tasks_keep_the_numbers_by_which_they_are_ticked():
    values = [a["value"] for a in READER.attributes("li") if a.get("class", "").startswith("task")]
    assert values == ["1", "1", "2", "3", "4", "1"]


def test_every_edge_and_every_track_is_in_the_data():
    data = data_of(READER)
    assert [topic["id"] for topic in data["topics"]] == ["numbers", "sums", "nets"]
    assert sorted(data["edges"]) == [[0, 1], [1, 2]]
    assert data["tracks"] == [[1, 2], []]
    assert (
        len([a for a in READER.attributes("path") if a.get("class", "").split()[:1] == ["edge"] and "C" in a["d"]]) == 2
    )


def test_links_between_topics_lead_to_entries_of_the_list():
    targets = {a["href"] for a in READER.attributes("a") if a["href"].startswith("#topic-")}
    ids = {"#" + attributes["id"] for _, attributes in READER.elements if "id" in attributes}
    assert targets == {"#topic-numbers", "#topic-sums", "#topic-nets"}
    assert targets <= ids


def test_a_map_cut_to_a_track_drops_what_lies_outside():
    whole = graph.Map(ROADMAP, DONE, graph.standings(ROADMAP, DONE))
    reader = Reader(map_page.html(graph.on_track(whole, ROADMAP.tracks[0]), "1.2.3"))
    assert [topic["id"] for topic in data_of(reader)["topics"]] == ["sums", "nets"]
    assert "topic-numbers" not in reader.texts


def test_a_roadmap_without_topics_is_a_page_too():
    assert data_of(Reader(page_of(Roadmap("Empty", (), {})))) == {"topics": [], "edges": [], "tracks": []}


def test_a_state_has_a_class_by_its_value():
    assert map_page.css_class("in progress") == "s-in-progress"
    styles = " ".join(READER.scripts)
    assert all(f".{map_page.css_class(state)} {{" in styles for state in graph.State)


# --- nothing gets in or out ---


def hostile():
    tasks = (Task("t", ATTACK, ATTACK, exercise=ATTACK, resources=(Resource(ATTACK, "https://x/" + ATTACK),)),)
    more = {"papers": (Paper("p", ATTACK, 2000, ATTACK),), "questions": (Question(ATTACK, ATTACK),)}
    topic = Topic(f'"{ATTACK}', ATTACK, "m", ATTACK, 1.0, tasks=tasks, resources=(Resource(ATTACK, ATTACK),), **more)
    papers = topic._replace(tasks=(*tasks, Task("u", "read", ATTACK, paper="p")))
    track = Track(ATTACK, ATTACK, "reading", (Section("s", ATTACK, (topic.id,)),))
    return Roadmap(ATTACK, (Module("m", ATTACK, ATTACK, (), (topic.id,)),), {topic.id: papers}, (track,))


def shape(reader):
    return [
        (tag, sorted(attributes)) for tag, attributes in reader.elements if tag in ("script", "style", "img", "iframe")
    ]


def test_an_attack_in_every_text_adds_no_element_and_no_handler():
    earned = Progress(earned={ATTACK: {ATTACK: frozenset({ATTACK})}})
    page = page_of(hostile(), earned)
    reader = Reader(page)
    assert shape(reader) == shape(READER)
    assert "<img" not in page
    assert not [name for _, attributes in reader.elements for name in attributes if name.startswith("on")]
    assert data_of(reader)["topics"] == [{"id": f'"{ATTACK}', "title": ATTACK}]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", " https://x", "//x"])
def test_an_address_that_is_no_web_page_is_no_link(url):
    topic = NUMBERS._replace(resources=(Resource("Odd", url),))
    reader = Reader(page_of(ROADMAP._replace(topics={**ROADMAP.topics, "numbers": topic})))
    assert "Odd" in reader.text("topic-numbers")
    assert url not in [attributes["href"] for attributes in reader.attributes("a")]


def test_what_steers_or_hides_text_is_shown_as_unprintable():
    words = "a\x1b[31m\u202eb\u200b\x00\ud800\u2028"
    topic = NUMBERS._replace(title=words, tasks=(Task("t", "study", words),))
    page = page_of(ROADMAP._replace(topics={**ROADMAP.topics, "numbers": topic}))
    assert not set("\x1b\u202e\u200b\x00\ud800") & set(page)
    page.encode("utf-8")
    assert "\u2028" not in Reader(page).texts["data"]


def test_the_data_can_end_no_element():
    data = Reader(page_of(hostile())).texts["data"]
    assert not set("<>&\u2028\u2029") & set(data)


def test_only_resources_lead_out_and_they_do_so_without_an_opener():
    out = [attributes for attributes in READER.attributes("a") if not attributes["href"].startswith("#")]
    assert {a["href"] for a in out} == {
        "https://a.example/?b=1&c=2", "https://paper.example", "http://book.example"
    }  # fmt: skip
    assert all("noopener" in attributes["rel"].split() for attributes in out)
    page = page_of(ROADMAP._replace(topics={"numbers": NUMBERS}, modules=(Module("b", "B", "", (), ("numbers",)),)))
    assert not re.search(r"https?:|//[a-z]|url\((?!#)|@import", page)


def test_the_policy_allows_the_pages_own_style_and_scripts_and_nothing_else():
    [policy] = [a["content"] for a in READER.attributes("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    style, first, data, last = READER.scripts
    assert data == READER.texts["data"]
    assert rules == {
        "default-src": "'none'",
        "style-src": hashed(style),
        "script-src": f"{hashed(first)} {hashed(last)}",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not [attributes for _, attributes in READER.elements if "style" in attributes]


def hashed(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_same_map_gives_the_same_page():
    assert page_of(ROADMAP) == page_of(ROADMAP)


# --- colours ---

CSS = (Path(map_page.__file__).parent / "templates" / "map.css").read_text("utf-8")
LIGHT, DARK, *_ = [
    dict(re.findall(r"--([a-z-]+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", CSS, re.S)
]
TEXT_ON = [
    *(("text", ground) for ground in ("page", "card", "ready", "begun", "proven", "due")),
    *((words, ground) for words in ("muted", "link") for ground in ("page", "card")),
    ("locked-text", "locked"), ("done-text", "done"), ("muted", "ready"), ("proven-line", "card"),
]  # fmt: skip
LINE_ON = [(f"{state}-line", "card") for state in ("locked", "ready", "begun", "proven", "due")]
LINE_ON += [(line, ground) for line in ("need", "open", "focus", "edge") for ground in ("page", "card")]


def contrast(one, other):
    """WCAG 2.2's ratio."""

    def light(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_lines_stand_out_as_wcag_aa_asks(theme):
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert {
        pair: contrast(theme[pair[0]], theme[pair[1]])
        for pair in TEXT_ON
        if contrast(theme[pair[0]], theme[pair[1]]) < 4.5
    } == {}
    assert {
        pair: contrast(theme[pair[0]], theme[pair[1]])
        for pair in LINE_ON
        if contrast(theme[pair[0]], theme[pair[1]]) < 3
    } == {}


def test_the_shipped_roadmap_is_all_there():
    map = graph.read(workspace.find(Path(__file__).resolve().parents[2]))
    reader = Reader(map_page.html(map, "1.2.3"))
    for topic in map.roadmap.topics.values():
        words = reader.text(f"topic-{topic.id}")
        assert all(" ".join(task.text.split()) in words for task in topic.tasks)
