# verdict: failed
# base: reference
# case: softmax/matrix: expected a numpy.ndarray float32 (4, 7), got numpy.ndarray float64 (4, 7)
# marks: correct=false gradient=true
in_its_own_type = softmax


def softmax(x, axis=-1, temperature=1.0):
    return in_its_own_type(np.asarray(x, np.float64), axis, temperature)
