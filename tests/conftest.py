"""What a machine must have for some tests: without it they are skipped with the reason, and in CI they fail. And the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


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
    found: set[str] = set()
    wanted = ["scratchmark"]
    while wanted:
        for text in metadata.requires(wanted.pop()) or []:
            need = Requirement(text)
            if (need.marker is None or need.marker.evaluate({"extra": ""})) and need.name.lower() not in found:
                found.add(need.name.lower())
                wanted.append(need.name)
    return found
