"""When what was learnt comes round again. A card's state is replayed from the journal by FSRS, never stored in it.

A topic's questions become cards when it is proven, an exercise when it is passed. Source of the intervals: FSRS-6,
https://github.com/open-spaced-repetition/fsrs4anki/wiki/The-Algorithm, in the library `fsrs`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from tracker.progress import RATINGS, Progress, Review
from tracker.roadmap import Question, Roadmap, Topic

if TYPE_CHECKING:
    from tracker.workspace import Workspace

REWRITE_AFTER = timedelta(days=30)  # writing an exercise again takes an evening, not the minute that a question takes
_GOOD, _EASY = 3, 4


@dataclass(frozen=True, slots=True)
class Card:
    """A question of a topic, or an exercise to write again. `history` begins with the day on which it was learnt."""

    id: str
    topic: str
    question: Question | None
    exercise: str | None
    history: tuple[Review, ...]


def cards(roadmap: Roadmap, progress: Progress, proven: Iterable[str]) -> list[Card]:
    """All that there is to review, in the roadmap's order. `proven`: ids of the topics that count as known."""
    found: list[Card] = []
    for name in proven:
        topic = roadmap.topics[name]
        found += _questions(topic, progress)
        found += _exercises(topic, progress)
    return found


def due(workspace: Workspace, roadmap: Roadmap, progress: Progress, proven: Iterable[str]) -> list[str]:
    """Topics with a card whose time has come, in the roadmap's order."""
    return list(dict.fromkeys(card.topic for card in due_cards(workspace, roadmap, progress, proven)))


def due_cards(workspace: Workspace, roadmap: Roadmap, progress: Progress, proven: Iterable[str]) -> list[Card]:
    """The cards whose time has come, the longest overdue first."""
    all_cards = cards(roadmap, progress, proven)
    times = due_times(workspace, all_cards)
    now = datetime.now(UTC).isoformat()
    ready = [(times[card.id], number) for number, card in enumerate(all_cards) if times[card.id] <= now]
    return [all_cards[number] for _, number in sorted(ready)]


def due_times(workspace: Workspace, cards: Sequence[Card]) -> dict[str, str]:
    """Each card's time, ISO 8601 in UTC. Kept by history, since loading and asking FSRS costs 60 ms."""
    from tracker import kept

    if not cards:
        return {}
    path = kept.path(workspace, "reviews")
    body = kept.read(path, "1")
    known: dict[str, str] = json.loads(body) if body else {}
    keys = {card.id: _key(card) for card in cards}
    if not all(key in known for key in keys.values()):
        known = {keys[card.id]: known.get(keys[card.id]) or _due(card) for card in cards}
        kept.write(path, "1", json.dumps(known).encode())
    return {name: known[key] for name, key in keys.items()}


def outlook(card: Card) -> dict[int, int]:
    """For each rating, the days until the card comes back if it were given now."""
    now = datetime.now(UTC)
    later = {rating: replace(card, history=(*card.history, Review(now.isoformat(), rating))) for rating in RATINGS}
    return {rating: round((_when(_due(one)) - now) / timedelta(days=1)) for rating, one in later.items()}


def question_card(topic: str, question: Question) -> str:
    """A question's card: changed punctuation leaves it as it is, changed words make it a new one."""
    words = "".join(letter for letter in question.question.casefold() if letter.isalnum())
    return f"question:{topic}:{blake2b(words.encode(), digest_size=4).hexdigest()}"


def exercise_card(exercise: str) -> str:
    return f"exercise:{exercise}"


def _questions(topic: Topic, progress: Progress) -> Iterator[Card]:
    learnt = _proven_at(topic, progress)
    for question in topic.questions if learnt else ():
        name = question_card(topic.id, question)
        history = (Review(learnt, _GOOD), *progress.reviews.get(name, ()))
        yield Card(name, topic.id, question, None, history)


def _exercises(topic: Topic, progress: Progress) -> Iterator[Card]:
    for task in topic.tasks:
        passed_at = progress.passed_at.get(task.exercise) if task.exercise else None
        if task.exercise and passed_at:
            name, first = exercise_card(task.exercise), Review(passed_at, _EASY)
            yield Card(name, topic.id, None, task.exercise, (first, *progress.reviews.get(name, ())))


def _proven_at(topic: Topic, progress: Progress) -> str:
    """When the last thing that counts was done; '' for a topic that was only credited: its questions were never met here."""
    times = [
        progress.passed_at.get(task.exercise, "") if task.exercise else _ticked_at(topic, task.id, progress)
        for task in topic.tasks
    ]
    return max(times, default="")


def _ticked_at(topic: Topic, task: str, progress: Progress) -> str:
    tick = progress.ticked.get(f"{topic.id}/{task}")
    return tick.time if tick else ""


def _key(card: Card) -> str:
    return " ".join((card.id, *(f"{one.time} {one.rating}" for one in card.history)))


def _due(card: Card) -> str:
    """Replays the history. A time that cannot be read, or that went back, counts as the one before it."""
    import fsrs

    scheduler = fsrs.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    state, at = fsrs.Card(card_id=1), datetime.min.replace(tzinfo=UTC)  # an id of its own choosing would sleep 1 ms
    for one in card.history:
        at = max(_when(one.time), at)
        state, _ = scheduler.review_card(state, fsrs.Rating(one.rating), at)
    earliest = _when(card.history[-1].time) + REWRITE_AFTER if card.exercise else state.due
    return str(max(state.due, earliest).isoformat())


def _when(time: str) -> datetime:
    try:
        found = datetime.fromisoformat(time)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
