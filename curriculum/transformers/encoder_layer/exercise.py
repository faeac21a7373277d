"""The transformer's encoder layer: your template. Copy of it: impls/encoder_layer/encoder_layer.py.

x (b, t, d): b sequences of t tokens. state: the parameters under the names that torch.nn.TransformerEncoderLayer gives
them:
  self_attn.in_proj_weight (3d, d), self_attn.in_proj_bias (3d,), self_attn.out_proj.weight (d, d),
  self_attn.out_proj.bias (d,), linear1.weight (ff, d), linear1.bias (ff,), linear2.weight (d, ff), linear2.bias (d,),
  norm1.weight, norm1.bias, norm2.weight, norm2.bias (d,): 4 d^2 + 2 d ff + 9 d + ff numbers in all.
  A matrix W acts as x W^T + bias.
Your own multi_head_attention and layer_norm may be imported: from impls.layer_norm.layer_norm import layer_norm.
"""


def encoder_layer(x, state, heads, norm_first=False, act="relu", key_padding=None):
    """Return the layer's output, (b, t, d), without dropout: attention over the sequence itself,
    then a network for each token.

    norm_first False (post-norm, the paper): y = norm1(x + attention(x)), result norm2(y + network(y));
    norm_first True (pre-norm): y = x + attention(norm1(x)), result y + network(norm2(y)).
    network(y) = linear2(act(linear1(y))); act "relu", or "gelu": the exact one, y/2 (1 + erf(y / sqrt 2));
    else ValueError.
    norm1 and norm2 are layer norms with eps 1e-5 under the root and the biased variance.
    key_padding: None, or bool (b, t), True where a token is padding: no token attends to it,
    whatever finite numbers it holds. (Padding itself is computed like any token.) Where a sequence is nothing but
    padding, its attention returns self_attn.out_proj.bias. Large finite scores do not overflow.
    Results have the dtype of x; inputs stay as they were.
    Sources: Vaswani et al. 2017, section 3.1, https://arxiv.org/abs/1706.03762; Xiong et al. 2020,
    https://arxiv.org/abs/2002.04745
    """
    raise NotImplementedError("write encoder_layer() in impls/encoder_layer/encoder_layer.py")
