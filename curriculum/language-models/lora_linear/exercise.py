"""A linear layer with a low-rank update: your template. Copy of it: impls/lora_linear/lora_linear.py.

y = x w^T + bias + (alpha / r) (x a^T) b^T, where only a and b learn. Shapes: x (..., in) with any leading axes, w (out, in), bias
(out,) or None, a (r, in), b (out, r), y (..., out). Results have the dtype of w; w, bias and x given by the caller never change.
Source: Hu et al. 2021, https://arxiv.org/abs/2106.09685
"""


class LoRALinear:
    """The layer. Attributes: `w` (the weight that forward applies), `bias`, `a`, `b`; a and b may be set between calls.

    At the start b is zeros, so the layer gives what the base gives, and a is drawn from rng (numpy.random.Generator;
    torch.Generator for torch, cupy.random.Generator for CuPy) with mean 0 and a standard deviation of 1 / sqrt(in), up
    to a factor of 2; the shape of the law is yours.
    """

    def __init__(self, w, bias, r, alpha, rng):
        raise NotImplementedError("write class LoRALinear in impls/lora_linear/lora_linear.py")

    def forward(self, x):
        """Return y (..., out), merged or not, and keep what backward needs."""
        raise NotImplementedError("write LoRALinear.forward() in impls/lora_linear/lora_linear.py")

    def backward(self, dy):
        """Carry dy (..., out) back through the last forward: (da, db, dx), shaped as a, b and x. a, b, w stay as they are.

        Merged or not, the gradients are the same.
        """
        raise NotImplementedError("write LoRALinear.backward() in impls/lora_linear/lora_linear.py")

    def merge(self):
        """Add the update into `w`, so that forward is one product: w becomes w + (alpha / r) b a. Does nothing when merged."""
        raise NotImplementedError("write LoRALinear.merge() in impls/lora_linear/lora_linear.py")

    def unmerge(self):
        """Take the update out of `w` again, to within rounding. Does nothing when not merged."""
        raise NotImplementedError("write LoRALinear.unmerge() in impls/lora_linear/lora_linear.py")

    def trainable(self):
        """Return how many numbers learn, an int."""
        raise NotImplementedError("write LoRALinear.trainable() in impls/lora_linear/lora_linear.py")
