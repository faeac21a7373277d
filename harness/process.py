"""The judge's processes: their temporary folders and environment, the zygote, and fresh workers. Knows no spec."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import confine, namespaces, wire
from harness.handle import START_S, Allowance, Worker

ARENA_BYTES = 256 * 2**20  # sparse: a page costs memory only once it is touched


@dataclass(frozen=True)
class Workshop:
    """Temporary folders of one run: the answer's files as hashed, and a scratch for each worker."""

    root: Path

    def lay_out(self, name: str, tree: Mapping[str, bytes]) -> Path:
        """Write the files as `<name>/impls/<path>`, once; read-only, and the only copy that a worker sees."""
        root = self.root / name
        for relative, content in tree.items() if not (root / "impls").exists() else ():
            path = root / "impls" / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o444)
        return root

    def home(self, name: str) -> Path:
        """A folder for what unconfined workers keep from one process to the next."""
        path = self.root / f"home-{name}"
        path.mkdir(exist_ok=True)
        return path

    def empty(self, prefix: str) -> Path:
        """A fresh folder, which others may look into: the one above admits nobody else."""
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=self.root))
        path.chmod(0o755)
        return path

    def scratch(self) -> Path:
        path = Path(tempfile.mkdtemp(prefix="scratch-", dir=self.root))
        path.chmod(0o777)  # its uid may be another one; the folder above admits nobody else
        return path


@contextlib.contextmanager
def workshop() -> Iterator[Workshop]:
    """The run's temporary folders, removed at the end whatever a worker left in them."""
    root = Path(tempfile.mkdtemp(prefix="scratchmark-"))
    try:
        yield Workshop(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def environment(threads: int, interpreted: bool = False) -> dict[str, str]:
    """The whole environment of a zygote or worker: of the judge's making, nothing inherited.

    interpreted: Triton's kernels run through its interpreter, which it decides when a kernel is defined.
    """
    count = str(threads)
    pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {
        **dict.fromkeys(pools, count),
        "OPENBLAS_THREAD_TIMEOUT": "4",  # else its idle threads burn 105 ms of CPU after a product
        "OMP_WAIT_POLICY": "passive",
        # glibc raises these two as a process frees large blocks, so that identical code ran 6% faster in a process that
        # had run other code before (measured); fixed where they end up, memory once touched stays with the process.
        "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
        "MALLOC_TRIM_THRESHOLD_": str(2**30),
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
        "HOME": "/",
        "PYTHONDONTWRITEBYTECODE": "1",
        # The second as it is today: Triton 3.10 will change its default, and says so on every run.
        **({"TRITON_INTERPRET": "1", "TRITON_DEFAULT_FP_FUSION": "1"} if interpreted else {}),
    }


def spawn(
    arguments: Sequence[str], threads: int, printed: int | None = None, *, interpreted: bool = False,
    room: namespaces.Room | None = None,
) -> tuple[subprocess.Popen[bytes], socket.socket]:  # fmt: skip
    """Start `harness.zygote` with one end of a fresh socket, in a sandbox if there is a room for it; returns the process
    and the other end."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    output = subprocess.DEVNULL if printed is None else printed
    command = [sys.executable, "-I", "-B", "-m", "harness.zygote", str(theirs.fileno()), *arguments]
    uid = namespaces.identity()[0] if room is not None else None
    process = subprocess.Popen(
        command if room is None else namespaces.command(room, command), env=environment(threads, interpreted),
        stdin=subprocess.DEVNULL, stdout=output, stderr=None if printed is None else printed, pass_fds=[theirs.fileno()],
        cwd="/", user=uid, group=uid, extra_groups=[] if uid is not None else None,
    )  # fmt: skip
    theirs.close()
    return process, ours


class Zygote:
    """The process that workers are forked from. Closing it ends every worker."""

    def __init__(
        self,
        imports: Sequence[str],
        threads: int = 1,
        *,
        interpreted: bool = False,
        room: namespaces.Room | None = None,
    ) -> None:
        self.process, self.channel = spawn(["zygote", *imports], threads, interpreted=interpreted, room=room)
        self.imports = tuple(imports)
        self.inner: dict[int, int] = {}  # a worker's pid as the zygote knows it, by its pid here

    def fork(self, box: confine.Box | None, allowance: Allowance) -> Worker:
        """A confined worker, ready for `load`."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        read_end, write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.set_blocking(write_end, True)
        try:
            wire.send(self.channel, wire.encode({"op": "fork"}), [theirs.fileno(), write_end])
            body, (pidfd,) = wire.receive(self.channel, time.monotonic() + START_S)
        finally:
            theirs.close()
            os.close(write_end)
        pid = _pid_of(pidfd)
        self.inner[pid] = wire.decode(body)["pid"]
        return Worker(pid, pidfd, ours, read_end, allowance, box, (), self.reap).ready()

    def reap(self, pid: int) -> dict[str, Any]:
        """How that worker ended: wait status, CPU seconds, peak memory in kB."""
        wire.send(self.channel, wire.encode({"op": "reap", "pid": self.inner.pop(pid)}))
        body, _ = wire.receive(self.channel, time.monotonic() + START_S)
        reply: dict[str, Any] = wire.decode(body)
        return reply

    def close(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pid_of(pidfd: int) -> int:
    """The pid in our own namespace: a zygote in a sandbox counts from 1."""
    lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pid:")).split()[1])


def fresh_worker(box: confine.Box | None, allowance: Allowance, imports: Sequence[str], threads: int) -> Worker:
    """A freshly spawned worker, for timing; it confines itself and imports while the judge goes on, until `ready()`."""
    read_end, write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    os.set_blocking(write_end, True)
    process, channel = spawn(["worker"], threads, write_end)
    os.close(write_end)

    def reap(pid: int) -> dict[str, Any]:
        _, status, usage = os.wait4(pid, 0)
        process.returncode = 0  # reaped here, not by Popen
        return {"status": status, "cpu_s": usage.ru_utime + usage.ru_stime, "max_rss_kb": usage.ru_maxrss}

    return Worker(process.pid, os.pidfd_open(process.pid), channel, read_end, allowance, box, tuple(imports), reap)
