"""The verify.py of a workspace, run as a stranger runs it: an empty home, nothing installed, no network."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

from tracker import origin, scaffold

pytestmark = pytest.mark.xdist_group("stranger")  # in one process: its wheels and workspace take 13 s

SOFTMAX = next((Path(__file__).resolve().parents[1] / "curriculum").glob("*/softmax"))


@dataclass(frozen=True)
class Stranger:
    """Somebody with a bare Python, a learner's workspace, and the wheels that a network would have."""

    home: Path
    python: Path
    place: Path
    wheels: Path

    def verify(self, *arguments: str) -> tuple[int, str, str]:
        """(exit code, what was printed, what was said beside it)."""
        environment = {
            "HOME": str(self.home), "PATH": os.defpath, "LANG": "C.UTF-8", "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_NO_COMPILE": "1",
        }  # fmt: skip
        done = subprocess.run(
            [self.python, self.place / "verify.py", *arguments], cwd=self.home, env=environment, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=300,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def stranger(core_and_oracles, confinement, tmp_path_factory) -> Stranger:
    home, wheels, place = (tmp_path_factory.mktemp(name) for name in ("home", "wheels", "place"))
    venv.EnvBuilder(symlinks=True).create(home.parent / "bare")
    for name in core_and_oracles:
        _wheel_again(metadata.distribution(name), wheels)
    scaffold.make_workspace(place)
    (place / "impls" / "softmax").mkdir()
    (place / "impls" / "softmax" / "softmax.py").write_bytes((SOFTMAX / "solutions" / "reference.py").read_bytes())
    grade = [sys.executable, "-m", "harness", "run", "softmax", "--quick"]
    subprocess.run(grade, cwd=place, check=True, capture_output=True, timeout=120)
    return Stranger(home, home.parent / "bare" / "bin" / "python", place, wheels)


def _wheel_again(distribution: metadata.Distribution, folder: Path) -> None:
    """The wheel that an installed distribution came from, but for its programs."""
    tag = (distribution.read_text("WHEEL") or "").partition("Tag: ")[2].split()[0]
    name = f"{distribution.metadata['Name'].replace('-', '_')}-{distribution.version}-{tag}.whl"
    with zipfile.ZipFile(folder / name, "w") as wheel:
        for file in distribution.files or ():
            path = Path(str(distribution.locate_file(file)))
            if ".." not in file.parts and path.suffix != ".pyc" and path.exists():
                wheel.write(path, str(file))


@pytest.mark.slow
def test_a_stranger_verifies_a_workspace_with_one_command_and_finds_what_was_edited(stranger, wheel) -> None:
    code, printed, said = stranger.verify("--source", str(wheel), "--yes")
    assert (code, said.count("installing")) == (0, 1), said
    assert printed.count("everything agrees") == 1
    assert {path.name for path in stranger.home.iterdir()} == set(), "everything lies in .verify/"

    (report,) = (stranger.place / "reports" / "softmax").glob("*.json")
    raw = json.loads(report.read_text("utf-8"))
    edited = report.with_name("edited.json")
    edited.write_text(json.dumps(raw | {"marks": raw["marks"] | {"robust": False}}), "utf-8")
    code, printed, said = stranger.verify("--source", str(wheel), "--yes", str(edited))
    assert (code, "this report does not hold" in printed, said) == (1, True, "")


def test_nothing_runs_before_the_stranger_has_agreed(stranger, wheel) -> None:
    code, printed, said = stranger.verify("--source", str(wheel))
    assert (code, printed, "say --yes" in said) == (2, "", True)


@pytest.mark.slow
def test_what_cannot_be_had_is_told_with_the_way_out(stranger) -> None:
    code, _, said = stranger.verify("--source", "scratchmark==99", "--yes")
    assert (code, "scratchmark[oracles]==99 could not be installed" in said, "--source FOLDER" in said) == (
        2,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({}, "scratchmark==0.1.0"),
        (
            {"url": "https://me:secret@code.example/scratchmark", "vcs_info": {"vcs": "git", "commit_id": "ab" * 20}},
            f"git+https://code.example/scratchmark@{'ab' * 20}",
        ),
        ({"url": "file:///home/me/scratchmark.whl", "archive_info": {}}, ""),
        ({"url": "file:///home/me/no-checkout", "dir_info": {}}, ""),
    ],
)  # fmt: skip
def test_a_workspace_names_only_a_source_that_others_can_reach(monkeypatch, tmp_path, record, expected) -> None:
    folder = tmp_path / "scratchmark-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Name: scratchmark\nVersion: 0.1.0\n")
    if record:
        (folder / "direct_url.json").write_text(json.dumps(record))
    monkeypatch.setattr(metadata, "distribution", lambda name: metadata.PathDistribution(folder))
    assert origin.requirement() == expected


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("git@code.example:us/scratchmark.git", "git+https://code.example/us/scratchmark.git@"),
        ("/home/me/upstream", ""),
        (None, ""),
    ],
)
def test_a_checkout_is_named_by_its_remote_and_a_commit_that_was_pushed(
    monkeypatch, tmp_path, remote, expected
) -> None:
    def git(*arguments: str) -> str:
        own = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
        return subprocess.run(
            ["git", *own, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "first")
    git("remote", "add", "origin", remote or "https://code.example/us/scratchmark.git")
    if remote:
        git("update-ref", "refs/remotes/origin/main", "HEAD")
    folder = tmp_path / "scratchmark-0.1.0.dist-info"
    folder.mkdir()
    (folder / "direct_url.json").write_text(json.dumps({"url": tmp_path.as_uri(), "dir_info": {"editable": True}}))
    monkeypatch.setattr(metadata, "distribution", lambda name: metadata.PathDistribution(folder))
    assert origin.requirement() == (expected and expected + git("rev-parse", "HEAD"))


def test_where_nothing_was_published_the_script_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(origin, "requirement", lambda: "")
    scaffold.make_workspace(tmp_path)
    done = subprocess.run([sys.executable, tmp_path / "verify.py"], capture_output=True, text=True)
    assert (done.returncode, "knows no place to get it from" in done.stderr) == (2, True)
    assert not (tmp_path / ".verify").exists()


@pytest.fixture
def program():
    return runpy.run_path(str(Path(scaffold.__file__).parent / "templates" / "verify.py"))


@pytest.mark.parametrize(
    ("source", "extras", "expected"),
    [
        ("scratchmark==0.1.0", {"oracles"}, "scratchmark[oracles]==0.1.0"),
        ("scratchmark==0.1.0", {"torch", "oracles"}, "scratchmark[oracles,torch]==0.1.0"),
        (
            "git+https://code.example/s@abc",
            {"site", "plots"},
            "scratchmark[plots,site] @ git+https://code.example/s@abc",
        ),
        (str(SOFTMAX), {"torch"}, f"{SOFTMAX}[torch]"),
    ],
)
def test_what_pip_is_asked_for(program, source, extras, expected) -> None:
    assert program["_requirement"](source, extras) == expected


def test_what_the_reports_ran_on_is_installed_unasked(program, tmp_path) -> None:
    """Two reports, and what is none: neither text, a list, a backend that nobody knows nor a file of 30,000 brackets."""
    for name, text in {
        "a": '{"backend": "torch"}', "b": '{"backend": "triton"}', "c": '{"backend": "numpy; rm"}', "d": "[1]",
        "e": '{"backend": ["torch"]}', "f": "[" * 30_000, "g": "no JSON", "h": "",
    }.items():  # fmt: skip
        (tmp_path / f"{name}.json").write_text(text, "utf-8")
    (tmp_path / "i.json").write_bytes(b"\xff\xfe\x00")
    assert set(program["_backends"]([tmp_path])) == {"torch", "triton"}
    assert list(program["_backends"]([tmp_path / "a.json", tmp_path / "gone.json"])) == ["torch"]


def test_an_environment_that_has_more_than_is_needed_is_kept(program, tmp_path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").touch()
    (tmp_path / "installed.txt").write_text("scratchmark[]==1\noracles\ntorch", "utf-8")
    asked = program["_is_installed"]
    asked.__globals__.update(PYTHON=tmp_path / "venv" / "bin" / "python", STAMP=tmp_path / "installed.txt")
    assert [asked("scratchmark==1", {"torch"}), asked("scratchmark==1", {"site"}), asked("scratchmark==2", {"torch"})] == [
        True, False, False,
    ]  # fmt: skip
