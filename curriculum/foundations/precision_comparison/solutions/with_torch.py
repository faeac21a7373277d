"""The same on torch tensors. Bits are int32, as torch has few operations on unsigned ones: masks after each shift."""

import torch


def to_bf16_bits(x):
    bits = x.view(torch.int32)
    upper = (bits >> 16) & 0xFFFF
    magnitude = bits & 0x7FFFFFFF  # the sign is left out, so that a carry cannot overflow int32
    rounded = (magnitude.add_(0x7FFF).add_(upper & 1) >> 16).bitwise_or_(upper & 0x8000)
    return torch.where(x.isnan(), upper | 0x0040, rounded).to(torch.uint16)


def to_fp16_bits(x):
    bits = x.view(torch.int32)
    magnitude = bits & 0x7FFFFFFF
    odd = (magnitude >> 13) & 1
    result = (odd.add_(magnitude).sub_((112 << 23) - 0xFFF) >> 13).clamp_(max=0x7C00)
    small = magnitude < 0x38800000  # below 2**-14
    if small.any():
        steps = x.abs().clamp_(max=2.0**-14).mul_(2.0**24).nan_to_num_(0.0)
        result = torch.where(small, steps.round_().to(torch.int32), result)
    result.masked_fill_(magnitude > 0x7F800000, 0x7E00)
    return result.bitwise_or_((bits >> 16) & 0x8000).to(torch.uint16)


def dot_errors(x, y):
    exact = (x.double() * y.double()).sum()
    computed = {"float32": running_sum(x * y)}
    for name, round_to in (("float16", round_fp16), ("bfloat16", round_bf16)):
        products = round_to(x) * round_to(y)
        computed[name] = running_sum(round_to(products), round_to)
        computed[f"{name} in float32"] = running_sum(products)
    return {name: float((value.double() - exact).abs() / exact.abs()) for name, value in computed.items()}


def running_sum(terms, round_to=lambda total: total):
    total = torch.zeros((), dtype=torch.float32)
    for term in terms:
        total = round_to(total + term)
    return total


def round_bf16(x):
    return (to_bf16_bits(x).to(torch.int32) << 16).view(torch.float32)


def round_fp16(x):
    bits = to_fp16_bits(x).to(torch.int32)
    exponent, fraction = (bits >> 10) & 31, bits & 1023
    significand = torch.where(exponent == 0, fraction, fraction + 1024).to(torch.float32)
    value = torch.ldexp(significand, exponent.clamp(min=1) - 25)
    value = torch.where(exponent == 31, torch.where(fraction == 0, torch.inf, torch.nan), value)
    return torch.where(bits >> 15 == 1, -value, value)
