"""Who a portfolio is of: portfolio.yaml, which the owner writes and may leave out. Believes it; checks its form alone."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.roadmap import Resource
from tracker.workspace import Workspace

FILE = "portfolio.yaml"


@dataclass(frozen=True)
class Owner:
    """`ai`: what the owner says of AI's help. `highlights`: exercises that they would show, best first."""

    name: str = ""
    about: str = ""
    links: tuple[Resource, ...] = ()
    ai: str = ""
    highlights: tuple[str, ...] = ()


def read(workspace: Workspace) -> Owner:
    """The owner, as nobody in particular where there is no file. Raises SourceError with every fault of it."""
    path = workspace.root / FILE
    if not path.exists():
        return Owner()
    from tracker import model, source

    try:
        found, problems = model.check(source.read(path, FILE), model.PortfolioInFile)
    except source.SourceError as error:
        raise source.SourceError(list(error.problems), FILE) from error
    if found is None:
        raise source.SourceError(problems, FILE)
    links = tuple(Resource(link.title, link.url) for link in found.links)
    return Owner(found.name or "", found.about or "", links, found.ai or "", tuple(found.highlights))
