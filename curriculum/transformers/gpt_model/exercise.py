"""GPT-2's model: your template. Copy of it: impls/gpt_model/gpt_model.py.

Shapes: ids int64 (b, l), tokens of b sequences; logits (b, l, v). The state is a dict with GPT-2's names: wte.weight (v, d), wpe.weight
(ctx, d), ln_f.weight and .bias (d,), and for each layer i h.{i}.ln_1.weight, .bias (d,); h.{i}.attn.c_attn.weight (d, 3d) and .bias (3d,),
queries, then keys, then values, each cut into heads; h.{i}.attn.c_proj.weight (d, d) and .bias; h.{i}.ln_2.weight, .bias;
h.{i}.mlp.c_fc.weight (d, 4d) and .bias; h.{i}.mlp.c_proj.weight (4d, d) and .bias. There is no other weight: the head is wte itself.
A layer is x = x + attention(ln_1(x)), then x = x + mlp(ln_2(x)); eps is 1e-5, GELU has the tanh form, products are x @ weight + bias.
Sources: Radford et al. 2019, Language Models are Unsupervised Multitask Learners (GPT-2); Hendrycks, Gimpel 2016, https://arxiv.org/abs/1606.08415
"""


def n_params(vocab, ctx, d, layers):
    """Return how many numbers the state holds, as an int, without making any."""
    raise NotImplementedError("write n_params() in impls/gpt_model/gpt_model.py")


class GPT:
    """The model. Results have the dtype of its state; ids and a state given to load() stay as they were."""

    def __init__(self, vocab, ctx, d, heads, layers, rng):
        """A new model, float32. rng: numpy.random.Generator; torch's and CuPy's for those.

        Weights are normal with deviation 0.02, but 0.02 / sqrt(2 layers) for the two c_proj.weight of each layer, which feed the residual
        stream; biases are 0, the weights of layer norms 1.
        """
        raise NotImplementedError("write class GPT in impls/gpt_model/gpt_model.py")

    def state(self):
        """Return the state, a dict of arrays."""
        raise NotImplementedError("write GPT.state() in impls/gpt_model/gpt_model.py")

    def load(self, state):
        """Take over a state of the same shapes; its dtype may be another."""
        raise NotImplementedError("write GPT.load() in impls/gpt_model/gpt_model.py")

    def forward(self, ids):
        """Return the logits (b, l, v) of the token after each. More than ctx tokens raise ValueError."""
        raise NotImplementedError("write GPT.forward() in impls/gpt_model/gpt_model.py")

    def loss(self, ids):
        """Return the mean cross-entropy, 0-d, of predicting each token but the first from those before it: b (l - 1) terms."""
        raise NotImplementedError("write GPT.loss() in impls/gpt_model/gpt_model.py")

    def generate(self, ids, n, rng, temperature=1.0, top_k=None):
        """Return ids with n more tokens, int64 (b, l + n), each drawn from softmax(logits / temperature) of the last place.

        top_k: only the k most probable tokens can be drawn; 1 is greedy. The model sees the last ctx tokens, at positions 0 to ctx - 1.
        """
        raise NotImplementedError("write GPT.generate() in impls/gpt_model/gpt_model.py")
