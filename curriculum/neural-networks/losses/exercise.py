"""Loss functions from scores, and their gradients: your template. Copy of it: impls/losses/losses.py.

For numpy arrays, torch tensors or CuPy arrays; `array_api_compat.array_namespace(x)` gives their library's functions. Results
have the scores' dtype; a loss that is a mean or a sum is an array of shape (). Inputs stay as they were. Everything is
finite for scores of any size. A *_backward returns the gradient with respect to the scores (its second argument, of whose
shape it is) of sum(dloss * loss); dloss has the shape of the loss.
"""


def cross_entropy(logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    """Softmax cross-entropy. logits (n, k) floats, target (n,) int64 in 0..k-1 or ignore_index, weight None or (k,) > 0.

    Row i: -sum_c q_ic log softmax(logits_i)_c, with q_ic = w_c ((1 - s) [c = target_i] + s / k), s = label_smoothing.
    reduction 'none': these n numbers; 'sum'; 'mean': the sum divided by the sum of the weights of the targets, sum_i w_(target_i)
    (n where there are no weights), as in torch. Rows whose target is ignore_index count nowhere, in the sum nor
    below it, give 0 for 'none', and may hold anything, nan too. With no row left the mean is nan. A logit of -inf is a class
    that cannot be: fine where q is 0.
    """
    raise NotImplementedError("write cross_entropy() in impls/losses/losses.py")


def cross_entropy_backward(
    dloss, logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"
):
    """dloss () or, for 'none', (n,). Returns (n, k). Ignored rows get zeros, also if all are ignored."""
    raise NotImplementedError("write cross_entropy_backward() in impls/losses/losses.py")


def bce_with_logits(z, t, pos_weight=None):
    """Binary cross-entropy, the mean over all entries of -(p t log sigmoid(z) + (1 - t) log(1 - sigmoid(z))).

    z floats of any shape (..., k), not empty; t of z's shape and dtype, in [0, 1]; p = pos_weight, (k,) or None for 1.
    """
    raise NotImplementedError("write bce_with_logits() in impls/losses/losses.py")


def bce_with_logits_backward(dloss, z, t, pos_weight=None):
    raise NotImplementedError("write bce_with_logits_backward() in impls/losses/losses.py")


def mse(prediction, target):
    """The mean of (prediction - target)^2 over all entries; both of one shape, not empty."""
    raise NotImplementedError("write mse() in impls/losses/losses.py")


def mse_backward(dloss, prediction, target):
    raise NotImplementedError("write mse_backward() in impls/losses/losses.py")


def huber(prediction, target, delta=1.0):
    """The mean over all entries of d^2 / 2 where |d| <= delta and delta (|d| - delta / 2) elsewhere; d = prediction - target.

    Source: Huber 1964, https://doi.org/10.1214/aoms/1177703732
    """
    raise NotImplementedError("write huber() in impls/losses/losses.py")


def huber_backward(dloss, prediction, target, delta=1.0):
    raise NotImplementedError("write huber_backward() in impls/losses/losses.py")
