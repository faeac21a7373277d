"""Level `namespaces`: an answer inside bubblewrap sees libraries, itself and a scratch, and nothing else of the machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from harness import doctor, namespaces, probes
from harness.probes import Probed

CHECKOUT = Path(__file__).resolve().parents[2]
SECRET = next((CHECKOUT / "curriculum").glob("*/softmax")) / "solutions" / "reference.py"
REFERENCE = SECRET.read_text("utf-8")


@pytest.fixture(scope="session")
def bubblewrap(needs, confinement):
    needs(namespaces.missing())


LOOK = """
import os


def softmax(x, axis=-1, temperature=1.0):
    raise RuntimeError(repr({0}))
"""


@pytest.fixture
def seen(place, bubblewrap):
    """`seen(expression)`: what an answer at that level gets for it, by way of an exception's words."""

    def look(expression: str) -> str:
        found = place.grade(place.write("look.py", LOOK.format(expression)), "--sandbox", "namespaces")
        message = next(
            case["message"] for case in found.json["cases"] if case["part"] == "softmax" and not case["passed"]
        )
        return message.partition("RuntimeError: ")[2]

    return look


def test_a_right_answer_passes_and_the_report_names_the_level(place, bubblewrap) -> None:
    found = place.grade(place.write("right.py", REFERENCE), "--sandbox", "namespaces")
    assert (found.code, found.json["verdict"], found.json["sandbox"]) == (0, "passed", "namespaces")


def test_it_holds_libraries_and_nothing_of_ours_or_of_anybodys(seen) -> None:
    looked = [
        "/usr/lib",
        "/var",
        "/srv",
        "/opt",
        "/boot",
        "/mnt",
        "/home",
        str(CHECKOUT / "curriculum"),
        str(SECRET),
    ]
    found = eval(seen(f"[path for path in {looked!r} if os.path.exists(path)]"))  # names of folders, written by repr
    assert found == ["/usr/lib"]


def test_it_is_alone_without_a_home_or_a_name(seen) -> None:
    assert seen("os.uname().nodename") == "'answer'"
    assert seen("os.getuid()") == str(namespaces.NOBODY)
    assert int(seen("os.getpid()")) < 50


def test_every_attempt_is_closed(bubblewrap) -> None:
    found = probes.probe("namespaces", SECRET)
    assert (found.open, found.holes) == ([], [])
    assert found.found["read the shipped solutions"] == "closed: FileNotFoundError"


def test_at_level_process_every_attempt_is_closed_as_well(confinement) -> None:
    assert probes.probe("process", SECRET).open == []


def test_an_open_attempt_on_files_processes_or_the_network_is_a_hole() -> None:
    found = Probed(
        "process", {"read the shipped solutions": "open", "mount a file system": "open", "make a process": "closed: X"}
    )
    assert (found.open, found.holes) == (
        ["read the shipped solutions", "mount a file system"],
        ["read the shipped solutions"],
    )


def test_the_attempts_succeed_where_nothing_stops_them(tmp_path) -> None:
    """Or they would prove nothing. Without those that would touch this machine or its processes."""
    import subprocess
    import sys

    with probes._listener() as port:
        other = tmp_path / "other.py"
        other.write_text("a secret")
        script = probes.ATTEMPTS + f"\nprint(attempts({str(SECRET)!r}, {str(other)!r}, {os.getpid()}, {port}))"
        for dangerous in (
            '"write to the system"',
            '"trace another process"',
            '"make a user namespace"',
            '"mount a file system"',
        ):
            line = next(line for line in script.splitlines() if line.strip().startswith(dangerous))
            script = script.replace(line + "\n", "")
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    found = eval(done.stdout)  # a dict of texts, written by our own code above
    assert {name for name, how in found.items() if how != "open"} == set()


def test_without_bubblewrap_the_level_is_refused_in_words(place, monkeypatch) -> None:
    place.extra["PATH"] = str(place.root)
    found = place.run(
        "run", "softmax", "--answer", str(place.write("right.py", REFERENCE)), "--quick", "--sandbox", "namespaces"
    )
    assert (found.code, "apt-get install bubblewrap" in found.stderr) == (2, True)


def test_the_doctor_says_what_each_level_really_stops(confinement) -> None:
    told = {found.what: found for found in doctor.sandboxes(SECRET)}
    assert told["sandbox process"].found == "11 of 11 attempts closed"
    if shutil.which(namespaces.PROGRAM):
        assert told["sandbox namespaces"].found == "11 of 11 attempts closed"
    else:
        assert "bubblewrap" in told["sandbox namespaces"].advice
