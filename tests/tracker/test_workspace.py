"""Where a workspace begins, what it draws on, which exercise a name means."""

import pytest

from tracker import workspace
from tracker.errors import UserError


def test_a_workspace_is_found_from_any_folder_inside_it(place):
    inner = place.root / "impls" / "total"
    inner.mkdir(parents=True)
    assert workspace.find(inner).root == place.root


def test_no_workspace_names_the_command_that_makes_one(empty):
    with pytest.raises(UserError, match="tracker init"):
        workspace.find(empty.root)


def test_the_checkout_is_its_own_packaged_content():
    shipped = workspace.packaged_content()
    assert workspace.find(shipped).content == (shipped,)


def test_an_exercise_of_ones_own_wins_over_the_shipped_one(place):
    place.write("curriculum/deep/softmax/spec.py", "EXERCISE = None\n")
    here = workspace.find(place.root)
    assert here.content == (place.root, workspace.packaged_content())
    assert workspace.exercise_folder(here, "softmax") == place.root / "curriculum/deep/softmax"


def test_a_wrong_exercise_is_answered_with_the_nearest_right_one(place):
    with pytest.raises(UserError, match="did you mean 'total'"):
        workspace.exercise_folder(workspace.find(place.root), "totl")


def test_one_id_for_two_exercises_is_refused_with_both_places(place):
    place.write("curriculum/deep/total/spec.py", "EXERCISE = None\n")
    with pytest.raises(UserError, match=r"exists twice: .*basics/total and .*deep/total"):
        workspace.exercise_ids(workspace.find(place.root))
