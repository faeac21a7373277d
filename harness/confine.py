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
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

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
    if _architecture() is None:
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


# --- What a worker may read ---------------------------------------------------------------------------------------


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


# --- The system-call filter: classic BPF over struct seccomp_data -------------------------------------------------

Step = tuple[int, int, int, int]  # code, jump if true, jump if false, operand

_SECCOMP_MODE_FILTER = 2
_LOAD, _AND, _JUMP, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x54, 0x05, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW: list[Step] = [(_RETURN, 0, 0, 0x7FFF0000)]
_REFUSE: list[Step] = [(_RETURN, 0, 0, 0x00050000 | errno.EPERM)]
_UNKNOWN: list[Step] = [(_RETURN, 0, 0, 0x00050000 | errno.ENOSYS)]

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column in the table, AUDIT_ARCH_*
_LAST_CALL = 469  # file_setattr, Linux 6.17; everything above, the x32 calls of x86-64 included, does not exist

_CLONE_THREAD = 0x10000
_THREAD_FLAGS = 0x7D0F00  # what glibc's and musl's pthread_create pass: no new namespace, no pidfd
_OPEN_FLAGS = 0x203  # O_TRUNC and the access mode
# Not among them: truncating what is opened for reading, and access mode 3, which asks Landlock for no right at all.
_OPEN_HARMLESS = (0x000, 0x001, 0x002, 0x201, 0x202)
# Duplicates, flags, locks, getters. No F_SETOWN: its SIGIO is a way to signal others.
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032, 1034)
# TCGETS and TCGETS2 (isatty), TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX. No TIOCSTI.
_IOCTL = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# Getters, and the names of threads and of memory. No PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP.
_PRCTL = (2, 3, 15, 16, 21, 23, 39, 0x53564D41)


def _filter_system_calls() -> None:
    architecture = _architecture()
    if architecture is None:
        raise ConfinementError(f"there is no system-call filter for {os.uname().machine}")
    program = _program(os.getpid(), *architecture)
    steps = b"".join(struct.pack("=HBBI", *step) for step in program)
    buffer = ctypes.create_string_buffer(steps, len(steps))
    header = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    _checked("the system-call filter", _libc().prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0))


def _program(pid: int, column: int, audit: int) -> list[Step]:
    """The whole filter for the process `pid`: the architecture, then a binary search for the call's number."""
    verdicts = {numbers[column]: _verdict(name, pid) for name, numbers in CALLS.items()}
    ranges: list[tuple[int, list[Step]]] = []
    for number in range(_LAST_CALL + 1):
        verdict = verdicts.get(number, _REFUSE)
        if not ranges or ranges[-1][1] != verdict:
            ranges.append((number, verdict))
    ranges.append((_LAST_CALL + 1, _UNKNOWN))
    return [
        (_LOAD, 0, 0, _ARCHITECTURE_AT), (_JUMP_EQUAL, 1, 0, audit), *_REFUSE,
        (_LOAD, 0, 0, _NUMBER_AT), *_search(ranges),
    ]  # fmt: skip


def _verdict(name: str, pid: int) -> list[Step]:
    match name:
        case "open":
            return _only(1, _OPEN_HARMLESS, _OPEN_FLAGS)
        case "openat":
            return _only(2, _OPEN_HARMLESS, _OPEN_FLAGS)
        case "clone":
            return _only(0, (_CLONE_THREAD,), ~_THREAD_FLAGS & 0xFFFFFFFF | _CLONE_THREAD)
        case "clone3" | "openat2":  # their flags lie in memory, where a filter cannot look
            return _UNKNOWN
        case "kill" | "tkill" | "tgkill":  # abort() is a tgkill of its own process
            return _only(0, (pid,))
        case "prlimit64":
            return _only(0, (0, pid))
        case "fcntl":
            return _only(1, _FCNTL)
        case "ioctl":
            return _only(1, _IOCTL)
        case "prctl":
            return _only(0, _PRCTL)
    return _ALLOW


def _only(argument: int, values: tuple[int, ...], mask: int = 0xFFFFFFFF) -> list[Step]:
    """Allow a call when an argument's lower half, masked, is one of the values: the kernel reads these as 32 bits."""
    load = [(_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument), (_AND, 0, 0, mask)]
    tests = [(_JUMP_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
    return [*load, *tests, *_REFUSE, *_ALLOW]


def _search(ranges: list[tuple[int, list[Step]]]) -> list[Step]:
    """Steps that find the last range starting at or below the loaded number, and run its verdict."""
    if len(ranges) == 1:
        return ranges[0][1]
    half = len(ranges) // 2
    below, above = _search(ranges[:half]), _search(ranges[half:])
    return [(_JUMP_AT_LEAST, 0, 1, ranges[half][0]), (_JUMP, 0, 0, len(below)), *below, *above]


def _architecture() -> tuple[int, int] | None:
    return _ARCHITECTURES.get(os.uname().machine) if sys.maxsize > 2**32 else None


def _table(text: str) -> dict[str, tuple[int | None, int | None]]:
    entries = ",".join(line for line in text.splitlines() if not line.startswith("#")).split(",")
    rows = (entry.split() for entry in entries if entry.strip())
    return {name: (_number(x86_64), _number(aarch64)) for name, x86_64, aarch64 in rows}


def _number(word: str) -> int | None:
    return None if word == "-" else int(word)


# What may be called at all: name, number on x86-64, number on aarch64. _verdict narrows some of them.
CALLS = _table("""
# what is open
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, preadv 295 69,
pwritev 296 70, preadv2 327 286, pwritev2 328 287, lseek 8 62, sendfile 40 71, copy_file_range 326 285,
ftruncate 77 46, fallocate 285 47, fsync 74 82, fdatasync 75 83, flock 73 32, fcntl 72 25, ioctl 16 29,
close 3 57, close_range 436 436, dup 32 23, dup2 33 -, dup3 292 24, pipe 22 -, pipe2 293 59, poll 7 -,
ppoll 271 73, select 23 -, pselect6 270 72, epoll_create 213 -, epoll_create1 291 20, epoll_ctl 233 21,
epoll_wait 232 -, epoll_pwait 281 22, epoll_pwait2 441 441, eventfd 284 -, eventfd2 290 19
# the inherited channel
sendto 44 206, recvfrom 45 207, sendmsg 46 211, recvmsg 47 212, getsockname 51 204, getsockopt 55 209
# files by name
open 2 -, openat 257 56, openat2 437 437, creat 85 -, access 21 -, faccessat 269 48, faccessat2 439 439,
stat 4 -, lstat 6 -, fstat 5 80, newfstatat 262 79, statx 332 291, statfs 137 43, fstatfs 138 44,
readlink 89 -, readlinkat 267 78, getdents 78 -, getdents64 217 61, getcwd 79 17, chdir 80 49,
fchdir 81 50, mkdir 83 -, mkdirat 258 34, rmdir 84 -, unlink 87 -, unlinkat 263 35, rename 82 -,
renameat 264 38, renameat2 316 276, umask 95 166
# memory
mmap 9 222, mprotect 10 226, munmap 11 215, mremap 25 216, madvise 28 233, brk 12 214, msync 26 227,
mincore 27 232, mbind 237 235, get_mempolicy 239 236, mseal 462 462, map_shadow_stack 453 453
# threads and their end
clone 56 220, clone3 435 435, futex 202 98, futex_waitv 449 449, futex_wake 454 454, futex_wait 455 455,
futex_requeue 456 456, set_robust_list 273 99, set_tid_address 218 96, rseq 334 293, arch_prctl 158 -,
prctl 157 167, sched_yield 24 124, exit 60 93, exit_group 231 94, wait4 61 260, waitid 247 95,
restart_syscall 219 128
# signals
kill 62 129, tkill 200 130, tgkill 234 131, rt_sigaction 13 134, rt_sigprocmask 14 135,
rt_sigreturn 15 139, rt_sigpending 127 136, rt_sigtimedwait 128 137, rt_sigsuspend 130 133,
sigaltstack 131 132, pause 34 -
# time
time 201 -, gettimeofday 96 169, clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115,
nanosleep 35 101, times 100 153, alarm 37 -, getitimer 36 102, setitimer 38 103, timer_create 222 107,
timer_settime 223 110, timer_gettime 224 108, timer_getoverrun 225 109, timer_delete 226 111
# itself and the machine
getpid 39 172, gettid 186 178, getppid 110 173, getpgrp 111 -, getpgid 121 155, getsid 124 156,
getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177, getresuid 118 148, getresgid 120 150,
getgroups 115 158, capget 125 90, getpriority 140 141, getrusage 98 165, getrlimit 97 163,
prlimit64 302 261, sched_getaffinity 204 123, sched_getparam 143 121, sched_getscheduler 145 120,
sched_get_priority_max 146 125, sched_get_priority_min 147 126, getcpu 309 168, uname 63 160,
sysinfo 99 179, getrandom 318 278
""")


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
