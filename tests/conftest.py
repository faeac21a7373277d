"""What a machine must have for some tests: without it they are skipped with the reason, and in CI they fail. And what several modules share."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def hears_ctrl_c() -> None:
    """Also where the tests run in a shell's background, which has its children ignore it, and these theirs."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def needs() -> Callable[[str], None]:
    """`needs(missing)`: skip where `missing` names something that this machine lacks; '' is nothing."""

    def check(missing: str) -> None:
        if missing and os.environ.get("CI") == "true":
            pytest.fail(f"CI must be able to run this: {missing}", pytrace=False)
        if missing:
            pytest.skip(missing)

    return check


@pytest.fixture(scope="session")
def confinement(needs: Callable[[str], None]) -> None:
    """Landlock and seccomp, by which answers are confined."""
    from harness import confine

    needs("; ".join(confine.available()))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout as a wheel."""
    out = tmp_path_factory.mktemp("wheel")
    built = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(built, check=True, capture_output=True, timeout=120)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="session")
def core() -> set[str]:
    """Names of everything that the core needs, itself left out."""
    return _needed("")


@pytest.fixture(scope="session")
def core_and_oracles() -> set[str]:
    """The same with the extra `oracles`."""
    return _needed("oracles")


def _needed(extra: str) -> set[str]:
    found: set[str] = set()
    wanted = ["scratchmark"]
    while wanted:
        name = wanted.pop()
        for text in metadata.requires(name) or []:
            need = Requirement(text)
            asked = {"extra": extra if name == "scratchmark" else ""}
            if (need.marker is None or need.marker.evaluate(asked)) and need.name.lower() not in found:
                found.add(need.name.lower())
                wanted.append(need.name)
    return found


@pytest.fixture(scope="session")
def browser(needs: Callable[[str], None]) -> Iterator[Any]:
    """Debian's chromium through Playwright: one for the session, as a second one in the same process would not start."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        needs("playwright is not installed")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    needs("" if chromium else "no chromium is on the path")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """`opened(file, address, **options)`: a page from disk in a fresh profile; a message, an error or a request at any
    time fails the test."""
    contexts: list[Any] = []
    said: list[str] = []
    asked: list[str] = []

    def open_page(file: Path, address: str = "", **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 800}, "offline": True, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: _is_a_click(request) or asked.append(request.url))
        page.goto(file.as_uri() + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith("data:,")] == []


def _is_a_click(request: Any) -> bool:
    """Another page from disk, as our own links lead to it."""
    return bool(request.is_navigation_request()) and str(request.url).startswith("file:")
