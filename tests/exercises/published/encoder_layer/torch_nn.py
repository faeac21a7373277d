"""torch.nn.TransformerEncoderLayer with the state given."""

import torch


def encoder_layer(x, state, heads, norm_first=False, act="relu", key_padding=None):
    width = state["linear1.weight"].shape[0]
    if act not in ("relu", "gelu"):
        raise ValueError(f"no activation {act!r}")
    layer = torch.nn.TransformerEncoderLayer(
        x.shape[-1], heads, width, dropout=0.0, activation=act, batch_first=True, norm_first=norm_first, dtype=x.dtype
    )
    layer.load_state_dict(state)
    return layer(x, src_key_padding_mask=key_padding).detach()
