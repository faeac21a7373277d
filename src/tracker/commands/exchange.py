"""`tracker import` and `tracker export`: the roadmap from and to other forms."""

from __future__ import annotations

from pathlib import Path

import click

from tracker.commands import find
from tracker.commands.say import json_option, say, warn
from tracker.errors import UserError


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--into",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="The new workspace; else named after FILE.",
)
@json_option
def import_(file: Path, folder: Path | None, as_json: bool) -> None:
    """Make a workspace of its own from a Markdown checklist: headings are topics, boxes tasks; what is ticked stays so.

    \b
    Example:
      tracker import plan.md --into my-plan
    """
    from tracker import importer, journal, scaffold

    try:
        found = importer.read(file.read_text("utf-8-sig"), file.stem)
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8: {error}", fix="save it as UTF-8 and import it again") from error
    folder = folder or Path(file.stem)
    written = [str(path) for path in scaffold.make_roadmap(folder, found.roadmap, found.modules)]
    for task in found.done:
        journal.append(folder / "reports" / "journal.jsonl", "done", task=task, evidence=f"ticked in {file.name}")
    topics = [topic["id"] for module in found.modules.values() for topic in module["topics"]]
    tasks = sum(len(topic["tasks"]) for module in found.modules.values() for topic in module["topics"])
    values = {"workspace": str(folder), "written": written, "topics": topics, "tasks": tasks, "done": len(found.done)}
    words = f"{len(topics)} topics with {tasks} tasks, {len(found.done)} of them ticked"
    say(values, as_json, words, f"next: cd {folder} && tracker lint && tracker status")


@click.command()
@click.option(
    "--markdown", "kind", flag_value="markdown", default=True, help="A checklist, what is done ticked. (The default.)"
)
@click.option("--anki", "kind", flag_value="anki", help="The questions as a deck for Anki (.apkg).")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to; a checklist is printed where nothing is said.",
)
@click.option("--track", metavar="TRACK", help="Only this track.")
@click.option("--proven", is_flag=True, help="Only topics that you have proven (for --anki).")
@json_option
def export(kind: str, output: Path | None, track: str | None, proven: bool, as_json: bool) -> None:
    """Write the roadmap as a Markdown checklist, or its questions as cards for Anki.

    \b
    Example:
      tracker export --markdown --output checklist.md
    """
    from tracker import graph

    map = find.map_of()
    if track is not None:
        map = graph.on_track(map, find.track(map, track))
    if kind == "anki":
        from tracker import anki

        path = output or Path("roadmap.apkg")
        count = anki.write(path, map.roadmap, graph.proven(map.standings) if proven else map.roadmap.topics)
        say({"file": str(path), "cards": count}, as_json, f"wrote {path}: {count} cards")
        return
    from tracker import checklist, scaffold

    text = checklist.markdown(map)
    if output is None:
        say({"markdown": text}, as_json, text.rstrip("\n"))
    else:
        scaffold.write_over(output, text.encode("utf-8"))
        say({"file": str(output)}, as_json, f"wrote {output}")
    warn(map)
