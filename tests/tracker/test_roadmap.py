"""A roadmap that does not hold together is refused with every problem, each with its file and line."""

import pytest

from tracker import cache, compiler, source, workspace
from tracker.roadmap import Module, Task, Topic


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
