"""The cache stays with the answer: its backward gets the one that its own forward made."""


def rnn_forward(answer, x, h0, wx, wh, b):
    return answer.rnn_forward(x, h0, wx, wh, b)[0]


def rnn_backward(answer, dhs, x, h0, wx, wh, b, **truncate):
    _, cache = answer.rnn_forward(x, h0, wx, wh, b)
    return answer.rnn_backward(dhs, cache, **truncate)
