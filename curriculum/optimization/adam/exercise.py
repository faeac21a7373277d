"""Adam, AdamW and RMSprop as small classes: they are given the parameters once, and a list of gradients at every step.

For numpy arrays, torch tensors or CuPy arrays of any shapes, () too; `array_api_compat.array_namespace(*params)` gives
their library's functions. Results have the parameters' dtype. Neither params nor grads may change, and a list that
step() has returned keeps its values for ever: the caller may hold on to it. Sources: Kingma, Ba 2015,
https://arxiv.org/abs/1412.6980; Loshchilov, Hutter 2019, https://arxiv.org/abs/1711.05101; Reddi, Kale, Kumar 2018,
https://arxiv.org/abs/1904.09237; Hinton 2012, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
"""


class Adam:
    """Adam; AdamW with decoupled=True.

    params: list of arrays. betas: decay rates of the mean of the gradients and of the mean of their squares.
    eps is added to the root of the corrected mean square, outside the root. weight_decay: added to the gradient as
    weight_decay * p; if decoupled, p is first multiplied by 1 - lr * weight_decay instead. amsgrad: divide by the root
    of the largest mean square so far (the maximum is taken before the bias correction). `lr` may be set between steps.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False, amsgrad=False):
        raise NotImplementedError("write class Adam in impls/adam/adam.py")

    def step(self, grads):
        """Take one step; grads are in the order and shapes of params. Returns the new list of parameters."""
        raise NotImplementedError("write Adam.step() in impls/adam/adam.py")


class RMSprop:
    """RMSprop: divide each gradient by the root of the running mean of its squares.

    alpha: decay rate of the running means, which start at 0 and are not corrected. centered: take the square of the
    gradients' running mean off first, which leaves a variance. eps is added outside the root. momentum: the quotient
    goes into a buffer, buffer = momentum * buffer + quotient, and the step is lr * buffer. `lr` may be set between
    steps.
    """

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
        raise NotImplementedError("write class RMSprop in impls/adam/adam.py")

    def step(self, grads):
        """Take one step; grads are in the order and shapes of params. Returns the new list of parameters."""
        raise NotImplementedError("write RMSprop.step() in impls/adam/adam.py")
