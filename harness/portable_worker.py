"""The worker of portable mode: the same requests on two pipes. Its standard output and input are the judge's channel
until it has taken them away from whoever prints or reads.
"""

from __future__ import annotations

import os
import threading
from queue import SimpleQueue
from typing import IO

from harness import wire, worker
from harness.zygote import leave_checkout


def main() -> None:
    """Answer requests until the judge hangs up."""
    inbox: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(os.fdopen(os.dup(0), "rb"), inbox), daemon=True).start()
    channel = wire.Pipes(inbox, os.fdopen(os.dup(1), "wb"))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    leave_checkout()
    worker.main(channel)


def _listen(pipe: IO[bytes], inbox: SimpleQueue[bytes]) -> None:
    """Every request; when the judge is gone, so is this process, whatever the answer is doing."""
    try:
        while True:
            inbox.put(wire.read_frame(pipe))
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
