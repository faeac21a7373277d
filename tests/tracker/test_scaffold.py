"""New files appear whole or not at all, and nothing of the learner's is ever written over."""

import subprocess
import sys

import pytest

from tracker import scaffold, workspace
from tracker.errors import UserError

KILLED = """
import os, signal, sys
from pathlib import Path
from tracker import scaffold
scaffold.verify_script()  # what it imports opens many files and writes none
left = int(sys.argv[2])
def count(name, _):
    global left
    if name in ("open", "os.link", "os.rename", "os.mkdir", "os.remove"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
scaffold.make_workspace(Path(sys.argv[1]))
"""


def tree(folder):
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_new_workspace_has_a_roadmap_and_two_folders(tmp_path):
    scaffold.make_workspace(tmp_path / "my-ml")
    made = tree(tmp_path / "my-ml")
    assert sorted(made) == [
        ".gitattributes", ".gitignore", "impls/README.md", "reports/README.md", "roadmap.yaml", "verify.py",
    ]  # fmt: skip
    assert made["roadmap.yaml"].endswith("\nextends: scratchmark\n")
    assert made[".gitattributes"] == "reports/journal.jsonl merge=union\n"
    assert made[".gitignore"] == "reports/demo/\n"


def test_a_second_time_is_refused(tmp_path):
    scaffold.make_workspace(tmp_path)
    with pytest.raises(UserError, match="is a workspace already"):
        scaffold.make_workspace(tmp_path)


def test_files_of_ones_own_are_never_changed(empty):
    empty.write("impls/README.md", "mine\n")
    with pytest.raises(UserError, match=r"would be overwritten: impls/README\.md"):
        scaffold.make_workspace(empty.root)
    assert tree(empty.root) == {"impls/README.md": "mine\n"}


def test_lines_are_added_to_files_that_git_reads(empty):
    empty.write(".gitignore", "*.pyc")
    scaffold.make_workspace(empty.root)
    assert (empty.root / ".gitignore").read_text() == "*.pyc\nreports/demo/\n"


def test_init_killed_at_any_step_is_finished_by_the_same_command(place, tmp_path):
    whole = tmp_path / "whole"
    scaffold.make_workspace(whole)
    for step in range(1, 200):
        folder = tmp_path / f"killed-{step}"
        command = [sys.executable, "-c", KILLED, str(folder), str(step)]
        if subprocess.run(command, env=place.env, check=False).returncode == 0:
            break
        if not (folder / "roadmap.yaml").exists():
            scaffold.make_workspace(folder)
        named = {name: text for name, text in tree(folder).items() if name in tree(whole)}
        assert named == tree(whole)
    assert 15 < step < 199


def test_start_copies_the_template(place):
    path = scaffold.start(workspace.find(place.root), "total")
    assert path == place.root / "impls/total/total.py"
    assert path.read_text() == (place.root / "curriculum/basics/total/exercise.py").read_text()


def test_start_never_writes_over_an_answer(place):
    mine = place.write("impls/total/total.py", "mine\n")
    with pytest.raises(UserError, match="exists already"):
        scaffold.start(workspace.find(place.root), "total")
    assert mine.read_text() == "mine\n"
