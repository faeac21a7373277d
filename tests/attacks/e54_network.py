# verdict: failed
# printed: open: []
# unconfined: the judge's port
"""E54: a port of the judge's machine, its abstract and its named sockets, datagrams."""

import _socket as plain

opened = []
for name, family, kind, address in (
    ("the judge's port", plain.AF_INET, plain.SOCK_STREAM, ("127.0.0.1", int("@PORT@"))),
    ("datagrams", plain.AF_INET, plain.SOCK_DGRAM, ("127.0.0.1", int("@PORT@"))),
    ("an abstract socket", plain.AF_UNIX, plain.SOCK_STREAM, "\0scratchmark-attacks"),
    ("a named socket", plain.AF_UNIX, plain.SOCK_STREAM, "@SOCKET@"),
):
    try:
        one = plain.socket(family, kind)
        one.connect(address)
        one.close()
        opened.append(name)
    except OSError:
        pass
print("open:", opened)


def softmax(x, axis=-1, temperature=1.0):
    return x
