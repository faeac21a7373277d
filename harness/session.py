"""Opens what a grading needs (workshop, zygote, workers with a source loaded) and closes it. Decides nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness import confine, handle, process
from harness.answer import Source
from harness.backends import backend as backend_named
from harness.catalog import Shipped, SpecBroken
from harness.driven import Driven, Outcome, Setting, allowance, box_for
from harness.portable import worker as piped_worker
from harness.rooms import Rooms
from harness.spec import Limits


def is_interpreted(backend: str, device: str) -> bool:
    """Do Triton's kernels go through its interpreter? Their values are right, and their times mean nothing."""
    return backend == "triton" and device == "cpu"


@dataclass
class Session:
    """One zygote and the workers forked from it, for one backend."""

    setting: Setting
    zygote: process.Zygote | None  # none in portable mode
    rooms: Rooms
    opened: list[Driven] = field(default_factory=list)
    references: dict[Path, Driven] = field(default_factory=dict)
    remembered: dict[tuple[str | None, ...], Outcome] = field(default_factory=dict)  # of known mistakes, by inputs

    @property
    def interpreted(self) -> bool:
        return is_interpreted(self.setting.backend, self.setting.device)

    def open(
        self, shipped: Shipped, source: Source, *, ours: bool = False, trace: bool = False
    ) -> tuple[Driven, Outcome]:
        """A worker, confined if this session is, with this source imported in it. Raises handle.WorkerEnd.

        ours: a shipped solution, which needs no sandbox of its own where others have one. trace: record what it calls.
        """
        limits = shipped.exercise.limits
        limits = replace(limits, call_s=self.setting.patience * limits.call_s)
        if self.setting.sandbox == "namespaces" and not ours:
            worker, root = self.rooms.worker(source, self.setting, limits, 2 * process.ARENA_BYTES, allowance(limits))
        else:
            root = self.root_of(source)
            worker = self._worker(box_for(self.setting, root, limits, 2 * process.ARENA_BYTES), limits)
        driven = Driven(worker, shipped, self.setting)
        self.opened.append(driven)
        return driven, driven.load(source, root, trace)

    def _worker(self, box: confine.Box | None, limits: Limits) -> handle.Worker:
        """Forked from the zygote; on a device freshly started, as CUDA does not survive a fork, and in portable mode."""
        if self.zygote is None:
            return piped_worker(self.setting, limits)
        if self.setting.device == "cuda":
            imports = backend_named(self.setting.backend, "cuda").imports
            return process.fresh_worker(box, allowance(limits), imports, self.setting.threads).ready()
        return self.zygote.fork(box, allowance(limits))

    def root_of(self, source: Source) -> Path:
        """The folder in which this source lies for its workers; its name tells nothing."""
        known = self.rooms.root_of(source)
        return known or self.setting.workshop.lay_out(f"answer-{source.hash[:16]}", source.tree)

    def open_shipped(self, shipped: Shipped, path: Path) -> Driven:
        """The same for a shipped solution, which must load."""
        content = {f"{shipped.id}.py": path.read_bytes()}
        driven, outcome = self.open(shipped, Source(shipped.id, f"{shipped.id}.py", content), ours=True)
        if outcome.status != "done":
            raise SpecBroken(f"{path} does not load: {outcome.words}")
        return driven

    def shared(self, shipped: Shipped, path: Path) -> Driven:
        """A shipped solution's worker that stays for the session: opened once, and again if it has died."""
        known = self.references.get(path)
        if known is None or known.worker.closed:
            known = self.references[path] = self.open_shipped(shipped, path)
        return known

    def close(self, driven: Driven) -> None:
        driven.close()
        self.opened.remove(driven)
        if driven.worker.box is not None:
            shutil.rmtree(driven.worker.box.scratch, ignore_errors=True)

    def sweep(self) -> None:
        """Between two answers: close all but the shared references, and take away the files of what is closed."""
        kept = list(self.references.values())
        for driven in [one for one in self.opened if one not in kept]:
            self.close(driven)
        self.rooms.sweep()
        for root in self.setting.workshop.root.glob("answer-*"):  # a reference has been imported: it needs no file
            shutil.rmtree(root, ignore_errors=True)

    def kill(self) -> None:
        """End every process at once, in the middle of whatever it was doing: nothing is waited for, the files stay."""
        pids = [*([self.zygote.process.pid] if self.zygote else []), *self.rooms.pids()]
        with contextlib.suppress(OSError):
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            for driven in self.opened:
                signal.pidfd_send_signal(driven.worker.pidfd, signal.SIGKILL)


@contextlib.contextmanager
def session(
    backend: str, device: str = "cpu", *, sandbox: str = "process", imports: Sequence[str] | None = None,
    ahead: bool = False, portable: bool = False,
) -> Iterator[Session]:  # fmt: skip
    """A zygote for this backend. It is spawned before anybody draws a seed or loads a spec.

    ahead: many answers will come, so have the next one's sandbox started while one is graded.
    """
    wanted = backend_named(backend, device).imports if imports is None else imports
    forked = wanted if device == "cpu" else ()
    with process.workshop() as workshop, contextlib.ExitStack() as stack:
        zygote = None
        if not portable:
            zygote = stack.enter_context(process.Zygote(forked, interpreted=is_interpreted(backend, device)))
        setting = Setting(backend, device, workshop, sandbox, portable=portable)
        opened = Session(setting, zygote, Rooms(workshop, forked, ahead))
        try:
            yield opened
        finally:
            for driven in list(opened.opened):
                driven.close()
            opened.rooms.close()
