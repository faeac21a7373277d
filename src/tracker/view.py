"""A learner's map in a terminal of any width: lines of text with colour. Decides nothing, computes nothing new."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from tracker.facts import hours
from tracker.graph import PROVEN_STATES, Map, State, Suggestion, is_done, opens
from tracker.roadmap import Module, Task, Topic

_STYLE = {
    State.LOCKED: "dim",
    State.OPEN: "cyan",
    State.IN_PROGRESS: "yellow",
    State.PROVEN: "green",
    State.DONE: "bold green",
}
_SIGN = {
    State.LOCKED: "·",
    State.OPEN: "○",
    State.IN_PROGRESS: "◐",
    State.PROVEN: "●",
    State.DONE: "✓",
}
_PLAIN = str.maketrans("·○◐●✓━─…→", ".o~*x#-_>")  # for a terminal whose encoding has none of these
_TITLE_NEEDS = 16  # columns: less than that of a title says nothing


class _Terminal(Console):
    def on_broken_pipe(self) -> None:
        """Rich would exit with 1, which means that an answer failed."""
        raise  # called from rich's own `except BrokenPipeError`


def show(lines: Iterable[Text]) -> None:
    """Print lines that fit the terminal. Colour goes with NO_COLOR and in a pipe."""
    console = _Terminal(highlight=False, markup=False, emoji=False)
    for line in lines:
        if not console.encoding.lower().startswith("utf"):
            line.plain = line.plain.translate(_PLAIN)
        if line.overflow == "ignore":  # a link or a path: cut or broken it would be useless
            console.print(line, soft_wrap=True)
        else:
            console.print(line, no_wrap=True, overflow="ellipsis")


def width() -> int:
    return Console().width


def status(map: Map, columns: int, module: str | None = None) -> Iterator[Text]:
    """Each module with its bar, each topic with its state, the locked ones with what they wait for."""
    shown = [m for m in map.roadmap.modules if module in (None, m.id)]
    states = [map.standings[name].state for m in shown for name in m.topics]
    proven = sum(state in PROVEN_STATES for state in states)
    sums = hours(map, [name for m in shown for name in m.topics])
    spent = f"{_number(sums['hours_done'])} of {_number(sums['hours'])} h"
    yield Text(f"{map.roadmap.title}: {proven} of {len(states)} topics proven, {spent}", style="bold")
    longest = max((len(name) for m in shown for name in m.topics), default=0)
    for m in shown:
        yield Text()
        yield _module_line(map, m, columns)
        yield from (_topic_line(map, name, longest, columns) for name in m.topics)
    yield Text()
    yield _legend()
    yield Text("what to do now: tracker next", style="dim")
    yield Text("one topic:      tracker show TOPIC", style="dim")


def suggestions(map: Map, found: Sequence[Suggestion], columns: int) -> Iterator[Text]:
    """The short list with its reasons and the line to type."""
    for number, one in enumerate(found, 1):
        topic, standing = map.roadmap.topics[one.topic], map.standings[one.topic]
        left = max(topic.hours - standing.hours_done, 0.0)
        title = f"{number}. {topic.title}"
        yield Text.assemble((title, "bold"), (f"  {_number(left)} h left", "dim"))
        yield from _wrapped("; ".join(one.reasons), columns, "   ", "")
        for task in topic.tasks:
            if one.task == f"{topic.id}/{task.id}":
                yield from _wrapped(f"→ {task.kind}: {task.text}", columns, "   ", _STYLE[standing.state], hang="     ")
                yield Text(f"     {_how_to(topic, task)}", style="dim")
        yield Text()
    yield Text("everything about one of them: tracker show TOPIC", style="dim")


def topic(map: Map, shown: Topic, columns: int, lesson: str | None) -> Iterator[Text]:
    """One topic in full, answers to its questions left out. `lesson`: where its lesson lies on this machine."""
    standing = map.standings[shown.id]
    yield Text(shown.title, style="bold")
    count = f"{standing.done} of {standing.counted} tasks"
    facts = (shown.id, shown.level, f"{_number(shown.hours)} h", standing.state, count)
    yield from _wrapped(" · ".join(facts), columns, "", _STYLE[standing.state])
    waiting = [f"{need}{'' if need in standing.missing else ' ✓'}" for need in shown.needs]
    listed = (("needs", waiting), ("easier after", shown.after), ("opens", opens(map.roadmap)[shown.id]))
    for label, names in listed:
        if names:
            yield from _wrapped(f"{label}: {', '.join(names)}", columns, "", "")
    if lesson:
        yield Text(f"lesson: {lesson}", overflow="ignore")
    yield Text()
    for number, task in enumerate(shown.tasks, 1):
        yield from _task_lines(map, shown, task, number, columns)
    for resource in shown.resources:
        yield from _link(resource.title, resource.url, columns, "")
    if shown.questions:
        yield Text(f"\nAsk yourself (answers: tracker show {shown.id} --answers)", style="bold")
        for number, question in enumerate(shown.questions, 1):
            yield from _wrapped(f"{number}. {question.question}", columns, "  ", "", hang="     ")


def answers(shown: Topic, columns: int) -> Iterator[Text]:
    """The topic's questions with their answers."""
    for question in shown.questions:
        yield from _wrapped(question.question, columns, "", "bold")
        yield from _wrapped(question.answer, columns, "  ", "")
        yield Text()


def _module_line(map: Map, module: Module, columns: int) -> Text:
    sums = hours(map, module.topics)
    share = sums["hours_done"] / sums["hours"] if sums["hours"] else 0.0
    size = 20 if columns >= 70 else 10
    count = f" {_number(sums['hours_done']):>4} of {_number(sums['hours']):>3} h"
    title = Text(module.title, style="bold")
    title.truncate(max(columns - size - len(count) - 2, 8), overflow="ellipsis", pad=True)
    full = round(share * size)
    return Text.assemble(title, " ", ("━" * full, "green"), ("─" * (size - full), "dim"), (count, "dim"))


def _topic_line(map: Map, name: str, longest: int, columns: int) -> Text:
    topic, standing = map.roadmap.topics[name], map.standings[name]
    style = _STYLE[standing.state]
    line = Text.assemble((f"  {_SIGN[standing.state]} {name:<{longest}}  ", style))
    if standing.state is State.LOCKED:
        line.append(_waiting(standing.missing, columns - line.cell_len), style)
    else:
        state = f"{standing.state} {standing.done}/{standing.counted}" if standing.state in _HALF else standing.state
        line.append(f"{state:<15}", style)
        if columns - line.cell_len >= _TITLE_NEEDS:
            line.append(f" {topic.title}")
    line.truncate(columns, overflow="ellipsis")
    return line


def _waiting(missing: Sequence[str], room: int) -> str:
    """'needs a, b, c', or as many of them as fit and how many more there are."""
    for count in range(len(missing), 0, -1):
        more = f" +{len(missing) - count}" if count < len(missing) else ""
        words = f"needs {', '.join(missing[:count])}{more}"
        if len(words) <= room:
            break
    return words


_HALF = (State.IN_PROGRESS, State.PROVEN)


def _legend() -> Text:
    return Text("  ").join(Text(f"{_SIGN[state]} {state}", style=_STYLE[state]) for state in State)


def _task_lines(map: Map, topic: Topic, task: Task, number: int, columns: int) -> Iterator[Text]:
    done = is_done(topic, task, map.progress)
    notes = ["optional"] if task.optional else []
    notes += [f"{_number(task.hours)} h"] if task.hours else []
    notes += [f"exercise {task.exercise}{', planned' if task.planned else ''}"] if task.exercise else []
    words = f"{number}. {task.kind}: {task.text}" + (f" ({', '.join(notes)})" if notes else "")
    style = "green" if done else "dim" if task.optional or task.planned else ""
    yield from _wrapped(words, columns, f"{'✓' if done else ' '} ", style, hang="     ")
    for resource in task.resources:
        yield from _link(resource.title, resource.url, columns, "     ")
    for backend, marks in map.progress.earned.get(task.exercise or "", {}).items():
        yield from _wrapped(f"{backend}: {', '.join(sorted(marks)) or 'no mark yet'}", columns, "     ", "green")
    if not done and task.counts:
        yield Text(f"     {_how_to(topic, task)}", style="dim")


def _how_to(topic: Topic, task: Task) -> str:
    if task.exercise is not None:
        return f"tracker start {task.exercise}, then harness run {task.exercise}"
    return f"tracker done {topic.id}#{topic.tasks.index(task) + 1}"


def _link(title: str, url: str, columns: int, indent: str) -> Iterator[Text]:
    yield from _wrapped(title, columns, indent, "")
    yield Text(f"{indent}{url}", style="blue", overflow="ignore")


def _wrapped(words: str, columns: int, indent: str, style: str, hang: str | None = None) -> Iterator[Text]:
    after = indent if hang is None else hang
    for line in textwrap.wrap(words, max(columns, 20), initial_indent=indent, subsequent_indent=after):
        yield Text(line, style=style)


def _number(hours: float) -> str:
    return f"{hours:.1f}".removesuffix(".0")
