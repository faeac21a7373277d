"""`tracker portfolio`: what you can show, as a page, as Markdown, as badges."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from tracker.commands import find
from tracker.commands.say import json_option, say

if TYPE_CHECKING:
    from tracker.bar import Say
    from tracker.portfolio import Portfolio, Result
    from tracker.workspace import Workspace

_SHOWN = 5  # faults told on the terminal; --json has them all


@click.command()
@click.option(
    "--format", "kind", type=click.Choice(("html", "md")), default="html", show_default=True,
    help="A page for browsers, or Markdown.",
)  # fmt: skip
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Where to; else reports/portfolio/index.html, or .md.",
)  # fmt: skip
@click.option("--site", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
    help="A site instead: this page, the reports, the roadmap, the lessons; for GitHub Pages.",
)  # fmt: skip
@click.option("--badges", is_flag=True, help="SVG pictures for a README too, into the folder badges/ beside it.")
@json_option
def portfolio(kind: str, output: Path | None, site: Path | None, badges: bool, as_json: bool) -> None:
    """Build one page of what you passed, from the reports that hold; who you are comes from portfolio.yaml.

    \b
    Example:
      tracker portfolio --badges
    """
    from tracker import bar, scaffold
    from tracker import portfolio as portfolios

    place = find.workspace()
    if site and (output or kind != "html"):
        raise click.UsageError("--site makes pages in a folder of its own: leave out --output and --format")
    path = site / "index.html" if site else output or place.reports / "portfolio" / f"index.{kind}"
    with bar.progress() as told:
        found = portfolios.read(place, lambda what, share: told(what, 0.7 * share))
        if site:
            _site(site, place, found, lambda what, share: told(what, 0.7 + 0.3 * share))
        else:
            page = _page(found, kind, place, path, lambda what, share: told(what, 0.7 + 0.3 * share))
            scaffold.write_over(path, page.encode("utf-8", "replace"))
    drawn = _badges(found, path.parent / "badges") if badges else []
    _warn(found)
    say(_facts(found, path, kind, drawn), as_json, *_words(found, path, drawn), *_nowhere(place))


def _site(folder: Path, place: Workspace, found: Portfolio, told: Say) -> None:
    from importlib.util import find_spec

    from tracker import __version__
    from tracker.errors import UserError

    if find_spec("latex2mathml") is None:
        raise UserError("the lessons' formulas need latex2mathml", fix="pip install 'scratchmark[site]'")
    from tracker import site

    site.write(folder, place, found, __version__, told)


def _page(found: Portfolio, kind: str, place: Workspace, path: Path, told: Say) -> str:
    from tracker import __version__

    def link(result: Result) -> str:
        return _link(place, path, result)

    if kind == "md":
        from tracker import portfolio_markdown

        return portfolio_markdown.markdown(found, __version__, link)
    from tracker import portfolio_page

    return portfolio_page.html(found, __version__, link, say=told)


def _link(place: Workspace, path: Path, result: Result) -> str:
    """From the page to the page of a report, where that lies in the same workspace."""
    target, start = (place.root / result.path).with_suffix(".html"), path.parent.resolve()
    if not target.is_file() or not start.is_relative_to(place.root):
        return ""
    return quote(Path(os.path.relpath(target, start)).as_posix())


def _badges(found: Portfolio, folder: Path) -> list[str]:
    from tracker import badges, scaffold

    for name, text in badges.files(found):
        scaffold.write_over(folder / name, text.encode("utf-8", "replace"))
    return [str(folder / name) for name, _ in badges.files(found)]


def _warn(found: Portfolio) -> None:
    """What does not count, and what else the owner should know."""
    from tracker.page import printable

    more = [f"and {len(found.faults) - _SHOWN} more (tracker lint)"] if len(found.faults) > _SHOWN else []
    for words in (*found.faults[:_SHOWN], *more, *found.notes):
        click.echo(f"warning: {printable(words)}", err=True)


def _facts(found: Portfolio, path: Path, kind: str, drawn: list[str]) -> dict[str, Any]:
    from tracker.backends import short_name

    return {
        "file": str(path),
        "format": kind,
        "badges": drawn,
        "exercises": [
            {
                "exercise": work.exercise,
                "passed": work.passed,
                "attempts": work.attempts,
                "hints": list(work.hints),
                "solution_seen": work.seen or None,
                "reports": {short_name(result.report): result.path for result in work.results},
                "marks": {short_name(result.report): list(result.marks) for result in work.results},
                "similarity": {short_name(result.report): result.closest[1] for result in work.results},
            }
            for work in found.works
        ],
        "highlights": [work.exercise for work in found.highlights],
        "faults": list(found.faults),
        "notes": list(found.notes),
    }


def _words(found: Portfolio, path: Path, drawn: list[str]) -> list[str]:
    count = len(found.works)
    lines = [f"wrote {path}: {count} exercise{'s' * (count != 1)} passed, {len(found.highlights)} shown as highlights"]
    if drawn:
        lines.append(f"wrote {len(drawn)} badges; in a README: ![from scratch]({os.path.relpath(drawn[0])})")
    if not count:
        return [*lines, "next: tracker next"]
    return [*lines, "open it in a browser; it needs no network, and prints as PDF", *_unpublished(found)]


def _nowhere(place: Workspace) -> list[str]:
    """What keeps verify.py from working for a stranger."""
    try:
        names_none = 'SOURCE = ""' in (place.root / "verify.py").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        names_none = False
    return ["verify.py names no place to get Scratchmark from: write one into its line SOURCE"] if names_none else []


def _unpublished(found: Portfolio) -> list[str]:
    """What keeps a stranger from checking it by the line on the page."""
    where = found.repository
    if not where.url:
        return [
            "so that anyone can check it: put this workspace into a public git repository, then build the page again"
        ]
    if not (where.clean and where.pushed):
        return [f"the page names the commit {where.commit[:10]}: commit and push what is new, then build it again"]
    return []
