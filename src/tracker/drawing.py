"""The roadmap as a picture: DOT and Mermaid as text, SVG and PNG through Graphviz. Decides nothing about the learner."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.errors import UserError
from tracker.graph import Map, State
from tracker.signs import SIGN

# Fill, border and line style of each state; the sign in the label tells them apart without colour.
_LOOK = {
    State.LOCKED: ("#f2f2f2", "#8a8a8a", "dashed"),
    State.OPEN: ("#e3f2fd", "#1565c0", "solid"),
    State.IN_PROGRESS: ("#fff3d6", "#b26a00", "solid"),
    State.PROVEN: ("#e3f5e5", "#2e7d32", "solid"),
    State.DONE: ("#c4e7c8", "#1b5e20", "bold"),
    State.DUE: ("#f3e3f7", "#8e24aa", "solid"),
}


def dot(map: Map) -> str:
    """A graph in Graphviz's language: modules as clusters, what is needed above what needs it."""
    return "\n".join(_dot_lines(map)) + "\n"


def mermaid(map: Map) -> str:
    """A flowchart that GitHub and many editors draw."""
    return "\n".join(_mermaid_lines(map)) + "\n"


def rendered(map: Map, format: str) -> bytes:
    """The picture as `svg` or `png`. Raises UserError where Graphviz is missing or fails."""
    try:
        import graphviz
    except ImportError as error:
        raise UserError(
            f"{format} needs the library graphviz, which is not installed",
            fix="pip install 'scratchmark[graph]', or use --format html, which needs nothing",
        ) from error
    try:
        return bytes(graphviz.Source(dot(map)).pipe(format=format))
    except graphviz.ExecutableNotFound as error:
        raise UserError(
            f"{format} needs Graphviz's program `dot`, which is not on the path",
            fix="install it (Debian: apt-get install graphviz), or use --format html, which needs nothing",
        ) from error
    except graphviz.CalledProcessError as error:
        raise UserError(f"Graphviz failed: {error}", fix="use --format html, which needs nothing") from error


def _dot_lines(map: Map) -> Iterator[str]:
    yield "digraph roadmap {"
    yield f"  graph [label={_quoted(map.roadmap.title)} labelloc=t rankdir=TB fontname=Helvetica newrank=true ranksep=0.6]"
    yield '  node [shape=box style="rounded,filled" fontname=Helvetica fontsize=11 margin="0.12,0.05"]'
    yield '  edge [color="#7a7a7a" arrowsize=0.6]'
    drawn: set[str] = set()
    for number, module in enumerate(map.roadmap.modules):
        yield f"  subgraph cluster_{number} {{"
        yield f'    label={_quoted(module.title)} style=rounded color="#9a9a9a" fontname="Helvetica-Bold"'
        yield from (f"    {_dot_topic(map, name)}" for name in module.topics if name not in drawn)
        drawn.update(module.topics)
        yield "  }"
    for topic in map.roadmap.topics.values():
        yield from (f"  {_quoted(need)} -> {_quoted(topic.id)}" for need in topic.needs)
    yield "}"


def _dot_topic(map: Map, name: str) -> str:
    state = map.standings[name].state
    fill, border, line = _LOOK[state]
    label = _quoted(f"{SIGN[state]} {map.roadmap.topics[name].title}")
    style = f'style="rounded,filled,{line}" fillcolor="{fill}" color="{border}"'
    return f"{_quoted(name)} [label={label} {style} tooltip={_quoted(f'{name}: {state}')}]"


def _quoted(words: str) -> str:
    """A DOT string; `\\\\N` and the like, which DOT would replace, lose their meaning."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _mermaid_lines(map: Map) -> Iterator[str]:
    yield "flowchart TD"
    drawn: set[str] = set()
    for number, module in enumerate(map.roadmap.modules):
        yield f"  subgraph module{number}[{_mermaid_text(module.title)}]"
        for name in module.topics:
            if name not in drawn:
                state = map.standings[name].state
                label = _mermaid_text(f"{SIGN[state]} {map.roadmap.topics[name].title}")
                yield f"    {_node(name)}[{label}]:::{state.name.lower()}"
        drawn.update(module.topics)
        yield "  end"
    for topic in map.roadmap.topics.values():
        yield from (f"  {_node(need)} --> {_node(topic.id)}" for need in topic.needs)
    for state, (fill, border, line) in _LOOK.items():
        dash = ",stroke-dasharray:4 3" if line == "dashed" else ""
        yield f"  classDef {state.name.lower()} fill:{fill},stroke:{border},color:#1a1a1a{dash}"


def _node(name: str) -> str:
    return f"t_{name}"  # `end` and the like are words of Mermaid's own


def _mermaid_text(words: str) -> str:
    """A quoted label in which nothing but letters, digits, spaces and plain marks stands for itself."""
    return '"' + re.sub(r"[^\w .,:;()/+%·○◐●✓↻-]", lambda found: f"#{ord(found[0])};", words) + '"'
