"""The complete transformer: your template. Copy of it: impls/transformer/transformer.py.

Tokens are int64; 0 is padding, 1 begins a text, 2 ends it. src (b, s); tgt (b, t); logits (b, t, tgt_vocab). No dropout.
The encoder: sqrt(d) * embedding + position, then `layers` encoder layers, then a last norm; its output is the memory. The decoder likewise, with
causal decoder layers that look up the memory. Then logits = x @ table^T, with no bias. Layers are pre-norm, y = y + sublayer(norm(y)), with
ReLU and eps 1e-5, as in the exercises encoder_layer and decoder_layer. Positions are sinusoidal (column 2i: sin(p / 10000^(2i/d)), column 2i + 1:
the cosine), p = 0, 1, ..., added once on each side. Nobody attends to padding of the source. Each source holds at least one token that is not
padding, each tgt one target. Padding of the target ends it, so the causal mask is enough there.

The state is a dict of arrays under torch.nn.Transformer's names: encoder.layers.{i}.* and decoder.layers.{i}.* with the names of those two exercises
(self_attn.in_proj_weight, ..., norm3.bias), encoder.norm.weight, encoder.norm.bias, decoder.norm.weight, decoder.norm.bias; and the tables:
tied, embedding.weight (v, d) alone, for source, target and logits; else src_embedding.weight, tgt_embedding.weight, head.weight.
Sources: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762; pre-norm: Xiong et al. 2020, https://arxiv.org/abs/2002.04745
"""


def n_params(src_vocab, tgt_vocab, d, ff, layers, tied=True):
    """Return how many numbers the state holds, as an int, without making any."""
    raise NotImplementedError("write n_params() in impls/transformer/transformer.py")


class Transformer:
    """The model. Results have the dtype of its state; arrays that are given stay as they were."""

    def __init__(self, src_vocab, tgt_vocab, d, heads, ff, layers, rng, tied=True):
        """A new model, float32. rng: numpy.random.Generator; torch's and CuPy's for those. Tied needs equal vocabularies, else ValueError.

        Tables are normal with deviation 1 / sqrt(d); other matrices (n, m) uniform within +-sqrt(6 / (n + m)), in_proj_weight as one
        matrix (3d, d), which is what torch.nn.Transformer does; biases are 0, the weights of norms 1.
        """
        raise NotImplementedError("write class Transformer in impls/transformer/transformer.py")

    def state(self):
        """Return the state, a dict of arrays."""
        raise NotImplementedError("write Transformer.state() in impls/transformer/transformer.py")

    def load(self, state):
        """Take over a state, of this dtype and these shapes."""
        raise NotImplementedError("write Transformer.load() in impls/transformer/transformer.py")

    def forward(self, src, tgt):
        """Return the logits (b, t, v): place i scores the token after tgt[:, i], from the source and tgt[:, : i + 1]."""
        raise NotImplementedError("write Transformer.forward() in impls/transformer/transformer.py")

    def loss(self, src, tgt):
        """Return the mean cross-entropy, 0-d. tgt (b, t) begins with token 1: the decoder reads tgt[:, :-1], targets are tgt[:, 1:].

        Targets that are padding do not count: neither in the sum nor in the number that divides it.
        """
        raise NotImplementedError("write Transformer.loss() in impls/transformer/transformer.py")

    def gradients(self, src, tgt):
        """Return the gradient of loss(src, tgt): a dict with the names and shapes of the state. (With torch, autograd may do it.)"""
        raise NotImplementedError("write Transformer.gradients() in impls/transformer/transformer.py")

    def greedy(self, src, bos, eos, max_len):
        """Return int64 (b, max_len): begin with bos, append the token of the largest logit, and so on; bos itself is not returned.

        After its eos a row holds 0 only. Other rows go on, and any other token, 0 and bos as well, is written like a word.
        """
        raise NotImplementedError("write Transformer.greedy() in impls/transformer/transformer.py")


def train_copy(src, vocab, seed, steps):
    """Train a tied Transformer to copy: to the source (3, 5, 4) it shall write 3, 5, 4, 2. Return it; its greedy() will be asked for new sources.

    src: (n, l) training sources, tokens from 3 to vocab - 1. At most `steps` updates of the weights (with 0 the model is as it starts), each on at most 64 rows of src. All chance comes from
    seed, an int. One layer, d = 32, 2 heads and ff = 64 are enough. Of unseen sources, 90 of 100 must come out without any error (240 steps, 300 rows of 3 of 8 words).
    """
    raise NotImplementedError("write train_copy() in impls/transformer/transformer.py")
