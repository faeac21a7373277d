"""The transformer's decoder layer: your template. Copy of it: impls/decoder_layer/decoder_layer.py.

x (b, t, d): what has been written so far, b sequences of t tokens. memory (b, s, d):
what the encoder made of the source.
state: the parameters under the names that torch.nn.TransformerDecoderLayer gives them:
  self_attn.in_proj_weight (3d, d), self_attn.in_proj_bias (3d,), self_attn.out_proj.weight (d, d),
  self_attn.out_proj.bias (d,), multihead_attn.* likewise, for the attention to the memory,
  linear1.weight (ff, d), linear1.bias (ff,), linear2.weight (d, ff), linear2.bias (d,),
  norm1.weight, norm1.bias and so on to norm3.bias (d,): 8 d^2 + 2 d ff + 15 d + ff numbers in all.
  A matrix W acts as x W^T + bias.
Your own multi_head_attention, layer_norm and encoder_layer may be imported:
from impls.layer_norm.layer_norm import layer_norm.
"""


def decoder_layer(x, memory, state, heads, norm_first=False, memory_padding=None):
    """Return the layer's output, (b, t, d), without dropout: causal self-attention, attention to the memory,
    a network for each token.

    Three sublayers in this order, each with its norm and a skip around it: norm_first False: y = norm(y + sublayer(y));
    norm_first True: y = y + sublayer(norm(y)). The memory is used as it is given, never normalized here.
    Self-attention is always causal: token i attends to tokens 0 to i. Attention to the memory is not:
    queries come from y, keys and values from the memory, all of it. The network is linear2(relu(linear1(y))); norms are
    layer norms with eps 1e-5 under the root.
    memory_padding: None, or bool (b, s), True where a token of the memory is padding: nobody attends to it,
    whatever finite numbers it holds. Where all of a memory is padding, the attention to it returns
    multihead_attn.out_proj.bias. Large finite scores do not overflow.
    Results have the dtype of x; inputs stay as they were. Source: Vaswani et al. 2017, section 3.1,
    https://arxiv.org/abs/1706.03762
    """
    raise NotImplementedError("write decoder_layer() in impls/decoder_layer/decoder_layer.py")
