"""Learning-rate schedules: your template. Copy of it: impls/lr_schedule/lr_schedule.py.

Plain functions of the step's number, for a training loop that says `optimizer.lr = cosine(t, ...)` before step t.
t: an int, 0 for the first step. Each returns a float, and remembers nothing: any t may be asked for in any order.
"""


def step_lr(t, base, every, gamma):
    """Return base, multiplied by gamma once for each `every` steps (an int >= 1) that lie behind step t.

    So steps 0 .. every-1 have the rate base, and step `every` is the first with base * gamma.
    """
    raise NotImplementedError("write step_lr() in impls/lr_schedule/lr_schedule.py")


def exponential(t, base, gamma):
    """Return base * gamma^t."""
    raise NotImplementedError("write exponential() in impls/lr_schedule/lr_schedule.py")


def cosine(t, total, base, lr_min=0.0, warmup=0):
    """A linear warm-up over `warmup` steps, then half a cosine from base down to lr_min at step `total`.

    Steps 0 .. warmup-1 climb in equal parts from base / warmup to base itself. Step `warmup` has base too, as the
    cosine begins there; half-way between warmup and total the rate is the mean of base and lr_min. From step `total`
    on it stays at lr_min. 0 <= warmup <= total, and total >= 1; with warmup = total there is no cosine, and the rate
    drops from base to lr_min.
    Source: Loshchilov, Hutter 2017, https://arxiv.org/abs/1608.03983 (one period, without restarts)
    """
    raise NotImplementedError("write cosine() in impls/lr_schedule/lr_schedule.py")


def one_cycle(t, total, max_lr, pct=0.3, div=25.0, final_div=1e4):
    """Up to max_lr and down again, each along half a cosine, as torch's OneCycleLR.

    Step 0 has max_lr / div. The peak, max_lr, lies at position peak = pct * total - 1, which need not be a whole
    number (pct * total >= 2, pct <= 1); the last step, total - 1, has max_lr / div / final_div, unless pct is 1 and
    it is the peak. All steps from `total` on have max_lr / div / final_div.
    Source: Smith, Topin 2018, https://arxiv.org/abs/1708.07120
    """
    raise NotImplementedError("write one_cycle() in impls/lr_schedule/lr_schedule.py")
