# verdict: not written yet
# message: still to write: softmax, log_softmax, logsumexp, softmax_backward
# marks: correct=false robust=false gradient=false
def softmax(x, axis=-1, temperature=1.0):
    raise NotImplementedError("write softmax() in impls/softmax/softmax.py")
