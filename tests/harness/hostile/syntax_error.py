# verdict: did not load
# message: SyntaxError:
# message: (softmax.py, line 4)
def softmax(x, axis=-1, temperature=1.0:
    return x
