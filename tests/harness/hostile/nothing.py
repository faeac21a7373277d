# verdict: not written yet
# message: still to write: softmax, log_softmax, logsumexp, softmax_backward
