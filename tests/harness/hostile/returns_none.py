# verdict: failed
# case: softmax/matrix: expected a numpy.ndarray float64 (4, 7), got None
# case: softmax/weights are in the ratio of the exponentials: expected a numpy.ndarray float64 (3,), got None
# marks: correct=false robust=false gradient=false
def softmax(x, axis=-1, temperature=1.0):
    pass
