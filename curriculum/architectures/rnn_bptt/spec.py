"""A recurrent network and its gradient through time: what an answer must do, and what it costs.

Sources: Elman 1990, https://doi.org/10.1207/s15516709cog1402_1; Werbos 1990, https://doi.org/10.1109/5.58337;
chunks are truncated backpropagation with equal steps, as in Williams, Peng 1990,
https://doi.org/10.1162/neco.1990.2.4.490

Sizes: t steps of n sequences, d inputs, h units.
"""

import numpy as np

from harness.spec import Convention, Cost, Exercise, Mistake, Part, Policy, Timing, case, holds

# --- oracles, in float64 ---------------------------------------------------------------------------------------------


def rnn_forward(x, h0, wx, wh, b):
    states = [h0]
    for now in x:
        states.append(np.tanh(np.einsum("nd,hd->nh", now, wx) + np.einsum("ni,hi->nh", states[-1], wh) + b))
    return np.array(states[1:]).reshape(len(x), *h0.shape)


def rnn_backward(dhs, x, h0, wx, wh, b, truncate=None):
    """Each loss walks back on its own, as far as its chunk reaches: the double sum of the chain rule, spelled out."""
    return walked_back(dhs, x, h0, wx, wh, b, lambda step: 0 if truncate is None else step // truncate * truncate)


def sliding(dhs, x, h0, wx, wh, b, truncate=None):
    """Another truncation: each loss walks back over the last k steps, wherever it is."""
    return walked_back(dhs, x, h0, wx, wh, b, lambda step: 0 if truncate is None else max(step - truncate + 1, 0))


def walked_back(dhs, x, h0, wx, wh, b, reach):
    """The loss of step s goes back to step reach(s), and on to h0 if that is step 0. All losses walk side by side."""
    hs = rnn_forward(x, h0, wx, wh, b)
    dz, dh0, walking = np.zeros_like(hs), np.zeros_like(h0), dhs.copy()
    steps = np.arange(len(x))
    reached = np.array([reach(step) for step in steps], dtype=int)
    for lag in steps:
        losses = steps[steps - lag >= reached]
        now = losses - lag
        part = walking[losses] * (1 - hs[now] ** 2)
        dz[now] += part
        walking[losses] = part @ wh
        dh0 += walking[losses[now == 0]].sum(axis=0)
    before = np.concatenate([h0[None], hs[:-1]])[: len(x)]
    dwx, dwh = np.einsum("tnh,tnd->hd", dz, x), np.einsum("tnh,tni->hi", dz, before)
    return dz @ wx, dh0, dwx, dwh, dz.sum(axis=(0, 1))


# --- inputs ----------------------------------------------------------------------------------------------------------


def inputs(rng, t=5, n=3, d=4, h=6, gain=0.7, scale=1.0, kind="normal"):
    """wh has a spectral radius near `gain`. Kinds: 'saturated' for the first sequence only, 'at rest' with all states
    0, 'positive' and moderate numbers only, as few terms must neither cancel nor all saturate: nobody can be graded on
    what rounding leaves.
    """
    x = {
        "x": scale * rng.standard_normal((t, n, d)),
        "h0": rng.uniform(-0.9, 0.9, (n, h)),
        "wx": rng.standard_normal((h, d)) / max(d, 1) ** 0.5,
        "wh": gain * rng.standard_normal((h, h)) / max(h, 1) ** 0.5,
        "b": rng.uniform(-0.5, 0.5, h),
    }
    if kind == "saturated":
        # exact sums: of a rounded sum of terms of 1e4 little would be left where they cancel
        x["x"][:, :1], x["wx"] = 8192 * np.round(2 * x["x"][:, :1]), np.round(16 * x["wx"]) / 16
    if kind == "at rest":
        x |= {name: np.zeros_like(x[name]) for name in ("x", "h0", "b")}
    if kind == "positive":
        x = {name: np.abs(value) for name, value in x.items()}
        x["x"] = rng.uniform(0.5, 1.5, x["x"].shape)
        x["wx"] = rng.uniform(0.2, 1.0, x["wx"].shape) / max(d, 1)
        x["wh"] = rng.uniform(0.2, 1.0, x["wh"].shape) / max(2 * h, 1)
    return x


def backward_inputs(rng, truncate=None, last_only=False, **sizes):
    x = inputs(rng, **sizes)
    dhs = rng.uniform(0.5, 1.5, (len(x["x"]), *x["h0"].shape))
    if last_only:
        dhs[:-1] = 0.0
    return {"dhs": dhs, **x} | ({} if truncate is None else {"truncate": truncate[0]})


ORDINARY = (
    case("three sequences"),
    case("one step", t=1),
    case("two steps", t=2, why="the first place where a state acts through the next"),
    case("one sequence", n=1, why="a batch of one keeps its axis"),
    case("as many units as inputs", d=5, h=5, why="equal sizes: here a wrong transposition raises no error"),
    case("all sizes equal", t=4, n=4, d=4, h=4, why="equal sizes: here a wrong axis raises no error"),
    case("more inputs than units", d=9, h=2, kind="positive"),
    case("one unit, one input", d=1, h=1, kind="positive"),
    case("wh of radius 1", t=9, gain=1.0),
)
EDGES = (
    case("many steps", t=120, n=2, d=3, h=4, gain=0.4, mark="robust", why="weights collect over all steps"),
    case("a saturated sequence", kind="saturated", mark="robust", why="tanh is 1 and its slope 0, not nan"),
    case("tiny inputs", scale=1e-12, mark="robust"),
    case("no steps", t=0, mark="robust", why="no states; all gradients are zeros, dh0 too"),
    case("no sequences", n=0, mark="robust", why="an empty batch comes back empty"),
)
LAST_ONLY = case(
    "the last loss only", last_only=True, why="every other step gets its gradient through the one after it"
)
# A truncated gradient is the gradient of nothing, so that lint's central differences must not look at it:
# hence 'robust'.
TRUNCATED = tuple(
    case(name, truncate=(k,), t=t, mark="robust", why=why, **more)
    for name, k, t, why, more in (
        ("chunks of two", 2, 5, "steps 1 2, 3 4, 5: no gradient from 3 to 2, nor from 5 to 4", {}),
        ("chunks of two, the last loss only", 2, 5, "nothing reaches the chunks before", {"last_only": True}),
        ("chunks of three", 3, 8, "steps 1 2 3, 4 5 6, 7 8", {}),
        ("chunks that come out even", 3, 6, "", {}),
        ("chunks of one step", 1, 4, "no gradient through time, but dh0 from the first step", {}),
        ("chunks of one step, one step", 1, 1, "there is nothing to cut", {}),
        ("a chunk as long as the sequence", 5, 5, "there is nothing to cut", {}),
        ("a chunk longer than the sequence", 50, 5, "there is nothing to cut", {}),
    )
)


# --- properties ------------------------------------------------------------------------------------------------------


def a_state_does_not_know_the_future(answer, x, check):
    """Changing the input of a step changes no state before it."""
    changed = x["x"].copy()
    changed[3] += 1
    check.equal(answer(**{**x, "x": changed})[:3], answer(**x)[:3], "an input of step 4 reached an earlier state")


def a_sequence_can_be_run_in_two_pieces(answer, x, check):
    """Two steps, then the rest starting from the state reached, give the same states as all at once."""
    first = answer(**{**x, "x": x["x"][:2]})
    rest = answer(**{**x, "x": x["x"][2:], "h0": first[1]})
    check.close(np.concatenate([first, rest]), answer(**x), "in two pieces")


def sequences_do_not_meet(answer, x, check):
    """Each sequence of a batch runs as it does alone."""
    alone = answer(**{**x, "x": np.ascontiguousarray(x["x"][:, 1:2]), "h0": x["h0"][1:2]})
    check.close(alone, answer(**x)[:, 1:2], "the second sequence by itself")


def at_rest_each_step_back_multiplies_by_wh(answer, x, check):
    """With all states 0 a gradient over k steps is multiplied by wh k times: c times a rotation scales it by c^k."""
    turn = np.linalg.qr(np.asarray(x["wh"], np.float64))[0]
    for c in (0.5, 1.0, 2.0):
        dh0 = answer(**{**x, "wh": c * turn})[1]
        want = c ** len(x["x"]) * np.linalg.norm(np.asarray(x["dhs"][-1], np.float64), axis=1)
        check.close(np.linalg.norm(dh0, axis=1), want, f"the norm of dh0 for c = {c}")


def chunks_of_one_are_steps_on_their_own(answer, x, check):
    """With truncate = 1 the weight gradients are the sums of those of single steps."""
    hs = answer.part("rnn_forward", **{name: x[name] for name in ("x", "h0", "wx", "wh", "b")})
    starts = [x["h0"], *hs[:-1]]
    alone = [
        answer(**{**x, "dhs": x["dhs"][s : s + 1], "x": x["x"][s : s + 1], "h0": starts[s]}) for s in range(len(hs))
    ]
    together = answer(**{**x, "truncate": 1})
    for place, name in ((2, "dwx"), (3, "dwh"), (4, "db")):
        check.close(together[place], sum(one[place] for one in alone), f"{name} against single steps", slack=4)


def a_chunk_that_holds_everything_cuts_nothing(answer, x, check):
    """Any truncate of at least t gives the gradients without truncation."""
    whole = answer(**x)
    for k in (len(x["x"]), 1000):
        for got, want in zip(answer(**{**x, "truncate": k}), whole, strict=True):
            check.close(got, want, f"truncate = {k} of {len(x['x'])} steps")


# --- speed -----------------------------------------------------------------------------------------------------------


def cost(itemsize, t, n, d, h, **_):
    """Two products a step; x is read, hs written, the weights are read once."""
    return Cost(2 * t * n * h * (d + h), itemsize * (t * n * (d + h) + h * (d + h)))


def backward_cost(itemsize, t, n, d, h, **_):
    """The forward, which the backward needs its cache of, and two products more for each of its own."""
    forward = cost(itemsize, t, n, d, h)
    return Cost(3 * forward.flops, itemsize * (t * n * (2 * d + 3 * h) + 2 * h * (d + h)))


SIZE = case("64 steps of 8 sequences, 128 inputs, 64 units", t=64, n=8, d=128, h=64)
FASTEST = {"numpy": "vectorized.py", "torch": "vectorized.py", "cupy": "vectorized.py"}

EXERCISE = Exercise(
    version=1,
    parts=(
        Part(
            "rnn_forward", inputs, (*ORDINARY, *EDGES), rnn_forward,
            properties=(
                a_state_does_not_know_the_future,
                a_sequence_can_be_run_in_two_pieces,
                holds(sequences_do_not_meet, n=4),
            ),
        ),
        Part(
            "rnn_backward", backward_inputs, (*ORDINARY, LAST_ONLY, *TRUNCATED, *EDGES), rnn_backward,
            gradient_of="rnn_forward", wrt=("x", "h0", "wx", "wh", "b"),
            conventions=(Convention("each loss goes back k steps; asked are fixed chunks of k steps", sliding),),
            properties=(
                holds(at_rest_each_step_back_multiplies_by_wh, t=6, kind="at rest", last_only=True),
                chunks_of_one_are_steps_on_their_own,
                a_chunk_that_holds_everything_cuts_nothing,
            ),
        ),
    ),
    timings=(
        Timing(
            SIZE, cost, part="rnn_forward", scaling="t", yardstick=FASTEST,
            library={"torch": "torch.rnn_tanh(x, h0[None], [wx, wh, b, 0 * b], True, 1, 0.0, False, False, False)"},
        ),
        Timing(SIZE, backward_cost, part="rnn_backward", scaling="t", yardstick=FASTEST),
    ),
    policy=Policy(
        banned=(
            "base", "@autograd", "torch.nn.RNN", "torch.nn.RNNCell", "torch.nn.RNNBase", "torch.nn.RNNCellBase", "torch.rnn_tanh",
            "torch.rnn_tanh_cell", "torch.rnn_relu", "torch.rnn_relu_cell", "torch.ops",
        ),
        earns=("torch.nn.RNN", "torch.nn.RNNCell", "torch.rnn_tanh", "torch.rnn_tanh_cell"),
        backends=("numpy", "torch", "cupy"),
    ),
    mistakes=(
        Mistake("the first state is ignored", "    h = h0\n", "    h = 0 * h0\n", "rnn_forward/three sequences"),
        Mistake("every step starts from the first state", "h = xp.tanh(x[step, ...] @ wx.T + h @ wh.T + b)", "h = xp.tanh(x[step, ...] @ wx.T + h0 @ wh.T + b)", "rnn_forward/two steps"),
        Mistake("wh the wrong way round", "h @ wh.T + b", "h @ wh + b", "rnn_forward/three sequences"),
        Mistake("the bias is forgotten", "h @ wh.T + b)", "h @ wh.T)", "rnn_forward/three sequences"),
        Mistake("no tanh", "h = xp.tanh(x[step, ...] @ wx.T + h @ wh.T + b)", "h = x[step, ...] @ wx.T + h @ wh.T + b", "rnn_forward/one step"),
        Mistake("sequences are mixed up", "h = xp.tanh(x[step, ...] @ wx.T + h @ wh.T + b)", "h = xp.tanh(x[step, ...] @ wx.T + xp.flip(h, axis=0) @ wh.T + b)", "rnn_forward/sequences do not meet"),
        Mistake("states stored before tanh", "        hs[step, ...] = h\n", "        hs[step, ...] = xp.atanh(h)\n", "rnn_forward/three sequences"),
        Mistake("the gradient of the next step is not added", "(dhs[step, ...] + dh)", "dhs[step, ...]", "rnn_backward/the last loss only"),
        Mistake("the losses of earlier steps are not added", "(dhs[step, ...] + dh)", "(dhs[step, ...] * (step + 1 == x.shape[0]) + dh)", "rnn_backward/two steps"),
        Mistake("the loss is added behind the tanh", "dz = (dhs[step, ...] + dh) * (1 - hs[step, ...] ** 2)", "dz = dhs[step, ...] + dh * (1 - hs[step, ...] ** 2)", "rnn_backward/one step"),
        Mistake("slope of tanh taken from the step before", "(1 - hs[step, ...] ** 2)", "(1 - before**2)", "rnn_backward/three sequences"),
        Mistake("slope of tanh taken at the state itself", "(1 - hs[step, ...] ** 2)", "(1 - xp.tanh(hs[step, ...]) ** 2)", "rnn_backward/one step"),
        Mistake("slope of the sigmoid", "(1 - hs[step, ...] ** 2)", "hs[step, ...] * (1 - hs[step, ...])", "rnn_backward/one step"),
        Mistake("dwx overwritten in every step", "dwx += dz.T", "dwx = dz.T", "rnn_backward/two steps"),
        Mistake("dwh overwritten in every step", "dwh += dz.T", "dwh = dz.T", "rnn_backward/two steps"),
        Mistake("dwh with the state after the step", "dwh += dz.T @ before", "dwh += dz.T @ hs[step, ...]", "rnn_backward/one step"),
        Mistake("dwh ignores the first state", "if step else h0", "if step else 0 * h0", "rnn_backward/one step"),
        Mistake("db of one step", "db += xp.sum(dz, axis=0)", "db = xp.sum(dz, axis=0)", "rnn_backward/two steps"),
        Mistake("weight gradients averaged over the batch", "dwh += dz.T @ before", "dwh += dz.T @ before / max(x.shape[1], 1)", "rnn_backward/three sequences"),
        Mistake("dh0 is forgotten", "return dx, dh, dwx", "return dx, 0 * dh, dwx", "rnn_backward/one step"),
        Mistake("dh0 stops at the first state", "return dx, dh, dwx", "return dx, dhs[0, ...] if x.shape[0] else dh, dwx", "rnn_backward/one step"),
        Mistake("wh transposed on the way back", "dh = dz @ wh\n", "dh = dz @ wh.T\n", "rnn_backward/one step"),
        Mistake("truncate is ignored", "if truncate is not None and step", "if False and step", "rnn_backward/chunks of two"),
        Mistake("cut one step too early", "step % truncate == 0", "(step + 1) % truncate == 0", "rnn_backward/chunks of three"),
        Mistake("chunks counted from the end", "step % truncate == 0", "(x.shape[0] - step) % truncate == 0", "rnn_backward/chunks of two"),
        Mistake("dh0 is cut off too", "truncate is not None and step and step", "truncate is not None and step", "rnn_backward/chunks of one step"),
    ),
    hints=(
        "Unroll three steps on paper. Which arrows leave a state? One to the loss of its step, one to the next step: its gradient is the sum of what comes back along both.",
        "Go through the steps in reverse with a running dh. dz = (dhs[s] + dh) * (1 - hs[s]**2); everything else is a product of dz with x_s, h_(s-1), wx or wh. What all "
        "steps share (wx, wh, b) adds up.",
        "dx[s] = dz @ wx; dwx += dz.T @ x[s]; dwh += dz.T @ (hs[s-1], or h0 for the first step); db += dz.sum(0); dh = dz @ wh. Where s > 0 is a multiple of truncate "
        "(steps counted from 0), set dh to zero afterwards. What is left of dh at the end is dh0.",
    ),
)  # fmt: skip
