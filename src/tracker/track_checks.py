"""Whether tracks and schedules fit the topics that they order. Reads no file and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.draft import Draft, PlacedSchedule, PlacedTrack
from tracker.model import SectionInFile, SlotInFile
from tracker.source import Document, Loc, Problem
from tracker.workspace import did_you_mean


def problems(draft: Draft) -> Iterator[Problem]:
    """Every fault of every track and schedule."""
    topics = {placed.topic.id for placed in draft.topics} | draft.unread
    tracks = {placed.track.id: placed for placed in draft.tracks}
    for track in draft.tracks:
        yield from _track(track, topics)
    for schedule in draft.schedules:
        yield from _schedule(schedule, tracks, topics)


def _track(placed: PlacedTrack, topics: set[str]) -> Iterator[Problem]:
    track, document, loc = placed.track, placed.document, placed.loc
    if bool(track.topics) == bool(track.sections):
        yield document.problem(loc, f"the track {track.id!r} has to have either `topics` or `sections`, not both")
    yield from _unknown(track.topics, topics, "topic", document, (*loc, "topics"))
    first: dict[str, int] = {}
    for number, section in enumerate(track.sections):
        place = (*loc, "sections", number)
        if first.setdefault(section.id, number) != number:
            yield document.problem(place, f"the track {track.id!r} has a section {section.id!r} already")
        yield from _unknown(section.topics, topics, "topic", document, (*place, "topics"))
        yield from _section(section, document, place)


def _section(section: SectionInFile, document: Document, loc: Loc) -> Iterator[Problem]:
    if section.choose is not None and section.choose >= len(section.topics):
        yield document.problem((*loc, "choose"), f"to choose {section.choose} of {len(section.topics)} is no choice")
    if section.hours and section.hours[0] > section.hours[1]:
        yield document.problem((*loc, "hours"), "`hours` are from the least to the most")


def _schedule(placed: PlacedSchedule, tracks: dict[str, PlacedTrack], topics: set[str]) -> Iterator[Problem]:
    schedule, document, loc = placed.schedule, placed.document, placed.loc
    yield from _unknown([schedule.track], set(tracks), "track", document, (*loc, "track"))
    if schedule.hours_per_week and schedule.hours_per_week[0] > schedule.hours_per_week[1]:
        yield document.problem((*loc, "hours_per_week"), "`hours_per_week` are from the least to the most")
    track = tracks.get(schedule.track)
    sections = {section.id for section in track.track.sections} if track else None
    for number, slot in enumerate(schedule.slots):
        place = (*loc, "slots", number)
        yield from _unknown(slot.topics, topics, "topic", document, (*place, "topics"))
        if sections is not None:
            yield from _unknown(slot.sections, sections, "section of its track", document, (*place, "sections"))
        yield from _slot(slot, document, place)


def _slot(slot: SlotInFile, document: Document, loc: Loc) -> Iterator[Problem]:
    if (slot.start is None) != (slot.end is None):
        yield document.problem(loc, "a slot has both `start` and `end`, or neither")
    if slot.start is not None and slot.end is not None and slot.start > slot.end:
        yield document.problem(loc, f"this slot ends ({slot.end}) before it starts ({slot.start})")


def _unknown(names: list[str], known: set[str], what: str, document: Document, loc: Loc) -> Iterator[Problem]:
    for number, name in enumerate(names):
        if name not in known:
            hint = did_you_mean(name, known)
            yield document.problem((*loc, number), f"{name!r} is no {what}{f'; {hint}' if hint else ''}")
