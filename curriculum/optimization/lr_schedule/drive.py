"""Asks a schedule for one step, or for a list of steps."""


def step_lr(answer, t, **options):
    return each(answer.step_lr, t, options)


def exponential(answer, t, **options):
    return each(answer.exponential, t, options)


def cosine(answer, t, **options):
    return each(answer.cosine, t, options)


def one_cycle(answer, t, **options):
    return each(answer.one_cycle, t, options)


def each(schedule, t, options):
    return [schedule(t=step, **options) for step in t] if isinstance(t, list) else schedule(t=t, **options)
