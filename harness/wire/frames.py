"""Messages on a Unix stream socket: length, body, file descriptors; no peer can outlast a deadline. Reads no message.

On a pipe (portable mode) the same without descriptors and deadlines: whoever reads there has a thread to wait in.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import IO

from harness.wire.values import CAPS, Caps, WireError

MOST_FDS = 4  # descriptors beside one message

_LENGTH = struct.Struct("<I")


def send(sock: socket.socket, message: bytes, fds: Sequence[int] = (), deadline: float | None = None) -> None:
    """One frame, with at most 4 descriptors, on a Unix stream socket: a length (4 bytes, little endian), then the body.

    deadline: in seconds of time.monotonic(). Raises TimeoutError, or the OSError (BrokenPipeError) of a peer that is gone.
    """
    if len(fds) > MOST_FDS:
        raise WireError(f"{len(fds)} descriptors beside one message; at most {MOST_FDS} may be")
    ready = _Ready(sock, select.POLLOUT, deadline)
    unsent = memoryview(_LENGTH.pack(len(message)) + message)
    beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f"{len(fds)}i", *fds))] if fds else []
    while unsent:
        ready.wait()
        try:
            sent = sock.sendmsg([unsent], beside, socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        unsent, beside = unsent[sent:], []


def receive(
    sock: socket.socket, deadline: float | None, limits: Caps = CAPS, most_fds: int = MOST_FDS
) -> tuple[bytes, tuple[int, ...]]:
    """The next frame's body and descriptors, which are close-on-exec and the caller's to close.

    deadline: in seconds of time.monotonic(); a peer that sends byte after byte does not outlast it. Raises
    TimeoutError, EOFError (the peer has closed, between frames or within one), and WireError for a frame over
    `limits.bytes` or with more than `most_fds` descriptors. After any of these the channel is of no more use.
    """
    ready = _Ready(sock, select.POLLIN, deadline)
    fds: list[int] = []
    try:
        length = _receive_length(sock, ready, fds, most_fds)
        if length > limits.bytes:
            raise WireError(f"a frame of {length} bytes was announced; at most {limits.bytes} are allowed")
        return _receive_body(sock, ready, length), tuple(fds)
    except BaseException:
        for fd in fds:
            os.close(fd)
        raise


def _receive_length(sock: socket.socket, ready: _Ready, fds: list[int], most_fds: int) -> int:
    """Reads the head of a frame; its descriptors are added to `fds` as they come."""
    head = b""
    room = socket.CMSG_LEN(most_fds * 4)
    # Not socket.recv_fds: in Python 3.11 it drops its flags, and so the deadline and close-on-exec.
    flags = socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC
    while len(head) < _LENGTH.size:
        ready.wait()
        try:
            data, beside, state, _ = sock.recvmsg(_LENGTH.size - len(head), room, flags)
        except BlockingIOError:
            continue
        except ConnectionResetError:
            data, beside, state = b"", [], 0
        for level, kind, payload in beside:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds += struct.unpack(f"{len(payload) // 4}i", payload[: len(payload) // 4 * 4])
        if len(fds) > most_fds or state & socket.MSG_CTRUNC:  # the kernel has closed those that did not fit
            raise WireError(f"more than {most_fds} descriptors beside one message")
        if not data:
            raise EOFError("the peer closed the channel" + (" within a frame" if head else ""))
        head += data
    length: int = _LENGTH.unpack(head)[0]
    return length


def _receive_body(sock: socket.socket, ready: _Ready, length: int) -> bytes:
    body = bytearray(length)
    unfilled = memoryview(body)
    while unfilled:
        try:
            got = sock.recv_into(
                unfilled, flags=socket.MSG_DONTWAIT
            )  # without room for descriptors: the kernel closes them
        except BlockingIOError:
            ready.wait()
            continue
        except ConnectionResetError:
            got = 0
        if not got:
            raise EOFError(f"the peer closed the channel {len(unfilled)} bytes before the end of a frame")
        unfilled = unfilled[got:]
        ready.check()
    return bytes(body)


class _Ready:
    """Waits until a socket can be read or written, never past the deadline. The socket's own mode stays as it is."""

    def __init__(self, sock: socket.socket, event: int, deadline: float | None) -> None:
        self.poll = select.poll()
        self.poll.register(sock, event)
        self.deadline = deadline

    def check(self) -> float | None:
        """Milliseconds left."""
        if self.deadline is None:
            return None
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the peer did not finish within the time allowed")
        return left_s * 1000

    def wait(self) -> None:
        if not self.poll.poll(self.check()):
            raise TimeoutError("the peer did not finish within the time allowed")


@dataclass(frozen=True)
class Pipes:
    """A worker's side of two pipes: the bodies of frames as they come, and where its own go."""

    inbox: SimpleQueue[bytes]
    writing: IO[bytes]


def write_frame(pipe: IO[bytes], message: bytes) -> None:
    """One frame on a pipe. Raises the OSError of a peer that is gone."""
    pipe.write(_LENGTH.pack(len(message)) + message)
    pipe.flush()


def read_frame(pipe: IO[bytes], limits: Caps = CAPS) -> bytes:
    """The next frame's body on a pipe. Raises EOFError, and WireError for a frame over `limits.bytes`."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError("the peer closed the pipe")
    length: int = _LENGTH.unpack(head)[0]
    if length > limits.bytes:
        raise WireError(f"a frame of {length} bytes was announced; at most {limits.bytes} are allowed")
    body = pipe.read(length)
    if len(body) < length:
        raise EOFError(f"the peer closed the pipe {length - len(body)} bytes before the end of a frame")
    return body
