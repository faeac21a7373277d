"""A block of three kinds of layer, each with a forward and a backward of its own. numpy, torch and CuPy."""

from array_api_compat import array_namespace, device

EPS, MOMENTUM = 1e-5, 0.1


class BasicBlock:
    def __init__(self, params, stride=1):
        self.params, self.stride = params, stride
        self.norm1 = BatchNorm(params["gamma1"], params["beta1"])
        self.norm2 = BatchNorm(params["gamma2"], params["beta2"])
        self.norms = BatchNorm(params["gammas"], params["betas"]) if "ws" in params else None

    def forward(self, x, train):
        p = self.params
        xp = array_namespace(x)
        self.x = x
        a = self.norm1.forward(conv(x, p["w1"], self.stride, 1), train)
        self.hidden = xp.where(a > 0, a, xp.zeros_like(a))
        branch = self.norm2.forward(conv(self.hidden, p["w2"], 1, 1), train)
        shortcut = x if self.norms is None else self.norms.forward(conv(x, p["ws"], self.stride, 0), train)
        total = branch + shortcut
        self.y = xp.where(total > 0, total, xp.zeros_like(total))
        return self.y

    def backward(self, dy):
        p, grads = self.params, {}
        dtotal = dy * (self.y > 0)
        d, grads["gamma2"], grads["beta2"] = self.norm2.backward(dtotal)
        dhidden, grads["w2"] = conv_backward(d, self.hidden, p["w2"], 1, 1)
        d, grads["gamma1"], grads["beta1"] = self.norm1.backward(dhidden * (self.hidden > 0))
        dx, grads["w1"] = conv_backward(d, self.x, p["w1"], self.stride, 1)
        if self.norms is None:
            return dx + dtotal, grads
        d, grads["gammas"], grads["betas"] = self.norms.backward(dtotal)
        dshortcut, grads["ws"] = conv_backward(d, self.x, p["ws"], self.stride, 0)
        return dx + dshortcut, grads


class BatchNorm:
    def __init__(self, gamma, beta):
        xp = array_namespace(gamma)
        self.gamma, self.beta = gamma[:, None, None], beta[:, None, None]
        self.mean, self.var = xp.zeros_like(self.gamma), xp.ones_like(self.gamma)

    def forward(self, x, train):
        xp = array_namespace(x)
        mean, var = self.mean, self.var
        if train:
            m = x.shape[0] * x.shape[2] * x.shape[3]
            mean = _mean(x)
            var = _mean((x - mean) ** 2)
            self.mean = (1 - MOMENTUM) * self.mean + MOMENTUM * mean
            self.var = (1 - MOMENTUM) * self.var + MOMENTUM * var * (m / (m - 1))
        self.std = xp.sqrt(var + EPS)
        self.xhat = (x - mean) / self.std
        return self.gamma * self.xhat + self.beta

    def backward(self, dy):
        xp = array_namespace(dy)
        g = dy * self.gamma
        dx = (g - _mean(g) - self.xhat * _mean(g * self.xhat)) / self.std
        return dx, xp.sum(dy * self.xhat, axis=(0, 2, 3)), xp.sum(dy, axis=(0, 2, 3))


def _mean(x):
    """Of each channel, (1, c, 1, 1)."""
    return array_namespace(x).mean(x, axis=(0, 2, 3), keepdims=True)


def conv(x, w, stride, padding):
    """Tap by tap: the weights of a tap times the slice of the padded pictures that it meets."""
    xp = array_namespace(x)
    padded, (ho, wo), taps = _taps(x, w, stride, padding)
    n, c = x.shape[:2]
    y = xp.zeros((n, w.shape[0], ho * wo), dtype=x.dtype, device=device(x))
    for u, v, rows, columns in taps:
        y += w[:, :, u, v] @ xp.reshape(padded[:, :, rows, columns], (n, c, ho * wo))
    return xp.reshape(y, (n, w.shape[0], ho, wo))


def conv_backward(dy, x, w, stride, padding):
    """(dx, dw)"""
    xp = array_namespace(x)
    padded, (ho, wo), taps = _taps(x, w, stride, padding)
    n, c, height, width = x.shape
    dy = xp.reshape(dy, (n, w.shape[0], ho * wo))
    dpadded, dw = xp.zeros_like(padded), xp.zeros_like(w)
    for u, v, rows, columns in taps:
        seen = xp.reshape(padded[:, :, rows, columns], (n, c, ho * wo))
        dw[:, :, u, v] = xp.sum(dy @ xp.matrix_transpose(seen), axis=0)
        dpadded[:, :, rows, columns] += xp.reshape(w[:, :, u, v].T @ dy, (n, c, ho, wo))
    return dpadded[:, :, padding : padding + height, padding : padding + width], dw


def _taps(x, w, stride, padding):
    """The padded pictures, (ho, wo), and for each tap of the kernel the rows and columns that it meets."""
    xp = array_namespace(x)
    n, c, height, width = x.shape
    padded = xp.zeros((n, c, height + 2 * padding, width + 2 * padding), dtype=x.dtype, device=device(x))
    padded[:, :, padding : padding + height, padding : padding + width] = x
    k = w.shape[2]
    ho, wo = ((side + 2 * padding - k) // stride + 1 for side in (height, width))
    rows = [slice(u, u + (ho - 1) * stride + 1, stride) for u in range(k)]
    columns = [slice(v, v + (wo - 1) * stride + 1, stride) for v in range(k)]
    return padded, (ho, wo), [(u, v, rows[u], columns[v]) for u in range(k) for v in range(k)]
