"""Each function and each derivative as one fused kernel: a number is read once, bent in registers, and written once.

GELU and SiLU are x times a gate, so that one pair of kernels serves all three gates. Derivatives do not pass through
the function's value: 1 - tanh^2 is a difference of equals far from 0, where e / (1 + e)^2 keeps every digit.
Half precision is widened in registers.
"""

import math

import torch
import triton
import triton.language as tl

BLOCK = 1024
ROWS, UNITS = 64, 64  # a tile of dead_fraction
ROOT_2 = tl.constexpr(math.sqrt(2))
ROOT_8_OVER_PI = tl.constexpr(math.sqrt(8 / math.pi))
ROOT_2_PI = tl.constexpr(math.sqrt(2 * math.pi))
CUBIC = tl.constexpr(0.044715)  # the interpreter takes these to the right of a tensor only


@triton.jit
def _load(x, n, BLOCK: tl.constexpr):
    here = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    values = tl.load(x + here, mask=here < n, other=0.0)
    return values if values.dtype == tl.float64 else values.to(tl.float32)


@triton.jit
def _store(out, values, n, BLOCK: tl.constexpr):
    here = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + here, values.to(out.dtype.element_ty), mask=here < n)


@triton.jit
def _relu_of(values, x, SLOPE: tl.constexpr):
    return tl.where(x > 0, values, SLOPE * values if SLOPE != 0 else 0.0)  # 0 times infinity would be nan


@triton.jit
def _relu(x, out, n, SLOPE: tl.constexpr, BLOCK: tl.constexpr):
    values = _load(x, n, BLOCK)
    _store(out, _relu_of(values, values, SLOPE), n, BLOCK)


@triton.jit
def _relu_backward(dy, x, out, n, SLOPE: tl.constexpr, BLOCK: tl.constexpr):
    _store(out, _relu_of(_load(dy, n, BLOCK), _load(x, n, BLOCK), SLOPE), n, BLOCK)


@triton.jit
def _sigmoid_of(x):
    small = tl.exp(-tl.abs(x))  # at most 1, so that nothing overflows
    return tl.where(x < 0, small, 1.0) / (1 + small)


@triton.jit
def _sigmoid_slope(x):
    small = tl.exp(-tl.abs(x))
    return small / ((1 + small) * (1 + small))


@triton.jit
def _sigmoid(x, out, n, BLOCK: tl.constexpr):
    _store(out, _sigmoid_of(_load(x, n, BLOCK)), n, BLOCK)


@triton.jit
def _sigmoid_backward(dy, x, out, n, BLOCK: tl.constexpr):
    _store(out, _load(dy, n, BLOCK) * _sigmoid_slope(_load(x, n, BLOCK)), n, BLOCK)


@triton.jit
def _tanh(x, out, n, BLOCK: tl.constexpr):
    """From exp; near 0, where that cancels and Triton has no expm1, from Lambert's x / (1 + x^2 / (3 + x^2 / (5 + ...)))."""
    values = _load(x, n, BLOCK)
    size = tl.abs(values)
    small = tl.exp(-2 * size)
    near = tl.minimum(size, 0.5)
    tail = 13 + near * near / 15  # deep enough for float64 up to 1/2
    for level in tl.static_range(6):
        tail = (11 - 2 * level) + near * near / tail
    bent = tl.where(size < 0.5, near / tail, (1 - small) / (1 + small))
    _store(out, tl.where(values < 0, -bent, bent), n, BLOCK)


@triton.jit
def _tanh_backward(dy, x, out, n, BLOCK: tl.constexpr):
    _store(out, _load(dy, n, BLOCK) * (4 * _sigmoid_slope(2 * _load(x, n, BLOCK))), n, BLOCK)


@triton.jit
def _bend(x):
    """(z, dz/dx): the gate of GELU's tanh form, (1 + tanh(z / 2)) / 2, is the sigmoid of z."""
    x = tl.where(tl.abs(x) < 30, x, tl.where(x < 0, -30.0, 30.0))  # beyond, the gate is 0 or 1, and x^2 may overflow
    square = x * x
    return x * (1 + square * CUBIC) * ROOT_8_OVER_PI, (1 + square * (3 * CUBIC)) * ROOT_8_OVER_PI


@triton.jit
def _gate_of(x, GATE: tl.constexpr):
    if GATE == "sigmoid":
        return _sigmoid_of(x)
    elif GATE == "tanh":
        z, _ = _bend(x)
        return _sigmoid_of(z)
    else:
        return 0.5 * (1 + tl.erf(x / ROOT_2))


@triton.jit
def _gate_slope(x, GATE: tl.constexpr):
    if GATE == "sigmoid":
        return _sigmoid_slope(x)
    elif GATE == "tanh":
        z, dz = _bend(x)
        return _sigmoid_slope(z) * dz
    else:
        return tl.exp(-0.5 * x * x) / ROOT_2_PI


@triton.jit
def _gated(x, out, n, GATE: tl.constexpr, BLOCK: tl.constexpr):
    values = _load(x, n, BLOCK)
    _store(out, values * _gate_of(values, GATE), n, BLOCK)


@triton.jit
def _gated_backward(dy, x, out, n, GATE: tl.constexpr, BLOCK: tl.constexpr):
    values = _load(x, n, BLOCK)
    _store(out, _load(dy, n, BLOCK) * (_gate_of(values, GATE) + values * _gate_slope(values, GATE)), n, BLOCK)


@triton.jit
def _dead(pre, dead, n, h, row_stride, column_stride, ROWS: tl.constexpr, UNITS: tl.constexpr):
    """Which of this program's units are above 0 on no sample."""
    units = tl.program_id(0) * UNITS + tl.arange(0, UNITS)
    alive = tl.zeros([UNITS], tl.int32)
    for first in range(0, n, ROWS):
        rows = first + tl.arange(0, ROWS)[:, None]
        here = rows.to(tl.int64) * row_stride + units[None, :].to(tl.int64) * column_stride
        values = tl.load(pre + here, mask=(rows < n) & (units[None, :] < h), other=0.0)
        alive = tl.maximum(alive, tl.max((values > 0).to(tl.int32), 0))
    tl.store(dead + units, alive == 0, mask=units < h)


def _launch(kernel, *inputs, **constants):
    """The kernel on every entry of the inputs, which are of one shape."""
    inputs = [given.contiguous() for given in inputs]
    out = torch.empty_like(inputs[-1])
    if out.numel():  # an empty grid is an error
        kernel[(triton.cdiv(out.numel(), BLOCK),)](*inputs, out, out.numel(), BLOCK=BLOCK, **constants)
    return out


def relu(x):
    return _launch(_relu, x, SLOPE=0.0)


def relu_backward(dy, x):
    return _launch(_relu_backward, dy, x, SLOPE=0.0)


def leaky_relu(x, slope=0.01):
    return _launch(_relu, x, SLOPE=slope)


def leaky_relu_backward(dy, x, slope=0.01):
    return _launch(_relu_backward, dy, x, SLOPE=slope)


def sigmoid(x):
    return _launch(_sigmoid, x)


def sigmoid_backward(dy, x):
    return _launch(_sigmoid_backward, dy, x)


def tanh(x):
    return _launch(_tanh, x)


def tanh_backward(dy, x):
    return _launch(_tanh_backward, dy, x)


def gelu(x, form="exact"):
    return _launch(_gated, x, GATE=form)


def gelu_backward(dy, x, form="exact"):
    return _launch(_gated_backward, dy, x, GATE=form)


def silu(x):
    return _launch(_gated, x, GATE="sigmoid")


def silu_backward(dy, x):
    return _launch(_gated_backward, dy, x, GATE="sigmoid")


def dead_fraction(pre):
    n, h = pre.shape
    dead = pre.new_empty(h, dtype=torch.bool)
    _dead[(triton.cdiv(h, UNITS),)](pre, dead, n, h, *pre.stride(), ROWS=ROWS, UNITS=UNITS)
    return float(dead.double().mean())
