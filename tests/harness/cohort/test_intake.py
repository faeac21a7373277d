"""From a folder of anything to sources: what is taken, what is refused and in which words. Nothing here is run."""

from __future__ import annotations

import io
import os
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cohort import archives, intake
from harness.cohort.intake import Submission, submissions

TEXT = "def half(x):\n    return x / 2\n"


@pytest.fixture
def taken(tmp_path: Path) -> Callable[..., dict[str, Submission]]:
    """`taken('half', ...)`: what the folder tmp_path/in holds, by id."""
    (tmp_path / "in").mkdir()
    return lambda *exercises, **more: {s.id: s for s in submissions(tmp_path / "in", exercises or ("half",), **more)}


def zipped(path: Path, members: dict[str, str], **how: int) -> zipfile.ZipFile:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return archive


def tarred(path: Path, members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz") -> None:
    with tarfile.open(path, mode) as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, link
    return found


def test_folders_files_and_archives_of_each_kind_are_taken(taken, tmp_path) -> None:
    (tmp_path / "in/ada").mkdir()
    (tmp_path / "in/ada/half.py").write_text(TEXT)
    (tmp_path / "in/ben.py").write_text(TEXT)
    zipped(tmp_path / "in/cyd.zip", {"work/half.py": TEXT, "work/helper.py": "", "__MACOSX/._half.py": "\0"})
    for ending, mode in {"tar": "w", "tar.gz": "w:gz", "tgz": "w:gz", "tar.xz": "w:xz", "tar.bz2": "w:bz2"}.items():
        tarred(tmp_path / f"in/t{ending.replace('.', '')}.{ending}", [(member("half.py"), TEXT.encode())], mode)
    found = taken()
    assert {s.problem for s in found.values()} == {""}
    assert set(found) == {"ada", "ben", "cyd", "ttar", "ttargz", "ttgz", "ttarxz", "ttarbz2"}
    assert found["ben"].sources["half"].files == {"half.py": TEXT.encode()}
    assert sorted(found["cyd"].sources["half"].files) == ["half.py", "helper.py"]


def test_the_highest_file_of_that_name_counts_and_other_exercises_are_not_beside_it(taken, tmp_path) -> None:
    for path in (
        "ada/old/half.py",
        "ada/work/half.py",
        "ada/work/third.py",
        "ada/work/deep/er/half.py",
        "ada/.git/half.py",
    ):
        target = tmp_path / "in" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"# {path}\n")
    ada = taken("half", "third", "fourth")["ada"]
    assert {e: sorted(s.files) for e, s in ada.sources.items()} == {"half": ["half.py"], "third": ["third.py"]}
    assert ada.sources["half"].files["half.py"] == b"# ada/old/half.py\n"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"../../etc/half.py": TEXT}, "outside of the submission"),
        ({"/etc/half.py": TEXT}, "outside of the submission"),
        ({"..\\half.py": TEXT}, "outside of the submission"),
        ({"C:/half.py": TEXT}, "outside of the submission"),
        ({f"{n}.txt": "" for n in range(2_001)}, "more than 2,000 files"),
        ({"half.py": "0" * 50_000_000}, "a bomb"),
        ({f"{n}.py": f"# {n}\n" + "ab\n" * 600_000 for n in range(10)}, "16 MB"),
    ],
    ids=["up", "root", "backslashes", "drive", "members", "bomb", "in all"],
)  # fmt: skip
def test_a_zip_that_is_not_even_read(members, words, taken, tmp_path) -> None:
    zipped(tmp_path / "in/bad.zip", members)
    zipped(tmp_path / "in/good.zip", {"half.py": TEXT})
    found = taken()
    assert words in found["bad"].problem
    assert (found["bad"].refused, found["good"].problem) == (True, "")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["bad.zip", "good.zip", "in"]


def test_links_in_a_zip_and_encrypted_members_are_refused(taken, tmp_path) -> None:
    link = zipfile.ZipInfo("half.py")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "in/link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    zipped(tmp_path / "in/secret.zip", {"half.py": TEXT})
    content = bytearray((tmp_path / "in/secret.zip").read_bytes())
    struct.pack_into("<H", content, content.index(b"PK\x01\x02") + 8, 1)
    (tmp_path / "in/secret.zip").write_bytes(content)
    found = taken()
    assert "symbolic link" in found["link"].problem
    assert "encrypted" in found["secret"].problem


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([(member("../half.py"), b"")], "outside"),
        ([(member("half.py", tarfile.SYMTYPE, "/etc/passwd"), b"")], "is a link"),
        ([(member("half.py", tarfile.LNKTYPE, "other.py"), b"")], "is a link"),
        ([(member("half.py", tarfile.FIFOTYPE), b"")], "no regular file"),
        ([(member("half.py", tarfile.CHRTYPE), b"")], "no regular file"),
        ([(member(f"{n}.txt"), b"") for n in range(2_001)], "more than 2,000 files"),
        ([(member("zeros.bin"), bytes(70_000_000))], "a bomb"),
        ([(member("half.py"), bytes(3_000_000))], "more than 2,097,152 bytes"),
    ],
    ids=["up", "symlink", "hard link", "pipe", "device", "members", "bomb", "long"],
)  # fmt: skip
def test_a_tar_that_is_not_even_read(members, words, taken, tmp_path) -> None:
    tarred(tmp_path / "in/bad.tar.gz", members)
    assert words in taken()["bad"].problem


@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz", "tgz", "tar.xz", "tar.bz2"])
@pytest.mark.parametrize("content", [b"", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0", b"PK\x05\x06", b"half.py" * 200])
def test_a_broken_archive_is_told_and_stops_no_other(content, ending, taken, tmp_path) -> None:
    (tmp_path / f"in/bad.{ending}").write_bytes(content)
    (tmp_path / "in/good.py").write_text(TEXT)
    found = taken()
    assert found["good"].problem == ""
    assert found["bad"].problem
    assert found["bad"].sources == {}


def test_a_pipe_does_not_hang_and_a_link_is_not_followed(taken, tmp_path) -> None:
    (tmp_path / "in/ada").mkdir()
    os.mkfifo(tmp_path / "in/pipe.py")
    os.mkfifo(tmp_path / "in/pipe.zip")
    os.mkfifo(tmp_path / "in/ada/half.py")
    (tmp_path / "in/link.py").symlink_to("/etc/passwd")
    (tmp_path / "in/loop").symlink_to(tmp_path / "in")
    (tmp_path / "in/ben").mkdir()
    (tmp_path / "in/ben/data").symlink_to("/")
    began = time.monotonic()
    found = taken()
    assert time.monotonic() - began < 5
    assert all(s.refused for s in found.values())
    assert len(found) == 6


def test_the_same_name_twice_is_two_submissions_of_one_learner(taken, tmp_path) -> None:
    (tmp_path / "in/ada").mkdir()
    (tmp_path / "in/ada/half.py").write_text(TEXT)
    (tmp_path / "in/ada.py").write_text(TEXT)
    zipped(tmp_path / "in/ada.zip", {"half.py": TEXT})
    found = taken()
    assert {s.learner for s in found.values()} == {"ada"}
    assert len(found) == 3


@pytest.mark.parametrize(
    ("name", "learner"),
    [("ada", "ada"), ("ada@2", "ada"), ("ada-attempt2", "ada"), ("Ada_V2", "Ada"), ("ada late", "ada"), ("ada@uni.edu", "ada@uni.edu"),
     ("jones_v", "jones_v"), ("van-dijk", "van-dijk"), ("@2", "@2")],
)  # fmt: skip
def test_whose_a_submission_is(name: str, learner: str) -> None:
    assert intake.learner_of(name) == learner


def test_an_id_of_the_roster_is_a_learner_as_it_stands(taken, tmp_path) -> None:
    (tmp_path / "in/r2_v2.py").write_text(TEXT)
    assert taken()["r2_v2"].learner == "r2"
    assert taken(known={"r2_v2"})["r2_v2"].learner == "r2_v2"


def test_names_of_every_kind_become_text_that_any_database_takes(taken, tmp_path) -> None:
    names = [
        b"line\nbreak.py",
        b"bytes\xff\xfe.py",
        b"bytes\xfe\xff.py",
        '\u202eevil, "O\'Brien".py'.encode(),
        b"x" * 252 + b".py",
    ]
    for name in names:
        with open(os.path.join(os.fsencode(tmp_path / "in"), name), "w") as file:
            file.write(TEXT)
    found = taken()
    assert len(found) == len(names)
    for one in found.values():
        assert one.id.encode("utf-8")
        assert one.id.isprintable()
        assert one.problem == ""


def test_what_holds_no_answer_is_told_apart_from_what_is_refused(taken, tmp_path) -> None:
    (tmp_path / "in/ada").mkdir()
    (tmp_path / "in/ben.docx").write_text("")
    found = taken("half", "third")
    assert (found["ada"].problem, found["ada"].refused) == ("it holds none of half.py, third.py", False)
    assert found["ben.docx"].refused


def test_an_archive_with_another_name_is_what_it_is(taken, tmp_path) -> None:
    tarred(tmp_path / "in/ada.tar.gz", [(member("half.py"), TEXT.encode())], "w:xz")
    assert taken()["ada"].problem == ""
    assert archives.MOST_MEMBERS == 2_000
