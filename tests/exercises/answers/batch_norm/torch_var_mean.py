"""Right, in torch, with its own var_mean and statistics that are updated in place."""

import torch


class BatchNorm:
    def __init__(self, gamma, beta, eps=1e-5, momentum=0.1):
        self.gamma, self.beta, self.eps, self.momentum = gamma, beta, eps, momentum
        self.running_mean = torch.zeros_like(gamma)
        self.running_var = torch.ones_like(gamma)

    def forward(self, x, train):
        self.train = train
        self.axes = (0, *range(2, x.dim()))
        view = [1, -1] + [1] * (x.dim() - 2)
        self.view = view
        if train:
            count = x.numel() // x.size(1)
            if count == 1:
                raise ValueError("one value a channel")
            var, mean = torch.var_mean(x, dim=self.axes, correction=0)
            self.running_mean.mul_(1 - self.momentum).add_(mean, alpha=self.momentum)
            self.running_var.mul_(1 - self.momentum).add_(var * count / (count - 1), alpha=self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        self.std = torch.sqrt(var + self.eps).view(view)
        self.xhat = (x - mean.view(view)) / self.std
        return self.xhat * self.gamma.view(view) + self.beta.view(view)

    def backward(self, dy):
        dgamma = torch.sum(dy * self.xhat, dim=self.axes)
        dbeta = torch.sum(dy, dim=self.axes)
        g = dy * self.gamma.view(self.view)
        if self.train:
            g = g - g.mean(self.axes, keepdim=True) - self.xhat * (g * self.xhat).mean(self.axes, keepdim=True)
        return g / self.std, dgamma, dbeta
