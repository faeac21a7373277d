"""Weeks, the longest chain, forecasts and schedules: from a roadmap made by hand and dates passed in."""

from datetime import date, timedelta

from tracker import graph, plan, progress
from tracker.journal import Event
from tracker.plan import Entry, Part
from tracker.roadmap import Module, Roadmap, Schedule, Slot, Task, Topic

START = date(2026, 12, 1)


def topic(id, needs=(), hours=8.0, tasks=1):
    made = tuple(Task(f"t{n}", "study", "Think", 1.0) for n in range(tasks))
    return Topic(id, id, "m", "Beginner", hours, tuple(needs), tasks=made)


def map_of(*topics, done=(), spent=(), credits=()):
    roadmap = Roadmap("R", (Module("m", "M", "", (), tuple(t.id for t in topics)),), {t.id: t for t in topics})
    ticks = {name: Event("1" * 24, f"{day}T12:00:00Z", "h", "done", {}) for name, day in done}
    hours = tuple(Event("2" * 24, "2026-11-01T00:00:00Z", "h", "spent", {"topic": t, "hours": h}) for t, h in spent)
    now = progress.Progress(ticked=ticks, spent=hours)
    return graph.Map(roadmap, now, graph.standings(roadmap, now))


CROSS = (topic("a"), topic("b", ["a"], 4), topic("c", ["a"], 20), topic("d", ["b", "c"], 8))


def test_topics_follow_each_other_at_the_given_pace_and_needs_come_first():
    made = plan.plan(map_of(*reversed(CROSS)), 8, START, ["d", "a", "b", "c"])
    assert made.parts == (
        Part("a", 8, date(2026, 12, 1), date(2026, 12, 7)),
        Part("b", 4, date(2026, 12, 8), date(2026, 12, 11)),
        Part("c", 20, date(2026, 12, 11), date(2026, 12, 28)),
        Part("d", 8, date(2026, 12, 29), date(2027, 1, 4)),
    )
    assert (made.hours, made.end) == (40, date(2027, 1, 4))


def test_the_critical_path_is_the_heaviest_chain_of_needs():
    made = plan.plan(map_of(*CROSS), 8, START, ["a", "b", "c", "d"])
    assert (made.critical, made.critical_hours) == (("a", "c", "d"), 36)


def test_what_is_done_is_not_planned_again():
    made = plan.plan(
        map_of(topic("a"), topic("b", ["a"], tasks=2), done=[("a/t0", "2026-11-01"), ("b/t0", "2026-11-02")]),
        8,
        START,
        ["a", "b"],
    )
    assert [(part.topic, part.hours) for part in made.parts] == [("b", 4.0)]


def test_an_empty_plan_ends_when_it_starts():
    made = plan.plan(map_of(topic("a"), done=[("a/t0", "2026-11-01")]), 8, START, ["a"])
    assert (made.parts, made.critical, made.end) == ((), (), START)


def worked(weeks, per_week=1, topics=60):
    """A map on which `per_week` topics of 8 hours were done in each of the last `weeks` weeks before START."""
    days = [START - timedelta(days=7 * week + 3) for week in range(weeks) for _ in range(per_week)]
    done = [(f"x{n}/t0", str(day)) for n, day in enumerate(days)]
    return map_of(*(topic(f"x{n}") for n in range(topics)), done=done)


def test_a_steady_pace_gives_a_forecast_without_a_range():
    map = worked(weeks=5, topics=15)
    found = plan.forecast(map, map.roadmap.topics, START)
    assert (found.weeks, found.hours_per_week) == (4, 8.0)
    assert {found.early, found.likely, found.late} == {START + timedelta(weeks=10)}


def test_an_unsteady_pace_gives_a_range_around_the_likely_end():
    done = [(f"x{n}/t0", str(START - timedelta(days=7 * week + 3))) for n, week in enumerate([0, 0, 0, 3, 4, 5])]
    map = map_of(*(topic(f"x{n}") for n in range(40)), done=done)
    found = plan.forecast(map, map.roadmap.topics, START)
    assert found.early < found.likely < found.late
    assert found == plan.forecast(map, map.roadmap.topics, START)


def test_a_forecast_wants_two_weeks_of_work():
    assert plan.forecast(map_of(topic("a")), ["a"], START) is None
    assert plan.forecast(map_of(topic("a"), topic("b"), done=[("a/t0", "2026-11-25")]), ["a", "b"], START) is None


def test_a_time_that_cannot_be_read_is_no_work():
    assert plan.weekly_hours(map_of(topic("a"), done=[("a/t0", "yesterday")]), START) == []


def test_hours_that_were_logged_are_compared_with_those_done():
    assert plan.spent_per_hour(map_of(topic("a"), done=[("a/t0", "2026-11-01")], spent=[("a", 6.0), ("a", 6.0)])) == 1.5
    assert plan.spent_per_hour(map_of(topic("a"), spent=[("a", 6.0)])) is None


def test_a_schedule_shows_what_is_behind_and_what_runs_ahead_of_its_needs():
    slots = (Slot("one", 1, 2, ("b",)), Slot("two", 3, 4, ("a",)), Slot("rest", None, None, ("c",), "no time"))
    schedule = Schedule("s", "S", "t", "week", slots)
    map = map_of(topic("a"), topic("b", ["a"]), topic("c"), done=[("a/t0", "2026-12-01")])
    assert plan.entries(map, schedule, START, date(2026, 12, 20)) == [
        Entry("one", START, date(2026, 12, 14), ("b",), ("b",), 8.0, True, ("b",), ""),
        Entry("two", date(2026, 12, 15), date(2026, 12, 28), ("a",), (), 8.0, False, (), ""),
        Entry("rest", None, None, ("c",), ("c",), 8.0, False, (), "no time"),
    ]


def test_a_quarter_has_thirteen_weeks():
    schedule = Schedule("s", "S", "t", "quarter", (Slot("one", 1, 1, ()), Slot("two", 2, 2, ())))
    found = plan.entries(map_of(topic("a")), schedule, START, START)
    assert [(one.start, one.end) for one in found] == [
        (START, date(2027, 3, 1)),
        (date(2027, 3, 2), date(2027, 5, 31)),
    ]


def test_a_long_chain_needs_no_deep_recursion():
    count = 1_000
    topics = [topic("t0"), *(topic(f"t{n}", [f"t{n - 1}"]) for n in range(1, count))]
    made = plan.plan(map_of(*topics), 8, START, [t.id for t in topics])
    assert (len(made.critical), made.critical_hours) == (count, 8.0 * count)
