"""Where things lie: the learner's folder and the content that it draws on. Reads names of files, never what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tracker.errors import UserError

ROADMAP = "roadmap.yaml"
CURRICULUM = "curriculum"
RESERVED_IDS = frozenset(
    {"demo", "portfolio", "cohort", "journal", "review"}
)  # folders of reports/ that are no exercise


@dataclass(frozen=True)
class Workspace:
    """A learner's folder (`root`), and the folders that hold a `curriculum/`, the first one winning (`content`)."""

    root: Path
    content: tuple[Path, ...]

    @property
    def impls(self) -> Path:
        return self.root / "impls"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def journal(self) -> Path:
        return self.reports / "journal.jsonl"


def find(start: Path) -> Workspace:
    """The workspace that `start` lies in: the nearest folder upwards with a roadmap.yaml. Raises UserError if none."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / ROADMAP).is_file():
            return Workspace(folder, _content(folder))
    raise UserError(
        f"no {ROADMAP} in {start} or in any folder above it, so this is no workspace",
        fix="make one with `tracker init my-ml` and `cd my-ml`",
    )


def packaged_content() -> Path:
    """The folder with the shipped `roadmap.yaml` and `curriculum/`: a checkout's root, or the wheel's content folder."""
    here = Path(__file__).resolve()
    checkout = here.parents[2]
    if (checkout / ROADMAP).is_file() and (checkout / CURRICULUM).is_dir():
        return checkout
    return here.parents[1] / "scratchmark_content"


def exercise_folder(workspace: Workspace, exercise: str) -> Path:
    """The folder of an exercise, the workspace's own before the shipped one. Raises UserError with the nearest right id."""
    folders = exercise_folders(workspace)
    if exercise in folders:
        return folders[exercise]
    raise UserError(
        f"there is no exercise {exercise!r}",
        fix=did_you_mean(exercise, folders) or "`harness list` shows all exercises",
    )


def exercise_ids(workspace: Workspace) -> list[str]:
    """Ids of all exercises, sorted."""
    return sorted(exercise_folders(workspace))


def exercise_folders(workspace: Workspace) -> dict[str, Path]:
    """Every exercise's id and folder. Raises UserError where one curriculum holds the same id twice."""
    found: dict[str, Path] = {}
    for content in workspace.content:
        own: dict[str, Path] = {}
        for folder in _folders_with_a_spec(content / CURRICULUM):
            if folder.name in own:
                raise UserError(
                    f"the exercise {folder.name!r} exists twice: {own[folder.name]} and {folder}",
                    fix="exercise ids are unique over the whole curriculum: rename one of the two folders",
                )
            own[folder.name] = folder
        found = own | found
    return found


def did_you_mean(wrong: str, names: Iterable[str]) -> str | None:
    """'did you mean ...?' with the nearest of `names`, or None where nothing is near."""
    import difflib  # 3 ms that only a mistake has to pay

    near = difflib.get_close_matches(wrong, list(names), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else None


def _content(root: Path) -> tuple[Path, ...]:
    candidates = (root, packaged_content())
    return tuple(dict.fromkeys(folder for folder in candidates if (folder / CURRICULUM).is_dir()))


def _folders_with_a_spec(curriculum: Path) -> Iterator[Path]:
    for folder, inner, files in os.walk(curriculum):
        if "spec.py" in files:
            inner.clear()
            yield Path(folder)
        else:
            inner[:] = sorted(name for name in inner if not name.startswith((".", "__")))
