"""The decompositions of torch's batch norm that torch.compile uses, which know no refusal of a single value."""

import torch
from torch._decomp import decompositions


class BatchNorm:
    def __init__(self, gamma, beta, eps=1e-5, momentum=0.1):
        self.gamma, self.beta, self.eps, self.momentum = gamma, beta, eps, momentum
        self.running_mean, self.running_var = torch.zeros_like(gamma), torch.ones_like(gamma)

    def forward(self, x, train):
        if train and x.numel() < 2 * x.shape[1]:
            raise ValueError("torch.nn.functional.batch_norm refuses this before it calls these")
        y, mean, inv_std, self.running_mean, self.running_var = decompositions.native_batch_norm_helper(
            x, self.gamma, self.beta, self.running_mean, self.running_var, train, self.momentum, self.eps, True
        )
        self.cache = x, self.gamma, self.running_mean, self.running_var, mean, inv_std, train, self.eps
        return y

    def backward(self, dy):
        return decompositions.native_batch_norm_backward(dy, *self.cache, [True] * 3)
