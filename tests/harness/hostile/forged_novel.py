# verdict: failed
# case: softmax/matrix: it raised AAAA
# A forged reply may be long; what is kept and shown of it is not.
worker = __import__("har" + "ness.worker", fromlist=["worker"])
honest = worker._send


def send(channel, message):
    if message["seq"] > 2:
        message = {
            "seq": message["seq"],
            "status": "raised",
            "names": ["A" * 1_000_000] * 2,
            "message": "blah " * 1_000_000,
            "frames": ["f" * 1000] * 1000,
        }
    honest(channel, message)


worker._send = send


def softmax(x, axis=-1, temperature=1.0):
    return x
