"""Opens what a grading needs (workshop, zygote, workers with a source loaded) and closes it. Decides nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness import process
from harness.answer import Source
from harness.backends import backend as backend_named
from harness.catalog import Shipped, SpecBroken
from harness.driven import Driven, Outcome, Setting, allowance, box_for


@dataclass
class Session:
    """One zygote and the workers forked from it, for one backend."""

    setting: Setting
    zygote: process.Zygote
    opened: list[Driven] = field(default_factory=list)

    def open(self, shipped: Shipped, source: Source) -> tuple[Driven, Outcome]:
        """Fork a confined worker and import this source in it. Raises handle.WorkerEnd."""
        root = self.root_of(source)
        limits = shipped.exercise.limits
        worker = self.zygote.fork(box_for(self.setting, root, limits, 2 * process.ARENA_BYTES), allowance(limits))
        driven = Driven(worker, shipped, self.setting)
        self.opened.append(driven)
        return driven, driven.load(source, root)

    def root_of(self, source: Source) -> Path:
        """The folder in which this source lies for its workers; its name tells nothing."""
        return self.setting.workshop.lay_out(f"answer-{source.hash[:16]}", source.tree)

    def open_shipped(self, shipped: Shipped, path: Path) -> Driven:
        """The same for a shipped solution, which must load."""
        content = {f"{shipped.id}.py": path.read_bytes()}
        driven, outcome = self.open(shipped, Source(shipped.id, f"{shipped.id}.py", content))
        if outcome.status != "done":
            raise SpecBroken(f"{path} does not load: {outcome.words}")
        return driven

    def close(self, driven: Driven) -> None:
        driven.close()
        self.opened.remove(driven)


@contextlib.contextmanager
def session(
    backend: str, device: str = "cpu", *, sandboxed: bool = True, imports: Sequence[str] | None = None
) -> Iterator[Session]:
    """A zygote for this backend. It is spawned before anybody draws a seed or loads a spec."""
    wanted = backend_named(backend, device).imports if imports is None else imports
    interpreted = backend == "triton" and device == "cpu"
    with process.workshop() as workshop, process.Zygote(wanted, interpreted=interpreted) as zygote:
        opened = Session(Setting(backend, device, workshop, sandboxed), zygote)
        try:
            yield opened
        finally:
            for driven in list(opened.opened):
                driven.close()
