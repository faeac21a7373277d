"""The same grading on a Ray cluster: one task for each answer, tried again where its worker is lost. Optional extra `cluster`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from harness.cohort.grading import Graded, Task, grade
from harness.cohort.run import Execute
from tracker.errors import UserError

RETRIES = 3  # of a task whose worker or machine died


def executor(url: str) -> Execute:
    """'ray://HOST:PORT' for a cluster that runs, 'ray://' for one on this machine. Raises UserError."""
    if not url.startswith("ray://"):
        raise UserError(f"--executor {url}: not known", "ray://HOST:PORT, or ray:// for this machine")
    try:
        import ray
    except ImportError:
        raise UserError(
            "--executor ray:// needs Ray, which is not installed", "pip install 'scratchmark[cluster]'"
        ) from None

    def execute(tasks: Sequence[Task], done: Callable[[Graded], None]) -> None:
        if not ray.is_initialized():
            ray.init(address=None if url == "ray://" else url, log_to_driver=False, include_dashboard=False)
        try:
            run(ray, tasks, done)
        finally:
            ray.shutdown()

    return execute


def run(ray: Any, tasks: Sequence[Task], done: Callable[[Graded], None]) -> None:
    """Twice as many under way as there are cores; each result as it comes. A task that keeps dying is told."""
    remote = ray.remote(max_retries=RETRIES)(grade)
    most = 2 * max(int(ray.cluster_resources().get("CPU", 1)), 1)
    waiting, running = list(reversed(tasks)), dict[Any, Task]()
    while waiting or running:
        while waiting and len(running) < most:
            task = waiting.pop()
            needs = {"num_gpus": 1} if task.backend in ("cupy", "triton") else {}
            running[remote.options(**needs).remote(task)] = task
        (ready, *_), _ = ray.wait(list(running), num_returns=1)
        task = running.pop(ready)
        try:
            done(ray.get(ready))
        except ray.exceptions.RayError as error:
            fault = f"{type(error).__name__}: lost {RETRIES + 1} times"
            done(Graded(task.submission, task.exercise, fault=fault))
