"""torch.nn.TransformerDecoderLayer with the state given."""

import torch


def decoder_layer(x, memory, state, heads, norm_first=False, memory_padding=None):
    width = state["linear1.weight"].shape[0]
    layer = torch.nn.TransformerDecoderLayer(
        x.shape[-1], heads, width, dropout=0.0, batch_first=True, norm_first=norm_first, dtype=x.dtype
    )
    layer.load_state_dict(state)
    later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
    return layer(x, memory, tgt_mask=later, memory_key_padding_mask=memory_padding).detach()
