"""Level `namespaces`: a zygote inside bubblewrap, with a system of its own that holds libraries and one answer's folder.

Builds the command; starts nothing. bubblewrap says of itself that what it protects is decided by its arguments alone,
so they are all here (https://github.com/containers/bubblewrap, README). The confinement of level `process` is applied
again inside, by the worker, as bubblewrap limits no resources and lets io_uring, keyrings and forks through
(measuring.md, 5.1).
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
PROGRAM = "bwrap"
WORKER_SIDE = (
    "__init__",
    "zygote",
    "worker",
    "wire",
    "confine",
    "seccomp",
    "backends",
    "plain",
    "device",
    "cuda",
    "tracing",
)
SYSTEM = ("/usr", "/lib", "/lib64", "/bin")
CPUS = "/sys/devices/system/cpu"  # else torch finds no CPU and takes its slowest kernels
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/nsswitch.conf")
OURS = ("scratchmark_content", "harness", "tracker", "sklearn/datasets/data")


@dataclass(frozen=True)
class Room:
    """One sandbox: the folder with the answer's files (readable), and a scratch of so many bytes for each worker in it."""

    answer: Path
    scratches: tuple[Path, ...]
    scratch_bytes: int


def missing() -> str:
    """What stands in the way of this level, in words; '' where nothing does."""
    if sys.platform != "linux":
        return f"bubblewrap needs Linux, and this is {sys.platform}"
    return "" if shutil.which(PROGRAM) else "bubblewrap (the program bwrap; apt-get install bubblewrap)"


def identity() -> tuple[int | None, str]:
    """The uid to start bubblewrap as (None: one's own), and in words who the answer is for the kernel.

    Root drops to an unused uid where that can reach the interpreter; else its uid is mapped to nobody's, without
    capabilities. What is mapped is still root to the kernel outside, which Landlock and seccomp have to make up for.
    """
    from harness import confine

    if os.geteuid() != 0:
        return None, "your own uid, mapped to nobody"
    if all(
        _is_open(folder)
        for name in (sys.executable, sysconfig.get_path("stdlib"))
        for folder in Path(name).resolve().parents
    ):
        uid = confine.unused_uid()
        return uid, f"uid {uid}"
    return None, "root's uid mapped to nobody, without capabilities (no other uid can reach this interpreter)"


def _is_open(folder: Path) -> bool:
    return bool(folder.stat().st_mode & 0o001)


def readable(room: Room) -> tuple[str, ...]:
    """What Landlock lets through inside: all that is mounted there but our own code and the scratch."""
    found = [path for path in SYSTEM if os.path.isdir(path) and not os.path.islink(path)]
    found += [*_interpreters(), *(path for path in SYSTEM_FILES if os.path.exists(path))]
    return (*found, "/dev/null", "/dev/zero", "/dev/urandom", "/proc/cpuinfo", "/proc/meminfo", CPUS, str(room.answer))


def command(room: Room, inside: Sequence[str]) -> list[str]:
    """bubblewrap's command line around `inside`. File descriptors that are inherited pass through."""
    return [
        PROGRAM, "--unshare-all", "--unshare-user", "--disable-userns", "--uid", str(NOBODY), "--gid", str(NOBODY),
        "--cap-drop", "ALL", "--new-session", "--die-with-parent", "--hostname", "answer",
        "--proc", "/proc", "--dev", "/dev", "--size", str(2**20), "--tmpfs", "/dev/shm",
        "--size", str(2**20), "--tmpfs", "/tmp",  # before the rest: an interpreter may lie below, and would be covered
        *_system(), *_python(), *_our_code(), "--ro-bind", CPUS, CPUS,
        "--ro-bind", str(room.answer), str(room.answer),
        *(word for path in room.scratches for word in ("--size", str(room.scratch_bytes), "--perms", "0777", "--tmpfs", str(path))),
        "--remount-ro", "/", "--chdir", "/", "--", *inside,
    ]  # fmt: skip


def _system() -> Iterator[str]:
    """The programs and shared libraries of the system, read-only, and the few files that a loader reads."""
    for path in SYSTEM:
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
        elif os.path.isdir(path):
            yield from ("--ro-bind", path, path)
    for path in SYSTEM_FILES:
        if os.path.exists(path):
            yield from ("--ro-bind", os.path.realpath(path), path)


def _python() -> Iterator[str]:
    """The interpreter and what is installed for it, with our content, code and the data sets covered up."""
    for folder in _interpreters():
        yield from ("--ro-bind", folder, folder)
    for packages in _packages():
        for name in OURS:
            if os.path.isdir(os.path.join(packages, name)):
                yield from ("--tmpfs", os.path.join(packages, name))


def _interpreters() -> list[str]:
    """The folders of the interpreter and its packages that lie outside the system's, none inside another."""
    found: list[str] = []
    for folder in sorted({*map(os.path.realpath, (sys.base_prefix, sys.prefix, *_packages()))}):
        if not any(folder == known or folder.startswith(known + "/") for known in [*found, *SYSTEM]):
            found.append(folder)
    return found


def _packages() -> list[str]:
    return [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]


def _our_code() -> Iterator[str]:
    """The worker's side of this package, file by file, where it lies."""
    package = Path(__file__).resolve().parent
    for name in WORKER_SIDE:
        path = package / name if (package / name).is_dir() else package / f"{name}.py"
        yield from ("--ro-bind", str(path), str(path))
