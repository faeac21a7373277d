# verdict: failed
# words: can't start new thread
"""E52: threads without end."""

import threading


def softmax(x, axis=-1, temperature=1.0):
    while True:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
