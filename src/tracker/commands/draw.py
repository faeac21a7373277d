"""`tracker graph`: the roadmap as a picture or an interactive page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.commands import find
from tracker.commands.say import json_option, say, warn

if TYPE_CHECKING:
    from tracker.graph import Map

_FORMATS = ("html", "svg", "png", "dot", "mermaid")


@click.command()
@click.option(
    "--format", "kind", type=click.Choice(_FORMATS), help="What to draw; else the ending of FILE says it, else html."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to; - prints dot and mermaid.",
)
@click.option("--track", metavar="TRACK", help="Only this track, in its own order.")
@json_option
def graph(kind: str | None, output: Path | None, track: str | None, as_json: bool) -> None:
    """Draw the roadmap with your progress: an interactive page, SVG, PNG, DOT or Mermaid.

    \b
    Example:
      tracker graph --format svg --output roadmap.svg
    """
    map = find.map_of()
    if track is not None:
        from tracker import graph as graphs

        map = graphs.on_track(map, find.track(map, track))
    kind = kind or _by_name(output)
    if kind in ("dot", "mermaid") and not as_json and output in (None, Path("-")):
        click.echo(_text(map, kind), nl=False)
        warn(map)
        return
    from tracker import scaffold

    path = output or find.workspace().reports / f"roadmap.{kind}"
    content = _binary(map, kind) if kind in ("svg", "png") else _text(map, kind).encode("utf-8")
    scaffold.write_over(path, content)
    say({"file": str(path), "format": kind, "topics": len(map.roadmap.topics)}, as_json, f"wrote {path}", *_next(kind))
    warn(map)


def _by_name(output: Path | None) -> str:
    ending = output.suffix.lower().lstrip(".") if output else ""
    return {"svg": "svg", "png": "png", "dot": "dot", "gv": "dot", "mmd": "mermaid"}.get(ending, "html")


def _text(map: Map, kind: str) -> str:
    if kind == "html":
        from tracker import __version__, map_page

        return map_page.html(map, __version__)
    from tracker import drawing

    return drawing.dot(map) if kind == "dot" else drawing.mermaid(map)


def _binary(map: Map, kind: str) -> bytes:
    from tracker import drawing

    return drawing.rendered(map, kind)


def _next(kind: str) -> list[str]:
    return ["open it in a browser; it needs no network"] if kind == "html" else []
