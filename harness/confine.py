"""Confines the calling process for good (Landlock, seccomp, limits, uid). Knows the kernel's interfaces; knows no judge.

Theory. Four fences, each for what the others leave open; none can be taken down by the process inside:

- Landlock decides which files may be opened. It says nothing about a file's mode, owner and times, about names and
  sizes (`stat`), or about descriptors that are open already.
- The system-call filter lets through a list of calls and refuses all others, so that a new kernel opens nothing: EPERM,
  never a signal, since libraries then take another way; ENOSYS where it is ENOSYS that makes them do so (`clone3`, and
  all calls younger than this file). `chmod`, `chown`, `utime`, `setxattr` and links are refused everywhere, the scratch
  included, because they work by name on anything of the same owner; `truncate` and opening for reading with O_TRUNC
  too, which Landlock before ABI 3 lets through. Threads can be made, processes cannot.
- Limits cap memory, CPU time, file sizes, descriptors and, for a uid of its own, threads. Not capped: the number of
  files in the scratch (the judge adds up the scratch while it waits).
- Root becomes an unused uid that keeps CAP_DAC_READ_SEARCH alone: an interpreter under a 0700 home is unreadable
  otherwise, and Landlock still refuses the rest.

PR_SET_DUMPABLE is left as the kernel sets it. An ordinary user's worker stays dumpable, else /proc/PID would be root's
and the judge could not write its clear_refs; the change of uid makes the other kind undumpable, and there the judge is root.
"""

from __future__ import annotations

import ctypes
import dataclasses
import errno
import functools
import os
import secrets
import signal
import stat
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness import seccomp

if sys.platform != "win32":  # there this module is imported, and says what is missing
    import resource


class ConfinementError(Exception):
    """The kernel refused a part of the confinement. The process may be half confined: it must end."""


@dataclasses.dataclass(frozen=True)
class Box:
    """What a worker may touch. Made by the judge; sent as plain data."""

    readable: tuple[str, ...]  # files and whole trees; mapping a library needs no more
    listable: tuple[str, ...]  # folders where only names may be read, of all below too: rights reach down
    scratch: str  # the only writable tree (and /dev/null), owned or made writable by the judge
    uid: int | None  # for root: the unused uid and gid to become
    memory_bytes: int  # on top of the address space that the process has at that moment
    cpu_s: int  # since the process began; SIGXCPU, and one second later SIGKILL
    file_bytes: int  # of any one file
    open_files: int
    threads: int = 256  # only for a uid of its own: the kernel counts threads by user
    library_bytes: int = 8 * 2**30  # more address space while libraries are imported, until `limit_memory`

    def to_wire(self) -> dict[str, Any]:
        """A dict of str, int, None and lists of str."""
        fields = dataclasses.asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}

    @staticmethod
    def from_wire(fields: Mapping[str, Any]) -> Box:
        values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in fields.items()}
        return Box(**values)


def confine(box: Box) -> list[str]:
    """Apply every fence, the filter last since it refuses what the others need; returns them in words.

    Raises ConfinementError, naming what the kernel refused. Landlock binds the calling thread and its later children
    alone (an OpenBLAS thread started earlier still read /etc/shadow), so there must be one thread: also after
    a failure the caller has to end the process.
    """
    _refuse_threads()
    parent = os.getppid()
    identity = _drop_privileges(box.uid)
    _die_with(parent)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _limit(box)
    abi = _restrict_files(box)
    _filter_system_calls()
    return [
        f"Landlock ABI {abi}",
        "seccomp",
        "resource limits",
        "no new privileges",
        "dies with its parent",
        identity,
    ]


def available() -> list[str]:
    """Which fences this machine lacks, in words; empty when all are there. Confines nothing."""
    if sys.platform != "linux":
        return [f"confinement needs Linux, and this is {sys.platform}: on Windows, WSL 2 has it"]
    missing = []
    if _landlock_abi() < 1:
        missing.append("Landlock (Linux 5.13 or later, with landlock among the kernel's lsm= modules)")
    # A filter at address 0 cannot be read: EFAULT where filters exist, EINVAL where they do not.
    if _libc().prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, 0, 0, 0) == -1 and ctypes.get_errno() != errno.EFAULT:
        missing.append("seccomp filters (a kernel with CONFIG_SECCOMP_FILTER)")
    if seccomp.architecture() is None:
        missing.append(f"a system-call filter for {os.uname().machine}: there is one for 64-bit x86-64 and aarch64")
    if not os.path.isdir("/proc/self/task"):
        missing.append("/proc, by which the threads of a process are counted")
    return missing


def limit_memory(memory_bytes: int) -> None:
    """Once, after the libraries are imported: so much on top of the address space that the process has now."""
    global _size_fd
    if _size_fd is None:
        raise ConfinementError("limit_memory() works once, after confine(): call confine() first")
    _limit_address_space(_address_space_bytes(_size_fd) + memory_bytes)
    os.close(_size_fd)
    _size_fd = None


def unused_uid() -> int:
    """A uid for `Box.uid`: one that no account and no process has. For root; one for each worker keeps `threads` apart."""
    import pwd

    taken = {entry.pw_uid for entry in pwd.getpwall()}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            line = next(line for line in status.read_text().splitlines() if line.startswith("Uid:"))
        except (OSError, StopIteration):  # it has ended meanwhile
            continue
        taken.update(int(word) for word in line.split()[1:])
    # Between what distributions give to people and what systemd gives to services; containers map it as well.
    return secrets.choice([uid for uid in range(50_000, 60_000) if uid not in taken])


# --- Privileges and limits ----------------------------------------------------------------------------------------

_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 8, 22, 38
_CAP_DAC_READ_SEARCH = 1 << 2
_CAPABILITY_VERSION_3 = 0x20080522
_STACK_BYTES = 8 * 2**20  # the usual one; 'unlimited' would let a runaway recursion eat the machine

_size_fd: int | None = None  # /proc/self/statm, opened while it could be; closed by limit_memory


def _refuse_threads() -> None:
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        raise ConfinementError(
            f"this process has {threads} threads, and Landlock would bind only one of them: confine it before "
            "anything that starts threads is imported"
        )


def _drop_privileges(uid: int | None) -> str:
    """Become `uid`, keeping CAP_DAC_READ_SEARCH alone; an ordinary user loses whatever capabilities it has."""
    root = os.geteuid() == 0
    if root != (uid is not None):
        raise ConfinementError(
            "root must become another user: give Box.uid an unused uid"
            if root
            else f"only root can become uid {uid}: leave Box.uid None"
        )
    if uid is not None:
        _prctl(_PR_SET_KEEPCAPS, 1)
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        except OSError as error:
            raise ConfinementError(f"the kernel refused the change to uid {uid}: {error.strerror}") from None
    kept = _CAP_DAC_READ_SEARCH if uid is not None else 0
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    words = struct.pack("=6I", kept, kept, 0, 0, 0, 0)  # effective, permitted, inheritable; then their upper halves
    _checked("the drop of capabilities", _libc().capset(header, words))
    return f"uid {uid}" if uid is not None else "your own user, without capabilities"


def _die_with(parent: int) -> None:
    """After the change of uid, which clears it. The thread that made this process counts as the parent."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise ConfinementError("the parent ended while this process was being confined")


def _limit(box: Box) -> None:
    global _size_fd
    _size_fd = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    _limit_address_space(_address_space_bytes(_size_fd) + box.memory_bytes + box.library_bytes)
    _set_limit(resource.RLIMIT_CPU, box.cpu_s, box.cpu_s + 1)
    _set_limit(resource.RLIMIT_FSIZE, box.file_bytes)
    _set_limit(resource.RLIMIT_NOFILE, box.open_files)
    _set_limit(resource.RLIMIT_STACK, _STACK_BYTES)
    _set_limit(resource.RLIMIT_CORE, 1)  # 0 would still feed a crash collector behind a pipe; 1 byte is no dump at all
    if box.uid is not None:
        _set_limit(resource.RLIMIT_NPROC, box.threads)


def _limit_address_space(limit_bytes: int) -> None:
    _set_limit(resource.RLIMIT_AS, limit_bytes)


def _set_limit(which: int, soft: int, hard: int | None = None) -> None:
    """Both limits, the hard one being the soft one unless given; neither above the hard one in force."""
    ceiling = resource.getrlimit(which)[1]
    if ceiling == resource.RLIM_INFINITY:
        ceiling = max(soft, hard or 0)
    resource.setrlimit(which, (min(soft, ceiling), min(soft if hard is None else hard, ceiling)))


def _address_space_bytes(statm: int) -> int:
    return int(os.pread(statm, 100, 0).split()[0]) * os.sysconf("SC_PAGE_SIZE")


# --- Landlock: include/uapi/linux/landlock.h ----------------------------------------------------------------------

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_KNOWN_ABI = 7
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_REG, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
_FILE_RIGHTS = _WRITE_FILE | _READ_FILE | _TRUNCATE
_SCRATCH_RIGHTS = _FILE_RIGHTS | _READ_DIR | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER
_LOG_SAME_EXEC_OFF = 1  # a refused import is no event for the machine's audit log


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def _landlock_abi() -> int:
    """The version that both the kernel and this file know; -1 without Landlock."""
    version: int = _libc().syscall(_CREATE_RULESET, 0, 0, 1, 0)
    return min(version, _KNOWN_ABI)


def _restrict_files(box: Box) -> int:
    """Refuse every right on files, TCP, abstract sockets and signals to others, except the box's rules."""
    abi = _landlock_abi()
    if abi < 1:
        raise ConfinementError("this kernel has no Landlock")
    handled = (1 << 13 + (abi >= 2) + (abi >= 3) + (abi >= 5)) - 1  # 2: REFER, 3: TRUNCATE, 5: IOCTL_DEV
    attributes = (ctypes.c_uint64 * 3)(handled, 0b11, 0b11)  # files; 4: binding and connecting TCP; 6: both scopes
    fd = _call("Landlock", _CREATE_RULESET, ctypes.addressof(attributes), 8 + 8 * (abi >= 4) + 8 * (abi >= 6))
    for path in box.readable:
        _allow(fd, path, _READ_FILE | _READ_DIR)
    for path in box.listable:
        _allow(fd, path, _READ_DIR)
    _allow(fd, os.devnull, (_READ_FILE | _WRITE_FILE) & handled)
    _allow(fd, box.scratch, _SCRATCH_RIGHTS & handled)
    _call("Landlock", _RESTRICT_SELF, fd, _LOG_SAME_EXEC_OFF if abi >= 7 else 0)
    os.close(fd)
    return abi


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        raise ConfinementError(f"the box names {path}, which cannot be reached: {error.strerror}") from None
    if not stat.S_ISDIR(os.fstat(fd).st_mode):
        rights &= _FILE_RIGHTS
    rule = _PathBeneath(rights, fd)
    _call(f"Landlock's rule for {path}", _ADD_RULE, ruleset, 1, ctypes.addressof(rule))
    os.close(fd)


# --- The system-call filter ----------------------------------------------------------------------------------------

_SECCOMP_MODE_FILTER = 2


def _filter_system_calls() -> None:
    architecture = seccomp.architecture()
    if architecture is None:
        raise ConfinementError(f"there is no system-call filter for {os.uname().machine}")
    program = seccomp.program(os.getpid(), *architecture)
    steps = b"".join(struct.pack("=HBBI", *step) for step in program)
    buffer = ctypes.create_string_buffer(steps, len(steps))
    header = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    _checked("the system-call filter", _libc().prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0))


# --- The C library ------------------------------------------------------------------------------------------------


@functools.cache
def _libc() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.argtypes = [ctypes.c_long] * 5
    return library


def _prctl(option: int, value: int) -> None:
    _checked(f"prctl {option}", _libc().prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))))


def _call(what: str, number: int, *arguments: int) -> int:
    """A system call of up to four arguments, pointers as addresses."""
    return _checked(what, _libc().syscall(number, *arguments, *(0,) * (4 - len(arguments))))


def _checked(what: str, result: int) -> int:
    """The result, or ConfinementError when it is -1."""
    if result == -1:
        raise ConfinementError(f"the kernel refused {what}: {os.strerror(ctypes.get_errno())}")
    return result
