"""A Markdown checklist becomes a roadmap: headings its modules and topics, boxes its tasks. Reads text, writes no file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from tracker.errors import UserError
from tracker.model import Kind

_BOX = re.compile(r"^\[([ xX])\]\s+")
_HOURS = re.compile(r"(\d+(?:\.\d+)?)(?:\s*[-–]\s*(\d+(?:\.\d+)?))?\s*(?:hours?|hrs?|h)\b", re.IGNORECASE)
_NOTES = re.compile(r"\s*\(([^()]*)\)\s*$")
_LEVEL = re.compile(r"\b(Beginner|Intermediate|Advanced)\b", re.IGNORECASE)
# Headings that only say what kind of list follows: what they head belongs to the heading above.
_TRANSPARENT = re.compile(r"^(tasks?|to-?do|resources?|exercises?|checklist|links|reading|steps)\W*$", re.IGNORECASE)
_VERBS = {
    "read": "read", "watch": "watch", "study": "study", "learn": "study", "understand": "study", "review": "study",
    "derive": "derive", "prove": "derive", "implement": "implement", "build": "implement", "code": "implement",
    "create": "implement", "apply": "apply", "train": "apply", "use": "apply", "compare": "compare", "write": "write",
    "document": "write", "practice": "practice", "practise": "practice", "solve": "practice", "complete": "practice",
}  # fmt: skip


@dataclass
class _Topic:
    """A heading with what stands under it."""

    title: str
    module: str
    words: list[str] = field(default_factory=list)
    tasks: list[tuple[str, bool, list[tuple[str, str]]]] = field(default_factory=list)
    resources: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Imported:
    """`roadmap` and `modules` (by id) as YAML would hold them; `done`: names of the tasks whose box was ticked."""

    roadmap: dict[str, Any]
    modules: dict[str, dict[str, Any]]
    done: tuple[str, ...]


def read(text: str, name: str) -> Imported:
    """The checklist of a Markdown text. Lists count as tasks where the whole text has no box. Raises UserError if none."""
    tokens = _tokens(text)
    boxed = any(_BOX.match(token.content) for token in tokens if token.type == "inline")
    title, topics = _topics(tokens, boxed, name)
    topics = [topic for topic in topics if topic.tasks]
    if not topics:
        raise UserError(
            f"{name} has no list under a heading, so there is no checklist in it",
            fix="a task is a line `- [ ] Read …` below a heading",
        )
    return _imported(title, topics)


def _tokens(text: str) -> list[Any]:
    """The text's tokens; a fenced Markdown block, which is there to be copied, counts as if it stood without its fence."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark")
    fenced = [(token, token.info.strip().lower() in ("markdown", "md")) for token in parser.parse(text)]
    return [one for token, inside in fenced for one in (parser.parse(token.content) if inside else [token])]


def _topics(tokens: list[Any], boxed: bool, name: str) -> tuple[str, list[_Topic]]:
    """The document's title and a topic for each heading, those that only name a list left out."""
    title, items, level = "", 0, 0
    found = [_Topic(name, name)]
    path: dict[int, str] = {}
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "list_item_open":
            items += 1
        elif token.type == "list_item_close":
            items -= 1
        elif token.type == "heading_close":
            level = 0
        elif token.type == "inline" and level:
            words = _words(token)
            title = title or (words if level == 1 else "")
            if not _TRANSPARENT.match(words):
                path = {deep: one for deep, one in path.items() if deep < level} | {level: words}
                above = [one for deep, one in sorted(path.items()) if deep < level]
                found.append(_Topic(words, above[-1] if above else words))
        elif token.type == "inline":
            _add(found[-1], token, items > 0, boxed)
    return title or name, found


def _add(topic: _Topic, token: Any, in_list: bool, boxed: bool) -> None:
    words, links = _words(token), list(_links(token))
    box = _BOX.match(words)
    if box:
        topic.tasks.append((words[box.end() :], box[1] != " ", links))
    elif in_list and not boxed:
        topic.tasks.append((words, False, links))
    elif in_list:
        topic.resources += links
    else:
        topic.words.append(words)


def _imported(title: str, topics: list[_Topic]) -> Imported:
    modules: dict[str, dict[str, Any]] = {}
    ids: set[str] = set()
    done: list[str] = []
    names: dict[str, str] = {}
    for topic in topics:
        if topic.module not in names:
            names[topic.module] = _new_id(topic.module, set(modules) | {"projects"})
            modules[names[topic.module]] = {"title": topic.module, "topics": []}
        inside = modules[names[topic.module]]["topics"]
        made = _topic(topic, _new_id(topic.title, ids), inside[-1]["id"] if inside else None)
        ids.add(made["id"])
        ticked = [ticked for _, ticked, _ in topic.tasks]
        done += [f"{made['id']}/{task['id']}" for task, is_done in zip(made["tasks"], ticked, strict=True) if is_done]
        inside.append(made)
    return Imported({"title": title, "modules": [{"id": name} for name in modules]}, modules, tuple(done))


def _topic(topic: _Topic, name: str, before: str | None) -> dict[str, Any]:
    """One topic. The order of the text becomes `after`: a checklist says what comes next, not what is needed for it."""
    about = " ".join((topic.title, *topic.words))
    tasks: list[dict[str, Any]] = []
    for words, _, links in topic.tasks:
        tasks.append(_task(words, links, {task["id"] for task in tasks}))
    if all(task.get("optional") or task["kind"] in ("read", "watch") for task in tasks):
        for task in tasks:  # something has to count, or the topic could never be done
            task["optional"] = False
    found = _HOURS.search(about)
    hours = _middle(found) if found else sum(task.get("hours", 1.0) for task in tasks)
    level = _LEVEL.search(about)
    made: dict[str, Any] = {"id": name, "title": topic.title, "level": level[1].title() if level else "Beginner"}
    made |= {"hours": min(max(hours, 0.1), 1000.0)} | ({} if found else {"estimated": True})
    made |= {"after": [before]} if before else {}
    made |= {"tasks": tasks}
    return made | ({"resources": [_resource(*link) for link in topic.resources]} if topic.resources else {})


def _task(words: str, links: list[tuple[str, str]], taken: set[str]) -> dict[str, Any]:
    notes = _NOTES.search(words)
    told = notes[1] if notes and re.search(r"\bh\b|hours?|optional|exercise", notes[1]) else ""
    text = words[: notes.start()] if notes and told else words
    kind, _, rest = text.partition(": ")
    text, kind = (rest, kind) if kind in get_args(Kind) and rest else (text, _kind(text))
    task: dict[str, Any] = {"id": _new_id(f"{kind} {text}", taken), "kind": kind, "text": text or words}
    hours = _HOURS.search(told)
    task |= {"hours": _middle(hours)} if hours and 0 < _middle(hours) <= 1000 else {}
    task |= {"optional": True} if "optional" in words.lower() else {}
    return task | ({"resources": [_resource(*link) for link in links]} if links else {})


def _kind(text: str) -> str:
    words = re.findall(r"[a-z]+", text.lower())
    return next((_VERBS[word] for word in words[:3] if word in _VERBS), "practice")


def _middle(hours: re.Match[str]) -> float:
    low = float(hours[1])
    return (low + float(hours[2])) / 2 if hours[2] else low


def _resource(title: str, url: str) -> dict[str, str]:
    return {"title": title or url, "url": url}


def _new_id(words: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    base = "-".join(re.findall(r"[a-z0-9]+", plain)[:7])[:60].rstrip("-") or "item"
    return next(name for name in _numbered(base) if name not in taken)


def _numbered(base: str) -> Iterator[str]:
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1


def _words(token: Any) -> str:
    """The text of an inline token without its markup, on one line, printable."""
    text = "".join(
        child.content if child.type in ("text", "code_inline") else " " if "break" in child.type else ""
        for child in token.children
    )
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _links(token: Any) -> Iterator[tuple[str, str]]:
    inside, title = None, ""
    for child in token.children:
        if child.type == "link_open":
            inside, title = str(child.attrs.get("href", "")), ""
        elif child.type == "link_close":
            if inside and re.fullmatch(r"https?://[^\s<>\"]+", inside):
                yield " ".join(title.split()), inside
            inside = None
        elif inside is not None:
            title += child.content
