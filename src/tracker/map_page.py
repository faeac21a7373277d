"""The roadmap as one HTML page for any browser: a picture to walk in, and all of it as a list. Decides nothing.

The page needs no network and may load nothing: its policy names the hashes of its own style and scripts, so that no
other can run. Words of the roadmap reach it escaped; they are in no style and in no script that runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from tracker import facts, graph, layout
from tracker import html as html_of
from tracker.graph import PROVEN_STATES, Map, State
from tracker.layout import Layout
from tracker.page import printable
from tracker.roadmap import Module, Paper, Task, Topic
from tracker.signs import SIGN, css_class

if TYPE_CHECKING:
    from jinja2 import Environment

_SCRIPT_IS_ON = 'document.documentElement.classList.add("js")'
_PAPER = (1000.0, 600.0)  # pixels of a sheet in landscape, A4 or Letter, less margins and the heading
_IN_JSON = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def html(map: Map, version: str, lesson: Callable[[Topic], str] = lambda topic: "", home: str = "") -> str:
    """The whole page; the same for the same map, always.

    `lesson`: where a topic's lesson lies, seen from this page, '' where it lies nowhere; `home`: so for the portfolio.
    """
    from markupsafe import Markup

    picture = layout.of(map.roadmap)
    style = html_of.file("map.css") + _positions(picture)
    script = html_of.file("map.js")
    place = {name: number for number, name in enumerate(map.roadmap.topics)}
    return _environment().get_template("map.html.j2").render(
        map=map,
        version=version,
        lesson=lesson,
        home=home,
        picture=picture,
        modules=list(_modules(map)),
        place=place,
        opens=graph.opens(map.roadmap),
        proven=sum(standing.state in PROVEN_STATES for standing in map.standings.values()),
        hours=facts.hours(map, tuple(map.roadmap.topics)),
        tracks=map.roadmap.tracks,
        states=State,
        papers=_papers,
        is_done=partial(_is_done, map),
        marks=partial(_marks, map),
        policy=html_of.policy(style, _SCRIPT_IS_ON, script),
        style=Markup(style),
        script_is_on=Markup(_SCRIPT_IS_ON),
        script=Markup(script),
        data=Markup(_data(map, picture, place)),
    )  # fmt: skip


def _environment() -> Environment:
    made = html_of.environment("tracker")
    made.filters |= {"number": _number, "css": css_class, "sign": _sign}
    made.tests["link"] = is_link
    return made


def is_link(url: str) -> bool:
    """Whether a browser may be sent there: a `javascript:` address would be code."""
    return url.lower().startswith(("https://", "http://"))


def _sign(state: State) -> str:
    return SIGN.get(state, "?")


def _number(hours: float) -> str:
    return f"{hours:,.1f}".removesuffix(".0")


def _modules(map: Map) -> Iterator[tuple[Module, list[Topic]]]:
    """Each module with its topics; a topic that a track has in two sections stands in the first."""
    seen: set[str] = set()
    for module in map.roadmap.modules:
        topics = [map.roadmap.topics[name] for name in module.topics if name not in seen]
        seen.update(module.topics)
        yield module, topics


def _papers(topic: Topic) -> list[tuple[Paper | None, list[tuple[int, Task]]]]:
    """The topic's tasks with their numbers, those that read one paper together."""
    by_id = {paper.id: paper for paper in topic.papers}
    runs = groupby(enumerate(topic.tasks, 1), key=lambda numbered: numbered[1].paper)
    return [(by_id.get(name or ""), list(tasks)) for name, tasks in runs]


def _is_done(map: Map, topic: Topic, task: Task) -> bool:
    return graph.is_done(topic, task, map.progress)


def _marks(map: Map, task: Task) -> list[tuple[str, list[str]]]:
    """Each backend with the marks earned on it."""
    return [(by, sorted(marks)) for by, marks in sorted(map.progress.earned.get(task.exercise or "", {}).items())]


def _positions(picture: Layout) -> str:
    """A rule for each box: the policy allows no style in an attribute. Holds nothing but numbers."""
    scale = min(_PAPER[0] / max(picture.width, 1), _PAPER[1] / max(picture.height, 1), 1)
    lines = [
        f":root{{--wide:{picture.width:g}px;--high:{picture.height:g}px;--paper:{scale:.4f}}}",
        f".topic{{width:{layout.WIDE:g}px;height:{layout.HIGH:g}px}}",
        *(f"#t{number}{{left:{box.x:g}px;top:{box.y:g}px}}" for number, box in enumerate(picture.topics.values())),
    ]
    for number, group in enumerate(picture.groups):
        box = group.box
        lines.append(f"#g{number}{{left:{box.x:g}px;top:{box.y:g}px;width:{box.width:g}px;height:{box.height:g}px}}")
    return "\n".join(lines) + "\n"


def _data(map: Map, picture: Layout, place: dict[str, int]) -> str:
    """What the script must know of the graph, as JSON that can end no element."""
    topics = [{"id": printable(name), "title": printable(map.roadmap.topics[name].title)} for name in place]
    edges = [[place[edge.need], place[edge.topic]] for edge in picture.edges]
    tracks = [[place[name] for name in track.topics if name in place] for track in map.roadmap.tracks]
    found = {"topics": topics, "edges": edges, "tracks": tracks}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).translate(_IN_JSON)
