"""One kernel a step: everything is read once and written once, and the means are updated where they are.

In separate operations Adam reads and writes nearly forty times the parameters' size; here it is seven times, which is
all the time it takes. The centered RMSprop keeps the variance itself, not the mean square: by

    a * square + (1 - a) * g^2 - (a * mean + (1 - a) * g)^2  =  a * (square - mean^2 + (1 - a) * (g - mean)^2)

it is a sum of squares, which does not cancel and cannot round to less than 0.
"""

import torch
import triton
import triton.language as tl

BLOCK = 4096  # elements of a program: 16 for each thread of 8 warps, enough loads in flight to wait for memory only


# The corrections change at every step, and as constants each would be compiled for. As arguments they arrive in float64
# only because they are declared so: a Python float would come in float32.
@triton.jit
def _adam(
    p, g, m, v, v_max, out, n, correction1: tl.float64, correction2: tl.float64,
    LR: tl.constexpr, BETA1: tl.constexpr, BETA2: tl.constexpr, EPS: tl.constexpr, WEIGHT_DECAY: tl.constexpr,
    DECOUPLED: tl.constexpr, AMSGRAD: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    here = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = here < n
    wide = m.dtype.element_ty
    start = tl.load(p + here, mask=inside, other=0.0).to(wide)
    slope = tl.load(g + here, mask=inside, other=1.0).to(wide)  # not 0 past the end, which is 0 / 0 if eps is 0
    if DECOUPLED:
        start *= 1 - LR * WEIGHT_DECAY
    else:
        slope += WEIGHT_DECAY * start
    mean = BETA1 * tl.load(m + here, mask=inside, other=0.0) + (1 - BETA1) * slope
    square = BETA2 * tl.load(v + here, mask=inside, other=0.0) + (1 - BETA2) * slope * slope
    tl.store(m + here, mean, mask=inside)
    tl.store(v + here, square, mask=inside)
    if AMSGRAD:
        square = tl.maximum(tl.load(v_max + here, mask=inside, other=0.0), square)
        tl.store(v_max + here, square, mask=inside)
    root = tl.sqrt(square / tl.full([], correction2, wide)) + EPS
    moved = start - LR * (mean / tl.full([], correction1, wide)) / root
    tl.store(out + here, moved.to(out.dtype.element_ty), mask=inside)


@triton.jit
def _rmsprop(
    p, g, spreads, means, buffer, out, n,
    LR: tl.constexpr, ALPHA: tl.constexpr, EPS: tl.constexpr, MOMENTUM: tl.constexpr, CENTERED: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    here = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = here < n
    wide = spreads.dtype.element_ty
    start = tl.load(p + here, mask=inside, other=0.0).to(wide)
    slope = tl.load(g + here, mask=inside, other=1.0).to(wide)
    spread = ALPHA * tl.load(spreads + here, mask=inside, other=0.0)
    if CENTERED:
        mean = tl.load(means + here, mask=inside, other=0.0)
        away = slope - mean
        spread += ALPHA * (1 - ALPHA) * away * away
        tl.store(means + here, mean + (1 - ALPHA) * away, mask=inside)
    else:
        spread += (1 - ALPHA) * slope * slope
    tl.store(spreads + here, spread, mask=inside)
    direction = slope / (tl.sqrt(spread) + EPS)
    if MOMENTUM != 0:
        direction += MOMENTUM * tl.load(buffer + here, mask=inside, other=0.0)
        tl.store(buffer + here, direction, mask=inside)
    tl.store(out + here, (start - LR * direction).to(out.dtype.element_ty), mask=inside)


def _zeros(params):
    """A state for each parameter, in float32 where that is half precision."""
    return [torch.zeros_like(p, dtype=torch.promote_types(p.dtype, torch.float32)) for p in params]


def _moved(kernel, p, g, state, *corrections, **constants):
    """The parameter after the step, in a new tensor, as the caller may keep the old one."""
    out, n = torch.empty_like(p), p.numel()
    if n:  # an empty grid is an error
        grid = (triton.cdiv(n, BLOCK),)
        kernel[grid](p, g.contiguous(), *state, out, n, *corrections, BLOCK=BLOCK, num_warps=8, **constants)
    return out


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False, amsgrad=False):
        self.params = [p.contiguous() for p in params]
        self.lr, self.betas, self.t = lr, betas, 0
        self.constants = {
            "BETA1": betas[0], "BETA2": betas[1], "EPS": eps, "WEIGHT_DECAY": weight_decay, "DECOUPLED": decoupled,
            "AMSGRAD": amsgrad,
        }  # fmt: skip
        self.m, self.v = _zeros(self.params), _zeros(self.params)
        self.v_max = _zeros(self.params) if amsgrad else self.v  # one that is never touched costs nothing

    def step(self, grads):
        self.t += 1
        corrections = [1 - beta**self.t for beta in self.betas]
        each = zip(self.params, grads, self.m, self.v, self.v_max, strict=True)
        self.params = [_moved(_adam, p, g, state, *corrections, LR=self.lr, **self.constants) for p, g, *state in each]
        return list(self.params)


class RMSprop:
    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
        self.params = [p.contiguous() for p in params]
        self.lr = lr
        self.constants = {"ALPHA": alpha, "EPS": eps, "MOMENTUM": momentum, "CENTERED": centered}
        self.spreads = _zeros(self.params)
        self.means = _zeros(self.params) if centered else self.spreads  # one that is never touched costs nothing
        self.buffers = _zeros(self.params) if momentum else self.spreads

    def step(self, grads):
        each = zip(self.params, grads, self.spreads, self.means, self.buffers, strict=True)
        self.params = [_moved(_rmsprop, p, g, state, LR=self.lr, **self.constants) for p, g, *state in each]
        return list(self.params)
