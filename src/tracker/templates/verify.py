"""Grades the reports of this workspace again, on your machine, and says line by line what agrees.

    python3 verify.py                     all of reports/
    python3 verify.py reports/softmax     those of one exercise, or of one file
    python3 verify.py --source FOLDER     with the Scratchmark of that folder, or of an address

Needs Linux, Python 3.11 or later, and a network the first time: it installs Scratchmark into `.verify/` beside this file
and runs `harness verify` there, with the exercises that came with Scratchmark, never with a file of this workspace. The
code of a report runs in a sandbox, and only once you have said so. Delete `.verify/`, and nothing is left.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

SOURCE = ""  # what pip installs; empty where the Scratchmark that made this workspace had not been published
VERSION = ""
ALWAYS = "oracles"  # some exercises draw their inputs from scikit-learn's data
# What a report may need besides; for CuPy say --with cuda12 or cuda13, as your driver has it.
BACKENDS = ("torch", "triton")
MOST_BYTES = 64_000_000  # of a report

HERE = Path(__file__).resolve().parent
FOLDER = HERE / ".verify"
PYTHON = FOLDER / "venv" / "bin" / "python"
STAMP = FOLDER / "installed.txt"
UNPUBLISHED = (
    "This workspace was made with Scratchmark {version}, installed from a folder, so this file knows no place to get it from.\n"
    "Once you have that version: python3 verify.py --source FOLDER, or the address of its git repository, git+https://..."
)
FAILED = (
    "{source} could not be installed; pip says why above. From elsewhere: python3 verify.py --source FOLDER_OR_ADDRESS"
)


def main() -> int:
    asked = _parser().parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this has any Python
        return _stop("This needs Python 3.11 or later; start it with a newer one.")
    if not (asked.source or SOURCE):
        return _stop(UNPUBLISHED.format(version=VERSION))
    source, targets = asked.source or SOURCE, [path.resolve() for path in asked.target or [HERE / "reports"]]
    extras = {ALWAYS, *filter(None, asked.extras.split(",")), *_backends(targets)}
    if not _is_installed(source, extras) and not _install(source, extras):
        return _stop(FAILED.format(source=_requirement(source, extras)))
    wanted = [name for name in ("yes", "timing", "allow-declined", "json") if getattr(asked, name.replace("-", "_"))]
    options = [*(f"--{name}" for name in wanted), "--sandbox", asked.sandbox]
    command = [str(PYTHON), "-I", "-m", "harness", "verify", *options, "--", *map(str, targets)]
    return subprocess.run(command, cwd=FOLDER).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="*", type=Path, help="reports, or folders of them")
    parser.add_argument("--source", help=f"install Scratchmark from there; else {SOURCE or 'nowhere'}")
    parser.add_argument("--with", dest="extras", default="", metavar="EXTRA,...", help="cuda12, cuda13, site, plots")
    parser.add_argument("--yes", action="store_true", help="run the reports' code without asking")
    parser.add_argument("--timing", action="store_true", help="time again too")
    parser.add_argument("--allow-declined", action="store_true", help="exit 0 where all that can be graded here holds")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--sandbox", default="process", choices=["process", "namespaces"])
    return parser


def _backends(targets: Iterable[Path]) -> Iterator[str]:
    """What the reports ran on. Of a file that is no report nothing: `harness verify` says what is wrong with it."""
    for path in (path for target in targets for path in ([target] if target.is_file() else target.rglob("*.json"))):
        try:
            report = json.loads(path.read_bytes()) if path.stat().st_size <= MOST_BYTES else None
        except (OSError, ValueError, RecursionError):
            continue
        yield from (name for name in BACKENDS if isinstance(report, dict) and report.get("backend") == name)


def _requirement(source: str, extras: Iterable[str]) -> str:
    """As pip reads it, from any folder: a path in full, an address, or a name with a version."""
    wanted = "[" + ",".join(sorted(extras)) + "]"
    if Path(source).exists():
        return str(Path(source).resolve()) + wanted
    if "://" in source:
        return f"scratchmark{wanted} @ {source}"
    return source.replace("scratchmark", f"scratchmark{wanted}", 1)


def _is_installed(source: str, extras: set[str]) -> bool:
    """Of the same source, with these extras or more."""
    first, *installed = STAMP.read_text("utf-8").splitlines() if PYTHON.exists() and STAMP.exists() else [""]
    return first == _requirement(source, ()) and extras <= set(installed)


def _install(source: str, extras: set[str]) -> bool:
    """A new environment, and an empty workspace that has the shipped exercises alone."""
    wanted = _requirement(source, extras)
    print(f"installing {wanted} into {FOLDER}", file=sys.stderr, flush=True)
    FOLDER.mkdir(exist_ok=True)
    STAMP.unlink(missing_ok=True)
    (FOLDER / ".gitignore").write_text("*\n", "utf-8")
    (FOLDER / "roadmap.yaml").write_text("extends: scratchmark\n", "utf-8")
    make = [sys.executable, "-m", "venv", "--clear", str(FOLDER / "venv")]
    pip = [str(PYTHON), "-I", "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--", wanted]
    if any(subprocess.run(command, stdout=sys.stderr).returncode for command in (make, pip)):
        return False
    STAMP.write_text("\n".join([_requirement(source, ()), *sorted(extras)]), "utf-8")
    return True


def _stop(words: str) -> int:
    print(words, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
