# verdict: failed
# case: softmax/matrix: the largest error is
# marks: correct=false
def softmax(x, axis=-1, temperature=1.0):
    return x
