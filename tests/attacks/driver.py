"""Grades attacks inside a namespace that is thrown away, and prints a JSON line for each. Started by test_attacks.py.

It is the first process of its namespace (else it refuses), so that mounts, kills and forks reach nothing outside, and
when it ends everything in there ends. Its temporary folders are its own; the rest of the system it makes read-only.
Judges nothing: which verdict is right is said by the head of each file, and compared by test_attacks.py.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import re
import resource
import shutil
import socket
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
SHOP = Path("/tmp/attacks")
AT_A_TIME = int(os.environ.get("AT_A_TIME", "2"))
PATIENCE_S = int(os.environ.get("PATIENCE_S", "180"))
OF_THE_HOST = re.compile(r"a04|a08|c3|d38|d4[026]_[^e]|e(?!58_ev|6[123])|right_|wrong_")
SHORTER = """
from dataclasses import replace

from harness.spec import Limits

EXERCISE = replace(EXERCISE, limits=Limits({limits}), timings=(replace(EXERCISE.timings[0], scaling=None, library={{}}),))
"""


def asked(path: Path) -> dict[str, str]:
    """{key: value} of the lines `# key: value` at the top; of a folder, of the file in it that holds the parts."""
    found = {}
    for line in (path / "softmax.py" if path.is_dir() else path).read_text("utf-8").splitlines():
        match = re.fullmatch(r"# ([a-z ]+): (.*)", line)
        if match is None:
            break
        found[match[1]] = match[2]
    return found


def answers() -> list[Path]:
    """Every attack and control: a file, or a folder with a softmax.py."""
    files = {*HERE.glob("[a-e][0-9]*.py"), *HERE.glob("*_controls/*.py")}
    return sorted(files | {path.parent for path in HERE.glob("[a-e][0-9]*/softmax.py")})


def is_for(path: Path, level: str) -> bool:
    """At the second level those that reach for the host, the channel or other processes; the judge is the same."""
    told = asked(path).get("levels")
    if told is not None:
        return level in told
    return level == "process" or OF_THE_HOST.match(path.relative_to(HERE).as_posix()) is not None


def main(level: str, names: list[str]) -> None:
    if os.getpid() != 1:
        sys.exit("this runs hostile code: start it through test_attacks.py, in a namespace of its own")
    _furnish()
    chosen = [path for path in answers() if not names or path.stem in names]
    if level == "none":
        chosen = [path for path in chosen if "unconfined" in asked(path)]
    else:
        chosen = [path for path in chosen if is_for(path, level)]
    began = time.monotonic()
    with _listening() as places, ThreadPoolExecutor(AT_A_TIME) as pool:
        for done in as_completed([pool.submit(_graded, path, level, places) for path in chosen]):
            print(json.dumps(done.result()), flush=True)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = {
        "seconds": round(time.monotonic() - began, 1),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "processes": _left_over(),
    }
    print(json.dumps({"end": told}))


def _furnish() -> None:
    """Temporary folders of our own, a read-only rest where the kernel lets us, a loopback device, no capabilities."""
    libc = ctypes.CDLL(None, use_errno=True)
    read_only, remount, bind = 1, 32, 4096
    needed = {path for path in (CHECKOUT, Path(sys.prefix), Path(sys.base_prefix)) if path.is_relative_to("/tmp")}
    kept = {path: os.open(path, os.O_PATH) for path in sorted(needed)}  # a checkout below /tmp would be covered up
    for folder in ("/tmp", "/dev/shm"):
        if libc.mount(b"attacks", folder.encode(), b"tmpfs", 0, b"mode=1777,size=3g"):
            sys.exit(f"cannot mount over {folder}: {os.strerror(ctypes.get_errno())}")
    for path, fd in kept.items():
        path.mkdir(parents=True, exist_ok=True)
        if libc.mount(f"/proc/self/fd/{fd}".encode(), str(path).encode(), None, bind, None):
            sys.exit(f"cannot bring back {path}: {os.strerror(ctypes.get_errno())}")
        libc.mount(None, str(path).encode(), None, read_only | remount | bind, None)
    libc.mount(None, b"/", None, read_only | remount | bind, None)
    with contextlib.suppress(OSError), socket.socket() as one:
        fcntl.ioctl(one, 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
    libc.prctl(47, 4, 0, 0, 0)  # PR_CAP_AMBIENT_CLEAR_ALL: an ordinary user's commands are an ordinary user's
    SHOP.mkdir()
    (SHOP / "other.py").write_text("SECRET = 42\n")


@contextlib.contextmanager
def _listening() -> Any:
    """Sockets to which a connection would succeed, and the other names that attacks are told."""
    with socket.socket() as port, socket.socket(socket.AF_UNIX) as abstract, socket.socket(socket.AF_UNIX) as named:
        port.bind(("127.0.0.1", 0))
        abstract.bind("\0scratchmark-attacks")
        named.bind(str(SHOP / "socket"))
        os.chmod(SHOP / "socket", 0o777)
        for one in (port, abstract, named):
            one.listen(64)
        yield {
            "@PORT@": str(port.getsockname()[1]),
            "@SOCKET@": str(SHOP / "socket"),
            "@OTHER@": str(SHOP / "other.py"),
            "@CHECKOUT@": str(CHECKOUT),
        }


def _graded(path: Path, level: str, places: dict[str, str]) -> dict[str, Any]:
    """One answer through the real command, in a workspace and a temporary folder of its own."""
    wanted = asked(path)
    exercise = wanted.get("exercise", "softmax")
    shop = SHOP / path.stem
    workspace, temporary, answer = shop / "workspace", shop / "temporary", shop / "answer.py"
    for folder in (workspace, temporary):
        folder.mkdir(parents=True)
    (workspace / "roadmap.yaml").write_text("extends: scratchmark\n")
    (content,) = (CHECKOUT / "curriculum").glob(f"*/{exercise}")
    if "limits" in wanted or "timing" in wanted:
        shutil.copytree(content, workspace / "curriculum" / "own" / exercise)
        with (workspace / "curriculum" / "own" / exercise / "spec.py").open("a") as spec:
            spec.write(SHORTER.format(limits=wanted.get("limits", "")))
    names = {
        **places, "@WORKSPACE@": str(workspace), "@MARK@": str(shop / "mark"),
        "@SOLUTION@": str(content / "solutions" / "reference.py"),
    }  # fmt: skip
    if path.is_dir():
        answer = shop / "answer"
        shutil.copytree(path, answer)
        for name in wanted.get("beside", "").split():
            (answer / f"{name}.py").write_text('raise SystemExit("shadowed")\n')
        if "link" in wanted:
            name, _, target = wanted["link"].partition(" -> ")
            (answer / name).symlink_to(names[target])
    else:
        reference = (content / "solutions" / "reference.py").read_text("utf-8") if "base" in wanted else ""
        answer.write_text(_filled(f"{reference}\n\n{path.read_text('utf-8')}", names), "utf-8")
    before, began = _files(workspace), time.monotonic()
    command = [
        sys.executable, "-m", "harness", "run", exercise, "--answer", str(answer), "--json", "--no-save",
        *(("--budget", "1") if "timing" in wanted else ("--quick",)), *(("--sandbox", level) if level != "process" else ()),
    ]  # fmt: skip
    environment = {
        "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/tmp", "XDG_CACHE_HOME": str(SHOP / "cache"),
        "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "100",
    }  # fmt: skip
    done: dict[str, Any] = {"answer": path.relative_to(HERE).as_posix(), "level": level}
    try:
        ended = subprocess.run(
            command,
            cwd=workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return done | {"code": None, "stderr": f"the command took longer than {PATIENCE_S} s", "found": {}}
    try:
        found = json.loads(ended.stdout)
    except ValueError:
        found = {}
    after = _files(workspace)
    return done | {
        "code": ended.returncode, "stderr": ended.stderr.decode("utf-8", "replace")[-2000:], "found": _kept(found) if found else {},
        "seconds": round(time.monotonic() - began, 1), "temporary": os.listdir(temporary),
        "changed": sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)),
        "there": [text for text in [_filled(wanted.get("absent", ""), names)] if text and os.path.exists(text)],
    }  # fmt: skip


def _filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text


def _kept(found: dict[str, Any]) -> dict[str, Any]:
    keys = ("verdict", "message", "printed", "mark_notes", "timings", "memory", "sandbox", "marks")
    failed = [f"{c['part']}/{c['name']}: {c['message']}" for c in found.get("cases", ()) if not c["passed"]]
    return {key: found.get(key) for key in keys} | {"failed": failed}


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


def _left_over() -> list[str]:
    """The other processes of this namespace, once the kernel had its time to end them."""
    deadline = time.monotonic() + 10
    while (found := list(_others())) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _others() -> Any:
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            head, _, rest = path.read_text().rpartition(") ")
            if rest[0] != "Z" and path.parent.name != "1":
                yield head


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
