"""Results in a database: one row for each submission and exercise, written as soon as it is graded.

SQLite by default, PostgreSQL by URL, through SQLAlchemy. A kill loses what was being graded and nothing else: the next
call with the same folder grades what has no row yet. The seed is drawn once, at the start, and is the same for all.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from harness import calls
from tracker.errors import UserError

METADATA = sql.MetaData()
COHORT = sql.Table(
    "cohort", METADATA,
    sql.Column("id", sql.Integer, primary_key=True),
    sql.Column("name", sql.String(200), unique=True, nullable=False),
    sql.Column("seed", sql.String(32), nullable=False),
    sql.Column("started", sql.String(20), nullable=False),
)  # fmt: skip
RESULT = sql.Table(
    "result", METADATA,
    sql.Column("id", sql.Integer, primary_key=True),
    sql.Column("cohort_id", sql.ForeignKey("cohort.id"), nullable=False),
    sql.Column("submission", sql.String(300), nullable=False),
    sql.Column("learner", sql.String(300), nullable=False),
    sql.Column("exercise", sql.String(80), nullable=False),
    sql.Column("handed_in", sql.String(20), nullable=False),
    sql.Column("source_hash", sql.String(64), nullable=False),
    sql.Column("verdict", sql.String(40), nullable=False),
    sql.Column("message", sql.Text, nullable=False),
    sql.Column("marks", sql.Text, nullable=False),
    sql.Column("seconds", sql.Float, nullable=False),
    sql.Column("report", sql.Text, nullable=False),  # '' where nothing could be graded
    sql.Column("source", sql.Text, nullable=False),
    sql.UniqueConstraint("cohort_id", "submission", "exercise"),
)  # fmt: skip
NOT_HANDED_IN, REFUSED, NOT_GRADED = "not handed in", "refused", "not graded"


@dataclass(frozen=True)
class Result:
    """How one submission did in one exercise. verdict: the report's, or 'not handed in', 'refused', 'not graded'."""

    submission: str
    learner: str
    exercise: str
    handed_in: str
    source_hash: str
    verdict: str
    message: str
    marks: Mapping[str, bool | None]
    seconds: float
    report: str = ""
    source: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.submission, self.exercise

    @property
    def facts(self) -> dict[str, Any]:
        """The report as plain data; {} where there is none."""
        found: dict[str, Any] = json.loads(self.report) if self.report else {}
        return found


class Results:
    """The rows of one cohort."""

    def __init__(self, engine: sql.Engine, cohort_id: int, seed: int) -> None:
        self.engine, self.cohort_id, self.seed = engine, cohort_id, seed

    def add(self, result: Result) -> None:
        """Write a row, in place of the one that was there, in one transaction."""
        values = {name: _storable(getattr(result, name)) for name in Result.__dataclass_fields__}
        values["marks"] = json.dumps(dict(result.marks), sort_keys=True)
        with self.engine.begin() as connection:
            connection.execute(
                sql.delete(RESULT).where(self._is(result.submission), RESULT.c.exercise == result.exercise)
            )
            connection.execute(sql.insert(RESULT).values(cohort_id=self.cohort_id, **values))

    def all(self) -> list[Result]:
        """Every row, by submission and exercise."""
        wanted = (
            sql.select(RESULT)
            .where(RESULT.c.cohort_id == self.cohort_id)
            .order_by(RESULT.c.submission, RESULT.c.exercise)
        )
        with self.engine.connect() as connection:
            return [_result(row) for row in connection.execute(wanted).mappings()]

    def hashes(self) -> dict[tuple[str, str], str]:
        """What is settled: the source's hash by submission and exercise. What failed by our fault is not."""
        wanted = sql.select(RESULT.c.submission, RESULT.c.exercise, RESULT.c.source_hash).where(
            RESULT.c.cohort_id == self.cohort_id, RESULT.c.verdict != NOT_GRADED
        )
        with self.engine.connect() as connection:
            return {(row.submission, row.exercise): row.source_hash for row in connection.execute(wanted)}

    def forget(self, submission: str) -> int:
        """Take away the rows of a submission, so that it is graded again; how many there were."""
        with self.engine.begin() as connection:
            return connection.execute(sql.delete(RESULT).where(self._is(submission))).rowcount

    def erase(self, learner: str) -> int:
        """Take away everything of a learner; how many rows there were."""
        mine = sql.and_(RESULT.c.cohort_id == self.cohort_id, RESULT.c.learner == learner)
        with self.engine.begin() as connection:
            return connection.execute(sql.delete(RESULT).where(mine)).rowcount

    def _is(self, submission: str) -> sql.ColumnElement[bool]:
        return sql.and_(RESULT.c.cohort_id == self.cohort_id, RESULT.c.submission == submission)


def _storable(value: Any) -> Any:
    """PostgreSQL keeps no NUL, and no database a lone surrogate."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def _result(row: Any) -> Result:
    values = {name: row[name] for name in Result.__dataclass_fields__}
    return Result(**{**values, "marks": json.loads(values["marks"])})


@contextmanager
def opened(url: str | None, out: Path, name: str, seed: int | None = None) -> Iterator[Results]:
    """The results of the cohort called `name`, in the database at `url`, or in `out`/cohort.sqlite. Raises UserError."""
    with _alone(out):
        try:
            engine = sql.create_engine(url or f"sqlite:///{(out / 'cohort.sqlite').resolve()}")
        except (
            sql.exc.ArgumentError,
            sql.exc.NoSuchModuleError,
            ModuleNotFoundError,
        ) as error:  # no words of the URL: it has a password
            raise UserError(
                f"--database: {error}", "for example postgresql+psycopg://user@host/name (the extra `cohort`)"
            ) from None
        if engine.dialect.name == "sqlite":
            sql.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA secure_delete = ON"))
        try:
            METADATA.create_all(engine)
            yield Results(engine, *_cohort(engine, name, seed))
        except sql.exc.DBAPIError as error:
            raise UserError(
                f"the database refuses: {error.orig or error}", "see whether it is there, has room, and is one of ours"
            ) from None
        finally:
            engine.dispose()


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """One run in this folder at a time: the lock goes with the process, however it ends. Raises UserError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = os.open(out / ".lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UserError(f"nothing can be written to {out}: {error.strerror}", "another folder: --out FOLDER") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"another run is writing to {out}", "wait for it, or take another folder: --out") from None
        yield
    finally:
        os.close(lock)


def _cohort(engine: sql.Engine, name: str, seed: int | None) -> tuple[int, int]:
    """The cohort's row, made with a fresh seed where there is none."""
    with engine.begin() as connection:
        row = connection.execute(sql.select(COHORT).where(COHORT.c.name == name)).first()
        if row is None:
            drawn = calls.fresh_seed() if seed is None else seed
            values = {
                "name": name,
                "seed": f"{drawn:032x}",
                "started": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            connection.execute(sql.insert(COHORT).values(**values))
            row = connection.execute(sql.select(COHORT).where(COHORT.c.name == name)).first()
    assert row is not None, "it has just been written"
    return row.id, int(row.seed, 16)
