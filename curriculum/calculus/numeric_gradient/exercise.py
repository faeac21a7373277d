"""Numerical gradients, and a checker that uses them: your template.

f takes an array of the shape of x and returns a Python float. x is a float64 array of any shape, () too, and stays as
it was, bit for bit.
"""


def numeric_grad(f, x, h=None):
    """Return the gradient of f at x by central differences: float64, the shape of x.

    Element i is (f(x + h e_i) - f(x - h e_i)) / (2 h). If h is given, it is the step for all elements. If not, choose
    one for each element that suits its size: the result must be good to six digits for smooth f whether the elements
    are near 1e8 or 1e-8 (and f changes on that scale), and also where an element is 0. f is called at most twice for
    each element.
    Source: Dennis and Schnabel 1996, section 5.4, https://doi.org/10.1137/1.9781611971200
    """
    raise NotImplementedError("write numeric_grad() in impls/numeric_gradient/numeric_gradient.py")


def check_grad(f, g, x):
    """Compare g(x) with the numeric gradient of f at x; return the largest relative error as a Python float.

    The error of one element is |a - n| / max(|a|, |n|), a from g and n from numeric_grad(f, x); it is 0 where both are
    0. Result 0.0 for an x without elements, nan if g(x) holds a nan. Raise ValueError if g(x) has not the shape of x.
    """
    raise NotImplementedError("write check_grad() in impls/numeric_gradient/numeric_gradient.py")
