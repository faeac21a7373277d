# verdict: crashed
# words: it printed more than 4 MB
"""E53: output without end."""


def softmax(x, axis=-1, temperature=1.0):
    while True:
        print("all work and no play " * 1000)
