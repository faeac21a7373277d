# verdict: failed
# printed: open: []
# unconfined: a report
# absent: @WORKSPACE@/reports/softmax/fake.json
"""E48: a report, the journal, the roadmap, its own source."""

import os

opened = []
for name, path in {
    "a report": "@WORKSPACE@/reports/softmax/fake.json",
    "the journal": "@WORKSPACE@/reports/journal.jsonl",
    "the roadmap": "@WORKSPACE@/roadmap.yaml",
    "its own source": __file__,
}.items():
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "a").close()
        opened.append(name)
    except OSError:
        pass
    for attempt in (os.unlink, lambda p: os.chmod(p, 0o777), lambda p: os.truncate(p, 0), lambda p: os.rename(p, "x")):
        try:
            if name != "the roadmap":
                attempt(path)
                opened.append(name)
        except OSError:
            pass
print("open:", sorted(set(opened)))


def softmax(x, axis=-1, temperature=1.0):
    return x
