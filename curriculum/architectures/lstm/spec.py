"""A long short-term memory and its gradients through time: what an answer must do, and what it costs.

Sources: Hochreiter, Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735; Gers, Schmidhuber, Cummins 2000,
https://doi.org/10.1162/089976600300015015; the order of the gates is torch's.

Sizes: t steps of n sequences, d inputs, h units. What crosses is states (2, t, n, h): hidden states, then cells.
"""

import numpy as np

from harness.spec import Convention, Cost, Exercise, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64 ---------------------------------------------------------------------------------------------


def sigmoid(z):
    return np.exp(-np.logaddexp(0.0, -z))


def run(x, h0, c0, wx, wh, b, order="ifgo"):
    """Hidden states and cells (t + 1, n, h), the given ones first, and the gates of every step by name."""
    hs, cs, gates = [h0], [c0], []
    for now in x:
        z = dict(zip(order, np.split(now @ wx.T + hs[-1] @ wh.T + b, 4, axis=1), strict=True))
        gate = {name: np.tanh(z[name]) if name == "g" else sigmoid(z[name]) for name in "ifgo"}
        cs.append(gate["f"] * cs[-1] + gate["i"] * gate["g"])
        hs.append(gate["o"] * np.tanh(cs[-1]))
        gates.append(gate)
    return np.array(hs), np.array(cs), gates


def lstm_forward(x, h0, c0, wx, wh, b):
    hs, cs, _ = run(x, h0, c0, wx, wh, b)
    return np.array((hs[1:], cs[1:]))


def lstm_backward(dstates, x, h0, c0, wx, wh, b):
    """First what each pre-activation of a step does to the cell and to the hidden state,
    then the chain through time."""
    hs, cs, gates = run(x, h0, c0, wx, wh, b)
    dz = np.zeros((len(x), len(h0), 4, h0.shape[1]))
    dh, dc = np.zeros_like(h0), np.zeros_like(c0)
    for step in reversed(range(len(x))):
        i, f, g, o = (gates[step][name] for name in "ifgo")
        c_before, c = cs[step], cs[step + 1]
        nothing = np.zeros_like(c)
        cell_by_z = np.stack([g * i * (1 - i), c_before * f * (1 - f), i * (1 - g) * (1 + g), nothing], axis=1)
        hidden_by_cell = o / np.cosh(np.clip(c, -300, 300)) ** 2
        hidden_by_z = hidden_by_cell[:, None] * cell_by_z
        hidden_by_z[:, 3] = np.tanh(c) * o * (1 - o)
        dh, dc = dh + dstates[0, step], dc + dstates[1, step]
        dz[step] = dh[:, None] * hidden_by_z + dc[:, None] * cell_by_z
        dh, dc = np.einsum("nkh,khm->nm", dz[step], wh.reshape(4, -1, wh.shape[1])), (dc + dh * hidden_by_cell) * f
    dz = dz.reshape(*dz.shape[:2], len(b))
    dwx, dwh = np.einsum("tnk,tnd->kd", dz, x), np.einsum("tnk,tnh->kh", dz, hs[: len(x)])
    return dz @ wx, dh, dc, dwx, dwh, dz.sum(axis=(0, 1))


def with_order(order):
    """The forward with the blocks of weights in another order."""

    def other(x, h0, c0, wx, wh, b):
        hs, cs, _ = run(x, h0, c0, wx, wh, b, order)
        return np.array((hs[1:], cs[1:]))

    return other


ORDERS = (
    Convention("gates in the order i, f, o, g, as in CS231n; asked is i, f, g, o", with_order("ifog")),
    Convention("gates in the order f, i, g, o; asked is i, f, g, o", with_order("figo")),
    Convention("gates in the order f, i, o, g; asked is i, f, g, o", with_order("fiog")),
)


# --- inputs ----------------------------------------------------------------------------------------------------------


def inputs(rng, t=5, n=3, d=4, h=6, scale=1.0, kind="normal"):
    """Kinds: 'saturated' for the first sequence only; 'kept' has open forget and shut input gates; 'full' cells;
    'positive' and moderate numbers only, as few terms must neither cancel nor all saturate: nobody can be graded on
    what rounding leaves.
    """
    x = {
        "x": scale * rng.standard_normal((t, n, d)),
        "h0": rng.uniform(-0.9, 0.9, (n, h)),
        "c0": rng.uniform(-2.0, 2.0, (n, h)),
        "wx": rng.standard_normal((4 * h, d)) / max(d, 1) ** 0.5,
        "wh": 0.7 * rng.standard_normal((4 * h, h)) / max(h, 1) ** 0.5,
        "b": rng.uniform(-1.0, 1.0, 4 * h),
    }
    if kind == "saturated":
        # one large term to a sum, or none: where several cancel, what b leaves depends on the order (torch adds it first)
        one = 16384 * np.sign(x["x"][:, :1]) * (np.arange(d) == 0)
        x["x"][:, :1], x["wx"] = one, np.round(16 * x["wx"]) / 16
    if kind == "full":
        x["c0"] = np.where(rng.random((n, h)) < 0.5, 1.0, 40.0) * x["c0"]
    if kind == "kept":
        x["b"][:h], x["b"][h : 2 * h] = -1e4, 1e4
    if kind == "positive":
        x = {name: np.abs(value) for name, value in x.items()}
        x["x"] = rng.uniform(0.5, 1.5, x["x"].shape)
        x["wx"] = rng.uniform(0.2, 1.0, x["wx"].shape) / max(d, 1)
        x["wh"] = rng.uniform(0.2, 1.0, x["wh"].shape) / max(2 * h, 1)
    return x


def backward_inputs(rng, only=None, **sizes):
    """only: losses of 'the last hidden state', 'the last cell', 'the cells' or 'the hidden states'."""
    x = inputs(rng, **sizes)
    dstates = rng.uniform(0.5, 1.5, (2, len(x["x"]), *x["h0"].shape))
    if only is not None:
        dstates[1 if "hidden" in only else 0] = 0.0
        if "last" in only:
            dstates[:, :-1] = 0.0
    return {"dstates": dstates, **x}


ORDINARY = (
    case("three sequences"),
    case("one step", t=1),
    case("two steps", t=2, why="the first place where a cell acts through the next"),
    case("one sequence", n=1, why="a batch of one keeps its axis"),
    case("as many units as inputs", d=5, h=5, why="equal sizes: here a wrong transposition raises no error"),
    case("all sizes equal", t=4, n=4, d=4, h=4, why="equal sizes: here a wrong axis raises no error"),
    case("more inputs than units", d=9, h=2, kind="positive"),
    case("one unit, one input", d=1, h=1, kind="positive"),
)
EDGES = (
    case("many steps", t=120, n=2, d=3, h=4, mark="robust", why="weights collect over all steps"),
    case(
        "a saturated sequence", kind="saturated", mark="robust", why="exp overflows, gates do not: 0 or 1, with slope 0"
    ),
    case("full cells", kind="full", mark="robust", why="tanh of a cell of 40 is 1, and passes no gradient"),
    case("tiny inputs", scale=1e-12, mark="robust"),
    case("no steps", t=0, mark="robust", why="no states; all gradients are zeros, dh0 and dc0 too"),
    case("no sequences", n=0, mark="robust", why="an empty batch comes back empty"),
)
LOSSES = (
    case("the last hidden state only", only="the last hidden state"),
    case("the last cell only", only="the last cell", why="the cell's own path, past all output gates"),
    case("the cells only", only="the cells"),
    case("the hidden states only", only="the hidden states"),
)


# --- properties ------------------------------------------------------------------------------------------------------


def an_open_forget_gate_keeps_the_cell(answer, x, check):
    """With forget gates of 1 and input gates of 0 a cell stays what it is, to the bit, over a thousand steps."""
    _, cs = answer(**x)
    check.equal(cs, np.broadcast_to(x["c0"], cs.shape), "a cell changed")


def hidden_states_are_bounded_and_cells_grow_slowly(answer, x, check):
    """No hidden state leaves [-1, 1], and no cell grows by more than 1 in a step."""
    hs, cs = answer(**x)
    before = np.concatenate([x["c0"][None], cs[:-1]])
    check.true((np.abs(hs) <= 1).all(), "a hidden state lies outside of [-1, 1]")
    room = 1 + 64 * np.finfo(check.dtype).eps * (1 + np.abs(before))
    check.true((np.abs(cs) <= np.abs(before) + room).all(), "a cell grew by more than 1")


def a_sequence_can_be_run_in_two_pieces(answer, x, check):
    """Two steps, then the rest starting from the state and cell reached, give the same as all at once."""
    first = answer(**{**x, "x": x["x"][:2]})
    rest = answer(**{**x, "x": x["x"][2:], "h0": first[0, 1], "c0": first[1, 1]})
    check.close(np.concatenate([first, rest], axis=1), answer(**x), "in two pieces")


def sequences_do_not_meet(answer, x, check):
    """Each sequence of a batch runs as it does alone."""
    one = {"x": np.ascontiguousarray(x["x"][:, 1:2]), "h0": x["h0"][1:2], "c0": x["c0"][1:2]}
    check.close(answer(**{**x, **one}), answer(**x)[:, :, 1:2], "the second sequence by itself")


def a_kept_cell_passes_its_gradient_unchanged(answer, x, check):
    """With forget gates of 1 and input gates of 0 the gradient of the last cell arrives at c0 to the bit."""
    check.equal(answer(**x)[2], x["dstates"][1, -1], "dc0 against the gradient of the last cell")


def the_gradient_is_linear_in_that_of_the_states(answer, x, check):
    """Losses of hidden states and of cells add up."""
    whole = answer(**x)
    parts = []
    for kind in (0, 1):
        dstates = x["dstates"].copy()
        dstates[1 - kind] = 0
        parts.append(answer(**{**x, "dstates": dstates}))
    for name, got, hidden, cells in zip(("dx", "dh0", "dc0", "dwx", "dwh", "db"), whole, *parts, strict=True):
        size = max(np.abs(hidden).max(), np.abs(cells).max())
        bound = 64 * np.finfo(check.dtype).eps * size * 4
        check.true(np.abs(got - hidden - cells).max() <= bound, f"{name} is not the sum of both")


# --- speed -----------------------------------------------------------------------------------------------------------


def cost(itemsize, t, n, d, h, **_):
    """Two products a step; x is read, hs and cs written, the weights are read once."""
    return Cost(8 * t * n * h * (d + h), itemsize * (t * n * (d + 2 * h) + 4 * h * (d + h)))


def backward_cost(itemsize, t, n, d, h, **_):
    """The forward, which the backward needs its cache of, and two products more for each of its own."""
    return Cost(24 * t * n * h * (d + h), itemsize * (t * n * (2 * d + 4 * h) + 8 * h * (d + h)))


SIZE = case("128 steps of 4 sequences, 64 inputs, 32 units", t=128, n=4, d=64, h=32)
FASTEST = {"numpy": "vectorized.py", "torch": "vectorized.py", "cupy": "vectorized.py", "triton": "triton_kernel.py"}
KEPT = {"kind": "kept", "d": 2, "h": 3, "n": 2}

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "lstm_forward", inputs, (*ORDINARY, *EDGES), lstm_forward,
            conventions=ORDERS,
            properties=(
                holds(an_open_forget_gate_keeps_the_cell, t=1000, **KEPT),
                holds(hidden_states_are_bounded_and_cells_grow_slowly, t=20, scale=10.0),
                a_sequence_can_be_run_in_two_pieces,
                holds(sequences_do_not_meet, n=4),
            ),
        ),
        Part(
            "lstm_backward", backward_inputs, (*ORDINARY, *LOSSES, *EDGES), lstm_backward,
            gradient_of="lstm_forward", wrt=("x", "h0", "c0", "wx", "wh", "b"),
            properties=(
                holds(a_kept_cell_passes_its_gradient_unchanged, t=200, only="the last cell", **KEPT),
                the_gradient_is_linear_in_that_of_the_states,
            ),
        ),
    ),
    timings=(
        Timing(SIZE, cost, part="lstm_forward", scaling="t", yardstick=FASTEST),
        Timing(SIZE, backward_cost, part="lstm_backward", scaling="t", yardstick=FASTEST),
    ),
    policy=Policy(
        banned=(
            "base", "@autograd", "torch.nn.LSTM", "torch.nn.LSTMCell", "torch.nn.GRU", "torch.nn.GRUCell", "torch.nn.RNNBase",
            "torch.nn.RNNCellBase", "torch.lstm", "torch.lstm_cell", "torch.gru", "torch.gru_cell", "torch.ops",
        ),
        earns=("torch.nn.LSTM", "torch.nn.LSTMCell", "torch.nn.GRU", "torch.nn.GRUCell", "torch.lstm", "torch.lstm_cell"),
        backends=("numpy", "torch", "cupy", "triton"),
    ),
    mistakes=(
        Mistake("gates in the order f, i, g, o", "        i, f, g, o = _blocks(z)", "        f, i, g, o = _blocks(z)", "lstm_forward/one step"),
        Mistake("gates in the order i, f, o, g", "        i, f, g, o = _blocks(z)", "        i, f, o, g = _blocks(z)", "lstm_forward/one step"),
        Mistake("a sigmoid for the candidate", "_sigmoid(f), xp.tanh(g)", "_sigmoid(f), _sigmoid(g)", "lstm_forward/one step"),
        Mistake("no tanh on the way out", "h = o * xp.tanh(c)", "h = o * c", "lstm_forward/one step"),
        Mistake("tanh of the cell is kept in the cell", "c = f * c + i * g", "c = xp.tanh(f * c + i * g)", "lstm_forward/one step"),
        Mistake("input gate is 1 - f, as in a GRU", "c = f * c + i * g", "c = f * c + (1 - f) * g", "lstm_forward/one step"),
        Mistake("the first cell is ignored", "h, c = h0, c0\n", "h, c = h0, 0 * c0\n", "lstm_forward/one step"),
        Mistake("the first hidden state is ignored", "h, c = h0, c0\n", "h, c = 0 * h0, c0\n", "lstm_forward/one step"),
        Mistake("the cell starts anew in every step", "        c = f * c + i * g", "        c = f * c0 + i * g", "lstm_forward/two steps"),
        Mistake("the bias is forgotten", "h @ wh.T + b", "h @ wh.T", "lstm_forward/one step"),
        Mistake("a sigmoid that overflows to nan", "return 0.5 + 0.5 * array_namespace(z).tanh(0.5 * z)", "return array_namespace(z).exp(z) / (1 + array_namespace(z).exp(z))", "lstm_forward/a saturated sequence"),
        Mistake("a sigmoid clipped at 10", "return 0.5 + 0.5 * array_namespace(z).tanh(0.5 * z)", "return 0.5 + 0.5 * array_namespace(z).tanh(0.5 * array_namespace(z).clip(z, -10.0, 10.0))", "lstm_forward/an open forget gate keeps the cell"),
        Mistake("a hard sigmoid", "return 0.5 + 0.5 * array_namespace(z).tanh(0.5 * z)", "return array_namespace(z).clip(0.5 + 0.2 * z, 0.0, 1.0)", "lstm_forward/one step"),
        Mistake("dc only through h", "dc = dc + dcs[step, ...] + dh * o", "dc = dcs[step, ...] + dh * o", "lstm_backward/the last cell only"),
        Mistake("the loss of the cells is forgotten", "dc = dc + dcs[step, ...] + dh * o", "dc = dc + dh * o", "lstm_backward/the cells only"),
        Mistake("dc not through h", "dc = dc + dcs[step, ...] + dh * o * (1 - tanh_c**2)", "dc = dc + dcs[step, ...]", "lstm_backward/the hidden states only"),
        Mistake("dh of the next step is not added", "dh = dh + dhs[step, ...]", "dh = dhs[step, ...]", "lstm_backward/the last hidden state only"),
        Mistake("the slope of tanh(c) is forgotten", "dh * o * (1 - tanh_c**2)", "dh * o", "lstm_backward/one step"),
        Mistake("the slope of tanh taken at c, not tanh(c)", "(1 - tanh_c**2)", "(1 - cs[step, ...] ** 2)", "lstm_backward/one step"),
        Mistake("the output gate gets c, not tanh(c)", "dz_o = dh * tanh_c", "dz_o = dh * cs[step, ...]", "lstm_backward/one step"),
        Mistake("the forget gate gets the cell after the step", "dz_f = dc * c_before", "dz_f = dc * cs[step, ...]", "lstm_backward/one step"),
        Mistake("the forget gate is left out of dc", "dh, dc = dz @ wh, dc * f", "dh, dc = dz @ wh, dc", "lstm_backward/the last cell only"),
        Mistake("input gate and candidate swapped", "dz_i = dc * g * i * (1 - i)", "dz_i = dc * i * i * (1 - i)", "lstm_backward/one step"),
        Mistake("the candidate's slope is a sigmoid's", "dz_g = dc * i * (1 - g**2)", "dz_g = dc * i * g * (1 - g)", "lstm_backward/one step"),
        Mistake("the gates' slopes are forgotten", "dz_i = dc * g * i * (1 - i)", "dz_i = dc * g", "lstm_backward/one step"),
        Mistake("gradients of the gates in another order", "(dz_i, dz_f, dz_g, dz_o)", "(dz_i, dz_f, dz_o, dz_g)", "lstm_backward/one step"),
        Mistake("dwx overwritten in every step", "dwx += dz.T", "dwx = dz.T", "lstm_backward/two steps"),
        Mistake("dwh overwritten in every step", "dwh += dz.T", "dwh = dz.T", "lstm_backward/two steps"),
        Mistake("dwh with the state after the step", "dwh += dz.T @ h_before", "dwh += dz.T @ hs[step, ...]", "lstm_backward/one step"),
        Mistake("db overwritten in every step", "db += xp.sum(dz, axis=0)", "db = xp.sum(dz, axis=0)", "lstm_backward/two steps"),
        Mistake("dh0 is forgotten", "return dx, dh, dc, dwx", "return dx, 0 * dh, dc, dwx", "lstm_backward/one step"),
        Mistake("dc0 is forgotten", "return dx, dh, dc, dwx", "return dx, dh, 0 * dc, dwx", "lstm_backward/one step"),
    ),
    hints=(
        "A cell is used twice: by the output of its own step and by the cell of the next. A hidden state too: by the loss and by the next step's gates. Each gets the sum.",
        "Walk the forward lines of a step backwards: h = o tanh(c), then c = f c_before + i g, then the four activations, then z. Keep a running dh and dc; "
        "dc first collects from the loss, from the next step (times that step's f), and from h.",
        "dh += dhs[s]; dc += dcs[s] + dh o (1 - tanh(c)^2); dz = [dc g i(1-i), dc c_before f(1-f), dc i (1-g^2), dh tanh(c) o(1-o)]; dx = dz wx; dwx += dz^T x; "
        "dwh += dz^T h_before; db += sum dz; then dh = dz wh and dc = dc f.",
    ),
)  # fmt: skip
