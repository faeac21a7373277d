"""The roadmap's questions as a deck for Anki, through the library `genanki`. Knows questions, nothing of a learner."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import Any

from tracker import scaffold
from tracker.errors import UserError
from tracker.review import question_card
from tracker.roadmap import Module, Roadmap

_FRONT = '{{Question}}<p style="color: gray; font-size: 70%">{{Topic}}</p>'
_BACK = '{{FrontSide}}<hr id="answer">{{Answer}}'


def write(path: Path, roadmap: Roadmap, topics: Iterable[str]) -> int:
    """Write an .apkg with the questions of `topics`, a deck for each module; how many there are.

    Notes have ids of their own that a new export keeps, so that importing it again changes cards and loses no review.
    Raises UserError where the library is not installed or the file cannot be written.
    """
    try:
        import genanki
    except ImportError as error:
        raise UserError(
            "a deck for Anki needs the library genanki, which is not installed",
            fix="pip install 'scratchmark[export]', or in a clone: python3 bootstrap.py --with export tracker export …",
        ) from error
    wanted = set(topics)
    decks = [_deck(genanki, roadmap, module, wanted) for module in roadmap.modules]
    decks = [deck for deck in decks if deck.notes]
    scaffold.write_over(path, _packed(genanki, decks))
    return sum(len(deck.notes) for deck in decks)


def _packed(genanki: Any, decks: list[Any]) -> bytes:
    """The .apkg's bytes. genanki leaves its database behind in the temporary folder, so it gets one of its own."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            genanki.Package(decks).write_to_file(f"{folder}/deck.apkg")
        finally:
            tempfile.tempdir = before
        return Path(folder, "deck.apkg").read_bytes()


def _deck(genanki: Any, roadmap: Roadmap, module: Module, wanted: set[str]) -> Any:
    deck = genanki.Deck(_id(f"{roadmap.title}/{module.id}"), f"{roadmap.title}::{module.title}")
    fields = [{"name": "Question"}, {"name": "Answer"}, {"name": "Topic"}]
    templates = [{"name": "Question", "qfmt": _FRONT, "afmt": _BACK}]
    kind = genanki.Model(_id("scratchmark question"), "Scratchmark question", fields=fields, templates=templates)
    for name in module.topics:
        topic = roadmap.topics[name]
        for question in topic.questions if name in wanted else ():
            words = [escape(text) for text in (question.question, question.answer, topic.title)]
            deck.add_note(genanki.Note(kind, words, guid=question_card(name, question), tags=[name]))
    return deck


def _id(words: str) -> int:
    """Anki wants numbers of 31 bits; the same words give the same one."""
    return int.from_bytes(blake2b(words.encode(), digest_size=4).digest(), "big") >> 1
