"""Makes a model, loads the weights of a case, and asks it."""


def start(answer, vocab, ctx, d, heads, layers, ids, rng):
    """A model as its author made it: the names of its state in order, the arrays, and its first loss."""
    model = answer.GPT(vocab, ctx, d, heads, layers, rng)
    state = model.state()
    return sorted(state), [state[name] for name in sorted(state)], model.loss(ids)


def forward(answer, ids, **given):
    return made(answer, **given).forward(ids)


def loss(answer, ids, **given):
    return made(answer, **given).loss(ids)


def generate(answer, ids, n, rng, options, **given):
    return made(answer, rng=rng, **given).generate(ids, n, rng, **options)


sample = generate


def made(answer, state, heads, rng):
    (vocab, d), ctx = state["wte.weight"].shape, state["wpe.weight"].shape[0]
    layers = sum(name.endswith("ln_1.bias") for name in state)
    model = answer.GPT(vocab, ctx, d, heads, layers, rng)
    model.load(state)
    return model
