"""The list of system calls that a worker may make, as classic BPF over struct seccomp_data. Installs nothing.

Calls not listed answer EPERM, never a signal, since libraries then take another way; `clone3` and calls younger than
this file answer ENOSYS, at which they take the older one. Numbers are those of x86-64 and of aarch64.
"""

from __future__ import annotations

import errno
import os
import sys

Step = tuple[int, int, int, int]  # code, jump if true, jump if false, operand

_LOAD, _AND, _JUMP, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x54, 0x05, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW: list[Step] = [(_RETURN, 0, 0, 0x7FFF0000)]
_REFUSE: list[Step] = [(_RETURN, 0, 0, 0x00050000 | errno.EPERM)]
_UNKNOWN: list[Step] = [(_RETURN, 0, 0, 0x00050000 | errno.ENOSYS)]

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column in the table, AUDIT_ARCH_*
LAST_CALL = 469  # file_setattr, Linux 6.17; everything above, the x32 calls of x86-64 included, does not exist

_CLONE_THREAD = 0x10000
_THREAD_FLAGS = 0x7D0F00  # what glibc's and musl's pthread_create pass: no new namespace, no pidfd
_OPEN_FLAGS = 0x203  # O_TRUNC and the access mode
# Not among them: truncating what is opened for reading, and access mode 3, which asks Landlock for no right at all.
_OPEN_HARMLESS = (0x000, 0x001, 0x002, 0x201, 0x202)
# Duplicates, flags, getters. No F_SETOWN: its SIGIO is a way to signal others. No locks, nor `flock`: one on a file that
# every worker may read is a flag that two of them share.
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032, 1034)
# TCGETS and TCGETS2 (isatty), TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX. No TIOCSTI.
_IOCTL = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# Getters, and the names of threads and of memory. No PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP.
_PRCTL = (2, 3, 15, 16, 21, 23, 39, 0x53564D41)


def program(pid: int, column: int, audit: int) -> list[Step]:
    """The whole filter for the process `pid`: the architecture, then a binary search for the call's number."""
    verdicts = {numbers[column]: _verdict(name, pid) for name, numbers in CALLS.items()}
    ranges: list[tuple[int, list[Step]]] = []
    for number in range(LAST_CALL + 1):
        verdict = verdicts.get(number, _REFUSE)
        if not ranges or ranges[-1][1] != verdict:
            ranges.append((number, verdict))
    ranges.append((LAST_CALL + 1, _UNKNOWN))
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


def architecture() -> tuple[int, int] | None:
    return ARCHITECTURES.get(os.uname().machine) if sys.maxsize > 2**32 else None


def table(text: str) -> dict[str, tuple[int | None, int | None]]:
    entries = ",".join(line for line in text.splitlines() if not line.startswith("#")).split(",")
    rows = (entry.split() for entry in entries if entry.strip())
    return {name: (_number(x86_64), _number(aarch64)) for name, x86_64, aarch64 in rows}


def _number(word: str) -> int | None:
    return None if word == "-" else int(word)


# What may be called at all: name, number on x86-64, number on aarch64. _verdict narrows some of them.
CALLS = table("""
# what is open
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, preadv 295 69,
pwritev 296 70, preadv2 327 286, pwritev2 328 287, lseek 8 62, sendfile 40 71, copy_file_range 326 285,
ftruncate 77 46, fallocate 285 47, fsync 74 82, fdatasync 75 83, fcntl 72 25, ioctl 16 29,
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
