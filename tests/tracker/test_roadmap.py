"""A roadmap that does not hold together is refused with every problem, each with its file and line."""

import pytest

from tracker import cache, compiler, source, workspace
from tracker.roadmap import Module, Paper, Task, Topic


def problems(place):
    with pytest.raises(source.SourceError) as caught:
        compiler.compile_roadmap(workspace.find(place.root))
    return [str(problem) for problem in caught.value.problems]


def change(place, path, old, new):
    text = (place.root / path).read_text()
    assert text.count(old) == 1
    (place.root / path).write_text(text.replace(old, new))


DEEP = "curriculum/deep/module.yaml"
BASICS = "curriculum/basics/module.yaml"


def test_the_files_become_plain_data(place):
    found = compiler.compile_roadmap(workspace.find(place.root))
    assert found.modules == (
        Module("basics", "Basics", "", (), ("numbers", "sums")),
        Module("deep", "Deep", "", ("basics",), ("nets",)),
        Module("projects", "Projects", "", (), ("project-end",)),
    )
    assert found.topics["nets"] == Topic(
        id="nets",
        title="Nets",
        module="deep",
        level="Advanced",
        hours=5,
        needs=("sums",),
        tasks=(
            Task("draw", "derive", "Draw a net"),
            Task("net-build", "implement", "Build a net", exercise="net_build", planned=True),
        ),
    )


def test_reading_and_watching_are_optional_unless_said(place):
    change(place, BASICS, "kind: practice, text: Count,", "kind: watch, optional: false, text: Count,")
    numbers = compiler.compile_roadmap(workspace.find(place.root)).topics["numbers"]
    assert [task.optional for task in numbers.tasks] == [True, False, False]


def test_all_problems_of_all_files_are_told_at_once(place):
    change(place, BASICS, "hours: 2", "hour: 2")
    change(place, DEEP, "kind: derive, ", "")
    change(place, "roadmap.yaml", "needs: [nets]", "needs: [nest]")
    assert problems(place) == [
        f"{BASICS} line 11: `hours` is missing",
        f"{BASICS} line 14: there is no key `hour` here; did you mean `hours`?",
        f"{DEEP} line 9: this task has no `kind`: read, watch, study, derive, practice, implement, apply, compare, write",
        "roadmap.yaml line 11: 'project-end' needs 'nest', which is no topic; did you mean 'nets'?",
    ]


def test_a_key_given_twice_is_refused_with_both_lines(place):
    change(place, DEEP, "    hours: 5\n", "    hours: 5\n    level: Beginner\n")
    assert problems(place)[0] == f"{DEEP} line 7: 'level' is given twice, first in line 5"


def test_broken_yaml_says_where(place):
    place.write(DEEP, "title: [\n")
    assert problems(place)[0].startswith(f"{DEEP} line 2: this is no valid YAML")


def test_an_unknown_need_comes_with_the_nearest_right_name(place):
    change(place, DEEP, "needs: [sums]", "needs: [sms]")
    assert f"{DEEP} line 7: 'nets' needs 'sms', which is no topic; did you mean 'sums'?" in problems(place)


def test_a_cycle_is_shown_as_a_path(place):
    change(place, BASICS, "    hours: 4\n", "    hours: 4\n    needs: [sums]\n")
    assert problems(place) == [f"{BASICS} line 7: these topics need each other: numbers -> sums -> numbers"]


def test_every_cycle_is_told(place):
    change(place, BASICS, "    hours: 4\n", "    hours: 4\n    needs: [sums]\n")
    change(place, DEEP, "needs: [sums]", "needs: [nets]")
    change(place, "roadmap.yaml", "    needs: [basics]\n", "")
    assert problems(place) == [
        f"{BASICS} line 7: these topics need each other: numbers -> sums -> numbers",
        f"{DEEP} line 7: these topics need each other: nets -> nets",
    ]


def test_an_exercise_has_one_grader(place):
    change(place, DEEP, "exercise: net_build, planned: true", "exercise: total")
    assert problems(place) == [f"{DEEP} line 10: the task graded by 'total' exists already: {BASICS} line 17"]


def test_ids_are_unique(place):
    change(place, DEEP, "id: nets", "id: sums")
    change(place, BASICS, "id: add", "id: count")
    told = problems(place)
    assert f"{DEEP} line 3: the topic 'sums' exists already: {BASICS} line 11" in told
    assert f"{BASICS} line 10: the task 'count' exists already: {BASICS} line 9" in told


def test_a_module_says_just_what_its_topics_need(place):
    change(place, "roadmap.yaml", "    needs: [basics]\n", "")
    change(place, "roadmap.yaml", "id: basics", "id: basics\n    needs: [deep, dep]")
    assert problems(place) == [
        "roadmap.yaml line 4: 'basics' says that it needs 'deep', but none of its topics does",
        "roadmap.yaml line 4: 'basics' says that it needs 'dep', but that is no module; did you mean 'deep'?",
        "roadmap.yaml line 5: 'deep' does not say that it needs 'basics', but 'nets' needs 'sums'",
    ]


def test_a_topic_needs_something_to_do(place):
    change(place, DEEP, "      - {id: draw, kind: derive, text: Draw a net}\n", "")
    assert problems(place) == [f"{DEEP} line 3: 'nets' has no task that counts (neither optional nor planned)"]


def test_a_module_without_its_file_and_a_file_without_its_module_are_told(place):
    (place.root / "curriculum/deep").rename(place.root / "curriculum/deeper")
    told = problems(place)
    assert "roadmap.yaml line 4: there is no curriculum/deep/module.yaml" in told
    assert "curriculum/deeper/module.yaml line 1: no entry of `modules` in roadmap.yaml names 'deeper'" in told


def test_words_that_would_steer_a_terminal_are_refused(place):
    change(place, DEEP, "title: Nets", r'title: "\e[31mNets"')
    assert f"{DEEP} line 4: `title`: Value error, has a control character in it (it is '\\x1b[31mNets')" in problems(
        place
    )


def test_reserved_names_are_no_exercises(place):
    change(place, DEEP, "exercise: net_build", "exercise: demo")
    assert "so it can be no exercise" in problems(place)[0]


def test_a_workspace_may_extend_the_shipped_roadmap_hide_and_add(empty):
    empty.write("roadmap.yaml", "extends: scratchmark\nhide: [language-models, attention]\nmodules:\n  - id: mine\n")
    empty.write(
        "curriculum/mine/module.yaml",
        "title: Mine\ntopics:\n  - {id: own, title: Own, level: Beginner, hours: 1, tasks: [{id: a, kind: study, text: A}]}\n",
    )
    found = compiler.compile_roadmap(workspace.find(empty.root))
    assert "attention" not in found.topics
    assert "decoding" not in found.topics
    assert "svd" in found.topics
    assert found.topics["own"].module == "mine"


def test_the_second_reading_comes_from_the_cache_and_is_the_same(place):
    here = workspace.find(place.root)
    first = cache.load(here)
    kept = next((place.root.parent / "cache").rglob("*.json"))
    stamp = kept.stat().st_mtime_ns
    assert cache.load(here) == first
    assert kept.stat().st_mtime_ns == stamp


def test_a_damaged_cache_is_rebuilt_in_silence(place):
    here = workspace.find(place.root)
    first = cache.load(here)
    kept = next((place.root.parent / "cache").rglob("*.json"))
    whole = kept.read_bytes()
    for damage in (b"", whole[:-9], whole.replace(b"Nets", b"Gnat"), b"\xff" * 99, whole[:60] + b"\n[]"):
        kept.write_bytes(damage)
        assert cache.load(here) == first
        assert kept.read_bytes() == whole


def test_a_changed_file_is_read_again(place):
    here = workspace.find(place.root)
    cache.load(here)
    change(place, DEEP, "title: Nets", "title: Gnat")
    assert cache.load(here).topics["nets"].title == "Gnat"


def test_no_room_for_a_cache_is_no_fault(place, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(place.write("a-file", "in the way")))
    assert cache.load(workspace.find(place.root)).title == "Small"


TRACKS = """
tracks:
  - {id: way, title: Way, kind: reading, topics: [numbers, smus]}
  - id: parts
    title: Parts
    kind: curriculum
    sections:
      - {id: one, title: One, topics: [numbers], choose: 1, hours: [3, 2]}
      - {id: one, title: Two, topics: [nets]}
  - {id: empty, title: Empty, kind: level}
schedules:
  - id: plan
    title: Plan
    track: parts
    unit: week
    hours_per_week: [9, 3]
    slots:
      - {title: A, start: 2, end: 1, sections: [oen]}
      - {title: B, start: 3, topics: [numbers]}
  - {id: lost, title: Lost, track: wya, unit: week, slots: []}
"""


def test_every_fault_of_tracks_and_schedules_is_told_with_its_line(place):
    roadmap = place.root / "roadmap.yaml"
    roadmap.write_text(roadmap.read_text() + TRACKS)
    first = roadmap.read_text().splitlines().index("tracks:") + 1
    assert [(int(p.split(":")[0].split()[-1]) - first, p.split(": ", 1)[1]) for p in problems(place)] == [
        (1, "'smus' is no topic; did you mean 'sums'?"),
        (6, "to choose 1 of 1 is no choice"),
        (6, "`hours` are from the least to the most"),
        (7, "the track 'parts' has a section 'one' already"),
        (8, "the track 'empty' has to have either `topics` or `sections`, not both"),
        (14, "`hours_per_week` are from the least to the most"),
        (16, "'oen' is no section of its track; did you mean 'one'?"),
        (16, "this slot ends (1) before it starts (2)"),
        (17, "a slot has both `start` and `end`, or neither"),
        (18, "'wya' is no track; did you mean 'way'?"),
    ]


def test_a_paper_becomes_the_steps_of_reading_it(place):
    change(
        place,
        "roadmap.yaml",
        "title: Small",
        "title: Small\npaper_tasks:\n  - {id: pass-1, kind: read, text: Skim it, hours: 1}\n  - {id: draw, kind: practice, text: Draw it}",
    )
    change(
        place,
        DEEP,
        "hours: 5",
        "hours: 5\n    papers: [{id: adam, title: Adam, year: 2014, url: 'https://arxiv.org/abs/1412.6980'}]",
    )
    nets = compiler.compile_roadmap(workspace.find(place.root)).topics["nets"]
    assert nets.papers == (Paper("adam", "Adam", 2014, "https://arxiv.org/abs/1412.6980"),)
    assert nets.tasks[2:] == (
        Task("adam-pass-1", "read", "Skim it", 1, optional=True, paper="adam"),
        Task("adam-draw", "practice", "Draw it", optional=True, paper="adam"),
    )


def test_a_paper_without_steps_to_read_it_in_is_told(place):
    change(place, DEEP, "hours: 5", "hours: 5\n    papers: [{id: adam, title: Adam, year: 2014, url: 'https://a.org'}]")
    assert problems(place) == [
        f"{DEEP} line 7: 'adam': a paper needs `paper_tasks` in roadmap.yaml: the steps in which one reads any paper"
    ]


def test_an_exercise_builds_only_on_what_its_topic_needs(place):
    change(place, DEEP, "planned: true", "planned: true, after: [total]")
    compiler.compile_roadmap(workspace.find(place.root))
    change(place, DEEP, "needs: [sums]", "needs: [numbers]")
    assert problems(place) == [
        f"{DEEP} line 10: 'net_build' builds on 'total', but 'nets' does not need 'sums', which grades it: add the need or drop it"
    ]
    change(place, DEEP, "after: [total]", "after: [totla]")
    assert problems(place) == [
        f"{DEEP} line 10: 'net_build' builds on 'totla', which no task grades; did you mean 'total'?"
    ]


def test_a_hidden_topic_leaves_tracks_and_schedules_too(place):
    roadmap = place.root / "roadmap.yaml"
    track = "tracks: [{id: way, title: Way, kind: reading, topics: [numbers, nets]}]\n"
    schedule = (
        "schedules: [{id: plan, title: Plan, track: way, unit: week, slots: [{title: All, topics: [nets, numbers]}]}]\n"
    )
    roadmap.write_text(roadmap.read_text() + "hide: [nets]\n" + track + schedule)
    found = compiler.compile_roadmap(workspace.find(place.root))
    assert (found.tracks[0].topics, found.schedules[0].slots[0].topics) == (("numbers",), ("numbers",))
