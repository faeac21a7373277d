"""What roadmap.yaml, module.yaml and portfolio.yaml may say: keys and types. Knows one file at a time, not how they fit together."""

from __future__ import annotations

import difflib
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tracker.source import Document, Problem
from tracker.workspace import RESERVED_IDS

Kind = Literal["read", "watch", "study", "derive", "practice", "implement", "apply", "compare", "write"]
Level = Literal["Beginner", "Intermediate", "Advanced"]
TrackKind = Literal["curriculum", "reading", "level", "papers", "choice"]
Unit = Literal["week", "quarter"]


def _shown(words: str) -> str:
    """These words reach a terminal and a web page."""
    if not words.strip():
        raise ValueError("must not be empty")
    if not words.replace("\n", "").isprintable():
        raise ValueError("has a control character in it")
    return " ".join(words.split())


def _not_reserved(exercise: str) -> str:
    if exercise in RESERVED_IDS:
        raise ValueError(f"{exercise!r} is a folder of reports/, so it can be no exercise")
    return exercise


Words = Annotated[str, AfterValidator(_shown)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
ExerciseId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_not_reserved)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s<>\"]+$")]
LessonPath = Annotated[str, Field(pattern=r"^curriculum/[a-z0-9-]+/[a-z0-9-]+\.md$")]
Hours = Annotated[float, Field(gt=0, le=1000)]
Year = Annotated[int, Field(ge=1600, le=2100)]
Slot = Annotated[int, Field(ge=1, le=1000)]
Range = Annotated[list[Hours], Field(min_length=2, max_length=2)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class ResourceInFile(_Strict):
    title: Words
    url: Url
    covers: list[str] = []


class QuestionInFile(_Strict):
    question: Words
    answer: Words


class TaskInFile(_Strict):
    """`after`: the exercises that this task's exercise builds on."""

    kind: Kind
    text: Words
    id: Id | None = None
    hours: Hours | None = None
    optional: bool | None = None
    exercise: ExerciseId | None = None
    planned: bool = False
    after: list[ExerciseId] = []
    resources: list[ResourceInFile] = []
    covers: list[str] = []


class PaperInFile(_Strict):
    """Becomes one task for each of the roadmap's `paper_tasks`; optional ones unless said."""

    id: Id
    title: Words
    year: Year
    url: Url
    optional: bool = True
    covers: list[str] = []


class PaperTaskInFile(_Strict):
    """One step of reading any paper."""

    id: Id
    kind: Kind
    text: Words
    hours: Hours | None = None
    covers: list[str] = []


class TopicInFile(_Strict):
    """`estimated`: nobody who teaches it gave its hours."""

    id: Id
    title: Words
    level: Level
    hours: Hours
    estimated: bool = False
    needs: list[Id] = []
    after: list[Id] = []
    lesson: LessonPath | None = None
    tasks: list[TaskInFile] = []
    papers: list[PaperInFile] = []
    questions: list[QuestionInFile] = []
    resources: list[ResourceInFile] = []
    covers: list[str] = []


class ModuleInFile(_Strict):
    """The whole of curriculum/<module>/module.yaml; the folder's name is the module's id."""

    title: Words
    takeaway: Words | None = None
    topics: list[TopicInFile]
    resources: list[ResourceInFile] = []
    covers: list[str] = []


class ModuleEntry(_Strict):
    id: Id
    needs: list[Id] = []


class SectionInFile(_Strict):
    """A chapter of a track. `hours`: what its source says it takes, at least and at most. `choose`: so many of its topics are enough."""

    id: Id
    title: Words
    topics: list[Id]
    hours: Range | None = None
    choose: Slot | None = None
    outcome: Words | None = None
    covers: list[str] = []


class TrackInFile(_Strict):
    """Its topics in order, either as one list or in sections."""

    id: Id
    title: Words
    kind: TrackKind
    note: Words | None = None
    topics: list[Id] = []
    sections: list[SectionInFile] = []
    covers: list[str] = []


class SlotInFile(_Strict):
    """From the `start`th unit to the `end`th, both included; without both: work that the source gives no time."""

    title: Words
    start: Slot | None = None
    end: Slot | None = None
    sections: list[Id] = []
    topics: list[Id] = []
    note: Words | None = None
    covers: list[str] = []


class ScheduleInFile(_Strict):
    """A calendar over a track. `hours_per_week`: what its source asks for, at least and at most."""

    id: Id
    title: Words
    track: Id
    unit: Unit
    hours_per_week: Range | None = None
    note: Words | None = None
    slots: list[SlotInFile]
    covers: list[str] = []


class RoadmapInFile(_Strict):
    """The whole of roadmap.yaml. With `extends`, what it names is added to the shipped roadmap or replaces its like."""

    title: Words | None = None
    extends: Literal["scratchmark"] | None = None
    hide: list[Id] = []
    modules: list[ModuleEntry] = []
    projects: list[TopicInFile] = []
    tracks: list[TrackInFile] = []
    schedules: list[ScheduleInFile] = []
    paper_tasks: list[PaperTaskInFile] = []
    resources: list[ResourceInFile] = []
    covers: list[str] = []


class LinkInFile(_Strict):
    title: Words
    url: Url


class PortfolioInFile(_Strict):
    """The whole of portfolio.yaml; all of it optional. `ai`: what the owner says of AI's help. `highlights`: exercises, best first."""

    name: Words | None = None
    about: Words | None = None
    links: list[LinkInFile] = []
    ai: Words | None = None
    highlights: Annotated[list[ExerciseId], Field(max_length=6)] = []


InFile = TypeVar("InFile", ModuleInFile, RoadmapInFile, PortfolioInFile)
_KEYS = sorted({key for model in _Strict.__subclasses__() for key in model.model_fields})


def check(document: Document, model: type[InFile]) -> tuple[InFile | None, list[Problem]]:
    """The document as a `model`, or None and every fault in it."""
    try:
        return model.model_validate({} if document.data is None else document.data), []
    except ValidationError as error:
        return None, [document.problem(fault["loc"], _in_words(fault)) for fault in error.errors()]


def _in_words(fault: Any) -> str:
    key, given = str(fault["loc"][-1]) if fault["loc"] else "the file", fault["input"]
    match fault["type"]:
        case "missing" if key == "kind":
            return f"this task has no `kind`: {', '.join(get_args(Kind))}"
        case "missing":
            return f"`{key}` is missing"
        case "extra_forbidden":
            return f"there is no key `{key}` here{_nearest(key, _KEYS)}"
        case "string_pattern_mismatch":
            return f"`{key}` is {given!r}, which is not of the form {fault['ctx']['pattern']}"
        case "literal_error" if isinstance(given, str):
            return f"`{key}` is {given!r}, but may be {fault['ctx']['expected']}"
        case _:
            return f"`{key}`: {fault['msg']}" + (f" (it is {given!r})" if isinstance(given, (str, int)) else "")


def _nearest(wrong: str, names: list[str]) -> str:
    near = difflib.get_close_matches(wrong, names, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
