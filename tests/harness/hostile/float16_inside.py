# verdict: failed
# base: reference
# case: softmax/matrix: allowed is
# marks: correct=false gradient=true
precise = softmax


def softmax(x, axis=-1, temperature=1.0):
    return precise(x.astype(np.float16), axis, temperature).astype(x.dtype)
