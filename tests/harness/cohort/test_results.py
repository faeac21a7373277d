"""Results that survive: in SQLite, and in a PostgreSQL that the test starts for itself."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sql

from harness.cohort import results
from tracker.errors import UserError

NASTY = 'Zoë, "O\'Brien"; DROP TABLE result; --\0\udcff\U0001f984'


@pytest.fixture(scope="session")
def postgres(needs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a cluster on a socket of its own, of an unprivileged user, gone at the end."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)
    needs("" if programs else "PostgreSQL is not installed (apt-get install postgresql)")
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path("/tmp", f"pg-{os.getpid()}")  # a socket's path is short, and no other user reaches pytest's folders
    folder.mkdir(mode=0o700)
    os.chown(folder, user.pw_uid, user.pw_gid)

    def call(program: str, *words: str) -> None:
        subprocess.run(
            [programs.with_name(program), *words], check=True, capture_output=True, cwd=folder, timeout=120, **who
        )

    try:
        call("initdb", "-D", f"{folder}/data", "-U", "cohort", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c shared_buffers=1MB"
        call("pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-w", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://cohort@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("postgres") if request.param == "postgresql" else None


def test_rows_are_kept_replaced_forgotten_and_erased(url, result, tmp_path) -> None:
    with results.opened(url, tmp_path / "a", "first") as kept:
        seed = kept.seed
        kept.add(result("ada", message=NASTY, source=NASTY, report='{"parts": {}}'))
        kept.add(result("ada", submission="ada@2"))
        kept.add(result("zoe", verdict="failed"))
        kept.add(result("zoe", verdict="passed"))
        kept.add(result("eve", verdict=results.NOT_GRADED))
    with results.opened(url, tmp_path / "a", "first") as kept:
        found = {r.submission: r for r in kept.all()}
        assert kept.seed == seed
        assert (found["zoe"].verdict, found["ada"].marks["gradient"]) == ("passed", None)
        assert found["ada"].message == NASTY.replace("\0", "\ufffd").replace("\udcff", "?")
        assert set(kept.hashes()) == {("ada", "half"), ("ada@2", "half"), ("zoe", "half")}  # eve's is to be tried again
        assert (kept.forget("zoe"), kept.forget("zoe"), kept.erase("ada")) == (1, 0, 2)
        assert [r.submission for r in kept.all()] == ["eve"]
    with results.opened(url, tmp_path / "b", "second", seed=7) as other:
        assert (other.seed, other.all()) == (7, [])


def test_what_is_erased_is_in_no_page_of_the_file(result, tmp_path) -> None:
    with results.opened(None, tmp_path, "first") as kept:
        kept.add(result("ada", source="a sentence that only ada wrote " * 500))
        kept.erase("ada")
    assert b"only ada wrote" not in (tmp_path / "cohort.sqlite").read_bytes()


def test_one_run_at_a_time_in_a_folder(tmp_path) -> None:
    with (
        results.opened(None, tmp_path, "first"),
        pytest.raises(UserError, match="another run"),
        results.opened(None, tmp_path, "first"),
    ):
        pass
    with results.opened(None, tmp_path, "first"):
        pass


def test_a_folder_that_cannot_be_written_and_a_file_that_is_no_database(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="nothing can be written"), results.opened(None, tmp_path / "file", "first"):
        pass
    (tmp_path / "out").mkdir()
    (tmp_path / "out/cohort.sqlite").write_text("no database " * 100)
    with pytest.raises(UserError, match="the database refuses"), results.opened(None, tmp_path / "out", "first"):
        pass


def _until_the_disk_is_full(out: Path, row: results.Result) -> None:
    with results.opened(None, out, "first") as kept:
        sql.event.listen(kept.engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 20"))
        kept.engine.dispose()
        kept.add(row)


def test_a_full_disk_ends_in_words(result, tmp_path) -> None:
    with pytest.raises(UserError, match="full"):
        _until_the_disk_is_full(tmp_path, result("ada", source="x" * 1_000_000))


@pytest.mark.parametrize("url", ["nonsense", "nosuch://host/name", "postgresql+psycopg://me:secret@127.0.0.1:1/none"])
def test_a_database_that_is_not_there_is_told_without_the_password(url, tmp_path) -> None:
    with pytest.raises(UserError) as error, results.opened(url, tmp_path, "first"):
        pass
    assert "secret" not in str(error.value)
