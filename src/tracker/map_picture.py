"""The roadmap as a still picture, SVG for a page: modules as boxes, a sign for each topic, what it needs as lines.

Its colours are the page's: an element has the class of its state. Words are escaped when they are written; titles of
modules are broken by an estimate of their width, so a long one may be cut.
"""

from __future__ import annotations

import textwrap
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from tracker import layout, signs
from tracker.graph import Map, State
from tracker.layout import HEAD, Box, Edge, Group
from tracker.page import printable

_FONTS = (34.0, 29.0)  # of a module's title in one line and in two, in the layout's pixels
_LETTER = 0.56  # a letter's width, as a share of the font's size
KEY = tuple((state.value, signs.SIGN[state], signs.css_class(state)) for state in State if state is not State.DUE)


def svg(map: Map, alt: str) -> str:
    """The whole roadmap; the same for the same map, always. `alt` is for those who cannot see it."""
    picture = layout.of(map.roadmap)
    made = Element("svg", {"class": "map", "viewBox": f"0 0 {picture.width:g} {picture.height:g}", "role": "img"})
    made.set("aria-label", printable(alt))
    titles = {module.id: module.title for module in map.roadmap.modules}
    for group in picture.groups:
        _module(made, group, titles[group.module])
    for edge in picture.edges:
        _edge(made, edge)
    for name, box in picture.topics.items():
        _topic(made, box, map.roadmap.topics[name].title, map.standings[name].state)
    return ElementTree.tostring(made, encoding="unicode")


def _module(made: Element, group: Group, title: str) -> None:
    """Its box, and its title in one line or in two smaller ones."""
    box = group.box
    SubElement(made, "rect", _placed(box, {"class": "module", "rx": "16"}))
    for most, font in enumerate(_FONTS, 1):
        room = max(int((box.width - 32) / (font * _LETTER)), 4)
        lines = textwrap.wrap(printable(title), room, max_lines=len(_FONTS), placeholder="…")
        if len(lines) <= most:
            break
    words = SubElement(made, "text", {"class": "module-title", "font-size": f"{font:g}"})
    for number, line in enumerate(lines):
        y = box.y + (HEAD - font * len(lines)) / 2 + font * (number + 0.85)
        SubElement(words, "tspan", {"x": f"{box.x + 18:g}", "y": f"{y:.4g}"}).text = line


def _edge(made: Element, edge: Edge) -> None:
    SubElement(made, "path", {"class": "edge inside" if edge.inside else "edge", "d": edge.path})


def _topic(made: Element, box: Box, title: str, state: State) -> None:
    whole = SubElement(made, "g", {"class": signs.css_class(state)})
    SubElement(whole, "title").text = printable(f"{title}: {state}")
    SubElement(whole, "rect", _placed(box, {"rx": "12"}))
    x, y = box.middle
    SubElement(whole, "text", {"x": f"{x:g}", "y": f"{y + 13:g}"}).text = signs.SIGN.get(state, "?")


def _placed(box: Box, more: dict[str, str]) -> dict[str, str]:
    return {"x": f"{box.x:g}", "y": f"{box.y:g}", "width": f"{box.width:g}", "height": f"{box.height:g}", **more}
