# verdict: timed out
# words: running softmax took longer than 2 s
# limits: call_s=2
"""E53: a call without end, deaf to every signal."""

import signal

for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)


def softmax(x, axis=-1, temperature=1.0):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
