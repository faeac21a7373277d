"""A step as one kernel: parameter, gradient and buffer are read once, and parameter and buffer written once.

Five numbers are moved for four operations, so a step lasts as long as its memory traffic. The buffer changes in place,
as nobody else ever sees it; the parameters go into a new tensor, as the caller may keep the old one.
"""

import torch
import triton
import triton.language as tl

BLOCK = 4096  # elements of a program: 16 for each thread of 8 warps, enough loads in flight to wait for memory only


@triton.jit
def _sgd(
    p, g, buffer, out, n,
    LR: tl.constexpr, MOMENTUM: tl.constexpr, DAMPENING: tl.constexpr, NESTEROV: tl.constexpr,
    WEIGHT_DECAY: tl.constexpr, FIRST: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    here = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = here < n
    wide = buffer.dtype.element_ty
    start = tl.load(p + here, mask=inside, other=0.0).to(wide)
    slope = tl.load(g + here, mask=inside, other=0.0).to(wide) + WEIGHT_DECAY * start
    direction = slope
    if MOMENTUM != 0:
        if not FIRST:  # before the first step the buffer holds whatever its memory held
            direction = MOMENTUM * tl.load(buffer + here, mask=inside, other=0.0) + (1 - DAMPENING) * slope
        tl.store(buffer + here, direction, mask=inside)
        if NESTEROV:
            direction = slope + MOMENTUM * direction
    tl.store(out + here, (start - LR * direction).to(out.dtype.element_ty), mask=inside)


class SGD:
    def __init__(self, params, lr, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0):
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError("nesterov needs a momentum, and no dampening")
        self.params = [p.contiguous() for p in params]
        self.lr = lr
        self.constants = {
            "MOMENTUM": momentum, "DAMPENING": dampening, "NESTEROV": nesterov, "WEIGHT_DECAY": weight_decay
        }  # fmt: skip
        self.buffers = [None for _ in params]

    def step(self, grads):
        for i, g in enumerate(grads):
            if g is not None:
                self.params[i] = self._moved(i, g)
        return list(self.params)

    def _moved(self, i, g):
        p, first = self.params[i], self.buffers[i] is None
        if first:  # sums of half precision are kept in float32
            self.buffers[i] = torch.empty_like(p, dtype=torch.promote_types(p.dtype, torch.float32))
        out, n = torch.empty_like(p), p.numel()
        if n:  # an empty grid is an error
            arrays = p, g.contiguous(), self.buffers[i], out
            _sgd[(triton.cdiv(n, BLOCK),)](
                *arrays, n, LR=self.lr, FIRST=first, BLOCK=BLOCK, num_warps=8, **self.constants
            )
        return out
