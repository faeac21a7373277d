# verdict: timed out
# message: running softmax took longer than 1 s and was stopped
# limits: 1 s
def softmax(x, axis=-1, temperature=1.0):
    while True:
        pass
