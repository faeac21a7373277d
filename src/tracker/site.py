"""A folder that any web server, GitHub Pages too, serves as it is: portfolio, reports, roadmap, lessons. Decides nothing.

    index.html  roadmap.html  lessons.html  reports/<exercise>-<backend>.html  lessons/<topic>.html

Links between the pages are relative, so it works from a disk and below any address. `pages.txt` names what was written,
so that the next build takes away what is no page any more, and nothing else.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from tracker import backends, lesson, map_page, portfolio_page, report_page
from tracker import html as html_of
from tracker.bar import Say
from tracker.errors import UserError
from tracker.page import printable
from tracker.portfolio import Portfolio, Result
from tracker.roadmap import Topic
from tracker.scaffold import write_over
from tracker.workspace import Workspace

PAGES = "pages.txt"
_HEAD = "# Pages of a site that `tracker portfolio --site` made; it takes away those that it makes no more.\n"
_UP = "../"


def write(
    folder: Path, workspace: Workspace, found: Portfolio, version: str, say: Say = lambda what, share: None
) -> list[Path]:
    """Write all pages; where they lie. Raises UserError where `folder` holds something else, before anything is written."""
    before = _before(folder)
    written = []
    total = 3 + len(_results(found)) + len(_lessons(workspace, found))
    for number, (name, text) in enumerate(pages(workspace, found, version)):
        say(f"writing {name}", number / total)
        write_over(folder / name, text.encode("utf-8", "replace"))
        written.append(name)
    for name in before - set(written):
        (folder / name).unlink(missing_ok=True)
    write_over(folder / ".nojekyll", b"")  # else GitHub would leave out what begins with an underscore
    write_over(folder / PAGES, (_HEAD + "".join(f"{name}\n" for name in sorted(written))).encode())
    return [folder / name for name in written]


def pages(workspace: Workspace, found: Portfolio, version: str) -> Iterator[tuple[str, str]]:
    """Each page's path in the site, and the page."""
    lessons = _lessons(workspace, found)
    yield "index.html", portfolio_page.html(found, version, _report_name, "roadmap.html", "lessons.html")
    yield (
        "roadmap.html",
        map_page.html(
            found.map, version, lambda topic: f"lessons/{topic.id}.html" if topic.id in lessons else "", "index.html"
        ),
    )
    yield "lessons.html", _contents(found, lessons, version)
    for work in found.works:
        for result in work.results:
            others = [other.report for other in work.results if other is not result]
            yield _report_name(result), report_page.html(result.report, f"{_UP}index.html", others)
    order = list(lessons)
    for number, name in enumerate(order):
        beside = order[max(number - 1, 0) : number], order[number + 1 : number + 2]
        yield f"lessons/{name}.html", _lesson(found, lessons, name, beside, version)


def _results(found: Portfolio) -> list[Result]:
    return [result for work in found.works for result in work.results]


def _report_name(result: Result) -> str:
    """All of it comes from a report that fits its schema: letters, digits and underscores, and the colon of 'cuda:0'."""
    where = backends.short_name(result.report).replace(" on ", "-").replace(":", "-")
    return f"reports/{result.report.exercise}-{where}.html"


def _lessons(workspace: Workspace, found: Portfolio) -> dict[str, Path]:
    """The file of each topic that has a lesson, by the topic's name, in the roadmap's order."""
    return {
        topic.id: path
        for topic in found.map.roadmap.topics.values()
        if topic.lesson and (path := _file(workspace, topic.lesson)) is not None
    }


def _file(workspace: Workspace, name: str) -> Path | None:
    return next((content / name for content in workspace.content if (content / name).is_file()), None)


def _lesson(
    found: Portfolio, lessons: dict[str, Path], name: str, beside: tuple[Sequence[str], Sequence[str]], version: str
) -> str:
    topic = found.map.roadmap.topics[name]
    try:
        text = lessons[name].read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"the lesson {lessons[name]} cannot be read: {error}", "`tracker lint` checks all of them"
        ) from error
    titles = found.map.roadmap.topics
    around = [("Portfolio", f"{_UP}index.html"), ("All lessons", f"{_UP}lessons.html"), ("Roadmap", f"{_UP}roadmap.html#topic-{name}")]  # fmt: skip
    around += [
        (f"{sign} {titles[other].title}", f"{other}.html")
        for sign, others in zip("←→", beside, strict=True)
        for other in others
    ]
    return _page(topic.title, lesson.body(text, partial(_address, found, lessons, topic)), around, version)


def _address(found: Portfolio, lessons: dict[str, Path], topic: Topic, address: str) -> str:
    """Where a lesson's relative link leads: to the page of another lesson, or nowhere."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(topic.lesson or ""), address.partition("#")[0]))
    named = {other.lesson: other.id for other in found.map.roadmap.topics.values() if other.id in lessons}
    return f"{named[path]}.html" if path in named else ""


def _contents(found: Portfolio, lessons: dict[str, Path], version: str) -> str:
    """The list of all lessons, by module."""
    from markupsafe import Markup

    lines = [Markup("<h1>Lessons</h1>")]
    for module in found.map.roadmap.modules:
        topics = [found.map.roadmap.topics[name] for name in module.topics if name in lessons]
        items = [Markup('<li><a href="lessons/{}.html">{}</a></li>').format(t.id, printable(t.title)) for t in topics]
        if items:
            lines += [Markup("<h2>{}</h2>\n<ul>").format(printable(module.title)), *items, Markup("</ul>")]
    return _page("Lessons", "\n".join(lines), [("Portfolio", "index.html"), ("Roadmap", "roadmap.html")], version)


def _page(title: str, body: str, around: list[tuple[str, str]], version: str) -> str:
    from markupsafe import Markup

    style = html_of.file("report.css") + html_of.file("lesson.css")
    return html_of.environment("tracker").get_template("lesson.html.j2").render(
        title=title, body=Markup(body), around=around, version=version, policy=html_of.policy(style), style=Markup(style),
    )  # fmt: skip


def _before(folder: Path) -> set[str]:
    """The pages of the last build there. Raises UserError where the folder holds something else."""
    try:
        lines = (folder / PAGES).read_text("utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        lines = []
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{folder / PAGES} cannot be read: {error}", "choose another folder") from error
    if not lines and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} holds something that is no site of ours", "choose an empty or a new folder")
    names = {line for line in lines if line.endswith(".html")}
    return {name for name in names if not Path(name).is_absolute() and ".." not in Path(name).parts}
