"""What a machine must have for some tests: without it they are skipped with the reason, and in CI they fail."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest


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
