"""What may cross between judge and worker, and how it is laid out. Knows no exercise, no process and no verdict.

Three layers, none of which trusts the peer: structure (`encode`, `decode`: msgpack under caps), arrays (`Arena`: raw
bytes in memory that both sides map) and frames (`send`, `receive`: length, body and file descriptors on a socket).
A wire value is None, bool, int, float, complex, str, bytes, an array, `Rng`, or a list, tuple or dict of these.
"""

from harness.wire.arena import Arena, fetch_all, place_all
from harness.wire.frames import Pipes, read_frame, receive, send, write_frame
from harness.wire.messages import decode, encode
from harness.wire.values import CAPS, DTYPES, ArrayRef, Bfloat16, Caps, Rng, WireError

__all__ = [
    "CAPS", "DTYPES", "Arena", "ArrayRef", "Bfloat16", "Caps", "Pipes", "Rng", "WireError", "decode", "encode",
    "fetch_all", "place_all", "read_frame", "receive", "send", "write_frame",
]  # fmt: skip
