"""What a confined process may do and may not: each probe is a small program in a real child, confined for good.

A probe that is harmless also runs unconfined, where it must get something else than the refusal.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import confine, reach, seccomp

CHECKOUT = Path(confine.__file__).resolve().parent.parent
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
COLUMN = seccomp.ARCHITECTURES.get(os.uname().machine, (0, 0))[0]

# Calls that must be refused: name, number on x86-64, number on aarch64.
REFUSED = seccomp.table("""
fork 57 -, vfork 58 -, execve 59 221, execveat 322 281, socket 41 198, socketpair 53 199, connect 42 203,
bind 49 200, listen 50 201, accept4 288 242, sendmmsg 307 269, ptrace 101 117, process_vm_readv 310 270,
process_vm_writev 311 271, process_madvise 440 440, kcmp 312 272, pidfd_open 434 434, pidfd_getfd 438 438,
pidfd_send_signal 424 424, rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240, io_uring_setup 425 425,
io_uring_enter 426 426, io_uring_register 427 427, io_setup 206 0, keyctl 250 219, add_key 248 217,
request_key 249 218, bpf 321 280, userfaultfd 323 282, perf_event_open 298 241, mount 165 40, umount2 166 39,
pivot_root 155 41, fsopen 430 430, move_mount 429 429, open_tree 428 428, mount_setattr 442 442, unshare 272 97,
setns 308 268, chroot 161 51, sched_setaffinity 203 122, sched_setscheduler 144 119, sched_setattr 314 274,
sched_setparam 142 118, setpriority 141 140, ioprio_set 251 30, memfd_create 319 279, memfd_secret 447 447,
personality 135 92, swapon 167 224, init_module 175 105, finit_module 313 273, kexec_load 246 104, reboot 169 142,
clock_settime 227 112, settimeofday 164 170, adjtimex 159 171, open_by_handle_at 304 265,
name_to_handle_at 303 264, fanotify_init 300 262, inotify_init1 294 26, quotactl 179 60, setuid 105 146,
setgid 106 144, setresuid 117 147, setresgid 119 149, setgroups 116 159, capset 126 91, chmod 90 -, fchmod 91 52,
fchmodat 268 53, fchmodat2 452 452, chown 92 -, fchown 93 55, fchownat 260 54, utimensat 280 88, setxattr 188 5,
truncate 76 45, link 86 -, linkat 265 37, symlink 88 -, symlinkat 266 36, mknodat 259 33, setsid 112 157,
setpgid 109 154, setrlimit 160 164, seccomp 317 277, landlock_create_ruleset 444 444, shmget 29 194, msgget 68 186,
semget 64 190, mq_open 240 180, mlock 149 228, splice 275 76, sync 162 81, syslog 103 116, sethostname 170 161
""")

CHILD = """
import ctypes, errno, json, os, sys, threading
sys.path.insert(0, {checkout!r})
from harness import confine
del sys.path[0]

def call(number, *arguments):
    ctypes.set_errno(0)
    if ctypes.CDLL(None, use_errno=True).syscall(*map(ctypes.c_long, (number, *arguments))) == -1:
        raise OSError(ctypes.get_errno(), "")

scratch, box, before, code = {scratch!r}, {box!r}, {before!r}, {code!r}
exec(before)
if box is not None:
    protections = confine.confine(confine.Box.from_wire(json.loads(box)))
os.environ.update(HOME=scratch, TMPDIR=scratch)
try:
    exec(code)
except OSError as error:
    print(errno.errorcode[error.errno])
except (MemoryError, RuntimeError, confine.ConfinementError) as error:
    print(type(error).__name__)
else:
    print("done")
"""


@pytest.fixture(scope="session")
def libraries() -> tuple[tuple[str, ...], tuple[str, ...]]:
    shut_out = [CHECKOUT / name for name in ("harness", "curriculum", "tests", "src")]
    readable, listable = reach.readable_tree(reach.library_roots(), shut_out)
    return tuple(readable), tuple(listable)


@pytest.fixture
def box(libraries: tuple[tuple[str, ...], tuple[str, ...]], tmp_path: Path) -> confine.Box:
    need_confinement()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    uid = confine.unused_uid() if IS_ROOT else None
    if uid is not None:
        os.chown(scratch, uid, uid)
    return confine.Box(
        *libraries,
        str(scratch),
        uid,
        memory_bytes=2**30,
        cpu_s=60,
        file_bytes=2**20,
        open_files=64,
        threads=40,
    )


def need_confinement() -> None:
    """Skip where the kernel cannot confine; in CI that is a failure."""
    if missing := confine.available():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"missing: {', '.join(missing)}")


def child(
    code: str, box: confine.Box | None, before: str = "", scratch: str = "/tmp"
) -> subprocess.CompletedProcess[str]:
    wire = None if box is None else json.dumps(box.to_wire())
    scratch = scratch if box is None else box.scratch
    program = CHILD.format(checkout=str(CHECKOUT), scratch=scratch, box=wire, before=before, code=code)
    return subprocess.run(
        [sys.executable, "-I", "-B", "-c", program],
        env={},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
    )


def outcome(code: str, box: confine.Box | None, before: str = "", scratch: str = "/tmp") -> str:
    """'done', or the name of the error; what the code printed stands before it."""
    ended = child(code, box, before, scratch)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def number(name: str) -> int:
    found = REFUSED[name][COLUMN]
    if found is None:
        pytest.skip(f"{os.uname().machine} has no call {name}")
    return found


# --- Files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place", ["another submission", "the checkout", "/etc/passwd", "the judge's environment", "/proc/self/maps"]
)
def test_a_file_that_the_box_does_not_name_cannot_be_read(box: confine.Box, tmp_path: Path, place: str) -> None:
    named = {
        "another submission": tmp_path / "their.py",
        "the checkout": Path(__file__),
        "the judge's environment": Path(f"/proc/{os.getpid()}/environ"),
    }
    (tmp_path / "their.py").touch()
    code = f"open({str(named.get(place, place))!r}).close()"
    assert (outcome(code, box), outcome(code, None)) == ("EACCES", "done")


@pytest.mark.skipif(not IS_ROOT, reason="an ordinary user cannot read it in any case")
def test_the_capability_to_read_everything_does_not_open_what_root_alone_may_read(box: confine.Box) -> None:
    code = "open('/etc/shadow').close()"
    assert (outcome(code, box), outcome(code, None)) == ("EACCES", "done")


def test_the_home_folder_cannot_be_listed(box: confine.Box) -> None:
    code = f"os.listdir({str(Path.home())!r})"
    assert (outcome(code, box), outcome(code, None)) == ("EACCES", "done")


def test_of_a_listable_folder_the_names_can_be_read_and_nothing_else(box: confine.Box, tmp_path: Path) -> None:
    (tmp_path / "names").mkdir()
    (tmp_path / "names" / "secret.txt").write_text("42")
    listed = dataclasses.replace(box, listable=(*box.listable, str(tmp_path / "names")))
    folder = str(tmp_path / "names")
    assert (
        outcome(f"print(os.listdir({folder!r})); open({folder + '/secret.txt'!r})", listed) == "['secret.txt']\nEACCES"
    )


def test_a_readable_folder_can_be_read_and_not_written(box: confine.Box, tmp_path: Path) -> None:
    (tmp_path / "answer").mkdir()
    (tmp_path / "answer" / "a.py").write_text("42")
    (tmp_path / "answer" / "a.py").chmod(0o666)
    allowed = dataclasses.replace(box, readable=(*box.readable, str(tmp_path / "answer")))
    file = str(tmp_path / "answer" / "a.py")
    assert outcome(f"print(open({file!r}).read()); open({file!r}, 'a')", allowed) == "42\nEACCES"


@pytest.mark.parametrize(
    "attempt",
    [
        "open({0!r} + '/new', 'w')",
        "os.mkdir({0!r} + '/new')",
        "os.remove({0!r} + '/file')",
        "os.rename({0!r} + '/file', {1!r} + '/file')",
        "open({0!r} + '/file', 'r+')",
    ],
)
def test_nothing_outside_the_scratch_can_be_written(box: confine.Box, tmp_path: Path, attempt: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    (outside / "file").touch()
    (outside / "file").chmod(0o666)
    code = attempt.format(str(outside), box.scratch)
    assert outcome(code, box) in ("EACCES", "EXDEV")
    assert outcome(code, None) == "done"


@pytest.mark.parametrize(
    "attempt",
    [
        "os.chmod({0!r}, 0o600)",
        "os.utime({0!r})",
        "os.truncate({0!r}, 0)",
        "os.open({0!r}, os.O_RDONLY | os.O_TRUNC)",
        "os.symlink({0!r}, {1!r} + '/link')",
        "os.link({0!r}, {0!r} + '-link')",
        "os.setxattr({0!r}, 'user.mark', b'1')",
    ],
)
def test_what_landlock_leaves_open_is_refused_by_the_filter(box: confine.Box, tmp_path: Path, attempt: str) -> None:
    file = tmp_path / "file"
    file.touch()
    file.chmod(0o666)
    readable = dataclasses.replace(box, readable=(*box.readable, str(tmp_path)))
    code = attempt.format(str(file), box.scratch)
    assert outcome(code, readable) == "EPERM"
    assert outcome(code, None) != "EPERM"  # 'done', or ENOTSUP where the file system has no extended attributes


def test_the_scratch_can_be_used(box: confine.Box) -> None:
    code = """
import tempfile, shutil
with tempfile.TemporaryDirectory() as folder:
    open(folder + "/a", "w").write("text")
    os.rename(folder + "/a", folder + "/b")
    os.mkdir(folder + "/deeper")
    os.rename(folder + "/b", folder + "/deeper/c")
    shutil.copyfile(folder + "/deeper/c", folder + "/d")
    print(folder.startswith(scratch), open(folder + "/d").read())
print(os.listdir(scratch), open(os.devnull, "w").write("gone"))
"""
    assert outcome(code, box) == "True text\n[] 4\ndone"


def test_a_file_cannot_grow_beyond_its_limit(box: confine.Box) -> None:
    assert outcome("open(scratch + '/big', 'wb').write(bytes(2**20))", box) == "done"
    assert outcome("open(scratch + '/big', 'wb').write(bytes(2**21))", box) == "EFBIG"


# --- Processes, sockets, other powers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "os._exit(0) if os.fork() == 0 else os.wait()",
        "import subprocess; subprocess.run([sys.executable, '--version'], stdout=subprocess.DEVNULL)",
        "import subprocess; subprocess.run('true', shell=True, close_fds=False, env={})",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import socket; socket.socketpair()",
        "os.kill(os.getppid(), 0)",
        "os.pidfd_open(os.getppid())",
        "os.sched_setaffinity(0, os.sched_getaffinity(0))",
        "os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))",
        "os.memfd_create('more memory')",
        "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_CORE)",
        "import fcntl; fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())",
        "if ctypes.CDLL(None, use_errno=True).prctl(1, 0): raise OSError(ctypes.get_errno(), 'outlive the judge')",
    ],
)
def test_a_power_of_any_program_is_refused(box: confine.Box, code: str) -> None:
    before = "import socket, subprocess"
    assert (outcome(code, box, before), outcome(code, None, before)) == ("EPERM", "done")


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_refused_call_gets_eperm(box: confine.Box, name: str) -> None:
    assert outcome(f"call({number(name)}, -1, 0, 0, 0)", box) == "EPERM"


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        pytest.param(f"call({0x40000000 | 39})", "ENOSYS", id="getpid of x32"),
        pytest.param(f"call({seccomp.LAST_CALL + 1})", "ENOSYS", id="a call younger than the filter"),
        pytest.param("call(435, 0, 0)", "ENOSYS", id="clone3"),
        pytest.param("call(437, -100, 0, 0, 0)", "ENOSYS", id="openat2"),
        pytest.param(f"call({seccomp.CALLS['clone'][COLUMN]}, 17, 0, 0, 0)", "EPERM", id="clone without a thread"),
        pytest.param(
            f"call({seccomp.CALLS['clone'][COLUMN]}, 0x10010f00, 0)",
            "EPERM",
            id="clone with a user namespace",
        ),
        pytest.param(f"call({seccomp.CALLS['ioctl'][COLUMN]}, 0, 0x5412, 0)", "EPERM", id="TIOCSTI"),
        pytest.param("os.kill(-1, 0)", "EPERM", id="kill everything"),
        pytest.param("os.kill(0, 0)", "EPERM", id="kill the process group"),
        pytest.param("os.kill(os.getpid(), 0)", "done", id="a signal to itself"),
    ],
)
def test_calls_are_judged_by_number_and_argument(box: confine.Box, code: str, answer: str) -> None:
    assert outcome(code, box) == answer


def test_abort_ends_the_process_with_its_own_signal(box: confine.Box) -> None:
    assert child("os.abort()", box).returncode == -signal.SIGABRT


@pytest.mark.skipif(not IS_ROOT, reason="only root becomes another user")
def test_root_becomes_the_unused_user_and_keeps_one_capability(box: confine.Box) -> None:
    code = "print(os.getresuid(), os.getresgid(), os.getgroups())\nprint(status.read())"
    uid = box.uid
    said = outcome(code, box, before="status = open('/proc/self/status')").splitlines()
    assert said[0] == f"({uid}, {uid}, {uid}) ({uid}, {uid}, {uid}) []"
    sets = dict(line.split(":\t") for line in said[1:] if line.startswith(("Cap", "NoNew", "Seccomp:")))
    assert (sets["CapPrm"], sets["CapEff"], sets["CapInh"], sets["CapAmb"]) == (
        "0" * 15 + "4",
        "0" * 15 + "4",
        "0" * 16,
        "0" * 16,
    )
    assert (sets["NoNewPrivs"], sets["Seccomp"]) == ("1", "2")


# --- Limits -------------------------------------------------------------------------------------------------------


def test_a_huge_allocation_raises_memory_error(box: confine.Box) -> None:
    assert outcome("bytearray(50 * 2**30)", box) == "MemoryError"


def test_the_room_for_libraries_is_taken_back_once(box: confine.Box) -> None:
    code = (
        "len(bytearray(2**31)); print('room'); confine.limit_memory(2**26); print(len(bytes(2**20))); bytearray(2**31)"
    )
    assert outcome(code, box) == "room\n1048576\nMemoryError"
    assert outcome("confine.limit_memory(2**26); confine.limit_memory(2**27)", box) == "ConfinementError"


def test_cpu_time_ends_in_its_own_signal(box: confine.Box) -> None:
    assert child("while True: pass", dataclasses.replace(box, cpu_s=1)).returncode == -signal.SIGXCPU


@pytest.mark.skipif(not IS_ROOT, reason="the kernel counts threads by user, and an ordinary user has other programs")
def test_threads_of_a_uid_of_its_own_are_limited(box: confine.Box) -> None:
    code = "gate = threading.Event()\nfor _ in range(50): threading.Thread(target=gate.wait, daemon=True).start()"
    assert (outcome(code, box), outcome(code, None)) == ("RuntimeError", "done")


def test_limits_can_be_read_and_not_raised(box: confine.Box) -> None:
    code = "import resource as r; print(r.getrlimit(r.RLIMIT_NOFILE)); r.setrlimit(r.RLIMIT_NOFILE, (65, 65))"
    with pytest.raises(AssertionError, match="not allowed to raise maximum limit"):
        outcome(code, box)


def test_a_worker_dies_with_its_parent(box: confine.Box) -> None:
    code = f"""
import time
pid = os.fork()
if pid == 0:
    confine.confine(confine.Box.from_wire(json.loads({json.dumps(box.to_wire())!r})))
    print(os.getpid(), flush=True)
    while True: time.sleep(60)
os.waitpid(pid, 0)
"""
    program = CHILD.format(checkout=str(CHECKOUT), scratch=box.scratch, box=None, before="", code=code)
    with subprocess.Popen([sys.executable, "-I", "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
        try:
            # Both held the pipe: it ends when both are gone.
            assert parent.communicate(timeout=20)[0] == ""
        except subprocess.TimeoutExpired:
            os.kill(worker, signal.SIGKILL)
            raise


# --- Threads and libraries ----------------------------------------------------------------------------------------


def test_a_thread_started_afterwards_is_confined_too(box: confine.Box) -> None:
    code = f"""
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(abs, range(100))))
    pool.submit(open, {__file__!r}).result()
"""
    assert (outcome(code, box), outcome(code, None)) == ("4950\nEACCES", "4950\ndone")


def test_a_process_with_two_threads_is_refused(box: confine.Box) -> None:
    before = "gate = threading.Event(); threading.Thread(target=gate.wait, daemon=True).start()"
    ended = child("", box, before)
    assert ended.returncode == 1
    assert "this process has 2 threads" in ended.stderr.splitlines()[-1]


NUMPY = """
import numpy as np
a = np.eye(500) * 2 + np.random.default_rng(0).random((500, 500))
print(np.allclose(a @ np.linalg.inv(a), np.eye(500)), np.__version__ is not None)
"""
TORCH = """
import array_api_compat, torch
torch.manual_seed(0)
a = torch.eye(300) * 300 + torch.rand(300, 300)
layer = torch.nn.Linear(300, 1)
layer(a).sum().backward()
print(torch.allclose(a @ torch.linalg.inv(a), torch.eye(300), atol=1e-4), layer.weight.grad.shape)
print(torch.backends.cpu.get_cpu_capability())
"""


def test_numpy_imported_before_confinement_computes_right(box: confine.Box) -> None:
    before = (
        "os.environ['OPENBLAS_NUM_THREADS'] = '1'; import numpy"  # with two, its threads are there before the fence
    )
    assert outcome(NUMPY, box, before) == "True True\ndone"


def test_numpy_imported_after_confinement_computes_right(box: confine.Box) -> None:
    assert outcome(NUMPY, box) == "True True\ndone"


def test_torch_imported_before_confinement_computes_right(box: confine.Box) -> None:
    pytest.importorskip("torch")
    before = "os.environ['OPENBLAS_NUM_THREADS'] = os.environ['OMP_NUM_THREADS'] = '1'; import torch"
    assert outcome(TORCH, box, before).startswith("True torch.Size([1, 300])")


def test_torch_imported_after_confinement_picks_the_same_kernels(box: confine.Box) -> None:
    pytest.importorskip("torch")
    assert outcome(TORCH, box) == outcome(TORCH, None)


def test_a_callback_from_c_can_be_made(box: confine.Box) -> None:
    assert outcome("print(ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 7)())", box) == "7\ndone"


# --- What stands in the way, in words -----------------------------------------------------------------------------


def test_the_protections_are_told_in_words(box: confine.Box) -> None:
    said = outcome("print(protections)", box)
    identity = f"uid {box.uid}" if IS_ROOT else "your own user, without capabilities"
    abi = confine._landlock_abi()
    expected = [
        f"Landlock ABI {abi}",
        "seccomp",
        "resource limits",
        "no new privileges",
        "dies with its parent",
        identity,
    ]
    assert said == f"{expected}\ndone"


def test_a_path_that_is_not_there_is_named(box: confine.Box) -> None:
    ended = child("", dataclasses.replace(box, readable=("/no/such/folder",)))
    assert ended.stderr.endswith("the box names /no/such/folder, which cannot be reached: No such file or directory\n")


def test_root_is_not_confined_as_root_nor_an_ordinary_user_as_another(box: confine.Box) -> None:
    ended = child("", dataclasses.replace(box, uid=None if IS_ROOT else 50_000))
    assert ended.stderr.splitlines()[-1].endswith(
        "give Box.uid an unused uid" if IS_ROOT else "only root can become uid 50000: leave Box.uid None"
    )


def test_asking_what_is_available_confines_nothing() -> None:
    need_confinement()
    assert outcome("confine.available(); os._exit(0) if os.fork() == 0 else os.wait()", None) == "done"


# --- An ordinary user ---------------------------------------------------------------------------------------------


@pytest.fixture
def shared_scratch() -> Iterator[str]:
    """A scratch outside tmp_path, whose parents only its owner may enter."""
    folder = tempfile.mkdtemp(dir="/tmp")
    os.chmod(folder, 0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(not IS_ROOT, reason="the other tests run as an ordinary user already")
def test_an_ordinary_user_is_confined_as_well(box: confine.Box, shared_scratch: str) -> None:
    # nobody may not enter an interpreter under root's home: what is imported beforehand has to do.
    before = """
os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy, encodings.ascii
parent = os.getppid()
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
theirs = scratch + "-theirs"
open(theirs, "w").close()
"""
    code = """
def refusal(attempt, *arguments):
    try:
        return attempt(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]

print(refusal(open, "/etc/passwd"), refusal(open, theirs), refusal(os.chmod, theirs, 0), refusal(os.remove, theirs))
print(refusal(os.fork), refusal(os.kill, parent, 0), refusal(os.sched_setaffinity, 0, [0]))
print(len(open(scratch + "/mine", "w").write("text") * "x"), float((numpy.eye(100) @ numpy.eye(100)).sum()))
print(protections[-1])
"""
    ordinary = dataclasses.replace(box, readable=("/usr/lib",), listable=(), scratch=shared_scratch, uid=None)
    try:
        said = outcome(code, ordinary, before)
    finally:
        Path(shared_scratch + "-theirs").unlink(missing_ok=True)
    assert said.splitlines() == [
        "EACCES EACCES EPERM EACCES",
        "EPERM EPERM EPERM",
        "4 100.0",
        "your own user, without capabilities",
        "done",
    ]


# --- Plain values -------------------------------------------------------------------------------------------------


def test_a_box_survives_the_wire() -> None:
    box = confine.Box(("/a", "/b"), (), "/s", None, 1, 2, 3, 4)
    assert confine.Box.from_wire(json.loads(json.dumps(box.to_wire()))) == box


def test_a_tree_is_taken_apart_only_where_something_is_shut_out(tmp_path: Path) -> None:
    for name in ("a/x", "b/c/data/secret", "b/c/code.py", "b/d/e"):
        (tmp_path / "root" / name).mkdir(parents=True)
    root = tmp_path.resolve() / "root"
    (root / "link").symlink_to(root / "b" / "c" / "data")
    (tmp_path / "alias").symlink_to(root)
    shut_out = [tmp_path / "alias" / "b" / "c" / "data", tmp_path / "not there"]
    readable, listable = reach.readable_tree([tmp_path / "alias"], shut_out)
    assert readable == [f"{root}/a", f"{root}/b/c/code.py", f"{root}/b/d"]
    assert listable == [f"{root}", f"{root}/b", f"{root}/b/c"]


def test_a_root_inside_a_shut_out_folder_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "content" / "deep").mkdir(parents=True)
    assert reach.readable_tree([tmp_path / "content" / "deep"], [tmp_path / "content"]) == ([], [])


def test_a_folder_whose_name_begins_alike_is_not_shut_out(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data2").mkdir()
    readable, _ = reach.readable_tree([tmp_path.resolve() / "data2"], [tmp_path / "data"])
    assert readable == [str(tmp_path.resolve() / "data2")]


def test_a_missing_root_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        reach.readable_tree([tmp_path / "missing"], [])


# --- The filter, run by hand: also for the architecture that this machine is not ----------------------------------

EPERM, ENOSYS, ALLOW = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x7FFF0000


def verdict(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What the filter for process 1234 returns: the five instructions it uses, in Python."""
    column, own_audit = seccomp.ARCHITECTURES[machine]
    program = seccomp.program(1234, column, own_audit)
    words = {0: number, 4: own_audit if audit is None else audit}
    words |= {16 + 8 * i: value & 0xFFFFFFFF for i, value in enumerate((*arguments, 0, 0, 0)[:4])}
    at = accumulator = 0
    while True:
        code, if_true, if_false, operand = program[at]
        at += 1
        match code:
            case 0x20:
                accumulator = words[operand]
            case 0x54:
                accumulator &= operand
            case 0x05:
                at += operand
            case 0x15:
                at += if_true if accumulator == operand else if_false
            case 0x35:
                at += if_true if accumulator >= operand else if_false
            case 0x06:
                return operand


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_call_is_allowed_by_name_or_refused(machine: str) -> None:
    column, _ = seccomp.ARCHITECTURES[machine]
    narrowed = {
        "open",
        "openat",
        "clone",
        "clone3",
        "openat2",
        "kill",
        "tkill",
        "tgkill",
        "prlimit64",
        "fcntl",
        "ioctl",
        "prctl",
    }
    allowed = {numbers[column] for name, numbers in seccomp.CALLS.items() if name not in narrowed}
    unsure = {seccomp.CALLS[name][column] for name in narrowed}
    for number in set(range(seccomp.LAST_CALL + 1)) - unsure:
        assert verdict(machine, number) == (ALLOW if number in allowed else EPERM), number
    assert {verdict(machine, n) for n in (seccomp.LAST_CALL + 1, 0x40000000, 0x40000027, 0xFFFFFFFF)} == {ENOSYS}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_arguments_decide_about_some_calls(machine: str) -> None:
    def said(name: str, *arguments: int) -> int:
        number = seccomp.CALLS[name][seccomp.ARCHITECTURES[machine][0]]
        assert number is not None
        return verdict(machine, number, *arguments)

    read, write, truncate = os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_TRUNC
    assert [said("openat", 0, 0, flags) for flags in (read, write, write | truncate)] == [ALLOW] * 3
    assert [said("openat", 0, 0, flags) for flags in (read | truncate, 3, 3 | truncate)] == [EPERM] * 3
    assert [said("clone", flags) for flags in (0x3D0F00, 0x7D0F00)] == [ALLOW] * 2  # glibc's threads, musl's
    assert [said("clone", flags) for flags in (17, 0x4111, 0x3D0F00 | 0x10000000, 0x3D1F00)] == [EPERM] * 4
    assert [said(name, 1234) for name in ("kill", "tkill", "tgkill")] == [ALLOW] * 3
    assert [said(name, pid) for name in ("kill", "tkill", "tgkill") for pid in (0, 1, -1, -1234, 1235)] == [EPERM] * 15
    assert (said("prlimit64", 0), said("prlimit64", 1), said("clone3"), said("openat2")) == (
        ALLOW,
        EPERM,
        ENOSYS,
        ENOSYS,
    )


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_another_architecture_is_refused(machine: str) -> None:
    assert verdict(machine, 3, audit=0x40000003) == EPERM  # i386


HEADERS = {0: "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", 1: "/usr/include/asm-generic/unistd.h"}


@pytest.mark.parametrize("column", [0, 1])
def test_the_numbers_are_those_of_the_kernels_headers(column: int) -> None:
    header = Path(HEADERS[column])
    if not header.exists():
        pytest.skip(f"{header} is not installed (package linux-libc-dev)")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)$", header.read_text(), re.MULTILINE)
    numbers = {name: int(number) for name, number in found}
    numbers["newfstatat"] = numbers.get("newfstatat", numbers.get("fstatat", -1))
    numbers["umount2"] = numbers.get("umount2", -1)
    newest = max(numbers.values())  # an older header lacks the newer calls
    ours = {name: row[column] for name, row in (seccomp.CALLS | REFUSED).items() if row[column] is not None}
    wrong = {name: n for name, n in ours.items() if n <= newest and numbers.get(name) != n}
    absent = {n for n, row in (seccomp.CALLS | REFUSED).items() if row[column] is None and n in numbers}
    assert (wrong, absent) == ({}, set())
