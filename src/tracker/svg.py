"""Figures of matplotlib as SVG that a page can hold: small, the same every time, in the page's colours, no style inside.

A page's policy refuses style attributes and elements, so what matplotlib writes there becomes presentation attributes.
Text stays text, escaped when it is written; it is measured in the DejaVu Sans that matplotlib brings along.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

from tracker.page import printable

INK, MUTED, GRID, ANSWER, YARDSTICK, TIE = (f"#00000{digit}" for digit in range(1, 7))  # stand-ins, each for one of:
_VARIABLES = dict(
    zip((INK, MUTED, GRID, ANSWER, YARDSTICK, TIE), ("ink", "muted", "grid", "answer", "yardstick", "tie"), strict=True)
)
WIDE = 360.0  # in the unit of everything here: a phone shows it nearly as large as a CSS pixel
FONT = 12.0
_STYLE: Any = {
    "font.family": "DejaVu Sans", "font.size": FONT, "text.parse_math": False, "text.color": INK,
    "axes.labelcolor": INK, "axes.edgecolor": MUTED, "axes.facecolor": "none", "axes.titlelocation": "left", "axes.titlesize": FONT,
    "axes.grid": True, "axes.axisbelow": True, "axes.spines.top": False, "axes.spines.right": False, "grid.color": GRID,
    "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
    "figure.facecolor": "none", "figure.edgecolor": "none", "legend.frameon": False, "legend.fontsize": FONT,
    "svg.fonttype": "none", "svg.hashsalt": "scratchmark",
}  # fmt: skip
_KEPT = {"viewBox", "d", "x", "y", "width", "height", "clip-path", "transform", "href", "id"}
_OF_STYLE = re.compile(r"(fill|stroke|opacity|text-anchor|font-size|font-weight)(-|$)")
_DEFAULTS = {("stroke-dashoffset", "0"), ("stroke-linejoin", "miter"), ("text-anchor", "start"), ("font-size", "12px")}
_LONG = re.compile(r"(\.\d)\d+")
_NS = "{http://www.w3.org/2000/svg}"


def drawn(high: float, title: str, alt: str, draw: Callable[[Any], None]) -> str:
    """What `draw(figure)` draws on a sheet WIDE by `high`, with `alt` for those who cannot see it; '' without matplotlib.

    Settings of the person's matplotlibrc change nothing, and are as they were afterwards."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        return ""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # else it tells of its font cache amid the terminal's view
    raw = io.StringIO()
    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.simplefilter("ignore")  # of signs that DejaVu Sans lacks; the browser has its own fonts
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure((WIDE / 72, high / 72), dpi=72)
        draw(figure)
        figure.savefig(raw, format="svg", metadata={"Date": None})
    return clean(raw.getvalue(), title, alt)


def clean(raw: str, title: str, alt: str) -> str:
    """matplotlib's SVG, made small and harmless. Ids begin with a hash of the whole and the title: no two plots share one."""
    root = ElementTree.fromstring(raw)
    box = root.get("viewBox", "")
    used = set(re.findall(r'(?:url\(|href=")#(\w+)', raw))
    prefix = "p" + hashlib.sha256((raw + title + alt).encode("utf-8", "replace")).hexdigest()[:10]
    made = ElementTree.Element("svg", {"class": "plot", "viewBox": box, "role": "img", "aria-label": printable(alt)})
    made.set("stroke-linejoin", "round")
    made.set("font-size", f"{FONT:g}px")
    made.extend(child for old in root for child in _cleaned(old, used, prefix))
    return ElementTree.tostring(made, encoding="unicode", short_empty_elements=True)


def _cleaned(old: ElementTree.Element, used: set[str], prefix: str) -> Iterator[ElementTree.Element]:
    """The element without what is not needed: none of it, itself, or only what is in it."""
    tag = old.tag.removeprefix(_NS)
    attributes = _attributes(old, used, prefix)
    inside = [child for one in old for child in _cleaned(one, used, prefix)]
    if tag in ("metadata", "style") or (tag == "path" and _is_unseen(attributes)):
        return
    made = ElementTree.Element(tag, attributes)
    made.text = printable(old.text) if tag == "text" and old.text else None
    made.extend(inside)
    if tag == "g":
        _share(made)
    if tag == "g" and not made.attrib:
        yield from inside
    elif inside or tag not in ("g", "defs"):
        yield made


def _is_unseen(attributes: dict[str, str]) -> bool:
    return attributes.get("fill") == "none" and "stroke" not in attributes and "id" not in attributes


def _share(group: ElementTree.Element) -> None:
    """What all the marks of a line have in common is said once."""
    if len(group) < 2 or any(child.tag != "use" for child in group):
        return
    common = set.intersection(*(set(child.attrib.items()) for child in group))
    for name, value in sorted(common):
        if name not in ("href", "x", "y"):
            group.set(name, value)
            for child in group:
                del child.attrib[name]


def _attributes(old: ElementTree.Element, used: set[str], prefix: str) -> dict[str, str]:
    found = {name.rpartition("}")[2]: value for name, value in old.attrib.items()}
    styles = (entry.partition(":") for entry in found.get("style", "").split(";"))
    told = {name.strip(): value.strip() for name, _, value in styles if _OF_STYLE.match(name.strip())}
    kept = {name: _short(name, found[name]) for name in sorted(found.keys() & _KEPT)}
    if kept.get("id") not in used:
        kept.pop("id", None)
    if re.match(r"rotate\(-?0 ", kept.get("transform", "")):
        del kept["transform"]
    named = {name: re.sub(r"^#|(?<=url\()#", f"#{prefix}", value) for name, value in kept.items()}
    if "id" in named:
        named["id"] = prefix + named["id"]
    return named | {name: _coloured(value) for name, value in told.items() if (name, value) not in _DEFAULTS}


def _short(name: str, value: str) -> str:
    """Coordinates to a tenth of a pixel, on one line."""
    return value if name in ("id", "href", "clip-path") else _LONG.sub(r"\1", " ".join(value.split()))


def _coloured(value: str) -> str:
    return f"var(--{_VARIABLES[value]})" if value in _VARIABLES else value
