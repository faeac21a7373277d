"""bootstrap.py on a toy checkout, and the wheel in an empty environment: real installs, without a network."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("setup")  # in one process: its environments take 20 s

ROOT = Path(__file__).resolve().parents[1]
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}

# --- bootstrap.py -----------------------------------------------------------------------------------------------

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "toy"
version = "1"
"""
BACKEND = '''\
"""Builds an empty editable wheel; notes that it did; waits at the pipe `gate` where there is one."""

import os
import zipfile


def build_editable(folder, config_settings=None, metadata_directory=None):
    with open("installs.txt", "a") as file:
        file.write("one\\n")
    if os.path.exists("gate"):
        open("gate").close()
    needs = open("needs.txt").read() if os.path.exists("needs.txt") else ""
    files = {
        "METADATA": f"Metadata-Version: 2.1\\nName: toy\\nVersion: 1\\nProvides-Extra: more\\n{needs}",
        "WHEEL": "Wheel-Version: 1.0\\nGenerator: toy\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(os.path.join(folder, "toy-1-py3-none-any.whl"), "w") as wheel:
        for name, text in files.items():
            wheel.writestr(f"toy-1.dist-info/{name}", text)
    return "toy-1-py3-none-any.whl"
'''


class Toy:
    """A checkout of a project of nothing, with our bootstrap.py."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in {"pyproject.toml": PYPROJECT, "backend.py": BACKEND, "constraints.txt": "# none\n"}.items():
            (folder / name).write_text(text)
        shutil.copy(ROOT / "bootstrap.py", folder)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "bootstrap.py", *arguments],
            cwd=self.folder, env={**os.environ, **OFFLINE, **environment}, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """(exit code, what the command printed, what was said beside it)."""
        process = self.start(*arguments, **environment)
        said = process.communicate(timeout=120)
        return process.returncode, *said

    def installs(self) -> int:
        path = self.folder / "installs.txt"
        return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """A toy that has been installed once."""
    made = Toy(tmp_path_factory.mktemp("toy"))
    code, _, said = made.run("python", "-c", "")
    assert (code, made.installs()) == (0, 1), said
    return made


def test_a_second_call_installs_nothing_and_passes_on_output_and_exit_code(toy: Toy) -> None:
    before = toy.installs()
    code, printed, said = toy.run("python", "-c", "import sys; print(sys.prefix); sys.exit(7)")
    assert (code, printed.strip(), said, toy.installs()) == (7, str(toy.folder / ".venv"), "", before)


def test_an_extra_is_added_and_going_back_to_the_core_installs_nothing(toy: Toy) -> None:
    before = toy.installs()
    assert toy.run("--with", "more", "python", "-c", "")[0] == 0
    assert toy.run("python", "-c", "")[0] == 0
    assert toy.run("--with=more", "python", "-c", "")[0] == 0
    assert toy.installs() == before + 1


def test_other_constraints_install_again(toy: Toy) -> None:
    before = toy.installs()
    with open(toy.folder / "constraints.txt", "a") as file:
        file.write("# other\n")
    assert (toy.run("python", "-c", "")[0], toy.installs()) == (0, before + 1)


def test_without_a_network_it_says_so_and_what_was_installed_still_works(toy: Toy) -> None:
    constraints = (toy.folder / "constraints.txt").read_text()
    (toy.folder / "needs.txt").write_text("Requires-Dist: click\n")
    (toy.folder / "constraints.txt").write_text("click==8.5.1\n")
    nowhere = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    code, _, said = toy.run("python", "-c", "", **nowhere)
    (toy.folder / "needs.txt").unlink()
    (toy.folder / "constraints.txt").write_text(constraints)
    assert code == 2
    assert "no package index could be reached" in said
    before = toy.installs()
    assert (toy.run("python", "-c", "")[0], toy.installs()) == (0, before)


def test_a_killed_install_is_begun_anew_and_a_second_call_waits_for_the_first(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    os.mkfifo(tmp_path / "gate")
    killed = toy.start("python", "-c", "")
    with open(tmp_path / "gate", "w"):  # opens only once the backend waits at the other end
        os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=60)
    (tmp_path / "gate").unlink()
    (tmp_path / ".venv" / "half-written").touch()

    both = [toy.start("python", "-c", "print('done')") for _ in range(2)]
    ended = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    assert [out for out, _ in ended] == ["done\n", "done\n"]
    assert toy.installs() == 2, "one that was killed, one for both callers"
    assert not (tmp_path / ".venv" / "half-written").exists()


def test_ctrl_c_reaches_the_command(toy: Toy) -> None:
    command = "import sys\ntry:\n print('ready', flush=True)\n open(sys.argv[1]).read()\nexcept KeyboardInterrupt:\n sys.exit(9)"
    pipe = toy.folder / "nobody-writes-here"
    os.mkfifo(pipe)
    process = toy.start("python", "-c", command, str(pipe))
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) == 9
    process.communicate()


def test_words_after_the_command_are_the_commands_own() -> None:
    bootstrap = _bootstrap()
    assert bootstrap.parse(["harness", "lint", "--with", "x"]) == (frozenset(), ["harness", "lint", "--with", "x"])
    assert bootstrap.parse(["--with", "dev,torch", "pytest"]) == (frozenset({"dev", "torch"}), ["pytest"])


@pytest.mark.parametrize("arguments", [[], ["--with", "dev"], ["--with"], ["--wiht", "dev", "pytest"]])
def test_a_call_that_makes_no_sense_shows_a_right_one(arguments: list[str]) -> None:
    bootstrap = _bootstrap()
    with pytest.raises(bootstrap.Problem, match="usage: python3 bootstrap"):
        bootstrap.parse(arguments)


def test_an_older_python_can_read_the_file_far_enough_to_say_what_is_needed() -> None:
    ast.parse((ROOT / "bootstrap.py").read_text("utf-8"), feature_version=(3, 6))


def test_every_installed_distribution_of_the_core_is_pinned(core: set[str]) -> None:
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0].lower()) for line in _lines(ROOT / "constraints.txt")}
    assert {re.sub(r"[-_.]+", "-", name.lower()) for name in core} - pinned == set()


def _bootstrap() -> Any:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bootstrap"] = module
    spec.loader.exec_module(module)
    return module


def _lines(path: Path) -> Iterator[str]:
    yield from (line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#"))


# --- the wheel --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(wheel: Path, core: set[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an empty environment with this wheel and the core's dependencies, these linked from ours."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    venv.EnvBuilder(symlinks=True).create(folder)
    packages = next((folder / "lib").glob("python*/site-packages"))
    for name in core:
        _link(metadata.distribution(name), packages)
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(folder / "bin" / "python"),
        "install",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True, timeout=120)
    return folder / "bin"


def _link(distribution: metadata.Distribution, packages: Path) -> None:
    for file in distribution.files or ():
        target = packages / file
        source = Path(str(distribution.locate_file(file)))
        if ".." in file.parts or not source.exists():  # programs in bin/
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)


def _call(program: Path, *arguments: str, cwd: Path) -> tuple[int, str]:
    environment = {"PATH": f"{program.parent}:{os.defpath}", "HOME": str(cwd), "LANG": "C.UTF-8"}
    done = subprocess.run([program, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_the_wheel_holds_both_packages_the_content_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {re.sub(r"-.*\.dist-info", ".dist-info", top) for top in tops} == {
        "tracker", "harness", "scratchmark_content", "scratchmark.dist-info",
    }  # fmt: skip
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []
    specs = [name for name in names if name.endswith("/spec.py") and name.startswith("scratchmark_content/curriculum/")]
    assert len(specs) == len(list((ROOT / "curriculum").glob("**/spec.py")))


@pytest.mark.usefixtures("confinement")
def test_the_installed_wheel_takes_one_from_an_empty_folder_to_a_verdict(installed: Path, tmp_path: Path) -> None:
    assert _call(installed / "tracker", "init", "my-ml", cwd=tmp_path)[0] == 0
    place = tmp_path / "my-ml"
    assert _call(installed / "tracker", "status", cwd=place)[0] == 0
    assert _call(installed / "tracker", "start", "attention", cwd=place)[0] == 0
    code, said = _call(installed / "harness", "run", "attention", "--quick", cwd=place)
    assert (code, "not written yet" in said) == (1, True), said
    code, said = _call(installed / "harness", "run", "softmax", "--demo", "--quick", "--json", cwd=place)
    found = json.loads(said)
    assert (code, found["demo_verdict"], found["sandbox"]) == (0, "passed", "process")


STEALING = """\
def stolen():
    with open({path!r}) as file:
        return file.read()

exec(stolen())
"""


@pytest.mark.usefixtures("confinement")
def test_an_answer_cannot_read_the_content_of_an_installed_wheel(installed: Path, tmp_path: Path) -> None:
    content = next((installed.parent / "lib").glob("python*/site-packages/scratchmark_content"))
    _call(installed / "tracker", "init", "my-ml", cwd=tmp_path)
    found = _stolen(installed / "harness", content, tmp_path / "my-ml")
    assert (found["verdict"], "Permission denied" in found["message"]) == ("did not load", True)


@pytest.mark.usefixtures("confinement")
def test_an_answer_cannot_read_the_copy_of_the_content_that_an_editable_install_leaves(tmp_path: Path) -> None:
    content = Path(str(metadata.distribution("scratchmark").locate_file("scratchmark_content")))
    if not content.is_dir():
        pytest.skip("this environment holds no such copy")
    programs = Path(sys.executable).parent
    _call(programs / "tracker", "init", "my-ml", cwd=tmp_path)
    found = _stolen(programs / "harness", content, tmp_path / "my-ml")
    assert (found["verdict"], "Permission denied" in found["message"]) == ("did not load", True)


def _stolen(harness: Path, content: Path, place: Path) -> dict[str, Any]:
    """The verdict on an answer that is the reference solution, if only it could read it."""
    solution = next(content.glob("curriculum/*/softmax/solutions/reference.py"))
    thief = place / "thief.py"
    thief.write_text(STEALING.format(path=str(solution)))
    _, said = _call(harness, "run", "softmax", "--answer", str(thief), "--quick", "--no-save", "--json", cwd=place)
    found: dict[str, Any] = json.loads(said)
    return found
