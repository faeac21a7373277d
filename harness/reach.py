"""What a worker may read of this machine: the interpreter and its libraries, less what is shut out. Confines nothing."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path


def readable_tree(roots: Iterable[Path], shut_out: Iterable[Path]) -> tuple[list[str], list[str]]:
    """(readable, listable) for the roots less what is shut out; a root must exist, a shut-out path need not.

    Landlock cannot subtract: a folder that holds a shut-out path becomes listable, and its children are taken one by
    one. Symbolic links among them are passed over, as opening one needs a right on its target, not on the link. The
    packages of other interpreters are always shut out: a second copy of the content may lie there.
    """
    shut = [str(path.resolve()) for path in [*shut_out, *_other_packages()] if os.path.exists(path)]
    readable: dict[str, None] = {}
    listable: dict[str, None] = {}

    def take(path: str) -> None:
        if any(path == place or path.startswith(place + "/") for place in shut):
            return
        if not any(place.startswith(path.rstrip("/") + "/") for place in shut):
            readable[path] = None
            return
        listable[path] = None
        for child in sorted(os.scandir(path), key=lambda entry: entry.name):
            if not child.is_symlink():
                take(child.path)

    for root in roots:
        take(str(root.resolve(strict=True)))
    return list(readable), list(listable)


def library_roots() -> list[Path]:
    """The interpreter, its packages and the shared libraries, and the few system files that numpy and torch read."""
    packages = [entry for entry in sys.path if entry.endswith(_PACKAGES)]
    folders = [
        *packages,
        sysconfig.get_path("stdlib"),
        os.path.join(sys.base_prefix, "lib"),
        *_SHARED_LIBRARIES,
    ]
    found = {Path(path).resolve() for path in folders if os.path.isdir(path)}
    return [*sorted(found), *(Path(path) for path in _SYSTEM_FILES if os.path.exists(path))]


def _other_packages() -> list[Path]:
    ours = {Path(entry).resolve() for entry in sys.path}
    places = [Path(sys.base_prefix, "lib"), *map(Path, _SHARED_LIBRARIES)]
    found = {path.resolve() for place in places for name in _PACKAGES for path in place.glob(f"python*/{name}")}
    return sorted(found - ours)


_PACKAGES = ("site-packages", "dist-packages")
_SHARED_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_SYSTEM_FILES = (
    "/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/dev/null", "/dev/zero", "/dev/urandom",
    "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu",  # else torch finds no CPU and takes its slowest kernels
)  # fmt: skip
