"""A portfolio as one HTML page for any browser: for two minutes or for ten. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable

from tracker.portfolio import Portfolio, Result


def html(
    portfolio: Portfolio, version: str, link: Callable[[Result], str] = lambda result: "", roadmap: str = ""
) -> str:
    """The whole page; the same for the same portfolio.

    `link`: where the page of a result's report lies, seen from this page, '' where it lies nowhere; `roadmap`: so for
    the interactive roadmap."""
    raise NotImplementedError
