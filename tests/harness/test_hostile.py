"""Hostile and broken answers, one file each in hostile/, graded by the real command in a real workspace.

The comment lines at the top of a file say what it must get: `verdict`; `message` and `printed`, words that must be in
the report's; `case`, a check and words that must be in its message; `marks`. `base: reference` puts the shipped
solution above the file, `limits: 1 s` grades it where a call may take one second.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

HOSTILE = Path(__file__).with_name("hostile")
CHECKOUT = Path(__file__).resolve().parents[2]
SOFTMAX = next((CHECKOUT / "curriculum").glob("*/softmax"))
REFERENCE = (SOFTMAX / "solutions" / "reference.py").read_text("utf-8")
ANSWERS = sorted(HOSTILE.glob("*.py"))
ZEROS = "import numpy as np\n\n\ndef softmax(x, axis=-1, temperature=1.0):\n    return np.zeros_like(x)\n"


def asked(text: str) -> dict[str, list[str]]:
    """{key: values} of the lines `# key: value` at the top."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if match := re.fullmatch(r"# (\w+): ?(.*)", line):
            found.setdefault(match[1], []).append(match[2])
    return found


def written(place: Any, path: Path) -> Path:
    """The answer's file, with the shipped solution above it where it asks for that."""
    text = path.read_text("utf-8")
    reference = asked(text).get("base") == ["reference"]
    answer: Path = place.write("answer.py", f"{REFERENCE}\n\n{text}" if reference else text)
    return answer


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_every_answer_gets_its_verdict_and_leaves_nothing_behind(path: Path, request: pytest.FixtureRequest) -> None:
    wanted = asked(path.read_text("utf-8"))
    place = request.getfixturevalue("impatient" if "limits" in wanted else "place")
    answer = written(place, path)
    before = place.files()
    ended = place.grade(answer)
    found = ended.json
    messages = {(f"{c['part']}/{c['name']}", c["message"]) for c in found["cases"] if not c["passed"]}

    assert [found["verdict"]] == wanted["verdict"], (found["message"], sorted(messages))
    assert (ended.code, ended.stderr) == (0 if found["verdict"] == "passed" else 1, "")
    assert (found["demo"], found["demo_verdict"], found["sandbox"], found["report"]) == (False, None, "process", None)
    for words in wanted.get("message", []):
        assert words in found["message"]
    for words in wanted.get("printed", []):
        assert (words in found["printed"]) if words else (found["printed"] == "")
    for check, _, words in (line.partition(": ") for line in wanted.get("case", [])):
        assert any(name == check and words.rstrip(":") in message for name, message in messages), sorted(messages)
    for name, value in (pair.split("=") for line in wanted.get("marks", []) for pair in line.split()):
        assert found["marks"][name] == {"true": True, "false": False}[value], name
    if found["verdict"] not in ("passed", "failed", "not written yet"):
        assert {part["verdict"] for part in found["parts"].values()} == {found["verdict"]}
        assert found["marks"] == dict.fromkeys(("correct", "robust", "gradient"), False) | {
            "efficient": None,
            "expert": None,
        }
    assert place.files() == before
    assert len(ended.stdout) < 300_000


def test_there_are_enough_of_them() -> None:
    assert len(ANSWERS) >= 16


# --- more than one file --------------------------------------------------------------------------------------------


def test_a_numpy_py_beside_the_answer_shadows_nothing(place: Any) -> None:
    place.write("mine/softmax.py", REFERENCE)
    for name in ("numpy", "harness", "linecache", "array_api_compat", "tracker", "msgpack", "wire"):
        place.write(f"mine/{name}.py", "raise SystemExit('shadowed')\n")
    found = place.grade(place.root / "mine").json
    assert (found["verdict"], found["message"]) == (
        "passed",
        f"all {len({(c['part'], c['name']) for c in found['cases']})} checks passed",
    )


def test_a_wrong_answer_stays_wrong_beside_a_numpy_py_that_agrees_with_everything(place: Any) -> None:
    place.write(
        "mine/softmax.py",
        "from numpy import zeros_like as answer\n\n\ndef softmax(x, axis=-1, temperature=1.0):\n    return answer(x)\n",
    )
    place.write("mine/numpy.py", "def zeros_like(x):\n    return x\n")
    found = place.grade(place.root / "mine").json
    assert (found["verdict"], found["marks"]["correct"]) == ("failed", False)


# --- what reaches a terminal ---------------------------------------------------------------------------------------

NASTY = "\x1b[2J\x1b]0;title\x07\x9b31m\u202eevil\r\x00"
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize(
    "answer",
    [
        f"print({NASTY!r}, flush=True)\nimport os\nos.write(1, b'\\xff\\xfe')\n" + ZEROS,
        f"def softmax(x, axis=-1, temperature=1.0):\n    raise ValueError({NASTY!r})\n",
        f"raise ValueError({NASTY!r})\n",
        f"def softmax(x, axis=-1, temperature=1.0):\n    # {NASTY!r} \u202e\n    raise ValueError(chr(0x202e))  # \u202e\n",
        f"import ctypes  # {NASTY[:4]}\n",
    ],
    ids=["printed", "raised", "raised at import", "in the source", "in a banned line"],
)
def test_terminal_sequences_come_out_harmless(answer: str, place: Any) -> None:
    place.write("impls/softmax/softmax.py", answer)
    ended = place.run("run", "softmax", "--quick")
    assert (ended.code, ended.stderr) == (1, "")
    assert STEERS.findall(ended.stdout) == []
    page = next((place.root / "reports" / "softmax").glob("*.md")).read_text("utf-8")
    assert STEERS.findall(page) == []


# --- looking for the solution --------------------------------------------------------------------------------------

SEARCH = HOSTILE / "search" / "looks_for_the_solution.py"


def findings(printed: str) -> list[str]:
    """The lines that the search printed, less the one that says it came to its end."""
    lines = printed.splitlines()
    assert lines[-1] == "searched everywhere", printed
    return lines[:-1]


def test_the_solution_is_not_to_be_found_from_a_checkout(place: Any) -> None:
    found = place.grade(SEARCH).json
    assert (found["verdict"], findings(found["printed"])) == ("not written yet", [])


def test_the_search_finds_it_where_nothing_confines_it(place: Any) -> None:
    """What the test above says is worth something only if the search could have found it."""
    found = place.grade(SEARCH, "--sandbox", "none").json
    lines = findings(found["printed"])
    assert found["sandbox"] == "none"
    for kind in ("file", "environment of the judge"):
        assert any(line.startswith(f"{kind}: ") for line in lines), lines


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The python of a virtual environment with our wheel unpacked in it; the libraries are this one's."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(packages)
    (packages / "libraries.pth").write_text(f"{Path(pytest.__file__).resolve().parent.parent}\n")
    return str(folder / "venv" / "bin" / "python")


@pytest.mark.usefixtures("confinement")
def test_the_solution_is_not_to_be_found_in_an_installed_wheel(installed: str, place: Any, tmp_path: Path) -> None:
    home = tmp_path / "made"
    shop = type(place)(place.root, place.temporary, python=installed)
    assert shop.run("init", str(home), module="tracker").code == 0
    shop = type(place)(home, place.temporary, python=installed)
    origin = subprocess.run(
        [installed, "-c", "import harness; print(harness.__file__)"], capture_output=True, text=True, cwd="/"
    )
    assert origin.stdout.startswith(os.path.dirname(os.path.dirname(installed)))
    right = shop.grade(home / shop.write("right.py", REFERENCE)).json
    assert (right["verdict"], right["marks"]["correct"]) == ("passed", True)
    found = shop.grade(SEARCH).json
    assert (found["verdict"], findings(found["printed"])) == ("not written yet", [])
