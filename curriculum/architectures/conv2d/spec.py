"""2-D convolution and its gradients: what an answer must do, and what it costs.

Sources: LeCun et al. 1989, https://doi.org/10.1162/neco.1989.1.4.541;
Dumoulin, Visin 2016, https://arxiv.org/abs/1603.07585

Sizes: n pictures of groups * cin channels, groups * cout kernels of kh by kw. stride, padding, dilation are pairs, and
stand as one int in the call where only one number is given.
"""

import numpy as np

from harness.spec import Convention, Cost, Equivalent, Exercise, Hidden, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64: one output pixel after the other, each the sum over its own window -------------------------


def both(value):
    return (value, value) if isinstance(value, int) else value


def pad(x, padding):
    return np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)))


def span(kernel, dilation):
    """How many pixels a kernel covers, first to last tap."""
    return [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]


def windows(padded, w, stride, dilation):
    """Each output pixel (i, j) and the index of its window in the padded picture."""
    high, wide = span(w.shape[2:], dilation)
    for i, top in enumerate(range(0, padded.shape[2] - high + 1, stride[0])):
        for j, left in enumerate(range(0, padded.shape[3] - wide + 1, stride[1])):
            yield i, j, np.s_[..., top : top + high : dilation[0], left : left + wide : dilation[1]]


def by_group(a, groups, axis):
    """Cut an axis into groups, put them first, and flatten what follows the second axis."""
    parts = np.stack(np.split(a, groups, axis=axis))
    return parts.reshape(*parts.shape[:2], int(np.prod(parts.shape[2:])))


def output_shape(x, w, stride, padding, dilation):
    covered = span(w.shape[2:], dilation)
    sides = [(x.shape[2 + d] + 2 * padding[d] - covered[d]) // stride[d] + 1 for d in (0, 1)]
    return (len(x), len(w), *sides)


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    stride, padding, dilation = both(stride), both(padding), both(dilation)
    padded = pad(x, padding)
    kernels = by_group(w.reshape(len(w), -1), groups, axis=0)  # (groups, o / groups, taps and channels)
    y = np.empty(output_shape(x, w, stride, padding, dilation))
    for i, j, window in windows(padded, w, stride, dilation):
        seen = by_group(padded[window], groups, axis=1)  # (groups, n, taps and channels)
        y[:, :, i, j] = np.concatenate(seen @ kernels.swapaxes(1, 2), axis=1)
    return y if b is None else y + b[:, None, None]


def conv2d_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    """Every output pixel hands its dy to the taps of its window, and to the kernel."""
    stride, padding, dilation = both(stride), both(padding), both(dilation)
    padded = pad(x, padding)
    kernels = by_group(w.reshape(len(w), -1), groups, axis=0)
    dpadded, dkernels = np.zeros_like(padded), np.zeros_like(kernels)
    for i, j, window in windows(padded, w, stride, dilation):
        seen, dpixel = by_group(padded[window], groups, axis=1), by_group(dy[:, :, i, j], groups, axis=1)
        dkernels += dpixel.swapaxes(1, 2) @ seen
        dpadded[window] += np.concatenate(dpixel @ kernels, axis=1).reshape(padded[window].shape)
    inside = np.s_[..., padding[0] : padding[0] + x.shape[2], padding[1] : padding[1] + x.shape[3]]
    return dpadded[inside], dkernels.reshape(w.shape), dy.sum(axis=(0, 2, 3))


def flipped(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    return conv2d(x, w[:, :, ::-1, ::-1], b, stride, padding, dilation, groups)


def flipped_backward(dy, x, w, stride=1, padding=0, dilation=1, groups=1):
    dx, dw, db = conv2d_backward(dy, x, w[:, :, ::-1, ::-1], stride, padding, dilation, groups)
    return dx, dw[:, :, ::-1, ::-1], db


# --- inputs ----------------------------------------------------------------------------------------------------------


def inputs(rng, n=2, groups=1, cin=3, cout=4, height=6, width=7, kh=3, kw=2, stride=None, padding=None, dilation=None,
           bias=True, scale=1.0):  # fmt: skip
    """Random pictures, kernels and biases; an option of one number is given as an int,
    one left out tests the default."""
    apart = dilation or (1,)
    covered = span((kh, kw), (apart[0], apart[-1]))
    sides = [max(side, least) for side, least in zip((height, width), covered, strict=True)]
    x = {
        "x": scale * rng.standard_normal((n, groups * cin, *sides)),
        "w": rng.standard_normal((groups * cout, cin, kh, kw)),
    }
    if bias:
        x["b"] = scale * rng.uniform(1.0, 2.0, groups * cout)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    x |= {name: value if len(value) == 2 else value[0] for name, value in options.items() if value is not None}
    return x if groups == 1 else x | {"groups": groups}


def backward_inputs(rng, **sizes):
    """The bias is needed by the forward alone, for the check of the oracle by central differences.

    dy has one sign, so that db, a sum of few terms, does not cancel: nobody can be graded on what rounding leaves.
    """
    x = inputs(rng, **sizes)
    options = [x.get("stride", 1), x.get("padding", 0), x.get("dilation", 1)]
    shape = output_shape(x["x"], x["w"], *map(both, options))
    return {"dy": rng.uniform(0.5, 1.5, shape), **x, "b": Hidden(x["b"])}


EVERYTHING = {"stride": (2, 3), "padding": (2, 1), "dilation": (2, 3), "height": 9, "width": 11}
ORDINARY = (
    case("plain", why="options left out: stride 1, no padding, dilation 1, one group"),
    case("padding", kh=3, kw=3, padding=(1,), why="a kernel of 3 with padding 1 keeps the picture's size"),
    case("padding down and right differ", kh=3, kw=3, padding=(2, 1)),
    case("stride", kh=3, kw=3, height=7, width=9, stride=(2,), why="every other place"),
    case("strides down and right differ", height=8, width=7, stride=(3, 2)),
    case("a rest is left over", kh=3, kw=3, height=8, width=6, stride=(2,), why="ho and wo are rounded down"),
    case("padded, and a rest is left over", kh=2, kw=2, height=6, width=8, stride=(3,), padding=(1,)),
    case("dilation", height=8, width=8, dilation=(2,), why="gaps between the taps"),
    case("dilations down and right differ", height=8, width=8, dilation=(1, 3)),
    case("everything at once", **EVERYTHING),
    case("two groups", groups=2, cin=2, cout=3, why="each kernel reads the channels of its own group"),
    case("three groups, everything at once", groups=3, cin=2, cout=2, **EVERYTHING),
    case("depthwise", groups=4, cin=1, cout=1, kh=3, kw=3, padding=(1,), why="groups = c: one kernel for each channel"),
    case("depthwise, two kernels a channel", groups=3, cin=1, cout=2),
    case("kernels of one pixel", kh=1, kw=1, why="a matrix product at every pixel"),
    case("kernels as large as the picture", height=4, width=5, kh=4, kw=5, why="one position: a dense layer"),
    case("one channel, one kernel", n=1, cin=1, cout=1, kh=3, kw=3),
)
EDGES = (
    case("stride longer than the kernel", kh=2, kw=1, height=9, width=9, stride=(4, 3), mark="robust", why="some pixels are never read"),
    case("more padding than kernel", height=2, width=3, padding=(4, 3), mark="robust", why="some windows see zeros only"),
    case("a picture of one pixel", height=1, width=1, kh=3, kw=3, padding=(1,), mark="robust", why="only the middle tap meets it"),
    case("many channels", n=1, cin=131, cout=5, kh=3, kw=3, height=4, width=4, mark="robust", why="sums of 1,179 terms"),
    case("huge pictures", scale=1e15, mark="robust", why="nothing here needs a square"),
    case("no pictures", n=0, padding=(1,), mark="robust", why="an empty batch comes back empty, and its gradients are zeros"),
)  # fmt: skip
NO_BIAS = case("no bias", bias=False, padding=(1,), why="b is None unless given")


# --- properties ------------------------------------------------------------------------------------------------------


def a_kernel_of_a_single_one_moves_the_picture(answer, x, check):
    """A kernel that is 1 at one tap and 0 elsewhere moves the picture, and does nothing else to it."""
    picture, w = x["x"], np.zeros_like(x["w"])
    w[:, :, 0, 2] = np.eye(len(w), w.shape[1], dtype=w.dtype)
    moved = np.zeros_like(picture)
    moved[:, :, 1:, :-1] = picture[:, :, :-1, 1:]  # tap (0, 2) of a 3 by 3 kernel reads one row up, one column right
    check.close(answer(x=picture, w=w, padding=1), moved, "the picture moved down and to the left")


def moving_the_picture_moves_the_answer(answer, x, check):
    """Where the border is out of sight, moving the picture by a pixel moves the answer by a pixel."""
    up_left = {**x, "x": np.ascontiguousarray(x["x"][:, :, 1:, 1:])}
    check.close(answer(**up_left), answer(**x)[:, :, 1:, 1:], "with the first row and column cut off")


def kernels_of_one_pixel_are_a_matrix_product(answer, x, check):
    """A 1 by 1 convolution multiplies the channels of every pixel by one matrix."""
    want = np.moveaxis(np.moveaxis(x["x"], 1, -1) @ x["w"][:, :, 0, 0].T, -1, 1) + x["b"][:, None, None]
    check.close(answer(**x), want, "against the matrix product")


def groups_are_convolutions_of_their_own(answer, x, check):
    """With two groups, each half of the answer is the convolution of half the channels with half the kernels."""
    rest = {name: x[name] for name in ("stride", "padding")}
    channels, kernels = x["x"].shape[1] // 2, len(x["w"]) // 2
    together = answer(**x)
    for half in (0, 1):
        own, mine = slice(half * kernels, (half + 1) * kernels), slice(half * channels, (half + 1) * channels)
        alone = answer(x=np.ascontiguousarray(x["x"][:, mine]), w=x["w"][own], b=x["b"][own], **rest)
        check.close(together[:, own], alone, f"group {half} alone")


def backward_is_the_adjoint(answer, x, check):
    """Convolution is linear in x and in w, so <dy, conv(x, w)> = <dx, x> = <dw, w>."""
    # numbers between 1 and 2 cancel nowhere, so that the sums can be compared closely
    for name in ("dy", "x", "w"):
        x = {**x, name: 1 + np.abs(x[name]) / (1 + np.abs(x[name]))}
    forward = {name: value for name, value in x.items() if name not in ("dy", "b")}
    dx, dw, _ = answer(**{name: value for name, value in x.items() if name != "b"})
    want = np.sum(x["dy"] * answer.part("conv2d", **forward), dtype=np.float64)
    check.close(np.sum(dx * x["x"], dtype=np.float64), want, "<dx, x> against <dy, y>")
    check.close(np.sum(dw * x["w"], dtype=np.float64), want, "<dw, w> against <dy, y>")


def gradients_of_the_kernels_add_up_over_pictures(answer, x, check):
    """The batch's dw and db are sums of those of its pictures, and each dx is that of its picture alone."""
    sent = {name: value for name, value in x.items() if name != "b"}
    dx, dw, db = answer(**sent)
    alone = [answer(**{**sent, "dy": sent["dy"][m : m + 1], "x": sent["x"][m : m + 1]}) for m in range(len(dx))]
    check.close(dx, np.concatenate([one[0] for one in alone]), "dx of each picture")
    check.close(dw, sum(one[1] for one in alone), "the sum of the pictures' dw", slack=4)
    check.close(db, sum(one[2] for one in alone), "the sum of the pictures' db", slack=4)


# --- speed -----------------------------------------------------------------------------------------------------------


def cost(itemsize, n, cin, cout, height, width, kh, kw, **_):
    """A multiplication and an addition for each tap, channel, kernel and pixel (padding keeps the size)."""
    flops = 2 * n * cout * height * width * cin * kh * kw
    return Cost(flops, itemsize * (n * cin * height * width + cout * cin * kh * kw + n * cout * height * width))


def backward_cost(itemsize, **sizes):
    """As much for dx and for dw each; x, w and dy are read, dx and dw written."""
    forward = cost(itemsize, **sizes)
    written = itemsize * (sizes["n"] * sizes["cin"] * sizes["height"] * sizes["width"])
    return Cost(2 * forward.flops, forward.bytes_moved + written)


LAYER = case(
    "8 pictures of 16 x 32 x 32, 32 kernels", n=8, cin=16, cout=32, height=32, width=32, kh=3, kw=3, padding=(1,)
)
FASTEST = {"numpy": "im2col.py", "torch": "with_torch.py", "cupy": "reference.py", "triton": "triton_kernel.py"}
BANNED_IN_TORCH = tuple(
    f"torch.{name}"
    for name in (
        *(f"nn.functional.{f}" for f in ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")),
        "nn.functional.unfold", "nn.functional.fold", "nn.grad", "nn.Unfold", "nn.Fold", "nn.Conv1d", "nn.Conv2d", "nn.Conv3d",
        "nn.ConvTranspose1d", "nn.ConvTranspose2d", "nn.ConvTranspose3d", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
        "conv_transpose2d", "conv_transpose3d", "convolution", "_convolution", "mkldnn_convolution", "cudnn_convolution", "ops",
    )
)  # fmt: skip

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "conv2d", inputs, (*ORDINARY, NO_BIAS, *EDGES), conv2d,
            conventions=(Convention("the kernel is flipped, as in signal processing; asked is correlation", flipped),),
            properties=(
                holds(a_kernel_of_a_single_one_moves_the_picture, cin=3, cout=3, kh=3, kw=3),
                holds(moving_the_picture_moves_the_answer, kh=3, kw=3),
                holds(kernels_of_one_pixel_are_a_matrix_product, kh=1, kw=1),
                holds(groups_are_convolutions_of_their_own, groups=2, cin=3, cout=2, kh=3, kw=3, stride=(2, 1), padding=(1, 2)),
            ),
        ),
        Part(
            "conv2d_backward", backward_inputs, (*ORDINARY, *EDGES), conv2d_backward,
            gradient_of="conv2d", wrt=("x", "w", "b"),
            conventions=(Convention("the kernel is flipped, as in signal processing; asked is correlation", flipped_backward),),
            properties=(
                holds(backward_is_the_adjoint, **EVERYTHING),
                holds(gradients_of_the_kernels_add_up_over_pictures, n=3, stride=(2, 1), padding=(1,)),
            ),
        ),
    ),
    timings=(
        Timing(
            LAYER, cost, part="conv2d", scaling="height", yardstick=FASTEST,
            library={"torch": "torch.nn.functional.conv2d(x, w, b, padding=1)"},
        ),
        Timing(LAYER, backward_cost, part="conv2d_backward", scaling="height", yardstick=FASTEST),
    ),
    policy=Policy(
        banned=("base", "@autograd", *BANNED_IN_TORCH),
        earns=("torch.nn.functional.conv2d", "torch.conv2d", "torch.nn.Conv2d"),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("flips the kernel", "        seen = xp.reshape(padded[:, :, rows, columns], (n, groups, c // groups, ho * wo))\n        y +=", "        u, v = w.shape[2] - 1 - u, w.shape[3] - 1 - v\n        weights = xp.reshape(w[:, :, u, v], (groups, o // groups, c // groups))\n        seen = xp.reshape(padded[:, :, rows, columns], (n, groups, c // groups, ho * wo))\n        y +=", "conv2d/plain"),
        Mistake("output size rounded up", "ho = (padded[2] - dilation[0] * (kh - 1) - 1) // stride[0] + 1", "ho = -(-(padded[2] - dilation[0] * (kh - 1) - 1) // stride[0]) + 1", "conv2d/a rest is left over"),
        Mistake("output size without the + 1", "wo = (padded[3] - dilation[1] * (kw - 1) - 1) // stride[1] + 1", "wo = (padded[3] - dilation[1] * (kw - 1) - 1) // stride[1]", "conv2d/plain"),
        Mistake("padding on one side", "height + 2 * down, width + 2 * right)", "height + down, width + right)", "conv2d/padding"),
        Mistake("padding on one side, but twice as much", "padded[:, :, down : down + height, right : right + width] = x", "padded[:, :, :height, :width] = x", "conv2d/padding"),
        Mistake("padding down and right swapped", "(n, c, height, width), (down, right) = x.shape, padding", "(n, c, height, width), (right, down) = x.shape, padding", "conv2d/padding down and right differ"),
        Mistake("one stride for both directions", "rows = [slice(u * dilation[0], u * dilation[0] + (ho - 1) * stride[0] + 1, stride[0]) for u in range(kh)]", "stride = (stride[1], stride[1])\n    ho = (padded[2] - dilation[0] * (kh - 1) - 1) // stride[0] + 1\n    rows = [slice(u * dilation[0], u * dilation[0] + (ho - 1) * stride[0] + 1, stride[0]) for u in range(kh)]", "conv2d/strides down and right differ"),
        Mistake("one dilation for both directions", "    kh, kw = kernel[2:]\n", "    kh, kw = kernel[2:]\n    dilation = dilation[:1] * 2\n", "conv2d/dilations down and right differ"),
        Mistake("dilation ignored", "    kh, kw = kernel[2:]\n", "    kh, kw = kernel[2:]\n    dilation = (1, 1)\n", "conv2d/dilation"),
        Mistake("groups interleaved", "        y += weights @ seen", "        y += weights @ xp.reshape(xp.permute_dims(xp.reshape(seen, (n, c // groups, groups, ho * wo)), (0, 2, 1, 3)), seen.shape)", "conv2d/two groups"),
        Mistake("kernels interleaved over the groups", "    y = xp.reshape(y, (n, o, ho, wo))", "    y = xp.reshape(xp.permute_dims(y, (0, 2, 1, 3)), (n, o, ho, wo))", "conv2d/two groups"),
        Mistake("bias forgotten", "return y if b is None else y + b[:, None, None]", "return y", "conv2d/plain"),
        Mistake("bias added at every tap", "        y += weights @ seen", "        y += weights @ seen + (0 if b is None else xp.reshape(b, (groups, o // groups, 1)))", "conv2d/plain"),
        Mistake("stride ignored in dx", "dpadded[:, :, rows, columns] += xp.reshape(xp.matrix_transpose(weights) @ dy, (n, c, ho, wo))", "dpadded[:, :, rows.start : rows.start + ho, columns.start : columns.start + wo] += xp.reshape(xp.matrix_transpose(weights) @ dy, (n, c, ho, wo))", "conv2d_backward/stride"),
        Mistake("overlapping windows overwrite each other", "dpadded[:, :, rows, columns] +=", "dpadded[:, :, rows, columns] =", "conv2d_backward/plain"),
        Mistake("dx with the kernel not turned round", "xp.reshape(xp.matrix_transpose(weights) @ dy, (n, c, ho, wo))", "xp.reshape(xp.matrix_transpose(xp.reshape(w[:, :, w.shape[2] - 1 - u, w.shape[3] - 1 - v], weights.shape)) @ dy, (n, c, ho, wo))", "conv2d_backward/plain"),
        Mistake("dx keeps the far end of the padding", "dx = dpadded[:, :, down : down + height, right : right + width]", "dx = dpadded[:, :, 2 * down :, 2 * right :]", "conv2d_backward/padding"),
        Mistake("dw is the mean over the pictures", "xp.sum(dy @ xp.matrix_transpose(seen), axis=0)", "xp.mean(dy @ xp.matrix_transpose(seen), axis=0)", "conv2d_backward/gradients of the kernels add up over pictures"),
        Mistake("dw of the last picture only", "xp.sum(dy @ xp.matrix_transpose(seen), axis=0)", "xp.sum((dy @ xp.matrix_transpose(seen))[-1:], axis=0)", "conv2d_backward/plain"),
        Mistake("db is the mean over the positions", "xp.sum(dy, axis=(0, 3))", "xp.sum(xp.mean(dy, axis=3), axis=0)", "conv2d_backward/plain"),
    ),
    equivalent=(
        Equivalent("_taps", "rows = [slice(u * dilation[0], u * dilation[0] + (ho - 1) * stride[0] + 1, stride[0]) for u in range(kh)]", "rows = [slice(u * dilation[0], u * dilation[0] + (ho - 1) * stride[0] + 1, stride[0]) for u in range(kh + 1)]", "a slice more than the kernel has taps, which nobody reads"),
        Equivalent("_taps", "columns = [slice(v * dilation[1], v * dilation[1] + (wo - 1) * stride[1] + 1, stride[1]) for v in range(kw)]", "columns = [slice(v * dilation[1], v * dilation[1] + (wo - 1) * stride[1] + 1, stride[1]) for v in range(kw + 1)]", "a slice more than the kernel has taps, which nobody reads"),
    ),
    hints=(
        "Fix one tap (u, v) of the kernel. Which pixels of the padded picture does it meet as the kernel slides? They are a slice with a step.",
        "Forward: for every tap, y += (o x c matrix of that tap) times (the slice it meets, as c x positions). Backward: the same loop; "
        "a product y = W s has dW = dy s^T and ds = W^T dy, and ds is added to where s came from.",
        "rows = padded[:, :, u*dil : u*dil + stride*(ho-1) + 1 : stride]; reshape channels to (groups, c/groups), kernels to (groups, o/groups, "
        "c/groups) and let @ run over pictures and groups. dx is the inside of dpadded, db = dy.sum over pictures and positions.",
    ),
)  # fmt: skip
