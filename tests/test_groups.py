"""`make test` in two processes: the tests of one xdist_group share a process, so that their slow set-up is made once."""

import os
import subprocess
import sys
from pathlib import Path

GROUPED = """
import os
import time

import pytest

pytestmark = pytest.mark.xdist_group("one")


@pytest.mark.parametrize("number", range(6))
def test_notes_its_process(number):
    time.sleep(0.1)  # long enough for the other process to take the next
    with open("processes", "a") as file:
        print(os.getpid(), file=file)
"""


def test_the_tests_of_a_group_run_in_one_process(tmp_path: Path) -> None:
    """pytest 9.2 came to ignore groups, and said nothing: all attacks were graded twice."""
    (tmp_path / "test_grouped.py").write_text(GROUPED)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider", "."]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=120)
    processes = (tmp_path / "processes").read_text().split()
    assert (len(processes), len(set(processes))) == (6, 1)
