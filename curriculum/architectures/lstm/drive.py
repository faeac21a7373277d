"""The cache stays with the answer. Hidden states and cells travel as one array: states[0] is hs, states[1] is cs."""

from array_api_compat import array_namespace


def lstm_forward(answer, x, h0, c0, wx, wh, b):
    hs, cs, _ = answer.lstm_forward(x, h0, c0, wx, wh, b)
    return array_namespace(hs).stack((hs, cs))


def lstm_backward(answer, dstates, x, h0, c0, wx, wh, b):
    _, _, cache = answer.lstm_forward(x, h0, c0, wx, wh, b)
    return answer.lstm_backward(dstates[0, ...], dstates[1, ...], cache)
