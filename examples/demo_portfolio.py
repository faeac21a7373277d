"""Makes the demo's portfolio from real work: ten shipped solutions, graded and timed on this machine. No number is made up.

    python examples/demo_portfolio.py [--budget SECONDS]

They are graded as a learner's answers are, in a workspace of their own; the page says that they are the shipped ones,
and lies with their reports in reports/demo/portfolio/, which is made anew.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "reports" / "demo" / "portfolio"
ANSWERS = (
    ("matmul", "numpy", "linear-algebra/matmul/solutions/blocked.py"),
    ("svd", "numpy", "linear-algebra/svd/solutions/round_robin.py"),
    ("gradient_descent", "numpy", "optimization/gradient_descent/solutions/preallocated.py"),
    ("momentum", "numpy", "optimization/momentum/solutions/fused.py"),
    ("adam", "numpy", "optimization/adam/solutions/fused.py"),
    ("optimizer_comparison", "numpy", "optimization/optimizer_comparison/solutions/arrays.py"),
    ("softmax", "numpy", "neural-networks/softmax/solutions/reference.py"),
    ("layer_norm", "numpy", "neural-networks/layer_norm/solutions/reference.py"),
    ("attention", "numpy", "transformers/attention/solutions/blocked.py"),
    ("attention", "torch", "transformers/attention/solutions/with_torch.py"),
    ("bpe", "numpy", "language-models/bpe/solutions/linked_list.py"),
)
OWNER = """\
name: A demonstration
about: >-
  These answers are Scratchmark's own shipped solutions, graded and timed on the machine that built this page, so that
  you can see what a portfolio looks like. Yours is made the same way from what you wrote.
"""


def main() -> int:
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--budget", type=float, default=5.0, help="seconds of timing for each answer")
    given = wanted.parse_args()
    answers = [one for one in ANSWERS if one[1] != "torch" or importlib.util.find_spec("torch")]
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "demo"
        call(Path(scratch), "tracker", "init", str(place))
        (place / "portfolio.yaml").write_text(OWNER, "utf-8")
        for number, (exercise, backend, solution) in enumerate(answers, 1):
            began = time.monotonic()
            put(place, exercise, backend, solution)
            call(place, "harness", "run", exercise, "--backend", backend, "--budget", f"{given.budget:g}")
            print(f"{number:2} of {len(answers)}  {exercise} ({backend}), {time.monotonic() - began:.0f} s", flush=True)
        call(place, "tracker", "portfolio", "--output", "reports/index.html", "--badges")
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.copytree(place / "reports", FOLDER)
    print(f"open {FOLDER / 'index.html'}")
    return 0


def put(place: Path, exercise: str, backend: str, solution: str) -> None:
    """The solution as a learner's answer would lie there."""
    name = f"{exercise}.py" if backend == "numpy" else f"{exercise}_{backend}.py"
    target = place / "impls" / exercise / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "curriculum" / solution, target)


def call(folder: Path, program: str, *words: str) -> None:
    """Run one of our commands; what it said is shown only where it failed."""
    ended = subprocess.run([sys.executable, "-m", program, *words], cwd=folder, capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"{program} {' '.join(words)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")


if __name__ == "__main__":
    sys.exit(main())
