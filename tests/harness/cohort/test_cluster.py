"""The same grading on Ray: two workers on this machine, one killed midway, and every submission graded once."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cohort import cluster
from harness.cohort.grading import Graded, Task
from tracker.errors import UserError

RIGHT = "def half(x):\n    return x / 2\n\n\ndef third(x):\n    return x / 3\n"


@pytest.fixture
def ray(cohort) -> Iterator[Any]:
    """A cluster of two workers, gone at the end."""
    try:
        import ray
    except ImportError:
        pytest.skip("ray is not installed (pip install 'scratchmark[cluster]')")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=80 * 2**20)
    yield ray
    ray.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_worker_killed_midway_costs_nothing(ray: Any, cohort: Any) -> None:
    folder = str(cohort.place.root / "curriculum/own/half")
    tasks = [Task(f"s{n}", "half", folder, {"half.py": f"{RIGHT}# {n}\n".encode()}, 7, "process") for n in range(6)]
    found: list[Graded] = []
    killed: list[int] = []
    killer = threading.Thread(target=_kill_one, args=(found, killed))
    killer.start()
    cluster.run(ray, tasks, found.append)
    killer.join()
    assert len(killed) == 1
    assert sorted(one.submission for one in found) == [task.submission for task in tasks]
    assert {json.loads(one.report)["verdict"] if one.report else one.fault for one in found} == {"passed"}


def _kill_one(found: list[Graded], killed: list[int]) -> None:
    """Once a result is there: the first process that is grading."""
    while not found:
        time.sleep(0.02)
    while not killed and len(found) < 6:
        for path in Path("/proc").glob("[0-9]*"):
            if not killed and b"ray::grade" in _title(path):
                os.kill(int(path.name), signal.SIGKILL)
                killed.append(int(path.name))


def _title(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_another_executor_is_told() -> None:
    with pytest.raises(UserError, match="not known"):
        cluster.executor("dask://host")
