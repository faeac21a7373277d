"""torch: sums of squares in float64, which hold those of any float32, stay on the device until one number is asked for."""

from math import inf, isfinite

import torch


def clip_by_norm(grads, max_norm):
    total = _norm(grads)
    if not max_norm < total < inf:
        return list(grads), total
    factor = max_norm / total
    return [g.to(torch.promote_types(g.dtype, torch.float32)).mul(factor).to(g.dtype) for g in grads], total


def clip_by_value(grads, c):
    return [g.clamp(-c, c) for g in grads]


def _norm(grads):
    if not grads:
        return 0.0
    tops = torch.stack([g.abs().amax() if g.numel() else g.new_zeros(()) for g in grads])
    largest = float(tops.max())  # nan wins
    if largest == 0 or not isfinite(largest):
        return largest
    if grads[0].dtype == torch.float64:
        return largest * float(torch.stack([(g / largest).square().sum() for g in grads]).sum().sqrt())
    return float(
        torch.stack(
            [
                g.square().sum(dtype=torch.float64)
                if _is_safe(g, largest)
                else (g.double() / largest).square().sum() * largest**2
                for g in grads
            ]
        )
        .sum()
        .sqrt()
    )


def _is_safe(g, largest):
    return g.dtype == torch.float32 and 1e-10 < largest < 1e10
