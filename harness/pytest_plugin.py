"""The pytest fixture `answer`: an exercise's worked examples call your own code through it, in its confined process.

`pytest .../softmax/test_implementation.py` in a workspace runs softmax's examples on impls/softmax/; without an answer
they are skipped with the line that makes one. Imports nothing of the harness until a test asks for `answer`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def scratchmark_judge(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The judge of the exercise that the test file lies in, with the learner's answer loaded."""
    from harness import answer, calls
    from harness.catalog import Shipped
    from harness.judge import Judge
    from harness.session import session
    from tracker import workspace

    folder = Path(request.path).parent
    shipped = Shipped(folder.name, folder)
    source = answer.from_folder(shipped.id, workspace.find(Path.cwd()).impls / shipped.id, "numpy")
    if source is None:
        pytest.skip(f"there is no answer yet: tracker start {shipped.id}")
    with session("numpy") as opened:
        own, loaded = opened.open(shipped, source)
        if loaded.status != "done":
            pytest.fail(f"the answer does not load: {loaded.words}", pytrace=False)
        reference = opened.open_shipped(shipped, shipped.reference_for("numpy"))
        yield Judge(shipped, own, reference, calls.fresh_seed())


@pytest.fixture
def answer(scratchmark_judge: Any) -> Any:
    """`answer(**inputs)` calls the first part, `answer.part("name", **inputs)` another."""
    from harness.proxy import Proxy

    return Proxy(scratchmark_judge, scratchmark_judge.shipped.exercise.parts[0], None)
