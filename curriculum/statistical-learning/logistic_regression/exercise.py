"""Logistic and softmax regression: your template. Copy of it: impls/logistic_regression/logistic_regression.py.

x: float array (n, d), a sample a row. y: int64 labels (n,), any integers; the K >= 2 different ones, sorted, are the
classes 0..K-1. Results have the dtype of x; x and y stay as they were. The same code can serve numpy, torch and CuPy:
`array_api_compat.array_namespace(x)` gives the functions of the library that x belongs to.
"""


def fit(x, y, l2=0.0, method="gd", max_steps=2_000):
    """Return (w, b, converged): weights (K, d), intercepts (K,), and a bool.

    Minimize J(w, b) = -sum_i log p_i + l2/2 * |w|^2, where p_i is what predict_proba gives for the class of sample i.
    It is a sum over samples, not a mean; |w|^2 adds up all K * d weights, and the intercepts are free of charge. Adding
    one vector to all rows of w, or one number to all of b, changes no probability: asked are the w and b
    whose sums over the classes are 0.

    Start at w = 0, b = 0 and take at most max_steps steps.
    method="gd": steps along the negative gradient, of a length that you choose (momentum is allowed); the data are of
    ordinary size, so that steps of length 1/L with L = sigma^2 / 2 + l2, sigma the largest singular value of x with a
    column of ones, need a few hundred.
    method="irls": full Newton steps, each the solution of a weighted least-squares problem over all classes together.

    converged: True if the largest entry of the gradient of J at the returned point is at most 1e-6 * n (1e-4 * n in
    float32); stop there. With l2 = 0, and each sample's own class scoring highest, no minimum exists (twice the
    weights would be better still): then return what you have, all finite, and converged = False, soon or after
    max_steps.
    Sources: Cox 1958, https://doi.org/10.1111/j.2517-6161.1958.tb00292.x; Green 1984 (IRLS),
    https://doi.org/10.1111/j.2517-6161.1984.tb01288.x; Albert, Anderson 1984, https://doi.org/10.1093/biomet/71.1.1
    """
    raise NotImplementedError("write fit() in impls/logistic_regression/logistic_regression.py")


def predict_proba(x, w, b):
    """Return the probabilities (m, K) of the classes: softmax over the K scores x.w_k + b_k of each row of x (m, d).

    w (K, d), b (K,). Scores of 10,000 must not overflow; m may be 0.
    """
    raise NotImplementedError("write predict_proba() in impls/logistic_regression/logistic_regression.py")
