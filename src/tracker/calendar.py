"""A plan as a calendar file (iCalendar, RFC 5545), through the library `icalendar`. Knows dates and titles only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from tracker.errors import UserError


def ics(entries: Iterable[tuple[str, str, date, date]], stamped: date) -> bytes:
    """A file with an all-day entry for each (id, title, first day, last day).

    An entry's UID comes from its id alone, so that importing a new plan moves the old entries instead of doubling them.
    Raises UserError where the library is not installed.
    """
    try:
        import icalendar
    except ImportError as error:
        raise UserError(
            "a calendar file needs the library icalendar, which is not installed",
            fix="pip install 'scratchmark[export]', or in a clone: python3 bootstrap.py --with export tracker plan …",
        ) from error
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Scratchmark//tracker plan//EN")
    calendar.add("version", "2.0")
    for name, title, first, last in entries:
        event = icalendar.Event()
        event.add("uid", f"{name}@scratchmark")
        event.add("summary", title)
        event.add("dtstamp", datetime(stamped.year, stamped.month, stamped.day, tzinfo=UTC))
        event.add("dtstart", first)
        event.add("dtend", last + timedelta(days=1))  # the day after the last one: RFC 5545, 3.6.1
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
