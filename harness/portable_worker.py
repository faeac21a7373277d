"""The worker of portable mode: the same requests on two pipes. Its standard output and input are the judge's channel
until it has taken them away from whoever prints or reads.
"""

from __future__ import annotations

import os

from harness import wire, worker
from harness.zygote import leave_checkout


def main() -> None:
    """Answer requests until the judge hangs up."""
    channel = wire.Pipes(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    leave_checkout()
    worker.main(channel)


if __name__ == "__main__":
    main()
