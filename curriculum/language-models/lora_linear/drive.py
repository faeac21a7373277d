"""Makes a layer with given factors and does with it what a part is about."""


def start(answer, w, bias, r, alpha, x, rng):
    """A new layer as its author made it: its factors, its output, its number of trainable values."""
    layer = answer.LoRALinear(w, bias, r, alpha, rng)
    return layer.a, layer.b, layer.forward(x), layer.trainable()


def forward(answer, **given):
    x = given.pop("x")
    return made(answer, **given).forward(x)


def backward(answer, dy, x, **given):
    layer = made(answer, **given)
    layer.forward(x)
    return layer.backward(dy)


def merging(answer, x, dy, does, **given):
    """`does`: words, one an action; what each gives, and last the caller's own w."""
    layer, seen = made(answer, **given), []
    for word in does:
        if word == "forward":
            seen.append(layer.forward(x))
        elif word == "backward":
            layer.forward(x)
            seen.append(layer.backward(dy))
        else:
            getattr(layer, word)()
            seen.append(layer.w + 0)  # a copy: the next action may change it in place
    return [*seen, given["w"]]


def training(answer, x, y, lr, steps, **given):
    """Descent on the mean of |forward(x) - y|^2 / 2 over the rows: the factors, and w before and after merging."""
    layer = made(answer, **given)
    for _ in range(steps):
        da, db, _ = layer.backward((layer.forward(x) - y) / x.shape[0])
        layer.a, layer.b = layer.a - lr * da, layer.b - lr * db
    before = layer.w + 0
    layer.merge()
    return layer.a, layer.b, before, layer.w


def made(answer, w, bias, a, b, alpha, rng):
    layer = answer.LoRALinear(w, bias, a.shape[0], alpha, rng)
    layer.a, layer.b = a, b
    return layer
