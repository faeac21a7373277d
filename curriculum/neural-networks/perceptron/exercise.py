"""The neuron and the perceptron's rule: your template. Copy of it: impls/perceptron/perceptron.py.

Results have the dtype of x, and inputs stay as they were.
"""


def neuron(x, w, b, act="identity"):
    """Return act(x.w + b): x (n, d) gives (n,), a single sample x (d,) gives (); w (d,), b ().

    act: 'identity', 'step' (1 where the score is above 0, else 0), or 'sigmoid' (1 / (1 + exp(-score)), which is
    exactly 0 or 1, not nan and not inf, for scores of -1,000 and 1,000).
    Source: McCulloch, Pitts 1943, https://doi.org/10.1007/BF02478259
    """
    raise NotImplementedError("write neuron() in impls/perceptron/perceptron.py")


def perceptron_fit(x, y, max_epochs):
    """Learn to separate with the perceptron's rule; return (w, b, mistakes, converged).

    x (n, d), y (n,) of -1 and +1 in the dtype of x. Start at w = 0, b = 0 and go through the samples in order, again
    and again. A sample is a mistake where y_i * (x_i.w + b) <= 0, so a score of exactly 0 is one. Only at a mistake
    w grows by y_i x_i and b by y_i, before the next sample is looked at.
    Stop after the first epoch (one pass over all samples) without a mistake: then converged is True. Otherwise stop
    after max_epochs epochs with converged False. mistakes: how many there were in all, a Python int; converged: a bool.
    w is (d,), b an array of shape () (a NumPy scalar will do).
    Sources: Rosenblatt 1958, https://doi.org/10.1037/h0042519; Novikoff 1962 (why it ends)
    """
    raise NotImplementedError("write perceptron_fit() in impls/perceptron/perceptron.py")
