# verdict: failed
# case: softmax/matrix: it raised RecursionError: maximum recursion depth exceeded
def softmax(x, axis=-1, temperature=1.0):
    return softmax(x, axis, temperature)
