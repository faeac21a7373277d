"""The cache in a global variable: right as long as each backward follows its own forward at once."""

from array_api_compat import array_namespace

KEPT = {}


def forward(x, params, y):
    xp = array_namespace(x)
    values = [x]  # what each layer gets
    for w, b in params[:-1]:
        score = values[-1] @ w.T + b
        values.append(xp.where(score > 0, score, 0))
    w, b = params[-1]
    logits = values[-1] @ w.T + b
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    logp = shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))
    classes = xp.arange(logits.shape[1], device=y.device)
    onehot = xp.astype(y[:, None] == classes[None, :], x.dtype)
    loss = -xp.sum(xp.where(onehot > 0, logp, 0)) / len(x)
    KEPT.update(params=params, values=values, probs=xp.exp(logp), onehot=onehot)
    return loss, KEPT


def backward(cache):
    params, values, probs, onehot = cache.values()
    xp = array_namespace(probs)
    delta = (probs - onehot) / probs.shape[0]  # of the scores of the layer that comes next
    grads = []
    for i in reversed(range(len(params))):
        grads.append((delta.T @ values[i], xp.sum(delta, axis=0)))
        delta = delta @ params[i][0]
        if i > 0:
            delta = xp.where(values[i] > 0, delta, 0)
    return grads[::-1], delta
