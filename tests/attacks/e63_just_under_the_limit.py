# verdict: timed out
# words: all its calls together took longer than 3 s
# base: reference
# limits: call_s=2, total_s=3
"""E63: every call just within its limit, to hold up the queue. All together have a limit too."""

import time

compute = softmax


def softmax(x, axis=-1, temperature=1.0):
    time.sleep(1)
    return compute(x, axis, temperature)
