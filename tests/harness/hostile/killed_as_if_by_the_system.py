# verdict: out of memory
# message: the system killed it (SIGKILL) while running softmax: most likely out of memory
import os
import signal


def softmax(x, axis=-1, temperature=1.0):
    os.kill(os.getpid(), signal.SIGKILL)
