"""The roadmap as a Markdown checklist, to copy anywhere; what is done is ticked. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.graph import Map, is_done
from tracker.roadmap import Resource, Task, Topic

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")


def markdown(map: Map) -> str:
    """A heading a module, a heading a topic, a line a task; `tracker import` reads it back."""
    return "\n".join(_lines(map)) + "\n"


def _lines(map: Map) -> Iterator[str]:
    yield f"# {_plain(map.roadmap.title)}"
    for module in map.roadmap.modules:
        yield from ("", f"## {_plain(module.title)}")
        for name in module.topics:
            yield from _topic(map, map.roadmap.topics[name])


def _topic(map: Map, topic: Topic) -> Iterator[str]:
    yield from ("", f"### {_plain(topic.title)}", "", f"{topic.level}, {topic.hours:g} hours", "")
    papers = {paper.id: paper for paper in topic.papers}
    for task in topic.tasks:
        paper = f"{papers[task.paper].title}: " if task.paper else ""
        box = "x" if is_done(topic, task, map.progress) else " "
        yield f"- [{box}] {task.kind}: {_plain(paper + task.text)}{_notes(task)}{_links(task.resources)}"
    if topic.resources:
        yield from ("", *(f"- {_link(one)}" for one in topic.resources))


def _notes(task: Task) -> str:
    notes = [f"{task.hours:g} h"] if task.hours else []
    notes += ["optional"] if task.optional else []
    notes += [f"exercise `{task.exercise}`{', planned' if task.planned else ''}"] if task.exercise else []
    return f" ({', '.join(notes)})" if notes else ""


def _links(resources: tuple[Resource, ...]) -> str:
    return "".join(f" {_link(one)}" for one in resources)


def _link(one: Resource) -> str:
    url = one.url.replace("(", "%28").replace(")", "%29")
    return f"[{_plain(one.title)}]({url})"


def _plain(words: str) -> str:
    """Words that start no markup."""
    return _MARKUP.sub(r"\\\1", " ".join(words.split()))
