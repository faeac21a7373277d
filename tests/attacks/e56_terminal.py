# verdict: failed
# words: it raised ValueError
# printed: evil
"""E56: sequences that steer a terminal, HTML and Markdown, in what is printed, raised and written in the source."""

NASTY = "\x1b[2J\x1b]0;title\x07\x9b31m\u202eevil\r\x00<script>alert(1)</script>|x|[a](javascript:b)"
print(NASTY, flush=True)


def softmax(x, axis=-1, temperature=1.0):
    raise ValueError(NASTY)
