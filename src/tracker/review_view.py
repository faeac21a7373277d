"""A review in a terminal: a question, its answer, what is due. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from tracker.graph import Map
from tracker.review import Card
from tracker.screen import wrapped

_RATINGS = {1: ("again", "red"), 2: ("hard", "yellow"), 3: ("good", "green"), 4: ("easy", "cyan")}


def question(map: Map, card: Card, place: int, count: int, columns: int) -> Iterator[Text]:
    """One question, with room to think."""
    assert card.question is not None
    yield Text(f"{place} of {count}  {map.roadmap.topics[card.topic].title}", style="dim")
    yield from wrapped(card.question.question, columns, "", "bold")
    yield Text("  say your answer, then press a key (q to stop)", style="dim")


def answer(card: Card, outlook: Mapping[int, int], columns: int) -> Iterator[Text]:
    """The answer, and the keys that rate one's own, each with the days until the question returns."""
    assert card.question is not None
    yield from wrapped(card.question.answer, columns, "  ", "")
    keys = [(f"{key} {word}", style, f" ({_days(outlook[key])})  ") for key, (word, style) in _RATINGS.items()]
    yield Text.assemble("  ", *(piece for word, style, when in keys for piece in ((word, style), (when, "dim"))))


def rated(rating: int, outlook: Mapping[int, int]) -> Iterator[Text]:
    word, style = _RATINGS[rating]
    yield Text.assemble(("  " + word, style), f", again in {_days(outlook[rating])}\n")


def due(map: Map, cards: Sequence[Card], columns: int) -> Iterator[Text]:
    """What is due, and how to go on."""
    if not cards:
        yield Text("nothing is due for review", style="green")
        return
    questions = [card for card in cards if card.question]
    topics = dict.fromkeys(card.topic for card in questions)
    if questions:
        yield Text(f"{len(questions)} question{'s' if len(questions) > 1 else ''} due", style="bold")
        yield from wrapped(", ".join(topics), columns, "  ", "")
        yield Text("  in a terminal: tracker review      as data: tracker review --json", style="dim")
    for card in cards:
        if card.exercise:
            yield from wrapped(f"write {card.exercise} again from an empty file ({card.topic})", columns, "", "bold")
            yield Text(f"  tracker review --write {card.exercise}", style="dim")


def _days(days: int) -> str:
    if days >= 60:
        return f"{days / 30.4:.0f} months"
    return f"{days} day{'' if days == 1 else 's'}"
