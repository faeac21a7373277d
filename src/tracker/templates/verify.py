"""Grades the reports of this workspace again, on your machine, and says line by line what agrees.

    python3 verify.py                     all of reports/
    python3 verify.py reports/softmax     those of one exercise, or of one file
    python3 verify.py --with torch        with what reports on torch need

Needs Linux, Python 3.11 or later, and a network the first time: it installs Scratchmark into `.verify/` beside this file
and runs `harness verify` there, with the exercises that came with Scratchmark, never with a file of this workspace. The
code of a report runs in a sandbox, and only once you have said so. Delete `.verify/`, and nothing is left.
"""

import argparse
import subprocess
import sys
from pathlib import Path

SOURCE = ""  # what pip installs; empty where the Scratchmark that made this workspace had not been published
VERSION = ""
ALWAYS = "oracles"  # some exercises draw their inputs from scikit-learn's data

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
    source = _requirement(asked.source or SOURCE, asked.extras)
    if not _is_installed(source) and not _install(source):
        return _stop(FAILED.format(source=source))
    wanted = [name for name in ("yes", "timing", "json") if getattr(asked, name)]
    options = [*(f"--{name}" for name in wanted), "--sandbox", asked.sandbox]
    targets = [str(path.resolve()) for path in asked.target or [HERE / "reports"]]
    command = [str(PYTHON), "-I", "-m", "harness", "verify", *options, "--", *targets]
    return subprocess.run(command, cwd=FOLDER).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="*", type=Path, help="reports, or folders of them")
    parser.add_argument("--source", help=f"install Scratchmark from there; else {SOURCE or 'nowhere'}")
    parser.add_argument("--with", dest="extras", default="", metavar="EXTRA,...", help="torch, triton, site, plots")
    parser.add_argument("--yes", action="store_true", help="run the reports' code without asking")
    parser.add_argument("--timing", action="store_true", help="time again too")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--sandbox", default="process", choices=["process", "namespaces"])
    return parser


def _requirement(source: str, extras: str) -> str:
    """As pip reads it, from any folder: a path in full, an address, or a name with a version."""
    wanted = "[" + ",".join(filter(None, (ALWAYS, extras))) + "]"
    if Path(source).exists():
        return str(Path(source).resolve()) + wanted
    if "://" in source:
        return f"scratchmark{wanted} @ {source}"
    return source.replace("scratchmark", f"scratchmark{wanted}", 1)


def _is_installed(source: str) -> bool:
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text("utf-8") == source


def _install(source: str) -> bool:
    """A new environment, and an empty workspace that has the shipped exercises alone."""
    print(f"installing {source} into {FOLDER}", file=sys.stderr, flush=True)
    FOLDER.mkdir(exist_ok=True)
    STAMP.unlink(missing_ok=True)
    (FOLDER / ".gitignore").write_text("*\n", "utf-8")
    (FOLDER / "roadmap.yaml").write_text("extends: scratchmark\n", "utf-8")
    make = [sys.executable, "-m", "venv", "--clear", str(FOLDER / "venv")]
    pip = [str(PYTHON), "-I", "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--", source]
    if any(subprocess.run(command, stdout=sys.stderr).returncode for command in (make, pip)):
        return False
    STAMP.write_text(source, "utf-8")
    return True


def _stop(words: str) -> int:
    print(words, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
