"""Every known way to cheat, one file each, graded by the real command at each sandbox level, and what came of it.

The comment lines at the top of a file say what it must get:

- `verdict` (several with 'or'); `words`, in the message or in a failed check; `printed`, in what it printed; `note`, on a mark
- `timing`: none (there is no figure), honest (no gain), slower; `memory`: a peak of at least so many MiB (the kernel counts in pages)
- `refused`: it is not graded at all, the command says so in these words
- `expected failure`: why the attack still succeeds, and `today`: the verdict, or the printed words, that it gets
- `unconfined`: what its list of open things holds at level none, so that 'nothing is open' is known to mean something
- `exercise` (softmax), `base: reference` (below the shipped solution), `limits`, `levels`, `absent`, `beside`, `link`;
  a key may be followed by `at namespaces`

All of it happens in namespaces that end with the run (driver.py), one for each level.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# One pytest process grades them, two at a time, and the other goes on: where both waited, a core was idle for minutes.
pytestmark = pytest.mark.xdist_group("attacks")

HERE = Path(__file__).resolve().parent
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
Results = dict[str, dict[str, Any]]


def _driver() -> Any:
    spec = importlib.util.spec_from_file_location("attacks_driver", HERE / "driver.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


driver = _driver()
PAIRS = [
    (level, path) for level in ("process", "namespaces") for path in driver.answers() if driver.is_for(path, level)
]
UNCONFINED = [path for path in driver.answers() if "unconfined" in driver.asked(path)]


def throw_away() -> list[str]:
    """The command that makes the outer namespace: all that root has, or an ordinary user's own."""
    own = ["--user", "--map-current-user", "--keep-caps"] if os.geteuid() else []
    kinds = ["--mount", "--pid", "--fork", "--mount-proc", "--ipc", "--uts", "--net", "--kill-child"]
    return ["unshare", *own, *kinds, "--"]


def missing() -> str:
    """Why there can be no outer namespace here, in words; '' where there can."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return "attacks run inside unshare (util-linux) and nowhere else"
    tried = subprocess.run([*throw_away(), "true"], capture_output=True, text=True, timeout=60)
    return f"unshare is refused: {tried.stderr.strip()}" if tried.returncode else ""


@pytest.fixture(scope="session")
def graded(needs: Callable[[str], None], confinement: None) -> Callable[[str], Results]:
    """`graded(level)`: all results of that level, made when first asked for."""
    from harness import namespaces

    needs(missing())

    def all_of(level: str) -> Results:
        if level == "namespaces":
            needs(namespaces.missing())
        code, printed, said = _driven(level)
        assert code == 0, said
        lines = [json.loads(line) for line in printed.splitlines()]
        return {line.get("answer", "end"): line for line in lines}

    return functools.cache(all_of)


@functools.cache  # also of a driver that fails: 120 tests would start it again
def _driven(level: str) -> tuple[int, str, str]:
    command = [*throw_away(), sys.executable, "-B", str(HERE / "driver.py"), level]
    with tempfile.TemporaryFile("w+") as stderr:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, text=True, stdin=subprocess.DEVNULL)
        stderr.seek(0)
        return done.returncode, done.stdout, stderr.read()


def _head(path: Path, level: str) -> dict[str, str]:
    wanted: dict[str, str] = driver.asked(path)
    special = {k.removesuffix(f" at {level}"): v for k, v in wanted.items() if k.endswith(f" at {level}")}
    return wanted | special


def _name(path: Path) -> str:
    return str(path.relative_to(HERE).as_posix())


@pytest.mark.parametrize(("level", "path"), PAIRS, ids=lambda one: one if isinstance(one, str) else one.stem)
def test_an_attack_gets_what_its_head_says(level: str, path: Path, graded: Callable[[str], Results]) -> None:
    wanted, result = _head(path, level), graded(level)[_name(path)]
    if "refused" in wanted:
        assert (result["code"], result["found"], wanted["refused"] in result["stderr"]) == (2, {}, True)
        return
    _leaves_nothing(result)
    wrong = list(_differences(wanted, result["found"]))
    if "expected failure" in wanted:
        found = result["found"]
        assert wrong, f"it no longer succeeds: drop 'expected failure' from {path.name}"
        assert wanted["today"] == found["verdict"] or wanted["today"] in found["printed"], (found, wrong)
        pytest.xfail(wanted["expected failure"])
    assert wrong == [], result["found"]


def _leaves_nothing(result: dict[str, Any]) -> None:
    """The judge lived and said one thing; no file, no change, no steering of a terminal."""
    assert (result["code"] in (0, 1), result["stderr"]) == (True, "")
    assert (result["temporary"], result["changed"], result["there"]) == ([], [], [])
    found = result["found"]
    assert result["code"] == (0 if found["verdict"] == "passed" else 1)
    assert found["sandbox"] == result["level"]
    assert STEERS.findall("".join([found["message"], found["printed"], *found["failed"]])) == []


def _differences(wanted: dict[str, str], found: dict[str, Any]) -> Any:
    """What the head of the file asks for and the report does not have, in words."""
    if found["verdict"] not in wanted["verdict"].split(" or "):
        yield f"the verdict is {found['verdict']}"
    if wanted.get("words", "") not in "\n".join([found["message"], *found["failed"]]):
        yield f"nowhere: {wanted['words']}"
    if wanted.get("printed", "") not in found["printed"]:
        yield f"not printed: {wanted['printed']}"
    if "note" in wanted and not any(wanted["note"] in note for note in found["mark_notes"].values()):
        yield f"no mark has the note: {wanted['note']}"
    if "timing" in wanted and _timing(found["timings"]) not in wanted["timing"].split(" or "):
        yield f"the timing is {_timing(found['timings'])}"
    if "memory" in wanted and not any(m["peak_bytes"] >= int(wanted["memory"]) * 2**20 for m in found["memory"]):
        yield f"no peak of {wanted['memory']} MiB"


def _timing(timings: list[dict[str, Any]]) -> str:
    """In a word: 'gained' is a figure below what an honest pass over the data takes."""
    if not timings:
        return "none"
    ratio = min(timing["ratio"] for timing in timings)
    return "gained" if ratio < 0.7 else "slower" if ratio > 4 else "honest"


@pytest.mark.parametrize("level", ["process", "namespaces"])
def test_nothing_runs_on_when_all_are_graded(level: str, graded: Callable[[str], Results]) -> None:
    assert graded(level)["end"]["end"]["processes"] == []


@pytest.mark.parametrize("path", UNCONFINED, ids=lambda path: path.stem)
def test_where_nothing_confines_it_the_same_attack_gets_through(path: Path, graded: Callable[[str], Results]) -> None:
    """Else 'nothing is open' could as well mean that the attack is broken."""
    result = graded("none")[_name(path)]
    assert driver.asked(path)["unconfined"] in result["found"]["printed"], result


def test_every_family_has_a_file_or_a_reason() -> None:
    text = (HERE.parents[1] / "docs" / "security.md").read_text("utf-8")
    filed = {path.stem[:3] for path in driver.answers()}
    told = {family.lower() for family in re.findall(r"^\| ([A-E]\d\d?) \|", text, re.MULTILINE)}
    names = {f"{letter}{n:02}" for letter, (a, b) in FAMILIES.items() for n in range(a, b + 1)}
    assert names - filed == {f"{family[0]}{int(family[1:]):02}" for family in told}


FAMILIES = {"a": (1, 11), "b": (12, 24), "c": (25, 37), "d": (38, 46), "e": (47, 63)}  # measuring.md, 3


def test_the_driver_runs_nowhere_but_in_a_namespace_of_its_own() -> None:
    done = subprocess.run([sys.executable, str(HERE / "driver.py"), "process"], capture_output=True, text=True)
    assert (done.returncode, "in a namespace of its own" in done.stderr) == (1, True)
