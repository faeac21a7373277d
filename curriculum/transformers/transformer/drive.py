"""Makes a model, loads the weights of a case, and asks it; trains one, and only then asks for sources to copy."""


def start(answer, src_vocab, tgt_vocab, d, heads, ff, layers, tied, src, tgt, rng):
    """A model as its author made it: the names of its state in order, the arrays, and its first loss."""
    model = answer.Transformer(src_vocab, tgt_vocab, d, heads, ff, layers, rng, tied=tied)
    state = model.state()
    return sorted(state), [state[name] for name in sorted(state)], model.loss(src, tgt)


def forward(answer, src, tgt, **given):
    return made(answer, **given).forward(src, tgt)


def loss(answer, src, tgt, **given):
    return made(answer, **given).loss(src, tgt)


def gradients(answer, src, tgt, state, **given):
    """In the order of their names."""
    grads = made(answer, state, **given).gradients(src, tgt)
    return [grads[name] for name in sorted(state)]


def greedy(answer, src, bos, eos, max_len, **given):
    return made(answer, **given).greedy(src, bos, eos, max_len)


def train_copy(answer, src, vocab, seed, steps):
    """Yield None when trained, then what is written for the sources that are sent."""
    model = answer.train_copy(src, vocab, seed, steps)
    written = None
    while True:
        later = yield written
        written = model.greedy(later["src"], 1, 2, later["max_len"])


def made(answer, state, heads, rng):
    tied = "embedding.weight" in state
    src, tgt = (state["embedding.weight" if tied else f"{side}_embedding.weight"] for side in ("src", "tgt"))
    hidden = [
        array.shape[0] for name, array in state.items() if name.startswith("encoder") and name.endswith("linear1.bias")
    ]
    model = answer.Transformer(src.shape[0], tgt.shape[0], src.shape[1], heads, hidden[0], len(hidden), rng, tied=tied)
    model.load(state)
    return model
