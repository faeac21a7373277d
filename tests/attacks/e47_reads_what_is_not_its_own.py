# verdict: failed
# printed: open: []
# unconfined: solution
"""E47: the solutions, the spec, another submission, the tests."""

import glob
import os

opened = []
for name, pattern in {
    "solution": "@CHECKOUT@/curriculum/*/softmax/solutions/reference.py",
    "spec": "@CHECKOUT@/curriculum/*/softmax/spec.py",
    "tests": "@CHECKOUT@/tests/attacks/*.py",
    "another submission": "@OTHER@",
    "accounts": "/etc/passwd",
}.items():
    for path in glob.glob(pattern) or [pattern.replace("*", "neural-networks")]:
        try:
            open(path).close()
            opened.append(name)
        except OSError:
            pass
for start in (os.path.dirname(__file__), "/tmp", *({os.getcwd()} - {"/"})):
    for folder, _, names in os.walk(start):
        opened += [f"{folder}/{n}" for n in names if n in ("reference.py", "spec.py", "roadmap.yaml", "other.py")]
print("open:", sorted(set(opened)))


def softmax(x, axis=-1, temperature=1.0):
    return x
