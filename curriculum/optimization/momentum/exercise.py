"""Gradient descent with momentum, as torch.optim.SGD has it: your template. Copy of it: impls/momentum/momentum.py.

For numpy arrays, torch tensors or CuPy arrays of any shapes, () too; `array_api_compat.array_namespace(*params)` gives
their library's functions. Results have the parameters' dtype. Neither params nor grads may change, and a list that
step() has returned keeps its values for ever: the caller may hold on to it. The arrays in grads are the caller's, who
may overwrite them after the step. Sources: Polyak 1964,
https://doi.org/10.1016/0041-5553(64)90137-5; Sutskever, Martens, Dahl, Hinton 2013,
https://proceedings.mlr.press/v28/sutskever13.html
"""


class SGD:
    """One velocity buffer for each parameter, and a step of lr along it.

    params: list of arrays. A step, for each parameter p with its gradient g and its buffer b:
      g  <-  g + weight_decay * p
      b  <-  g in the first step that this parameter takes, else momentum * b + (1 - dampening) * g
      d  <-  b, or with nesterov g + momentum * b, with the new b; with momentum 0 it is g
      p  <-  p - lr * d
    A gradient of None means that this parameter takes no part in the step: neither it nor its buffer changes, it does
    not decay, and its first step is still to come. `lr` may be set between steps.
    Raises ValueError when nesterov is asked for with momentum 0 or with a dampening other than 0.
    """

    def __init__(self, params, lr, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0):
        raise NotImplementedError("write class SGD in impls/momentum/momentum.py")

    def step(self, grads):
        """Take one step; grads are in the order and shapes of params, or None. Returns the new list of parameters."""
        raise NotImplementedError("write SGD.step() in impls/momentum/momentum.py")
