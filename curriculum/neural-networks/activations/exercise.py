"""Activation functions and their derivatives: your template. Copy of it: impls/activations/activations.py.

x is a float array of any shape, () and empty ones too. Results have the shape and dtype of x, and inputs stay as they
were. Each *_backward(dy, x) takes the gradient of a loss with respect to the function's result and the function's
input (not its result), both of one shape, and returns the gradient with respect to x.
No finite x may give nan or inf: sigmoid(-10,000) is 0 and sigmoid(10,000) is 1, exactly.
"""


def relu(x):
    """Return x where x > 0, else 0. Source: Nair, Hinton 2010, https://dl.acm.org/doi/10.5555/3104322.3104425"""
    raise NotImplementedError("write relu() in impls/activations/activations.py")


def relu_backward(dy, x):
    """Return dx; the derivative at x = 0 is taken as 0."""
    raise NotImplementedError("write relu_backward() in impls/activations/activations.py")


def leaky_relu(x, slope=0.01):
    """Return x where x > 0, else slope * x; slope may be any number, above 1 too. Source: Maas, Hannun, Ng 2013."""
    raise NotImplementedError("write leaky_relu() in impls/activations/activations.py")


def leaky_relu_backward(dy, x, slope=0.01):
    """Return dx; the derivative at x = 0 is taken as slope."""
    raise NotImplementedError("write leaky_relu_backward() in impls/activations/activations.py")


def sigmoid(x):
    """Return 1 / (1 + exp(-x))."""
    raise NotImplementedError("write sigmoid() in impls/activations/activations.py")


def sigmoid_backward(dy, x):
    """Return dx."""
    raise NotImplementedError("write sigmoid_backward() in impls/activations/activations.py")


def tanh(x):
    """Return (exp(x) - exp(-x)) / (exp(x) + exp(-x)), from exp or expm1; precise for tiny x too, where it is x."""
    raise NotImplementedError("write tanh() in impls/activations/activations.py")


def tanh_backward(dy, x):
    """Return dx."""
    raise NotImplementedError("write tanh_backward() in impls/activations/activations.py")


def gelu(x, form="exact"):
    """Return x * Phi(x), Phi the distribution function of the standard normal distribution.

    form 'exact': Phi(x) = (1 + erf(x / sqrt(2))) / 2 (NumPy has no erf; math.erf takes one number at a time).
    form 'tanh': Phi(x) is replaced by (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2.
    Source: Hendrycks, Gimpel 2016, https://arxiv.org/abs/1606.08415
    """
    raise NotImplementedError("write gelu() in impls/activations/activations.py")


def gelu_backward(dy, x, form="exact"):
    """Return dx, of the form that is named."""
    raise NotImplementedError("write gelu_backward() in impls/activations/activations.py")


def silu(x):
    """Return x * sigmoid(x), also called swish. Source: Elfwing, Uchibe, Doya 2018, https://arxiv.org/abs/1702.03118"""
    raise NotImplementedError("write silu() in impls/activations/activations.py")


def silu_backward(dy, x):
    """Return dx."""
    raise NotImplementedError("write silu_backward() in impls/activations/activations.py")


def dead_fraction(pre):
    """Return the share of dead ReLU units, a Python float from 0 to 1.

    pre (n, h): inputs of h units on a batch of n >= 1 samples. A unit is dead if it is above 0 on no sample.
    """
    raise NotImplementedError("write dead_fraction() in impls/activations/activations.py")
