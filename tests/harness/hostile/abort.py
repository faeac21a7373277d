# verdict: crashed
# message: it died of SIGABRT (a library aborted) while running softmax
import os


def softmax(x, axis=-1, temperature=1.0):
    os.abort()
