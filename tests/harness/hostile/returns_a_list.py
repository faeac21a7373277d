# verdict: failed
# case: softmax/matrix: expected a numpy.ndarray float64 (4, 7), got list of 4
# base: reference
array = softmax


def softmax(x, axis=-1, temperature=1.0):
    return array(x, axis, temperature).tolist()
