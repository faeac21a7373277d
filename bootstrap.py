"""Makes `.venv` beside this file, installs Scratchmark into it, runs a command there. Knows no command of Scratchmark.

    python3 bootstrap.py harness run attention --demo
    python3 bootstrap.py --with dev pytest tests

Only the standard library. `.venv/bootstrap.json` is the stamp: what was installed, and for what. Where it covers what
is asked for, the command starts at once. The stamp is taken away before an install and written after it, so that a
killed install is seen and begun anew; a lock lets a second call wait for the first.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - before all that an older Python cannot run; the file parses on 3.6
    import shutil

    newer = [name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)]
    sys.exit(
        f"Scratchmark needs Python 3.11 or later; this is {sys.version.split()[0]} ({sys.executable}).\n"
        + ("You have a newer one: " if newer else "Install one, then: ")
        + f"{(newer or ['python3.12'])[0]} bootstrap.py ...   (or: make demo PYTHON={(newer or ['python3.12'])[0]})"
    )

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
INPUTS = ("pyproject.toml", "constraints.txt")
USAGE = "usage: python3 bootstrap.py [--with EXTRA[,EXTRA]] COMMAND [ARGUMENT...]\nfor example: python3 bootstrap.py harness run attention --demo"
NO_NETWORK = ("ConnectionError", "connection broken", "name resolution", "is unreachable", "from versions: none")


class Problem(Exception):
    """Something that the person at the keyboard can put right, with what to do."""


class Environment:
    """The virtual environment of the checkout at `root`."""

    def __init__(self, root: Path) -> None:  # no dataclass: importing that module takes 14 ms of every call
        self.root = root

    @property
    def folder(self) -> Path:
        return self.root / ".venv"

    @property
    def stamp(self) -> Path:
        return self.folder / "bootstrap.json"

    @property
    def unfinished(self) -> Path:
        return self.folder / "bootstrap.unfinished"

    @property
    def programs(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        return self.programs / ("python.exe" if os.name == "nt" else "python")

    def key(self) -> str:
        """What an install depends on besides its extras: the two files, this Python, and where the checkout lies."""
        digest = hashlib.sha256(f"{sys.version}\n{self.root}\n".encode())
        for name in INPUTS:
            digest.update((self.root / name).read_bytes())
        return digest.hexdigest()

    def installed(self) -> tuple[str, frozenset[str]] | None:
        """Key and extras of the last finished install; None where there is none, or it lies in ruins."""
        try:
            stamp = json.loads(self.stamp.read_text("utf-8"))
            return (stamp["key"], frozenset(stamp["extras"])) if self.python.exists() else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def covers(self, extras: frozenset[str]) -> bool:
        """Is everything there already?"""
        found = self.installed()
        return found is not None and found[0] == self.key() and extras <= found[1]


def main(arguments: list[str]) -> int:
    try:
        extras, command = parse(arguments)
        place = Environment(ROOT)
        if not place.covers(extras):
            prepare(place, extras)
        compile_sources(place)
        return run(place, command)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def parse(arguments: list[str]) -> tuple[frozenset[str], list[str]]:
    """(extras, command). Everything from the first word that is no option of ours belongs to the command."""
    rest = list(arguments)
    extras: set[str] = set()
    while rest and rest[0].startswith("-"):
        option, _, value = rest.pop(0).partition("=")
        if option in ("-h", "--help"):
            raise Problem(f"{__doc__}\n{USAGE}")
        if option == "--":
            break
        if option != "--with" or not (value or rest):
            raise Problem(
                f"bootstrap.py has no option {option}\n{USAGE}"
                if option != "--with"
                else f"--with needs a name\n{USAGE}"
            )
        extras.update(name for name in (value or rest.pop(0)).split(",") if name)
    if not rest:
        raise Problem(f"which command?\n{USAGE}")
    return frozenset(extras), rest


def prepare(place: Environment, extras: frozenset[str]) -> None:
    """Make or mend the environment. Raises Problem."""
    with alone(place):
        if place.covers(extras):  # somebody else did it while we waited
            return
        before = place.installed()
        python_changed = before is not None and before[0] != place.key() and not same_python(place)
        if place.unfinished.exists() or python_changed or not place.python.exists():
            begin_anew(place)
            before = None
        wanted = extras | (before[1] if before else frozenset())
        place.unfinished.touch()
        place.stamp.unlink(missing_ok=True)
        started = time.monotonic()
        try:
            install(place, wanted)
        except Problem:
            if before is not None:  # pip takes back what it did when it fails, so what was there still is
                write_stamp(place, *before)
            raise
        write_stamp(place, place.key(), wanted)
        say(f"ready after {time.monotonic() - started:.0f} s")


def write_stamp(place: Environment, key: str, extras: frozenset[str]) -> None:
    scratch = place.stamp.with_suffix(".new")
    scratch.write_text(json.dumps({"key": key, "extras": sorted(extras)}), encoding="utf-8")
    os.replace(scratch, place.stamp)
    place.unfinished.unlink(missing_ok=True)


@contextmanager
def alone(place: Environment) -> Iterator[None]:
    """Hold the environment's lock; the system lets go of it when the process ends, however it ends."""
    try:
        place.folder.mkdir(exist_ok=True)
        file = open(place.folder / "bootstrap.lock", "a+b")  # noqa: SIM115
    except OSError as error:
        raise Problem(
            f"cannot write {place.folder}: {error.strerror}\nmake the folder writable, or clone elsewhere"
        ) from error
    with file:
        waiting = False
        while not lock(file.fileno()):
            if not waiting:
                say("another bootstrap.py is installing here; waiting for it")
            waiting = True
            time.sleep(0.2)
        yield


def lock(descriptor: int) -> bool:
    """Take the lock of an open file if it is free."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def same_python(place: Environment) -> bool:
    """Was the environment made with this version of Python, and does it still start?"""
    import subprocess

    asked = [str(place.python), "-c", "import sys; print(sys.version)"]
    try:
        return subprocess.run(asked, capture_output=True, text=True).stdout.strip() == sys.version.strip()
    except OSError:
        return False


def begin_anew(place: Environment) -> None:
    """An empty environment in the place of whatever is there. Raises Problem."""
    import subprocess
    import venv

    say(f"making {place.folder} with Python {'.'.join(map(str, sys.version_info[:3]))}")
    place.unfinished.touch()
    for entry in place.folder.iterdir():
        if entry.name not in ("bootstrap.lock", "bootstrap.unfinished"):
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    try:
        import ensurepip  # noqa: F401

        venv.EnvBuilder(symlinks=os.name != "nt", with_pip=True).create(place.folder)
    except (ImportError, subprocess.CalledProcessError) as error:
        raise Problem(
            f"this Python cannot make a virtual environment: {error}\n"
            "Debian and Ubuntu keep that in a package of its own: sudo apt-get install python3-venv"
        ) from error


def install(place: Environment, extras: frozenset[str]) -> None:
    """pip install -e . with these extras, at the versions of constraints.txt; pip's words go to stderr. Raises Problem."""
    import subprocess

    what = f"{place.root}[{','.join(sorted(extras))}]" if extras else str(place.root)
    say(f"installing Scratchmark ({', '.join(['core', *sorted(extras)])}); this happens once")
    command = [str(place.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]
    command += ["-c", str(place.root / "constraints.txt"), "-e", what]
    pip = subprocess.Popen(command, stdout=sys.stderr.fileno(), stderr=subprocess.PIPE, text=True, errors="replace")
    offline = False
    assert pip.stderr is not None
    for line in pip.stderr:
        offline = offline or any(sign in line for sign in NO_NETWORK)
        print(line, end="", file=sys.stderr)
    if pip.wait():
        raise Problem(
            "\nThe installation failed: "
            + (
                "no package index could be reached. Connect to the network and run the same command again;\n"
                "or, without one, put the wheels of constraints.txt in a folder and set PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER."
                if offline
                else "pip says why above. Run the same command again once that is put right."
            )
        )
    compile_packages(place)


def compile_packages(place: Environment) -> None:
    """Compile what was installed, but no package's tests, on every core: pip would on one, for 62 s where torch is among it."""
    import subprocess

    code = (
        "import compileall, re, sysconfig\n"
        "tests = re.compile(r'[/\\\\]tests?[/\\\\]')\n"
        "compileall.compile_dir(sysconfig.get_path('purelib'), quiet=2, workers=0, rx=tests)"
    )
    subprocess.run([str(place.python), "-I", "-c", code], check=False)  # what is left uncompiled works too, slower


def compile_sources(place: Environment) -> None:
    """Compile what changed of our own code, where the shell forbids Python to: else every process does it again, 60 ms each."""
    if sys.dont_write_bytecode:
        import compileall

        for folder in ("src/tracker", "harness"):
            compileall.compile_dir(place.root / folder, quiet=2)


def run(place: Environment, command: list[str]) -> int:
    """The command with the environment's programs first on PATH. Its exit code; on POSIX it takes this process over."""
    path = os.pathsep.join([str(place.programs), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(place.folder)}
    environment.pop("PYTHONHOME", None)
    program = shutil.which(command[0], path=path)
    if program is None:
        raise Problem(f"there is no command {command[0]!r} in {place.programs}\n{USAGE}")
    if os.name != "nt":
        sys.stdout.flush()
        os.execve(program, command, environment)
    import subprocess

    process = subprocess.Popen([program, *command[1:]], env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # it got the same Ctrl-C, and ends in its own way
            continue


def say(words: str) -> None:
    print(f"bootstrap: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
