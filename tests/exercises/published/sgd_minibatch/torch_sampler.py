"""torch.utils.data's samplers, as a DataLoader with shuffle=True has them."""

import torch
from torch.utils.data import BatchSampler, RandomSampler


def minibatches(n, batch, rng, drop_last=False):
    if n:
        for rows in BatchSampler(RandomSampler(range(n), generator=rng), batch, drop_last):
            yield torch.tensor(rows)
