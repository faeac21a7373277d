# verdict: passed
# base: reference
# printed: open: []
# timing: none
"""D42: move to the other arm's core, raise the own priority, and thrash the caches while the other works."""

import os
import threading

import numpy as np

opened = []
for name, attempt in {
    "affinity": lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, 5),
    "scheduler": lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)),
}.items():
    try:
        attempt()
        opened.append(name)
    except OSError:
        pass
print("open:", opened)
spare = np.ones(2**22)


def thrash():
    while True:
        np.add(spare, 1, out=spare)


threading.Thread(target=thrash, daemon=True).start()
